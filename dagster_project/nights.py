"""One night: its lock, its record, and the publication of what it built.

Belongs here: that no two nights run at once, what became of each, and the swap of published rows.
Does not belong here: loading (the landing room), building (dbt), judging (expectations), and the dealing of a large
night's deliveries to batches (batches.py).

A night is one run, which holds the whole warehouse; or it is dealt to batches, each a run of its own in a build space
of its own. Batches hold the warehouse together, and each its municipalities alone.

Publishing replaces a municipality's rows in the published tables by those that were built, in one transaction:
a reader sees all of the old night or all of the new one, in every table, and is never made to wait. The tables
themselves stay, so that rights, views and open readers do too. (Renaming schemas was tried first: queries of two
tables could see one of each side, and a reader that had begun before saw nothing; see docs/decisions.md.)
"""

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import errors, sql
from psycopg.rows import dict_row

from dagster_project import BoligError, locks, revision, warehouse
from dagster_project.landing import delivery, load, people
from dagster_project.report import kept
from dagster_project.settings import PROJECT_DIR, Settings
from expectations import runner

if TYPE_CHECKING:
    from psycopg import Connection

# What a person at the command line follows the night by; Dagster's own log holds the same and more.
progress = logging.getLogger("bolig.night")

# a published table is analyzed where at least one of so many of its rows is new, as PostgreSQL does by itself
LEARNT_ANEW = 10

_OPERATIONS = """
create schema if not exists operations;

create table if not exists operations.night (
    night_id bigint generated always as identity primary key,
    run_id text not null unique,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text check (outcome in ('published', 'unchanged', 'not_published')),
    message text
);
alter table operations.night
    add column if not exists part_of bigint references operations.night,
    add column if not exists batch_no integer,
    add column if not exists municipality_nos text[],
    add column if not exists is_taken boolean,
    add column if not exists space integer;
comment on table operations.night is
    'One row per nightly run; a run without finished_at is under way, or was killed. A night that is dealt to batches'
    ' has a row of its own besides those of its batches.';
comment on column operations.night.run_id is
    'Dagster''s run; of a night of batches, and of a batch that has not begun, a name of its own';
comment on column operations.night.part_of is 'The night that this is a batch of; empty where it is none';
comment on column operations.night.batch_no is '1, 2, ... within part_of';
comment on column operations.night.municipality_nos is 'What it was dealt; empty where the run takes all there is';
comment on column operations.night.is_taken is
    'Of a batch of a night at the command line: whether a worker has taken it up';
comment on column operations.night.space is 'The build space of a batch; empty until it begins';

create table if not exists operations.night_delivery (
    night_id bigint not null references operations.night,
    municipality_no text not null,
    extract_date date not null,
    load_id bigint,
    door text not null,
    report text not null,
    is_withheld boolean not null default false,
    findings text[] not null default '{}',
    primary key (night_id, municipality_no)
);
alter table operations.night_delivery add column if not exists findings text[] not null default '{}';
comment on column operations.night_delivery.findings is 'What the publish gate found not to hold of it, a line each';
create index if not exists night_delivery_of on operations.night_delivery (municipality_no, night_id);
comment on table operations.night_delivery is
    'What the door said of a delivery. One row per night and municipality.';

create table if not exists operations.finding (
    night_id bigint not null references operations.night,
    expectation_id text not null,
    severity text not null,
    success boolean not null,
    report text not null,
    claim_no text,
    found bigint,
    primary key (night_id, expectation_id)
);
alter table operations.finding add column if not exists claim_no text, add column if not exists found bigint;
comment on table operations.finding is
    'What the publish gate found. One row per night and expectation.';

create table if not exists scorecard.publication (
    municipality_no text primary key,
    as_of date not null,
    extract_date date not null,
    load_id bigint not null,
    night_id bigint not null,
    published_at timestamptz not null,
    code_version text not null,
    warnings text[] not null
);
comment on table scorecard.publication is
    'What is published: the night that the readers see. One row per municipality.';
"""


