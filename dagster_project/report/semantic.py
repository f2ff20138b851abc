"""The catalogue as a semantic manifest, as MetricFlow and what speaks with it read one.

Belongs here: which figures a manifest can say truly, how they are said in it, and why the others are not.
Does not belong here: the definitions (dbt/macros/catalogue), and computing a figure for the scorecard.

A manifest asks the published marts, so what it yields is as internal as they are; the file itself holds no data. It
knows periods of the calendar and rows with one date. What hangs on the end of a period (a state, an exposure, a window)
it cannot say, and a figure that is nearly right is worse than none.
"""

import re
from typing import Any

from dagster_project.vocabulary import catalogue
from dagster_project.vocabulary.catalogue import UNKNOWN, Entry, Measure, Metric
from dagster_project.warehouse import border

# what dbt/macros/metric_catalogue.sql lets a condition ask of the period
_OF_THE_PERIOD = re.compile(r"\b(measured_end|period_start|days|year_days)\b")
# MetricFlow takes no manifest without a table of days. These figures never join one, and none is published: whoever
# adds a running total makes it, and until then is told that it is missing
_CALENDAR = {
    "node_relation": {"schema_name": "marts", "alias": "calendar"},
    "primary_column": {"name": "day", "time_granularity": "day"},
}
_PERCENTILE = re.compile(r"percentile_cont\((0\.\d+)\) within group \(order by (.+)\)")
_AGGREGATE = re.compile(r"(count|sum|avg|max)\((distinct )?(.+)\)")
_NAMES = {"sum": "sum", "avg": "average", "max": "max"}


def unsayable() -> dict[str, str]:
    """The metrics that no manifest says truly, by metric_id, each with why."""
    reasons = {metric_id: _obstacle(entry) for metric_id, entry in catalogue.metrics().items()}
    return {metric_id: reason for metric_id, reason in reasons.items() if reason}


def _obstacle(entry: Metric | Measure) -> str | None:
    compute = entry.compute
    if isinstance(entry, Metric) and entry.periods == "year":
        return "it is known of whole years only"
    if compute.parts:
        if compute.factor == "annual":
            return "it is brought to a year by the days of its period"
        obstacles = {part: _obstacle(catalogue.entries()[part]) for part in compute.parts}
        return next((f"{part}: {reason}" for part, reason in obstacles.items() if reason), None)
    if compute.model:
        return f"it is computed by the model {compute.model}"
    if f"marts.{compute.mart}".startswith(border.OF_FOLLOWUP.removesuffix("%")):
        # to others its rows are none, and the figure would be 0
        return "its rows are for those in the role oppfolging only"
    if compute.kind == "at_end":
        return "it is a state at the end of the period, and its rows have a beginning and an end"
    if compute.kind == "days":
        return "it counts the days that rows have in the period"
    if compute.during:
        return "it counts the rows of a window that hangs on the end of the period"
    if _OF_THE_PERIOD.search(f"{compute.value} {compute.where}"):
        return "which rows count hangs on the end of the period"
    return None


def manifest() -> list[dict[str, Any]]:
    """The documents of the manifest: a semantic model for each mart, the metrics."""
    said = [entry for entry in catalogue.metrics().values() if entry.id not in unsayable()]
    dimensions: dict[str, set[str]] = {}
    for entry in said:
        for part in entry.compute.parts or (entry.id,):
            dimensions.setdefault(part, set()).update(entry.dimensions)
    simple = [catalogue.entries()[part] for part in sorted(dimensions)]
    # a dimension may be another column of the same mart to another figure: those are two semantic models
    models: dict[str, list[Metric | Measure]] = {}
    for each in simple:
        models.setdefault(_model_name(each), []).append(each)
    return [
        *({"semantic_model": _model(name, entries, dimensions)} for name, entries in sorted(models.items())),
        *({"metric": _simple(entry) | _texts(entry)} for entry in simple),
        *({"metric": _composed(entry) | _texts(entry)} for entry in said if entry.id not in dimensions),
        {"project_configuration": {"time_spines": [_CALENDAR]}},
    ]


