"""What Alembic runs for each of its commands: on which database, and which tables are ours to compare.

`bolig` gives its settings; `alembic` at a developer's command line (pyproject.toml names this folder) takes those of
the environment.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy
from alembic import context

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse.tables import RECORDS


def is_ours(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Whether a schema or a table is declared: beside the records in scorecard stand tables that dbt builds."""
    if kind == "schema":
        return name in {table.schema for table in RECORDS.tables.values()}
    schema = parents.get("schema_name")
    return kind != "table" or schema != "scorecard" or f"{schema}.{name}" in RECORDS.tables


engine = sqlalchemy.create_engine(
    warehouse.sqlalchemy_url(context.config.attributes.get("settings") or Settings()), poolclass=sqlalchemy.NullPool
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=RECORDS,
        # where no reader looks
        version_table_schema="operations",
        include_schemas=True,
        include_name=is_ours,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(sqlalchemy.text("create schema if not exists operations"))
        context.run_migrations()