# what nights hold: the warehouse, the dealing of a night to batches, a municipality by its lineage, a build space by
# its number, and the published tables' swap
NIGHT, BATCHES, MUNICIPALITY, SPACE = "bolig.night", "bolig.batches", "bolig.municipality", "bolig.space"
PUBLISH = "bolig.publish"
# that a batch waits for another: longer than one takes of the country in one batch
LONGEST_BATCH = 6 * 3600.0


class NightInProgress(BoligError):
    """Another night is running; the message says so plainly."""


@dataclass(frozen=True)
class Night:
    """A run's record, the version of the code that it runs, and where it builds.

    `part_of` and `municipality_nos`: of a batch, the night that it is a part of and what it was dealt.
    """

    night_id: int
    run_id: str
    code_version: str
    space: warehouse.BuildSpace = warehouse.PLAIN
    part_of: int | None = None
    municipality_nos: tuple[str, ...] = ()


# Dagster's runs with these tags are batches: of which night, and which of it
NIGHT_TAG, BATCH_TAG = "bolig/night", "bolig/batch"


@dataclass(frozen=True)
class Batch:
    """Some of a night's deliveries, which one run loads, builds and publishes."""

    part_of: int
    number: int
    municipality_nos: tuple[str, ...]

    @property
    def tags(self) -> dict[str, str]:
        """What makes a run of the nightly job this batch."""
        return {NIGHT_TAG: str(self.part_of), BATCH_TAG: str(self.number)}


def prepare(settings: Settings) -> None:
    """Make sure that the tables of this room are there. Repeatable."""
    about = "What became of each nightly run; read by the owner only"
    statements = [_OPERATIONS, revision.STATEMENTS, kept.STATEMENTS]
    with (
        warehouse.connect(settings) as connection,
        warehouse.making(connection, "operations", about, statements) as is_new,
    ):
        if is_new:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """Hold the warehouse for one night. Raises NightInProgress where another holds it.

    The lock falls with the process however that ends. What a killed night left running in the database (dbt is a
    process of its own) is ended first, lest it builds into this one; and the build spaces of batches go, for what they
    hold is made anew, and whoever erases or rotates need not look there.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        if not locks.is_taken(connection, NIGHT):
            raise _in_progress(connection, NIGHT)
        _end_dbt(connection, "^dbt(_[0-9]+)?$")
        for session in warehouse.end_overdue(connection, settings):
            progress.warning("A reader's session that lasted too long is ended: %s.", session)
        _end_developers(connection)
        spaces = connection.execute("select nspname from pg_namespace where nspname ~ %s", [warehouse.OTHER_SPACES])
        for (schema,) in spaces.fetchall():
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        yield


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
def lock_batch(settings: Settings, batch: Batch) -> Iterator[warehouse.BuildSpace]:
    """Hold a batch's municipalities and a build space; waits for whoever has them. Raises LockHeld.

    A municipality is held by all its numbers at once, from the door to its publication: loads of one follow each other.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        locks.take(connection, NIGHT, shared=True, seconds=LONGEST_BATCH)
        # all batches in the same order, and the space last: none waits for one that waits for it
        for lineage in sorted({people.lineage(number) for number in batch.municipality_nos}):
            locks.take(connection, MUNICIPALITY, int(lineage), seconds=LONGEST_BATCH)
        space = _free_space(connection, settings.workers)
        _end_dbt(connection, f"^dbt{space.suffix}$")
        yield space


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


def plan(connection: "Connection[Any]", night_id: str, dealt: Sequence[Sequence[str]]) -> list[Batch]:
    """Record a night of these batches, by a name of its own."""
    everything = [number for numbers in dealt for number in numbers]
    with connection.transaction():
        (part_of,) = connection.execute(
            "insert into operations.night (run_id, municipality_nos) values (%s, %s) returning night_id",
            [night_id, everything],
        ).fetchone() or (0,)
        batches = [Batch(part_of, number, tuple(numbers)) for number, numbers in enumerate(dealt, 1)]
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into operations.night (run_id, part_of, batch_no, municipality_nos) values (%s, %s, %s, %s)",
                [
                    (f"{night_id}/{batch.number}", part_of, batch.number, list(batch.municipality_nos))
                    for batch in batches
                ],
            )
    return batches


