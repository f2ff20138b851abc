"""How a database comes to have the record tables: one migration after another, by Alembic.

Belongs here: migrations in versions/, each a step that stays as it is once a version with it is out, and the functions
and triggers that guard the tables. Does not belong here: the tables as they are now (warehouse/tables.py).
"""

from pathlib import Path

from alembic import command
from alembic.config import Config

from dagster_project.settings import Settings


def run(settings: Settings) -> None:
    """Bring the database to the last migration, in one transaction; does nothing where it is there."""
    command.upgrade(config(settings), "head")


def config(settings: Settings) -> Config:
    """What Alembic's commands take, for this installation's database."""
    made = Config(attributes={"settings": settings})
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made
