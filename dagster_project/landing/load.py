"""The tables of landing, raw and history, and what is written into them: all SQL of the landing room.

Belongs here: DDL that follows from the contracts, COPY, the history of row versions, the books.
Does not belong here: what may be loaded (rules.py, door.py).

raw holds tonight's extracts only, in full; its tables are named without a schema, for runs beside each other have a raw
each, and the connection says which (warehouse.BuildSpace). history holds every version of every row once: `loads` is
the multirange of the load ids whose delivery held it, open at its upper end for what the newest delivery holds. The
rows of a municipality's load L are those with `loads @> L`. So a usual night, in which little changes, writes little.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import polars as pl
import psycopg
from psycopg import sql

from dagster_project import BoligError, warehouse
from dagster_project.landing import people
from dagster_project.landing.contracts import Table, tables

Connection = psycopg.Connection[Any]

CHUNK = 10_000  # rows a COPY message: the server parses one while the next is written, which holds the interpreter

_BOOKS: LiteralString = """
create schema if not exists landing;
create schema if not exists history;
comment on schema history is 'Every row version of every accepted delivery';

create table if not exists landing.delivery (
    load_id bigint generated always as identity primary key,
    municipality_no text not null,
    extract_date date not null,
    as_of date not null,
    status text not null check (status in ('accepted', 'refused', 'pruned')),
    is_backfill boolean not null,
    content_sha256 text not null,
    received_at timestamptz not null default now(),
    faults jsonb not null default '[]',
    amended_at timestamptz
);
do $$ begin
    -- made before loads could be pruned or amended; asked first, for altering waits for every reader
    if not exists (
        select from pg_attribute where attrelid = 'landing.delivery'::regclass and attname = 'amended_at'
    ) then
        alter table landing.delivery
            add column amended_at timestamptz,
            drop constraint delivery_status_check,
            add constraint delivery_status_check check (status in ('accepted', 'refused', 'pruned'));
    end if;
end $$;
create index if not exists delivery_newest on landing.delivery
    (municipality_no, status, extract_date desc, load_id desc);
comment on table landing.delivery is 'What came to the door. One row per accepted or refused delivery.';
comment on column landing.delivery.load_id is 'The load; history''s multiranges hold these numbers';
comment on column landing.delivery.as_of is 'The day that the delivery closes: the day before its extract date';
comment on column landing.delivery.is_backfill is
    'Older than the newest delivery when it came: it left the current figures alone';
comment on column landing.delivery.content_sha256 is 'Names and bytes of its files: the same is not loaded twice';
comment on column landing.delivery.status is
    'accepted, refused, or pruned: accepted once, but its rows are kept no longer';
comment on column landing.delivery.amended_at is
    'When rows of it were last erased, or given to another person (`bolig person`); empty where they are as delivered';
comment on column landing.delivery.faults is
    'Why it was refused: file, column, found, message. No personal or restricted value';

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
create index if not exists delivery_file_newest on landing.delivery_file (municipality_no, table_name, load_id);
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
    'fields, characters, personal, type, code, required, person, order, only, empty, same_dwelling, key, reference,'
    ' parent or erased';
comment on column landing.quarantined_row.value is
    'What stood there; null for personal and restricted columns, and for whatever holds a personal number';

create table if not exists landing.pseudonym_key (
    is_one boolean primary key default true check (is_one),
    fingerprint text not null,
    since timestamptz not null default now()
);
comment on table landing.pseudonym_key is 'The keys that this warehouse''s pseudonyms were made with. One row.';
comment on column landing.pseudonym_key.fingerprint is 'Tells whether keys are the right ones, and not what they are';

create table if not exists landing.municipality (
    municipality_no text primary key,
    first_no text not null
);
comment on table landing.municipality is 'Whose deliveries were accepted. One row per municipality number.';
comment on column landing.municipality.first_no is
    'The first number that was known of the municipality then: the pseudonyms of its people hang on it';

