"""The datasets as Superset takes them: columns, labels, metrics with formats and definitions, and their SQL.

Belongs here: what follows for a dataset from dbt's manifest, the labels and the metric catalogue.
Does not belong here: how a figure is drawn (charts.py).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dagster_project.vocabulary import catalogue, contracts
from dagster_project.warehouse import DATASETS
from superset_assets.derive import written

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

# columns of text that are figures: they stand under each other by their last digit
FIGURES_IN_WORDS = ("value_no", "target_no", "distance_no", "year_before_no", "change_no")


class Datasets(written.Written):
    """The datasets, as they follow from what is written."""

    def columns(self, slug: str) -> dict[str, str]:
        """A dataset's columns as charts know them, with their types."""
        dataset = self.datasets[slug]
        types = self.tables[dataset["table"]]
        shown: dict[str, str] = {}
        for column in dataset["columns"]:
            labelled = self.is_labelled(types, column)
            shown[f"{column}_label" if labelled else column] = "text" if labelled else types[column]
        beside = dataset.get("beside", {})
        shown |= {column: self.tables[beside["table"]][column] for column in beside.get("columns", [])}
        codes = {column: types[column] for column in dataset.get("codes", [])}
        # names that sort as time goes, for axes; and the numbers of years, for filters
        years = {"year": "integer", "years_ago": "integer"} if dataset.get("time") else {}
        if years and not self.has_periods(slug):
            years |= {"quarter": "text", "year_no": "text"}
        period = {"period": "text"} if self.has_periods(slug) else {}
        # a metric's name; another where the figure is preliminary, so that it is a series of its own
        series = {"series": "text"} if "is_ripe" in dataset["columns"] else {}
        municipality = {"municipality": "text", "municipality_no": "text"} if "municipality_no" in types else {}
        return municipality | shown | codes | years | period | series

    def has_periods(self, slug: str) -> bool:
        """Whether a dataset's rows are of periods of several types."""
        return {"period_type", "period_start"} <= set(self.datasets[slug]["columns"])

    def is_labelled(self, types: Mapping[str, str], column: str) -> bool:
        """Whether a column comes as its label: it holds codes, or says yes or no."""
        return column in self.codes or column in ("dimension_value", "metric_id") or types.get(column) == "boolean"

    def figures(self, slug: str) -> list[str]:
        """The catalogue's metrics that a dataset has; of one that lists them by perspective all."""
        known = catalogue.metrics()
        if "perspective" in self.datasets[slug]["columns"]:
            return list(known)
        return [name for name in self.metrics(slug) if name in known]

    def metrics(self, slug: str) -> dict[str, dict[str, Any]]:
        """A dataset's metrics by name: expression, label, number format, description."""
        # they are asked for by every chart, dashboard and check
        if slug not in self._metrics:
            self._metrics[slug] = self._derived_metrics(slug)
        return self._metrics[slug]

    @cached_property
    def _metrics(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {}

    def _derived_metrics(self, slug: str) -> dict[str, dict[str, Any]]:
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
                "extra": self._certified(slug, known.get(name)),
            }
            for name, expression in expressions.items()
        }

    def _certified(self, slug: str, metric: catalogue.Metric | None = None) -> dict[str, Any]:
        """Who answers for a dataset, or for what one of its metrics means, as Superset's `extra` says it."""
        owner = self.owners[self.datasets[slug]["table"]]
        details = "Eier av tabellen som datasettet viser."
        if metric:
            systems = metric.systems
            sources = [source for source in contracts.sources() if source.name in systems]
            delivers = "; ".join(source.owner for source in sources)
            owner = self.catalogue_owner
            details = f"Definert i katalogen over styringstall. Kilde: {metric.source}, levert av {delivers}."
        return {"certification": {"certified_by": owner, "details": details}}

    @property
    def catalogue_owner(self) -> str:
        """Whose the metric catalogue is."""
        return self.owners["scorecard.metric_definition"]

    def _from_rows(self, slug: str, compute: catalogue.Compute) -> str:
        """The SQL of a metric that counts rows on a day: what the catalogue says, of the days that have been."""
        _, _, table = self.datasets[slug]["table"].partition(".")
        if compute.mart != table or not compute.at or compute.during:
            raise written.AssetError(
                f"datasets/{slug}.yaml: a metric of figures is not counted from the rows of {table}."
            )
        where = " and ".join([f"{compute.at} is not null", *([f"({compute.where})"] if compute.where else [])])
        return f"{compute.value} filter (where {where})"

    def sql(self, slug: str) -> str:
        """A dataset's query: the table's columns, persons left out, and the labels of its codes."""
        dataset = self.datasets[slug]
        types = self.tables[dataset["table"]]
        # where links are drawn, nobody's text is to make one of its own
        is_html = dataset.get("leads_on", False)
        selected = [
            f"translate(t.{column}, '<>', '‹›') as {column}" if is_html and types[column] == "text" else f"t.{column}"
            for column in types
            if column not in written.PERSONAL
        ]
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
        if beside := dataset.get("beside"):
            on = " and ".join(f"t.{column} = beside.{column}" for column in ("municipality_no", *beside["by"]))
            joins.append(f"left join {beside['table']} as beside on {on}")
            selected += [f"beside.{column}" for column in beside["columns"]]
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
            "database_uuid": written.asset_id("databases", written.DATABASE),
            "uuid": written.asset_id("datasets", slug),
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
            "extra": self._certified(slug),
            "columns": [
                {
                    "column_name": column,
                    "verbose_name": self.label(column),
                    "type": type_.upper(),
                    "is_dttm": type_ in written.TEMPORAL,
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
