"""The assets as Superset takes them: what is written by hand in assets/, filled up with what follows from elsewhere.

Belongs here: reading the files, and deriving ids, labels, number formats, descriptions, SQL of the datasets, layouts
and queries from them, dbt's manifest, the views of schema quality and the metric catalogue.
Does not belong here: judging what does not hang together (checks.py), and a server (rest.py).

What is written by hand:

datasets/SLUG.yaml    table (schema.name as readers know it), description, time (its main date, optional); columns (in
                      their order; a coded column or a boolean comes as its Norwegian label, under its name with
                      _label); codes (coded columns that charts filter by, as they are); figures (catalogue metrics
                      that are counted from the table's rows, or `all` where each row is a figure); metrics (others, by
                      name their SQL, or {sql, format, of: the catalogue's metric that it shows otherwise}; one with
                      the id of a catalogue metric takes its label, format and definition).
charts/SLUG.yaml      slice_name, viz_type, dataset (slug), params (Superset's own), where (column: value or list, null,
                      or {not: null}; every query of the chart has them), about (catalogue metrics that the
                      description defines; default: those shown), note (a sentence that the description begins with).
dashboards/SLUG.yaml  dashboard_title, description, filters (names from filters.yaml), and rows, or tabs of rows: lists
                      of {chart: slug} or {text: markdown}, each with width (of 12) and height (in units of 8 pixels).
filters.yaml          by name: label, description, the dataset and column whose values it offers, and a default.
labels.yaml           by column: what it is called on the screen.
colours.yaml          by what it is called: the colour of whatever can be a series; the report takes it from here too.
order.yaml            the dashboards in the order of the way through them.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from dagster_project import BoligError
from dagster_project.vocabulary import catalogue, labels
from dagster_project.warehouse import BUILD_PREFIX, DATASETS, quality

ASSETS = Path(__file__).parent / "assets"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://boligstrategi/superset")

DATABASE, SQL_DATABASE = "boligstrategi", "boligstrategi_sql"

# never in a dataset, whatever table it stands on
PERSONAL = ("person_id",)

# the parameters that a chart's metrics stand under: those of its first query, and those of a mixed chart's second
FIRST_QUERY, SECOND_QUERY = ("metric", "metrics", "timeseries_limit_metric"), ("metrics_b",)

TEMPORAL = ("date", "timestamp")

# periods by names that sort as time goes; a tertial's is put together
PERIOD_NAMES = {"month": "YYYY-MM", "quarter": 'YYYY "K"Q', "year": "YYYY"}

# A municipality by its name, and by its number too where another published one has the same name: two are never one.
_MUNICIPALITY = """
left join (
    select municipality_no,
        case when count(*) over (partition by coalesce(name, municipality_no)) = 1 then coalesce(name, municipality_no)
        else concat(name, ' (', municipality_no, ')') end as municipality
    from marts.dim_municipality where is_present
) as place on t.municipality_no = place.municipality_no
""".strip()

# columns that name periods
PERIOD_AXES = ("period", "quarter", "year_no")

# a period that is not over, or a figure that may still become another
_PRELIMINARY = " (foreløpig)"

# how a table writes the numbers of a column
NUMBER_FORMATS = {"integer": ",d", "bigint": ",d", "numeric": ",.0f", "double precision": ",.2~f"}


class AssetError(BoligError):
    """An asset cannot be read or put together; the message names its file."""


def asset_id(kind: str, slug: str) -> str:
    """An asset's id: the same in every installation."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{slug}"))


def d3_format(metric: catalogue.Metric, *, at_a_glance: bool = False) -> str:
    """A catalogue metric's number format; `at_a_glance`: of kroner three digits are told, 643 000 kr."""
    if metric.unit in ("andel", "andel per år"):
        return f",.{max(metric.decimals - 2, 0)}%"
    if metric.unit == "kr" and at_a_glance:
        return "$,.3r"
    return f"{'$' if metric.unit == 'kr' else ''},.{metric.decimals}f"


def unit(metric: catalogue.Metric) -> str:
    """A catalogue metric's unit as an axis names it."""
    written = {"andel": "prosent", "andel per år": "prosent per år", "kr": "kroner"}
    return written.get(metric.unit, metric.unit)


