"""Every query of every chart says what is published, value by value, of the municipality that is chosen.

What is wanted is read from the scorecard and the marts by what the chart's file says it shows (which metrics, by what,
in which periods); nothing of the SQL that Superset makes, of its filters or its views goes into it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest

from dagster_project.vocabulary import catalogue, labels
from superset_assets.derive.dashboards import Tree
from tests.bi.conftest import Answers
from tests.conftest import ASKER, BAERUM, Installation

# nothing was put aside or refused, and no period is closed: these say so by having no rows
EMPTY_IN_THE_DEMONSTRATION = {"karantene", "avviste_leveranser", "revisjoner", "lukkede_perioder", "veien_etterpaa"}
# nobody there had made a scenario by its as-of date; it has delivered once, so nothing has changed since; and in no
# year that had ended was anybody left unsettled
EMPTY_OF = {
    BAERUM: {"veien_kort", "veien_tiltak", "veien_forutsetninger", "utfordringer_endret", "flyktninger_hvorfor"},
}

PRELIMINARY = " (foreløpig)"

LABELS = labels.every()
CODES = {(dimension, label): code for (dimension, code), label in LABELS.items()}

# lists of what a state counts: how many rows make the figure, at the as-of date
COUNTED: dict[str, tuple[str, str, Callable[[Mapping[str, Any]], bool]]] = {
    "ko_lengst": ("queue_waiting", "value", lambda _: True),
    "ledig_lengst": ("vacant_over_90_days", "value", lambda row: row["vacant_days"] > 90),
    "utloper_snart": ("contracts_expiring_next_12m", "value", lambda _: True),
    "tiltak_vei": ("measures", "value", lambda _: True),
    "utfordringer_apne": ("challenges_open", "value", lambda _: True),
}


def label(dimension: str, code: str | None) -> str | None:
    """What a code is called; what is no code is called what it is."""
    return LABELS.get((dimension, code or "ukjent"), code)


def period_name(period_type: str, start: date, is_complete: bool) -> str:
    """A period as an axis has it: one way, whatever chart it is."""
    number = {
        "month": f"-{start.month:02}",
        "quarter": f" K{start.month // 3 + 1}",
        "tertial": f" T{start.month // 4 + 1}",
    }
    return f"{start.year}{number.get(period_type, '')}{'' if is_complete else PRELIMINARY}"


class Published:
    """What is published of a municipality."""

    def __init__(self, demonstration: Installation, municipality_no: str, period_type: str) -> None:
        self.ask, self.no, self.period_type = demonstration.ask, municipality_no, period_type
        ((self.as_of,),) = self.ask("select as_of from scorecard.publication where municipality_no = %s", self.no)

    @cached_property
    def figures(self) -> list[dict[str, Any]]:
        columns = (
            "metric_id", "period_type", "period_start", "period_end", "is_complete", "is_ripe", "dimension",
            "dimension_value", "value", "numerator",
        )  # fmt: skip
        rows = self.ask(f"select {', '.join(columns)} from scorecard.metric_value where municipality_no = %s", self.no)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def of(self, metric_ids: Iterable[str], dimension: str, period_types: Iterable[str]) -> list[dict[str, Any]]:
        wanted, types = set(metric_ids), set(period_types)
        return [
            row
            for row in self.figures
            if row["metric_id"] in wanted and row["dimension"] == dimension and row["period_type"] in types
        ]

    def today(self, metric_id: str, dimension: str = "total") -> list[dict[str, Any]]:
        """The figures of the year of the as-of date: a state is that of the as-of date there."""
        rows = self.of([metric_id], dimension, ["year"])
        return [row for row in rows if row["period_start"].year == self.as_of.year]

    def table(self, name: str) -> list[dict[str, Any]]:
        schema, _, table = name.partition(".")
        columns = [
            column
            for (column,) in self.ask(
                "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0"
                " and not attisdropped order by attnum",
                f"{schema}.{table}",
            )
        ]
        of_one = (" where municipality_no = %s", [self.no]) if "municipality_no" in columns else ("", [])
        rows = self.ask(f"select {', '.join(columns)} from {name}{of_one[0]}", *of_one[1])
        return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture(scope="module", params=[(ASKER, "quarter"), (BAERUM, "year")], ids=["asker", "baerum"])
def whose(request: pytest.FixtureRequest, demonstration: Installation) -> Published:
    """One municipality by quarters, the other by years: together that is every way without asking for all."""
    return Published(demonstration, *request.param)


def test_every_query_of_every_chart_says_what_is_published(answers: Answers, assets: Tree, whose: Published) -> None:
    faults = []
    for slug in assets.charts:
        results = answers(slug, whose.no, whose.period_type)
        if wrong := compared(assets, slug, results, whose):
            faults.append(f"{slug}: {wrong}")
    assert not faults, "\n".join(faults)


def compared(assets: Tree, slug: str, results: list[list[dict[str, Any]]], published: Published) -> str:
    """What a chart's answers say otherwise than what is published; each kind of chart is told how it is read."""
    chart = assets.charts[slug]
    dataset = assets.datasets[chart["dataset"]]
    keys = ["metrics", "metrics_b"] if chart["viz_type"] == "mixed_timeseries" else ["metrics"]
    if len(results) != len(keys):
        return f"{len(results)} queries, {len(keys)} known"
    if not any(results) and slug not in EMPTY_IN_THE_DEMONSTRATION | EMPTY_OF.get(published.no, set()):
        return "no rows"
    if chart["viz_type"] == "table":
        return rows_compared(assets, slug, results[0], published)
    if dataset["table"] == "scorecard.benchmark":
        return regions_compared(chart, results[0], published)
    if dataset.get("figures") == "all":
        for key, rows in zip(keys, results, strict=True):
            if wrong := figures_compared(assets, slug, key, rows, published):
                return f"{key}: {wrong}"
        return ""
    if dataset["table"].startswith("scenario.told_"):
        for key, rows in zip(keys, results, strict=True):
            if wrong := told_compared(assets, slug, key, rows, published):
                return f"{key}: {wrong}"
        return ""
    return sums_compared(assets, slug, results[0], published)