create table if not exists landing.erased_person (
    municipality_no text not null,
    person_id text not null,
    erased_at timestamptz not null default now(),
    gone_from date,
    primary key (municipality_no, person_id)
);
comment on table landing.erased_person is
    'Persons erased from the warehouse, whose rows the door drops. One row per municipality (by its first number) and'
    ' pseudonym.';
comment on column landing.erased_person.gone_from is
    'Extract date of the first delivery without the person: deliveries of this date and later are taken as they are,'
    ' older ones still without the person. Empty while the sources deliver the person';
"""

_SCOPE: LiteralString = """
create unlogged table scope (
    municipality_no text primary key,
    load_id bigint not null,
    extract_date date not null,
    as_of date not null,
    delivered_tables text[] not null
);
comment on table scope is 'What tonight''s run is about. One row per municipality.';
comment on column scope.delivered_tables is
    'The tables, as allocation/application, that came with this delivery or an earlier one: of others nothing is known';
"""


class ContractChanged(BoligError):
    """A contract changed so that what is stored does not fit it; the message says what to do. Nothing was changed."""


def prepare(connection: Connection) -> None:
    """Make sure that the tables are there, as the contracts have them now.

    A new column of a contract is added. A column of another type is converted where every stored value stays what it
    is; else ContractChanged is raised. A column that a contract no longer has keeps what it held.
    """
    statements = [_BOOKS, *(_ddl(table, {}).as_string() for table in tables().values())]
    about = "The door's books: what was delivered, taken, refused and quarantined"
    with warehouse.making(connection, "landing", about, statements) as is_new:
        if is_new or behind(connection):
            connection.execute(_BOOKS)
            _remember_municipalities(connection)
            existing = _existing(connection)
            for table in tables().values():
                _convert(connection, table, existing)
                connection.execute(_ddl(table, existing))
    if connection.execute("select current_schema() is null").fetchone() == (True,):
        _make_raw(connection)


def behind(connection: Connection) -> list[str]:
    """What the stored tables lack of what the contracts have now; prepare brings it."""
    existing = _existing(connection)
    lacking = []
    for table in tables().values():
        for column in table.columns:
            stored = existing.get((table.raw_name, column.name))
            if stored is None:
                lacking.append(f"{table.source}/{table.name} has {column.name}")
            elif stored != column.sql_type:
                lacking.append(f"{table.source}/{table.name}: {column.name} is {column.sql_type}, no longer {stored}")
    return lacking


Existing = dict[tuple[str, str], str]
"""Type by table of history and column."""


def _existing(connection: Connection) -> Existing:
    rows = connection.execute(
        "select relname, attname, format_type(atttypid, atttypmod)"
        " from pg_attribute inner join pg_class on attrelid = pg_class.oid"
        " where relnamespace = to_regnamespace('history') and relkind = 'r' and attnum > 0 and not attisdropped"
    )
    return {(table, column): sql_type for table, column, sql_type in rows}


def _convert(connection: Connection, table: Table, existing: Existing) -> None:
    """Give columns whose type is another one now their new type."""
    history = sql.Identifier("history", table.raw_name)
    changed = [
        (column, stored)
        for column in table.columns
        if (stored := existing.get((table.raw_name, column.name), column.sql_type)) != column.sql_type
    ]
    for column, stored in changed:
        terms = {
            "history": history,
            "column": sql.Identifier(column.name),
            "new": _plain(column.sql_type),
            "old": _plain(stored),
        }
        refusal = ContractChanged(
            f"The contract of {table.source}/{table.name} makes {column.name} {column.sql_type}; it was {stored}, "
            "and not every stored value stays what it is. Give the column a new name in the contract (the old one "
            "keeps its history), or take the change back. Nothing was changed."
        )
        try:
            with connection.transaction():
                # there and back: what does not come back the same was read otherwise than it was meant (01.02.2010)
                query = "select exists (select from {history} where {column}::{new}::{old} is distinct from {column})"
                (is_lossy,) = connection.execute(sql.SQL(query).format(**terms)).fetchone() or (True,)
                if not is_lossy:
                    statement = "alter table {history} alter column {column} type {new} using {column}::{new}"
                    connection.execute(sql.SQL(statement).format(**terms))
        except (psycopg.DataError, psycopg.errors.CannotCoerce):
            raise refusal from None
        if is_lossy:
            raise refusal


def _ddl(table: Table, existing: Existing) -> sql.Composed:
    history = sql.Identifier("history", table.raw_name)
    statements = [
        sql.SQL(
            "create table if not exists {} (municipality_no text not null, {}, loads int8multirange not null)"
        ).format(history, _columns(table)),
        # Every night compares a municipality's table as a whole, so an index on the key would only cost. This one tells
        # in which pages its rows are, at next to no cost: not by the least and the greatest number in them, for where
        # the nights' changes lie together those are the country's.
        sql.SQL(
            "drop index if exists {}; create index if not exists {} on {}"
            " using brin (municipality_no text_bloom_ops) with (pages_per_range = 4)"
        ).format(
            sql.Identifier("history", f"{table.raw_name}_municipality"),
            sql.Identifier(_index_name(table)),
            history,
        ),
        sql.SQL("comment on table {} is {}").format(history, f"Row versions. {table.description}"),
        sql.SQL("comment on column {}.loads is 'The loads whose delivery held this row version'").format(history),
        *_described(table, history),
    ]
    for column in table.columns:
        if (table.raw_name, "municipality_no") in existing and (table.raw_name, column.name) not in existing:
            statements.insert(
                0,
                sql.SQL("alter table {} add column {} {}").format(
                    history, sql.Identifier(column.name), _plain(column.sql_type)
                ),
            )
    return sql.SQL("; ").join(statements)


def _index_name(table: Table) -> str:
    return f"{table.raw_name}_of_municipality"


def _make_raw(connection: Connection) -> None:
    """Make the connection's raw where it is not there as the contracts have it now; what an older one held goes."""
    statements: list[sql.Composable] = [sql.SQL(_SCOPE)]
    for table in tables().values():
        name = sql.Identifier(table.raw_name)
        statements.append(
            sql.SQL("create unlogged table {} (municipality_no text not null, load_id bigint not null, {})").format(
                name, _columns(table)
            )
        )
        statements.append(sql.SQL("comment on table {} is {}").format(name, table.description))
        statements.extend(_described(table, name))
    (schema,) = connection.execute("show search_path").fetchone() or ("",)
    about = "The extracts of tonight's run, in full; emptied when a night opens"
    with warehouse.making(connection, schema, about, [each.as_string() for each in statements]) as is_new:
        if is_new:
            connection.execute(sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(_plain(schema)))
            connection.execute(sql.SQL("; ").join(statements))


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), _plain(column.sql_type)) for column in table.columns
    )


