"""What a municipality's own records say of the things that levers act on: relets, stays, renewals, settlements.

Belongs here: means and shares over the window. Does not belong here: what a lever makes of them (levers.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from statistics import fmean, median

from dagster_project.outlook.rates import CATEGORIES
from dagster_project.outlook.series import Published, Relet, half_up, month_end, months_between

OKONOMISK, FLYKTNING = "okonomisk_sosialt", "flyktning"
# what a first letting takes where none is known, in days
FIRST_LETTING_DAYS = 30.0
FEWEST_RELETS = 10
FIVE_YEARS = 60
NOT_MARKET = ("kjopt_bolig", "privat_leie")


@dataclass(frozen=True)
class Facts:
    """Of one category, over the window."""

    relet_days: float = 0.0
    """Mean days from one stay to the next; the municipality's where the category has few."""
    relets: float = 0.0
    """A month."""
    stay_days: float = inf
    """Mean stay, by Little's law: those who live there now over those who leave in a day."""
    tenants: int = 0
    rent_month_nok: float = 0.0
    """Mean rent of the last contract before each relet."""
    waited_days: Mapping[str, float] = field(default_factory=dict)
    """Mean days of a relet by phase and by who is responsible."""
    first_letting_days: float = FIRST_LETTING_DAYS
    renewed: tuple[int, int] = (0, 0)
    """Of the fixed-term contracts whose agreed end lay in the window: renewed, and all."""
    expiring: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """By month ahead: running contracts that nobody renewed yet and that end then; of them with children."""
    expired_a_month: float = 0.0

    @property
    def renewal(self) -> float:
        return self.renewed[0] / self.renewed[1] if self.renewed[1] else 0.0

    def expires(self, month: int) -> tuple[float, float]:
        """Contracts that end in a month ahead and the part with children: known ones, beyond them the window's mean."""
        if self.expiring and month <= max(self.expiring):
            ends, children = self.expiring.get(month, (0, 0))
            return float(ends), float(children)
        known = sum(ends for ends, _ in self.expiring.values())
        share = sum(children for _, children in self.expiring.values()) / known if known else 0.0
        return self.expired_a_month, self.expired_a_month * share


@dataclass(frozen=True)
class Own:
    """Of the municipality as a whole."""

    settled_municipal: float = 0.0
    """Share of those settled in the window who came into a municipal dwelling."""
    settled_okonomisk: float = 0.0
    """Of these, the share in dwellings of okonomisk_sosialt."""
    five_year_due: Mapping[int, int] = field(default_factory=dict)
    """By month ahead: refugees in refugees' dwellings whose five years end then."""
    not_market: float | None = None
    """Of those who left refugees' dwellings: the share that neither bought nor rented privately."""
    tenant_buyers: tuple[int, ...] = ()
    """Of the last three years."""
    delivered_rate: float | None = None
    slip_months: int = 0


def of_categories(published: Published, months: int) -> dict[str, Facts]:
    """The facts of every category over so many months before the origin."""
    origin = published.origin
    begins = month_end(origin, -months)
    in_window = [relet for relet in published.relets if begins < relet.let_on <= origin]
    counted = [relet for relet in in_window if not relet.is_first and not relet.has_works]
    all_days = fmean(relet.days for relet in counted) if counted else 0.0
    return {category: _facts(published, category, origin, begins, months, counted, all_days) for category in CATEGORIES}


def _facts(
    published: Published, category: str, origin: date, begins: date, months: int, relets: Sequence[Relet], days: float
) -> Facts:
    own = [relet for relet in relets if relet.category == category]
    stays = [stay for stay in published.stays if stay.category == category]
    tenants = sum(stay.started_on <= origin and (not stay.ended_on or stay.ended_on > origin) for stay in stays)
    ended = sum(bool(stay.ended_on) and begins < stay.ended_on <= origin for stay in stays)  # type: ignore[operator]
    first = [
        each.days
        for each in published.relets
        if each.category == category and each.is_first and not each.has_works and begins < each.let_on <= origin
    ]
    contracts = [each for each in published.contracts if each.category == category]
    expired = [
        each
        for each in contracts
        if each.is_fixed_term and each.agreed_end_on and begins < each.agreed_end_on <= origin
    ]
    ahead: dict[int, tuple[int, int]] = {}
    for each in contracts:
        if each.is_fixed_term and each.is_running and not each.is_renewed and each.agreed_end_on:
            month = months_between(origin, each.agreed_end_on)
            if month >= 1:
                ends, children = ahead.get(month, (0, 0))
                ahead[month] = (ends + 1, children + each.has_children)
    waited: dict[str, float] = {}
    for row in published.waited:
        if row.category == category and begins < row.let_on <= origin:
            for name in {row.phase, row.responsible}:
                waited[name] = waited.get(name, 0.0) + row.days / max(len(own), 1)
    return Facts(
        relet_days=fmean(relet.days for relet in own) if len(own) >= FEWEST_RELETS else days,
        relets=len(own) / months if months else 0.0,
        stay_days=tenants * months / ended * 30.4375 if ended else inf,
        tenants=tenants,
        rent_month_nok=fmean(relet.rent_month_nok for relet in own) if own else 0.0,
        waited_days=waited,
        first_letting_days=median(first) if first else FIRST_LETTING_DAYS,
        renewed=(sum(each.is_renewed for each in expired), len(expired)),
        expiring=ahead,
        expired_a_month=len(expired) / months if months else 0.0,
    )


def of_all(published: Published, months: int) -> Own:
    """The facts of the municipality over so many months before the origin."""
    origin = published.origin
    begins = month_end(origin, -months)
    settled = [each for each in published.settlements if begins < each.settled_on <= origin]
    municipal = [each for each in settled if each.is_municipal]
    housed = [each for each in municipal if each.category]
    due: dict[int, int] = {}
    for stay in published.stays:
        if stay.category == FLYKTNING and stay.started_on <= origin and (not stay.ended_on or stay.ended_on > origin):
            month = months_between(origin, stay.started_on) + FIVE_YEARS
            if month >= 1:
                due[month] = due.get(month, 0) + 1
    left = [
        stay.move_out_reason
        for stay in published.stays
        if stay.category == FLYKTNING and stay.ended_on and begins < stay.ended_on <= origin and stay.move_out_reason
    ]
    finished = [each for each in published.measures if each.actual_end_on and each.planned]
    due_by_now = [each for each in published.measures if each.planned and each.planned_end_on <= origin]
    planned = sum(each.planned for each in due_by_now)
    slips = [(each.actual_end_on - each.planned_end_on) / timedelta(days=1) for each in finished if each.actual_end_on]
    last_years = range(origin.year - (2 if origin.month == 12 else 3), origin.year + (origin.month == 12))
    buyers = {each.year: each.loans for each in published.tenant_buyers}
    return Own(
        settled_municipal=len(municipal) / len(settled) if settled else 0.0,
        settled_okonomisk=sum(each.category == OKONOMISK for each in housed) / len(housed) if housed else 0.0,
        five_year_due=due,
        not_market=sum(reason not in NOT_MARKET for reason in left) / len(left) if left else None,
        tenant_buyers=tuple(buyers.get(year, 0) for year in last_years),
        delivered_rate=sum(min(each.delivered, each.planned) for each in due_by_now) / planned if planned else None,
        slip_months=max(half_up(median(slips) / 30.4375), 0) if slips else 0,
    )