def told_compared(assets: Tree, slug: str, key: str, rows: list[dict[str, Any]], published: Published) -> str:
    """What is told of the outlook: at each place of the axis the largest of what is chosen, here all of it."""
    chart = assets.charts[slug]
    dataset, axis = assets.datasets[chart["dataset"]], chart["params"]["x_axis"]
    wanted: dict[Any, dict[str, Any]] = {}
    for row in published.table(dataset["table"]):
        if all(row[column] == value for column, value in chart.get("where", {}).items()):
            told = wanted.setdefault(row[axis], dict.fromkeys(chart["params"][key]))
            for metric in told:
                said = dataset["metrics"][metric]
                column = (said["sql"] if isinstance(said, dict) else said).removeprefix("max(").removesuffix(")")
                told[metric] = max((each for each in (told[metric], row[column]) if each is not None), default=None)
    return differences({row[axis]: {name: row[name] for name in chart["params"][key]} for row in rows}, wanted)


def figures_compared(assets: Tree, slug: str, key: str, rows: list[dict[str, Any]], published: Published) -> str:
    """Rows that are figures: the same rows, and the same values in them."""
    chart = assets.charts[slug]
    where, params = chart["where"], chart["params"]
    shown = params[key]
    dimensions = where["dimension"] if isinstance(where["dimension"], list) else [where["dimension"]]
    types = [where.get("period_type", published.period_type)]
    figures = [row for dimension in dimensions for row in published.of(shown, dimension, types)]
    if chart["dataset"] == "siste_periode":
        latest = max(row["period_start"] for row in figures if row["is_complete"])
        figures = [row for row in figures if row["period_start"] == latest]
    if "years_ago" in where:
        figures = [row for row in figures if published.as_of.year - row["period_start"].year in where["years_ago"]]
    names = catalogue.metrics()
    wanted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in figures:
        name = names[row["metric_id"]].name_no + ("" if row["is_ripe"] else PRELIMINARY)
        told = {
            "period": period_name(row["period_type"], row["period_start"], row["is_complete"]),
            "dimension_value_label": label(row["dimension"], row["dimension_value"]),
            "series": name,
        }
        at = tuple(told[column] for column in told if rows and column in rows[0])
        wanted.setdefault(at, dict.fromkeys(shown))[row["metric_id"]] = row["value"]
    given = {
        tuple(row[column] for column in ("period", "dimension_value_label", "series") if column in row): {
            metric: row[metric] for metric in shown
        }
        for row in rows
    }
    return differences(given, wanted)


