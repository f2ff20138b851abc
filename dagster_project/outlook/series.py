"""What is published of a municipality, as the outlook needs it: one query for each series.

Belongs here: reading marts, and counting a queue's months as they were known at an origin. Does not belong here: what a
row means (dbt's models and their columns.md), and what follows from the months (rates.py, facts.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dagster_project.outlook.rates import CATEGORIES, Months

if TYPE_CHECKING:
    from psycopg import Connection

Days = npt.NDArray[np.datetime64]

# a day that has not come
NEVER = np.datetime64("9999-12-31", "D")
DAYS_A_MONTH = 30.4375
ALLOCATED = "tildelt"


class QueueEntry(NamedTuple):
    category: str
    entered_on: date
    exited_on: date | None
    exit_reason: str | None


class Dwelling(NamedTuple):
    category: str
    acquired_on: date
    disposed_on: date | None


class Stay(NamedTuple):
    category: str
    started_on: date
    ended_on: date | None
    move_out_reason: str | None


class Relet(NamedTuple):
    """A vacancy that ended in a letting."""

    category: str
    let_on: date
    days: int
    is_first: bool
    has_works: bool
    rent_month_nok: float


class Waited(NamedTuple):
    """Days that a relet waited for something or somebody."""

    category: str
    let_on: date
    phase: str
    responsible: str
    days: int


class Contract(NamedTuple):
    category: str
    started_on: date
    agreed_end_on: date | None
    is_fixed_term: bool
    is_renewed: bool
    is_running: bool
    rent: float
    market_rent: float | None
    housing_cost: float | None
    cost_ceiling: float | None
    allowance: float
    has_children: bool


class Settlement(NamedTuple):
    settled_on: date
    is_municipal: bool
    category: str | None
    """Of the municipal dwelling that the household moved into."""


class Target(NamedTuple):
    metric_id: str
    category: str | None
    valid_from: date
    period_type: str
    green: float
    red: float


class Measure(NamedTuple):
    planned_end_on: date
    actual_end_on: date | None
    planned: int
    delivered: int


class TenantBuyers(NamedTuple):
    year: int
    loans: int


def origin_of(as_of: date) -> date:
    """The last day of the last month that has ended on this day."""
    tomorrow = as_of + timedelta(days=1)
    return tomorrow.replace(day=1) - timedelta(days=1)


def month_end(origin: date, months: int) -> date:
    """The month end so many months after one (before it, where negative)."""
    number = origin.year * 12 + origin.month + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """How many months the last date's month is after the first one's."""
    return (last.year - first.year) * 12 + last.month - first.month


def half_up(value: float) -> int:
    """The nearest whole number, a half upwards."""
    return int(np.floor(value + 0.5))


# the months in which periods end, by their length
PERIOD_ENDS = {"month": range(1, 13), "quarter": (3, 6, 9, 12), "tertial": (4, 8, 12), "year": (12,)}


def in_force(targets: Sequence[Target], end: date) -> list[Target]:
    """The targets that hold for periods that end on this month end: of each, the one that began last."""
    held: dict[tuple[str, str | None, str], Target] = {}
    for target in sorted(targets, key=lambda each: each.valid_from):
        if target.valid_from <= end and end.month in PERIOD_ENDS[target.period_type]:
            held[target.metric_id, target.category, target.period_type] = target
    return list(held.values())


@dataclass(frozen=True)
class Published:
    """What is published of a municipality."""

    municipality_no: str
    as_of: date
    load_id: int
    code_version: str
    queue: Sequence[QueueEntry]
    dwellings: Sequence[Dwelling]
    stays: Sequence[Stay] = ()
    relets: Sequence[Relet] = ()
    waited: Sequence[Waited] = ()
    contracts: Sequence[Contract] = ()
    settlements: Sequence[Settlement] = ()
    targets: Sequence[Target] = ()
    measures: Sequence[Measure] = ()
    tenant_buyers: Sequence[TenantBuyers] = ()
    breaks: Sequence[date] = ()
    """First days of the months in which a series broke."""
    arrears_share: float | None = None
    """Of what was charged in the last twelve months, what is unpaid."""

    @property
    def origin(self) -> date:
        return origin_of(self.as_of)

    @cached_property
    def history_from(self) -> date | None:
        """First day of the month of the earliest exit: whoever left before it was never recorded."""
        exits = [entry.exited_on for entry in self.queue if entry.exited_on]
        return min(exits).replace(day=1) if exits else None

    @cached_property
    def _spells(self) -> dict[str, tuple[Days, Days, npt.NDArray[np.bool_]]]:
        return {
            category: (
                np.array([entry.entered_on for entry in of], dtype="datetime64[D]"),
                np.array([entry.exited_on or NEVER for entry in of], dtype="datetime64[D]"),
                np.array([entry.exit_reason == ALLOCATED for entry in of], dtype=bool),
            )
            for category in CATEGORIES
            for of in [[entry for entry in self.queue if entry.category == category]]
        }

    @cached_property
    def _stock(self) -> dict[str, tuple[Days, Days]]:
        return {
            category: (
                np.array([each.acquired_on for each in of], dtype="datetime64[D]"),
                np.array([each.disposed_on or NEVER for each in of], dtype="datetime64[D]"),
            )
            for category in CATEGORIES
            for of in [[each for each in self.dwellings if each.category == category]]
        }

    def available(self, origin: date) -> int:
        """How many whole months of history there are at this origin."""
        begins = [day for day in (self.history_from, *self.breaks) if day and day <= origin]
        if not self.history_from or not begins:
            return 0
        return months_between(max(begins), origin) + 1

    def has_break(self, origin: date, months: int) -> bool:
        """Whether a series broke in so many months before the origin."""
        return any(0 <= months_between(day, origin) < months for day in self.breaks)

    def months(self, origin: date, length: int) -> dict[str, Months]:
        """The months of every category up to this origin, from the rows of today cut there."""
        ends = np.array([month_end(origin, back) for back in range(-length, 1)], dtype="datetime64[D]")
        found = {}
        for category in CATEGORIES:
            entered, exited, allocated = self._spells[category]
            acquired, disposed = self._stock[category]
            found[category] = Months(
                _in_each(ends, entered), _in_each(ends, exited[allocated]), _in_each(ends, exited[~allocated]),
                _at_each(ends, entered, exited), _at_each(ends, acquired, disposed)[1:],
            )  # fmt: skip
        return found

    def waiting(self, category: str, day: date) -> int:
        """How many wait in a category at the end of a day."""
        return int(_at_each(np.array([day], dtype="datetime64[D]"), *self._spells[category][:2])[0])

    def ages(self, category: str, day: date) -> npt.NDArray[np.int64]:
        """The age in whole mean months of each entry that waits at the end of a day."""
        entered, exited, _ = self._spells[category]
        waits = (entered <= np.datetime64(day)) & (exited > np.datetime64(day))
        return np.floor((np.datetime64(day) - entered[waits]).astype(float) / DAYS_A_MONTH).astype(np.int64)


def _in_each(ends: Days, days: Days) -> npt.NDArray[np.int64]:
    """How many of the days lie in each month, from after one end up to the next."""
    return np.diff(np.searchsorted(np.sort(days), ends, side="right"))


def _at_each(ends: Days, begins: Days, finishes: Days) -> npt.NDArray[np.int64]:
    """How many spells, from one day up to but not including another, hold each end."""
    return np.searchsorted(np.sort(begins), ends, side="right") - np.searchsorted(np.sort(finishes), ends, side="right")


Row = TypeVar("Row", bound=tuple[Any, ...])


def read(connection: "Connection[Any]", municipality_no: str) -> Published | None:
    """What is published of a municipality; None where nothing is."""
    found = connection.execute(
        "select as_of, load_id, code_version from scorecard.publication where municipality_no = %s", [municipality_no]
    ).fetchone()
    if found is None:
        return None
    as_of, load_id, code_version = found
    terms = {"no": municipality_no, "origin": origin_of(as_of)}

    def rows(kind: Callable[..., Row], query: LiteralString) -> list[Row]:
        return [kind(*row) for row in connection.execute(query, terms)]

    ((arrears,),) = connection.execute(_ARREARS, terms).fetchall()
    return Published(
        municipality_no, as_of, load_id, code_version,
        queue=rows(QueueEntry, _QUEUE), dwellings=rows(Dwelling, _DWELLINGS), stays=rows(Stay, _STAYS),
        relets=rows(Relet, _RELETS), waited=rows(Waited, _WAITED), contracts=rows(Contract, _CONTRACTS),
        settlements=rows(Settlement, _SETTLEMENTS), targets=rows(Target, _TARGETS),
        measures=rows(Measure, _MEASURES), tenant_buyers=rows(TenantBuyers, _TENANT_BUYERS),
        breaks=[row[0] for row in connection.execute(_BREAKS, terms)], arrears_share=arrears,
    )  # fmt: skip


_QUEUE: LiteralString = """
    select housing_category, entered_on, exited_on, exit_reason
    from marts.fct_queue_entry
    where municipality_no = %(no)s and is_in_queue and entered_on is not null
