"""The walk dashboard → chart → dataset → column of a published table, without any server.

Belongs here: what does not hang together, in words that name the file. Does not belong here: whether a figure is right
(dbt's tests), and whether Superset shows it (tests/bi).
"""

from collections import Counter
from collections.abc import Iterator

from dagster_project import catalogue
from superset_assets.tree import PERSONAL, Tree, order

VIZ_TYPES = {
    "big_number_total",
    "echarts_timeseries_bar",
    "echarts_timeseries_line",
    "mixed_timeseries",
    "pivot_table_v2",
    "table",
}

# tables and views with few rows a municipality, by how their names begin
_SMALL = ("marts.dim_", "quality.publication")


def faults(tree: Tree) -> list[str]:
    """Everything unknown, unused or undescribed."""
    # what stands on something broken cannot be judged
    for walks in ((_datasets,), (_charts,), (_dashboards, _unused, _titles)):
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
        if "municipality_no" not in types and dataset["table"] != "quality.check_result":
            yield f"{where}: {dataset['table']} has no municipality_no, so one municipality would see another's."
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
            if rule["column"] not in columns:
                yield f"{where}: colours a column {rule['column']} that dataset {chart['dataset']} does not have."
        unknown = [metric_id for metric_id in chart.get("about", []) if metric_id not in catalogue.metrics()]
        yield from (f"{where}: the catalogue has no metric {metric_id}." for metric_id in unknown)
        if not unknown and not tree.description(slug):
            yield f"{where}: has no description; say `about` which metrics it is, or write a `note`."
        if "adhoc_filters" in chart["params"] or "sqlExpression" in str(chart["params"]):
            yield f"{where}: SQL and filters do not stand in params; filters stand under `where`."
        yield from _fixed_figures(tree, slug)


def _fixed_figures(tree: Tree, slug: str) -> Iterator[str]:
    """A row of a dataset of figures is a figure: adding up over a dimension or a type of period makes nonsense."""
    chart = tree.charts[slug]
    if tree.datasets[chart["dataset"]].get("figures") != "all":
        return
    where = chart.get("where", {})
    dimension = where.get("dimension")
    if not isinstance(dimension, str):
        yield f"charts/{slug}.yaml: must say which one dimension it shows (`where: {{dimension: ...}}`)."
        return
    for metric_id in tree.shown_metrics(slug):
        allowed = [catalogue.TOTAL, *catalogue.metrics()[metric_id]["dimensions"]]
        if dimension not in allowed:
            yield f"charts/{slug}.yaml: {metric_id} has no dimension {dimension}; it has {', '.join(allowed)}."
    shown = tree.shown_columns(slug)
    if dimension != catalogue.TOTAL and "dimension_value_label" not in shown:
        yield f"charts/{slug}.yaml: shows several values of {dimension} as one; group by dimension_value_label."
    if chart["dataset"] == "styringstall" and not {"period", "period_start", "year"} & set(shown):
        yield f"charts/{slug}.yaml: shows several periods as one; use dataset siste_periode, or show period_start."
    if "year" in shown and where.get("period_type") != "year":
        yield f"charts/{slug}.yaml: shows years, so it must say `where: {{period_type: year}}`."


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
