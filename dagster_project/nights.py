"""One night: its lock, its record, and the publication of what it built.

Belongs here: that no two nights run at once, what became of each, and the swap of published rows.
Does not belong here: loading (the landing room), building (dbt), and judging (expectations).

Publishing replaces a municipality's rows in the published tables by those that were built, in one transaction:
a reader sees all of the old night or all of the new one, in every table, and is never made to wait. The tables
themselves stay, so that rights, views and open readers do too. (Renaming schemas was tried first: queries of two
tables could see one of each side, and a reader that had begun before saw nothing; see docs/decisions.md.)
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from dagster_project import BoligError, revision, warehouse
from dagster_project.landing import people
from dagster_project.report import kept
from dagster_project.settings import PROJECT_DIR, Settings
from expectations import runner

if TYPE_CHECKING:
    from psycopg import Connection

BUILD_PREFIX = "build_"

# a published table is analyzed where at least one of so many of its rows is new, as PostgreSQL does by itself
LEARNT_ANEW = 10

_OPERATIONS = """
create schema if not exists operations;
comment on schema operations is 'What became of each nightly run; read by the owner only.';

create table if not exists operations.night (
    night_id bigint generated always as identity primary key,
    run_id text not null unique,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text check (outcome in ('published', 'unchanged', 'not_published')),
    message text
);
comment on table operations.night is
    'One row per nightly run; a run without finished_at is under way, or was killed.';

create table if not exists operations.night_delivery (
    night_id bigint not null references operations.night,
    municipality_no text not null,
    extract_date date not null,
    load_id bigint,
    door text not null,
    report text not null,
    is_withheld boolean not null default false,
    primary key (night_id, municipality_no)
);
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


class NightInProgress(BoligError):
    """Another night is running; the message says so plainly."""


@dataclass(frozen=True)
class Night:
    """A run's record and the version of the code that it runs."""

    night_id: int
    run_id: str
    code_version: str


