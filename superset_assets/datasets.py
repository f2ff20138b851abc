"""The datasets as views in the database, by their slugs.

Belongs here: making the views. Does not belong here: what they select (tree.py).

Views, because the query of a dataset that has one of its own is parsed by Superset three times for each answer, which
also asks over two connections more for the schema, and looks for rules on each table: by a profile, nearly half of an
answer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg import errors, sql

from dagster_project import warehouse
from superset_assets import installation, tree

if TYPE_CHECKING:
    from psycopg import Connection

ABOUT = "What the dashboards' charts stand on, with codes in words"


def prepare(connection: "Connection[Any]", manifest: Mapping[str, Any]) -> list[str]:
    """Make sure that the datasets are there as this version of the code has them. Repeatable.

    Gives the names of those whose tables are not published yet, or not yet as this version has them; the night that
    publishes them makes the views too.
    """
    schema = sql.Identifier(warehouse.DATASETS)
    if warehouse.views(connection, warehouse.DATASETS) != {
        path.stem for path in (tree.ASSETS / "datasets").glob("*.yaml")
    }:
        # something waited for its table: what is remembered as made is not
        connection.execute(sql.SQL("comment on schema {} is null").format(schema))
    waiting = []
    with warehouse.making(connection, warehouse.DATASETS, ABOUT, [installation.version()]) as is_new:
        if not is_new:
            return []
        for name in warehouse.views(connection, warehouse.DATASETS):
            connection.execute(sql.SQL("drop view {}.{}").format(schema, sql.Identifier(name)))
        assets = tree.read(manifest)
        for slug, dataset in assets.datasets.items():
            try:
                with connection.transaction():
                    warehouse.make_dataset(connection, slug, assets.sql(slug), dataset["description"])
            except errors.ProgrammingError:
                waiting.append(slug)
    return waiting
