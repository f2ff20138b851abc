"""The dashboards as Superset takes them: tabs, rows, filters and the way between them; and all assets as files.

Belongs here: layouts and filters. Does not belong here: judging what does not hang together (checks.py), and a server
(rest.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml

from dagster_project.vocabulary import catalogue, labels
from superset_assets.derive import charts, written


class Tree(charts.Charts):
    """All assets: the dashboards, as they follow from the charts, and what they stand on."""

    def placed(self, slug: str) -> list[str]:
        """The charts of a dashboard, in their order."""
        return [item["chart"] for _, rows in self.tabs(slug) for row in rows for item in row if "chart" in item]

    def columns(self, slug: str) -> dict[str, str]:
        """A dataset's columns; of one that leads on, also the way to where a row's cause stands."""
        return super().columns(slug) | ({"page": "text"} if self.datasets[slug].get("leads_on") else {})

    def sql(self, slug: str) -> str:
        """A dataset's query; of one that leads on, with the link of each row."""
        query, columns = super().sql(slug), self.columns(slug)
        if "page" not in columns:
            return query
        values = {
            name: f"said.{self.filters[name]['column']}" for name in LINKED if self.filters[name]["column"] in columns
        }
        if {"dimension_label", "dimension_value_label"} <= columns.keys():
            values |= {
                name: f"case when said.dimension_label = '{labels.label('dimension', name)}'"
                " then said.dimension_value_label end"
                for name in LINKED_BY_DIMENSION
            }
        safe = ", ".join(f"{_in_link(value)} as {name}" for name, value in values.items())
        of_page: dict[str, list[str]] = {}
        for metric_id, page in self.pages.items():
            of_page.setdefault(page, []).append(f"'{metric_id}'")
        cases = " ".join(
            f"when said.metric_id in ({', '.join(metrics)}) then {self._link(page, values)}"
            for page, metrics in of_page.items()
        )
        link = f"case {cases} end"
        return f"select said.*, {link} as page\nfrom ({query}) as said\ncross join lateral (select {safe}) as safe"

    @cached_property
    def pages(self) -> dict[str, str]:
        """By catalogue metric the dashboard that tells of it: the first on the way, but the one that lists them all."""
        found: dict[str, str] = {}
        for slug in written.order()[1:]:
            for chart in self.placed(slug):
                listed = self.charts[chart].get("where", {}).get("perspective")
                of_list = [name for name, metric in catalogue.metrics().items() if metric.perspective == listed]
                for name in [*self.about(chart), *of_list]:
                    found.setdefault(name, slug)
        return found

    def _link(self, page: str, values: Iterable[str]) -> str:
        """The SQL of a link to a dashboard, with those of its filters set whose values a row has.

        What is put into it is ours, or made safe (_in_link); Superset lets nothing but plain HTML through besides.
        """
        chosen = []
        for name in values:
            if name in self.dashboards[page].get("filters", []):
                column, id_, value = self.filters[name]["column"], f"NATIVE_FILTER-{name}", f"''', safe.{name}, '''"
                chosen.append(
                    # a row without the value leaves the filter as it is
                    f"case when safe.{name} is not null then "
                    f"concat('{id_}:(extraFormData:(filters:!((col:{column},op:IN,val:!({value})))),filterState:"
                    f"(label:{value},value:!({value})),id:{id_},ownState:())') end"
                )
        address = f"/superset/dashboard/{page}/?native_filters=("
        title = self.dashboards[page]["dashboard_title"]
        return f"""concat('<a href="{address}', concat_ws(',', {", ".join(chosen)}), ')">{title}</a>')"""

    def tags(self) -> dict[str, dict[str, list[str]]]:
        """By perspective, as it is called, the slugs that are tagged with it, of each kind of asset."""

        def of_chart(slug: str) -> list[str]:
            lists_them = "group_no" in self.shown_columns(slug)
            return self.figures(self.charts[slug]["dataset"]) if lists_them else self.about(slug)

        def of_dashboard(slug: str) -> list[str]:
            return [name for chart in self.placed(slug) for name in of_chart(chart)]

        of_kind = {"dashboard": self.dashboards, "chart": self.charts, "dataset": self.datasets}
        about = {"dashboard": of_dashboard, "chart": of_chart, "dataset": self.figures}
        known = catalogue.metrics()
        return {
            name_no: {
                kind: [slug for slug in slugs if perspective in {known[name].perspective for name in about[kind](slug)}]
                for kind, slugs in of_kind.items()
            }
            for perspective, name_no in labels.of("perspective").items()
        }

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
            "uuid": written.asset_id("dashboards", slug),
            "version": "1.0.0",
            "published": True,
            "certified_by": None,
            "certification_details": None,
            "is_managed_externally": True,
            "external_url": None,
            "css": self._css(slug),
            "metadata": {
                "color_scheme": "bolig",
                # a metric's series is known by its label where it is shown, and by its name where its colour is sought;
                # a band's bounds by its label with their ending
                "label_colors": self.colours
                | {
                    sought: self.colours[label]
                    for dataset in self.datasets
                    for name in self.metrics(dataset)
                    if (label := self.drawn_as(dataset, name)) in self.colours
                    for sought in (name, *(f"{label}{bound}" for bound in charts.BOUNDS if name.endswith(bound)))
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

    def _css(self, slug: str) -> str:
        """The look of every dashboard; and what a phone writes beside each cell of this one's lists, which has no head
        there."""
        listed = {
            column: self.label(column)
            for chart in self.placed(slug)
            if self.charts[chart]["viz_type"] == "table"
            for column in self.charts[chart]["params"].get("all_columns", [])
        }
        beside = [
            f'.superset-chart-table td[aria-labelledby="header-{column}"]::before {{ content: "{label}"; }}'
            for column, label in listed.items()
            if column not in SAYS_ITSELF
        ]
        look = (written.ASSETS / "dashboards.css").read_text("utf-8")
        return "\n".join([look, "@media (max-width: 600px) {", *beside, "}"]) if beside else look

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
            "targets": [{"column": {"name": column}, "datasetUuid": written.asset_id("datasets", filter_["dataset"])}],
            "controlValues": {
                "enableEmptyFilter": filter_.get("required", False),
                "defaultToFirstItem": filter_.get("required", False) and default is None,
                "multiSelect": not filter_.get("required", False),
                "searchAllOptions": False,
                "inverseSelection": False,
                "sortAscending": not filter_.get("descending", False),
            },
            "sortMetric": filter_.get("sort_by"),
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
        """A dashboard's layout. Each part has a name that no other dashboard's has.

        A browser that goes from one to another by the list remembers by these which tab was opened last.
        """
        title = self.dashboards[slug]["dashboard_title"]
        position: dict[str, Any] = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        }
        tabs = self.tabs(slug)
        if len(tabs) > 1:
            tabs_id = f"TABS-{slug}"
            position["ROOT_ID"]["children"] = [tabs_id]
            position[tabs_id] = {"type": "TABS", "id": tabs_id, "children": [], "parents": ["ROOT_ID"], "meta": {}}
        for tab_number, (tab_title, rows) in enumerate(tabs, 1):
            parents = ["ROOT_ID", "GRID_ID"]
            if len(tabs) > 1:
                tab_id = f"TAB-{slug}-{tab_number}"
                parents = ["ROOT_ID", tabs_id, tab_id]
                meta = {"text": tab_title, "defaultText": tab_title, "placeholder": tab_title}
                position[tab_id] = {
                    "type": "TAB", "id": tab_id, "children": [], "parents": parents[:-1], "meta": meta,
                }  # fmt: skip
                position[tabs_id]["children"].append(tab_id)
            for row_number, row in enumerate([self._navigation(slug), *rows], 1):
                row_id = f"ROW-{slug}-{tab_number}-{row_number}"
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
            for other in written.order()
        ]
        return [{"text": " · ".join(links), "width": 12, "height": 5}]

    def _component(self, item: Mapping[str, Any], place: str, numbers: Mapping[str, int]) -> dict[str, Any]:
        size = {"width": item["width"], "height": item["height"]}
        if "text" in item:
            text_id = f"MARKDOWN-{place}"
            return {"type": "MARKDOWN", "id": text_id, "children": [], "meta": size | {"code": item["text"]}}
        slug = item["chart"]
        meta = {
            "chartId": numbers[slug],
            "uuid": written.asset_id("charts", slug),
            "sliceName": self.charts[slug]["slice_name"],
        }
        return {"type": "CHART", "id": f"CHART-{place}", "children": [], "meta": size | meta}

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """Every asset as Superset's import takes it, by its file; but the databases, which are of an installation."""
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, slugs, made in (
            ("datasets", self.datasets, self._dataset),
            ("charts", self.charts, self.chart),
            # the last that is imported is the first of Superset's list
            ("dashboards", reversed(written.order()), self._dashboard),
        ):
            folder = f"{kind}/{written.DATABASE}" if kind == "datasets" else kind
            for slug in slugs:
                yield f"{folder}/{slug}.yaml", made(slug)


