"""A municipality's number over time: what was published under the old one gives way, and a merger marks the series."""

from datetime import date

import pytest

from dagster_project import gate, warehouse
from dagster_project.settings import Settings
from tests.deliveries import write_delivery
from tests.pipeline.conftest import Ask, Build, swap_in

ASKERS = {"0220", "0627", "0628", "3025", "3203"}


@pytest.fixture(scope="module")
def published(settings: Settings, tmp_path_factory: pytest.TempPathFactory, build: Build, ask: Ask) -> list[list[str]]:
    """Two municipalities, their merger, a new number: the numbers that were published after each night.

    The nights are without Dagster, but pass the gate: it compares what is built with what is published.
    """
    landing = tmp_path_factory.mktemp("landing")

    def deliver(day: date, *numbers: str) -> list[str]:
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
        return sorted({number for rows in seen for (number,) in rows} & ASKERS)

    return [
        deliver(date(2020, 1, 1), "0220", "0627"),
        deliver(date(2020, 2, 1), "3025"),
        deliver(date(2024, 2, 1), "3203"),
    ]


def test_what_was_published_under_an_earlier_number_gives_way(published: list[list[str]]) -> None:
    assert published == [["0220", "0627"], ["3025"], ["3203"]]


def test_every_number_that_led_here_is_listed_under_the_present_one(published: list[list[str]], ask: Ask) -> None:
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


def test_the_merger_breaks_the_series_and_the_new_number_does_not(published: list[list[str]], ask: Ask) -> None:
    assert ask(
        "select period_start from marts.dim_period"
        " where municipality_no = '3203' and is_series_break and period_type = 'month'",
    ) == [(date(2020, 1, 1),)]