def take(connection: "Connection[Any]", part_of: int) -> Batch | None:
    """Take up the night's next batch that no worker has; None where there is none."""
    row = connection.execute(
        "update operations.night set is_taken = true where night_id = ("
        "   select night_id from operations.night where part_of = %s and is_taken is null"
        "   order by batch_no limit 1 for update skip locked"
        " ) returning batch_no, municipality_nos",
        [part_of],
    ).fetchone()
    return row and Batch(part_of, row[0], tuple(row[1]))


def is_all_taken(connection: "Connection[Any]", part_of: int) -> bool:
    """Whether each of the night's batches is taken up."""
    return not connection.execute(
        "select from operations.night where part_of = %s and is_taken is null", [part_of]
    ).rowcount


def planned(connection: "Connection[Any]", part_of: int, number: int) -> Batch:
    """A batch of a night, as it was dealt."""
    (numbers,) = connection.execute(
        "select municipality_nos from operations.night where part_of = %s and batch_no = %s", [part_of, number]
    ).fetchone() or ([],)
    return Batch(part_of, number, tuple(numbers))


def begin_batch(connection: "Connection[Any]", run_id: str, batch: Batch, space: warehouse.BuildSpace) -> Night:
    """Record that this run of the batch has begun, in this space."""
    (night_id,) = connection.execute(
        "update operations.night set run_id = %s, space = %s, started_at = clock_timestamp(), finished_at = null,"
        " outcome = null, message = null where part_of = %s and batch_no = %s returning night_id",
        [run_id, space.number, batch.part_of, batch.number],
    ).fetchone() or (0,)
    return Night(night_id, run_id, code_version(), space, batch.part_of, batch.municipality_nos)


def begin(connection: "Connection[Any]", run_id: str) -> Night:
    """Record that this run's night has begun."""
    connection.execute("insert into operations.night (run_id) values (%s) on conflict (run_id) do nothing", [run_id])
    row = connection.execute("select night_id from operations.night where run_id = %s", [run_id]).fetchone()
    assert row
    return Night(row[0], run_id, code_version())


def record_delivery(
    connection: "Connection[Any]",
    night: Night,
    municipality_no: str,
    extract_date: date,
    load_id: int | None,
    door: str,
    report: str,
) -> None:
    """Record what the door said of a delivery; the last word stands: a batch can be run again."""
    connection.execute(
        "insert into operations.night_delivery (night_id, municipality_no, extract_date, load_id, door, report)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (night_id, municipality_no) do update set"
        " extract_date = excluded.extract_date, load_id = excluded.load_id, door = excluded.door,"
        " report = excluded.report, is_withheld = false, findings = '{}'",
        [night.night_id, municipality_no, extract_date, load_id, door, report],
    )


def record_finding(connection: "Connection[Any]", night: Night, finding: runner.Finding) -> None:
    """Record what the gate found of one expectation; the last word on it stands."""
    expectation = finding.expectation
    connection.execute(
        "insert into operations.finding (night_id, expectation_id, severity, success, report, claim_no, found)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (night_id, expectation_id)"
        " do update set success = excluded.success, report = excluded.report, found = excluded.found",
        [
            night.night_id,
            expectation.id,
            expectation.severity,
            finding.success,
            finding.line(),
            expectation.claim_no,
            finding.found,
        ],
    )


def judge(connection: "Connection[Any]", night: Night, findings: Mapping[str, Sequence[runner.Finding]]) -> list[str]:
    """Record what the gate found of each municipality; gives those that it keeps from being published."""
    withheld = [number for number, of_one in findings.items() if any(finding.blocks for finding in of_one)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "update operations.night_delivery set is_withheld = %s, findings = %s"
            " where night_id = %s and municipality_no = %s",
            [
                (number in withheld, sorted(finding.line() for finding in of_one), night.night_id, number)
                for number, of_one in findings.items()
            ],
        )
    return withheld