def sums_compared(assets: Tree, slug: str, rows: list[dict[str, Any]], published: Published) -> str:
    """Rows that are counted: along each side of the chart they add up to the scorecard's figures."""
    chart = assets.charts[slug]
    params, where = chart["params"], chart.get("where", {})
    (metric,) = params["metrics"]
    metric_id = chart["about"][0] if metric == "rows" else metric
    columns = [params["x_axis"], *params.get("groupby", [])]
    period_type = {"quarter": "quarter", "year_no": "year"}.get(columns[0])
    dimensions = catalogue.metrics()[metric_id].dimensions
    by = [column for column in columns if column.removesuffix("_label") in dimensions]
    if not by:
        return f"nothing to compare by: {columns}"
    for column in by:
        dimension = column.removesuffix("_label")
        if period_type:
            figures = published.of([metric_id], dimension, [period_type])
        elif where.get("years_ago") == 0 or metric == "rows":
            figures = published.today(metric_id, dimension)
        else:
            return "of which period is it?"
        names = {
            row["period_start"]: period_name(row["period_type"], row["period_start"], row["is_complete"])
            for row in figures
        }
        wanted = {
            (*([names[row["period_start"]]] if period_type else []), label(dimension, row["dimension_value"])): row[
                "value"
            ]
            for row in figures
        }
        given: Counter[tuple[Any, ...]] = Counter()
        for row in rows:
            if not period_type or row[columns[0]] >= min(names.values()):
                given[(*([row[columns[0]]] if period_type else []), row[column])] += row[metric] or 0
        # where nothing is counted there is no row to count
        if wrong := differences(
            {at: sum_ for at, sum_ in given.items() if sum_}, {at: v for at, v in wanted.items() if v}
        ):
            return f"by {dimension}: {wrong}"
    return ""


def regions_compared(chart: Mapping[str, Any], rows: list[dict[str, Any]], published: Published) -> str:
    """Statistics Norway's figures, of the municipality and those it is compared with."""
    columns = {
        "region_value": "value", "region_per_1000": "per_1000_inhabitants", "region_change": "change_on_previous_year",
    }  # fmt: skip
    said = chart["where"]["indicator"]
    indicators = [said] if isinstance(said, str) else said
    wanted = {
        (label("indicator", row["indicator"]), row["region_name"], row["year"], metric): row[column]
        for row in published.table("scorecard.benchmark")
        if row["indicator"] in indicators
        for metric, column in columns.items()
        if metric in chart["params"]["metrics"]
    }
    given = {
        (row.get("indicator_label", label("indicator", indicators[0])), row["region_name"], row["year"], metric): row[
            metric
        ]
        for row in rows
        for metric in chart["params"]["metrics"]
    }
    return differences(given, wanted)