# columns whose cells are names and sentences: no label beside them
SAYS_ITSELF = ("sentence_no", "tile_no", "name_no", "title")
# the filters that a link sets, where the row that leads on has their values
LINKED = ("municipality", "period_type")
# and where what a row tells of is a part: of a queue, the category that it is
LINKED_BY_DIMENSION = ("housing_category",)
# what would end a value in a link: of Superset's own writing of filters (Rison), of an address, and of HTML
_ENDING = {"!": "!!", "'": "!'", "%": "%25", "&": "%26", "#": "%23", "+": "%2B", '"': "%22", "<": "%3C", ">": "%3E"}


def _in_link(column: str) -> str:
    """The SQL of a column's value as it may stand in a link."""
    for sign, written_as in _ENDING.items():
        column = "replace({}, '{}', '{}')".format(column, *(part.replace("'", "''") for part in (sign, written_as)))
    return column


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


def read(manifest: Mapping[str, Any]) -> Tree:
    """The hand-written assets beside what dbt's manifest promises. Raises AssetError where a file is no such asset."""
    dimensions = dict.fromkeys(dimension for dimension, _ in labels.every() if dimension != catalogue.TOTAL)
    return Tree(
        datasets=written.read_folder("datasets", {"title", "table", "description", "columns"}),
        charts=written.read_folder("charts", {"slice_name", "viz_type", "dataset", "params"}),
        dashboards=written.read_folder("dashboards", {"dashboard_title", "description"}),
        filters=yaml.safe_load((written.ASSETS / "filters.yaml").read_text("utf-8")),
        labels=yaml.safe_load((written.ASSETS / "labels.yaml").read_text("utf-8")),
        colours=yaml.safe_load((written.ASSETS / "colours.yaml").read_text("utf-8")),
        codes={dimension: list(labels.of(dimension).values()) for dimension in dimensions},
        tables=written.published_columns(manifest),
        owners=written.owners(manifest),
    )
