"""Who needs a dwelling on a day: each person once, by the first of four things that are known of them.

Belongs here: A the waiting list, B temporary housing, C applications that are not decided, D the need register, and V
the dwellings that could be let; by category, which a group's grouping cannot change. Does not belong here: what comes
of it in years (reckoning.py), and reading (reading.py).
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from dagster_project.needs.groups import TEMPORARY, home_of

# of a category with fewer decisions the share of all is taken
FEWEST_DECISIONS = 20
GRANTED = "innvilget"
NEEDED = ("meldt", "kartlagt")
# longer unconfirmed, a row of the register counts in the high alternative only
CONFIRMED_MONTHS, GRANT_MONTHS = 24, 24


class Waiting(NamedTuple):
    person_id: str
    category: str
    entered_on: date
    exited_on: date | None
    has_children: bool


class Staying(NamedTuple):
    person_id: str
    from_on: date
    to_on: date | None


class Applied(NamedTuple):
    """A new application; its last decision by the as-of date, where there is one."""

    person_id: str
    category: str
    received_on: date
    decided_on: date | None
    outcome: str | None
    has_children: bool


class Registered(NamedTuple):
    """A row of the need register; a municipality may keep one without a name."""

    person_id: str | None
    need_group: str
    dwelling_type: str
    wanted_from_on: date
    status: str
    confirmed_on: date


class Vacant(NamedTuple):
    category: str
    dwelling_id: str


class Coefficient(NamedTuple):
    """What share of a population needs a dwelling, as somebody has found; and who approved it."""

    need_group: str
    prevalence: float
    low: float | None
    high: float | None
    share_without: float
    source: str
    valid_from: date


@dataclass(frozen=True)
class Records:
    """What is published of a municipality's needs."""

    waiting: Sequence[Waiting] = ()
    staying: Sequence[Staying] = ()
    applied: Sequence[Applied] = ()
    registered: Sequence[Registered] | None = None
    """None where the register was never delivered: nothing is known of it, and that is not 0."""
    vacant: Sequence[Vacant] = ()
    tenants: Mapping[str, int] = field(default_factory=dict)
    dwellings: Mapping[str, int] = field(default_factory=dict)
    coefficients: Sequence[Coefficient] = ()


@dataclass
class Counted:
    """The need of one category (and kind of dwelling, where the register asks for another than the category's)."""

    waiting: int = 0
    temporary: int = 0
    undecided: int = 0
    granted: tuple[int, int] = (0, 0)
    """Of the decisions that undecided applications are weighed by: granted, and all."""
    registered: int | None = None
    unconfirmed: int = 0
    """Rows of the register beside these that nobody confirmed for two years."""
    vacant: int = 0
    families: float = 0.0
    """Of waiting and undecided those with children."""

    @property
    def expected_grants(self) -> float:
        """Undecided applications by the share that is granted."""
        granted, all_of = self.granted
        return self.undecided * granted / all_of if all_of else 0.0


Key = tuple[str, str | None]
"""A category, and the kind of dwelling where it is not the category's own."""


def months_before(day: date, months: int) -> date:
    """The day so many months before one; the month's last where it has no such day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def count(records: Records, on: date, dwelling_types: Mapping[str, str]) -> dict[Key, Counted]:
    """Everybody who needs a dwelling at the end of a day, once; `dwelling_types` is each category's own."""
    found: dict[Key, Counted] = {(category, None): Counted() for category in dwelling_types}
    seen: set[str] = set()

    def first_time(person_id: str) -> bool:
        if person_id in seen:
            return False
        seen.add(person_id)
        return True

    for entry in sorted(records.waiting, key=lambda each: (each.entered_on, each.category)):
        if entry.entered_on <= on and (entry.exited_on is None or entry.exited_on > on) and first_time(entry.person_id):
            found[entry.category, None].waiting += 1
            found[entry.category, None].families += entry.has_children
    for stay in records.staying:
        if stay.from_on <= on and (stay.to_on is None or stay.to_on > on) and first_time(stay.person_id):
            found[TEMPORARY, None].temporary += 1
    shares = _grant_shares(records.applied, on, dwelling_types)
    for application in sorted(records.applied, key=lambda each: (each.received_on, each.category)):
        undecided = application.decided_on is None or application.decided_on > on
        if application.received_on <= on and undecided and first_time(application.person_id):
            of = found[application.category, None]
            of.undecided, of.granted = of.undecided + 1, shares[application.category]
            granted, all_of = of.granted
            of.families += application.has_children * (granted / all_of if all_of else 0.0)
    _count_registered(records.registered, on, dwelling_types, found, seen)
    for dwelling in records.vacant:
        found[dwelling.category, None].vacant += 1
    return found


def _grant_shares(applied: Iterable[Applied], on: date, categories: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Of each category's decisions in two years how many granted; of all where it has few."""
    begins = months_before(on, GRANT_MONTHS)
    decided = [each for each in applied if each.decided_on and begins < each.decided_on <= on]

    def share(of: Sequence[Applied]) -> tuple[int, int]:
        return sum(each.outcome == GRANTED for each in of), len(of)

    own = {category: share([each for each in decided if each.category == category]) for category in categories}
    return {category: each if each[1] >= FEWEST_DECISIONS else share(decided) for category, each in own.items()}


def _count_registered(
    registered: Sequence[Registered] | None,
    on: date,
    dwelling_types: Mapping[str, str],
    found: dict[Key, Counted],
    seen: set[str],
) -> None:
    if registered is None:
        return
    limit = months_before(on, CONFIRMED_MONTHS)
    # who is confirmed goes before who is not, so that a person of two rows counts in all alternatives
    for row in sorted(registered, key=lambda each: (each.confirmed_on < limit, each.wanted_from_on, each.need_group)):
        category = home_of(row.need_group)
        key = (category, None if dwelling_types[category] == row.dwelling_type else row.dwelling_type)
        of = found.setdefault(key, Counted())
        of.registered = of.registered or 0
        if row.status not in NEEDED or row.wanted_from_on > on or (row.person_id and row.person_id in seen):
            continue
        if row.person_id:
            seen.add(row.person_id)
        if row.confirmed_on < limit:
            of.unconfirmed += 1
        else:
            of.registered += 1
