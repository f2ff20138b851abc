"""A warehouse that an earlier version of the code made, taken over by this one."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from dagster_project import warehouse
from dagster_project.landing import books, history
from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import contracts
from dagster_project.warehouse import records
from tests.conftest import Installation
from tests.declared import differences, guards
from tests.deliveries import write_delivery

# the oldest version that an installation may be upgraded from in one step
EARLIER = "891ddfac3613be9a67505f5153cb07b1b472ed15"  # pragma: allowlist secret


# the last version that made its record tables at every start, without migrations
UNNUMBERED = "8cfa32eede49a8f9856408ce2fa9a6dbc6a81fa7"  # pragma: allowlist secret

Earlier = Callable[..., None]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Earlier:
    """Run a command of an earlier version, by its commit, in an installation."""
    folders: dict[str, Path] = {}

    def run(commit: str, installation: Installation, *arguments: str) -> None:
        if commit not in folders:
            found = subprocess.run(
                ["/usr/bin/git", "archive", commit], cwd=PROJECT_DIR, capture_output=True, check=False
            )
            if found.returncode:
                pytest.skip(f"this checkout does not have the commit {commit}")
            folders[commit] = tmp_path_factory.mktemp("earlier")
            with tarfile.open(fileobj=io.BytesIO(found.stdout)) as files:
                files.extractall(folders[commit], filter="data")
        environment = os.environ | {
            "BOLIG_HOME": str(installation.settings.home),
            "PYTHONPATH": str(folders[commit]),
            # it ran with the dbt of its own lock file
            "DBT_VERSION_CHECK": "false",
        }
        program = "import dagster_project, sys; from dagster_project.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=folders[commit],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture(scope="module")
def upgraded(install, earlier: Earlier) -> tuple[Installation, dict[str, Any], subprocess.CompletedProcess[str]]:
    """The earlier version's installation with a closed year, what it held, and this version's first night."""
    installation: Installation = install(is_new=True)
    # something of every table that the earlier version knew, and several people
    known = [name for name, table in contracts.tables().items() if not table.may_be_missing]
    given = {name: [{}] for name in known} | {"tenancy": [{}] * 3}
    write_delivery(installation.settings.landing, "0220", date(2011, 1, 1), given)
    for arguments in (["nightly"], ["close", "--period", "2010", "--by", "Kari"]):
        earlier(EARLIER, installation, *arguments)
    before = held(installation)
    assert before["persons"] == [(3,)]
    assert len(before["deliveries"]) == len(before["closings"]) == 1
    with warehouse.connect(installation.settings) as connection:
        assert connection.execute("select to_regclass('landing.pseudonym_key')").fetchone() == (None,), "made by it"
    return installation, before, installation.bolig("nightly")


def held(installation: Installation) -> dict[str, Any]:
    """What an upgrade must not change."""
    queries = {
        # the columns that there have always been: later ones are empty in what was closed before them
        "reported": """
            select md5(string_agg(line, '' order by line)) from (
                select (
                    municipality_no, period_type, period_start, period_end, revision, metric_id, dimension,
                    dimension_value, value, numerator, denominator, as_of, definition_version
                )::text as line
                from scorecard.reported
            ) as figure
        """,
        "closings": "select municipality_no, period_start, closed_by, load_id from scorecard.closing",
        "persons": "select count(distinct fodselsnummer) from history.property__tenancy",
        "deliveries": "select load_id, municipality_no, extract_date, status from landing.delivery order by 1",
    }
    with warehouse.connect(installation.settings) as connection:
        return {name: connection.execute(query.encode()).fetchall() for name, query in queries.items()}


def test_the_first_night_after_an_upgrade_publishes(upgraded) -> None:
    installation, _, night = upgraded
    assert night.returncode == 0, night.stderr
    assert installation.ask("select municipality_no from scorecard.publication") == [("0220",)]


def test_what_was_reported_loaded_and_who_people_are_is_as_before(upgraded) -> None:
    installation, before, _ = upgraded
    assert held(installation) == before


def test_an_upgrade_revises_nothing_and_marks_nothing_that_was_reported_without_a_mark(upgraded) -> None:
    installation, _, _ = upgraded
    assert installation.ask("select metric_id, reason, explanation_no from scorecard.revision") == []
    assert installation.ask("select distinct is_ripe from scorecard.reported") == [(None,)]
    assert installation.ask("select distinct is_ripe from scorecard.metric_value") == [(False,), (True,)]


def test_the_tables_are_as_the_contracts_have_them_now_and_the_keys_are_known(upgraded) -> None:
    installation, _, _ = upgraded
    with warehouse.connect(installation.settings) as connection:
        assert history.behind(connection) == []
        indexes = connection.execute("select indexdef from pg_indexes where schemaname = 'history'").fetchall()
        assert len(indexes) == len(contracts.tables())
        assert all("text_bloom_ops" in definition for (definition,) in indexes)
    examined = installation.bolig("doctor")
    assert examined.returncode == 0, examined.stdout


def test_the_record_tables_are_those_of_a_new_database_wherever_they_come_from(
    upgraded, install, earlier: Earlier
) -> None:
    oldest, new, unnumbered = upgraded[0], install(is_new=True), install(is_new=True)
    earlier(UNNUMBERED, unnumbered, "db", "prepare")
    for each in (new, unnumbered):
        assert each.bolig("db", "prepare").returncode == 0
    guarded = []
    for each in (new, unnumbered, oldest):
        with warehouse.connect(each.settings) as asked:
            assert records.stored(asked) == records.newest()
            about = asked.execute("select obj_description(to_regnamespace('operations'))").fetchone()
            assert about == ("What became of each nightly run; read by the owner only",), (
                "no version of its own any more"
            )
        engine = sqlalchemy.create_engine(warehouse.sqlalchemy_url(each.settings), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            assert differences(connection) == []
            guarded.append(guards(connection))
    assert guarded[1:] == guarded[:1] * 2
    with warehouse.connect(oldest.settings) as connection:
        assert books.first_numbers(connection) == {"0220": "0220"}


def test_an_upgraded_installation_can_be_backed_up_and_its_keys_rotated(upgraded) -> None:
    installation, before, _ = upgraded
    for command in (["backup"], ["rotate-key", "--by", "Kari"], ["backup"]):
        result = installation.bolig(*command)
        assert result.returncode == 0, result.stderr
    assert held(installation) == before