def definition(metric: catalogue.Metric) -> str:
    """What a catalogue metric means, where it comes from, and what it does not say."""
    parts = [f"{metric.name_no}: {metric.definition_no}", f"Merk: {metric.caveat_no}"]
    return " ".join(part.strip() for part in [*parts, f"Kilde: {metric.source}."])


def published_columns(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Every table that readers may see, as schema.name, with its columns and their types."""
    found = {
        f"{node['schema'].removeprefix(BUILD_PREFIX)}.{node['name']}": {
            column["name"]: column["data_type"] for column in node["columns"].values()
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"].startswith(BUILD_PREFIX)
    }
    views = {
        f"{quality.SCHEMA}.{name}": {column: type_ for column, (type_, _, _) in view.columns.items()}
        for name, view in quality.views().items()
    }
    return found | views


@dataclass(frozen=True)
class Tree:
    """The hand-written assets, by their slugs, the columns of every published table, and by coded column its labels."""

    datasets: dict[str, dict[str, Any]]
    charts: dict[str, dict[str, Any]]
    dashboards: dict[str, dict[str, Any]]
    filters: dict[str, dict[str, Any]]
    labels: dict[str, str]
    colours: dict[str, str]
    codes: dict[str, list[str]]
    tables: dict[str, dict[str, str]]

    # ------------------------------------------------------------------------------------------ datasets

    def columns(self, slug: str) -> dict[str, str]:
        """A dataset's columns as charts know them, with their types."""
        dataset = self.datasets[slug]
        types = self.tables[dataset["table"]]
        shown: dict[str, str] = {}
        for column in dataset["columns"]:
            labelled = self.is_labelled(types, column)
            shown[f"{column}_label" if labelled else column] = "text" if labelled else types[column]
        codes = {column: types[column] for column in dataset.get("codes", [])}
        # names that sort as time goes, for axes; and the numbers of years, for filters
        years = {"year": "integer", "years_ago": "integer"} if dataset.get("time") else {}
        if years and not self.has_periods(slug):
            years |= {"quarter": "text", "year_no": "text"}
        period = {"period": "text"} if self.has_periods(slug) else {}
        # a metric's name; another where the figure is preliminary, so that it is a series of its own
        series = {"series": "text"} if "is_ripe" in dataset["columns"] else {}
        # the gate's last word is no municipality's: a filter on one would ask for a column that is not there
        municipality = {"municipality": "text", "municipality_no": "text"} if "municipality_no" in types else {}
        return municipality | shown | codes | years | period | series

    def has_periods(self, slug: str) -> bool:
        """Whether a dataset's rows are of periods of several types."""
        return {"period_type", "period_start"} <= set(self.datasets[slug]["columns"])

    def is_labelled(self, types: Mapping[str, str], column: str) -> bool:
        """Whether a column comes as its label: it holds codes, or says yes or no."""
        return column in self.codes or column in ("dimension_value", "metric_id") or types.get(column) == "boolean"

    def metrics(self, slug: str) -> dict[str, dict[str, Any]]:
        """A dataset's metrics by name: expression, label, number format, description."""
        dataset = self.datasets[slug]
        known = catalogue.metrics()
        expressions = {"rows": "count(*)"} if dataset.get("figures") != "all" else {}
        if dataset.get("figures") == "all":
            expressions |= {name: f"max(value) filter (where metric_id = '{name}')" for name in known}
        else:
            expressions |= {name: self._from_rows(slug, known[name].compute) for name in dataset.get("figures", [])}
        own = {
            name: said if isinstance(said, dict) else {"sql": said} for name, said in dataset.get("metrics", {}).items()
        }
        expressions |= {name: metric["sql"] for name, metric in own.items()}
        return {
            name: {
                "metric_name": name,
                "verbose_name": known[name].name_no if name in known else self.labels.get(name),
                "expression": expression,
                "description": definition(known[name]) if name in known else None,
                "d3format": own.get(name, {}).get("format", ",d")
                if name not in known
                # what is read at a glance has three digits of kroner
                else d3_format(known[name], at_a_glance=not dataset.get("time")),
                "metric_type": None,
                "currency": None,
                "warning_text": None,
                "extra": None,
            }
            for name, expression in expressions.items()
        }

    def _from_rows(self, slug: str, compute: catalogue.Compute) -> str:
        """The SQL of a metric that counts rows on a day: what the catalogue says, of the days that have been."""
        _, _, table = self.datasets[slug]["table"].partition(".")
        if compute.mart != table or not compute.at or compute.during:
            raise AssetError(f"datasets/{slug}.yaml: a metric of figures is not counted from the rows of {table}.")
        where = " and ".join([f"{compute.at} is not null", *([f"({compute.where})"] if compute.where else [])])
        return f"{compute.value} filter (where {where})"

    def sql(self, slug: str) -> str:
        """A dataset's query: the table's columns, persons left out, and the labels of its codes."""
        dataset = self.datasets[slug]
        types = self.tables[dataset["table"]]
        selected = [f"t.{column}" for column in types if column not in PERSONAL]
        joins = []
        if "municipality_no" in types:
            selected.insert(0, "place.municipality")
            joins.append(_MUNICIPALITY)
        for column in dataset["columns"]:
            if not self.is_labelled(types, column):
                continue
            if types[column] == "boolean":
                label = f"case when t.{column} then 'Ja' when not t.{column} then 'Nei' end"
            elif column == "metric_id":
                joins.append("left join scorecard.metric_definition as metric on t.metric_id = metric.metric_id")
                label = "metric.name_no"
            else:
                alias = f"code_{len(joins)}"
                dimension = "t.dimension" if column == "dimension_value" else f"'{column}'"
                joins.append(
                    f"left join marts.dim_code as {alias} on {alias}.dimension = {dimension}"
                    f" and {alias}.code = coalesce(t.{column}, '{catalogue.UNKNOWN}')"
                )
                label = f"coalesce({alias}.name_no, t.{column})"
            selected.append(f"{label} as {column}_label")
        if self.has_periods(slug):
            cases = " ".join(
                f"when '{type_}' then to_char(t.period_start, '{name}')" for type_, name in PERIOD_NAMES.items()
            )
            tertial = "to_char(t.period_start, 'YYYY \"T\"') || extract(month from t.period_start)::integer / 4 + 1"
            ends = f" || case when t.is_complete then '' else '{_PRELIMINARY}' end" if "is_complete" in types else ""
            selected.append(f"case t.period_type {cases} else {tertial} end{ends} as period")
        if "series" in self.columns(slug):
            selected.append(f"metric.name_no || case when t.is_ripe then '' else '{_PRELIMINARY}' end as series")
        if time := dataset.get("time"):
            joins.append(
                "left join scorecard.publication as published on t.municipality_no = published.municipality_no"
            )
            selected.append(f"extract(year from t.{time})::integer as year")
            selected.append(f"(extract(year from published.as_of) - extract(year from t.{time}))::integer as years_ago")
            if not self.has_periods(slug):
                for name, unit_, length in (("quarter", "quarter", "3 months"), ("year_no", "year", "1 year")):
                    ends = f"(date_trunc('{unit_}', t.{time}::timestamp) + interval '{length}')::date - 1"
                    selected.append(
                        f"to_char(t.{time}, '{PERIOD_NAMES[unit_]}')"
                        f" || case when {ends} <= published.as_of then '' else '{_PRELIMINARY}' end as {name}"
                    )
        return "\n".join([f"select {', '.join(selected)}", f"from {dataset['table']} as t", *joins])

    def _dataset(self, slug: str) -> dict[str, Any]:
        dataset = self.datasets[slug]
        return {
            "table_name": slug,
            "description": dataset["description"],
            "schema": DATASETS,
            "catalog": None,
            "database_uuid": asset_id("databases", DATABASE),
            "uuid": asset_id("datasets", slug),
            "version": "1.0.0",
            "is_managed_externally": True,
            "external_url": None,
            "main_dttm_col": dataset.get("time"),
            "default_endpoint": None,
            "offset": 0,
            "cache_timeout": None,
            "sql": None,
            "params": None,
            "template_params": None,
            "filter_select_enabled": True,
            "fetch_values_predicate": None,
            "normalize_columns": False,
            "always_filter_main_dttm": False,
            "extra": None,
            "columns": [
                {
                    "column_name": column,
                    "verbose_name": self.label(column),
                    "type": type_.upper(),
                    "is_dttm": type_ in TEMPORAL,
                    "groupby": True,  # Superset gives the rows behind a figure the labels of these only
                    "filterable": True,
                    "is_active": True,
                    "expression": None,
                    "description": None,
                    "python_date_format": None,
                    "extra": None,
                }
                for column, type_ in self.columns(slug).items()
            ],
            "metrics": list(self.metrics(slug).values()),
        }

    def label(self, column: str) -> str:
        """What a column is called on the screen."""
        plain = column.removesuffix("_label")
        return self.labels.get(plain) or self.labels.get(column) or column

    # ------------------------------------------------------------------------------------------ charts

    def shown_metrics(self, slug: str, *keys: str) -> list[str]:
        """The dataset's metrics that a chart shows, in its order; `keys`: only those under these parameters."""
        params = self.charts[slug]["params"]
        found: list[str] = []
        for key in keys or (*FIRST_QUERY, *SECOND_QUERY):
            value = params.get(key) or []
            found += [value] if isinstance(value, str) else value
        return list(dict.fromkeys(found))

    def shown_columns(self, slug: str) -> list[str]:
        """The dataset's columns that a chart shows or filters by."""
        chart = self.charts[slug]
        found: list[str] = list(self._where(slug))
        for key in ("x_axis", "groupby", "groupby_b", "groupbyRows", "groupbyColumns", "all_columns"):
            value = chart["params"].get(key) or []
            found += [value] if isinstance(value, str) else value
        found += [json.loads(order)[0] for order in chart["params"].get("order_by_cols", [])]
        return list(dict.fromkeys(found))

    def series(self, slug: str) -> list[tuple[str, list[str]]]:
        """What can have a colour in a chart: by kind (a coded column, or `metric`) the labels that may be drawn.

        What is not coded (areas, plans, regions) is left out: nobody can know it beforehand.
        """
        chart = self.charts[slug]
        if not {"x_axis"} & chart["params"].keys():
            return []
        dataset = chart["dataset"]
        found = []
        for keys, groups in ((FIRST_QUERY, "groupby"), (SECOND_QUERY, "groupby_b")):
            by = chart["params"].get(groups) or []
            names = [str(self.metrics(dataset)[name]["verbose_name"]) for name in self.shown_metrics(slug, *keys)]
            if "series" in by:
                names += [f"{name}{_PRELIMINARY}" for name in names]
            if not set(by) - {"series"}:
                found.append(("metric", names))
            for column in by:
                kind = self._where(slug)["dimension"][0] if column == "dimension_value_label" else column
                kind = str(kind).removesuffix("_label")
                if kind in self.codes:
                    found.append((kind, self.codes[kind]))
        return found

    def about(self, slug: str) -> list[str]:
        """The catalogue metrics that a chart is about."""
        dataset = self.charts[slug]["dataset"]
        shown = [self.figure(dataset, name) for name in self.shown_metrics(slug)]
        return list(self.charts[slug].get("about", [name for name in shown if name in catalogue.metrics()]))

    def description(self, slug: str) -> str:
        """A chart's description: its note, then the definitions with their sources."""
        known = catalogue.metrics()
        note = self.charts[slug].get("note", "")
        return "\n\n".join(filter(None, [note.strip(), *(definition(known[name]) for name in self.about(slug))]))

    def _where(self, slug: str) -> dict[str, list[Any]]:
        """A chart's filters as they are written."""
        return {
            column: value if isinstance(value, list) else [value]
            for column, value in self.charts[slug].get("where", {}).items()
        }

    def _filters(self, slug: str, *keys: str) -> list[dict[str, Any]]:
        """What a query of a chart is filtered by; `keys`: the parameters that its metrics stand under.

        Of figures also which they are, so that the database looks nowhere else.
        """
        where = self._where(slug)
        dataset = self.charts[slug]["dataset"]
        if self.datasets[dataset].get("figures") == "all":
            where["metric_id"] = [self.figure(dataset, name) for name in self.shown_metrics(slug, *keys)]
        return [_simple_filter(column, values) for column, values in where.items()]

    def figure(self, dataset: str, metric: str) -> str:
        """The catalogue's metric that a metric of a dataset of figures shows."""
        own = self.datasets[dataset].get("metrics", {}).get(metric)
        return str(own.get("of", metric)) if isinstance(own, dict) else metric

    def _params(self, slug: str) -> dict[str, Any]:
        chart = self.charts[slug]
        params: dict[str, Any] = _defaults(chart["viz_type"]) | chart["params"] | {"viz_type": chart["viz_type"]}
        if chart["viz_type"] == "table":
            types = self.columns(chart["dataset"])
            params["column_config"] = {
                column: {"d3NumberFormat": NUMBER_FORMATS[types[column]]}
                for column in params["all_columns"]
                if types[column] in NUMBER_FORMATS
            }
        if params.get("x_axis") in PERIOD_AXES:
            # else some are left out, and with them the word that the last one is preliminary
            params.setdefault("xAxisLabelRotation", 45)
        params["adhoc_filters"] = self._filters(slug, *FIRST_QUERY)
        if chart["viz_type"] == "mixed_timeseries":
            params["adhoc_filters_b"] = self._filters(slug, *SECOND_QUERY)
        known = [catalogue.metrics()[name] for name in self.shown_metrics(slug) if name in catalogue.metrics()]
        if known:
            units = list(dict.fromkeys(unit(metric) for metric in known))
            at_a_glance = not self.datasets[chart["dataset"]].get("time")
            formats = [d3_format(metric, at_a_glance=at_a_glance) for metric in known]
            if chart["viz_type"].startswith("echarts_timeseries"):
                params.setdefault("y_axis_format", formats[0])
                params.setdefault("y_axis_title", " / ".join(units))
                if "kroner" in units:
                    params.setdefault("y_axis_title_margin", 90)
            elif chart["viz_type"] in ("big_number_total", "big_number"):
                params.setdefault("y_axis_format", formats[0])
                # shares and kroner carry their unit beside the figure
                shown = [] if known[0].unit in ("andel", "andel per år", "kr") else units
                params.setdefault("subtitle", ", ".join([*shown, "siste avsluttede periode"]))
            elif chart["viz_type"] == "mixed_timeseries":
                second = [catalogue.metrics()[n] for n in chart["params"]["metrics_b"] if n in catalogue.metrics()]
                params.setdefault("y_axis_format", formats[0])
                params.setdefault("y_axis_title", unit(known[0]))
                if second:
                    params.setdefault("y_axis_format_secondary", d3_format(second[0]))
        return params

    def chart(self, slug: str) -> dict[str, Any]:
        """A chart as Superset's import takes it."""
        chart = self.charts[slug]
        params = self._params(slug)
        return {
            "slice_name": chart["slice_name"],
            "description": self.description(slug),
            "certified_by": None,
            "certification_details": None,
            "viz_type": chart["viz_type"],
            "params": params,
            "query_context": json.dumps(_query_context(params), ensure_ascii=False),
            "cache_timeout": None,
            "uuid": asset_id("charts", slug),
            "version": "1.0.0",
            "dataset_uuid": asset_id("datasets", chart["dataset"]),
            "is_managed_externally": True,
            "external_url": None,
        }

    # ------------------------------------------------------------------------------------------ dashboards

    def placed(self, slug: str) -> list[str]:
        """The charts of a dashboard, in their order."""
        return [item["chart"] for _, rows in self.tabs(slug) for row in rows for item in row if "chart" in item]

    def tabs(self, slug: str) -> list[tuple[str | None, list[list[dict[str, Any]]]]]:
        """A dashboard's tabs with their rows; one without a name where it has none."""
        dashboard = self.dashboards[slug]
        if "tabs" in dashboard:
            return [(tab["title"], tab["rows"]) for tab in dashboard["tabs"]]
        return [(None, dashboard["rows"])]

    def in_scope(self, dashboard: str, filter_name: str) -> list[str]:
        """The charts of a dashboard that a filter applies to: those with its column that do not fix it themselves."""
        filter_ = self.filters[filter_name]
        column = filter_["column"]
        return [
            chart
            for chart in dict.fromkeys(self.placed(dashboard))
            if column in self.columns(self.charts[chart]["dataset"])
            and not {column, column.removesuffix("_label")} & self.charts[chart].get("where", {}).keys()
            and (not filter_.get("over_time") or self.shows_time(chart))
        ]

    def shows_time(self, slug: str) -> bool:
        """Whether a chart's rows or axis are days, periods or years."""
        chart = self.charts[slug]
        time = self.datasets[chart["dataset"]].get("time")
        return chart["viz_type"] != "table" and bool(
            {time, "period", "quarter", "year", "year_no"} & set(self.shown_columns(slug))
        )

    def _dashboard(self, slug: str) -> dict[str, Any]:
        dashboard = self.dashboards[slug]
        # numbers of this file only: the import puts Superset's own in their place
        numbers = {chart: number for number, chart in enumerate(dict.fromkeys(self.placed(slug)), 1)}
        return {
            "dashboard_title": dashboard["dashboard_title"],
            "description": dashboard["description"],
            "slug": slug,
            "uuid": asset_id("dashboards", slug),
            "version": "1.0.0",
            "published": True,
            "certified_by": None,
            "certification_details": None,
            "is_managed_externally": True,
            "external_url": None,
            "css": (ASSETS / "dashboards.css").read_text("utf-8"),
            "metadata": {
                "color_scheme": "bolig",
                # a metric's series is known by its label where it is shown, and by its name where its colour is sought
                "label_colors": self.colours
                | {
                    name: self.colours[metric["verbose_name"]]
                    for dataset in self.datasets
                    for name, metric in self.metrics(dataset).items()
                    if metric["verbose_name"] in self.colours
                },
                "shared_label_colors": [],
                "map_label_colors": {},
                "color_scheme_domain": [],
                "refresh_frequency": 0,
                "timed_refresh_immune_slices": [],
                "expanded_slices": {},
                "default_filters": "{}",
                "cross_filters_enabled": True,
                "filter_bar_orientation": "HORIZONTAL",
                "chart_configuration": {},
                "global_chart_configuration": {
                    "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                    "chartsInScope": [],
                },
                "native_filter_configuration": [
                    self._filter(slug, name, numbers) for name in dashboard.get("filters", [])
                ],
            },
            "position": self._position(slug, numbers),
        }

    def _filter(self, dashboard: str, name: str, numbers: Mapping[str, int]) -> dict[str, Any]:
        filter_ = self.filters[name]
        column: str = filter_["column"]
        default: Any = filter_.get("default")
        if filter_["type"] == "filter_range":
            mask = _range_mask(column, *default)
        elif default is not None:
            mask = {
                "extraFormData": {"filters": [{"col": column, "op": "IN", "val": [default]}]},
                "filterState": {"label": default, "value": [default]},
                "ownState": {},
            }
        else:
            mask = {"extraFormData": {}, "filterState": {}, "ownState": {}}
        scope = self.in_scope(dashboard, name)
        # a filter offers what the municipality has
        is_of_one = name != "municipality" and "municipality" in self.columns(filter_["dataset"])
        parents = ["NATIVE_FILTER-municipality"] if is_of_one else []
        return {
            "id": f"NATIVE_FILTER-{name}",
            "type": "NATIVE_FILTER",
            "filterType": filter_["type"],
            "name": filter_["label"],
            "description": filter_["description"],
            "targets": [{"column": {"name": column}, "datasetUuid": asset_id("datasets", filter_["dataset"])}],
            "controlValues": {
                "enableEmptyFilter": filter_.get("required", False),
                "defaultToFirstItem": filter_.get("required", False) and default is None,
                "multiSelect": not filter_.get("required", False),
                "searchAllOptions": False,
                "inverseSelection": False,
                "sortAscending": True,
            },
            "defaultDataMask": mask,
            "cascadeParentIds": parents,
            # no chart asks for anything before the filter has its value
            "requiredFirst": filter_.get("required", False) and default is None,
            "scope": {
                "rootPath": ["ROOT_ID"],
                "excluded": [number for chart, number in numbers.items() if chart not in scope],
            },
            "chartsInScope": [],
            "tabsInScope": [],
        }

    def _position(self, slug: str, numbers: Mapping[str, int]) -> dict[str, Any]:
        title = self.dashboards[slug]["dashboard_title"]
        position: dict[str, Any] = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        }
        tabs = self.tabs(slug)
        if len(tabs) > 1:
            position["ROOT_ID"]["children"] = ["TABS-1"]
            position["TABS-1"] = {"type": "TABS", "id": "TABS-1", "children": [], "parents": ["ROOT_ID"], "meta": {}}
        for tab_number, (tab_title, rows) in enumerate(tabs, 1):
            parents = ["ROOT_ID", "GRID_ID"]
            if len(tabs) > 1:
                tab_id = f"TAB-{tab_number}"
                parents = ["ROOT_ID", "TABS-1", tab_id]
                meta = {"text": tab_title, "defaultText": tab_title, "placeholder": tab_title}
                position[tab_id] = {
                    "type": "TAB", "id": tab_id, "children": [], "parents": parents[:-1], "meta": meta,
                }  # fmt: skip
                position["TABS-1"]["children"].append(tab_id)
            for row_number, row in enumerate([self._navigation(slug), *rows], 1):
                row_id = f"ROW-{tab_number}-{row_number}"
                position[parents[-1]]["children"].append(row_id)
                position[row_id] = {
                    "type": "ROW", "id": row_id, "children": [], "parents": parents,
                    "meta": {"background": "BACKGROUND_TRANSPARENT"},
                }  # fmt: skip
                for place, item in enumerate(row, 1):
                    component = self._component(item, f"{row_id}-{place}", numbers) | {"parents": [*parents, row_id]}
                    position[component["id"]] = component
                    position[row_id]["children"].append(component["id"])
        return position

    def _navigation(self, slug: str) -> list[dict[str, Any]]:
        """The way to the other dashboards, first on each."""
        links = [
            f"**{self.dashboards[other]['dashboard_title']}**"
            if other == slug
            else f"[{self.dashboards[other]['dashboard_title']}](/superset/dashboard/{other}/)"
            for other in order()
        ]
        return [{"text": " &ensp;·&ensp; ".join(links), "width": 12, "height": 5}]

    def _component(self, item: Mapping[str, Any], place: str, numbers: Mapping[str, int]) -> dict[str, Any]:
        size = {"width": item["width"], "height": item["height"]}
        if "text" in item:
            text_id = f"MARKDOWN-{place}"
            return {"type": "MARKDOWN", "id": text_id, "children": [], "meta": size | {"code": item["text"]}}
        slug = item["chart"]
        meta = {
            "chartId": numbers[slug],
            "uuid": asset_id("charts", slug),
            "sliceName": self.charts[slug]["slice_name"],
        }
        return {"type": "CHART", "id": f"CHART-{place}", "children": [], "meta": size | meta}

    # ------------------------------------------------------------------------------------------ all of it

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """Every asset as Superset's import takes it, by its file; but the databases, which are of an installation."""
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, slugs, made in (
            ("datasets", self.datasets, self._dataset),
            ("charts", self.charts, self.chart),
            ("dashboards", self.dashboards, self._dashboard),
        ):
            folder = f"{kind}/{DATABASE}" if kind == "datasets" else kind
            for slug in slugs:
                yield f"{folder}/{slug}.yaml", made(slug)


