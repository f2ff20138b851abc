"""Bringing what git has to the running Superset: datasets as views in the database, and the import.

Belongs here: the order in which it is done. Does not belong here: what the views select (derive/), and how Superset is
spoken to (rest.py).

Views, because the query of a dataset that has one of its own is parsed by Superset three times for each answer, which
also asks over two connections more for the schema, and looks for rules on each table: by a profile, nearly half of an
answer.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg import errors, sql

from dagster_project import warehouse
from dagster_project.night.dbt import manifest
from dagster_project.outlook import told
from dagster_project.settings import Settings
from dagster_project.warehouse import border, ddl, rights
from superset_assets import installation, rest
from superset_assets.derive import dashboards, written

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger("bolig.superset")

ABOUT = "What the dashboards' charts stand on, with codes in words"


def make_datasets(connection: "Connection[Any]", parsed: Mapping[str, Any]) -> list[str]:
    """Make sure that the datasets are there as this version of the code has them. Repeatable.

    Gives the names of those whose tables are not published yet, or not yet as this version has them; the night that
    publishes them makes the views too.
    """
    schema = sql.Identifier(warehouse.DATASETS)
    if ddl.views(connection, warehouse.DATASETS) != {
        path.stem for path in (written.ASSETS / "datasets").glob("*.yaml")
    }:
        # something waited for its table: what is remembered as made is not
        connection.execute(sql.SQL("comment on schema {} is null").format(schema))
    waiting = []
    with ddl.making(connection, warehouse.DATASETS, ABOUT, [installation.version()]) as is_new:
        if not is_new:
            return []
        for name in ddl.views(connection, warehouse.DATASETS):
            connection.execute(sql.SQL("drop view {}.{}").format(schema, sql.Identifier(name)))
        assets = dashboards.read(parsed)
        for slug, dataset in assets.datasets.items():
            try:
                with connection.transaction():
                    ddl.make_dataset(connection, slug, assets.sql(slug), dataset["description"])
            except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction):
                waiting.append(slug)
        border.draw(connection)
    return waiting


def bring_datasets(settings: Settings, parsed: Mapping[str, Any]) -> list[str]:
    """Make the datasets of a home that has a Superset, whether it runs or not; gives what make_datasets gives."""
    rights.prepare(settings)
    with warehouse.connect(settings, autocommit=True) as connection:
        # an upgrade may come before its first night
        told.prepare(connection)
        return make_datasets(connection, parsed)


def import_dashboards(settings: Settings) -> rest.Imported:
    """Bring the Superset that answers up to date, and remember with what. Raises as rest.bring_up_to_date does."""
    parsed = manifest(settings)
    waiting = bring_datasets(settings, parsed)
    imported = rest.bring_up_to_date(settings, parsed)
    installation.mark_prepared(settings)
    # a night that has published meanwhile knew of no Superset here
    if waiting and (waiting := bring_datasets(settings, parsed)):
        log.info("Superset: %d datasets wait for the night that publishes what they show.", len(waiting))
    return imported
