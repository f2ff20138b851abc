"""Raw: tonight's extracts, in full.

Belongs here: its tables, which follow from the contracts, COPY into them, and what stands in for a table that was not
delivered. Does not belong here: every version of every row (history.py), and what may be loaded (rules.py, door.py).

Of FOLLOWED it holds every version too, with the deliveries that held them: so models read of history what they need,
of tonight's municipalities, and a developer's login needs no right beyond its own raw.

Its tables are named without a schema, for runs beside each other have a raw each, and the connection says which
(warehouse.BuildSpace). Where nights build on a server beside the warehouse, raw is there: `connection` is always to the
warehouse, which has the books and history, and `build` to where raw is. Else both are one.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

from dagster_project.vocabulary.contracts import Table, tables
from dagster_project.warehouse import building, ddl

if TYPE_CHECKING:
    import polars as pl

Connection = psycopg.Connection[Any]

# the registers whose changes models tell
FOLLOWED = ("measure", "challenge")

CHUNK = 10_000  # rows a COPY message: the server parses one while the next is written, which holds the interpreter

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


_DELIVERY: LiteralString = """
create unlogged table history__delivery (
    municipality_no text not null,
    load_id bigint not null,
    extract_date date not null,
    as_of date not null,
    is_backfill boolean not null
);
comment on table history__delivery is
    'The accepted deliveries of tonight''s municipalities. One row per delivery.';
"""


def make(connection: Connection) -> None:
    """Make the connection's raw where it is not there as the contracts have it now; what an older one held goes."""
    statements: list[sql.Composable] = [sql.SQL(_SCOPE), sql.SQL(_DELIVERY)]
    for table in tables().values():
        name = sql.Identifier(table.raw_name)
        statements.append(
            sql.SQL("create unlogged table {} (municipality_no text not null, load_id bigint not null, {})").format(
                name, columns(table)
            )
        )
        statements.append(sql.SQL("comment on table {} is {}").format(name, table.description))
        statements.extend(described(table, name))
    for table in followed():
        name = sql.Identifier(_versions(table))
        statements.append(
            sql.SQL(
                "create unlogged table {} (municipality_no text not null, loads int8multirange not null, {})"
            ).format(name, columns(table))
        )
        statements.append(sql.SQL("comment on table {} is {}").format(name, f"Row versions. {table.description}"))
        statements.extend(described(table, name))
    (schema,) = connection.execute("show search_path").fetchone() or ("",)
    about = "The extracts of tonight's run, in full; emptied when a night opens"
    with ddl.making(connection, schema, about, [each.as_string() for each in statements]) as is_new:
        if is_new:
            connection.execute(sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(plain(schema)))
            connection.execute(sql.SQL("; ").join(statements))


def followed() -> list[Table]:
    """FOLLOWED, without the columns that readers never see."""
    every = [tables()[name] for name in FOLLOWED]
    return [replace(table, columns=tuple(each for each in table.columns if each.published)) for table in every]


def _versions(table: Table) -> str:
    return f"history__{table.raw_name}"


def columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), plain(column.sql_type)) for column in table.columns
    )


def described(table: Table, name: sql.Identifier) -> list[sql.Composed]:
    return [
        sql.SQL("comment on column {}.{} is {}").format(name, sql.Identifier(column.name), column.description)
        for column in table.columns
    ]


def plain(text: str) -> sql.SQL:
    """SQL from the contracts, which are code like any other."""
    return sql.SQL(text)  # type: ignore[arg-type]


def raw_tables() -> list[str]:
    """The tables of raw, its scope included."""
    return ["scope", *(table.raw_name for table in tables().values()), *remembered()]


def remembered() -> dict[str, list[str]]:
    """The tables of raw that hold what was delivered before tonight, each with its columns."""
    return {
        "history__delivery": ["municipality_no", "load_id", "extract_date", "as_of", "is_backfill"],
        **{
            _versions(table): ["municipality_no", "loads", *(column.name for column in table.columns)]
            for table in followed()
        },
    }


def empty_raw(connection: Connection) -> None:
    """Empty raw, its scope included; it is made anew where the contracts have changed."""
    make(connection)
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


def in_scope(build: Connection) -> list[str]:
    """The municipalities of tonight's run."""
    return [number for (number,) in build.execute("select municipality_no from scope order by 1")]