def publishable(connection: "Connection[Any]", night: Night) -> list[str]:
    """The municipalities of the night that the gate let through."""
    found = connection.execute(
        "select scope.municipality_no from scope inner join operations.night_delivery using (municipality_no)"
        " where night_id = %s and not is_withheld order by 1",
        [night.night_id],
    )
    return [number for (number,) in found]


def finish(connection: "Connection[Any]", run_id: str, outcome: str, message: str) -> None:
    """Record how this run's night ended; the first word stands."""
    connection.execute(
        "update operations.night set finished_at = clock_timestamp(), outcome = %s, message = %s"
        " where run_id = %s and finished_at is null",
        [outcome, message, run_id],
    )


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
        if not locks.is_held(connection, MUNICIPALITY, int(people.lineage(numbers[0])))
    }


def settle(connection: "Connection[Any]", night_id: int) -> None:
    """End a night whose batches have all been run, by what became of them.

    A batch of which nothing was recorded was killed, or never begun.
    """
    with connection.transaction():
        is_open = connection.execute(
            "select from operations.night where night_id = %s and finished_at is null for update", [night_id]
        ).rowcount
        if not is_open:
            return
        connection.execute(
            "update operations.night set finished_at = clock_timestamp(), outcome = 'not_published',"
            " message = 'The run was killed, or never began; Dagster says more of it.'"
            " where part_of = %s and finished_at is null",
            [night_id],
        )
        connection.execute(
            """
            update operations.night set (finished_at, outcome, message) = (
                select
                    clock_timestamp(),
                    case
                        when bool_or(outcome = 'published') then 'published'
                        when bool_and(outcome = 'unchanged') then 'unchanged'
                        else 'not_published'
                    end,
                    concat_ws(
                        E'\\n',
                        format(
                            'Published %%s of %%s municipalities in %%s batches.',
                            (
                                select count(*) from scorecard.publication
                                inner join operations.night as batch using (night_id) where batch.part_of = %(night)s
                            ),
                            sum(cardinality(municipality_nos)),
                            count(*)
                        ),
                        string_agg(
                            format('Batch %%s (%%s): %%s', batch_no, array_to_string(municipality_nos, ', '), message),
                            E'\\n' order by batch_no
                        ) filter (where outcome = 'not_published')
                    )
                from operations.night as batch where batch.part_of = %(night)s
            ) where night_id = %(night)s
            """,
            {"night": night_id},
        )


@dataclass(frozen=True)
class NightOutcome:
    """How a night ended; `is_complete`: every delivery that it was given is published."""

    outcome: str
    message: str
    is_complete: bool


def outcome(connection: "Connection[Any]", run_id: str) -> NightOutcome | None:
    """How this run's night ended; None where it never began (another held the warehouse)."""
    row = connection.execute("select night_id from operations.night where run_id = %s", [run_id]).fetchone()
    return outcome_of(connection, row[0]) if row else None


def outcome_of(connection: "Connection[Any]", night_id: int) -> NightOutcome | None:
    """How this night ended, with all its batches; None where it has not.

    Where some deliveries are published and others are not, the message says of the others why.
    """
    row = connection.execute(
        "select outcome, message, array("
        "   select case when is_withheld then"
        "     array_to_string(format('The publish gate holds %%s back:', municipality_no) || findings, E'\\n  ')"
        "   else report end"
        "   from operations.night_delivery as delivery inner join operations.night as run using (night_id)"
        "   where night.night_id in (run.night_id, run.part_of) and run.outcome <> 'not_published'"
        "   and (is_withheld or door not in ('accepted', 'unchanged')) order by municipality_no"
        " ), exists ("
        "   select from operations.night as run where run.part_of = night.night_id and run.outcome = 'not_published'"
        " ) from operations.night where night_id = %s and outcome is not null",
        [night_id],
    ).fetchone()
    if not row:
        return None
    ended, message, held_up, lacks_batch = row
    if ended == "not_published":
        return NightOutcome(ended, message, is_complete=False)
    return NightOutcome(ended, "\n".join([message, *held_up]), is_complete=not (held_up or lacks_batch))