"""

_DWELLINGS: LiteralString = """
    select housing_category, acquired_on, disposed_on
    from marts.dim_dwelling
    where municipality_no = %(no)s and acquired_on is not null
"""

_STAYS: LiteralString = """
    select housing_category, started_on, ended_on, move_out_reason from marts.fct_stay where municipality_no = %(no)s
"""

_RELETS: LiteralString = """
    select housing_category, let_on, vacant_days, is_first_letting, has_rehabilitation, lost_rent_month_nok::float8
    from marts.fct_vacancy
    where municipality_no = %(no)s and let_on is not null
"""

_WAITED: LiteralString = """
    select vacancy.housing_category, vacancy.let_on, phase.phase, phase.responsible, phase.phase_days
    from marts.fct_vacancy_phase as phase
    inner join marts.fct_vacancy as vacancy using (municipality_no, dwelling_id, vacant_from_on)
    where municipality_no = %(no)s and let_on is not null and not is_first_letting and not has_rehabilitation
"""

# the allowance of the last month for which there is any; children as the household's latest application has them
_CONTRACTS: LiteralString = """
    select
        contract.housing_category, contract.started_on, contract.agreed_end_on, contract.is_fixed_term,
        contract.renewed_by_contract_id is not null,
        contract.started_on <= %(origin)s and coalesce(contract.ended_on > %(origin)s, true)
        and coalesce(contract.superseded_on > %(origin)s, true),
        contract.rent_month_nok::float8, contract.market_rent_month_nok::float8,
        allowance.housing_cost_nok::float8, allowance.cost_ceiling_nok::float8,
        coalesce(allowance.amount_nok, 0)::float8, coalesce(household.children > 0, false)
    from marts.fct_contract as contract
    left join marts.fct_bostotte as allowance
        on contract.municipality_no = allowance.municipality_no and contract.person_id = allowance.person_id
        and allowance.scheme = 'statlig' and allowance.amount_nok > 0
        and allowance.benefit_month = (
            select max(benefit_month) from marts.fct_bostotte
            where municipality_no = %(no)s and scheme = 'statlig' and benefit_month <= %(origin)s
        )
    left join lateral (
        select children from marts.fct_application
        where municipality_no = %(no)s and person_id = contract.person_id and received_on <= %(origin)s
        order by received_on desc, application_id limit 1
    ) as household on true
    where contract.municipality_no = %(no)s and contract.started_on is not null
