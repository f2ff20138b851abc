"""The tables of landing, raw and history, and what is written into them: all SQL of the landing room.

Belongs here: DDL that follows from the contracts, COPY, the history of row versions, the books.
Does not belong here: what may be loaded (rules.py, door.py).

raw holds tonight's extracts only, in full. history holds every version of every row once: `loads` is the multirange
of the load ids whose delivery held it, open at its upper end for what the newest delivery holds. The rows of a
municipality's load L are those with `loads @> L`. So a usual night, in which little changes, writes little.
"""

import io
from collections.abc import Sequence
from typing import Any, LiteralString, cast

import polars as pl
import psycopg
from psycopg import sql

from dagster_project.landing.contracts import Table, tables

Connection = psycopg.Connection[Any]

CHUNK = 100_000  # rows a COPY message: the server parses one while the next is written

_BOOKS: LiteralString = """
create schema if not exists landing;
create schema if not exists raw;
create schema if not exists history;
comment on schema landing is 'The door''s books: what was delivered, taken, refused and quarantined';
comment on schema raw is 'The extracts of tonight''s run, in full; emptied when a night opens';
comment on schema history is 'Every row version of every accepted delivery';

create table if not exists landing.delivery (
    load_id bigint generated always as identity primary key,
    municipality_no text not null,
    extract_date date not null,
    as_of date not null,
    status text not null check (status in ('accepted', 'refused')),
    is_backfill boolean not null,
    content_sha256 text not null,
    received_at timestamptz not null default now(),
    faults jsonb not null default '[]'
);
create index if not exists delivery_newest on landing.delivery (municipality_no, status, extract_date desc, load_id desc);
comment on table landing.delivery is 'What came to the door. One row per accepted or refused delivery.';
comment on column landing.delivery.load_id is 'The load; history''s multiranges hold these numbers';
comment on column landing.delivery.as_of is 'The day that the delivery closes: the day before its extract date';
comment on column landing.delivery.is_backfill is 'Older than the newest delivery when it came: it left the current figures alone';
comment on column landing.delivery.content_sha256 is 'Names and bytes of its files: the same content is not loaded twice';
comment on column landing.delivery.faults is 'Why it was refused: file, column, found, message. No personal or restricted value';

create table if not exists landing.delivery_file (
    municipality_no text not null,
    load_id bigint not null references landing.delivery,
    source text not null,
    table_name text not null,
    file text not null,
    rows_delivered bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    ignored_columns text[] not null,
    primary key (municipality_no, load_id, table_name, file),
    check (rows_loaded + rows_quarantined = rows_delivered)
);
comment on table landing.delivery_file is 'The files of accepted deliveries. One row per load, table and file.';
comment on column landing.delivery_file.ignored_columns is 'Columns that no contract names; never stored';

create table if not exists landing.quarantined_row (
    municipality_no text not null,
    load_id bigint not null references landing.delivery,
    source text not null,
    table_name text not null,
    file text not null,
    line bigint not null,
    column_name text,
    rule text not null,
    value text,
    message text not null
);
create index if not exists quarantined_row_load on landing.quarantined_row (municipality_no, load_id, table_name);
comment on table landing.quarantined_row is 'Rows that were not loaded, and why. One row per broken rule and column.';
comment on column landing.quarantined_row.line is 'Line of the file (row of the sheet) on which the row begins';
comment on column landing.quarantined_row.rule is
    'fields, characters, type, code, required, person, order, only, empty, same_dwelling, key, reference or parent';
comment on column landing.quarantined_row.value is
    'What stood there; null for personal and restricted columns, and for whatever looks like a personal number';

create unlogged table if not exists raw.scope (
    municipality_no text primary key,
    load_id bigint not null,
    extract_date date not null,
    as_of date not null
);
comment on table raw.scope is 'What tonight''s run is about. One row per municipality.';
"""


def prepare(connection: Connection) -> None:
    """Make sure that the tables are there, as the contracts have them now; a new column of a contract is added."""
    with connection.transaction():
        # two first runs at once would both create the schemas
        connection.execute("select pg_advisory_xact_lock(hashtext('bolig.landing.prepare'))")
        connection.execute(_BOOKS)
        existing = {
            (row[0], row[1], row[2])
            for row in connection.execute(
                "select table_schema, table_name, column_name from information_schema.columns"
                " where table_schema in ('raw', 'history')"
            )
        }
        for table in tables().values():
            connection.execute(_ddl(table, existing))


