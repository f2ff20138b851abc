"""What a report is made of: everything that it shows besides the period's own figures.

Belongs here: which rows of marts and scorecard a report needs, read as they stand in this moment.
Does not belong here: what is made of them (report/), and keeping them (kept.py).

The registers of measures and challenges know today's status only, targets and labels change, and figures of earlier
periods are revised. So closing a period reads all of it once, as JSON, and the report on it is made of that for ever.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

from dagster_project import warehouse
from dagster_project.vocabulary import municipalities
from dagster_project.vocabulary.periods import MONTHS, Period
from dagster_project.warehouse import building
from expectations import runner

if TYPE_CHECKING:
    from psycopg import Connection

Content = dict[str, Any]

# Periods before this one that are read: a year and more for comparison, and enough to know what change is usual.
EARLIER = 12
# Breakdowns that the charts show over time. Of these, of totals and of what has a target, all those periods are read;
# of others the period before and that of the year before.
CHARTED = (
    ("vacant_days", "responsible"),
    ("startlan_loans", "purpose"),
    ("startlan_amount", "purpose"),
)

# What the forecast of a queue is made of: who came, who left, who of them for a dwelling; by these its forecast is
# public or not.
FORESEEN_BY = ("queue_inflow", "queue_outflow", "queue_allocated")


@dataclass(frozen=True)
class Origin:
    """Where figures stand (in a space where they are built, or published), and what they were made of."""

    space: warehouse.BuildSpace | None
    municipality_no: str
    load_id: int
    code_version: str
    warnings: tuple[str, ...]

    def schema(self, name: str) -> str:
        """A schema as it stands there, by the name that readers know it by."""
        return self.space.built(name) if self.space else name

    def table(self, schema: str, name: str) -> sql.Identifier:
        """A table as it stands there, by the name that readers know it by."""
        return sql.Identifier(self.schema(schema), name)


def read(
    connection: "Connection[Any]", origin: Origin, period: Period, parts: Collection[str] | None = None
) -> Content:
    """Everything that the report on this period shows besides its own figures, dates as ISO text; or parts of it."""
    numbers = municipalities.same_municipality(origin.municipality_no)
    terms = {
        "numbers": numbers, "no": origin.municipality_no, "type": period.type, "start": period.start, "end": period.end,
        "months": MONTHS[period.type], "earlier": EARLIER, "load": origin.load_id, "version": origin.code_version,
        "charted": [
            *(f"{metric_id}/{dimension}" for metric_id, dimension in CHARTED),
            *(f"{metric_id}/housing_category" for metric_id in FORESEEN_BY),
        ],
    }  # fmt: skip
    places = {name: sql.Identifier(origin.schema(name)) for name in ("marts", "scorecard")}
    places["kept"] = sql.Identifier(building.kept(origin.space or warehouse.PLAIN))
    content: Content = {"warning": [_warning(line) for line in origin.warnings]}
    for name, query in _QUERIES.items():
        if parts is not None and name not in parts:
            continue
        whole = sql.SQL("select coalesce(jsonb_agg(to_jsonb(line)), '[]') from (" + query + ") as line")
        (content[name],) = connection.execute(whole.format(**places), terms).fetchone() or ([],)
    return content


def _warning(line: str) -> dict[str, Any]:
    """A warning of the gate in Norwegian, without the rows that it names: those are for who mends them."""
    expectation, count = runner.read_back(line)
    return {"text": expectation.found_no if expectation else line.partition(" ")[0], "rows": count}


def figures(connection: "Connection[Any]", origin: Origin, period: Period) -> list[dict[str, Any]]:
    """The period's figures as they stand there now."""
    return _figures(
        connection,
        sql.SQL(
            "from {} left join {} using (municipality_no, metric_id, period_type, period_start, dimension,"
            " dimension_value) where municipality_no = %s and period_type = %s and period_start = %s"
        ).format(origin.table("scorecard", "metric_value"), origin.table("scorecard", "figure_units")),
        [origin.municipality_no, period.type, period.start],
    )


def reported_figures(
    connection: "Connection[Any]", municipality_no: str, period: Period, revision: int
) -> list[dict[str, Any]]:
    """The period's figures as they were reported."""
    return _figures(
        connection,
        sql.SQL(
            "from scorecard.reported where municipality_no = %s and period_type = %s and period_start = %s"
            " and revision = %s"
        ),
        [municipality_no, period.type, period.start, revision],
    )


