"""A municipality's number over time: what was published under the old one gives way, and a merger marks the series."""

from datetime import date
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.settings import Settings
from tests.deliveries import write_delivery

ASKERS = ["0220", "0627", "0628", "3025", "3203"]


@pytest.fixture(scope="module")
def published(settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Run nights on one landing folder; gives the numbers published after each delivery."""
    from dagster_project.defs.launch import run_nightly

    landing = tmp_path_factory.mktemp("landing")

    def deliver(number: str, day: date) -> list[str]:
        write_delivery(landing, number, day, {"application": [{"mottatt_dato": date(2019, 10, 1)}]})
        outcome = run_nightly(settings, landing)
        assert outcome.published, outcome.message
        with warehouse.connect(settings, "reader") as connection:
            tables = connection.execute(
                "select format('%I.%I', table_schema, table_name) from information_schema.columns"
                " where table_schema in ('marts', 'scorecard') and column_name = 'municipality_no'"
            ).fetchall()
            seen = [
                {no for (no,) in connection.execute(f"select distinct municipality_no from {table}")} & set(ASKERS)
                for (table,) in tables
            ]
        return sorted(set().union(*seen))

    return deliver


@pytest.fixture(scope="module")
def renumbered(published) -> list[list[str]]:
    """Two municipalities, their merger, a new number."""
    return [
        published("0220", date(2020, 1, 1)),
        published("0627", date(2020, 1, 1)),
        published("3025", date(2020, 2, 1)),
        published("3203", date(2024, 2, 1)),
    ]


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with warehouse.connect(settings, "reader") as connection:
        return connection.execute(query).fetchall()


def test_what_was_published_under_an_earlier_number_gives_way(renumbered) -> None:
    assert renumbered == [["0220"], ["0220", "0627"], ["3025"], ["3203"]]


def test_every_number_that_led_here_is_listed_under_the_present_one(renumbered, settings: Settings) -> None:
    assert ask(
        settings,
        "select number, name, is_present, is_merged_in, is_series_break from marts.dim_municipality"
        " where municipality_no = '3203' order by number",
    ) == [
        ("0220", "Asker", False, False, False),
        ("0627", "Røyken", False, True, False),
        ("0628", "Hurum", False, True, False),
        ("3025", "Asker", False, False, True),
        ("3203", "Asker", True, False, False),
    ]


def test_the_merger_breaks_the_series_and_the_new_number_does_not(renumbered, settings: Settings) -> None:
    assert ask(
        settings,
        "select period_start from marts.dim_period"
        " where municipality_no = '3203' and is_series_break and period_type = 'month'",
    ) == [(date(2020, 1, 1),)]
