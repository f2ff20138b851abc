"""The record tables: what the warehouse remembers besides the figures that dbt builds.

Belongs here: that a database has them as this version does. Does not belong here: which there are (tables.py), how they
came to be so (migrations/), and what is written into them.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    import psycopg

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def newest() -> str:
    """The number of this version's last migration."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/*.py"))


def stored(connection: "psycopg.Connection[Any]") -> str | None:
    """The number of the last migration that the database has seen; None where it has seen none."""
    from psycopg import errors

    try:
        with connection.transaction():
            row = connection.execute("select version_num from operations.alembic_version").fetchone()
    except errors.UndefinedTable:
        return None
    return row and str(row[0])


def prepare(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Make sure that the record tables are there as this version has them. Repeatable.

    Where they are, that is one query. Raises WarehouseError where a later version has been here, and LockHeld where
    another makes them and does not end.
    """
    found = stored(connection)
    if found == newest():
        return
    if found and found > newest():
        raise warehouse.WarehouseError(
            f"A later version of the software made this warehouse's tables (migration {found}; this version knows"
            f" {newest()}). Nothing was changed. Install that version or a later one, or restore a backup of this one."
        )
    # SQLAlchemy and Alembic take longer to load than most commands take
    from dagster_project.warehouse import migrations

    with locks.held(connection, "bolig.making.operations"):
        migrations.run(settings)
