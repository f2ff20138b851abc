"""Who holds the warehouse: a night, the batches of one, or a command that holds it like one.

Belongs here: the locks that keep runs apart, and opening the warehouse under one.
Does not belong here: what is done while it is held.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import BoligError, warehouse
from dagster_project.landing import history
from dagster_project.night import record
from dagster_project.outlook import told
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from dagster_project.warehouse import border, building, locks, quality, records, rights

if TYPE_CHECKING:
    from psycopg import Connection


# what nights hold: the warehouse, the dealing of a night to batches, a night by its number while somebody is at work on
# its batches, a municipality by its lineage, a build space by its number, and the published tables' swap
NIGHT, BATCHES, MUNICIPALITY, SPACE = "bolig.night", "bolig.batches", "bolig.municipality", "bolig.space"
WORK, PUBLISH = "bolig.work", "bolig.publish"
# that a batch waits for another: longer than one takes of the country in one batch
LONGEST_BATCH = 6 * 3600.0


class NightInProgress(BoligError):
    """Another night is running; the message says so plainly."""


@contextmanager
def lock(settings: Settings) -> Iterator[warehouse.BuildSpace]:
    """Hold the warehouse for one night, which builds in the plain space. Raises NightInProgress where another holds it.

    The lock falls with the process however that ends. What a killed night left running in the database (dbt is a
    process of its own) is ended first, lest it builds into this one; and the build spaces of batches go, for what they
    hold is made anew, and whoever erases or rotates need not look there.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        if not locks.is_taken(connection, NIGHT):
            raise _in_progress(connection, NIGHT)
        _end_dbt(connection, "^dbt(_[0-9]+)?$")
        for session in rights.end_overdue(connection, settings):
            record.progress.warning("A reader's session that lasted too long is ended: %s.", session)
        _end_developers(connection)
        spaces = connection.execute("select nspname from pg_namespace where nspname ~ %s", [warehouse.OTHER_SPACES])
        for (schema,) in spaces.fetchall():
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        building.empty(settings)
        try:
            yield warehouse.PLAIN
        finally:
            locks.let_go(connection)


def keep_out(connection: "Connection[Any]") -> None:
    """Let nobody take the whole warehouse while this session lasts; batches go on. Raises NightInProgress."""
    if not locks.is_taken(connection, NIGHT, shared=True):
        raise _in_progress(connection, NIGHT)


def is_held(connection: "Connection[Any]") -> bool:
    """Whether somebody holds the warehouse: a night, its batches, or a command that holds it like one."""
    return locks.is_held(connection, NIGHT)


@contextmanager
def lock_for_batches(settings: Settings) -> Iterator[None]:
    """Hold the warehouse for one night of batches; they hold it with this. Raises NightInProgress."""
    with warehouse.connect(settings, autocommit=True) as connection:
        if not locks.is_taken(connection, NIGHT, shared=True):
            raise _in_progress(connection, NIGHT)
        if not locks.is_taken(connection, BATCHES):
            raise _in_progress(connection, BATCHES)
        yield


