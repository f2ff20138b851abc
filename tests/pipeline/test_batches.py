"""A night that is dealt to batches, or built on another server: the rows are those of one run in the warehouse."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from dagster_project import warehouse
from dagster_project.defs import night
from dagster_project.landing import history
from dagster_project.night import batches, holding, publication, record
from dagster_project.operations import alerts
from dagster_project.settings import EMBEDDED, Settings
from dagster_project.warehouse import building
from tests.conftest import BOLIG, Install, Installation
from tests.deliveries import path_of, write_delivery

NEW_YEAR = date(2011, 1, 1)
NUMBERS = ("0301", "1103", "1804", "4601", "5001")
TWO_WORKERS = {"BOLIG_BATCH": "3", "BOLIG_WORKERS": "2"}
BESIDE = ("BOLIG_BUILD_SERVER", EMBEDDED)
# by one key: pseudonyms are compared too
KEY = ("BOLIG_PSEUDONYM_KEY", "0123456789abcdef0123456789abcdef")  # pragma: allowlist secret


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five municipalities with as many households in the queue as their place in the list says."""
    folder = tmp_path_factory.mktemp("landing")
    for place, number in enumerate(NUMBERS, 1):
        measures = {"measure": [{}]} if number == "5001" else {}
        write_delivery(folder, number, NEW_YEAR, _queue(place) | measures)
    return folder


def _queue(households: int, **first: str) -> dict[str, list[dict[str, str]]]:
    """So many applications and places in the queue, the first of them otherwise than the others."""
    queue = [{"soknad_id": f"S{n}"} for n in range(1, households + 1)]
    return {"application": [first, *({} for _ in queue[1:])], "waitlist_entry": queue}


@pytest.fixture(scope="module")
def one_run(install: Install, landing: Path) -> Iterator[Installation]:
    """What one run publishes of them, built on a server beside the warehouse, which has nothing of them before."""
    installation = install()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*KEY)
        patch.setenv(*BESIDE)
        installation.nightly(landing)
    yield installation
    building.stop(_beside(installation))


def _beside(installation: Installation) -> Settings:
    """The installation's settings, with its build server."""
    return installation.settings.model_copy(update={"build_server": EMBEDDED})


@pytest.fixture(scope="module")
def dealt(install: Install, landing: Path) -> tuple[Installation, int, str]:
    """The same with two workers at once, a delivery that is refused, and a worker that is killed at work."""
    installation = install()
    broken = path_of(landing / "0301" / NEW_YEAR.isoformat(), "dwelling")
    kept = broken.read_bytes()
    broken.unlink()
    night = subprocess.Popen(
        [BOLIG, "nightly", "--landing", landing],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | TWO_WORKERS | dict([KEY]) | {"BOLIG_HOME": str(installation.settings.home)},
    )
    assert night.stderr
    said, at_work = "", set()
    for line in night.stderr:
        said += line
        if found := re.search(r"Batch (\d): dbt: building", line):
            at_work.add(found[1])
            if len(at_work) == 2:
                _worker_without(night, installation.settings, "0301").kill()
    broken.write_bytes(kept)
    return installation, night.wait(), said


def _worker_without(night: "subprocess.Popen[str]", settings: Settings, number: str) -> psutil.Process:
    """The worker at a batch that this municipality is not in: each writes what dbt says into the batch's own log."""
    (batch,) = _nights(settings, f"part_of is not null and not municipality_nos @> '{{{number}}}'")
    for worker in psutil.Process(night.pid).children():
        if any(Path(file.path).name == f"nightly-{batch['batch_no']}.log" for file in worker.open_files()):
            return worker
    raise AssertionError("nobody is at work at it")


def _nights(settings: Settings, condition: str) -> list[dict[str, Any]]:
    with warehouse.connect(settings) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from operations.night where {condition} order by night_id".encode()).fetchall()


def _last_night(installation: Installation) -> dict[str, Any]:
    return _nights(installation.settings, "part_of is null")[-1]


