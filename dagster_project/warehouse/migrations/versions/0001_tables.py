"""The record tables as they were when migrations came: made, or taken over from an earlier version.

Until then every start ran the statements in 0001_tables/, which is why they ask what is there already. They bring what
any earlier version left to the same tables, and do not change any more: what comes after them is a migration.
"""

from pathlib import Path

from alembic import op
from sqlalchemy import Connection, text

from dagster_project.vocabulary import municipalities

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run them; the driver puts nothing into them."""
    for name in ("landing", "operations", "reported", "report"):
        statements = Path(__file__).with_suffix("").joinpath(f"{name}.sql").read_text("utf-8")
        op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
    remember_municipalities(op.get_bind())


def remember_municipalities(connection: Connection) -> None:
    """What was accepted before the books had municipalities hangs on the numbers as they are now."""
    accepted = text("select distinct municipality_no from landing.delivery where status <> 'refused'")
    kept = text(
        "insert into landing.municipality (municipality_no, first_no) values (:no, :first) on conflict do nothing"
    )
    for number in connection.execute(accepted).scalars().all():
        connection.execute(kept, {"no": number, "first": municipalities.lineage(number)})