def prepare(settings: Settings) -> None:
    """Make sure that the tables of this room are there. Repeatable."""
    with warehouse.connect(settings) as connection:
        connection.execute(_OPERATIONS)
        revision.prepare(connection)
        kept.prepare(connection)


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """Hold the warehouse for one night. Raises NightInProgress where another holds it.

    An advisory lock of a session: it falls with the process however that ends. What a killed night left running
    in the database (dbt is a process of its own) is ended first, lest it builds into this one.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        (acquired,) = connection.execute("select pg_try_advisory_lock(hashtext('bolig.night'))").fetchone() or (False,)
        if not acquired:
            started = connection.execute(
                "select started_at::timestamp(0) from operations.night where finished_at is null"
                " order by night_id desc limit 1"
            ).fetchone()
            held = (
                f"Another nightly run has been under way since {started[0]}."
                if started
                else "Another nightly run, or a command that holds the warehouse like one (a backup, a closing), is on."
            )
            raise NightInProgress(
                f"{held} This one did nothing; the published figures stay as"
                " they are. Wait for it to end (`bolig status` shows it) and start again."
            )
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'dbt' and datname = current_database() and usename = current_user"
        )
        yield


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
    """Record what the door said of a delivery."""
    connection.execute(
        "insert into operations.night_delivery values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
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


def withhold(connection: "Connection[Any]", night: Night, municipality_nos: Sequence[str]) -> None:
    """Record which municipalities the gate keeps from being published."""
    connection.execute(
        "update operations.night_delivery set is_withheld = municipality_no = any(%s) where night_id = %s",
        [list(municipality_nos), night.night_id],
    )


def publishable(connection: "Connection[Any]", night: Night) -> list[str]:
    """The municipalities of the night that the gate let through."""
    found = connection.execute(
        "select scope.municipality_no from raw.scope inner join operations.night_delivery using (municipality_no)"
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


@dataclass(frozen=True)
class NightOutcome:
    """How a night ended; `is_complete`: every delivery that it was given is published."""

    outcome: str
    message: str
    is_complete: bool


def outcome(connection: "Connection[Any]", run_id: str) -> NightOutcome | None:
    """How this run's night ended; None where it never began (another held the warehouse).

    Where some deliveries are published and others are not, the message says of the others why.
    """
    row = connection.execute(
        "select outcome, message, array("
        "   select case when is_withheld then format('The publish gate holds %%s back.', municipality_no)"
        "   else report end"
        "   from operations.night_delivery as delivery where delivery.night_id = night.night_id"
        "   and (is_withheld or door not in ('accepted', 'unchanged')) order by municipality_no"
        " ) from operations.night where run_id = %s and outcome is not null",
        [run_id],
    ).fetchone()
    if not row:
        return None
    ended, message, held_up = row
    if ended == "not_published":
        return NightOutcome(ended, message, is_complete=False)
    return NightOutcome(ended, "\n".join([message, *held_up]), is_complete=not held_up)


def code_version() -> str:
    """A fingerprint of everything that decides the figures: models, catalogue, contracts, suites."""
    digest = hashlib.sha256()
    for room in ("dbt", "expectations"):
        for path in sorted((PROJECT_DIR / room).rglob("*")):
            relative = path.relative_to(PROJECT_DIR)
            if path.suffix in {".sql", ".yml", ".yaml", ".csv"} and "target" not in relative.parts:
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def is_published(connection: "Connection[Any]", municipality_no: str, load_id: int, version: str) -> bool:
    """Whether readers see exactly this delivery as it stands now, built by this version of the code."""
    return bool(
        connection.execute(
            "select from scorecard.publication inner join landing.delivery using (load_id)"
            " where publication.municipality_no = %s and load_id = %s and code_version = %s"
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
    """Replace these municipalities' rows in the published tables by the built ones, in one transaction.

    `tables` are (schema, table) as readers know them; each was built in the schema of the same name with the prefix
    build_. Says how many rows each now has of these municipalities.
    """
    rows: dict[tuple[str, str], int] = {}
    numbers = list(municipality_nos)
    with connection.transaction():
        connection.execute("set local lock_timeout = '30s'")
        # a municipality's rows lie together: to find them by an index is cheaper than the planner's default has it, and
        # without it the planner reads the whole country for a table whose key goes on with persons
        connection.execute("set local random_page_cost = 1.1")
        for schema, table in tables:
            _keep_in_shape(connection, schema, table, numbers)
            rows[schema, table] = _replace_rows(connection, schema, table, numbers)
        _drop_orphans(connection, tables)
        connection.execute(
            "insert into scorecard.publication"
            " select municipality_no, as_of, extract_date, load_id, %(night)s, now(), %(version)s, array("
            "   select report from operations.finding where night_id = %(night)s and not success order by 1"
            " ) from raw.scope where municipality_no = any(%(nos)s)"
            " on conflict (municipality_no) do update set as_of = excluded.as_of, extract_date = excluded.extract_date,"
            " load_id = excluded.load_id, night_id = excluded.night_id, published_at = excluded.published_at,"
            " code_version = excluded.code_version, warnings = excluded.warnings",
            {"night": night.night_id, "version": night.code_version, "nos": numbers},
        )
        _give_way(connection, tables, numbers)
        revision.keep_definitions(connection, night.code_version)
        revision.refresh(connection, numbers)
    # the replaced rows make room for the next night's, and the planner learns what the new ones are like: where they
    # are few among others' it has nothing to learn, and a sample of them all would cost more than the rest of it
    for (schema, table), count in rows.items():
        name = sql.Identifier(schema, table)
        (known,) = connection.execute(
            "select reltuples from pg_class where oid = to_regclass(%s)", [f"{schema}.{table}"]
        ).fetchone() or (-1,)
        option = sql.SQL("" if known > LEARNT_ANEW * count else "(analyze) ")
        connection.execute(sql.SQL("vacuum {}{}").format(option, name))
    return rows


def _columns(connection: "Connection[Any]", schema: str, table: str) -> Mapping[str, str]:
    """A table's columns in their order, each with everything that a reader may see of it."""
    found = connection.execute(
        """
        select
            attribute.attname,
            format(
                '%%s %%s %%s %%s', format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull,
                col_description(attribute.attrelid, attribute.attnum),
                (
                    select array_position(key.conkey::int2[], attribute.attnum) from pg_constraint as key
                    where key.conrelid = attribute.attrelid and key.contype = 'p'
                )
            )
        from pg_attribute as attribute
        where attribute.attrelid = to_regclass(%s) and attribute.attnum > 0 and not attribute.attisdropped
        order by attribute.attnum
        """,
        [f"{schema}.{table}"],
    )
    return dict(found.fetchall())