@contextmanager
def lock_batch(settings: Settings, batch: record.Batch) -> Iterator[warehouse.BuildSpace]:
    """Hold a batch's municipalities and a build space; waits for whoever has them. Raises LockHeld.

    A municipality is held by all its numbers at once, from the door to its publication: loads of one follow each other.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        locks.take(connection, NIGHT, shared=True, seconds=LONGEST_BATCH)
        # all batches in the same order, and the space last: none waits for one that waits for it
        for lineage in sorted({municipalities.lineage(number) for number in batch.municipality_nos}):
            locks.take(connection, MUNICIPALITY, int(lineage), seconds=LONGEST_BATCH)
        space = _free_space(connection, settings.workers)
        _end_dbt(connection, f"^dbt{space.suffix}$")
        yield space


def be_at_work(connection: "Connection[Any]", part_of: int) -> None:
    """Take part in a night of batches while this session lasts, so that it does not end meanwhile. Raises LockHeld."""
    locks.take(connection, WORK, part_of, shared=True)


def wait_for_workers(connection: "Connection[Any]", part_of: int) -> None:
    """Wait until nobody is at work on a night's batches, on this machine or another; who is killed is not.

    Raises LockHeld.
    """
    locks.take(connection, WORK, part_of, seconds=LONGEST_BATCH)


def _free_space(connection: "Connection[Any]", spaces: int) -> warehouse.BuildSpace:
    give_up = time.monotonic() + LONGEST_BATCH
    while time.monotonic() < give_up:
        for number in range(spaces):
            if locks.is_taken(connection, SPACE, number):
                return warehouse.BuildSpace(number)
        time.sleep(1)
    raise locks.LockHeld(
        f"Each of the {spaces} build spaces has been held for {LONGEST_BATCH / 3600:.0f} hours, the first by"
        f" {locks.holder(connection, SPACE, 0)}. End what hangs; the next night takes up this batch."
    )


def _end_dbt(connection: "Connection[Any]", application_name: str) -> None:
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name ~ %s and datname = current_database() and usename = current_user",
        [application_name],
    )


def _end_developers(connection: "Connection[Any]") -> None:
    """End what developers do in their spaces, which go: to drop them would wait for it."""
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and usename ~ '_dev_[a-z0-9]+$' and pg_has_role(usename, 'usage')"
    )


def _in_progress(connection: "Connection[Any]", lock: str) -> NightInProgress:
    started = None
    # the first night of all may still be making the tables
    if records.stored(connection):
        started = connection.execute(
            "select started_at::timestamp(0) from operations.night where finished_at is null and part_of is null"
            " order by night_id desc limit 1"
        ).fetchone()
    held = (
        f"Another nightly run has been under way since {started[0]}."
        if started
        else "Another nightly run, or a command that holds the warehouse like one (a backup, a closing), is on."
    )
    holder = locks.holder(connection, lock)
    return NightInProgress(
        f"{held}{f' The warehouse is held by {holder}.' if holder else ''} This one did nothing; the published figures"
        " stay as they are. Wait for it to end (`bolig status` shows it) and start again."
    )


def killed(connection: "Connection[Any]", run_ids: Sequence[str]) -> set[str]:
    """Which of these runs, batches that Dagster takes for started, are not at work: nobody holds their municipalities.

    A run that ends lets go of them a moment before Dagster knows.
    """
    begun = connection.execute(
        "select run_id, municipality_nos from operations.night where run_id = any(%s) and part_of is not null"
        " and coalesce(finished_at, '-infinity') < now() - interval '10 minutes'",
        [list(run_ids)],
    ).fetchall()
    return {
        run_id
        for run_id, numbers in begun
        if not locks.is_held(connection, MUNICIPALITY, int(municipalities.lineage(numbers[0])))
    }


def unsettled(connection: "Connection[Any]") -> list[tuple[int, int, bool]]:
    """The nights of batches that have not ended, each with the number of its batches, and whether a day has passed.

    None while `lock_for_batches` is held: who holds it is dealing a night, or ends it.
    """
    if locks.is_held(connection, BATCHES):
        return []
    return connection.execute(
        "select night.night_id, count(*), night.started_at < now() - interval '1 day'"
        " from operations.night inner join operations.night as batch on batch.part_of = night.night_id"
        " where night.finished_at is null"
        " group by night.night_id order by 1"
    ).fetchall()


@contextmanager
def opened(settings: Settings, space: warehouse.BuildSpace = warehouse.PLAIN) -> Iterator["Connection[Any]"]:
    """A connection to the warehouse, with every login, right, record table and view as this version has it.

    Whoever writes enters a lock first: `with lock(settings), opened(settings) as connection`. The connection commits
    by itself. Raises WarehouseError, and LockHeld where another brings the warehouse to its version and does not end.
    """
    rights.prepare(settings)
    with warehouse.connect(settings, space=space, autocommit=True) as connection:
        records.prepare(settings, connection)
        history.prepare(connection)
        quality.prepare(connection)
        told.prepare(connection)
        border.prepare(connection)
        yield connection
