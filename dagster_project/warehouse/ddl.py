"""Making tables and views while others read: one process at a time, and only what is new.

Belongs here: how DDL is run. Does not belong here: which tables there are.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    import psycopg


@contextmanager
def making(connection: "psycopg.Connection[Any]", schema: str, about: str, statements: Sequence[str]) -> Iterator[bool]:
    """Whether what these statements make in the schema is still to be made; afterwards it is remembered as made.

    One process at a time, in one transaction. Where nothing is new nothing is done: DDL waits for those who are writing
    or reading, and two who wait for each other end in an error. The version stands in the schema's comment.
    """
    from psycopg import sql

    comment = f"{about}; version {hashlib.sha256(''.join(statements).encode()).hexdigest()[:12]}"
    with connection.transaction():
        _make_alone(connection, schema)
        row = connection.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", [schema]).fetchone()
        is_new = row != (comment,)
        yield is_new
        if is_new:
            connection.execute(
                sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(comment))
            )


def _make_alone(connection: "psycopg.Connection[Any]", schema: str) -> None:
    """Wait until nobody else makes what is in the schema; until this transaction ends nobody else does."""
    locks.take(connection, f"bolig.making.{schema}", until="transaction")


def views(connection: "psycopg.Connection[Any]", schema: str) -> set[str]:
    """The names of the views that are in a schema."""
    found = connection.execute("select viewname from pg_views where schemaname = %s", [schema])
    return {name for (name,) in found}


@contextmanager
def without_datasets(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """Take the datasets' views away while what they read gets another shape, and put them back as they were.

    To be used within a transaction, so that no reader misses them. A view that no longer fits what it reads is left
    out: the publication that is under way makes all of them as its version has them.
    """
    from psycopg import errors, sql

    # as who makes them anew does: two that drop the same views would wait for each other
    _make_alone(connection, warehouse.DATASETS)
    views = connection.execute(
        "select relname, pg_get_viewdef(oid), obj_description(oid) from pg_class"
        " where relnamespace = to_regnamespace(%s) and relkind = 'v'",
        [warehouse.DATASETS],
    ).fetchall()
    for name, _, _ in views:
        connection.execute(sql.SQL("drop view {}").format(sql.Identifier(warehouse.DATASETS, name)))
    yield
    for name, query, description in views:
        with suppress(errors.ProgrammingError), connection.transaction():
            make_dataset(connection, name, query, description)


def make_dataset(connection: "psycopg.Connection[Any]", name: str, query: str, description: str) -> None:
    """Make a dataset's view, which selects by its owner's rights. Raises psycopg's errors.

    So the dashboards' login needs none on what the view reads. It is no barrier (security_barrier), for what it keeps
    from them are columns: every row of a published table is for whoever sees the dashboards.
    """
    from psycopg import sql

    view = sql.Identifier(warehouse.DATASETS, name)
    connection.execute(sql.SQL("create view {} as ").format(view) + sql.SQL(query))  # type: ignore[arg-type]
    connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(description)))