def _published(installation: Installation) -> dict[str, list[str]]:
    """Every row of every table that models build, as text."""
    with warehouse.connect(installation.settings) as connection:
        found = _rows(connection, list(warehouse.PUBLISHED_SCHEMAS))
    return {name: rows for name, rows in found.items() if name.partition(".")[2] not in publication.NOT_BUILT}


def test_a_night_without_dbt_and_dagster_publishes_the_same(
    one_run: Installation, install: Install, landing: Path
) -> None:
    """So that tests may publish by it, and the bench measures a night against it (bench/limit.py)."""
    without = install()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*KEY)
        without.night(landing)
    assert _published(without) == _published(one_run)
    assert _kept(without) == _kept(one_run)
    assert _shapes(without) == _shapes(one_run)


def test_two_workers_are_at_work_at_the_same_time_in_spaces_of_their_own(dealt) -> None:
    installation, _, _ = dealt
    one, other = _nights(installation.settings, "part_of = (select min(part_of) from operations.night)")
    assert {one["space"], other["space"]} == {0, 1}
    assert one["started_at"] < other["finished_at"]
    assert other["started_at"] < one["finished_at"]
    assert sorted(one["municipality_nos"] + other["municipality_nos"]) == sorted(NUMBERS)


def test_what_is_refused_or_killed_leaves_the_others_published_and_the_command_ends_with_1(dealt) -> None:
    installation, status, said = dealt
    assert status == 1
    (killed,) = _nights(installation.settings, "outcome = 'not_published' and part_of is not null")
    (good,) = _nights(installation.settings, "outcome = 'published' and part_of is not null")
    assert "A worker ended with -9" in said
    assert f"({', '.join(killed['municipality_nos'])}): The run was killed" in said
    with warehouse.connect(installation.settings) as connection:
        found = connection.execute("select municipality_no from scorecard.publication order by 1").fetchall()
        assert [number for (number,) in found] == [number for number in good["municipality_nos"] if number != "0301"]
        (whole,) = _nights(installation.settings, "part_of is null")
        assert whole["outcome"] == "published"
        assert whole["message"].startswith(f"Published {len(found)} of 5 municipalities in 2 batches.")
        (row,) = record.last_nights(connection)
        assert "2 batches (1 not published)" in row["deliveries"]
        told = {alert.key: alert.text for alert in alerts.due(connection, whole["finished_at"])}
    assert ", ".join(killed["municipality_nos"]) in told[f"run:{killed['run_id']}"]


