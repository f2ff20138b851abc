"""Where nights build: in the warehouse itself, or on a server of the worker's own (BOLIG_BUILD_SERVER).

Belongs here: that server, what a night leaves on it (nothing), and rows on their way between the two. Does not belong
here: which rows cross (landing/raw.py, night/publication.py), and who may build (night/holding.py).

Locks, records, history and all that is published are the warehouse's in both cases. A server beside it holds raw, the
seeds and what dbt makes, for as long as the run lasts.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, LiteralString

from psycopg import sql

from dagster_project import warehouse
from dagster_project.settings import EMBEDDED, Settings
from dagster_project.warehouse import embedded

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger("bolig.postgresql")

# rows between two servers go in messages of so many bytes
MESSAGE = 1 << 18


def beside(settings: Settings, space: warehouse.BuildSpace) -> warehouse.BuildSpace:
    """The space where this process's nights build: on the server of the setting, which is started where it is ours.

    Raises WarehouseError.
    """
    if settings.build_server == EMBEDDED:
        return replace(space, server=embedded.url(_own(settings)))
    return replace(space, server=settings.build_server or "")


def _own(settings: Settings) -> Settings:
    """The home of the embedded build server: a warehouse of the same home has a server there too."""
    return settings.model_copy(update={"home": settings.home / "build", "database_url": None})


def stop(settings: Settings) -> bool:
    """Stop the embedded build server; says whether one was running."""
    return settings.build_server == EMBEDDED and embedded.stop(_own(settings))


@contextmanager
def connected(space: warehouse.BuildSpace, connection: "Connection[Any]") -> Iterator["Connection[Any]"]:
    """A connection to where the space is, which finds its raw: this one, or one to the server beside the warehouse."""
    if not space.server:
        yield connection
        return
    with _connect(space) as build:
        yield build


def _connect(space: warehouse.BuildSpace) -> "Connection[Any]":
    import psycopg

    try:
        connection = psycopg.connect(space.server, application_name="bolig", autocommit=True)
    except psycopg.OperationalError as error:
        raise warehouse.WarehouseError(
            f"The build server does not answer: {error}. Check BOLIG_BUILD_SERVER; without it nights build in the"
            " warehouse."
        ) from error
    connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(space.raw)))
    return connection


@contextmanager
def held(settings: Settings, space: warehouse.BuildSpace) -> Iterator[None]:
    """Hold a space for a run, whose number is locked in the warehouse; where it is on another server, empty it there.

    Before the run, for what a killed one left (dbt first, which would go on building); and after it, for whoever is
    erased is to be gone, and nobody who erases looks at every worker's server. Raises WarehouseError.
    """
    if not space.server:
        yield
        return
    with warehouse.connect(settings) as connection, _connect(space) as build:
        _require_same_order(connection, build)
        build.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = %s and datname = current_database() and usename = current_user",
            [f"dbt{space.suffix}"],
        )
        _empty(build, re.escape(space.suffix))
    try:
        yield
    finally:
        with _or_told(), _connect(space) as build:
            _empty(build, re.escape(space.suffix))


def empty(settings: Settings) -> None:
    """Empty every space of the build server, for whoever holds the whole warehouse."""
    if settings.build_server == EMBEDDED and not _own(settings).home.exists():
        return
    if settings.build_server:
        with _or_told(), _connect(beside(settings, warehouse.PLAIN)) as build:
            _empty(build, "(_[0-9]+)?")


@contextmanager
def _or_told() -> Iterator[None]:
    """A build server that is away keeps no figures from being published, and no backup from being made."""
    import psycopg

    try:
        yield
    except (warehouse.WarehouseError, psycopg.OperationalError) as error:
        log.warning("What was built on the build server may lie there until its next run: %s", error)


_SCHEMAS = f"({'|'.join(('raw', *warehouse.BUILT_SCHEMAS))})"


def _empty(build: "Connection[Any]", suffix: str) -> None:
    schemas = build.execute("select nspname from pg_namespace where nspname ~ %s", [f"^{_SCHEMAS}{suffix}$"])
    for (schema,) in schemas.fetchall():
        build.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))


def _require_same_order(connection: "Connection[Any]", build: "Connection[Any]") -> None:
    """Both must sort texts alike: what is first in a list would be another there. Raises WarehouseError."""
    orders = [
        each.execute(
            "select pg_encoding_to_char(encoding), datlocprovider::text,"
            " coalesce(to_jsonb(pg_database) ->> 'datlocale', to_jsonb(pg_database) ->> 'daticulocale', datcollate)"
            " from pg_database where datname = current_database()"
        ).fetchone()
        for each in (connection, build)
    ]
    if orders[0] != orders[1]:
        told = ("/".join(map(str, order or ())) for order in orders)
        raise warehouse.WarehouseError(
            "The build server sorts texts otherwise than the warehouse does ({1}, not {0}), and would publish other"
            " rows. Make its database with the same encoding and locale.".format(*told)
        )


# ---------------------------------------------------------------------------------------------- what is kept

# What is asked of the schema scorecard together with what is built, by the headlines and by the publish gate.
_KEPT: dict[str, LiteralString] = {
    "definition_version": (
        "select code_version, metric_id, definition_version from scorecard.definition_version"
        " where code_version = %(version)s"
    ),
    "metric_value": (
        "select municipality_no, metric_id, period_type, period_start, dimension, value, is_complete"
        " from scorecard.metric_value"
        " where municipality_no = any(%(nos)s) and period_type = 'year' and dimension = 'total'"
    ),
}


def kept(space: warehouse.BuildSpace) -> str:
    """The schema in which the tables of _KEPT are found beside what is built in this space."""
    return space.raw if space.server else "scorecard"


def bring_kept(
    connection: "Connection[Any]",
    build: "Connection[Any]",
    space: warehouse.BuildSpace,
    municipality_nos: Sequence[str],
    code_version: str,
) -> None:
    """Bring what is kept of these municipalities to where they are built; nothing where that is the warehouse."""
    if build is connection:
        return
    terms = {"nos": list(municipality_nos), "version": code_version}
    for name, query in _KEPT.items():
        # before the first night nothing is published
        if connection.execute("select to_regclass(%s) is not null", [f"scorecard.{name}"]).fetchone() == (True,):
            table = sql.Identifier(kept(space), name)
            lend(connection, sql.SQL(query), terms, build, table, until="the space is emptied")


# ---------------------------------------------------------------------------------------------- rows on their way


@contextmanager
def transactions(connection: "Connection[Any]", build: "Connection[Any]") -> Iterator[None]:
    """One transaction; where raw is on another server one on each, of which the warehouse's is committed first.

    So what is in raw is recorded. Where only the other fails then, the delivery is taken, and comes from history when
    it is tried again.
    """
    if build is connection:
        with connection.transaction():
            yield
    else:
        with build.transaction(), connection.transaction():
            yield


def carry(
    source: "Connection[Any]",
    query: sql.Composable,
    terms: Mapping[str, Any] | Sequence[Any],
    target: "Connection[Any]",
    table: sql.Composable,
    columns: Sequence[str],
) -> int:
    """Write a query's rows, whose types are the table's, into these columns of it; says how many.

    Within one server that is a statement of its own, between two it is COPY in both.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    if source is target:
        statement = sql.SQL("insert into {} ({}) select * from ({}) as carried").format(table, names, query)
        return target.execute(statement, terms).rowcount
    outward = sql.SQL("copy (select * from ({}) as carried) to stdout with (format binary)").format(query)
    inward = sql.SQL("copy {} ({}) from stdin (format binary)").format(table, names)
    with source.cursor() as reading, target.cursor() as writing:
        with reading.copy(outward, terms) as rows, writing.copy(inward) as copy:
            for message in _messages(rows):
                copy.write(message)
        return writing.rowcount


def _messages(rows: Iterable[Any]) -> Iterator[bytes]:
    """Rows, which come one by one, in messages: the server is spoken to a hundredth as often."""
    message = bytearray()
    for row in rows:
        message += row
        if len(message) > MESSAGE:
            yield bytes(message)
            message.clear()
    yield bytes(message)


def lend(
    source: "Connection[Any]",
    query: sql.Composable,
    terms: Mapping[str, Any] | Sequence[Any],
    target: "Connection[Any]",
    table: sql.Identifier,
    *,
    until: Literal["the transaction ends", "the space is emptied"],
) -> None:
    """Make a table of a query's rows on another server."""
    # of what types they are is told without running it
    told = source.execute(sql.SQL("select * from ({}) as lent limit 0").format(query), terms).description or ()
    columns = sql.SQL(", ").join(
        # PostgreSQL's own words
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type_display))  # type: ignore[arg-type]
        for column in told
    )
    statement = {
        "the transaction ends": sql.SQL("create temporary table {} ({}) on commit drop"),
        "the space is emptied": sql.SQL("create unlogged table {} ({})"),
    }[until]
    target.execute(statement.format(table, columns))
    carry(source, query, terms, target, table, [column.name for column in told])
