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
    """The columns of a dataset. Raises _Unreadable, and anything where it is not made as it ought to be.

    Figures stand in one list, the last dimension fastest; or, where most are lacking, in an object by their place in it
    (json-stat.org/full).
    """
    ids, sizes, roles = dataset["id"], dataset["size"], dataset.get("role", {})
    if not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError
    if (figures := prod(sizes)) > MOST_FIGURES:
        told = f"declares over {MOST_FIGURES:,} figures; more are not read."
        raise _Unreadable(f"over {MOST_FIGURES:,} figures", told)
    (time,) = roles.get("time") or ["Tid"]
    (contents,) = roles.get("metric") or ["ContentsCode"]
    (region,) = roles.get("geo") or [name for name in ids if "region" in name.lower()]
    at: dict[str, tuple[list[str], int]] = {}
    apart = figures
    for name, size in zip(ids, sizes, strict=True):
        if size != 1 and name not in (time, contents, region):
            raise _Unreadable(
                f"dimension {safe_name(name)} with {size} values",
                f"breaks its figures down by {safe_name(name)}; ask for the total alone.",
            )
        codes = _codes(dataset["dimension"][name]["category"])
        if len(codes) != size:
            raise ValueError
        apart //= size
        at[name] = codes, apart

    def along(name: str) -> list[str]:
        codes, apart = at[name]
        return [codes[place // apart % len(codes)] for place in range(figures)]

    values = dataset["value"]
    if isinstance(values, dict):
        if not all(0 <= int(place) < figures for place in values):
            raise ValueError
        values = [values.get(str(place)) for place in range(figures)]
    if len(values) != figures:
        raise ValueError
    names = dataset["dimension"][region]["category"].get("label", {})
    table = str(dataset.get("extension", {}).get("px", {}).get("tableid") or "").strip() or safe_name(dataset["label"])
    mapping = source.properties.get("contentsCodes", {})
    return {
        "region_code": list(along(region)),
        "region_name": [names.get(code, code) for code in along(region)],
        "indicator": [mapping.get(code, code) for code in along(contents)],
        "year": list(along(time)),
        "value": [_figure(value) for value in values],
        "source_table": [table] * figures,
    }


def _codes(category: dict[str, Any]) -> list[str]:
    """A dimension's codes in their order: listed, or each with its place; a single one may have its label alone."""
    index = category.get("index") or list(category["label"])
    if isinstance(index, dict):
        if sorted(index.values()) != list(range(len(index))):
            raise ValueError
        return sorted(index, key=index.__getitem__)
    return [str(code) for code in index]


def _figure(value: float | str | None) -> str | None:
    """A figure as the text of a CSV file; null is what is not published."""
    # what some programs write for a figure that is lacking is no number either
    return (
        None
        if value is None or value != value
        else format(Decimal(repr(float(value))), "f").removesuffix(".0").replace(".", ",")
    )
