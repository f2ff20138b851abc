"""The municipality's border: who may see which, and what the gate found of each."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the statements; the driver puts nothing into them. Whoever had an account at Superset sees what they saw."""
    statements = Path(__file__).with_suffix("").joinpath("access.sql").read_text("utf-8")
    connection = op.get_bind()
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})
    if connection.execute(text("select to_regclass('superset.ab_user')")).scalar():
        connection.execute(
            text(
                "insert into access.membership (person, municipality_no, granted_by)"
                " select distinct lower(username), '*', 'migration 0002' from superset.ab_user on conflict do nothing"
            )
        )