def enter_scope(
    connection: Connection,
    build: Connection,
    numbers: Sequence[str],
    municipality_no: str,
    load_id: int,
    brought: Sequence[str] = (),
) -> None:
    """Make room in raw for this municipality's rows, and put the load into tonight's scope.

    `brought`: tables that the load holds and the books do not know of yet.
    """
    leave_scope(build, municipality_no)
    building.carry(
        connection,
        sql.SQL(
            "select municipality_no, load_id, extract_date, as_of, array("
            "   select file.source || '/' || file.table_name"
            "   from landing.delivery_file as file"
            "   inner join landing.delivery as earlier using (municipality_no, load_id)"
            "   where municipality_no = any(%(numbers)s) and earlier.extract_date <= delivery.extract_date"
            "   and load_id <= delivery.load_id"
            "   union select unnest(%(brought)s::text[]) order by 1"
            " ) from landing.delivery where municipality_no = %(number)s and load_id = %(load)s"
        ),
        {"numbers": list(numbers), "brought": list(brought), "number": municipality_no, "load": load_id},
        build,
        sql.Identifier("scope"),
        ["municipality_no", "load_id", "extract_date", "as_of", "delivered_tables"],
    )


def copy_rows(connection: Connection, table: Table, municipality_no: str, load_id: int, rows: "pl.DataFrame") -> None:
    """COPY parsed rows into raw."""
    import polars as pl

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
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(name, column_names(table), sql.SQL(form))
    with connection.cursor().copy(statement) as copy, ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next, messages, None)
        while (current := following.result()) is not None:
            following = ahead.submit(next, messages, None)
            copy.write(current)
    connection.execute(
        sql.SQL("alter table {} alter municipality_no drop default, alter load_id drop default").format(name)
    )


def _binary(rows: "pl.DataFrame") -> Iterator[bytes]:
    """The messages of a COPY in PostgreSQL's binary format."""
    import polars as pl
    from pgpq import ArrowToPostgresBinaryEncoder

    newest = pl.CompatLevel.newest()  # polars' own text, which need not be copied
    encoder = ArrowToPostgresBinaryEncoder(rows.clear().to_arrow(compat_level=newest).schema)
    yield encoder.write_header()
    for chunk in rows.iter_slices(CHUNK):
        for batch in chunk.to_arrow(compat_level=newest).to_batches():
            yield encoder.write_batch(batch)
    yield encoder.finish()


def _csv(rows: "pl.DataFrame") -> Iterator[bytes]:
    """The messages of a COPY in CSV."""
    for chunk in rows.iter_slices(CHUNK):
        yield chunk.write_csv(include_header=False).encode()


def stand_in(
    connection: Connection, build: Connection, table: Table, municipality_no: str, load_id: int, last: tuple[str, int]
) -> None:
    """Put the rows of an earlier load (municipality number, load id) into raw, as if they were delivered again."""
    name = sql.Identifier(table.raw_name)
    query = sql.SQL(
        "select %s::text, %s::bigint, {1} from history.{0} where municipality_no = %s and loads @> %s::bigint"
    ).format(name, column_names(table))
    columns = ["municipality_no", "load_id", *(column.name for column in table.columns)]
    building.carry(connection, query, [municipality_no, load_id, *last], build, name, columns)


def bring_versions(connection: Connection, build: Connection, municipality_no: str) -> None:
    """Put into raw what history holds of this municipality's FOLLOWED, once it holds tonight's load."""
    columns = remembered()
    deliveries: LiteralString = "select {} from landing.delivery where municipality_no = %s and status = 'accepted'"
    versions: LiteralString = "select {} from history.{} where municipality_no = %s"
    for name, query, of in [
        ("history__delivery", deliveries, ()),
        *((_versions(table), versions, (sql.Identifier(table.raw_name),)) for table in followed()),
    ]:
        named = sql.SQL(", ").join(map(sql.Identifier, columns[name]))
        statement = sql.SQL(query).format(named, *of)
        building.carry(connection, statement, [municipality_no], build, sql.Identifier(name), columns[name])


def lend(connection: Connection, build: Connection, name: str, municipality_nos: Sequence[str]) -> None:
    """Let the warehouse's transaction see these municipalities' rows of a table of raw, by its name."""
    if build is connection:
        return  # it does
    query = sql.SQL("select * from {} where municipality_no = any(%s)").format(sql.Identifier(name))
    table = sql.Identifier(name)
    building.lend(build, query, [list(municipality_nos)], connection, table, until="the transaction ends")


def analyze_raw(connection: Connection) -> None:
    """Let the planner know what raw holds: once a night, for it costs as much as judging a delivery."""
    names = [sql.Identifier(table.raw_name) for table in tables().values()]
    connection.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(names)))


def column_names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def restore(
    connection: Connection, build: Connection, numbers: Sequence[str], municipality_no: str, load_id: int
) -> None:
    """Put the rows of an accepted load into raw, and it into tonight's scope. `numbers`: all of the municipality's."""
    enter_scope(connection, build, numbers, municipality_no, load_id)
    for table in tables().values():
        stand_in(connection, build, table, municipality_no, load_id, (municipality_no, load_id))
    bring_versions(connection, build, municipality_no)