def _indexes(connection: "Connection[Any]", schema: str, table: str) -> list[str]:
    """A table's indexes, by what they are on: their names are made up anew for every table."""
    found = connection.execute(
        "select indisunique || substring(pg_get_indexdef(indexrelid) from ' USING .*') from pg_index"
        " where indrelid = to_regclass(%s) order by 1",
        [f"{schema}.{table}"],
    )
    return [definition for (definition,) in found]


def _keep_in_shape(connection: "Connection[Any]", schema: str, table: str, municipality_nos: list[str]) -> None:
    """Give a published table the shape of the built one, with the rows of the municipalities not of this night."""
    built = _columns(connection, BUILD_PREFIX + schema, table)
    published = _columns(connection, schema, table)
    # their order counts too: readers type select *
    if list(built.items()) == list(published.items()) and (
        _indexes(connection, BUILD_PREFIX + schema, table) == _indexes(connection, schema, table)
    ):
        return
    old, new, source = (
        sql.Identifier(schema, table),
        sql.Identifier(schema, f"{table}__new"),
        sql.Identifier(BUILD_PREFIX + schema, table),
    )
    connection.execute(sql.SQL("create table {} (like {} including all)").format(new, source))
    (comment,) = connection.execute(
        "select obj_description(to_regclass(%s), 'pg_class')", [f"{BUILD_PREFIX}{schema}.{table}"]
    ).fetchone() or (None,)
    connection.execute(sql.SQL("comment on table {} is {}").format(new, sql.Literal(comment)))
    if published:
        shared = sql.SQL(", ").join(sql.Identifier(name) for name in built if name in published)
        if "municipality_no" in built and "municipality_no" in published:
            connection.execute(
                sql.SQL("insert into {} ({}) select {} from {} where municipality_no <> all(%s)").format(
                    new, shared, shared, old
                ),
                [municipality_nos],
            )
        connection.execute(sql.SQL("drop table {}").format(old))
    connection.execute(sql.SQL("alter table {} rename to {}").format(new, sql.Identifier(table)))


def _replace_rows(connection: "Connection[Any]", schema: str, table: str, municipality_nos: list[str]) -> int:
    source, target = sql.Identifier(BUILD_PREFIX + schema, table), sql.Identifier(schema, table)
    columns = _columns(connection, schema, table)
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
        if "municipality_no" in _columns(connection, schema, table):
            name = sql.Identifier(schema, table)
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
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, table)))


# tables of the published schemas that no model builds
NOT_BUILT = ("publication", *revision.TABLES, *kept.TABLES)


def last_nights(connection: "Connection[Any]", limit: int = 10) -> list[dict[str, Any]]:
    """The newest nights with what the door said, newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select night.*, (select string_agg(format('%%s %%s %%s', municipality_no, extract_date, door), ', ')"
            " from operations.night_delivery where night_delivery.night_id = night.night_id) as deliveries"
            " from operations.night order by night_id desc limit %s",
            [limit],
        ).fetchall()