def _ddl(table: Table, existing: set[tuple[str, str, str]]) -> sql.Composed:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), _plain(c.sql_type)) for c in table.columns
    )
    raw, history = sql.Identifier("raw", table.raw_name), sql.Identifier("history", table.raw_name)
    statements = [
        sql.SQL(
            "create unlogged table if not exists {} (municipality_no text not null, load_id bigint not null, {})"
        ).format(raw, columns),
        sql.SQL(
            "create table if not exists {} (municipality_no text not null, {}, loads int8multirange not null)"
        ).format(history, columns),
        # no index on the key: every night compares a table as a whole, and an index on a key could refuse a long one
        sql.SQL("create index if not exists {} on {} (municipality_no, upper_inf(loads))").format(
            sql.Identifier(f"{table.raw_name}_open"), history
        ),
        sql.SQL("comment on table {} is {}").format(raw, table.description),
        sql.SQL("comment on table {} is {}").format(history, f"Row versions. {table.description}"),
        sql.SQL("comment on column {}.loads is 'The loads whose delivery held this row version'").format(history),
    ]
    for schema, name in (("raw", raw), ("history", history)):
        for column in table.columns:
            statements.append(
                sql.SQL("comment on column {}.{} is {}").format(name, sql.Identifier(column.name), column.description)
            )
            if (schema, table.raw_name, "municipality_no") in existing and (
                schema,
                table.raw_name,
                column.name,
            ) not in existing:
                statements.insert(
                    0,
                    sql.SQL("alter table {} add column {} {}").format(
                        name, sql.Identifier(column.name), _plain(column.sql_type)
                    ),
                )
    return sql.SQL("; ").join(statements)


def _plain(text: str) -> sql.SQL:
    """SQL from the contracts, which are code like any other."""
    return sql.SQL(cast(LiteralString, text))


def empty_raw(connection: Connection) -> None:
    """Empty raw, its scope included."""
    names = [sql.Identifier("raw", name) for name in ("scope", *(t.raw_name for t in tables().values()))]
    connection.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(names)))


def enter_scope(connection: Connection, municipality_no: str, load_id: int) -> None:
    """Make room in raw for this municipality's rows, and put the load into tonight's scope."""
    connection.execute("lock table raw.scope in exclusive mode")
    others = connection.execute("select from raw.scope where municipality_no <> %s", [municipality_no]).rowcount
    for table in tables().values():
        name = sql.Identifier("raw", table.raw_name)
        if others:
            connection.execute(sql.SQL("delete from {} where municipality_no = %s").format(name), [municipality_no])
        else:
            connection.execute(sql.SQL("truncate {}").format(name))
    connection.execute("delete from raw.scope where municipality_no = %s", [municipality_no])
    connection.execute(
        "insert into raw.scope select municipality_no, load_id, extract_date, as_of from landing.delivery"
        " where load_id = %s",
        [load_id],
    )


def copy_rows(connection: Connection, table: Table, municipality_no: str, load_id: int, rows: pl.DataFrame) -> None:
    """COPY parsed rows into raw."""
    if not rows.height:
        return
    columns = [column.name for column in table.columns]
    frame = rows.select(pl.lit(municipality_no).alias("_municipality_no"), pl.lit(load_id).alias("_load_id"), *columns)
    statement = sql.SQL("copy raw.{} (municipality_no, load_id, {}) from stdin (format csv)").format(
        sql.Identifier(table.raw_name), _names(table)
    )
    with connection.cursor().copy(statement) as copy:
        for chunk in frame.iter_slices(CHUNK):
            buffer = io.BytesIO()
            chunk.write_csv(buffer, include_header=False)
            copy.write(buffer.getbuffer())


def stand_in(connection: Connection, table: Table, municipality_no: str, load_id: int, last: tuple[str, int]) -> None:
    """Put the rows of an earlier load (municipality number, load id) into raw, as if they were delivered again."""
    connection.execute(
        sql.SQL(
            "insert into raw.{0} (municipality_no, load_id, {1}) select %s, %s, {1} from history.{0}"
            " where municipality_no = %s and loads @> %s::bigint"
        ).format(sql.Identifier(table.raw_name), _names(table)),
        [municipality_no, load_id, *last],
    )