def _described(table: Table, name: sql.Identifier) -> list[sql.Composed]:
    return [
        sql.SQL("comment on column {}.{} is {}").format(name, sql.Identifier(column.name), column.description)
        for column in table.columns
    ]


def _plain(text: str) -> sql.SQL:
    """SQL from the contracts, which are code like any other."""
    return sql.SQL(text)  # type: ignore[arg-type]


def raw_tables() -> list[str]:
    """The tables of raw, its scope included."""
    return ["scope", *(table.raw_name for table in tables().values())]


def empty_raw(connection: Connection) -> None:
    """Empty raw, its scope included; it is made anew where the contracts have changed."""
    _make_raw(connection)
    names = raw_tables()
    # an unlogged table is emptied by making its files anew and waiting for the disk: not for what holds nothing
    held = connection.execute(
        "select name from unnest(%s::text[]) as name where pg_relation_size(name::regclass) > 0", [names]
    ).fetchall()
    if held:
        connection.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(sql.Identifier(name) for (name,) in held)))


def leave_scope(connection: Connection, municipality_no: str) -> None:
    """Take a municipality's rows out of raw, and its load out of tonight's scope."""
    connection.execute("lock table scope in exclusive mode")
    inside = {number for (number,) in connection.execute("select municipality_no from scope")}
    if municipality_no not in inside:
        return  # what is in raw is in scope
    if inside == {municipality_no}:
        empty_raw(connection)
        return
    for name in raw_tables():
        statement = sql.SQL("delete from {} where municipality_no = %s").format(sql.Identifier(name))
        connection.execute(statement, [municipality_no])


