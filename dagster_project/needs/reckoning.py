"""The need of each group now, in four and in twelve years, in components that add up.

Belongs here: N = A + B + C + D - V, the expected path with what is needed today, adopted measures, how many dwellings
it takes. Does not belong here: who is counted (counting.py), how a queue goes on (outlook/paths.py), and keeping.

Of each figure, in every group, kind of dwelling, horizon and alternative:

    udekket = venteliste + midlertidig + ubehandlet + skjult_register + skjult_anslag - ledige
              + ny_tilgang - gjenutleie - annen_avgang - vedtatte_tiltak + overskudd

A need does not go below nothing: dwellings that nobody of a category waits for are `overskudd`, told and no help to
another category. What is not known is empty, has a note, and counts as 0 in the sum.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

import numpy as np

from dagster_project.needs.counting import Coefficient, Counted, Key, Records, count
from dagster_project.needs.groups import ANY_DWELLING, FAMILIES, REFUGEES, Group, by_category, home_of
from dagster_project.needs.population import Population
from dagster_project.outlook import facts, inverse, paths, rates
from dagster_project.outlook.facts import Facts, Own
from dagster_project.outlook.paths import Course
from dagster_project.outlook.rates import LONGEST_WINDOW, Estimate, Rate
from dagster_project.outlook.series import DAYS_A_MONTH, Published, half_up, month_end, months_between, origin_of

# another way of reckoning makes another version
METHOD_VERSION = "1"
HORIZONS = (0, 4, 12)
MONTHS = 12
# as many new dwellings are first let each year, and the longest wait that they must allow is a year
LONGEST_WAIT = 12
# a queue's mean wait is a quarter of its longest (Fong et al., NHSRwaitinglist)
OF_LONGEST = 4


@dataclass(frozen=True)
class Alternative:
    """Three assumptions, and no interval: where in the belief a rate is taken, and which projection."""

    name: str
    intake: float | None
    allocated: float | None
    projection: str
    estimates_hidden: bool = False
    """Whether hidden need is estimated where a group has no register."""
    is_high: bool = False
    """Whether the estimate is the high one, and unconfirmed rows of the register count."""


LOW, MAIN, HIGH = (
    Alternative("lav", 0.1, 0.9, "LLML"),
    Alternative("hoved", None, None, "MMMM", estimates_hidden=True),
    Alternative("hoy", 0.9, 0.1, "HHMH", estimates_hidden=True, is_high=True),
)
ALTERNATIVES = (LOW, MAIN, HIGH)

# the sum, with its signs
SUM = {
    "venteliste": 1, "midlertidig": 1, "ubehandlet": 1, "skjult_register": 1, "skjult_anslag": 1, "ledige": -1,
    "ny_tilgang": 1, "gjenutleie": -1, "annen_avgang": -1, "vedtatte_tiltak": -1, "overskudd": 1,
}  # fmt: skip
UNCOVERED, WITHOUT, OWN_PACE = "udekket", "udekket_uten_tiltak", "udekket_egen_takt"
NEW, NEW_FOR_NONE, STOCK = "nye_boliger", "nye_boliger_ingen_venter", "boliger"
COMPONENTS = (*SUM, UNCOVERED, WITHOUT, OWN_PACE, NEW, NEW_FOR_NONE, STOCK)


@dataclass(frozen=True)
class Measure:
    """An adopted measure that is not finished: dwellings still to come, and for whom."""

    category: str
    dwellings: int
    planned_end_on: date


@dataclass(frozen=True)
class Component:
    """A part of the need of a group. Empty value: not known, and `note` says why."""

    need_group: str
    dwelling_type: str
    horizon_years: int
    alternative: str
    component: str
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    source: str = ""
    method: str = ""
    is_estimate: bool = False
    note: str = ""

    @property
    def cell(self) -> tuple[str, str, int, str]:
        return self.need_group, self.dwelling_type, self.horizon_years, self.alternative


@dataclass(frozen=True)
class Basis:
    """All that an overview is reckoned from."""

    published: Published
    records: Records
    groups: Mapping[str, Group]
    population: Population
    measures: Sequence[Measure] = ()
    settled_a_year: float | None = None
    """Refugees whom the municipality has agreed to settle, in the latest year with an agreement by the date."""


@dataclass(frozen=True)
class Part:
    """What one category gives to one component."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    note: str = ""


