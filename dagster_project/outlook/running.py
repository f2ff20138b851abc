"""Working out the outlook of many municipalities, each for itself; and answering one question.

Belongs here: that one municipality's failure is no other's. Does not belong here: what is worked out (working.py), and
when (Dagster, the command line).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from dagster_project.outlook import kept, series, words
from dagster_project.outlook.kept import Kept
from dagster_project.outlook.paths import HORIZON
from dagster_project.outlook.runs import BASELINE, OutlookRefused, newest_run
from dagster_project.outlook.series import month_end, months_between
from dagster_project.outlook.working import Answer, Outlook

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger("bolig.outlook")


@dataclass
class Done:
    """What became of the outlook of each municipality."""

    kept: list[Kept] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """By municipality: the kind of error and its place, without its words, which may quote rows."""

    @property
    def has_trouble(self) -> bool:
        return bool(self.failed) or any(each.refusals for each in self.kept)

    def lines(self) -> list[str]:
        """In plain words."""
        return [line for each in self.kept for line in each.lines()] + [
            f"The outlook of {number} failed ({why}); what was worked out before stands, and so does what is published."
            for number, why in self.failed.items()
        ]


def all_of(
    connection: "Connection[Any]", municipality_nos: Sequence[str] | None = None, *, again: bool = False
) -> Done:
    """Work out the outlook of these municipalities (of all that are published), each in a transaction of its own."""
    done = Done()
    for number in municipality_nos or kept.published_numbers(connection):
        try:
            done.kept.append(kept.work_out(connection, number, again=again))
        except OutlookRefused:
            raise
        except Exception as error:
            if connection.broken:
                raise
            done.failed[number] = _place(error)
            log.error("The outlook of %s failed: %s", number, done.failed[number])
    return done


def _place(error: BaseException) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{type(error).__name__} at {frame.tb_frame.f_code.co_name}:{frame.tb_lineno}" if frame else "?"


def solve(
    connection: "Connection[Any]", municipality_no: str, category: str, goal: float, by_on: date, ready: date | None
) -> list[str]:
    """How many new dwellings it takes, in sentences; kept with the newest baseline where that is not frozen.

    Raises OutlookRefused, LeverRefused.
    """
    published = series.read(connection, municipality_no)
    if published is None:
        raise OutlookRefused(f"Nothing of {municipality_no} is published; `bolig nightly` does it.")
    _, assumptions = kept.read_scenarios(connection, municipality_no)
    outlook = Outlook(published, assumptions)
    by_month = months_between(outlook.origin, by_on)
    ready_month = months_between(outlook.origin, ready) if ready else min(12, by_month)
    if not 1 <= ready_month <= by_month:
        raise OutlookRefused(
            f"The dwellings must be let after {outlook.origin} and by {by_on}; months are counted from there."
        )
    answer = outlook.solve(category, goal, by_month, ready_month)
    run = newest_run(connection, municipality_no, BASELINE)
    if not run["is_frozen"]:
        kept.keep_answer(connection, municipality_no, run["run_id"], answer)
    return said(answer, outlook.origin)


def said(answer: Answer, origin: date) -> list[str]:
    """The answer in sentences."""
    found, by = answer.solution, month_end(origin, answer.by_month)
    if answer.by_month > HORIZON:
        if found.expected is None:
            return [words.BEYOND, f"Køen kan ikke bli høyst {answer.goal:g} {words.day(by)} med nye boliger alene."]
        return [words.BEYOND, f"{found.expected} nye boliger gir en kø på høyst {answer.goal:g} {words.day(by)}."]
    ready = month_end(origin, answer.ready_month)
    lines = [words.solution(answer.goal, by, found.by_confidence[0.5], found.by_confidence[0.8], ready, found.without)]
    if found.expected is not None:
        lines.append(f"Den forventede banen alene gir {found.expected}.")
    if found.by_confidence[0.8] is None:
        lines.append(f"Mest som spaken gir: {words.percent(found.best[0.8])} sannsynlighet.")
    if later := found.later.get(0.5):
        lines.append(f"Tolv måneder etter, uten flere tiltak: {words.whole(later[0])}–{words.whole(later[1])} i kø.")
    return lines
