"""The metric catalogue as Python sees it: the YAML that stands in dbt/macros, read from there.

Belongs here: which metrics there are, with their dimensions and the values these may have.
Does not belong here: how a figure is computed (dbt does that from the same text).
"""

import hashlib
import json
import re
from functools import cache
from typing import Any

from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import contracts

MACROS = PROJECT_DIR / "dbt" / "macros"

TOTAL = "total"
UNKNOWN = "ukjent"


@cache
def metrics() -> dict[str, dict[str, Any]]:
    """Every metric's entry in the catalogue, by metric_id."""
    return {entry["metric_id"]: entry for family in _families() for entry in family["metrics"]}


@cache
def dimensions() -> dict[str, dict[str, Any]]:
    """Every dimension's entry, by its name."""
    text = (MACROS / "dimensions.sql").read_text("utf-8")
    return {entry["dimension"]: entry for entry in _yaml(_between(text, r"\{%- set entries %\}", r"\{% endset"))}


def dimension_values(dimension: str) -> frozenset[str] | None:
    """The values that a dimension may have by the contracts; None where any text may stand (area, manager)."""
    listed = dimensions()[dimension].get("values")
    if listed:
        return frozenset(value if isinstance(value, str) else value["value"] for value in listed)
    codes = {
        code
        for table in contracts.tables().values()
        for column in table.columns
        if column.business_name == dimension
        for code in column.codes
    }
    return frozenset(codes | {UNKNOWN}) if codes else None


@cache
def targetable() -> dict[str, dict[str, frozenset[str] | None]]:
    """What a target may name: by metric_id its dimensions, total included, with the values that each may have."""
    return {
        metric_id: {TOTAL: frozenset({TOTAL}), **{name: dimension_values(name) for name in entry["dimensions"]}}
        for metric_id, entry in metrics().items()
    }


@cache
def measure_ids() -> frozenset[str]:
    """Everything that a ratio or a difference may be made of: the metrics, and the measures that are not shown."""
    measures = {entry["measure_id"] for family in _families() for entry in family.get("measures") or []}
    return frozenset(measures | metrics().keys())


@cache
def aggregates() -> dict[str, str]:
    """The SQL aggregate of every metric and measure that is computed from the rows of a mart, by its id."""
    entries = [entry for family in _families() for entry in (family.get("measures") or []) + family["metrics"]]
    return {
        entry.get("measure_id") or entry["metric_id"]: entry["compute"]["value"]
        for entry in entries
        if "value" in entry["compute"]
    }


def additive(*kinds: str) -> list[str]:
    """Metrics that are plain counts or sums of rows and whose rows count in one of these ways (at, at_end, days)."""
    return [
        metric_id
        for metric_id, entry in metrics().items()
        if re.match(r"count\(\*\)|sum\(", aggregates().get(metric_id, ""))
        and any(kind in entry["compute"] for kind in kinds)
        and "during" not in entry["compute"]
    ]


def bounds() -> dict[str, tuple[float, float | None]]:
    """What a figure cannot leave whatever the extracts say: counts are not negative, parts are part of their whole."""
    counted = {metric_id for metric_id, aggregate in aggregates().items() if aggregate.startswith("count(")}
    limits: dict[str, tuple[float, float | None]] = {
        metric_id: (0, None) for metric_id in metrics() if metric_id in counted
    }
    for metric_id, entry in metrics().items():
        parts = entry["compute"].get("ratio")
        if parts and counted.issuperset(parts):
            is_share = entry["unit"] == "andel" and entry.get("is_part_of_whole", True)
            limits[metric_id] = (0, 1 if is_share else None)
    return limits


@cache
def meaning(metric_id: str) -> dict[str, Any]:
    """What a metric means, as far as the catalogue says it: its texts, its dimensions, and how it and everything that
    it is made of is computed. A model of its own is its SQL, without comments and line breaks.

    Left out: names, labels, unit, decimals, direction and caveat, which change no figure. Not seen: the marts that an
    entry counts in, and the macros that compute it; nights.code_version sees those.
    """
    entry = metrics()[metric_id]
    return {
        "definition_no": " ".join(entry["definition_no"].split()),
        "definition_en": " ".join(entry["definition_en"].split()),
        "dimensions": sorted(entry["dimensions"]),
        "periods": entry.get("periods", "all"),
        "compute": _whole(entry["compute"]),
    }


@cache
def definition_version(metric_id: str) -> str:
    """A fingerprint of the metric's meaning. Every closed figure carries one: made another way, all would differ."""
    text = json.dumps(meaning(metric_id), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _whole(compute: dict[str, Any]) -> dict[str, Any]:
    """An entry's computation with that of its parts, and of its model, written out."""
    whole = dict(compute)
    for kind in ("ratio", "difference"):
        if kind in compute:
            whole[kind] = [_whole(entries()[part]["compute"]) | {"is": part} for part in compute[kind]]
    if "model" in compute:
        (path,) = (PROJECT_DIR / "dbt" / "models").rglob(f"{compute['model']}.sql")
        without_comments = re.sub(r"\{#.*?#\}|--[^\n]*", " ", path.read_text("utf-8"), flags=re.DOTALL)
        whole["sql"] = " ".join(without_comments.split())
    return whole


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Every metric and every measure that is not shown, by its id."""
    entries = [entry for family in _families() for entry in (family.get("measures") or []) + family["metrics"]]
    return {entry.get("measure_id") or entry["metric_id"]: entry for entry in entries}


@cache
def _families() -> list[dict[str, Any]]:
    families = (path.read_text("utf-8") for path in sorted((MACROS / "catalogue").glob("*.sql")))
    return [_yaml(_between(text, r"\{% macro \w+\(\) %\}", r"\{% endmacro %\}")) for text in families]


def _between(text: str, start: str, end: str) -> str:
    found = re.search(f"{start}(.*?){end}", text, re.DOTALL)
    assert found, f"no {start} ... {end}"
    return found[1]


def _yaml(text: str) -> Any:
    import yaml

    return yaml.load(text, yaml.CSafeLoader)