class Reckoning:
    """An overview of needs at the end of a day."""

    def __init__(self, basis: Basis, on: date) -> None:
        self.basis, self.on = basis, on
        self.origin = origin_of(on)
        of = basis.published
        window = min(LONGEST_WINDOW, of.available(self.origin))
        self.estimates = rates.estimates(of.months(self.origin, window), of.available(self.origin))
        at = replace(of, as_of=on)
        self.facts: Mapping[str, Facts] = facts.of_categories(at, window)
        self.own: Own = facts.of_all(at, window)
        self.window = window
        # of which kind a category is by itself: whoever groups otherwise counts the same
        self.counted = count(basis.records, on, {name: each.dwelling_type for name, each in by_category("").items()})

    # ------------------------------------------------------------------------------------------------------ rows

    def components(self) -> list[Component]:
        """Every figure, by group, kind of dwelling, horizon, alternative and component."""
        made = [row for horizon in HORIZONS for alternative in ALTERNATIVES for row in self._of(horizon, alternative)]
        return [*made, *self._families()]

    def _of(self, horizon: int, alternative: Alternative) -> Iterator[Component]:
        cells: dict[tuple[str, str], list[dict[str, Part]]] = {}
        for (category, dwelling_type), counted in self.counted.items():
            group = self.basis.groups[category]
            cell = (group.name, dwelling_type or group.dwelling_type)
            cells.setdefault(cell, []).append(self._parts((category, dwelling_type), counted, horizon, alternative))
        for (name, dwelling_type), parts in cells.items():
            for component in COMPONENTS:
                found = [each[component] for each in parts if component in each]
                if found:
                    yield _added(name, dwelling_type, horizon, alternative.name, component, found)

    def _families(self) -> Iterator[Component]:
        """Households with children among those that wait or have applied: a part of the others, never added."""
        families = sum(each.families for each in self.counted.values())
        for alternative in ALTERNATIVES:
            yield Component(
                FAMILIES, ANY_DWELLING, 0, alternative.name, UNCOVERED, families, source=_SOURCES["venteliste"],
                method="telling", note="Delmengde av de andre gruppene; legges ikke til.",
            )  # fmt: skip

    # ------------------------------------------------------------------------------------------- of one category

    def _parts(self, key: Key, counted: Counted, horizon: int, alternative: Alternative) -> dict[str, Part]:
        category, other_type = key
        today = self._today(key, counted, alternative)
        needed = sum(_number(today[name]) for name in today if name != "ledige")
        vacant = _number(today["ledige"])
        months, estimate = horizon * MONTHS, self.estimates.get(category)
        parts = dict(today)
        if horizon == 0:
            without = max(needed - vacant, 0.0)
            parts |= {name: Part(0.0) for name in ("ny_tilgang", "gjenutleie", "annen_avgang", "vedtatte_tiltak")}
            parts |= {"overskudd": Part(max(vacant - needed, 0.0)), UNCOVERED: Part(without), WITHOUT: Part(without)}
            if other_type is None and category in self.basis.records.dwellings:
                parts[STOCK] = Part(float(self.basis.records.dwellings[category]))
            return parts
        if category == REFUGEES and other_type is None:
            return parts | self._of_refugees(needed, vacant, horizon)
        if other_type is None and estimate is not None and not estimate.is_refused:
            return parts | self._on_the_path(category, counted, estimate, needed, vacant, months, alternative)
        why = (
            f"Ingen framskriving: {estimate.reason}."
            if other_type is None and estimate is not None
            else "Ingen framskriving: ingen kø å framskrive."
        )
        still = {name: Part(None, note=why) for name in ("ny_tilgang", "gjenutleie", "annen_avgang")}
        raw = needed - vacant
        return parts | still | self._without_path(category if other_type is None else None, raw, months)

    def _today(self, key: Key, counted: Counted, alternative: Alternative) -> dict[str, Part]:
        register = self.basis.records.registered
        parts = {
            "venteliste": Part(float(counted.waiting)),
            "midlertidig": Part(float(counted.temporary)),
            "ubehandlet": Part(
                counted.expected_grants, counted.undecided,
                note=f"{counted.undecided} ubehandlede × {counted.granted[0]} av {counted.granted[1]} innvilget"
                if counted.undecided else "",
            ),
            "ledige": Part(float(counted.vacant)),
        }  # fmt: skip
        if register is None:
            parts["skjult_register"] = Part(None, note="Behovsregisteret er ikke levert.")
        elif counted.registered is None:
            parts["skjult_register"] = Part(None, note="Gruppen står ikke i behovsregisteret.")
        else:
            more = counted.unconfirmed if alternative.is_high else 0
            parts["skjult_register"] = Part(float(counted.registered + more), counted.registered, note=(
                f"{counted.unconfirmed} ikke bekreftet på to år: bare i høy." if counted.unconfirmed else ""
            ))  # fmt: skip
        parts["skjult_anslag"] = self._estimated(key, counted, alternative)
        return parts

    def _estimated(self, key: Key, counted: Counted, alternative: Alternative) -> Part:
        """Hidden need by a sourced share of the population, where there is no register of the group."""
        category, other_type = key
        group = self.basis.groups[category]
        found = None if other_type else self._coefficient(category)
        if counted.registered is not None or found is None or not alternative.estimates_hidden:
            return Part(0.0)
        ages = (group.age_from, group.age_to)
        persons = self.basis.population.of(alternative.projection, self.origin.year, ages)
        if persons is None:
            return Part(None, note="Anslag er godkjent, men folketallet for gruppen er ikke levert.")
        share = (found.high if alternative.is_high else None) or found.prevalence
        known = (
            counted.waiting + counted.temporary + counted.expected_grants
            + self.basis.records.tenants.get(category, 0)
        )  # fmt: skip
        value = max(share * persons * found.share_without - known, 0.0)
        return Part(value, share, persons, note=f"Anslag: {found.source}.")

    def _coefficient(self, category: str) -> Coefficient | None:
        held = [
            each
            for each in self.basis.records.coefficients
            if home_of(each.need_group) == category and each.valid_from <= self.on
        ]
        return max(held, key=lambda each: each.valid_from, default=None)

    def _on_the_path(
        self,
        category: str,
        counted: Counted,
        estimate: Estimate,
        needed: float,
        vacant: float,
        months: int,
        alternative: Alternative,
    ) -> dict[str, Part]:
        """The expected path, on which what is needed today waits from the first month on."""
        rated = at(replace(estimate, waiting=counted.waiting), alternative)
        group = self.basis.groups[category]
        growth, _ = self.basis.population.growth(
            self.origin, months, alternative.projection, (group.age_from, group.age_to)
        )
        beside = needed - counted.waiting
        first = np.zeros(months)
        first[0] = 1.0
        course = replace(Course.plain(months), inflow=growth, rehoused=first * beside, extra=first * vacant)
        without = paths.expected(rated, course)
        left = float(without.queue[-1])
        measures = self._measures(category, months)
        planned = sum(each.dwellings for each in measures)
        with_it = course.and_then(self._let(category, measures, months))
        covered = left - float(paths.expected(rated, with_it).queue[-1])
        parts = {
            "ny_tilgang": Part(float(without.intake.sum()) - beside, float(estimate.counts[0]), estimate.window_months),
            "gjenutleie": Part(
                float((without.lettings + without.unused).sum()) - vacant, float(estimate.counts[1]),
                estimate.window_months,
            ),
            "annen_avgang": Part(
                counted.waiting + float(without.intake.sum() - without.lettings.sum()) - left,
                float(estimate.counts[2]), estimate.window_months,
            ),
            "overskudd": Part(float(without.unused.sum())),
            "vedtatte_tiltak": Part(covered, planned),
            WITHOUT: Part(left),
            UNCOVERED: Part(left - covered),
        }  # fmt: skip
        parts[OWN_PACE] = self._at_own_pace(
            lambda share: float(
                paths.expected(rated, course.and_then(self._let(category, measures, months, share))).queue[-1]
            )
        )
        goal = rated.intake.mean * float(growth[-1]) * LONGEST_WAIT / OF_LONGEST
        parts[NEW] = _takes(rated, with_it, months, goal)
        parts[NEW_FOR_NONE] = _takes(rated, with_it, months, 0.0)
        return parts

    def _without_path(self, category: str | None, raw: float, months: int) -> dict[str, Part]:
        """Of what has no flow: what is needed today, less what is adopted."""
        left = max(raw, 0.0)
        planned = sum(each.dwellings for each in self._measures(category, months)) if category else 0
        covered = min(left, float(planned))
        more = Part(float(ceil(left - covered - 1e-9)))
        return {
            "overskudd": Part(max(-raw, 0.0)),
            "vedtatte_tiltak": Part(covered, planned),
            WITHOUT: Part(left),
            UNCOVERED: Part(left - covered),
            OWN_PACE: self._at_own_pace(lambda share: max(left - share * planned, 0.0)),
            NEW: more,
            NEW_FOR_NONE: more,
        }

    def _of_refugees(self, needed: float, vacant: float, horizon: int) -> dict[str, Part]:
        """Dwellings for those who are to be settled and for those whose five years end, less relets."""
        of, own, months = self.basis.published, self.own, horizon * MONTHS
        if self.basis.settled_a_year is None:
            why = Part(None, note="Ingen framskriving: vedtak om bosetting er ikke levert.")
            still = dict.fromkeys(("ny_tilgang", "gjenutleie", "annen_avgang"), why)
            return still | self._without_path(REFUGEES, needed - vacant, months)
        begins = month_end(self.origin, -self.window)
        municipal = [each for each in of.settlements if begins < each.settled_on <= self.origin and each.is_municipal]
        housed = sum(bool(each.category) for each in municipal)
        persons = len(municipal) / housed if housed else 1.0
        relets = sum(
            each.category == REFUGEES and not each.is_first and begins < each.let_on <= self.origin
            for each in of.relets
        )
        leavers = sum(number for month, number in own.five_year_due.items() if month <= months)
        comes = self.basis.settled_a_year * horizon / persons * own.settled_municipal
        relet = relets / self.window * months if self.window else 0.0
        note = (
            f"{self.basis.settled_a_year:g} vedtatt i året, {persons:.2f} personer i boligen, "
            f"{100 * own.settled_municipal:.0f} prosent kommunalt; {leavers} når fem år"
        ).replace(".", ",")
        flow = {
            "ny_tilgang": Part(comes + leavers, self.basis.settled_a_year, persons, note),
            "gjenutleie": Part(relet, relets, self.window),
            "annen_avgang": Part(0.0),
        }
        return flow | self._without_path(REFUGEES, needed - vacant + comes + leavers - relet, months)

    # --------------------------------------------------------------------------------------------------- measures

    def _measures(self, category: str, months: int) -> list[Measure]:
        ends = month_end(self.origin, months)
        return [each for each in self.basis.measures if each.category == category and each.planned_end_on <= ends]

    def _let(self, category: str, measures: Sequence[Measure], months: int, share: float = 1.0) -> Course:
        """The measures' dwellings, each first let so long after its planned end as new ones of the category take."""
        delay = half_up(self.facts[category].first_letting_days / DAYS_A_MONTH)
        arrives = np.zeros(months)
        for each in measures:
            month = max(months_between(self.origin, each.planned_end_on), 1) + delay
            if month <= months:
                arrives[month - 1] += each.dwellings * share
        return replace(Course.plain(months), first=arrives, dwellings=arrives)

    def _at_own_pace(self, left: Callable[[float], float]) -> Part:
        share = self.own.delivered_rate
        if share is None:
            return Part(None, note="Ingen tidligere tiltak har forfalt: egen leveringstakt er ikke kjent.")
        return Part(left(share), share)