def remember(connection: Connection, table: Table, municipality_no: str, load_id: int, *, is_backfill: bool) -> None:
    """Bring raw's rows of this load into history. A backfill leaves the open versions as they are."""
    connection.execute(sql.SQL("analyze raw.{}").format(sql.Identifier(table.raw_name)))
    terms = {
        "raw": sql.Identifier("raw", table.raw_name),
        "history": sql.Identifier("history", table.raw_name),
        "columns": _names(table),
        "same": sql.SQL(" and ").join(
            sql.SQL("h.{0} = r.{0}" if c.name in table.key else "h.{0} is not distinct from r.{0}").format(
                sql.Identifier(c.name)
            )
            for c in table.columns
        ),
    }
    close: LiteralString = "h.loads - int8multirange(int8range(%(load)s, null))"
    if is_backfill:
        close = "h.loads - int8multirange(int8range(%(load)s, %(load)s, '[]'))"
    steps: list[LiteralString] = [
        "update {history} h set loads = "
        + close
        + " where h.municipality_no = %(no)s and upper_inf(h.loads) and not exists"
        " (select from {raw} r where r.municipality_no = %(no)s and {same})"
    ]
    opened: LiteralString = "int8range(%(load)s, null)"
    if is_backfill:
        opened = "int8range(%(load)s, %(load)s, '[]')"
        steps.append(  # a version that has since ended was there then: one of those that are alike says so
            "update {history} set loads = loads + int8multirange(" + opened + ") where ctid in"
            " (select min(h.ctid) from {history} h join {raw} r on {same}"
            " where h.municipality_no = %(no)s and r.municipality_no = %(no)s"
            " group by r.ctid having not bool_or(h.loads @> %(load)s::bigint))"
        )
    steps.append(
        "insert into {history} (municipality_no, {columns}, loads)"
        " select municipality_no, {columns}, int8multirange(" + opened + ") from {raw} r"
        " where municipality_no = %(no)s and not exists (select from {history} h"
        " where h.municipality_no = %(no)s and h.loads @> %(load)s::bigint and {same})"
    )
    for step in steps:
        connection.execute(sql.SQL(step).format(**terms), {"load": load_id, "no": municipality_no})


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def restore(connection: Connection, municipality_no: str, load_id: int) -> None:
    """Put the rows of an accepted load into raw, and it into tonight's scope."""
    enter_scope(connection, municipality_no, load_id)
    for table in tables().values():
        stand_in(connection, table, municipality_no, load_id, (municipality_no, load_id))
        connection.execute(sql.SQL("analyze raw.{}").format(sql.Identifier(table.raw_name)))


# ---------------------------------------------------------------------------------------------- the books


def newest_accepted(
    connection: Connection, numbers: Sequence[str], *, until: Any = None, table_name: str | None = None
) -> dict[str, Any] | None:
    """The newest accepted delivery of a municipality (by all its numbers), with an extract date not after `until`,
    and, with `table_name`, that held this table. Keys: load_id, municipality_no, extract_date, content_sha256."""
    row = connection.execute(
        "select load_id, municipality_no, extract_date, content_sha256 from landing.delivery d"
        " where municipality_no = any(%(numbers)s) and status = 'accepted'"
        " and (%(until)s::date is null or extract_date <= %(until)s)"
        " and (%(table)s::text is null or exists (select from landing.delivery_file f"
        " where f.municipality_no = d.municipality_no and f.load_id = d.load_id and f.table_name = %(table)s))"
        " order by extract_date desc, load_id desc limit 1",
        {"numbers": list(numbers), "until": until, "table": table_name},
    ).fetchone()
    return (
        dict(zip(("load_id", "municipality_no", "extract_date", "content_sha256"), row, strict=True)) if row else None
    )


def rows_delivered(connection: Connection, municipality_no: str, load_id: int) -> dict[str, int]:
    """Rows by table of a load."""
    return {
        row[0]: int(row[1])
        for row in connection.execute(
            "select table_name, sum(rows_delivered) from landing.delivery_file"
            " where municipality_no = %s and load_id = %s group by table_name",
            [municipality_no, load_id],
        )
    }


def copy_books(
    connection: Connection, table_name: LiteralString, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """COPY rows into one of the landing tables."""
    if not rows:
        return
    statement = sql.SQL("copy landing.{} ({}) from stdin").format(
        sql.Identifier(table_name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