def read(manifest: Mapping[str, Any]) -> Tree:
    """The hand-written assets beside what dbt's manifest promises. Raises AssetError where a file is no such asset."""
    dimensions = dict.fromkeys(dimension for dimension, _ in labels.every() if dimension != catalogue.TOTAL)
    return Tree(
        datasets=_folder("datasets", {"table", "description", "columns"}),
        charts=_folder("charts", {"slice_name", "viz_type", "dataset", "params"}),
        dashboards=_folder("dashboards", {"dashboard_title", "description"}),
        filters=yaml.safe_load((ASSETS / "filters.yaml").read_text("utf-8")),
        labels=yaml.safe_load((ASSETS / "labels.yaml").read_text("utf-8")),
        colours=yaml.safe_load((ASSETS / "colours.yaml").read_text("utf-8")),
        codes={dimension: list(labels.of(dimension).values()) for dimension in dimensions},
        tables=published_columns(manifest),
    )


def databases(dashboards_url: str, sqllab_url: str) -> dict[str, dict[str, Any]]:
    """The dashboards' connection and SQL Lab's, each with a login of its own. Passwords are given at the import.

    The logins' SQLAlchemy URLs have their passwords masked as Superset masks them.
    """

    def database(slug: str, name: str, url: str, in_sql_lab: bool) -> dict[str, Any]:
        return {
            "database_name": name,
            "sqlalchemy_uri": url,
            "uuid": asset_id("databases", slug),
            "version": "1.0.0",
            "is_managed_externally": True,
            "external_url": None,
            "expose_in_sqllab": in_sql_lab,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "allow_run_async": False,
            "allow_csv_upload": False,
            "impersonate_user": False,
            "cache_timeout": None,
            "extra": {
                "allows_virtual_table_explore": False,
                "cost_estimate_enabled": False,
                "cancel_query_on_windows_unload": True,
                "metadata_params": {},
                "engine_params": {
                    # no column is of this type, and the driver would look for it at each connection
                    "use_native_hstore": False,
                },
                "schemas_allowed_for_csv_upload": [],
            },
        }

    return {
        f"databases/{DATABASE}.yaml": database(DATABASE, "Boligstrategi", dashboards_url, in_sql_lab=False),
        f"databases/{SQL_DATABASE}.yaml": database(SQL_DATABASE, "Boligstrategi (SQL)", sqllab_url, in_sql_lab=True),
    }