def at(estimate: Estimate, alternative: Alternative) -> Estimate:
    """The estimate with an alternative's rates; relets of new dwellings follow the allocations."""
    intake, allocated = (
        rate if share is None else Rate(float(rate.at(share)), 1.0)
        for rate, share in ((estimate.intake, alternative.intake), (estimate.allocated, alternative.allocated))
    )
    mean = estimate.allocated.mean
    return replace(
        estimate, intake=intake, allocated=allocated,
        turnover=estimate.turnover * allocated.mean / mean if mean else estimate.turnover,
    )  # fmt: skip


def _takes(estimate: Estimate, course: Course, months: int, goal: float) -> Part:
    """How many dwellings more it takes that no more wait at the end than the goal."""

    def reaches(number: int) -> bool:
        arrives = np.zeros(months)
        arrives[MONTHS - 1 :: MONTHS] = number * MONTHS / months
        more = replace(Course.plain(months), first=arrives, dwellings=arrives)
        return bool(paths.expected(estimate, course.and_then(more)).queue[-1] <= goal + 1e-9)

    found = inverse.smallest(reaches, inverse.MOST)
    if found is None:
        return Part(None, goal, note=f"Nås ikke med {inverse.MOST} boliger.")
    return Part(float(found), goal)


def _number(part: Part) -> float:
    return part.value or 0.0