def enter_scope(
    connection: Connection, numbers: Sequence[str], municipality_no: str, load_id: int, brought: Sequence[str] = ()
) -> None:
    """Make room in raw for this municipality's rows, and put the load into tonight's scope.

    `brought`: tables that the load holds and the books do not know of yet.
    """
    leave_scope(connection, municipality_no)
    connection.execute(
        "insert into scope select municipality_no, load_id, extract_date, as_of, array("
        "   select file.source || '/' || file.table_name"
        "   from landing.delivery_file as file inner join landing.delivery as earlier using (municipality_no, load_id)"
        "   where municipality_no = any(%(numbers)s) and earlier.extract_date <= delivery.extract_date"
        "   and load_id <= delivery.load_id"
        "   union select unnest(%(brought)s::text[]) order by 1"
        " ) from landing.delivery where municipality_no = %(number)s and load_id = %(load)s",
        {"numbers": list(numbers), "brought": list(brought), "number": municipality_no, "load": load_id},
    )


def copy_rows(connection: Connection, table: Table, municipality_no: str, load_id: int, rows: pl.DataFrame) -> None:
    """COPY parsed rows into raw."""
    if not rows.height:
        return
    name = sql.Identifier(table.raw_name)
    # what is the same on every row need not be sent with every row: a tenth of the time of a large COPY
    connection.execute(
        sql.SQL("alter table {} alter municipality_no set default {}, alter load_id set default {}").format(
            name, municipality_no, load_id
        )
    )
    rows = rows.select(column.name for column in table.columns)
    # The binary format is half the work of CSV, for the server most of all, which need not read dates and numbers.
    # What has more digits than Arrow's decimals is text until the server reads it.
    is_text = any(column.type == "decimal" and rows[column.name].dtype == pl.String for column in table.columns)
    messages, form = (_csv(rows), "csv") if is_text else (_binary(rows), "binary")
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(name, _names(table), sql.SQL(form))
    with connection.cursor().copy(statement) as copy, ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next, messages, None)
        while (current := following.result()) is not None:
            following = ahead.submit(next, messages, None)
            copy.write(current)
    connection.execute(
        sql.SQL("alter table {} alter municipality_no drop default, alter load_id drop default").format(name)
    )


def _binary(rows: pl.DataFrame) -> Iterator[bytes]:
    """The messages of a COPY in PostgreSQL's binary format."""
    from pgpq import ArrowToPostgresBinaryEncoder

    newest = pl.CompatLevel.newest()  # polars' own text, which need not be copied
    encoder = ArrowToPostgresBinaryEncoder(rows.clear().to_arrow(compat_level=newest).schema)
    yield encoder.write_header()
    for chunk in rows.iter_slices(CHUNK):
        for batch in chunk.to_arrow(compat_level=newest).to_batches():
            yield encoder.write_batch(batch)
    yield encoder.finish()


def _csv(rows: pl.DataFrame) -> Iterator[bytes]:
    """The messages of a COPY in CSV."""
    for chunk in rows.iter_slices(CHUNK):
        yield chunk.write_csv(include_header=False).encode()


