"""The record tables: as declared, made once, and at no cost to a start that finds them."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy
from alembic import command
from alembic.script import ScriptDirectory

from dagster_project import warehouse
from dagster_project.night import holding
from dagster_project.settings import Settings
from dagster_project.warehouse import migrations, records, rights
from dagster_project.warehouse.tables import RECORDS
from tests.conftest import Install, Installation
from tests.declared import differences, guards


@pytest.fixture(scope="module")
def made(settings: Settings) -> Settings:
    with holding.opened(settings):
        return settings


@pytest.fixture
def connection(made: Settings) -> Iterator[sqlalchemy.Connection]:
    """A connection whose changes are taken back."""
    engine = sqlalchemy.create_engine(warehouse.sqlalchemy_url(made), poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def test_a_new_database_has_what_is_declared_and_nothing_else(connection: sqlalchemy.Connection) -> None:
    assert differences(connection) == []
    assert len(guards(connection)) == 53
    found = sqlalchemy.inspect(connection).get_table_names("scorecard")
    assert {f"scorecard.{name}" for name in found} <= RECORDS.tables.keys()


@pytest.mark.parametrize(
    "statement",
    [
        "create table operations.other (night_id bigint)",
        "drop table operations.alert",
        "alter table landing.delivery add column other text",
        "alter table operations.audit drop column note",
        "alter table operations.night alter column message set not null",
        "alter table operations.night alter column batch_no type bigint",
        "alter table operations.audit alter column done_at drop default",
        "alter table operations.audit drop constraint audit_done_by_check",
        "alter table landing.delivery drop constraint delivery_status_check,"
        " add constraint delivery_status_check check (status in ('accepted', 'refused'))",
        "alter table scorecard.publication drop constraint publication_pkey",
        "alter table operations.finding drop constraint finding_night_id_fkey",
        "drop index landing.delivery_newest",
        "create index other on scorecard.closing (closed_by)",
        "comment on table scorecard.closing is 'Something else'",
        "comment on column scorecard.closing.note is null",
    ],
)
def test_what_is_otherwise_is_found(connection: sqlalchemy.Connection, statement: str) -> None:
    connection.execute(sqlalchemy.text(statement))
    assert differences(connection)


def test_alembic_sees_nothing_that_would_need_a_migration(made: Settings) -> None:
    command.check(migrations.config(made))


def test_migrations_are_one_line_and_the_last_is_known_without_alembic(made: Settings) -> None:
    script = ScriptDirectory.from_config(migrations.config(made))
    assert script.get_heads() == [records.newest()]
    assert len(script.get_bases()) == 1


HEAVY = {"alembic", "dagster", "great_expectations", "polars", "sqlalchemy"}


def test_a_start_that_finds_the_tables_loads_nothing_that_only_others_need(made: Settings) -> None:
    program = (
        "import sys; from dagster_project.night import holding; from dagster_project.settings import Settings\n"
        f"with holding.opened(Settings()): print(sorted({HEAVY} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_while_a_night_is_under_way_services_may_start_and_an_upgrade_waits(made: Settings) -> None:
    installation = Installation(made)
    with holding.lock(made), warehouse.connect(made, autocommit=True) as connection:
        told = installation.bolig("db", "prepare")
        assert told.returncode == 0 and "is under way" in told.stdout, told.stderr
        connection.execute("update operations.alembic_version set version_num = '0001'")
        refused = installation.bolig("db", "prepare")
        assert refused.returncode == 1 and "Wait for it to end" in refused.stderr
        assert records.stored(connection) == "0001"
        connection.execute("update operations.alembic_version set version_num = %s", [records.newest()])
    told = installation.bolig("db", "prepare")
    assert told.returncode == 0 and "under way" not in told.stdout, told.stderr


def test_two_who_come_first_at_once_both_find_the_tables(install: Install) -> None:
    settings = install(is_new=True).settings
    rights.prepare(settings)

    def prepare(_: int) -> str | None:
        with warehouse.connect(settings, autocommit=True) as connection:
            records.prepare(settings, connection)
            return records.stored(connection)

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(prepare, range(2))) == [records.newest()] * 2


def test_who_comes_while_the_first_night_makes_the_tables_is_told_so(install: Install) -> None:
    settings = install(is_new=True).settings
    with (
        holding.lock(settings),
        pytest.raises(holding.NightInProgress, match=r"held by bolig_owner .*Wait for it to end"),
        holding.lock(settings),
    ):
        pass


def test_tables_of_a_later_version_are_left_as_they_are(made: Settings) -> None:
    with warehouse.connect(made) as connection:
        connection.execute("update operations.alembic_version set version_num = '9999'")
        with pytest.raises(warehouse.WarehouseError, match=r"migration 9999.*Nothing was changed"):
            records.prepare(made, connection)
        connection.rollback()


@pytest.mark.parametrize("role", ["reader", "sqllab", "dashboards"])
def test_who_reads_does_not_see_alembics_table(made: Settings, role: warehouse.Reader) -> None:
    with warehouse.connect(made, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from operations.alembic_version")
