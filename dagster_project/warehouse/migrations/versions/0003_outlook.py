# ruff: noqa: E501
"""The schema `scenario`: what the outlook works out, and the guards of what is frozen."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("create schema if not exists scenario")
    op.create_table(
        "coverage",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("origin", sa.Date(), nullable=False, comment="The last day of the twelve months"),
        sa.Column("housing_category", sa.Text(), nullable=False, comment="The housing category"),
        sa.Column("housed", sa.Integer(), nullable=False, comment="Left the queue for a dwelling"),
        sa.Column("needed", sa.Integer(), nullable=False, comment="Waited before, or came"),
        sa.Column(
            "is_smallest", sa.Boolean(), nullable=False, comment="Whether it is the one that parity compares from below"
        ),
        sa.Column(
            "is_largest", sa.Boolean(), nullable=False, comment="Whether it is the one that parity compares from above"
        ),
        sa.Column(
            "parity",
            sa.Double(),
            nullable=True,
            comment="Smallest over largest coverage, of categories in which ten or more had a need",
        ),
        sa.PrimaryKeyConstraint("municipality_no", "origin", "housing_category"),
        schema="scenario",
        comment="Of those who needed a dwelling in the twelve months before the origin, how many came into one. One row per municipality, origin and category; the newest origin only.",
    )
    op.create_table(
        "estimate",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column(
            "origin", sa.Date(), nullable=False, comment="Last day of the last whole month before the as-of date"
        ),
        sa.Column("housing_category", sa.Text(), nullable=False, comment="The housing category"),
        sa.Column(
            "parameter",
            sa.Text(),
            nullable=False,
            comment="tilgang, tildeling (a month), avgang (a household-month), omlop (lettings a month for each dwelling), spredning_tilgang, spredning_tildeling (k of the months), hendelser (what happened at all)",
        ),
        sa.Column(
            "value",
            sa.Double(),
            nullable=True,
            comment="The mean of what is believed; empty where a month is no more uneven than chance has it",
        ),
        sa.Column("low", sa.Double(), nullable=True, comment="A tenth of the belief is below it"),
        sa.Column("high", sa.Double(), nullable=True, comment="A tenth of the belief is above it"),
        sa.Column("window_from", sa.Date(), nullable=True, comment="First day of the months it rests on"),
        sa.Column("window_to", sa.Date(), nullable=False, comment="Last day of them"),
        sa.Column("events", sa.Integer(), nullable=False, comment="How many came, were housed or left in the window"),
        sa.Column("state", sa.Text(), nullable=False, comment="ok; svak: the interval only; for_tynn: no forecast"),
        sa.Column(
            "reason_no", sa.Text(), nullable=False, comment="Why there is no forecast; empty text where there is one"
        ),
        sa.Column(
            "flags",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="nivaskifte_tilgang, nivaskifte_tildeling, lav_treff, seriebrudd",
        ),
        sa.Column("method_version", sa.Text(), nullable=False, comment="The method"),
        sa.CheckConstraint("state in ('ok', 'svak', 'for_tynn')"),
        sa.PrimaryKeyConstraint("municipality_no", "origin", "housing_category", "parameter"),
        schema="scenario",
        comment="What the months before an origin say of a queue. One row per municipality, origin, category and parameter; the newest origin only.",
    )
    op.create_table(
        "grid",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("load_id", sa.BigInteger(), nullable=False, comment="The delivery that was published"),
        sa.Column("origin", sa.Date(), nullable=False, comment="Month 0"),
        sa.Column("lever", sa.Text(), nullable=False, comment="The lever"),
        sa.Column(
            "housing_category",
            sa.Text(),
            nullable=False,
            comment="The housing category; alle: all that have a queue together",
        ),
        sa.Column("value", sa.Double(), nullable=False, comment="How much of it"),
        sa.Column(
            "figure",
            sa.Text(),
            nullable=False,
            comment="As in scenario.result, and in kroner a month what a rent does to each who pays",
        ),
        sa.Column("month", sa.Integer(), nullable=False, comment="Months after the origin"),
        sa.Column(
            "expected",
            sa.Double(),
            nullable=True,
            comment="The expected value; empty where only the interval may be shown",
        ),
        sa.Column(
            "p10",
            sa.Double(),
            nullable=True,
            comment="A tenth of the simulated paths is below it; empty where nothing is simulated",
        ),
        sa.Column(
            "p50",
            sa.Double(),
            nullable=True,
            comment="Half of the simulated paths is below it; empty where nothing is, or only the interval may be",
        ),
        sa.Column(
            "p90",
            sa.Double(),
            nullable=True,
            comment="A tenth of the simulated paths is above it; empty where nothing is simulated",
        ),
        sa.Column(
            "difference", sa.Double(), nullable=True, comment="The mean of the paired differences to nothing done"
        ),
        sa.Column(
            "difference_p10", sa.Double(), nullable=True, comment="A tenth of the paired differences is below it"
        ),
        sa.Column(
            "difference_p90", sa.Double(), nullable=True, comment="A tenth of the paired differences is above it"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "lever", "housing_category", "value", "figure", "month"),
        schema="scenario",
        comment="What one lever alone does, at values that a meeting may turn. One row per municipality, lever, category, value, figure and month; of the newest delivery only.",
    )
    op.create_table(
        "law_parameter",
        sa.Column("code", sa.Text(), nullable=False, comment="The parameter"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which it holds"),
        sa.Column("value", sa.Double(), nullable=False, comment="The number"),
        sa.Column("source", sa.Text(), nullable=False, comment="Where it stands"),
        sa.PrimaryKeyConstraint("code", "valid_from"),
        schema="scenario",
        comment="Numbers of laws and schemes that scenarios reckon with. One row per parameter and first day.",
    )
    op.create_table(
        "quality",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("origin", sa.Date(), nullable=False, comment="The origin up to which facts are known"),
        sa.Column("housing_category", sa.Text(), nullable=False, comment="The housing category"),
        sa.Column("horizon", sa.Integer(), nullable=False, comment="Months ahead"),
        sa.Column("n", sa.Integer(), nullable=False, comment="Origins in the past that were tried"),
        sa.Column(
            "coverage",
            sa.Double(),
            nullable=False,
            comment="The share of them in which the fact lay within the interval of 80 per cent",
        ),
        sa.Column("mae", sa.Double(), nullable=False, comment="Mean absolute error of the middle, in households"),
        sa.Column("mae_no_change", sa.Double(), nullable=False, comment="The same of «som i dag»"),
        sa.Column("skill", sa.Double(), nullable=True, comment="1 - mae / mae_no_change; empty where that is 0"),
        sa.Column(
            "crps", sa.Double(), nullable=False, comment="Mean distance of the paths from the fact, in households"
        ),
        sa.Column("width", sa.Double(), nullable=False, comment="Mean width of the interval, in households"),
        sa.Column(
            "known_then",
            sa.Boolean(),
            nullable=False,
            comment="Whether only what had been delivered by then was used; else today's rows cut there",
        ),
        sa.PrimaryKeyConstraint("municipality_no", "origin", "housing_category", "horizon"),
        schema="scenario",
        comment="How well the method would have foreseen the queue. One row per municipality, origin, category and horizon; the newest origin only.",
    )
    op.create_table(
        "scenario",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("scenario_id", sa.Text(), nullable=False, comment="The scenario; som_i_dag: nothing is done"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ...: a new one whenever its content is"),
        sa.Column("name", sa.Text(), nullable=False, comment="What it is called"),
        sa.Column(
            "made_by",
            sa.Text(),
            nullable=False,
            comment="Who made it: an office, a role or a name that readers may see",
        ),
        sa.Column("made_on", sa.Date(), nullable=False, comment="When"),
        sa.Column("scenario_status", sa.Text(), nullable=False, comment="utkast, til_behandling, vedtatt or arkivert"),
        sa.Column("horizon_months", sa.Integer(), nullable=False, comment="Months ahead"),
        sa.Column("budget_nok", sa.Double(), nullable=True, comment="What it may cost"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="Fingerprint of its rows, what it assumes, the law's numbers and the method",
        ),
        sa.Column("first_seen_load", sa.BigInteger(), nullable=True, comment="The load in which this version came"),
        sa.CheckConstraint("horizon_months between 1 and 36"),
        sa.PrimaryKeyConstraint("municipality_no", "scenario_id", "version"),
        sa.UniqueConstraint("municipality_no", "scenario_id", "content_hash"),
        schema="scenario",
        comment="Scenarios as they were delivered. One row per municipality, scenario and version; a version never changes.",
    )
    op.create_table(
        "assumption",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("scenario_id", sa.Text(), nullable=False, comment="The scenario"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Its version"),
        sa.Column("code", sa.Text(), nullable=False, comment="What is assumed"),
        sa.Column(
            "housing_category",
            sa.Text(),
            nullable=False,
            comment="The housing category; alle: all that have a queue together",
        ),
        sa.Column("value", sa.Double(), nullable=False, comment="The value"),
        sa.Column("source", sa.Text(), nullable=False, comment="Who says so"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="From when; empty where it always holds"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "scenario_id", "version"],
            ["scenario.scenario.municipality_no", "scenario.scenario.scenario_id", "scenario.scenario.version"],
        ),
        sa.PrimaryKeyConstraint("municipality_no", "scenario_id", "version", "code", "housing_category"),
        schema="scenario",
        comment="What a scenario takes for granted that no record says. One row per municipality, scenario, version, code and category; it never changes.",
    )
    op.create_table(
        "lever",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("scenario_id", sa.Text(), nullable=False, comment="The scenario"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Its version"),
        sa.Column("lever_no", sa.Integer(), nullable=False, comment="1, 2, ... within the scenario"),
        sa.Column("lever", sa.Text(), nullable=False, comment="What kind of lever it is"),
        sa.Column(
            "housing_category", sa.Text(), nullable=True, comment="Where it acts; empty where that is the municipality"
        ),
        sa.Column("from_category", sa.Text(), nullable=True, comment="Of a conversion: whose dwellings"),
        sa.Column(
            "waits_for",
            sa.Text(),
            nullable=True,
            comment="Of fewer days between two stays: the phase, or who is responsible",
        ),
        sa.Column("from_on", sa.Date(), nullable=False, comment="The day from which it acts"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="The day until which it acts"),
        sa.Column("value", sa.Double(), nullable=False, comment="How much"),
        sa.Column("mode", sa.Text(), nullable=True, comment="In which way"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "scenario_id", "version"],
            ["scenario.scenario.municipality_no", "scenario.scenario.scenario_id", "scenario.scenario.version"],
        ),
        sa.PrimaryKeyConstraint("municipality_no", "scenario_id", "version", "lever_no"),
        schema="scenario",
        comment="What a scenario does. One row per municipality, scenario, version and lever; it never changes.",
    )
    op.create_table(
        "run",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="The run"),
        sa.Column("scenario_id", sa.Text(), nullable=False, comment="The scenario"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Its version"),
        sa.Column("load_id", sa.BigInteger(), nullable=False, comment="The delivery that was published"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day that the delivery closes"),
        sa.Column("origin", sa.Date(), nullable=False, comment="Last day of the last whole month before it: month 0"),
        sa.Column("code_version", sa.Text(), nullable=False, comment="Version of the code that published the figures"),
        sa.Column("method_version", sa.Text(), nullable=False, comment="The method"),
        sa.Column("seed", sa.Text(), nullable=False, comment="What chance was begun with, besides the category"),
        sa.Column("n_paths", sa.Integer(), nullable=False, comment="How many paths were simulated"),
        sa.Column(
            "started_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.Column(
            "said",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What must be said of it: sentences, caps, refusals",
        ),
        sa.Column(
            "is_refused",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether it could not be worked out; `said` has the reason",
        ),
        sa.Column(
            "is_frozen",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether it is kept as it is, for ever",
        ),
        sa.Column("frozen_by", sa.Text(), nullable=True, comment="Who froze it"),
        sa.Column("frozen_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When"),
        sa.Column("note", sa.Text(), nullable=True, comment="What the person wanted to be remembered"),
        sa.CheckConstraint("is_frozen = (frozen_by is not null) and is_frozen = (frozen_at is not null)"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "scenario_id", "version"],
            ["scenario.scenario.municipality_no", "scenario.scenario.scenario_id", "scenario.scenario.version"],
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id"),
        schema="scenario",
        comment="Scenarios as they were worked out on a delivery. One row per municipality and run: of each scenario the newest, and every one that is frozen, which never changes.",
    )
    op.create_index(
        "run_of_scenario", "run", ["municipality_no", "scenario_id", "run_id"], unique=False, schema="scenario"
    )
    op.create_table(
        "card",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column("alternative", sa.Text(), nullable=False, comment="What it is: category and how many dwellings"),
        sa.Column("housing_category", sa.Text(), nullable=False, comment="Whom it is for"),
        sa.Column("dwellings", sa.Integer(), nullable=False, comment="How many"),
        sa.Column(
            "housed",
            sa.Double(),
            nullable=False,
            comment="Households that come into a dwelling and otherwise would not, within the horizon",
        ),
        sa.Column("years_averted", sa.Double(), nullable=False, comment="Years of waiting that it averts"),
        sa.Column(
            "long_years_averted", sa.Double(), nullable=False, comment="The same, beyond each household's second year"
        ),
        sa.Column(
            "left_waiting",
            sa.Double(),
            nullable=False,
            comment="Households of the category that still wait at the horizon, as expected",
        ),
        sa.Column(
            "coverage_housed",
            sa.Integer(),
            nullable=True,
            comment="Housed in the last twelve months, of the category with the smallest coverage",
        ),
        sa.Column(
            "coverage_needed", sa.Integer(), nullable=True, comment="In need of a dwelling in that category then"
        ),
        sa.Column("coverage_category", sa.Text(), nullable=True, comment="Which category that is"),
        sa.Column(
            "cost_a_year_nok",
            sa.Double(),
            nullable=True,
            comment="What it costs a year for life; empty where nobody said a price",
        ),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id", "alternative"),
        schema="scenario",
        comment="Alternatives for the same money side by side, without a score. One row per municipality, run and alternative.",
    )
    op.create_table(
        "difference",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column(
            "baseline_run_id", sa.BigInteger(), nullable=False, comment="The run of som_i_dag that it is compared with"
        ),
        sa.Column(
            "housing_category",
            sa.Text(),
            nullable=False,
            comment="The housing category; alle: all that have a queue together",
        ),
        sa.Column("figure", sa.Text(), nullable=False, comment="As in scenario.result"),
        sa.Column("month", sa.Integer(), nullable=False, comment="Months after the origin"),
        sa.Column(
            "mean",
            sa.Double(),
            nullable=False,
            comment="The mean of the paired differences; below 0: fewer than with nothing done",
        ),
        sa.Column("p10", sa.Double(), nullable=False, comment="A tenth of the paired differences is below it"),
        sa.Column("p90", sa.Double(), nullable=False, comment="A tenth of the paired differences is above it"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id", "housing_category", "figure", "month"),
        schema="scenario",
        comment="What a run changes against the baseline, path by path. One row per municipality, run, category, figure and month.",
    )
    op.create_table(
        "finance",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column("line", sa.Text(), nullable=False, comment="What it is for"),
        sa.Column("year", sa.Integer(), nullable=False, comment="1, 2, ... after the origin; 0: once"),
        sa.Column("amount_nok", sa.Double(), nullable=False, comment="Kroner; what is paid out is below 0"),
        sa.Column("payer", sa.Text(), nullable=False, comment="kommune, stat or leietaker"),
        sa.CheckConstraint("payer in ('kommune', 'stat', 'leietaker')"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id", "line", "year"),
        schema="scenario",
        comment="What a run costs and brings, and to whom. One row per municipality, run, line and year.",
    )
    op.create_table(
        "reach",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column("metric_id", sa.Text(), nullable=False, comment="queue_waiting or queue_waiting_over_one_year"),
        sa.Column(
            "housing_category",
            sa.Text(),
            nullable=False,
            comment="The housing category; alle: all that have a queue together",
        ),
        sa.Column("period_type", sa.Text(), nullable=False, comment="Length of the period"),
        sa.Column("period_end", sa.Date(), nullable=False, comment="Last day of the period"),
        sa.Column("green", sa.Double(), nullable=False, comment="The target"),
        sa.Column("red", sa.Double(), nullable=False, comment="The limit of red"),
        sa.Column(
            "p_green",
            sa.Double(),
            nullable=True,
            comment="The chance of green; empty where the figure has an expected path only",
        ),
        sa.Column("p_not_red", sa.Double(), nullable=True, comment="The chance of not red"),
        sa.Column("expected", sa.Double(), nullable=False, comment="The figure as expected"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "municipality_no", "run_id", "metric_id", "housing_category", "period_type", "period_end"
        ),
        schema="scenario",
        comment="How likely a target is reached. One row per municipality, run, metric, category, type of period and period.",
    )
    op.create_table(
        "result",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column(
            "housing_category",
            sa.Text(),
            nullable=False,
            comment="The housing category; alle: all that have a queue together",
        ),
        sa.Column(
            "figure",
            sa.Text(),
            nullable=False,
            comment="ko (households waiting at month end), over_ett_ar and over_ett_ar_fifo (share of them waiting over a year, where lettings go to anybody or to the longest waiting), tildelinger, ubrukt (lettings that nobody waits for), or what a lever counts",
        ),
        sa.Column("month", sa.Integer(), nullable=False, comment="Months after the origin; 0 and before are facts"),
        sa.Column(
            "expected",
            sa.Double(),
            nullable=True,
            comment="The expected value; empty where only the interval may be shown",
        ),
        sa.Column(
            "p10",
            sa.Double(),
            nullable=True,
            comment="A tenth of the simulated paths is below it; empty where nothing is simulated",
        ),
        sa.Column(
            "p50",
            sa.Double(),
            nullable=True,
            comment="Half of the simulated paths is below it; empty where nothing is, or only the interval may be",
        ),
        sa.Column(
            "p90",
            sa.Double(),
            nullable=True,
            comment="A tenth of the simulated paths is above it; empty where nothing is simulated",
        ),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id", "housing_category", "figure", "month"),
        schema="scenario",
        comment="What a run gives. One row per municipality, run, category, figure and month.",
    )
    op.create_table(
        "solution",
        sa.Column("municipality_no", sa.Text(), nullable=False, comment="The municipality"),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="The run"),
        sa.Column(
            "question_id", sa.Text(), nullable=False, comment="The question: category, lever, goal and day in one word"
        ),
        sa.Column("housing_category", sa.Text(), nullable=False, comment="The housing category"),
        sa.Column("lever", sa.Text(), nullable=False, comment="The lever"),
        sa.Column("target", sa.Double(), nullable=False, comment="The queue shall be no longer than this"),
        sa.Column("by_month", sa.Integer(), nullable=False, comment="Months after the origin"),
        sa.Column("ready_month", sa.Integer(), nullable=False, comment="The month from which the lever acts"),
        sa.Column(
            "confidence",
            sa.Double(),
            nullable=False,
            comment="0.5, 0.8; 0: the expected path, which is a sum and no chance",
        ),
        sa.Column(
            "value",
            sa.Double(),
            nullable=True,
            comment="The smallest value that does it; empty where this lever alone does not",
        ),
        sa.Column("reachable", sa.Boolean(), nullable=False, comment="Whether it does"),
        sa.Column(
            "best", sa.Double(), nullable=True, comment="The chance with the most of the lever that there may be"
        ),
        sa.Column(
            "later_p10",
            sa.Double(),
            nullable=True,
            comment="The queue twelve months after the day, if nothing more is done",
        ),
        sa.Column("later_p90", sa.Double(), nullable=True, comment="The same, from above"),
        sa.ForeignKeyConstraint(
            ["municipality_no", "run_id"], ["scenario.run.municipality_no", "scenario.run.run_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("municipality_no", "run_id", "question_id", "confidence"),
        schema="scenario",
        comment="What it takes to reach a goal. One row per municipality, question and confidence.",
    )
    op.alter_column(
        "quarantined_row",
        "rule",
        existing_type=sa.TEXT(),
        comment="fields, characters, personal, type, code, required, person, order, only, empty, same_dwelling, key, reference, parent, refused or erased",
        existing_comment="fields, characters, personal, type, code, required, person, order, only, empty, same_dwelling, key, reference, parent or erased",
        existing_nullable=False,
        schema="landing",
    )
    guards = Path(__file__).with_suffix("").joinpath("guards.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(guards, execution_options={"no_parameters": True})
