"""JSON-stat 2, as Statistics Norway's API returns it.

Belongs here: reading a dataset into rows. Does not belong here: fetching it (statistics.py).
"""

import json
from decimal import Decimal
from math import prod
from typing import Any

import polars as pl

from dagster_project.landing.files.extract import Extract, extract_of, safe_name, trimmed, utf8
from dagster_project.landing.files.opening import Unreadable as _Unreadable
from dagster_project.vocabulary.contracts import Source, Table

# PxWeb gives no more than this at once, some ten megabytes; a country's figures for ten years are a tenth of it
MOST_FIGURES, MOST_STATISTICS_MB = 800_000, 16


# ---------------------------------------------------------------------------------------------- JSON-stat


def read(source: Source, table: Table, file: str, data: bytes) -> Extract:
    """A JSON-stat 2 file of Statistics Norway: one row per region, indicator and year. `_line` counts its figures."""
    if len(data) > MOST_STATISTICS_MB * 1_000_000:
        told = f"has over {MOST_STATISTICS_MB} MB; a file of statistics has no more."
        raise _Unreadable(f"over {MOST_STATISTICS_MB} MB", told)
    try:
        dataset = json.loads(utf8(data))
        columns = _figures(source, dataset)
    except _Unreadable:
        raise
    except Exception:
        raise _Unreadable("no JSON-stat", "is no JSON-stat 2 dataset as Statistics Norway's API returns it.") from None
    frame = trimmed(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    return extract_of(table, file, frame, [], pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True))


def _figures(source: Source, dataset: dict[str, Any]) -> dict[str, list[str | None]]:
    """The columns of a dataset. Raises _Unreadable, and anything where it is not made as it ought to be."""
    from pyjstat import pyjstat

    ids, sizes, roles = dataset["id"], dataset["size"], dataset.get("role", {})
    if not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError
    if prod(sizes) > MOST_FIGURES:
        told = f"declares over {MOST_FIGURES:,} figures; more are not read."
        raise _Unreadable(f"over {MOST_FIGURES:,} figures", told)
    (time,) = roles.get("time") or ["Tid"]
    (contents,) = roles.get("metric") or ["ContentsCode"]
    (region,) = roles.get("geo") or [name for name in ids if "region" in name.lower()]
    for name, size in zip(ids, sizes, strict=True):
        if size != 1 and name not in (time, contents, region):
            raise _Unreadable(
                f"dimension {safe_name(name)} with {size} values",
                f"breaks its figures down by {safe_name(name)}; ask for the total alone.",
            )
        # pyjstat multiplies what stands here, whatever the sizes say
        if len(dataset["dimension"][name]["category"].get("index", [0])) != size:
            raise ValueError
    decoded = pyjstat.Dataset.read(json.dumps(dataset))
    codes, labels = decoded.write("dataframe", naming="id"), decoded.write("dataframe", naming="label")
    if len(codes) != prod(sizes):
        raise ValueError
    table = str(dataset.get("extension", {}).get("px", {}).get("tableid") or "").strip() or safe_name(dataset["label"])
    mapping = source.properties.get("contentsCodes", {})
    return {
        "region_code": codes[region].tolist(),
        "region_name": labels.iloc[:, ids.index(region)].tolist(),  # by place: there columns are called by their labels
        "indicator": [mapping.get(code, code) for code in codes[contents]],
        "year": codes[time].tolist(),
        "value": [_figure(value) for value in codes["value"]],
        "source_table": [table] * len(codes),
    }


def _figure(value: Any) -> str | None:
    """A figure as the text of a CSV file; pandas has NaN for what is not published."""
    return format(Decimal(repr(float(value))), "f").removesuffix(".0").replace(".", ",") if value == value else None