def text() -> str:
    """The manifest as YAML, with what it leaves out at its head."""
    import yaml

    head = [
        "The figures of the scorecard as a semantic manifest (MetricFlow), over the published schema marts.",
        "Of periods that are over, and not before a figure's records begin, it yields what scorecard.metric_value has;",
        "group by municipality, for each has its own. Not in it, because it cannot be said truly in this form:",
        *(f"  {metric_id}: {reason}" for metric_id, reason in unsayable().items()),
    ]
    documents = yaml.safe_dump_all(manifest(), allow_unicode=True, sort_keys=False, width=120)
    return "".join(f"# {line}\n" for line in head) + documents


def _model_name(entry: Entry) -> str:
    assert entry.compute.mart
    return "_by_".join([entry.compute.mart, *entry.compute.columns.values()])


def _model(name: str, entries: list[Metric | Measure], dimensions: dict[str, set[str]]) -> dict[str, Any]:
    columns = {key: value for entry in entries for key, value in entry.compute.columns.items()}
    broken_by = sorted(set().union(*(dimensions[entry.id] for entry in entries)))
    dates = sorted({date for entry in entries for date in entry.compute.dates})
    return {
        "name": name,
        "node_relation": {"schema_name": "marts", "alias": entries[0].compute.mart},
        "primary_entity": f"{name}_row",
        "entities": [{"name": "municipality", "type": "foreign", "expr": "municipality_no"}],
        "dimensions": [
            *({"name": date, "type": "time", "type_params": {"time_granularity": "day"}} for date in dates),
            *(
                {
                    "name": dimension,
                    "type": "categorical",
                    "expr": f"coalesce({columns.get(dimension, dimension)}, '{UNKNOWN}')",
                }
                for dimension in broken_by
            ),
        ],
        "measures": [_measure(entry) for entry in entries],
    }


def _measure(entry: Metric | Measure) -> dict[str, Any]:
    compute = entry.compute
    assert compute.value
    said: dict[str, Any] = {"name": f"{entry.id}_rows", "agg_time_dimension": compute.at}
    if percentile := _PERCENTILE.fullmatch(compute.value):
        said |= {"agg": "percentile", "agg_params": {"percentile": float(percentile[1])}}
        what = percentile[2]
    else:
        aggregate = _AGGREGATE.fullmatch(compute.value)
        assert aggregate, compute.value
        function, is_distinct, what = aggregate.groups()
        # a count is a sum of ones: MetricFlow makes the same of it
        said["agg"] = "count_distinct" if is_distinct else _NAMES.get(function, "sum")
        what = "1" if what == "*" else what
    return said | {"expr": f"case when {compute.where} then {what} end" if compute.where else what}


def _simple(entry: Metric | Measure) -> dict[str, Any]:
    measure: dict[str, Any] = {"name": f"{entry.id}_rows"}
    # what stands where nothing was counted: 0 for counts and sums, nothing for means and percentiles
    if (entry.compute.value or "").startswith(("count(", "sum(")):
        measure["fill_nulls_with"] = 0
    return {"name": entry.id, "type": "simple", "type_params": {"measure": measure}}


def _composed(entry: Metric) -> dict[str, Any]:
    compute = entry.compute
    first, second = compute.parts
    if compute.ratio and not compute.factor:
        return {
            "name": entry.id,
            "type": "ratio",
            "type_params": {"numerator": {"name": first}, "denominator": {"name": second}},
        }
    expr = f"{first} - {second}" if compute.difference else f"{compute.factor} * {first} / nullif({second}, 0)"
    return {
        "name": entry.id,
        "type": "derived",
        "type_params": {"expr": expr, "metrics": [{"name": first}, {"name": second}]},
    }


def _texts(entry: Metric | Measure) -> dict[str, Any]:
    if isinstance(entry, Measure):
        return {"description": "A part of other figures."}
    meta = {
        "name_en": entry.name_en,
        "definition_en": entry.definition_en,
        "unit": entry.unit,
        "decimals": entry.decimals,
        "direction": entry.direction,
        "caveat_no": entry.caveat_no,
        "definition_version": catalogue.definition_version(entry.id),
    }
    return {"label": entry.name_no, "description": entry.definition_no, "config": {"meta": meta}}