def code_version() -> str:
    """A fingerprint of everything that decides the figures: models, catalogue, contracts, suites."""
    digest = hashlib.sha256()
    for room in ("dbt", "expectations"):
        for path in sorted((PROJECT_DIR / room).rglob("*")):
            relative = path.relative_to(PROJECT_DIR)
            if path.name == "exposures.yml":
                continue  # what reads the figures decides none
            if path.suffix in {".sql", ".yml", ".yaml", ".csv"} and "target" not in relative.parts:
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def published_load(connection: "Connection[Any]", found: delivery.Delivery, version: str) -> int | None:
    """The load of this very delivery, where it is the newest, and what readers see is built of it by this version."""
    newest = load.newest_accepted(connection, people.numbers_of(found.municipality_no))
    if (
        newest is None
        or (newest["municipality_no"], newest["extract_date"]) != (found.municipality_no, found.extract_date)
        or not is_published(connection, found.municipality_no, newest["load_id"], version)
        or newest["content_sha256"] != delivery.fingerprint(found)
    ):
        return None
    return int(newest["load_id"])


def is_published(connection: "Connection[Any]", municipality_no: str, load_id: int, version: str) -> bool:
    """Whether readers see exactly this delivery as it stands now, built by this version of the code."""
    return bool(
        connection.execute(
            "select from scorecard.publication inner join landing.delivery using (municipality_no, load_id)"
            " where municipality_no = %s and load_id = %s and code_version = %s"
            " and published_at > coalesce(amended_at, '-infinity')",
            [municipality_no, load_id, version],
        ).rowcount
    )


def publish(
    connection: "Connection[Any]",
    night: Night,
    tables: Sequence[tuple[str, str]],
    municipality_nos: Sequence[str],
) -> dict[tuple[str, str], int]:
    """Replace these municipalities' rows in the published tables by the built ones, and end the night, in one go.

    `tables` are (schema, table) as readers know them; each was built in the night's space. Says how many rows each now
    has of these municipalities.
    """
    rows: dict[tuple[str, str], int] = {}
    numbers = list(municipality_nos)
    with connection.transaction():
        # one batch after the other: definitions are replaced whole, and a table's shape is everybody's
        locks.take(connection, PUBLISH, until="transaction", seconds=LONGEST_BATCH)
        connection.execute("set local lock_timeout = '30s'")
        # where a replica is named in synchronous_standby_names: published is what its readers see too
        connection.execute("set local synchronous_commit = remote_apply")
        # a municipality's rows lie together: to find them by an index is cheaper than the planner's default has it, and
        # without it the planner reads the whole country for a table whose key goes on with persons
        connection.execute("set local random_page_cost = 1.1")
        for schema, table in tables:
            source = sql.Identifier(night.space.built(schema), table)
            _keep_in_shape(connection, source, schema, table, numbers)
            rows[schema, table] = _replace_rows(connection, source, schema, table, numbers)
        _drop_orphans(connection, tables)
        connection.execute(
            "insert into scorecard.publication"
            " select scope.municipality_no, scope.as_of, scope.extract_date, scope.load_id, %(night)s, now(),"
            "   %(version)s, coalesce(delivery.findings, '{}')"
            " from scope left join operations.night_delivery as delivery"
            "   on scope.municipality_no = delivery.municipality_no and delivery.night_id = %(night)s"
            " where scope.municipality_no = any(%(nos)s)"
            " on conflict (municipality_no) do update set as_of = excluded.as_of, extract_date = excluded.extract_date,"
            " load_id = excluded.load_id, night_id = excluded.night_id, published_at = excluded.published_at,"
            " code_version = excluded.code_version, warnings = excluded.warnings",
            {"night": night.night_id, "version": night.code_version, "nos": numbers},
        )
        _give_way(connection, tables, numbers)
        revision.keep_definitions(connection, night.code_version)
        revision.refresh(connection, numbers)
        finish(connection, night.run_id, "published", f"Published {', '.join(numbers)}.")
    # the replaced rows make room for the next night's, and the planner learns what the new ones are like: where they
    # are few among others' it has nothing to learn, and a sample of them all would cost more than the rest of it;
    # batch after batch would then read every index of the country, which PostgreSQL's autovacuum does less often
    for (schema, table), count in rows.items():
        name = sql.Identifier(schema, table)
        (known,) = connection.execute(
            "select reltuples from pg_class where oid = to_regclass(%s)", [f"{schema}.{table}"]
        ).fetchone() or (-1,)
        is_few = known > LEARNT_ANEW * count
        if not (is_few and night.part_of):
            option = sql.SQL("" if is_few else "(analyze) ")
            connection.execute(sql.SQL("vacuum {}{}").format(option, name))
    return rows


