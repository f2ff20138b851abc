"""The charts as Superset takes them: parameters, filters, descriptions and queries.

Belongs here: what follows for a chart from its dataset and the catalogue. Does not belong here: where it stands
(dashboards.py).
"""

import json
from collections.abc import Mapping
from typing import Any

from dagster_project.vocabulary import catalogue
from superset_assets.derive import datasets, written

# the parameters that a chart's metrics stand under: those of its first query, and those of a mixed chart's second
FIRST_QUERY, SECOND_QUERY = ("metrics", "timeseries_limit_metric"), ("metrics_b",)
# what Superset draws as a band: the metrics of its bounds are called as the band is, and end so
BOUNDS = ("__yhat_lower", "__yhat_upper")


class Charts(datasets.Datasets):
    """The charts, as they follow from the datasets."""

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
            names = list(dict.fromkeys(self.drawn_as(dataset, name) for name in self.shown_metrics(slug, *keys)))
            if "series" in by:
                names += [f"{name}{datasets._PRELIMINARY}" for name in names]
            if not set(by) - {"series"}:
                found.append(("metric", names))
            for column in by:
                kind = self._where(slug)["dimension"][0] if column == "dimension_value_label" else column
                kind = str(kind).removesuffix("_label")
                if kind in self.codes:
                    found.append((kind, self.codes[kind]))
        return found

    def drawn_as(self, dataset: str, metric: str) -> str:
        """What a metric is called where it is drawn: the bounds of a band as the metric that names the band."""
        for bound in BOUNDS:
            metric = metric.removesuffix(bound)
        return str(self.metrics(dataset)[metric]["verbose_name"])

    def about(self, slug: str) -> list[str]:
        """The catalogue metrics that a chart is about: what it says, else those that it shows or has rows of."""
        chart = self.charts[slug]
        shown = [*self.shown_metrics(slug), *self._where(slug).get("metric_id", [])]
        return list(chart.get("about", [name for name in shown if name in catalogue.metrics()]))

    def description(self, slug: str) -> str:
        """A chart's description: its note, then the definitions with their sources."""
        known = catalogue.metrics()
        note = self.charts[slug].get("note", "")
        return "\n\n".join(
            filter(None, [note.strip(), *(datasets.definition(known[name]) for name in self.about(slug))])
        )

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
            where["metric_id"] = self.shown_metrics(slug, *keys)
        return [_simple_filter(column, values) for column, values in where.items()]

    def metrics_of_rows(self, slug: str) -> list[str] | None:
        """The catalogue's metrics of which a chart shows rows of figures; None where it does not say."""
        told = [each for each in self._filters(slug) if each["subject"] == "metric_id"]
        return [name for each in told for name in each["comparator"]] if told else None

    def _params(self, slug: str) -> dict[str, Any]:
        chart = self.charts[slug]
        params: dict[str, Any] = _defaults(chart["viz_type"]) | chart["params"] | {"viz_type": chart["viz_type"]}
        if chart["viz_type"] == "table":
            types = self.columns(chart["dataset"])
            params["column_config"] = {
                column: {"d3NumberFormat": "d" if column.endswith("_year") else datasets.NUMBER_FORMATS[types[column]]}
                for column in params["all_columns"]
                if types[column] in datasets.NUMBER_FORMATS
            } | {
                column: {"horizontalAlign": "right"}
                for column in params["all_columns"]
                if column in datasets.FIGURES_IN_WORDS
            }
            if "status_no" in params["all_columns"]:
                # a status is read at a glance: on one line
                params["column_config"]["status_no"] = {"columnWidth": 105}
            # links are ours; what somebody wrote is shown as it is written
            params.setdefault("allow_render_html", "page" in params["all_columns"])
        if params.get("x_axis") in datasets.PERIOD_AXES:
            # else some are left out, and with them the word that the last one is preliminary
            params.setdefault("xAxisLabelRotation", 45)
        if chart["viz_type"] == "mixed_timeseries":
            # the axis takes its places as they come: the first query has those of both, else a place that only the
            # second has would stand last
            params["adhoc_filters"] = self._filters(slug)
            params["adhoc_filters_b"] = self._filters(slug, *SECOND_QUERY)
        else:
            params["adhoc_filters"] = self._filters(slug, *FIRST_QUERY)
        known = [catalogue.metrics()[name] for name in self.shown_metrics(slug) if name in catalogue.metrics()]
        if known:
            units = list(dict.fromkeys(datasets.unit(metric) for metric in known))
            at_a_glance = not self.datasets[chart["dataset"]].get("time")
            axis_format = datasets.d3_format(known[0], at_a_glance=at_a_glance)
            if chart["viz_type"].startswith("echarts_timeseries"):
                params.setdefault("y_axis_format", axis_format)
                params.setdefault("y_axis_title", " / ".join(units))
                if "kroner" in units:
                    params.setdefault("y_axis_title_margin", 90)
            elif chart["viz_type"] == "mixed_timeseries":
                second = [catalogue.metrics()[n] for n in chart["params"]["metrics_b"] if n in catalogue.metrics()]
                params.setdefault("y_axis_format", axis_format)
                params.setdefault("y_axis_title", datasets.unit(known[0]))
                if second:
                    params.setdefault("y_axis_format_secondary", datasets.d3_format(second[0]))
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
            "uuid": written.asset_id("charts", slug),
            "version": "1.0.0",
            "dataset_uuid": written.asset_id("datasets", chart["dataset"]),
            "is_managed_externally": True,
            "external_url": None,
        }


def _simple_filter(column: str, values: list[Any]) -> dict[str, Any]:
    simple = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "isExtra": False}
    if values in ([None], [{"not": None}]):
        return simple | {"operator": "IS NULL" if values == [None] else "IS NOT NULL", "comparator": None}
    return simple | {"operator": "IN", "comparator": values}


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


def _defaults(viz_type: str) -> dict[str, Any]:
    return {
        key: value
        for group in written.read_file(written.ASSETS / "defaults.yaml")
        for key, value in group["params"].items()
        if viz_type in group["types"]
    }
