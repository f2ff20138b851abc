"""What becomes of each night, and of each delivery in it.

Belongs here: the records of nights, batches, deliveries and findings.
Does not belong here: who holds the warehouse (holding.py), the dealing of a large night's deliveries to batches
(batches.py), and what is published (publication.py).

A night is one run, which holds the whole warehouse; or it is dealt to batches, each a run of its own in a build space
of its own. Batches hold the warehouse together, and each its municipalities alone.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from dagster_project import warehouse
from dagster_project.night import dbt
from expectations import runner

if TYPE_CHECKING:
    from psycopg import Connection


SQL = Path(__file__).parent / "sql"

# What a person at the command line follows the night by; Dagster's own log holds the same and more.
progress = logging.getLogger("bolig.night")


@dataclass(frozen=True)
class Night:
    """A run's record, the version of the code that it runs, and where it builds.

    `part_of` and `municipality_nos`: of a batch, the night that it is a part of and what it was dealt.
    """

    night_id: int
    run_id: str
    code_version: str
    space: warehouse.BuildSpace = warehouse.PLAIN
    part_of: int | None = None
    municipality_nos: tuple[str, ...] = ()


# Dagster's runs with these tags are batches: of which night, and which of it
NIGHT_TAG, BATCH_TAG = "bolig/night", "bolig/batch"


@dataclass(frozen=True)
class Batch:
    """Some of a night's deliveries, which one run loads, builds and publishes."""

    part_of: int
    number: int
    municipality_nos: tuple[str, ...]

    @property
    def tags(self) -> dict[str, str]:
        """What makes a run of the nightly job this batch."""
        return {NIGHT_TAG: str(self.part_of), BATCH_TAG: str(self.number)}


def plan(connection: "Connection[Any]", night_id: str, dealt: Sequence[Sequence[str]]) -> list[Batch]:
    """Record a night of these batches, by a name of its own."""
    everything = [number for numbers in dealt for number in numbers]
    with connection.transaction():
        (part_of,) = connection.execute(
            "insert into operations.night (run_id, municipality_nos) values (%s, %s) returning night_id",
            [night_id, everything],
        ).fetchone() or (0,)
        batches = [Batch(part_of, number, tuple(numbers)) for number, numbers in enumerate(dealt, 1)]
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into operations.night (run_id, part_of, batch_no, municipality_nos) values (%s, %s, %s, %s)",
                [
                    (f"{night_id}/{batch.number}", part_of, batch.number, list(batch.municipality_nos))
                    for batch in batches
                ],
            )
    return batches


def take(connection: "Connection[Any]", part_of: int) -> Batch | None:
    """Take up the night's next batch that no worker has; None where there is none."""
    row = connection.execute(
        "update operations.night set is_taken = true where night_id = ("
        "   select night_id from operations.night where part_of = %s and is_taken is null"
        "   order by batch_no limit 1 for update skip locked"
        " ) returning batch_no, municipality_nos",
        [part_of],
    ).fetchone()
    return row and Batch(part_of, row[0], tuple(row[1]))


def is_all_taken(connection: "Connection[Any]", part_of: int) -> bool:
    """Whether each of the night's batches is taken up."""
    return not connection.execute(
        "select from operations.night where part_of = %s and is_taken is null", [part_of]
    ).rowcount


def planned(connection: "Connection[Any]", part_of: int, number: int) -> Batch:
    """A batch of a night, as it was dealt."""
    (numbers,) = connection.execute(
        "select municipality_nos from operations.night where part_of = %s and batch_no = %s", [part_of, number]
    ).fetchone() or ([],)
    return Batch(part_of, number, tuple(numbers))


def begin_batch(connection: "Connection[Any]", run_id: str, batch: Batch, space: warehouse.BuildSpace) -> Night:
    """Record that this run of the batch has begun, in this space."""
    (night_id,) = connection.execute(
        "update operations.night set run_id = %s, space = %s, started_at = clock_timestamp(), finished_at = null,"
        " outcome = null, message = null where part_of = %s and batch_no = %s returning night_id",
        [run_id, space.number, batch.part_of, batch.number],
    ).fetchone() or (0,)
    return Night(night_id, run_id, dbt.code_version(), space, batch.part_of, batch.municipality_nos)


def begin(connection: "Connection[Any]", run_id: str, space: warehouse.BuildSpace = warehouse.PLAIN) -> Night:
    """Record that this run's night has begun, in this space."""
    connection.execute("insert into operations.night (run_id) values (%s) on conflict (run_id) do nothing", [run_id])
    row = connection.execute("select night_id from operations.night where run_id = %s", [run_id]).fetchone()
    assert row
    return Night(row[0], run_id, dbt.code_version(), space)


def record_delivery(
    connection: "Connection[Any]",
    night: Night,
    municipality_no: str,
    extract_date: date,
    load_id: int | None,
    door: str,
    report: str,
) -> None:
    """Record what the door said of a delivery; the last word stands: a batch can be run again."""
    connection.execute(
        "insert into operations.night_delivery (night_id, municipality_no, extract_date, load_id, door, report)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (night_id, municipality_no) do update set"
        " extract_date = excluded.extract_date, load_id = excluded.load_id, door = excluded.door,"
        " report = excluded.report, is_withheld = false, findings = '{}', is_judged = false",
        [night.night_id, municipality_no, extract_date, load_id, door, report],
    )


