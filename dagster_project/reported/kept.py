"""What is kept of the reports on closed periods: what each is made of, and its files.

Belongs here: the tables, and writing and reading them. Does not belong here: what stands in them.

What a report is made of is written in the transaction that closes the period; its files are written once, when they
are first made, and handed out ever after. They lie in the database and not in a folder, so that a backup has figures
and files of the same moment, and the triggers that hold the figures hold the files too. A file is some 100 kB.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from dagster_project import BoligError
from dagster_project.reported.content import Content
from dagster_project.vocabulary import municipalities
from dagster_project.vocabulary.periods import Period, period_of
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    from psycopg import Connection


TABLES = ("report_content", "report_file", "report_public_figure")


@dataclass(frozen=True)
class Closing:
    """The closing that a report tells of."""

    municipality_no: str
    period: Period
    revision: int
    closed_by: str
    closed_at: datetime
    as_of: date
    extract_date: date
    note: str | None


class NoneMeant(BoligError):
    """It is not said which municipality is meant, and there is not just one; the message names them."""


def only_one(connection: "Connection[Any]") -> str:
    """The municipality that is meant where none is named: the only one there is, published or closed.

    Raises NoneMeant.
    """
    rows = connection.execute(
        "select municipality_no from scorecard.publication"
        " union select municipality_no from scorecard.closing order by 1"
    ).fetchall()
    if not rows:
        raise NoneMeant("Nothing is published; `bolig nightly` does it.")
    if len(rows) > 1:
        raise NoneMeant(f"There are several municipalities: name one of {', '.join(row[0] for row in rows)}.")
    return str(rows[0][0])


def freeze(
    connection: "Connection[Any]", municipality_no: str, period: Period, revision: int, content: Content
) -> None:
    """Keep what the report is made of; in the closing's own transaction, or the database refuses it."""
    connection.execute(
        "insert into scorecard.report_content (municipality_no, period_type, period_start, revision, content)"
        " values (%s, %s, %s, %s, %s)",
        [municipality_no, period.type, period.start, revision, Jsonb(content)],
    )


def closing(
    connection: "Connection[Any]", municipality_no: str, period: Period, revision: int | None = None
) -> Closing | None:
    """The newest closing of the period, or the one of this revision; None where there is none."""
    row = connection.execute(
        "select revision, closed_by, closed_at at time zone 'Europe/Oslo', as_of, extract_date, note"
        " from scorecard.closing where municipality_no = %(no)s and period_type = %(type)s and period_start = %(start)s"
        " and revision = coalesce(%(revision)s, revision) order by revision desc limit 1",
        {"no": municipality_no, "type": period.type, "start": period.start, "revision": revision},
    ).fetchone()
    return Closing(municipality_no, period, *row) if row else None


def content_of(connection: "Connection[Any]", of: Closing) -> Content | None:
    """What the report of this closing is made of; None where the period was closed before reports were kept."""
    row = connection.execute(
        "select content from scorecard.report_content"
        " where municipality_no = %s and period_type = %s and period_start = %s and revision = %s",
        _key(of),
    ).fetchone()
    return row[0] if row else None


def files(connection: "Connection[Any]", of: Closing, edition: str) -> dict[str, bytes]:
    """The kept files of this closing's edition, by name; empty where they were not made yet."""
    rows = connection.execute(
        "select file_name, content from scorecard.report_file where municipality_no = %s and period_type = %s"
        " and period_start = %s and revision = %s and edition = %s order by file_name",
        [*_key(of), edition],
    )
    return {name: bytes(content) for name, content in rows}


@dataclass(frozen=True)
class PublicFile:
    """A file of a public edition, as it was handed out."""

    period: Period
    revision: int
    name: str
    content: bytes
    made_on: date


def public_files(connection: "Connection[Any]", municipality_no: str) -> list[PublicFile]:
    """Every file of the municipality's public editions, under whichever number, in the order of their periods."""
    rows = connection.execute(
        "select period_type, period_start, revision, file_name, content, (made_at at time zone 'Europe/Oslo')::date"
        " from scorecard.report_file where municipality_no = any(%s) and edition = 'offentlig'"
        " order by period_start, period_type, revision, file_name",
        [municipalities.same_municipality(municipality_no)],
    )
    return [
        PublicFile(period_of(type_, start), revision, name, bytes(content), made_on)
        for type_, start, revision, name, content, made_on in rows
    ]


def hold(connection: "Connection[Any]", municipality_no: str) -> None:
    """Let no other transaction keep files of this municipality until this one ends."""
    locks.take(connection, "bolig.report", int(municipality_no), until="transaction")


def keep(connection: "Connection[Any]", of: Closing, edition: str, made: dict[str, bytes]) -> None:
    """Keep these files."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into scorecard.report_file"
            " (municipality_no, period_type, period_start, revision, edition, file_name, content)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [[*_key(of), edition, name, content] for name, content in made.items()],
        )


def keep_public_figures(connection: "Connection[Any]", of: Closing, figures: list[dict[str, Any]]) -> None:
    """Remember what the public edition of this closing shows."""
    connection.execute(
        "insert into scorecard.report_public_figure (municipality_no, period_type, period_start, revision, figures)"
        " values (%s, %s, %s, %s, %s)",
        [*_key(of), Jsonb(figures)],
    )


def public_figures(connection: "Connection[Any]", municipality_no: str) -> list[dict[str, Any]]:
    """What public editions show of this municipality so far, under whichever number, as rows of metric_value."""
    rows = connection.execute(
        "select figures from scorecard.report_public_figure where municipality_no = any(%s)"
        " order by period_type, period_start, revision",
        [municipalities.same_municipality(municipality_no)],
    )
    return [figure for (figures,) in rows for figure in figures]


def _key(of: Closing) -> list[Any]:
    return [of.municipality_no, of.period.type, of.period.start, of.revision]
