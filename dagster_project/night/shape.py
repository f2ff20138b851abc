"""The shape of published tables: columns, indexes and what is said of them, as the built ones have it.

Belongs here: giving a published table a new shape. Does not belong here: its rows of this night (publish.py).
"""

from typing import TYPE_CHECKING, Any

from psycopg import errors, sql

from dagster_project.night import record
from dagster_project.warehouse import ddl

if TYPE_CHECKING:
    from psycopg import Connection


def columns(connection: "Connection[Any]", name: sql.Identifier) -> dict[str, tuple[str, str]]:
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


def _describe(
    connection: "Connection[Any]", build: "Connection[Any]", source: sql.Identifier, table: sql.Identifier
) -> None:
    """Say of a table and its columns what is said of the built one."""
    said = """
        select attribute.attname, description.description
        from pg_description as description left join pg_attribute as attribute
        on description.objoid = attribute.attrelid and description.objsubid = attribute.attnum and attribute.attnum > 0
        where description.objoid = to_regclass(%s) and description.classoid = 'pg_class'::regclass
    """
    new, old = (
        dict(at.execute(said, [name.as_string()]).fetchall()) for at, name in ((build, source), (connection, table))
    )
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


def _definition(build: "Connection[Any]", source: sql.Identifier) -> sql.Composable:
    """The columns and keys of a built table, as another server makes a table of them: dbt makes no more."""
    found = build.execute(
        """
        select format(
            '%%I %%s %%s', attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end
        )
        from pg_attribute where attrelid = to_regclass(%(name)s) and attnum > 0 and not attisdropped
        order by attnum
        """,
        {"name": source.as_string()},
    ).fetchall()
    keys = build.execute(
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = to_regclass(%s) and contype in ('p', 'u', 'c') order by conname",
        [source.as_string()],
    ).fetchall()
    return sql.SQL(", ").join(sql.SQL(line) for (line,) in found + keys)


def keep_in_shape(
    connection: "Connection[Any]",
    build: "Connection[Any]",
    source: sql.Identifier,
    schema: str,
    table: str,
    municipality_nos: list[str],
) -> None:
    """Give a published table the shape of the built one, with the rows of the municipalities not of this night.

    `build` leads to the built one, `connection` to the published; both may be one. Where those rows do not fit, they
    come back with their own next night: all are built anew where the code is new.
    """
    old, new = sql.Identifier(schema, table), sql.Identifier(schema, f"{table}__new")
    built = columns(build, source)
    published = columns(connection, old)
    # their order counts too: readers type select *
    if list(built.items()) == list(published.items()) and _indexes(build, source) == _indexes(connection, old):
        _describe(connection, build, source, old)
        return
    shape = _definition(build, source) if build is not connection else sql.SQL("like {} including all").format(source)
    connection.execute(sql.SQL("create table {} ({})").format(new, shape))
    _describe(connection, build, source, new)
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
            record.progress.warning(
                "%s.%s has a new shape, and what other municipalities have in it does not fit (%s): left out until"
                " their own next night.",
                schema,
                table,
                type(misfit).__name__,
            )
    with ddl.without_datasets(connection):
        connection.execute(sql.SQL("drop table if exists {}").format(old))
        connection.execute(sql.SQL("alter table {} rename to {}").format(new, sql.Identifier(table)))