def _columns(connection: "Connection[Any]", name: sql.Identifier) -> dict[str, tuple[str, str]]:
    """A table's columns in their order, each with its type and what else is decided of it."""
    found = connection.execute(
        """
        select
            attribute.attname,
            format_type(attribute.atttypid, attribute.atttypmod),
            format(
                '%%s %%s', attribute.attnotnull, (
                    select array_position(key.conkey::int2[], attribute.attnum) from pg_constraint as key
                    where key.conrelid = attribute.attrelid and key.contype = 'p'
                )
            )
        from pg_attribute as attribute
        where attribute.attrelid = to_regclass(%s) and attribute.attnum > 0 and not attribute.attisdropped
        order by attribute.attnum
        """,
        [name.as_string()],
    )
    return {column: (type_, rest) for column, type_, rest in found}


def _describe(connection: "Connection[Any]", source: sql.Identifier, table: sql.Identifier) -> None:
    """Say of a table and its columns what is said of the built one."""
    said = """
        select attribute.attname, description.description
        from pg_description as description left join pg_attribute as attribute
        on description.objoid = attribute.attrelid and description.objsubid = attribute.attnum and attribute.attnum > 0
        where description.objoid = to_regclass(%s) and description.classoid = 'pg_class'::regclass
    """
    new, old = (dict(connection.execute(said, [name.as_string()]).fetchall()) for name in (source, table))
    for column in {name for name, _ in new.items() ^ old.items()}:
        what = (
            sql.SQL("column {}.{}").format(table, sql.Identifier(column))
            if column
            else sql.SQL("table {}").format(table)
        )
        connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(new.get(column))))


def _indexes(connection: "Connection[Any]", table: sql.Identifier) -> list[str]:
    """A table's indexes, by what they are on: their names are made up anew for every table."""
    found = connection.execute(
        "select indisunique || substring(pg_get_indexdef(indexrelid) from ' USING .*') from pg_index"
        " where indrelid = to_regclass(%s) order by 1",
        [table.as_string()],
    )
    return [definition for (definition,) in found]


def _keep_in_shape(
    connection: "Connection[Any]", source: sql.Identifier, schema: str, table: str, municipality_nos: list[str]
) -> None:
    """Give a published table the shape of the built one, with the rows of the municipalities not of this night.

    Where those do not fit, they come back with their own next night: all are built anew where the code is new.
    """
    old, new = sql.Identifier(schema, table), sql.Identifier(schema, f"{table}__new")
    built = _columns(connection, source)
    published = _columns(connection, old)
    # their order counts too: readers type select *
    if list(built.items()) == list(published.items()) and _indexes(connection, source) == _indexes(connection, old):
        _describe(connection, source, old)
        return
    connection.execute(sql.SQL("create table {} (like {} including all)").format(new, source))
    _describe(connection, source, new)
    if "municipality_no" in built and "municipality_no" in published:
        shared = {name: built[name][0] for name in built if name in published}
        kept = sql.SQL("insert into {} ({}) select {} from {} where municipality_no <> all(%s)").format(
            new,
            sql.SQL(", ").join(map(sql.Identifier, shared)),
            sql.SQL(", ").join(
                # the types are PostgreSQL's own words for them
                sql.SQL("{}::{}").format(sql.Identifier(name), sql.SQL(type_))  # type: ignore[arg-type]
                for name, type_ in shared.items()
            ),
            old,
        )
        try:
            with connection.transaction():
                connection.execute(kept, [municipality_nos])
        except (errors.DataError, errors.IntegrityError, errors.ProgrammingError) as misfit:
            # the error's kind: its words may hold a value
            progress.warning(
                "%s.%s has a new shape, and what other municipalities have in it does not fit (%s): left out until"
                " their own next night.",
                schema,
                table,
                type(misfit).__name__,
            )
    with warehouse.without_datasets(connection):
        connection.execute(sql.SQL("drop table if exists {}").format(old))
        connection.execute(sql.SQL("alter table {} rename to {}").format(new, sql.Identifier(table)))


