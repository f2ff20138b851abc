"""What pages say first, in sentences: whose and when, how it stands, what matters most, what their figures say.

Belongs here: which sentences, of the latest complete period of each type, and writing them beside what a night built.
Does not belong here: which findings matter (facts.py), and their words (sentences.py): the report has the same.

The sentences are made in the night, of what is built, before the gate: they are published with the figures that they
tell of, or not at all. Their table is a model of dbt's, which makes it without rows.
"""

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import OperationalError, sql

from dagster_project import warehouse
from dagster_project.report import sentences
from dagster_project.report.facts import TOTAL, Change, Facts, Finding, Missed, Standstill, figures_of
from dagster_project.reported import content
from dagster_project.vocabulary import norwegian
from dagster_project.vocabulary.periods import MONTHS, Period, PeriodType, period_of

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger("bolig.report")

# what the findings need of all that a report is made of
PARTS = ("municipality", "earlier_figure", "definition", "label", "target")
HEADING, SUMMARY, FINDING = "heading", "summary", "finding"
# what the other pages say first of their own figures, as the report does: by the part that their charts show
PAGES = {
    "queue": sentences.queue,
    "allocations": sentences.allocations,
    "vacancy": sentences.vacancy,
    "startlan": sentences.startlan,
}


class Headline(NamedTuple):
    """A sentence, what part of the screen it is, and the figure that it tells of."""

    part: str
    sentence: str
    metric_id: str | None = None
    dimension: str | None = None
    dimension_value: str | None = None


def write(connection: "Connection[Any]", space: warehouse.BuildSpace, code_version: str) -> int:
    """Write the headlines of every municipality that is built in this space; says how many there are."""
    table = sql.Identifier(space.built("scorecard"), "headline")
    scope = connection.execute(
        "select municipality_no, load_id, as_of, extract_date from scope order by municipality_no"
    ).fetchall()
    rows: list[tuple[Any, ...]] = []
    for number, load_id, as_of, extract_date in scope:
        origin = content.Origin(space, number, load_id, code_version, ())
        for period in _latest_complete(connection, origin):
            try:
                with connection.transaction():
                    shown = content.read(connection, origin, period, PARTS)
                    figures = figures_of(content.figures(connection, origin, period) + shown["earlier_figure"])
                    facts = Facts(
                        number, period, "intern", as_of, extract_date, True, None, shown | _NO_REPORTS, figures
                    )
                    said = headlines(facts, _scorecard(connection, origin, period))
            except OperationalError:  # the server's end is no municipality's
                raise
            except Exception as error:
                # what one municipality has delivered keeps no other from its figures, nor its own; of the error only
                # the kind, for its words may hold what stands in a row
                log.error("The headlines of %s could not be put into words: %s.", number, type(error).__name__)
                said = [Headline(FINDING, sentences.WITHOUT_WORDS)]
            rows += [(number, period.type, place, *line, as_of) for place, line in enumerate(said, 1)]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("truncate {}").format(table))
        cursor.executemany(
            sql.SQL(
                "insert into {} (municipality_no, period_type, sort_order, part, sentence_no, metric_id, dimension,"
                " dimension_value, as_of) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            ).format(table),
            rows,
        )
    return len(rows)


# nothing that was reported is compared with: the screen shows what is published
_NO_REPORTS: content.Content = {"closing": [], "revision": []}


def headlines(facts: Facts, scorecard: dict[str, str]) -> list[Headline]:
    """The sentences in their order; `scorecard`: the status of each metric that the Styringskort lists."""
    moves = [
        (line.status_before, line.status)
        for line in facts.lines()
        if line.dimension == TOTAL and line.metric.metric_id in scorecard
    ]
    standing = sentences.standing_line(list(scorecard.values()), moves)
    found = [_headline(facts, finding) for finding in facts.findings()]
    return [
        Headline(HEADING, _heading(facts)),
        *([Headline(SUMMARY, standing)] if standing else []),
        *(found or [Headline(FINDING, sentences.changes_intro(facts, []))]),
        *(Headline(part, sentence) for part, say in PAGES.items() for sentence in say(facts)),
    ]


def _heading(facts: Facts) -> str:
    """«Asker kommune, 4. kvartal 2010, tall per 31.12.2010»."""
    known = "" if facts.as_of == facts.period.end else f", slik kildene kjente dem {norwegian.short_day(facts.as_of)}"
    end = norwegian.short_day(facts.period.end)
    return f"{facts.municipality}, {norwegian.period(facts.period)}, tall per {end}{known}"


def _headline(facts: Facts, finding: Finding) -> Headline:
    said = sentences.finding(facts, finding)
    sentence = " ".join(part for part in (said.name, said.text, said.more) if part)
    match finding:
        case Standstill():
            return Headline(FINDING, sentence, finding.metric.metric_id, "housing_category", finding.category)
        case Change() | Missed():
            line = finding.line
            return Headline(FINDING, sentence, line.metric.metric_id, line.dimension, line.dimension_value)


def _latest_complete(connection: "Connection[Any]", origin: content.Origin) -> list[Period]:
    rows = connection.execute(
        sql.SQL("select period_type, period_start from {} where municipality_no = %s and is_latest_complete").format(
            origin.table("marts", "dim_period")
        ),
        [origin.municipality_no],
    ).fetchall()
    starts: dict[PeriodType, Any] = dict(rows)
    return [period_of(type_, starts[type_]) for type_ in MONTHS if type_ in starts]


def _scorecard(connection: "Connection[Any]", origin: content.Origin, period: Period) -> dict[str, str]:
    rows = connection.execute(
        sql.SQL(
            "select metric_id, status from {} where municipality_no = %s and period_type = %s and is_on_scorecard"
        ).format(origin.table("scorecard", "key_figure")),
        [origin.municipality_no, period.type],
    ).fetchall()
    return dict(rows)
