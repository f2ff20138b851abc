"""A developer's own space: dbt builds in it over today's extracts, and its login reaches nothing else."""

from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.night import holding
from dagster_project.operations import developer
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from tests.conftest import Installation

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def settings(three_municipalities: Installation) -> Settings:
    return three_municipalities.settings


@pytest.fixture(scope="module")
def variables(settings: Settings) -> dict[str, str]:
    """What a developer's shell has after `bolig db developer anna`."""
    return developer.prepare(settings, "anna")


@pytest.fixture
def anna(variables: dict[str, str]) -> Any:
    with psycopg.connect(
        host=variables["PGHOST"], user=variables["PGUSER"], dbname=variables["PGDATABASE"], autocommit=True
    ) as connection:
        yield connection


def test_a_developers_own_build_gives_what_the_night_published(settings: Settings, anna: Any) -> None:
    built = anna.execute("select t::text from build_marts_dev_anna.fct_vacancy as t order by 1").fetchall()
    with warehouse.connect(settings, "reader") as connection:
        assert built == connection.execute("select t::text from marts.fct_vacancy as t order by 1").fetchall()
    assert built


def test_what_is_of_health_is_there_to_build_on_without_a_row(settings: Settings, anna: Any) -> None:
    tables = [table.raw_name for table in contracts.tables().values() if table.source == developer.OF_HEALTH]
    models = anna.execute(
        "select relname from pg_class where relnamespace = 'build_marts_dev_anna'::regnamespace"
        " and relname like 'fct_followup%' and relkind = 'r'"
    ).fetchall()
    with warehouse.connect(settings) as connection:
        published = {model for (model,) in models if connection.execute(f"select from marts.{model}".encode()).rowcount}
    assert tables and "fct_followup_case" in published
    for table in tables:
        assert not anna.execute(f"select municipality_no from raw_dev_anna.{table}").rowcount, table
    for model in published:
        # stays and petitions stand in them all, of which nothing is known here but that they are
        only = " where with_followup = 'med'" if model in ("fct_followup_days", "fct_followup_outcome") else ""
        assert not anna.execute(f"select from build_marts_dev_anna.{model}{only}").rowcount, model


@pytest.mark.parametrize(
    "statement",
    [
        "create schema mine",
        "create table public.mine (a int)",
        "insert into raw_dev_anna.scope select * from raw_dev_anna.scope",
        "delete from build_marts.fct_vacancy",
        "create table build_marts.mine (a int)",
        "create table marts.mine (a int)",
        "drop schema raw_dev_anna cascade",
        "select * from raw.scope",
        "select * from history.property__dwelling",
        "select * from landing.delivery",
        "select * from operations.night",
        "select * from marts.fct_vacancy",
        # what reaches no reader reaches no developer
        "select adresse from raw_dev_anna.property__dwelling",
    ],
)
def test_it_writes_nowhere_else_and_reads_nothing_else(anna: Any, statement: str) -> None:
    with pytest.raises((DENIED, psycopg.errors.InvalidSchemaName)):
        anna.execute(statement)


def test_every_column_that_is_published_is_there_to_build_on(anna: Any) -> None:
    for table in contracts.tables().values():
        columns = ", ".join(column.name for column in table.columns if column.published)
        anna.execute(f"select {columns} from raw_dev_anna.{table.raw_name} limit 1")


def test_another_developer_is_a_stranger(settings: Settings, variables: dict[str, str], anna: Any) -> None:
    developer.prepare(settings, "berit")
    with pytest.raises(DENIED):
        anna.execute("select * from build_marts_dev_berit.fct_vacancy")


def test_a_name_that_is_none_is_refused(settings: Settings) -> None:
    for name in ("1", "Anna", "an-na", "a" * 21, ""):
        with pytest.raises(developer.NoDeveloper):
            developer.prepare(settings, name)


def test_who_takes_the_whole_warehouse_ends_it(settings: Settings, variables: dict[str, str], anna: Any) -> None:
    anna.execute("select pg_backend_pid()")
    with holding.lock(settings), warehouse.connect(settings) as connection:
        left = connection.execute("select nspname from pg_namespace where nspname ~ '_dev_'").fetchall()
        with pytest.raises(holding.NightInProgress):
            developer.prepare(settings, "anna")
    assert not left
    with pytest.raises(psycopg.OperationalError):
        anna.execute("select 1")
