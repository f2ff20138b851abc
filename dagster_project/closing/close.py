"""Closing a period: its figures are frozen as they were reported, by a person's command.

Belongs here: which period, on which delivery, what refuses it, and the writing of a new revision.
Does not belong here: the tables, and the comparison with later figures (reported/revision.py).

Only figures that the publish gate has let through are frozen: those that are published, or those of an older
delivery, which is built and audited for the purpose beside them. What is published stays as it is.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from dagster_project import BoligError, warehouse
from dagster_project.landing import door
from dagster_project.night import dbt, gate, holding
from dagster_project.outlook import runs
from dagster_project.reported import content, kept, revision
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from dagster_project.vocabulary.periods import Period

if TYPE_CHECKING:
    from psycopg import Connection


class ClosingRefused(BoligError):
    """The period cannot be closed; the message says why. Nothing was written."""


@dataclass(frozen=True)
class Closing:
    """A closing as it was written."""

    municipality_no: str
    period: Period
    revision: int
    closed_by: str
    extract_date: date
    load_id: int
    figures: int
    warnings: tuple[str, ...]
    revised: int

    def lines(self) -> list[str]:
        """The closing in plain words."""
        later = ", a new revision; the earlier ones stand" if self.revision > 1 else ""
        return [
            f"{self.period.name} of {self.municipality_no} is closed as revision {self.revision}{later}: "
            f"{self.figures:,} figures on the delivery of {self.extract_date} (load {self.load_id}), "
            f"by {self.closed_by}.",
            *(f"- The gate warned: {warning}" for warning in self.warnings),
            f"{self.revised:,} figures of closed periods differ from what is published now; "
            "scorecard.revision lists them.",
        ]


@dataclass(frozen=True)
class _Origin(content.Origin):
    """Where the figures to be frozen stand, and the delivery and the night that they are of."""

    extract_date: date
    night_id: int | None


def close(
    settings: Settings,
    period: Period,
    closed_by: str,
    municipality_no: str | None = None,
    extract_date: date | None = None,
    note: str | None = None,
    run_id: str | None = None,
) -> Closing:
    """Freeze a period's figures: those published, or with `extract_date` those of that older delivery.

    Raises ClosingRefused, NightInProgress, BuildFailed, WarehouseError.
    """
    if not closed_by.strip():
        raise ClosingRefused("Who closes the period must be named: a closing is a person's.")
    with holding.lock(settings), holding.opened(settings) as connection:
        number = municipality_no or kept.only_one(connection)
        published = _published(connection, number)
        if extract_date is None:
            if published is None:
                raise ClosingRefused(f"Nothing of {number} is published; `bolig nightly` does it.")
            return _freeze(connection, published, period, closed_by.strip(), note, run_id)
        load_id = _load_of(connection, number, extract_date)
        if published and published.load_id == load_id:
            return _freeze(connection, published, period, closed_by.strip(), note, run_id)
        try:
            origin = _built(connection, settings, number, extract_date, load_id)
            return _freeze(connection, origin, period, closed_by.strip(), note, run_id)
        finally:
            # raw is tonight's: nothing of an older delivery may lie there when the next night builds
            door.open_night(connection)


def _published(connection: "Connection[Any]", municipality_no: str) -> _Origin | None:
    row = connection.execute(
        "select load_id, extract_date, code_version, warnings, night_id from scorecard.publication"
        " where municipality_no = %s",
        [municipality_no],
    ).fetchone()
    if row is None:
        return None
    load_id, extract_date, code_version, warnings, night_id = row
    return _Origin(None, municipality_no, load_id, code_version, tuple(warnings), extract_date, night_id)


def _load_of(connection: "Connection[Any]", municipality_no: str, extract_date: date) -> int:
    """The newest accepted load of this date: a correction takes the place of what it corrects."""
    row = connection.execute(
        "select load_id from landing.delivery"
        " where municipality_no = %s and extract_date = %s and status = 'accepted' order by load_id desc limit 1",
        [municipality_no, extract_date],
    ).fetchone()
    if row is None:
        known = [
            f"{day}"
            for (day,) in connection.execute(
                "select distinct extract_date from landing.delivery"
                " where municipality_no = %s and status = 'accepted' order by 1 desc limit 5",
                [municipality_no],
            )
        ]
        raise ClosingRefused(
            f"No delivery of {municipality_no} of {extract_date} is loaded"
            + (f"; the newest are of {', '.join(known)}. " if known else "; none is. ")
            + f"`bolig backfill --date {extract_date} --municipality {municipality_no}` loads an older one."
        )
    return int(row[0])


def _built(
    connection: "Connection[Any]", settings: Settings, municipality_no: str, extract_date: date, load_id: int
) -> _Origin:
    """Build and audit an older delivery beside what is published. Raises ClosingRefused, BuildFailed."""
    code_version = dbt.code_version()
    revision.keep_definitions(connection, code_version)
    door.open_night(connection)
    door.restore(connection, load_id)
    door.analyze_raw(connection)
    dbt.build(settings)
    findings = gate.audit(connection, settings)
    if any(finding.blocks for finding in findings):
        reasons = [finding.line() for finding in findings if finding.blocks]
        raise ClosingRefused(
            "\n".join([f"The publish gate does not let the figures of {extract_date} through.", *reasons])
        )
    warnings = tuple(finding.line() for finding in findings if not finding.success)
    return _Origin(warehouse.PLAIN, municipality_no, load_id, code_version, warnings, extract_date, None)


def _freeze(
    connection: "Connection[Any]", origin: _Origin, period: Period, closed_by: str, note: str | None, run_id: str | None
) -> Closing:
    """Write the closing, its figures and what else the report on it shows, in one transaction."""
    figures = origin.table("scorecard", "metric_value")
    terms = {
        "no": origin.municipality_no, "type": period.type, "start": period.start, "load": origin.load_id,
        "extract": origin.extract_date, "night": origin.night_id, "by": closed_by, "run": run_id, "note": note,
        "version": origin.code_version, "warnings": list(origin.warnings),
    }  # fmt: skip
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        if origin.code_version == dbt.code_version():
            revision.keep_definitions(connection, origin.code_version)
        there = cursor.execute(
            sql.SQL(
                "select period_end, as_of, is_complete from {} where municipality_no = %(no)s"
                " and period_type = %(type)s and period_start = %(start)s limit 1"
            ).format(figures),
            terms,
        ).fetchone()
        if there is None:
            raise _no_such_period(connection, figures, origin, period)
        if not there["is_complete"]:
            raise ClosingRefused(
                f"{period.name} of {origin.municipality_no} is not complete: it ends on {there['period_end']}, and the "
                f"delivery of {origin.extract_date} tells of the time until {there['as_of']}. Only a complete period "
                "can be closed."
            )
        terms |= {"end": there["period_end"], "as_of": there["as_of"]}
        closed = cursor.execute(
            """
            insert into scorecard.closing (
                municipality_no, period_type, period_start, period_end, revision, closed_by, as_of, extract_date,
                load_id, night_id, run_id, code_version, warnings, note
            )
            select
                %(no)s, %(type)s, %(start)s, %(end)s, coalesce(max(revision), 0) + 1, %(by)s, %(as_of)s, %(extract)s,
                %(load)s, %(night)s, %(run)s, %(version)s, %(warnings)s, %(note)s
            from scorecard.closing
            where municipality_no = %(no)s and period_type = %(type)s and period_start = %(start)s
            returning revision
            """,
            terms,
        ).fetchone()
        assert closed
        missing = cursor.execute(
            sql.SQL("""
                select distinct metric_id from {} where municipality_no = %(no)s and metric_id not in (
                    select metric_id from scorecard.definition_version where code_version = %(version)s
                )
            """).format(figures),
            terms,
        ).fetchall()
        if missing:
            raise ClosingRefused(
                f"The published figures are of an earlier version of the code ({origin.code_version}), which kept no "
                "definitions to freeze with them. Run `bolig nightly` first."
            )
        count = cursor.execute(
            sql.SQL("""
                insert into scorecard.reported (
                    municipality_no, period_type, period_start, period_end, revision, metric_id, dimension,
                    dimension_value, value, numerator, denominator, units, as_of, definition_version, is_ripe
                )
                select
                    figure.municipality_no, figure.period_type, figure.period_start, figure.period_end, %(revision)s,
                    figure.metric_id, figure.dimension, figure.dimension_value, figure.value, figure.numerator,
                    figure.denominator, behind.units, figure.as_of, definition.definition_version, figure.is_ripe
                from {} as figure
                left join {} as behind
                    using (municipality_no, metric_id, period_type, period_start, dimension, dimension_value)
                inner join scorecard.definition_version as definition
                    on definition.code_version = %(version)s and figure.metric_id = definition.metric_id
                where figure.municipality_no = %(no)s and figure.period_type = %(type)s
                    and figure.period_start = %(start)s
            """).format(figures, origin.table("scorecard", "figure_units")),
            terms | {"revision": closed["revision"]},
        ).rowcount
        revised = revision.refresh(connection, _publications_of(connection, origin.municipality_no))
        # what is foreseen and planned on this delivery is part of what is said with it
        runs.freeze_at_closing(
            connection, origin.municipality_no, origin.load_id, closed_by, f"{period.name}, {closed['revision']}"
        )
        shown = content.read(connection, origin, period)
        kept.freeze(connection, origin.municipality_no, period, closed["revision"], shown)
    return Closing(
        origin.municipality_no, period, closed["revision"], closed_by, origin.extract_date, origin.load_id, count,
        origin.warnings, revised,
    )  # fmt: skip


def _publications_of(connection: "Connection[Any]", municipality_no: str) -> list[str]:
    """The published numbers that this one's closed periods are compared with."""
    published = [row[0] for row in connection.execute("select municipality_no from scorecard.publication")]
    return [number for number in published if municipality_no in municipalities.same_municipality(number)]


def _no_such_period(
    connection: "Connection[Any]", figures: sql.Identifier, origin: _Origin, period: Period
) -> ClosingRefused:
    first, last = connection.execute(
        sql.SQL(
            "select min(period_start), max(period_end) from {} where municipality_no = %s and period_type = %s"
        ).format(figures),
        [origin.municipality_no, period.type],
    ).fetchone() or (None, None)
    return ClosingRefused(
        f"{origin.municipality_no} has no {period.name}: its figures of the delivery of {origin.extract_date} run from "
        f"{first} to {last}."
    )