def _replace_rows(
    connection: "Connection[Any]", source: sql.Identifier, schema: str, table: str, municipality_nos: list[str]
) -> int:
    target = sql.Identifier(schema, table)
    columns = _columns(connection, target)
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    # definitions and labels belong to no municipality: they are replaced whole
    where = sql.SQL("where municipality_no = any(%(nos)s)" if "municipality_no" in columns else "")
    connection.execute(sql.SQL("delete from {} {}").format(target, where), {"nos": municipality_nos})
    return connection.execute(
        sql.SQL("insert into {} ({}) select {} from {} {}").format(target, names, names, source, where),
        {"nos": municipality_nos},
    ).rowcount


def _give_way(connection: "Connection[Any]", tables: Sequence[tuple[str, str]], municipality_nos: list[str]) -> None:
    """Take away what was published under a municipality's other numbers, or of one merged into it.

    What was reported stays under the number that it was reported under.
    """
    former = sorted({other for number in municipality_nos for other in people.gives_way(number)})
    if not former:
        return
    for schema, table in [*tables, ("scorecard", "publication")]:
        name = sql.Identifier(schema, table)
        if "municipality_no" in _columns(connection, name):
            connection.execute(sql.SQL("delete from {} where municipality_no = any(%s)").format(name), [former])


def _drop_orphans(connection: "Connection[Any]", tables: Sequence[tuple[str, str]]) -> None:
    """Drop published tables whose model is gone; what was not built (publication and its like) stays."""
    kept = {f"{schema}.{table}" for schema, table in tables}
    ours = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) and tablename <> all(%s)",
        [list(warehouse.PUBLISHED_SCHEMAS), list(NOT_BUILT)],
    ).fetchall()
    for schema, table in ours:
        if f"{schema}.{table}" not in kept:
            with warehouse.without_datasets(connection):
                connection.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, table)))


# tables of the published schemas that no model builds
NOT_BUILT = ("publication", *revision.TABLES, *kept.TABLES)


def last_nights(connection: "Connection[Any]", limit: int = 10) -> list[dict[str, Any]]:
    """The newest nights with what the door said, newest first.

    Of a night of batches how often it said it, and how many of them (`batches_not_published`) did not publish.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select night.*, coalesce(batches.failed, 0) as batches_not_published, coalesce(batches.deliveries, (
                select string_agg(format('%%s %%s %%s', municipality_no, extract_date, door), ', ')
                from operations.night_delivery where night_delivery.night_id = night.night_id
            )) as deliveries
            from operations.night
            left join lateral (
                select counts.failed, format('%%s batches', counts.batches) || case
                    when counts.failed > 0 then format(' (%%s not published)', counts.failed) else ''
                end || coalesce(': ' || (
                    select string_agg(format('%%s %%s', counted.deliveries, counted.door), ', ' order by counted.door)
                    from (
                        select door, count(*) as deliveries
                        from operations.night_delivery inner join operations.night as run using (night_id)
                        where run.part_of = night.night_id group by door
                    ) as counted
                ), '') as deliveries
                from (
                    select count(*) as batches, count(*) filter (where outcome = 'not_published') as failed
                    from operations.night as batch where batch.part_of = night.night_id
                ) as counts where counts.batches > 0
            ) as batches on true
            where night.part_of is null order by night_id desc limit %s
            """,
            [limit],
        ).fetchall()