def _figures(connection: "Connection[Any]", origin: sql.Composable, terms: list[Any]) -> list[dict[str, Any]]:
    columns = (
        "metric_id", "dimension", "dimension_value", "period_start", "value", "numerator", "denominator", "units",
        "is_ripe",
    )  # fmt: skip
    rows = connection.execute(
        # what was closed before the mark came was reported without it
        sql.SQL(
            "select metric_id, dimension, dimension_value, period_start::text, value, numerator, denominator, units,"
            " coalesce(is_ripe, true) {} order by metric_id, dimension, dimension_value"
        ).format(origin),
        terms,
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


_QUERIES: dict[str, LiteralString] = {
    "municipality": """
        select number, name from {marts}.dim_municipality where municipality_no = %(no)s and is_present
    """,
    # a merger begins a new series
    "earlier_figure": """
        select metric_id, dimension, dimension_value, period_start, value, numerator, denominator, units, is_ripe
        from {scorecard}.metric_value
        left join {scorecard}.figure_units
            using (municipality_no, metric_id, period_type, period_start, dimension, dimension_value)
        where
            municipality_no = %(no)s
            and period_type = %(type)s
            and period_start < %(start)s
            and period_start >= %(start)s - make_interval(months => %(earlier)s * %(months)s)
            and period_start >= coalesce(
                (
                    select max(period_start) from {marts}.dim_period
                    where
                        municipality_no = %(no)s and period_type = %(type)s and period_start <= %(start)s
                        and is_series_break
                ),
                '-infinity'
            )
            and (
                dimension = 'total'
                or metric_id || '/' || dimension = any(%(charted)s)
                or (metric_id, dimension, dimension_value) in (
                    select metric_id, dimension, dimension_value from {marts}.fct_target
                    where municipality_no = %(no)s and period_type = %(type)s
                )
                or period_start in (
                    %(start)s - make_interval(months => %(months)s), %(start)s - make_interval(years => 1)
                )
            )
        order by metric_id, dimension, dimension_value, period_start
    """,
    "definition": """
        select definition.*, version.definition_version
        from {scorecard}.metric_definition as definition
        left join {kept}.definition_version as version
            on version.code_version = %(version)s and definition.metric_id = version.metric_id
        order by definition.sort_order
    """,
    "label": """
        select dimension, code, name_no, sort_order from {marts}.dim_code order by dimension, sort_order
    """,
    "target": """
        select metric_id, dimension, dimension_value, valid_from, green, red, target_owner, target_source
        from {marts}.fct_target
        where municipality_no = %(no)s and period_type = %(type)s and valid_from <= %(end)s
        order by metric_id, dimension, dimension_value, valid_from
    """,
    "measure": """
        select
            title, plan, operative_unit, strategic_owner, planned_end_on, measure_status, is_open, is_behind,
            dwellings_planned, dwellings_delivered, slip_days, status_on, metric_id, target_group,
            adopted_on
        from {marts}.fct_measure
        where municipality_no = %(no)s
        order by planned_end_on, title
    """,
    # the register keeps no day of closing: what is solved or disproved was last looked at when that was found
    "challenge": """
        select
            title, challenge_type, severity, challenge_status, is_open, registered_on, last_reviewed_on,
            coalesce(registered_on between %(start)s and %(end)s, false) as is_new,
            challenge_status in ('lost', 'avkreftet')
            and coalesce(last_reviewed_on between %(start)s and %(end)s, false) as is_closed,
            is_open and coalesce(last_reviewed_on < status_on - 365, true) as is_not_reviewed
        from {marts}.fct_challenge
        where municipality_no = %(no)s
        order by severity desc, registered_on, title
    """,
    "comment": """
        select metric_id, dimension, dimension_value, comment_cause, comment_action, comment_owner, comment_due_on
        from {marts}.fct_comment
        where municipality_no = %(no)s and period_type = %(type)s and period_start = %(start)s
        order by metric_id, dimension, dimension_value
    """,
    # what was decided by the period's end, while it is open, and what was done since the body looked last
    "resolution": """
        select
            resolution_id, title, resolved_on, resolution_owner, follow_up_on, resolution_status, is_open,
            is_past_follow_up, metric_id
        from {marts}.fct_resolution
        where municipality_no = %(no)s and (is_open or resolved_on between %(start)s and %(end)s)
        order by follow_up_on, resolved_on, resolution_id
    """,
    "revision": """
        select
            period_type, period_start, metric_id, dimension, dimension_value, reported_value, value_now, reason,
            explanation_no, reported_extract_date, extract_date_now
        from scorecard.revision
        where
            municipality_no = any(%(numbers)s)
            and period_end <= %(end)s
            and (period_type, period_start) <> (%(type)s, %(start)s)
        order by period_start desc, period_type, metric_id, dimension, dimension_value
    """,
    # what has been reported before, under whichever number
    "closing": """
        select distinct period_type, period_start
        from scorecard.closing
        where
            municipality_no = any(%(numbers)s)
            and period_end <= %(end)s
            and (period_type, period_start) <> (%(type)s, %(start)s)
        order by period_start desc, period_type
    """,
    # forecasts and scenarios on the same delivery; none where they are not worked out yet
    "outlook": """
        select scenario_id, name, version, made_by, made_on, scenario_status, as_of, origin, said
        from scenario.newest_run
        where
            municipality_no = %(no)s and not is_refused
            and (scenario_id = 'som_i_dag' or scenario_status in ('til_behandling', 'vedtatt'))
            and load_id = %(load)s
        order by scenario_id
    """,
    "outlook_queue": """
        select scenario_id, housing_category, month, month_end, expected, p10, p90, difference, difference_p10,
            difference_p90
        from scenario.queue
        where
            municipality_no = %(no)s and load_id = %(load)s and month in (0, 12, 24, 36)
            and (scenario_id = 'som_i_dag' or scenario_status in ('til_behandling', 'vedtatt'))
        order by scenario_id, housing_category, month
    """,
    "outlook_reach": """
        select run.scenario_id, reach.housing_category, reach.period_end, reach.green, reach.p_green
        from scenario.newest_run as run
        inner join scenario.reach as reach on run.municipality_no = reach.municipality_no and run.run_id = reach.run_id
        where
            run.municipality_no = %(no)s and run.load_id = %(load)s and run.scenario_id in ('som_i_dag', 'planen')
            and reach.metric_id = 'queue_waiting' and reach.period_type = 'year'
        order by run.scenario_id, reach.housing_category, reach.period_end
    """,
    "outlook_solution": """
        select
            run.scenario_id, solution.housing_category, solution.target, solution.confidence, solution.value,
            (date_trunc('month', run.origin) + make_interval(months => by_month + 1))::date - 1 as by_on,
            (date_trunc('month', run.origin) + make_interval(months => ready_month + 1))::date - 1 as ready_on
        from scenario.newest_run as run
        inner join scenario.solution as solution
            on run.municipality_no = solution.municipality_no and run.run_id = solution.run_id
        where run.municipality_no = %(no)s and run.load_id = %(load)s and run.scenario_id = 'som_i_dag'
        order by solution.housing_category, by_on, ready_on, solution.confidence
    """,
    "outlook_card": """
        select
            run.scenario_id, card.housing_category, card.alternative, card.housed, card.years_averted,
            averted.p10 as years_p10, averted.p90 as years_p90, card.long_years_averted, waiting.p10 as left_p10,
            waiting.p90 as left_p90, card.cost_a_year_nok
        from scenario.newest_run as run
        inner join scenario.card as card on run.municipality_no = card.municipality_no and run.run_id = card.run_id
        inner join scenario.result as averted
            on run.municipality_no = averted.municipality_no and run.run_id = averted.run_id
            and card.housing_category = averted.housing_category and averted.figure = 'kort_ventear_spart'
        inner join scenario.result as waiting
            on run.municipality_no = waiting.municipality_no and run.run_id = waiting.run_id
            and card.housing_category = waiting.housing_category and waiting.figure = 'kort_ko'
        where
            run.municipality_no = %(no)s and run.load_id = %(load)s and not run.is_refused
            and run.scenario_status in ('til_behandling', 'vedtatt')
        order by run.scenario_id, card.alternative
    """,
    # of the newest year that any is known of
    "comparison": """
        select region_code, region_name, indicator, year, value, per_1000_inhabitants
        from {scorecard}.benchmark
        where
            municipality_no = %(no)s
            and indicator in ('kommunale_boliger', 'bostotte_husstander', 'startlan_boliger')
            and per_1000_inhabitants is not null
            and year = (
                select max(year) from {scorecard}.benchmark
                where
                    municipality_no = %(no)s and indicator = 'kommunale_boliger'
                    and per_1000_inhabitants is not null and year <= extract(year from %(end)s::date)
            )
        order by region_code, indicator
    """,
    "quarantine": """
        select file, rule, count(distinct line) as rows
        from landing.quarantined_row
        where load_id = %(load)s and municipality_no = %(no)s
        group by file, rule
        order by file, rule
    """,
}