def stand_in(connection: Connection, table: Table, municipality_no: str, load_id: int, last: tuple[str, int]) -> None:
    """Put the rows of an earlier load (municipality number, load id) into raw, as if they were delivered again."""
    connection.execute(
        sql.SQL(
            "insert into {0} (municipality_no, load_id, {1}) select %s, %s, {1} from history.{0}"
            " where municipality_no = %s and loads @> %s::bigint"
        ).format(sql.Identifier(table.raw_name), _names(table)),
        [municipality_no, load_id, *last],
    )


def analyze_raw(connection: Connection) -> None:
    """Let the planner know what raw holds: once a night, for it costs as much as judging a delivery."""
    names = [sql.Identifier(table.raw_name) for table in tables().values()]
    connection.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(names)))


def index_history(connection: Connection) -> None:
    """Let history's indexes know what was added: what they do not know of yet is read for every municipality."""
    for table in tables().values():
        index = sql.Identifier("history", _index_name(table)).as_string(connection)
        connection.execute("select brin_summarize_new_values(%s::regclass)", [index])


def widen(connection: Connection) -> None:
    """Set this transaction up for the comparison with history, which joins whole tables once.

    Not in parallel: that took a third off its time, but its shared memory is more than a container has by default. And
    by history's index, though the planner may think that it finds nothing: it judges by how far the order of the pages
    is that of the numbers, which after nights of many municipalities it is not.
    """
    connection.execute(
        "set local work_mem = '256MB'; set local enable_parallel_hash = off; set local jit = off;"
        " set local enable_seqscan = off"
    )


def is_first(connection: Connection, municipality_no: str, load_id: int) -> bool:
    """Whether this load is the only one of its municipality, so that history has nothing to compare it with."""
    return not connection.execute(
        "select from landing.delivery where municipality_no = %s and status = 'accepted' and load_id <> %s limit 1",
        [municipality_no, load_id],
    ).rowcount


def remember(
    connection: Connection, table: Table, municipality_no: str, load_id: int, *, is_first: bool, is_backfill: bool
) -> None:
    """Bring raw's rows of this load into history. A backfill leaves the open versions open."""
    terms = {
        "raw": sql.Identifier(table.raw_name),
        "history": sql.Identifier("history", table.raw_name),
        "columns": _names(table),
        "key": sql.SQL(", ").join(sql.Identifier(name) for name in table.key),
        "same": sql.SQL(" and ").join(
            sql.SQL("h.{0} is not distinct from r.{0}").format(sql.Identifier(column.name)) for column in table.columns
        ),
        "no": municipality_no,
        "load": load_id,
        "loads": sql.SQL("int8multirange(int8range({}, {}))").format(load_id, load_id + 1 if is_backfill else None),
    }

    def run(statement: LiteralString) -> None:
        connection.execute(sql.SQL(statement).format(**terms))

    if is_first:
        run(
            "insert into {history} (municipality_no, {columns}, loads) select {no}, {columns}, {loads} from {raw}"
            " where municipality_no = {no}"
        )
        return
    # one pass over both sides, and a table of its own: only a query that writes nothing else runs in parallel
    run(
        "create temporary table difference on commit drop as select h.at as gone, r.at as come from"
        " (select ctid as at, * from {history} where municipality_no = {no} and upper_inf(loads)) h full join"
        " (select ctid as at, * from {raw} where municipality_no = {no}) r using ({key})"
        " where h.at is null or r.at is null or not ({same})"
    )
    run(
        "update {history} set loads = loads - {loads}"
        " where municipality_no = {no} and ctid = any(array(select gone from difference))"
    )
    if is_backfill:
        # a version that has since ended was there then: one of those that are alike says so
        run(
            "with again as (select min(h.ctid) as at, r.ctid as come from {history} h join {raw} r on {same}"
            " where r.municipality_no = {no} and r.ctid = any(array(select come from difference))"
            " and h.municipality_no = {no} and not upper_inf(h.loads) group by r.ctid),"
            " marked as (update {history} h set loads = loads + {loads} from again"
            " where h.municipality_no = {no} and h.ctid = again.at)"
            " delete from difference using again where difference.come = again.come"
        )
    run(
        "insert into {history} (municipality_no, {columns}, loads) select {no}, {columns}, {loads} from {raw}"
        " where municipality_no = {no} and ctid = any(array(select come from difference))"
    )
    run("drop table difference")


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def restore(connection: Connection, numbers: Sequence[str], municipality_no: str, load_id: int) -> None:
    """Put the rows of an accepted load into raw, and it into tonight's scope. `numbers`: all of the municipality's."""
    enter_scope(connection, numbers, municipality_no, load_id)
    for table in tables().values():
        stand_in(connection, table, municipality_no, load_id, (municipality_no, load_id))