def rows_compared(assets: Tree, slug: str, rows: list[dict[str, Any]], published: Published) -> str:
    """A list: the published rows that it says it has, and as many as the figure that it stands for."""
    chart = assets.charts[slug]
    table = assets.datasets[chart["dataset"]]["table"]
    where = dict(chart.get("where", {}))
    if "period_type_label" in assets.columns(chart["dataset"]):
        where["period_type_label"] = label("period_type", published.period_type)
    columns = [column for column in chart["params"]["all_columns"] if column != "page"]
    # what another table has beside it
    beside = assets.datasets[chart["dataset"]].get("beside", {"by": [], "columns": []})
    by, nothing = beside["by"], dict.fromkeys(beside["columns"])
    others = [{name: row[name] for name in (*by, *nothing)} for row in published.table(beside["table"])] if by else []
    ((name,),) = published.ask(
        "select name from marts.dim_municipality where municipality_no = %s and is_present", published.no
    )

    def told(row: Mapping[str, Any], column: str) -> Any:
        if column == "municipality":
            return name
        plain = column.removesuffix("_label")
        if column == plain:
            return written(row[column])
        if isinstance(row[plain], bool):
            return "Ja" if row[plain] else "Nei"
        dimension = row["dimension"] if plain == "dimension_value" else plain
        return label(dimension, row[plain])

    chosen = {column: value if isinstance(value, list) else [value] for column, value in where.items()}
    wanted = [
        row | next((other for other in others if all(row[column] == other[column] for column in by)), nothing)
        for row in published.table(table)
        if all(told(row, column) in map(written, values) for column, values in chosen.items())
    ]
    given = Counter(tuple(row[column] for column in columns) for row in rows)
    if differ := given - Counter(tuple(told(row, column) for column in columns) for row in wanted):
        return f"not published: {dict(differ)}"
    if lost := [row for row in rows if row.get("page") and f"!('{name}')" not in row["page"]]:
        return f"leads to another municipality: {lost[0]}"
    if len(rows) != min(len(wanted), chart["params"].get("row_limit", 1000)):
        return f"{len(rows)} of {len(wanted)} rows"
    if slug in COUNTED:
        metric_id, part, counts = COUNTED[slug]
        (figure,) = published.today(metric_id)
        counted = sum(counts(row) for row in rows)
        return "" if counted == figure[part] else f"{counted} rows, {metric_id} is {figure[part]}"
    return "about a figure, and not compared" if chart.get("about") else ""


def written(value: Any) -> Any:
    """A value as JSON has it from Superset: days in milliseconds."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp() * 1000
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC).timestamp() * 1000
    return float(value) if isinstance(value, Decimal) else value


def differences(given: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> str:
    """The first differences. What is not there is not known, which nothing is not."""

    def differ(ours: Any, theirs: Any) -> bool:
        if isinstance(ours, dict) or isinstance(theirs, dict):
            names = (ours or theirs).keys()
            return any(differ((ours or {}).get(name), (theirs or {}).get(name)) for name in names)
        if ours is None or theirs is None:
            return ours is not theirs
        return bool(ours != pytest.approx(theirs, rel=1e-6))

    found = [
        f"{key}: shown {given.get(key)}, published {wanted.get(key)}"
        for key in given.keys() | wanted.keys()
        if differ(given.get(key), wanted.get(key))
    ]
    return f"{len(found)} differ, as {'; '.join(sorted(found)[:3])}" if found else ""


def test_the_first_table_of_the_meeting_is_novas_seventh(answers: Answers) -> None:
    (rows,) = answers("tabell7", ASKER, "year")
    found = {(row["dimension_value_label"], row["period"]): row for row in rows}
    row = found["Økonomisk og sosialt vanskeligstilte", "2010"]
    assert (row["queue_waiting"], row["queue_allocated"], row["queue_net_change"]) == (27, 25, -6)


def test_a_finding_about_a_category_leads_to_that_category(answers: Answers) -> None:
    (rows,) = answers("viktigst_naa", ASKER, "quarter")
    first, *_ = rows
    assert "utviklingshemmede" in first["sentence_no"]
    assert "!('Omsorgsbolig, utviklingshemmede')" in first["page"] and "col:housing_category_label" in first["page"]
    # what is about all of the municipality chooses none
    assert any("col:housing_category_label" not in row["page"] for row in rows)