"""

_SETTLEMENTS: LiteralString = """
    select settlement.settled_on, settlement.dwelling_type = 'kommunal', (
        select stay.housing_category from marts.fct_stay as stay
        where
            stay.municipality_no = %(no)s and stay.person_id = settlement.person_id
            and stay.started_on >= settlement.settled_on
        order by stay.started_on, stay.stay_id limit 1
    )
    from marts.fct_refugee_settlement as settlement
    where settlement.municipality_no = %(no)s and settlement.settled_on is not null
"""

_TARGETS: LiteralString = """
    select metric_id, nullif(dimension_value, 'total'), valid_from, period_type, green, red
    from marts.fct_target
    where
        municipality_no = %(no)s and dimension in ('total', 'housing_category')
        and metric_id in ('queue_waiting', 'queue_waiting_over_one_year')
    order by metric_id, dimension_value, period_type, valid_from
"""

_MEASURES: LiteralString = """
    select planned_end_on, actual_end_on, coalesce(dwellings_planned, 0), coalesce(dwellings_delivered, 0)
    from marts.fct_measure
    where municipality_no = %(no)s and planned_end_on is not null
"""

_TENANT_BUYERS: LiteralString = """
    select extract(year from paid_out_on)::integer, count(*)::integer
    from marts.fct_startlan
    where municipality_no = %(no)s and was_municipal_tenant and purpose = 'kjop' and paid_out_on is not null
    group by 1 order by 1
"""

_BREAKS: LiteralString = """
    select period_start from marts.dim_period
    where municipality_no = %(no)s and period_type = 'month' and is_series_break
    order by 1
"""

_ARREARS: LiteralString = """
    select sum(remainder_nok)::float8 / nullif(sum(amount_nok), 0)::float8
    from marts.fct_rent_charge
    where municipality_no = %(no)s and charge_type = 'husleie' and due_on > %(origin)s - 365 and due_on <= %(origin)s
"""