# ---------------------------------------------------------------------------------------------- people


def key_fingerprint(connection: Connection) -> str | None:
    """The fingerprint of the keys that the stored pseudonyms were made with; None where none are stored yet."""
    row = connection.execute("select fingerprint from landing.pseudonym_key").fetchone()
    return row and str(row[0])


def keep_key_fingerprint(connection: Connection, fingerprint: str) -> None:
    """Record which keys the stored pseudonyms are made with."""
    if key_fingerprint(connection) == fingerprint:
        return  # writing it again would hold the row, and with it every other municipality's door
    connection.execute(
        "insert into landing.pseudonym_key (fingerprint) values (%s)"
        " on conflict (is_one) do update set fingerprint = excluded.fingerprint, since = now()",
        [fingerprint],
    )


def first_number(connection: Connection, numbers: Sequence[str]) -> str | None:
    """What a municipality's pseudonyms hang on, of all its numbers; None where nothing of it was accepted yet."""
    row = connection.execute(
        "select first_no from landing.municipality where municipality_no = any(%s) order by municipality_no limit 1",
        [list(numbers)],
    ).fetchone()
    return row and str(row[0])


def first_numbers(connection: Connection) -> dict[str, str]:
    """What the pseudonyms hang on, by every number that something was accepted under."""
    return dict(connection.execute("select municipality_no, first_no from landing.municipality order by 1").fetchall())


def keep_first_number(connection: Connection, municipality_no: str) -> None:
    """Record what the pseudonyms of a municipality hang on, whose first delivery is accepted."""
    connection.execute(
        "insert into landing.municipality (municipality_no, first_no) values (%s, %s) on conflict do nothing",
        [municipality_no, people.lineage(municipality_no)],
    )


def _remember_municipalities(connection: Connection) -> None:
    """What was accepted before the books had it was named by the numbers as they are now."""
    accepted = "select distinct municipality_no from landing.delivery where status <> 'refused'"
    for (number,) in connection.execute(accepted).fetchall():
        keep_first_number(connection, number)


def erased_persons(connection: Connection, lineage: str, extract_date: Any) -> frozenset[str]:
    """The pseudonyms whose rows a delivery of this date may not bring back."""
    rows = connection.execute(
        "select person_id from landing.erased_person"
        " where municipality_no = %s and (gone_from is null or gone_from > %s)",
        [lineage, extract_date],
    )
    return frozenset(row[0] for row in rows)


def let_go(connection: Connection, lineage: str, extract_date: Any, still_delivered: Sequence[str]) -> None:
    """Record that the sources delivered no more of the erased persons than these."""
    connection.execute(
        "update landing.erased_person set gone_from = %s"
        " where municipality_no = %s and gone_from is null and person_id <> all(%s)",
        [extract_date, lineage, list(still_delivered)],
    )


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


def copy_books(connection: Connection, table_name: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """COPY rows into one of the landing tables; its columns with blanks between them."""
    if not rows:
        return
    statement = sql.SQL("copy landing.{} ({}) from stdin").format(
        sql.Identifier(table_name), sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