def order() -> list[str]:
    """The dashboards' slugs in the order of the way through them."""
    return list(yaml.safe_load((ASSETS / "order.yaml").read_text("utf-8")))


def _folder(kind: str, needed: set[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((ASSETS / kind).glob("*.yaml")):
        asset = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(asset, dict) or not needed <= asset.keys():
            raise AssetError(f"{kind}/{path.name} must have {', '.join(sorted(needed))}.")
        if not re.fullmatch(r"[a-z0-9_]+", path.stem):
            raise AssetError(f"{kind}/{path.name}: a slug is made of a-z, 0-9 and _.")
        found[path.stem] = asset
    return found


@cache
def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _defaults(viz_type: str) -> dict[str, Any]:
    return {
        key: value
        for group in _read(ASSETS / "defaults.yaml")
        for key, value in group["params"].items()
        if viz_type in group["types"]
    }


def _simple_filter(column: str, values: list[Any]) -> dict[str, Any]:
    simple = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "isExtra": False}
    if values in ([None], [{"not": None}]):
        return simple | {"operator": "IS NULL" if values == [None] else "IS NOT NULL", "comparator": None}
    return simple | {"operator": "IN", "comparator": values}


def _range_mask(column: str, low: int | None, high: int | None) -> dict[str, Any]:
    bounds = [("≥", ">=", low), ("≤", "<=", high)]
    return {
        "extraFormData": {
            "filters": [{"col": column, "op": op, "val": val} for _, op, val in bounds if val is not None]
        },
        "filterState": {
            "value": [low, high],
            "label": " og ".join(f"x {sign} {val}" for sign, _, val in bounds if val is not None),
        },
        "ownState": {},
    }


def _query_context(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser would ask for these params: Superset's API answers a chart's data only where this is stored."""
    viz_type = params["viz_type"]

    def query(
        columns: list[Any], metrics: list[str] | None, filters: str = "adhoc_filters", **more: Any
    ) -> dict[str, Any]:
        return {
            "filters": [
                {"col": simple["subject"], "op": simple["operator"], "val": simple["comparator"]}
                for simple in params[filters]
            ],
            "extras": {"having": "", "where": ""},
            "row_limit": params.get("row_limit", 10_000),
            "order_desc": params.get("order_desc", True),
            "columns": columns,
            "metrics": metrics,
        } | more

    axis: list[Any] = []
    if "x_axis" in params:
        name = params["x_axis"]
        axis = [{"columnType": "BASE_AXIS", "sqlExpression": name, "label": name, "expressionType": "SQL"}]
        if params.get("time_grain_sqla"):
            axis[0]["timeGrain"] = params["time_grain_sqla"]
    groups = list(params.get("groupby") or [])
    if viz_type == "mixed_timeseries":
        second = list(params["groupby_b"])
        queries = [
            query(axis + groups, params["metrics"], series_columns=groups),
            query(axis + second, params["metrics_b"], "adhoc_filters_b", series_columns=second),
        ]
    elif viz_type == "pivot_table_v2":
        queries = [query(params["groupbyColumns"] + params["groupbyRows"], params["metrics"])]
    elif viz_type == "table" and params["query_mode"] == "raw":
        order = [json.loads(one) for one in params.get("order_by_cols", [])]
        queries = [query(params["all_columns"], None, orderby=order)]
    elif viz_type in ("big_number_total", "big_number"):
        queries = [query(axis, [params["metric"]])]
    else:
        queries = [query(axis + groups, params["metrics"], series_columns=groups if axis else [])]
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": queries,
        "form_data": dict(params),
        "result_format": "json",
        "result_type": "full",
    }
