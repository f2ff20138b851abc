"""Periods: months, and those that are reported on: quarters, tertials and years.

Belongs here: how a period is named on the command line, and which came before it.
Does not belong here: what a period is called in Norwegian (norwegian.py), and whether it may be closed (closing/).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dagster_project import BoligError

PeriodType = Literal["month", "quarter", "tertial", "year"]

MONTHS: dict[PeriodType, int] = {"month": 1, "quarter": 3, "tertial": 4, "year": 12}


class NoSuchPeriod(BoligError):
    """No period has this name; the message says how one is written."""


@dataclass(frozen=True)
class Period:
    """A period; any but a month can be closed."""

    name: str
    type: PeriodType
    start: date

    @property
    def end(self) -> date:
        """Its last day."""
        return _months_later(self.start, MONTHS[self.type]) - timedelta(days=1)

    @property
    def number(self) -> int:
        """Its place in the year, from 1."""
        return (self.start.month - 1) // MONTHS[self.type] + 1

    def earlier(self, count: int) -> "Period":
        """The period of the same type that came so many before; 0 is itself."""
        return period_of(self.type, _months_later(self.start, -count * MONTHS[self.type]))


def parse(text: str) -> Period:
    """The period of this name: 2010, 2010-T3 or 2010-Q4. Raises NoSuchPeriod."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise NoSuchPeriod(f"{text} is a month, and months are not closed: a quarter, a tertial or a year is.")
    found = re.fullmatch(r"([12]\d{3})(?:-(?:Q([1-4])|T([1-3])))?", text.upper())
    if not found:
        raise NoSuchPeriod(f"{text} is no period; write a quarter as 2010-Q4, a tertial as 2010-T3, a year as 2010.")
    year, quarter, tertial = found.groups()
    if quarter:
        return period_of("quarter", date(int(year), 3 * int(quarter) - 2, 1))
    if tertial:
        return period_of("tertial", date(int(year), 4 * int(tertial) - 3, 1))
    return period_of("year", date(int(year), 1, 1))


def period_of(type_: PeriodType, start: date) -> Period:
    """The period of this type that begins on this day."""
    place = (start.month - 1) // MONTHS[type_] + 1
    suffix = {"month": f"-{place:02d}", "quarter": f"-Q{place}", "tertial": f"-T{place}", "year": ""}[type_]
    return Period(f"{start.year:04d}{suffix}", type_, start)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
