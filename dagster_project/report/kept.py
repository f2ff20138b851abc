"""What is kept of the reports on closed periods: what each is made of, and its files.

Belongs here: the tables, and writing and reading them. Does not belong here: what stands in them.

What a report is made of is written in the transaction that closes the period; its files are written once, when they
are first made, and handed out ever after. They lie in the database and not in a folder, so that a backup has figures
and files of the same moment, and the triggers that hold the figures hold the files too. A file is some 100 kB.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.types.json import Jsonb

from dagster_project import locks, revision
from dagster_project.periods import Period
from dagster_project.report.content import Content

if TYPE_CHECKING:
    from psycopg import Connection

TABLES = ("report_content", "report_file", "report_public_figure")

# the tables of revision.py must be there
STATEMENTS: LiteralString = """
create table if not exists scorecard.report_content (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    content jsonb not null,
    primary key (municipality_no, period_type, period_start, revision),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.closing
);
comment on table scorecard.report_content is
    'What the report on a closed period shows besides the figures in scorecard.reported, as it stood at the closing:'
    ' earlier figures, targets, definitions, labels, registers, revisions, faults. It never changes.'
    ' One row per municipality, period and revision.';
comment on column scorecard.report_content.municipality_no is 'The municipality';
comment on column scorecard.report_content.period_type is 'quarter, tertial or year';
comment on column scorecard.report_content.period_start is 'First day of the period';
comment on column scorecard.report_content.revision is 'The closing''s revision';
comment on column scorecard.report_content.content is 'Rows by what they tell of';

create table if not exists scorecard.report_file (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    edition text not null check (edition in ('intern', 'offentlig')),
    file_name text not null,
    content bytea not null,
    made_at timestamptz not null default now(),
    primary key (municipality_no, period_type, period_start, revision, edition, file_name),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.report_content
);
comment on table scorecard.report_file is
    'The reports on closed periods, as files. They never change.'
    ' One row per municipality, period, revision, edition and file.';
comment on column scorecard.report_file.municipality_no is 'The municipality';
comment on column scorecard.report_file.period_type is 'quarter, tertial or year';
comment on column scorecard.report_file.period_start is 'First day of the period';
comment on column scorecard.report_file.revision is 'The closing''s revision';
comment on column scorecard.report_file.edition is
    'intern: for those who may see every figure. offentlig: under disclosure control';
comment on column scorecard.report_file.file_name is 'The file''s name; its ending says PDF or XLSX';
comment on column scorecard.report_file.content is 'The file';
comment on column scorecard.report_file.made_at is 'When it was made';

create table if not exists scorecard.report_public_figure (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    figures jsonb not null,
    primary key (municipality_no, period_type, period_start, revision),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.report_content
);
comment on table scorecard.report_public_figure is
    'The figures that the public edition of a report shows: what is once public cannot be hidden later, and the'
    ' disclosure control of later editions counts it as known. It never changes.'
    ' One row per municipality, period and revision.';
comment on column scorecard.report_public_figure.municipality_no is 'The municipality';
comment on column scorecard.report_public_figure.period_type is 'quarter, tertial or year';
comment on column scorecard.report_public_figure.period_start is 'First day of the period';
comment on column scorecard.report_public_figure.revision is 'The closing''s revision';
comment on column scorecard.report_public_figure.figures is
    'The period''s rows of metric_value as the edition shows them; suppressed ones left out';

create or replace function operations.refuse_late_content() returns trigger language plpgsql as $$
begin
    -- now() is the transaction's: what a report is made of comes with the closing or not at all
    if exists (
        select from added inner join scorecard.closing using (municipality_no, period_type, period_start, revision)
        where closing.closed_at <> now()
    ) then
        raise exception 'scorecard.report_content never changes: it is written with the closing'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;

do $$ begin
    if not exists (select from pg_trigger where tgname = 'late_content_is_refused') then
        create trigger change_is_refused before update or delete or truncate on scorecard.report_content
            for each statement execute function operations.refuse_change();
        create trigger change_is_refused before update or delete or truncate on scorecard.report_file
            for each statement execute function operations.refuse_change();
        create trigger change_is_refused before update or delete or truncate on scorecard.report_public_figure
            for each statement execute function operations.refuse_change();
        create trigger late_content_is_refused after insert on scorecard.report_content
            referencing new table as added for each statement execute function operations.refuse_late_content();
    end if;
end $$;
"""


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
        [revision.same_municipality(municipality_no)],
    )
    return [figure for (figures,) in rows for figure in figures]


def _key(of: Closing) -> list[Any]:
    return [of.municipality_no, of.period.type, of.period.start, of.revision]
