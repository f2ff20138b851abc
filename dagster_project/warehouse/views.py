"""Views that readers see over what the warehouse remembers: what one is, and making them.

Belongs here: how such views are made, described and kept as this version has them. Does not belong here: which there
are (quality.py; dagster_project/outlook/told.py), and the datasets of dashboards (ddl.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project.warehouse import border, ddl

if TYPE_CHECKING:
    from psycopg import Connection

MUNICIPALITY = ("text", "municipality_no", "The municipality")


@dataclass(frozen=True)
class View:
    """A view that readers see; `columns`: by name its type, its expression and what it is."""

    description: str
    columns: dict[str, tuple[str, str, str]]
    rows: str


def label(column: str, labels: Mapping[str, str], otherwise: str = "null") -> str:
    """The words of a code, as an expression."""
    cases = " ".join(f"when '{_quoted(code)}' then '{_quoted(name)}'" for code, name in labels.items())
    return f"case {column} {cases} else {otherwise} end"


def types(schema: str, views: Mapping[str, View]) -> dict[str, dict[str, str]]:
    """The columns of these views with their types, by schema.name."""
    return {
        f"{schema}.{name}": {column: type_ for column, (type_, _, _) in view.columns.items()}
        for name, view in views.items()
    }


def prepare(
    connection: "Connection[Any]", schema: str, about: str, views: Mapping[str, View], begins: str = ""
) -> None:
    """Make sure that the views are there as this version of the code has them (their tables must be). Repeatable.

    A view of the schema that is no longer among them goes; `begins`: only one whose name begins so.
    """
    statements = [_statement(schema, name, view) for name, view in views.items()]
    with ddl.making(connection, schema, about, statements) as is_new:
        if not is_new:
            return
        with ddl.without_datasets(connection):
            for name in ddl.views(connection, schema) - views.keys():
                if name.startswith(begins):
                    connection.execute(sql.SQL("drop view {}").format(sql.Identifier(schema, name)))
            for statement in statements:
                connection.execute(statement.encode())
        border.draw(connection)


def _statement(schema: str, name: str, view: View) -> str:
    columns = ", ".join(
        f"({expression})::{type_} as {column}" for column, (type_, expression, _) in view.columns.items()
    )
    described = [f"comment on view {schema}.{name} is '{_quoted(view.description)}'"]
    described += [
        f"comment on column {schema}.{name}.{column} is '{_quoted(description)}'"
        for column, (_, _, description) in view.columns.items()
    ]
    # dropped first: a view in place takes no column of another type
    head = f"drop view if exists {schema}.{name}; create view {schema}.{name} as select {columns} from {view.rows}"
    return "; ".join([head, *described])


def _quoted(text: str) -> str:
    return text.replace("'", "''")
