"""A municipality's number over time: what was published under the old one gives way, and a merger marks the series."""

from datetime import date

import pytest

from dagster_project import warehouse
from dagster_project.night import gate
from dagster_project.settings import Settings
from tests.deliveries import write_delivery
from tests.pipeline.conftest import Ask, Build, swap_in

ASKERS = {"0220", "0627", "0628", "3025", "3203"}
# delivers the same, key by key, and is no part of any of it
STRANGER = "0301"

Stage = tuple[list[str], dict[str, list[str]]]
"""The numbers of Asker and its parts that are published, and the stranger's rows by table."""


@pytest.fixture(scope="module")
def published(settings: Settings, tmp_path_factory: pytest.TempPathFactory, build: Build, ask: Ask) -> list[Stage]:
    """Two municipalities, their merger, a new number: what was published after each night.

    The nights are without Dagster, but pass the gate: it compares what is built with what is published.
    """
    landing = tmp_path_factory.mktemp("landing")

    def deliver(day: date, *numbers: str) -> Stage:
        for number in numbers:
            write_delivery(landing, number, day, {"application": [{"mottatt_dato": date(2019, 10, 1)}]})
        build(landing)
        with warehouse.connect(settings) as connection:
            assert [finding.line() for finding in gate.audit(connection, settings) if finding.blocks] == []
        swap_in(settings)
        tables = ask(
            "select format('%I.%I', table_schema, table_name) from information_schema.columns"
            " where table_schema in ('marts', 'scorecard') and column_name = 'municipality_no'"
        )
        seen = (ask(f"select distinct municipality_no from {table}") for (table,) in tables)
        rows = {
            table: sorted(str(row) for row in ask(f"select * from {table} where municipality_no = %s", STRANGER))
            for (table,) in tables
            if table != "scorecard.publication"
        }
        return sorted({number for rows in seen for (number,) in rows} & ASKERS), rows

    return [
        deliver(date(2020, 1, 1), "0220", "0627", STRANGER),
        deliver(date(2020, 2, 1), "3025"),
        deliver(date(2024, 2, 1), "3203"),
    ]


def test_what_was_published_under_an_earlier_number_gives_way(published: list[Stage]) -> None:
    assert [numbers for numbers, _ in published] == [["0220", "0627"], ["3025"], ["3203"]]


def test_what_another_municipality_has_published_stays_row_by_row(published: list[Stage]) -> None:
    first, *later = (rows for _, rows in published)
    assert first["marts.fct_application"] and all(rows == first for rows in later)


def test_every_number_that_led_here_is_listed_under_the_present_one(published: list[Stage], ask: Ask) -> None:
    assert ask(
        "select number, name, is_present, is_merged_in, is_series_break from marts.dim_municipality"
        " where municipality_no = '3203' order by number",
    ) == [
        ("0220", "Asker", False, False, False),
        ("0627", "Røyken", False, True, False),
        ("0628", "Hurum", False, True, False),
        ("3025", "Asker", False, False, True),
        ("3203", "Asker", True, False, False),
    ]


def test_the_merger_breaks_the_series_and_the_new_number_does_not(published: list[Stage], ask: Ask) -> None:
    assert ask(
        "select period_start from marts.dim_period"
        " where municipality_no = '3203' and is_series_break and period_type = 'month'",
    ) == [(date(2020, 1, 1),)]
