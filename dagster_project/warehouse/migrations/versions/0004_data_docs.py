"""What the publish gate found of each municipality, as a page."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A municipality's page comes with its next night."""
    op.create_table(
        "data_docs",
        sa.Column("municipality_no", sa.Text(), nullable=False),
        sa.Column("night_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "page", sa.Text(), nullable=False, comment="The Data Docs page, in HTML; no value of a row stands in it"
        ),
        sa.ForeignKeyConstraint(["night_id"], ["operations.night.night_id"]),
        sa.PrimaryKeyConstraint("municipality_no"),
        schema="operations",
        comment=(
            "What the publish gate found of a municipality in the last night that asked it, as a page."
            " One row per municipality."
        ),
    )