_SOURCES = {
    "venteliste": "allocation/waitlist_entry",
    "midlertidig": "allocation/temporary_stay",
    "ubehandlet": "allocation/application, allocation/decision",
    "skjult_register": "governance/need_register",
    "skjult_anslag": "governance/need_coefficient, reference/kostra",
    "ledige": "property/dwelling_event, property/tenancy",
    "ny_tilgang": "allocation/waitlist_entry, reference/kostra",
    "gjenutleie": "allocation/waitlist_entry",
    "annen_avgang": "allocation/waitlist_entry",
    "vedtatte_tiltak": "governance/measure",
    STOCK: "property/dwelling",
}
# of refugees what comes is known from what was decided and who lives there
_OF_REFUGEES = {
    "ny_tilgang": "governance/settlement_agreement, allocation/refugee_settlement, property/tenancy",
    "gjenutleie": "property/tenancy",
}
_METHODS = {
    **dict.fromkeys(("venteliste", "midlertidig", "skjult_register", "ledige", STOCK), "telling"),
    "ubehandlet": "telling × andel innvilget",
    "skjult_anslag": "andel × folketall − kjente",
    **dict.fromkeys(("ny_tilgang", "gjenutleie", "annen_avgang"), "forventet bane"),
    **dict.fromkeys((NEW, NEW_FOR_NONE), "løst på forventet bane"),
}


def _added(
    name: str, dwelling_type: str, horizon: int, alternative: str, component: str, parts: Sequence[Part]
) -> Component:
    """The parts of a group's categories as one figure; empty only where none of them is known."""

    values = [each.value for each in parts]
    known = [value for value in values if value is not None]
    # what is not known counts as nothing in the sum of a need; of what it takes a part is no answer
    is_whole = component in SUM or len(known) == len(values)
    value = sum(known) if known and is_whole else None
    notes = [each.note for each in parts if each.note]
    # shares of several categories are no share of their sum
    of_one = parts[0] if len(parts) == 1 else Part(None)
    sources = _OF_REFUGEES if name == REFUGEES and horizon else {}
    return Component(
        name, dwelling_type, horizon, alternative, component, value,
        of_one.numerator, of_one.denominator, sources.get(component, _SOURCES.get(component, "")),
        _METHODS.get(component, "sum" if component in (UNCOVERED, WITHOUT, "overskudd") else "forventet bane"),
        component == "skjult_anslag" and bool(value), " ".join(dict.fromkeys(notes)),
    )  # fmt: skip