def record_finding(connection: "Connection[Any]", night: Night, finding: runner.Finding) -> None:
    """Record what the gate found of one expectation; the last word on it stands."""
    expectation = finding.expectation
    connection.execute(
        "insert into operations.finding (night_id, expectation_id, severity, success, report, claim_no, found)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (night_id, expectation_id)"
        " do update set success = excluded.success, report = excluded.report, found = excluded.found",
        [
            night.night_id,
            expectation.id,
            expectation.severity,
            finding.success,
            finding.line(),
            expectation.claim_no,
            finding.found,
        ],
    )


def judge(connection: "Connection[Any]", night: Night, findings: Mapping[str, Sequence[runner.Finding]]) -> list[str]:
    """Record what the gate found of each municipality; gives those that it keeps from being published."""
    withheld = [number for number, of_one in findings.items() if any(finding.blocks for finding in of_one)]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from operations.municipality_finding where night_id = %s", [night.night_id])
        cursor.executemany(
            "insert into operations.municipality_finding (night_id, municipality_no, expectation_id, found)"
            " values (%s, %s, %s, %s)",
            [
                (night.night_id, number, finding.expectation.id, finding.found)
                for number, of_one in findings.items()
                for finding in of_one
            ],
        )
        cursor.executemany(
            "update operations.night_delivery set is_withheld = %s, findings = %s, is_judged = true"
            " where night_id = %s and municipality_no = %s",
            [
                (number in withheld, sorted(finding.line() for finding in of_one), night.night_id, number)
                for number, of_one in findings.items()
            ],
        )
    return withheld


def keep_data_docs(connection: "Connection[Any]", night: Night, pages: Mapping[str, str]) -> None:
    """Keep the page of what the gate found of each municipality; it takes the place of the last night's."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into operations.data_docs (municipality_no, night_id, page) values (%s, %s, %s)"
            " on conflict (municipality_no) do update set night_id = excluded.night_id, page = excluded.page",
            [(number, night.night_id, page) for number, page in pages.items()],
        )


def publishable(connection: "Connection[Any]", night: Night, built: Sequence[str]) -> list[str]:
    """The municipalities, of those that the night has built, that the gate let through."""
    found = connection.execute(
        "select municipality_no from operations.night_delivery"
        " where night_id = %s and municipality_no = any(%s) and not is_withheld order by 1",
        [night.night_id, list(built)],
    )
    return [number for (number,) in found]


def finish(connection: "Connection[Any]", run_id: str, outcome: str, message: str) -> None:
    """Record how this run's night ended; the first word stands."""
    connection.execute(
        "update operations.night set finished_at = clock_timestamp(), outcome = %s, message = %s"
        " where run_id = %s and finished_at is null",
        [outcome, message, run_id],
    )


def settle(connection: "Connection[Any]", night_id: int) -> None:
    """End a night whose batches have all been run, by what became of them.

    A batch of which nothing was recorded was killed, or never begun.
    """
    with connection.transaction():
        is_open = connection.execute(
            "select from operations.night where night_id = %s and finished_at is null for update", [night_id]
        ).rowcount
        if not is_open:
            return
        connection.execute(
            "update operations.night set finished_at = clock_timestamp(), outcome = 'not_published',"
            " message = 'The run was killed, or never began; Dagster says more of it.'"
            " where part_of = %s and finished_at is null",
            [night_id],
        )
        connection.execute(
            warehouse.statement(SQL / "settle.sql"),
            {"night": night_id},
        )


@dataclass(frozen=True)
class NightOutcome:
    """How a night ended; `is_complete`: every delivery that it was given is published."""

    outcome: str
    message: str
    is_complete: bool


def outcome(connection: "Connection[Any]", run_id: str) -> NightOutcome | None:
    """How this run's night ended; None where it never began (another held the warehouse)."""
    row = connection.execute("select night_id from operations.night where run_id = %s", [run_id]).fetchone()
    return outcome_of(connection, row[0]) if row else None


def outcome_of(connection: "Connection[Any]", night_id: int) -> NightOutcome | None:
    """How this night ended, with all its batches; None where it has not.

    Where some deliveries are published and others are not, the message says of the others why.
    """
    row = connection.execute(
        "select outcome, message, array("
        "   select case when is_withheld then"
        "     array_to_string(format('The publish gate holds %%s back:', municipality_no) || findings, E'\\n  ')"
        "   else report end"
        "   from operations.night_delivery as delivery inner join operations.night as run using (night_id)"
        "   where night.night_id in (run.night_id, run.part_of) and run.outcome <> 'not_published'"
        "   and (is_withheld or door not in ('accepted', 'unchanged')) order by municipality_no"
        " ), exists ("
        "   select from operations.night as run where run.part_of = night.night_id and run.outcome = 'not_published'"
        " ) from operations.night where night_id = %s and outcome is not null",
        [night_id],
    ).fetchone()
    if not row:
        return None
    ended, message, held_up, lacks_batch = row
    if ended == "not_published":
        return NightOutcome(ended, message, is_complete=False)
    return NightOutcome(ended, "\n".join([message, *held_up]), is_complete=not (held_up or lacks_batch))


def last_nights(connection: "Connection[Any]", limit: int = 10) -> list[dict[str, Any]]:
    """The newest nights with what the door said, newest first.

    Of a night of batches how often it said it, and how many of them (`batches_not_published`) did not publish.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            warehouse.statement(SQL / "last_nights.sql"),
            {"limit": limit},
        ).fetchall()