def test_the_next_night_completes_it_and_all_is_as_one_run_publishes_it(
    dealt, one_run: Installation, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, _, _ = dealt
    monkeypatch.setenv(*KEY)
    installation.nightly(landing)
    expected, found = _published(one_run), _published(installation)
    assert expected.keys() == found.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert any(number in row for number in NUMBERS for row in expected["scorecard.metric_value"])
    assert _shapes(installation) == _shapes(one_run)


def test_a_second_night_built_beside_the_warehouse_publishes_the_same_and_leaves_nothing_there(
    dealt, one_run: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One municipality has a row more, another one less, another one and measures that stand as they were."""
    settings = one_run.settings
    write_delivery(tmp_path, "1804", date(2011, 1, 2), _queue(4))
    write_delivery(tmp_path, "5001", date(2011, 1, 2), _queue(4, boligkategori="omsorg_puh"))
    monkeypatch.setenv(*KEY)
    dealt[0].nightly(tmp_path)
    monkeypatch.setenv(*BESIDE)
    one_run.nightly(tmp_path)
    expected, found = _published(dealt[0]), _published(one_run)
    assert {name: rows for name, rows in found.items() if rows != expected[name]} == {}
    assert _kept(one_run) == _kept(dealt[0])
    space = building.beside(_beside(one_run), warehouse.PLAIN)
    with warehouse.connect(settings) as connection, building.connected(space, connection) as build:
        assert build is not connection
        assert not build.execute("select from pg_tables where schemaname !~ '^(pg_|information_)'").rowcount
        assert not any(rows for name, rows in _rows(connection, ["raw", "intermediate"]).items()), "in the warehouse"


def _rows(connection: psycopg.Connection[Any], schemas: list[str]) -> dict[str, list[str]]:
    names = connection.execute(
        "select schemaname || '.' || tablename from pg_tables where schemaname = any(%s)", [schemas]
    ).fetchall()
    return {
        name: sorted(row for (row,) in connection.execute(f"select t::text from {name} as t".encode()))
        for (name,) in names
    }


def _kept(installation: Installation) -> dict[str, list[str]]:
    """Every row of history, and whether it stands, as text; the numbers of loads are an installation's own."""
    with warehouse.connect(installation.settings) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'history'").fetchall()
        query = "select jsonb_set(to_jsonb(t), '{{loads}}', to_jsonb(upper_inf(loads)))::text from history.{} as t"
        return {name: sorted(row for (row,) in connection.execute(query.format(name).encode())) for (name,) in names}


def _shapes(installation: Installation) -> list[tuple[Any, ...]]:
    """Every column of what is published: its type, whether it may be empty, what is said of it, and the keys."""
    with warehouse.connect(installation.settings) as connection:
        return connection.execute(
            """
            select attrelid::regclass::text, attnum, attname, format_type(atttypid, atttypmod), attnotnull,
                col_description(attrelid, attnum), obj_description(attrelid, 'pg_class'), relpersistence, (
                    select array_agg(pg_get_constraintdef(oid) order by pg_get_constraintdef(oid))
                    from pg_constraint where conrelid = attrelid
                )
            from pg_attribute inner join pg_class on attrelid = pg_class.oid
            where relkind = 'r' and attnum > 0 and not attisdropped
            and relnamespace::regnamespace::text = any(%s) order by 1, 2
            """,
            [list(warehouse.PUBLISHED_SCHEMAS)],
        ).fetchall()


def test_whoever_takes_the_whole_warehouse_waits_for_no_batch_and_leaves_no_space_behind(dealt) -> None:
    settings = dealt[0].settings
    batch = record.Batch(0, 1, ("0301",))
    with holding.lock_batch(settings, batch) as space:
        assert space == warehouse.PLAIN
        with pytest.raises(holding.NightInProgress), holding.lock(settings):
            pass
        with warehouse.connect(settings, space=warehouse.BuildSpace(1)) as connection:
            history.prepare(connection)
    with holding.lock(settings), holding.opened(settings) as connection:
        found = connection.execute("select from pg_namespace where nspname ~ %s", [warehouse.OTHER_SPACES])
        assert not found.rowcount


def test_what_a_killed_worker_left_on_a_build_server_goes_with_the_next_and_nobody_elses(
    one_run: Installation,
) -> None:
    settings = _beside(one_run)
    first, second = (building.beside(settings, warehouse.BuildSpace(number)) for number in (1, 2))

    def left() -> list[str]:
        with warehouse.connect(settings) as connection, building.connected(first, connection) as build:
            found = build.execute("select nspname from pg_namespace where nspname ~ '^(raw|build|public)' order by 1")
            return [name for (name,) in found]

    def leave(space: warehouse.BuildSpace) -> None:
        with warehouse.connect(settings) as connection, building.connected(space, connection) as build:
            build.execute(f"create schema {space.raw}; create schema {space.built('marts')}".encode())

    leave(first)
    leave(second)
    with building.held(settings, first):
        assert left() == ["build_marts_2", "public", "raw_2"]
        leave(first)
    assert left() == ["build_marts_2", "public", "raw_2"]
    with holding.lock(settings):
        assert left() == ["public"]


def test_a_build_server_that_sorts_otherwise_is_refused_and_one_that_is_away_is_named(one_run: Installation) -> None:
    url = building.beside(_beside(one_run), warehouse.PLAIN).server
    with psycopg.connect(url.replace("bolig_owner@", "postgres@"), autocommit=True) as superuser:
        superuser.execute("create database other owner bolig_owner template template0 locale_provider libc locale 'C'")
    refused = {"/other?": "sorts texts otherwise", "/nobody?": "Check BOLIG_BUILD_SERVER"}
    for place, words in refused.items():
        settings = one_run.settings.model_copy(update={"build_server": url.replace("/bolig?", place)})
        space = building.beside(settings, warehouse.PLAIN)
        with pytest.raises(warehouse.WarehouseError, match=words), building.held(settings, space):
            pass


def test_every_unique_key_of_a_municipalitys_rows_holds_the_municipality(dealt) -> None:
    with warehouse.connect(dealt[0].settings) as connection:
        found = connection.execute("""
            with municipal as (
                select attrelid, attnum from pg_attribute
                inner join pg_class on attrelid = pg_class.oid
                where attname = 'municipality_no' and relkind = 'r' and relnamespace::regnamespace::text = any(array[
                    'raw', 'history', 'intermediate', 'build_marts', 'build_scorecard', 'marts', 'scorecard'
                ])
            )
            select indexrelid::regclass::text from pg_index inner join municipal on indrelid = attrelid
            where indisunique and not attnum = any(indkey)
        """).fetchall()
        without = connection.execute("""
            select relnamespace::regnamespace || '.' || relname from pg_class
            where relkind = 'r' and relnamespace::regnamespace::text in ('raw', 'history') and not exists (
                select from pg_attribute where attrelid = pg_class.oid and attname = 'municipality_no'
            )
        """).fetchall()
    assert found == without == []


@dataclass
class Daemon:
    """What Dagster's daemon makes of the schedule and the sensor, and the runs that it has."""

    instance: dg.DagsterInstance

    def requested_by_schedule(self) -> list[dg.RunRequest]:
        return list(night.nightly_schedule.evaluate_tick(dg.build_schedule_context(self.instance)).run_requests)

    def requested_by_sensor(self) -> list[dg.RunRequest]:
        return list(night.end_of_batches.evaluate_tick(dg.build_sensor_context(self.instance)).run_requests)

    def add(self, job: str, request: dg.RunRequest, status: dg.DagsterRunStatus) -> str:
        return self.instance.add_run(dg.DagsterRun(job_name=job, tags=request.tags, status=status)).run_id


@pytest.fixture
def daemon(one_run: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """For an installation to which two batches are delivered."""
    for number in NUMBERS:
        write_delivery(tmp_path, number, date(2011, 1, 2))
    for name, value in (TWO_WORKERS | {"BOLIG_HOME": one_run.settings.home, "BOLIG_LANDING": tmp_path}).items():
        monkeypatch.setenv(name, str(value))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(instance)
    # of a test that fails: no night for the next one's sensor
    with warehouse.connect(one_run.settings) as connection:
        for night_id, *_ in holding.unsettled(connection):
            record.settle(connection, night_id)


def test_dagsters_schedule_deals_the_night_to_its_queue_and_a_sensor_ends_it(
    one_run: Installation, daemon: Daemon
) -> None:
    requests = daemon.requested_by_schedule()
    assert [sorted(request.tags)[:2] for request in requests] == [[record.BATCH_TAG, record.NIGHT_TAG]] * 2
    assert len({request.run_key for request in requests}) == 2
    for request in requests:
        assert not daemon.requested_by_sensor(), "a batch has not been run"
        daemon.add("nightly", request, dg.DagsterRunStatus.FAILURE)
    with holding.lock_for_batches(one_run.settings):
        assert not daemon.requested_by_sensor(), "a command at the terminal ends its night itself"
        assert not daemon.requested_by_schedule()
    # the daemon may be killed before it has launched what was asked for: it is asked for again, by the same key
    (after,), (again,) = daemon.requested_by_sensor(), daemon.requested_by_sensor()
    assert after.run_key == again.run_key
    assert not _last_night(one_run)["finished_at"]
    daemon.add("after_batches", after, dg.DagsterRunStatus.STARTED)
    assert not daemon.requested_by_sensor()
    ended = _last_night(one_run)
    assert ended["outcome"] == "not_published"
    assert "Batch 2 (" in ended["message"]


def test_a_batch_whose_process_is_gone_holds_nobody_up(one_run: Installation, daemon: Daemon) -> None:
    settings = Settings()  # of two workers
    runs = [daemon.add("nightly", each, dg.DagsterRunStatus.STARTED) for each in daemon.requested_by_schedule()]
    part_of = _last_night(one_run)["night_id"]
    with warehouse.connect(settings, autocommit=True) as connection, ExitStack() as at_work:
        for number, run_id in enumerate(runs, 1):
            batch = record.planned(connection, part_of, number)
            space = at_work.enter_context(holding.lock_batch(settings, batch))
            record.begin_batch(connection, run_id, batch, space)
        record.finish(connection, runs[1], "published", "")
        daemon.requested_by_sensor()
        assert _statuses(daemon, runs) == ["STARTED", "STARTED"], "both are at work"
        at_work.close()
        assert not daemon.requested_by_sensor()
        assert _statuses(daemon, runs) == ["FAILURE", "STARTED"], "one has just ended, and Dagster is to hear of it"
        connection.execute(
            "update operations.night set finished_at = now() - interval '1 hour' where run_id = %s", [runs[1]]
        )
        assert daemon.requested_by_sensor()
        assert _statuses(daemon, runs) == ["FAILURE", "FAILURE"]


def _statuses(daemon: Daemon, run_ids: list[str]) -> list[str]:
    found = [daemon.instance.get_run_by_id(run_id) for run_id in run_ids]
    return [run.status.value for run in found if run]


def test_a_night_whose_runs_were_never_made_ends_after_a_day(one_run: Installation, daemon: Daemon) -> None:
    daemon.requested_by_schedule()
    assert not daemon.requested_by_sensor()
    with warehouse.connect(one_run.settings) as connection:
        connection.execute(
            "update operations.night set started_at = now() - interval '25 hours' where night_id = %s",
            [_last_night(one_run)["night_id"]],
        )
    assert daemon.requested_by_sensor()


def test_a_run_that_fails_after_it_has_published_is_no_success(
    one_run: Installation, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worker(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        with warehouse.connect(one_run.settings) as connection:
            while batch := record.take(connection, part_of):
                run_id = f"{part_of}, {batch.number}"
                record.begin_batch(connection, run_id, batch, warehouse.PLAIN)
                record.finish(connection, run_id, "published", "")
        return subprocess.CompletedProcess([], status)

    monkeypatch.setattr(batches.subprocess, "run", worker)
    for status in (0, 1):
        with batches.dealt(Settings()) as dealt:
            part_of = dealt[0].part_of
            assert batches.run(Settings(), dealt).is_complete == (status == 0)


def test_a_night_does_not_end_while_somebody_on_another_machine_is_at_work_on_it(
    one_run: Installation, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(connection: "psycopg.Connection[Any]", batch: record.Batch) -> None:
        run_id = f"elsewhere, {part_of}, {batch.number}"
        record.begin_batch(connection, run_id, batch, warehouse.PLAIN)
        record.finish(connection, run_id, "published", "")

    def worker(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        with warehouse.connect(one_run.settings) as connection:
            while batch := record.take(connection, part_of):
                publish(connection, batch)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(batches.subprocess, "run", worker)
    with (
        batches.dealt(Settings()) as dealt,
        warehouse.connect(one_run.settings, autocommit=True) as elsewhere,
        ThreadPoolExecutor(1) as pool,
    ):
        part_of = dealt[0].part_of
        holding.be_at_work(elsewhere, part_of)
        # slow to begin: nothing but its session says that somebody has it
        taken = record.take(elsewhere, part_of)
        assert taken
        ended = pool.submit(batches.run, Settings(), dealt)
        while not record.is_all_taken(elsewhere, part_of):
            time.sleep(0.05)
        with pytest.raises(TimeoutError):
            ended.result(timeout=1)
        publish(elsewhere, taken)
        elsewhere.close()
        assert ended.result(timeout=60).is_complete


def test_a_night_that_one_run_can_do_is_not_dealt(landing: Path) -> None:
    with batches.dealt(Settings(), landing) as found:
        assert found == []
