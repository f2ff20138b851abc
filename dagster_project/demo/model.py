"""The things of the demonstration municipality, before anyone writes them into a register.

Belongs here: dwellings, stays, lettings, applications, contracts, and `Registers`, which collects the rows.
Does not belong here: how they come about (housing, allocating, money, husbanken), how an extract sees them (extract).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
LAST_DAY = date(2011, 12, 31)  # the world is told until here


class Registers:
    """The rows of every table, each with the day from which the source system knows it.

    A key that begins with `_` is no column: it is a day that decides when a value becomes known (see extract).
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[date, Row]]] = defaultdict(list)

    def add(self, table: str, known: date, **row: Any) -> None:
        """Writes a row into a table."""
        self.rows[table].append((known, row))


@dataclass(eq=False)
class Dwelling:
    """A dwelling, and all stays in it, oldest first."""

    id: str
    category: str
    tenure: str
    manager: str
    area: str
    address: str
    built: int
    m2: int
    rooms: int
    acquired: date
    market_rent: int
    disposed: date | None = None
    disposed_to: str | None = None
    stays: "list[Stay]" = field(default_factory=list)


@dataclass(eq=False)
class Application:
    """An application; `received` may still be moved while the world is made."""

    person: str
    received: date
    kind: str
    category: str
    unit: str
    id: str = ""
    refused_first: bool = False


@dataclass(eq=False)
class Entry:
    """A place in the queue."""

    application: Application
    category: str
    joined: date
    left: date | None = None
    reason: str | None = None


@dataclass(eq=False)
class Letting:
    """A dwelling's way from one household to the next. A planned one does not know its dwelling yet."""

    category: str  # of the application
    allocated: date
    vacated: date  # or acquired, in a first letting
    reported: date | None
    ready: date | None
    start: date
    works: tuple[date, date] | None = None
    earlier_offer: date | None = None  # of another dwelling, never answered
    earlier_home: "Dwelling | None" = None
    entry: Entry | None = None
    application: Application | None = None
    dwelling: Dwelling | None = None
    stay: "Stay | None" = None

    @property
    def first_offer(self) -> date:
        """The day of the household's first offer that it did not refuse: then it leaves the queue."""
        return self.earlier_offer or self.allocated


@dataclass(eq=False)
class Contract:
    """One contract of a stay."""

    start: date
    agreed_end: date | None
    known: date
    rent: int
    renewal: Application | None = None
    allocated: date | None = None
    id: str = ""


@dataclass(eq=False)
class Stay:
    """A household in a dwelling."""

    dwelling: Dwelling
    start: date
    fixed: bool
    end: date | None = None
    reason: str | None = None
    person: str = ""
    letting: Letting | None = None
    letting_after: Letting | None = None  # only where the dwelling then stands empty to the world's end
    contracts: list[Contract] = field(default_factory=list)

    def running(self, day: date) -> bool:
        """Whether the household has the dwelling on this day."""
        return self.start <= day and (self.end is None or self.end > day)


def after(day: date, days: int) -> date:
    """The day so many days later."""
    return day + timedelta(days=days)


def months_after(day: date, months: int) -> date:
    """The day so many months later; a day that does not exist is the month's 28th."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, day.day if day.day <= 28 else 28)


def workday(day: date) -> date:
    """This day, or the Monday after (the Friday before, where the year ends in between)."""
    if day.weekday() < 5:
        return day
    monday = after(day, 7 - day.weekday())
    return monday if monday.year == day.year else after(day, 4 - day.weekday())
