"""The walk dashboard → chart → dataset → column of a published table, without any server.

Belongs here: what does not hang together, in words that name the file. Does not belong here: whether a figure is right
(dbt's tests), and whether Superset shows it (tests/bi).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.vocabulary import catalogue
from superset_assets.derive.charts import FIRST_QUERY, SECOND_QUERY
from superset_assets.derive.dashboards import Tree
from superset_assets.derive.written import PERSONAL, TEMPORAL, order

VIZ_TYPES = {
    "echarts_timeseries_bar",
    "echarts_timeseries_line",
    "mixed_timeseries",
    "pivot_table_v2",
    "table",
}

# kinds whose colours no other kind has: a glance must not take an area of work for a category
THEIR_OWN = ("responsible", "phase", "measure_status", "status")

# a rule of Superset's that shades every cell of a column by its size
SHADED = "None"

# what Excel takes as the name of a sheet, which each dataset is in an exported workbook
_SHEET = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')")

# tables and views with few rows a municipality, by how their names begin
_SMALL = ("marts.dim_", "quality.publication", "scenario.told_")


def faults(tree: Tree) -> list[str]:
    """Everything unknown, unused or undescribed."""
    # what stands on something broken cannot be judged
    for walks in ((_datasets,), (_charts,), (_queries, _colours, _dashboards, _unused, _titles)):
        if found := [fault for walk in walks for fault in walk(tree)]:
            return found
    return []


def _datasets(tree: Tree) -> Iterator[str]:
    for slug, dataset in tree.datasets.items():
        where = f"datasets/{slug}.yaml"
        types = tree.tables.get(dataset["table"])
        if types is None:
            yield f"{where}: readers have no table {dataset['table']}."
            continue
        named = [*dataset["columns"], *dataset.get("codes", []), *filter(None, [dataset.get("time")])]
        for column in named:
            if column not in types:
                yield f"{where}: {dataset['table']} has no column {column}."
            if column in PERSONAL:
                yield f"{where}: {column} tells persons apart and may stand in no dataset."
        if "municipality_no" not in types:
            yield f"{where}: {dataset['table']} has no municipality_no, so one municipality would see another's."
        beside = dataset.get("beside", {"table": dataset["table"], "by": [], "columns": []})
        for column in ("municipality_no", *beside["by"], *beside["columns"]):
            if column not in tree.tables.get(beside["table"], {}):
                yield f"{where}: beside it, {beside['table']} has no column {column}."
        figures = dataset.get("figures", [])
        for metric_id in figures if figures != "all" else []:
            if metric_id not in catalogue.metrics():
                yield f"{where}: the catalogue has no metric {metric_id}."
        if not dataset["description"].strip():
            yield f"{where}: has no description."


def _charts(tree: Tree) -> Iterator[str]:
    for slug, chart in tree.charts.items():
        where = f"charts/{slug}.yaml"
        if chart["dataset"] not in tree.datasets:
            yield f"{where}: there is no dataset {chart['dataset']}."
            continue
        if chart["viz_type"] not in VIZ_TYPES:
            yield f"{where}: {chart['viz_type']} is none of {', '.join(sorted(VIZ_TYPES))}."
            continue
        columns, metrics = tree.columns(chart["dataset"]), tree.metrics(chart["dataset"])
        for column in tree.shown_columns(slug):
            if column not in columns:
                yield f"{where}: dataset {chart['dataset']} has no column {column}."
        for metric in tree.shown_metrics(slug):
            if metric not in metrics:
                yield f"{where}: dataset {chart['dataset']} has no metric {metric}."
        for rule in chart["params"].get("conditional_formatting", []):
            if rule["column"] not in {**columns, **metrics}:
                yield f"{where}: colours a column {rule['column']} that dataset {chart['dataset']} does not have."
        unknown = [metric_id for metric_id in chart.get("about", []) if metric_id not in catalogue.metrics()]
        yield from (f"{where}: the catalogue has no metric {metric_id}." for metric_id in unknown)
        if not unknown and not tree.description(slug):
            yield f"{where}: has no description; say `about` which metrics it is, or write a `note`."
        if "adhoc_filters" in chart["params"] or "sqlExpression" in str(chart["params"]):
            yield f"{where}: SQL and filters do not stand in params; filters stand under `where`."
        if columns.get(chart["params"].get("x_axis")) in TEMPORAL:
            yield f"{where}: an axis of days names periods in its own way; use period, quarter or year_no."
        yield from _fixed_figures(tree, slug)
        yield from _ripe_figures(tree, slug)


def _fixed_figures(tree: Tree, slug: str) -> Iterator[str]:
    """A row of a dataset of figures is a figure: adding up over a dimension or a type of period makes nonsense."""
    chart = tree.charts[slug]
    if tree.datasets[chart["dataset"]].get("figures") != "all":
        return
    where = chart.get("where", {})
    dimension = where.get("dimension")
    if chart["viz_type"] == "pivot_table_v2" and isinstance(dimension, list) and dimension[1:] == [catalogue.TOTAL]:
        dimension = dimension[0]  # each in a row of its own
    if not isinstance(dimension, str):
        yield f"charts/{slug}.yaml: must say which one dimension it shows (`where: {{dimension: ...}}`)."
        return
    for metric_id in tree.shown_metrics(slug):
        allowed = [catalogue.TOTAL, *catalogue.metrics()[metric_id].dimensions]
        if dimension not in allowed:
            yield f"charts/{slug}.yaml: {metric_id} has no dimension {dimension}; it has {', '.join(allowed)}."
    shown = tree.shown_columns(slug)
    if dimension != catalogue.TOTAL and "dimension_value_label" not in shown:
        yield f"charts/{slug}.yaml: shows several values of {dimension} as one; group by dimension_value_label."
    if chart["dataset"] == "styringstall" and not {"period", "year"} & set(shown):
        yield f"charts/{slug}.yaml: shows several periods as one; use dataset siste_periode, or show period."
    if {"year", "years_ago"} & set(shown) and where.get("period_type") != "year":
        yield f"charts/{slug}.yaml: shows years, so it must say `where: {{period_type: year}}`."


def _ripe_figures(tree: Tree, slug: str) -> Iterator[str]:
    """A figure that may still become another must be told from one that stays."""
    chart = tree.charts[slug]
    if tree.datasets[chart["dataset"]].get("figures") != "all":
        return
    for keys, groups in ((FIRST_QUERY, "groupby"), (SECOND_QUERY, "groupby_b")):
        for metric_id in tree.shown_metrics(slug, *keys):
            ripens = catalogue.metrics()[metric_id].ripens_after_months
            if ripens and "series" not in (chart["params"].get(groups) or []):
                yield (
                    f"charts/{slug}.yaml: {metric_id} is preliminary for {ripens} months, which it does not show; group"
                    f" it by series ({groups}), or show its line of dataset styringskort."
                )


def _queries(tree: Tree) -> Iterator[str]:
    """Each query of a chart must be about what the chart is about, and about its own metrics."""
    for slug, chart in tree.charts.items():
        asset = tree.chart(slug)
        params = asset["params"]
        wanted = set(chart.get("where", {}))
        if tree.datasets[chart["dataset"]].get("figures") == "all":
            wanted.add("metric_id")
        given: list[tuple[str, Sequence[str]]] = [
            (f"query {number}", [simple["col"] for simple in query["filters"]])
            for number, query in enumerate(json.loads(asset["query_context"])["queries"], 1)
        ]
        keys = ["adhoc_filters", *(["adhoc_filters_b"] if chart["viz_type"] == "mixed_timeseries" else [])]
        given += [(key, [simple["subject"] for simple in params.get(key, [])]) for key in keys]
        for place, columns in given:
            if missing := wanted - set(columns):
                yield f"charts/{slug}.yaml: {place} is not filtered by {', '.join(sorted(missing))}."


def _colours(tree: Tree) -> Iterator[str]:
    """A colour means one thing: whatever can be a series has one, and is not taken for another beside it."""
    kinds: dict[str, list[str]] = {kind: tree.codes[kind] for kind in THEIR_OWN}
    for slug in tree.charts:
        drawn = tree.series(slug)
        kinds |= {kind: labels for kind, labels in drawn if kind != "metric"}
        # beside each other in one chart, or of one kind
        together = [label for kind, labels in drawn if kind == "metric" for label in labels]
        yield from _alike(tree, f"charts/{slug}.yaml", together)
        for _, labels in drawn:
            for label in labels:
                if label not in tree.colours:
                    yield f"colours.yaml: {label} (charts/{slug}.yaml) has no colour."
    for kind, labels in kinds.items():
        if kind != "status":
            yield from _alike(tree, f"{kind}", labels)
        for own in set(THEIR_OWN) - {kind}:
            theirs = {tree.colours.get(label): label for label in kinds[own]}
            for label in labels if kind not in THEIR_OWN else []:
                taken = theirs.get(tree.colours.get(label))
                if taken and taken != label and label != "Ukjent":
                    yield f"colours.yaml: {label} ({kind}) has the colour of {taken} ({own})."
    statuses = {tree.colours.get(label) for label in tree.codes["status"]}
    for slug, chart in tree.charts.items():
        for rule in chart["params"].get("conditional_formatting", []):
            if rule["operator"] == SHADED and rule["colorScheme"] in statuses:
                yield f"charts/{slug}.yaml: {rule['colorScheme']} is the colour of a status, and not of a size."
            if rule["operator"] != SHADED and rule["colorScheme"] not in statuses:
                yield f"charts/{slug}.yaml: {rule['colorScheme']} is the colour of no status (colours.yaml)."


def _alike(tree: Tree, where: str, labels: Sequence[str]) -> Iterator[str]:
    of: dict[str, str] = {}
    for label in labels:
        colour = tree.colours.get(label)
        if colour and of.setdefault(colour, label) != label:
            yield f"colours.yaml: {label} and {of[colour]} have one colour ({where})."


def _dashboards(tree: Tree) -> Iterator[str]:
    if sorted(order()) != sorted(tree.dashboards):
        yield f"order.yaml: must list every dashboard once ({', '.join(sorted(tree.dashboards))})."
        return
    for slug, dashboard in tree.dashboards.items():
        where = f"dashboards/{slug}.yaml"
        for chart in tree.placed(slug):
            if chart not in tree.charts:
                yield f"{where}: there is no chart {chart}."
        if any(chart not in tree.charts for chart in tree.placed(slug)):
            continue
        for name in dashboard.get("filters", []):
            if name not in tree.filters:
                yield f"{where}: there is no filter {name}."
            elif not tree.in_scope(slug, name):
                yield f"{where}: filter {name} applies to none of its charts."
        for chart in tree.placed(slug):
            dataset = tree.charts[chart]["dataset"]
            if "municipality_no" in tree.tables[
                tree.datasets[dataset]["table"]
            ] and "municipality" not in dashboard.get("filters", []):
                yield f"{where}: has no filter municipality, so {chart} would show several at once."
            is_figure = tree.datasets[dataset].get("figures") == "all"
            chosen = tree.charts[chart].get("where", {}).keys() | set(dashboard.get("filters", []))
            if is_figure and "period_type" not in chosen:
                yield f"{where}: {chart} shows every type of period; it or the dashboard must choose one."
        for _, rows in tree.tabs(slug):
            for number, row in enumerate(rows, 1):
                if sum(item["width"] for item in row) > 12:
                    yield f"{where}: row {number} is wider than 12."
        if not dashboard["description"].strip():
            yield f"{where}: has no description."


def _unused(tree: Tree) -> Iterator[str]:
    placed = {chart for slug in tree.dashboards for chart in tree.placed(slug)}
    for chart in tree.charts.keys() - placed:
        yield f"charts/{chart}.yaml: stands on no dashboard."
    used = {tree.charts[chart]["dataset"] for chart in placed & tree.charts.keys()}
    used |= {filter_["dataset"] for filter_ in tree.filters.values()}
    for dataset in tree.datasets.keys() - used:
        yield f"datasets/{dataset}.yaml: no chart or filter uses it."
    chosen = {name for dashboard in tree.dashboards.values() for name in dashboard.get("filters", [])}
    for name in tree.filters.keys() - chosen:
        yield f"filters.yaml: no dashboard uses {name}."
    for name, filter_ in tree.filters.items():
        table = tree.datasets[filter_["dataset"]]["table"]
        if not table.startswith(_SMALL):
            yield f"filters.yaml: {name}: {table} is no dimension; its values would be sought in every row of it."
        if filter_["column"] not in tree.columns(filter_["dataset"]):
            yield f"filters.yaml: {name}: dataset {filter_['dataset']} has no column {filter_['column']}."
        if filter_.get("sort_by") and filter_["sort_by"] not in tree.metrics(filter_["dataset"]):
            yield f"filters.yaml: {name}: dataset {filter_['dataset']} has no metric {filter_['sort_by']}."
    known = catalogue.metrics()
    needed = {name.removesuffix("_label") for slug in tree.datasets for name in tree.columns(slug)}
    needed |= {name for slug in tree.datasets for name in tree.metrics(slug) if name not in known}
    for name in sorted(needed - tree.labels.keys()):
        yield f"labels.yaml: {name} has no label."
    for name in sorted(tree.labels.keys() - needed):
        yield f"labels.yaml: no dataset has a column or metric {name}."


def _titles(tree: Tree) -> Iterator[str]:
    for kind, titles in (
        ("charts", [chart["slice_name"] for chart in tree.charts.values()]),
        ("dashboards", [dashboard["dashboard_title"] for dashboard in tree.dashboards.values()]),
    ):
        for title, count in Counter(titles).items():
            if count > 1:
                yield f"{kind}: {count} are called {title}."
    for slug, dataset in tree.datasets.items():
        if not _SHEET.fullmatch(dataset["title"]):
            yield f"{slug}.yaml: {dataset['title']} can be no sheet's name: at most 31 letters, and none of []:*?/\\."
