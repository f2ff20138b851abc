"""History: every version of every row of every accepted delivery, once.

Belongs here: its tables, which follow from the contracts, and what a delivery writes into them.
Does not belong here: tonight's extracts (raw.py).

`loads` is the multirange of the load ids whose delivery held a version, open at its upper end for what the newest
delivery holds. The rows of a municipality's load L are those with `loads @> L`. So a usual night, in which little
changes, writes little.
"""

from collections.abc import Sequence
from typing import LiteralString

import psycopg
from psycopg import sql

from dagster_project import BoligError
from dagster_project.landing import raw
from dagster_project.landing.raw import Connection
from dagster_project.vocabulary.contracts import Table, tables
from dagster_project.warehouse import citus, ddl


class ContractChanged(BoligError):
    """A contract changed so that what is stored does not fit it; the message says what to do. Nothing was changed."""


def prepare(connection: Connection) -> None:
    """Make sure that the tables are there, as the contracts have them now. The door's books are (records.prepare).

    A new column of a contract is added. A column of another type is converted where every stored value stays what it
    is; else ContractChanged is raised. A column that a contract no longer has keeps what it held.
    """
    statements = [_ddl(table, {}).as_string() for table in tables().values()]
    about = "The door's books: what was delivered, taken, refused and quarantined"
    with ddl.making(connection, "landing", about, statements) as is_new:
        if is_new or behind(connection):
            existing = _existing(connection)
            for table in tables().values():
                _convert(connection, table, existing)
                connection.execute(_ddl(table, existing))
            citus.keep_in_parts(connection)
    if connection.execute("select current_schema() is null").fetchone() == (True,):
        raw.make(connection)


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
            "new": raw.plain(column.sql_type),
            "old": raw.plain(stored),
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
        ).format(history, raw.columns(table)),
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
        *raw.described(table, history),
    ]
    for column in table.columns:
        if (table.raw_name, "municipality_no") in existing and (table.raw_name, column.name) not in existing:
            statements.insert(
                0,
                sql.SQL("alter table {} add column {} {}").format(
                    history, sql.Identifier(column.name), raw.plain(column.sql_type)
                ),
            )
    return sql.SQL("; ").join(statements)


def _index_name(table: Table) -> str:
    return f"{table.raw_name}_of_municipality"


def index_history(connection: Connection) -> None:
    """Let history's indexes know what was added: what they do not know of yet is read for every municipality."""
    if citus.is_there(connection):
        citus.summarize(connection)
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
    """Bring raw's rows of this load into history. A backfill leaves the open versions open.

    A version is known by its municipality, its key and its loads: history may lie in parts on several machines
    (docs/scaling.md), each of which has the same places (ctid). Where it lies whole, the place leads to it besides.
    """
    rest = [column.name for column in table.columns if column.name not in table.key]
    # without the place, a municipality's history is read once more: 0.8 s for a million rows, of which 10,000 are new
    was_there, is_it = ("h.municipality_no is not null", "d.gone") if citus.is_there(connection) else _BY_PLACE
    terms = {
        "raw": sql.Identifier(table.raw_name),
        "history": sql.Identifier("history", table.raw_name),
        "columns": raw.column_names(table),
        "key": sql.SQL(", ").join(map(sql.Identifier, table.key)),
        "delivered": _each("r.{0}", rest, ", "),
        "same": _each("h.{0} is not distinct from r.{0}", rest, " and "),
        "known": _each("h.{0} = d.{0}", table.key, " and "),
        "was_there": sql.SQL(was_there),
        "is_it": sql.SQL(is_it),
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
        "create temporary table difference on commit drop as"
        " select {key}, {delivered}, {was_there} as gone, r.municipality_no is not null as is_new"
        " from (select ctid as at, * from {history} where municipality_no = {no} and upper_inf(loads)) h full join"
        " (select * from {raw} where municipality_no = {no}) r using ({key})"
        " where h.municipality_no is null or r.municipality_no is null or not ({same})"
    )
    run(
        "update {history} h set loads = h.loads - {loads} from difference d"
        " where h.municipality_no = {no} and upper_inf(h.loads) and {known} and {is_it}"
    )
    if is_backfill:
        # a version that has since ended was there then: one of those that are alike says so
        run(
            "create temporary table again on commit drop as"
            " select distinct on ({key}) {key}, h.loads from {history} h join difference r using ({key})"
            " where h.municipality_no = {no} and not upper_inf(h.loads) and r.is_new and {same} order by {key}, h.loads"
        )
        run(
            "update {history} h set loads = h.loads + {loads} from again d"
            " where h.municipality_no = {no} and {known} and h.loads = d.loads"
        )
        run("delete from difference h using again d where {known}")
        run("drop table again")
    run(
        "insert into {history} (municipality_no, {columns}, loads) select {no}, {columns}, {loads} from difference"
        " where is_new"
    )
    run("drop table difference")


_BY_PLACE: tuple[LiteralString, LiteralString] = ("h.at", "h.ctid = d.gone")


def _each(term: LiteralString, columns: Sequence[str], between: LiteralString) -> sql.Composed:
    """The term for each column, one after another."""
    return sql.SQL(between).join(sql.SQL(term).format(sql.Identifier(name)) for name in columns)
