"""Reading what is published as a reader of one municipality does: PostgreSQL says which rows there are.

Belongs here: the connection, and rows with their types. Does not belong here: what is read, and what is made of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars
import psycopg
from psycopg import errors, sql
from psycopg.types.numeric import FloatLoader

from dagster_project import BoligError, warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import border
from superset_assets.derive import written

if TYPE_CHECKING:
    from psycopg import Connection

# by PostgreSQL's names
TYPES: dict[str, Any] = {
    "text": polars.String,
    "varchar": polars.String,
    "bool": polars.Boolean,
    "date": polars.Date,
    "int2": polars.Int64,
    "int4": polars.Int64,
    "int8": polars.Int64,
    "numeric": polars.Float64,
    "float4": polars.Float64,
    "float8": polars.Float64,
    "timestamp": polars.Datetime("us"),  # of the clocks here
    "timestamptz": polars.Datetime("us", "UTC"),
}


class ExportRefused(BoligError):
    """Nothing is written; the message says why."""


@contextmanager
def bound(settings: Settings, owner: "Connection[Any]", municipality_no: str) -> "Iterator[Connection[Any]]":
    """A connection of a reader who sees this municipality and no other; all that it reads is of one moment.

    By SQL Lab's login, which the border binds and which sees what any reader may. Raises ExportRefused where it does
    not see the municipality.
    """
    # not at a replica, which may not know yet what was granted a moment ago
    login = warehouse.role_name(settings, "sqllab")
    password = warehouse.password_of(settings, "sqllab") if settings.database_url else None
    url = warehouse.url_of(warehouse.database_url(settings), login, password)
    with (
        border.pass_for(owner, [municipality_no]) as given,
        psycopg.connect(url, autocommit=True, application_name="bolig export") as connection,
    ):
        # a statement, not an option of the start: poolers refuse those
        connection.execute(sql.SQL("set bolig.pass = {}").format(sql.Literal(given)))
        connection.adapters.register_loader("numeric", FloatLoader)
        connection.execute("begin transaction isolation level repeatable read read only")
        seen = connection.execute("select municipality_no from scorecard.publication").fetchall()
        if (municipality_no,) not in seen:
            raise ExportRefused(f"The database does not show {municipality_no} to its reader: nothing is written.")
        yield connection


def table(connection: "Connection[Any]", name: str) -> polars.DataFrame:
    """What a published table or view (schema.name) shows, without the columns that tell persons apart.

    Raises ExportRefused where it is not there yet.
    """
    try:
        return rows(connection, sql.SQL("select * from {}").format(sql.Identifier(*name.split("."))))
    except errors.UndefinedTable:
        raise ExportRefused(
            f"{name} is not published yet: no night was published by this version, or not all of one. `bolig nightly`"
            " does it. Nothing is written."
        ) from None


def rows(connection: "Connection[Any]", query: sql.SQL | sql.Composed) -> polars.DataFrame:
    """What a query gives, with the types that it has in the database, in an order that is the same every time."""
    found = connection.execute(query)
    schema = {column.name: _type(connection, column.type_code) for column in found.description or ()}
    frame = polars.DataFrame(found.fetchall(), schema=schema, orient="row").drop(*written.PERSONAL, strict=False)
    return frame.sort([name for name in frame.columns if not isinstance(schema[name], polars.List)])


def _type(connection: "Connection[Any]", number: int) -> Any:
    known = connection.adapters.types[number]
    return polars.List(TYPES[known.name]) if known.array_oid == number else TYPES[known.name]
