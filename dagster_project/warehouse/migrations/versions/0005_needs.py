# ruff: noqa: E501
"""The overviews of needs, and the guards of what is frozen."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "need_overview",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("need_version", sa.Integer(), nullable=False, comment="0: of the newest delivery; 1, 2, ...: frozen"),
        sa.Column("need_date", sa.Date(), nullable=False, comment="The day at the end of which the need is told"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day that the delivery closes"),
        sa.Column("load_id", sa.BigInteger(), nullable=False, comment="The delivery that was published"),
        sa.Column("code_version", sa.Text(), nullable=False, comment="Version of the code that published the figures"),
        sa.Column("method_version", sa.Text(), nullable=False, comment="The method"),
        sa.Column("made_by", sa.Text(), nullable=True, comment="Who made it, and signs it; empty where nobody did"),
        sa.Column(
            "made_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.Column(
            "content_hash", sa.Text(), nullable=False, comment="Fingerprint of its figures and all that its files say"
        ),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What its files say besides the figures, as it was then; no person",
        ),
        sa.CheckConstraint("(need_version > 0) = (made_by is not null)"),
        sa.PrimaryKeyConstraint("municipality_no", "need_version"),
        schema="scenario",
        comment="Overviews of needs (boligsosialloven § 5). One row per municipality and version: 0 is of the newest delivery and changes with it, the others are frozen and never change.",
    )
    op.create_table(
        "need",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("need_version", sa.Integer(), nullable=False, comment="The overview"),
        sa.Column(
            "need_group",
            sa.Text(),
            nullable=False,
            comment="The group; barnefamilie is a part of the others and is never added",
        ),
        sa.Column("need_dwelling_type", sa.Text(), nullable=False, comment="ordinar, tilpasset; alle: of both"),
        sa.Column("horizon_years", sa.Integer(), nullable=False, comment="0, 4 or 12 years ahead"),
        sa.Column(
            "alternative", sa.Text(), nullable=False, comment="lav, hoved or hoy: three assumptions, no interval"
        ),
        sa.Column(
            "component",
            sa.Text(),
            nullable=False,
            comment="venteliste + midlertidig + ubehandlet + skjult_register + skjult_anslag - ledige + ny_tilgang - gjenutleie - annen_avgang - vedtatte_tiltak + overskudd = udekket; what it would be without or at the own pace of measures, the dwellings it takes, and the stock",
        ),
        sa.Column(
            "value",
            sa.Double(),
            nullable=True,
            comment="Households or dwellings; empty where it is not known, and note says why",
        ),
        sa.Column(
            "numerator",
            sa.Double(),
            nullable=True,
            comment="What it is made of: applications, events of the window, dwellings planned",
        ),
        sa.Column("denominator", sa.Double(), nullable=True, comment="And over what"),
        sa.Column("source", sa.Text(), nullable=False, comment="The tables of the extracts that it is from"),
        sa.Column("method", sa.Text(), nullable=False, comment="How it came about"),
        sa.Column(
            "is_estimate", sa.Boolean(), nullable=False, comment="Whether a share of the population stands for a count"
        ),
        sa.Column(
            "note",
            sa.Text(),
            nullable=False,
            comment="What must be known of it, Norwegian; empty text where nothing is",
        ),
        sa.CheckConstraint("alternative in ('lav', 'hoved', 'hoy')"),
        sa.CheckConstraint("horizon_years in (0, 4, 12)"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "need_version"],
            ["scenario.need_overview.municipality_no", "scenario.need_overview.need_version"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "municipality_no",
            "need_version",
            "need_group",
            "need_dwelling_type",
            "horizon_years",
            "alternative",
            "component",
        ),
        schema="scenario",
        comment="The need of each group, in components that add up. One row per municipality, version, group, kind of dwelling, horizon, alternative and component.",
    )
    op.create_table(
        "need_file",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("need_version", sa.Integer(), nullable=False, comment="The overview"),
        sa.Column("edition", sa.Text(), nullable=False, comment="intern or offentlig"),
        sa.Column("file", sa.Text(), nullable=False, comment="Its name"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="The file"),
        sa.CheckConstraint("edition in ('intern', 'offentlig')"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "need_version"],
            ["scenario.need_overview.municipality_no", "scenario.need_overview.need_version"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality_no", "need_version", "edition", "file"),
        schema="scenario",
        comment="The files of frozen overviews, as they were first made. One row per municipality, version, edition and file.",
    )
    guards = Path(__file__).with_suffix("").joinpath("guards.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(guards, execution_options={"no_parameters": True})
