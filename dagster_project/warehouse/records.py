"""The record tables: what the warehouse remembers besides the figures that dbt builds.

Belongs here: that they are there, as sql/ has them. Does not belong here: what is written into them.
"""

from functools import cache
from pathlib import Path

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import ddl

SQL = Path(__file__).parent / "sql"


@cache
def statements(name: str) -> bytes:
    """The statements of one of the files in sql/."""
    return (SQL / f"{name}.sql").read_bytes()


def prepare(settings: Settings) -> None:
    """Make sure that the tables of nights, closings and reports are there. Repeatable."""
    about = "What became of each nightly run; read by the owner only"
    files = [statements(name) for name in ("operations", "reported", "report")]
    with (
        warehouse.connect(settings) as connection,
        ddl.making(connection, "operations", about, [file.decode() for file in files]) as is_new,
    ):
        if is_new:
            for file in files:
                connection.execute(file)
