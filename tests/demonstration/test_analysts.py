"""The analysts' page, question by question, as the reader on the published demonstration; and the report's figures."""

import re
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row

from dagster_project import warehouse
from dagster_project.night.dbt import manifest, published_tables
from tests.conftest import ASKER

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text("utf-8")
QUESTION = re.compile(r"^### (\d+)\. (.+?)\n\nChapter (\d+(?:\.\d+)*)\.(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)

QUESTIONS = {int(number): text for number, _, _, text in QUESTION.findall(PAGE)}


def place(query: str) -> str:
    """Where a query of the page begins."""
    return f"line {PAGE[: PAGE.index(query)].count(chr(10))}"


@pytest.fixture(scope="module")
def answer(demonstration):
    """The rows of a query, each by column name."""

    def run(query: str) -> list[dict[str, Any]]:
        with (
            warehouse.connect(demonstration.settings, "reader") as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return cursor.execute(query.encode()).fetchall()

    return run


@pytest.fixture(scope="module")
def question(answer):
    """The answer to a question of the page."""
    return lambda number: answer(BLOCK.findall(QUESTIONS[number])[0])


@pytest.fixture(scope="module")
def figure(answer):
    """A metric's figures of 2010 by dimension value."""

    def run(metric_id: str, dimension: str = "total", column: str = "value") -> dict[str, float]:
        rows = answer(
            f"select dimension_value, {column} as value from scorecard.metric_value where municipality_no = '{ASKER}'"
            f" and metric_id = '{metric_id}' and dimension = '{dimension}'"
            " and period_type = 'year' and period_start = '2010-01-01'"
        )
        return {row["dimension_value"]: row["value"] for row in rows}

    return run


def test_there_are_thirty_two_questions_and_each_has_one_query() -> None:
    assert list(QUESTIONS) == list(range(1, 33))
    assert {number: len(BLOCK.findall(text)) for number, text in QUESTIONS.items()} == dict.fromkeys(QUESTIONS, 1)


def test_the_page_names_every_published_table_and_no_other(answer) -> None:
    rows = (line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    tables = answer(
        "select tablename as name from pg_tables where schemaname in ('marts', 'scorecard')"
        " union all select viewname from pg_views where schemaname = 'quality'"
        " or (schemaname = 'scenario' and viewname like 'told\\_%')"
    )
    assert listed == {row["name"] for row in tables}


@pytest.mark.parametrize(
    "query", BLOCK.findall(PAGE), ids=lambda query: f"line {PAGE[: PAGE.index(query)].count(chr(10))}"
)
def test_every_query_of_the_page_runs_and_every_question_has_an_answer(answer, query: str) -> None:
    rows = answer(query)
    assert rows or "scorecard.reported" in query, "the demonstration has closed no period"


def test_the_dispute_adds_up_to_the_scorecard(question, figure) -> None:
    rows = question(1)
    whole = rows.pop()
    parties = ("eiendom", "tildeling", "felles", "ukjent")
    assert (whole["manager"], whole["housing_category"]) == ("alle", "alle")
    assert figure("vacant_days") == {"total": whole["days"]}
    assert figure("vacant_days", "responsible") == {party: whole[f"days_{party}"] for party in parties}
    assert figure("vacancy_loss")["total"] == pytest.approx(float(whole["nok"]), abs=1)
    for party, nok in figure("vacancy_loss", "responsible").items():
        assert nok == pytest.approx(float(whole[f"nok_{party}"]), abs=1), party
    single = [row for row in rows if row["housing_category"] != "alle"]
    for column in ("days", *(f"days_{party}" for party in parties)):
        assert sum(row[column] for row in single) == whole[column]
    assert figure("vacant_days", "manager") == {
        row["manager"]: row["days"] for row in rows if row["housing_category"] == "alle"
    }


def test_the_dispute_of_the_demonstration_is_as_the_page_tells_it(question) -> None:
    whole = question(1)[-1]
    assert (whole["days"], whole["days_eiendom"], whole["days_tildeling"]) == (12132, 6308, 3486)


def test_questions_to_the_marts_agree_with_the_scorecard(question, figure) -> None:
    waiting = {row["housing_category"]: row for row in question(3)}
    assert {category: row["waiting"] for category, row in waiting.items()} == {
        category: value for category, value in figure("queue_waiting", "housing_category").items() if value
    }
    assert (waiting["omsorg_puh"]["waiting"], waiting["omsorg_puh"]["over_five_years"]) == (57, 33)
    assert figure("contracts_over_ten_years") == {"total": question(11)[-1]["over_ten_years"]}
    assert figure("arrears_tenant_share", column="numerator") == {
        "total": sum(row["tenancies_in_arrears"] for row in question(14))
    }
    assert (
        sum(row["settled"] for row in question(18) if row["settled_year"] == 2010)
        == figure("refugees_settled")["total"]
    )


def test_plans_money_and_refugees_are_as_the_page_tells_them(question, figure) -> None:
    moved = {row["measure_id"]: (row["moves"], row["slip_days"]) for row in question(22)}
    assert moved["TI008"] == (2, 365), "moved twice: the sum of the moves"
    turned = [
        (str(row["changed_on"]), row["value_before"], row["value_after"], row["days_open"])
        for row in question(23)
        if row["title"].startswith("Tid fra") and row["changed_field"] == "challenge_status"
    ]
    assert turned == [("2010-05-31", "apen", "lost", 392), ("2010-12-31", "lost", "under_arbeid", None)]
    (of_2010,) = [row for row in question(27) if row["agreement_year"] == 2010]
    assert (of_2010["persons_agreed"], of_2010["settled"], of_2010["settled_by_decision"]) == (60, 46, 36)
    assert figure("refugees_unsettled", "unsettled_reason")["mangler_bolig"] == of_2010["persons_unsettled"] == 14
    assert [row["contracts"] for row in question(29)] == [20, 40, 48]
    plan = (
        figure("measures_in_economic_plan_share", column="numerator"),
        figure("measures_funded_share", column="numerator"),
    )
    assert plan == ({"total": 6}, {"total": 4})
    over = [row["budget_year"] for row in question(25) if row["kostra_function"] == "265" and row["over_percent"] > 2]
    assert figure("budget_overrun_share", "kostra_function", "numerator")["265"] == len(over) == 3


def test_tabell_7_comes_out(question) -> None:
    rates = {(row["housing_category"], row["year"]): row["allocation_rate_percent"] for row in question(2)}
    assert [rates["total", year] for year in (2008, 2009, 2010)] == [59, 67, 52]
    assert [rates["okonomisk_sosialt", year] for year in (2008, 2009, 2010)] == [45, 142, 93]


def test_tabell_3_and_4_come_out_percentages_included(question) -> None:
    found: dict[str, list[float]] = {}
    for row in question(17):
        if row["change_percent"] is not None:
            found.setdefault(row["indicator"], []).append(float(row["change_percent"]))
    assert found == {
        "bostotte_husstander": [31.8, 7.5, 20.7, 12.3, 1.6, 17.1],
        "startlan_boliger": [18.0, 40.7, 44.1, 7.8, 11.8, 33.4],
    }


def test_no_printed_figure_differs_unexplained(answer) -> None:
    rows = answer("select figure, dimension_value, year, printed, computed, verdict from scorecard.reconciliation")
    assert rows
    assert not [row for row in rows if row["verdict"] == "avviker"]


def test_an_answer_is_of_its_municipality_alone(demonstration, question) -> None:
    """The same as where no other municipality is published."""
    beside_another = {number: sorted(question(number), key=str) for number in QUESTIONS}
    tables = [*published_tables(manifest(demonstration.settings)), ("scorecard", "publication")]
    with warehouse.connect(demonstration.settings) as connection:
        for schema, name in tables:
            if name not in ("dim_code", "metric_definition"):
                connection.execute(f"delete from {schema}.{name} where municipality_no <> '{ASKER}'".encode())
        with connection.cursor(row_factory=dict_row) as cursor:
            alone = {
                number: sorted(cursor.execute(BLOCK.findall(text)[0].encode()), key=str)
                for number, text in QUESTIONS.items()
            }
        connection.rollback()
    assert beside_another == alone
