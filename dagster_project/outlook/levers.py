"""The levers L1 to L10: what each does to the courses of the categories, its limits, and what must be said of it.

Belongs here: a lever's effect, month by month. Does not belong here: the model that the course runs through (paths.py),
rent and allowance (rent.py: L6 moves no queue), and money (money.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil, inf, isfinite
from typing import Literal, get_args

import numpy as np

from dagster_project import BoligError
from dagster_project.outlook import paths
from dagster_project.outlook.facts import OKONOMISK, Facts, Own
from dagster_project.outlook.paths import HORIZON, Course
from dagster_project.outlook.rates import Estimate, Numbers
from dagster_project.outlook.series import DAYS_A_MONTH, half_up, months_between

Kind = Literal[
    "nye_boliger",
    "avgang_boliger",
    "omdisponering",
    "kortere_dodtid",
    "bosetting_flyktninger",
    "leie_av_marked",
    "fornyelsesandel",
    "startlan_til_leietaker",
    "tilgang",
    "booppfolging",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# of what each kind acts on, a category must be named; where it is none, the lever is the municipality's
OF_ALL = ("bosetting_flyktninger", "leie_av_marked", "booppfolging")
MODES: Mapping[Kind, tuple[str, ...]] = {
    "omdisponering": ("overskudd", "alle"),
    "leie_av_marked": ("ved_skifte", "straks"),
    "startlan_til_leietaker": ("kjoper_i_markedet", "kjoper_egen_bolig"),
    "tilgang": ("faktor", "antall"),
}
MOST_DWELLINGS, HIGHEST_RENT_SHARE = 500, 1.2
# of what has been reached before, how much more is flagged
BEYOND_REACHED = 3


class LeverRefused(BoligError):
    """A lever cannot be worked out; the message says which, and why."""


@dataclass(frozen=True)
class Lever:
    """One lever of a scenario, as the workbook has it."""

    kind: Kind
    value: float
    from_on: date
    category: str | None = None
    from_category: str | None = None
    waits_for: str | None = None
    """Of L4: the phase, or who is responsible, whose days are to be fewer."""
    to_on: date | None = None
    mode: str | None = None
    number: int = 1


@dataclass(frozen=True)
class Assumption:
    """What no record says: a value, for one category or for all, from a day on, and who says so."""

    code: str
    value: float
    source: str
    category: str = "alle"
    valid_from: date = date.min


# what is taken where the municipality says nothing, and stands with each scenario that uses it
DEFAULTS: tuple[Assumption, ...] = (
    Assumption("retur_andel", 0.25, "antatt: en av fire som må flytte, søker igjen"),
    Assumption("ikke_marked_andel", 0.5, "antatt: halvparten kjøper eller leier ikke privat"),
    Assumption("kommunal_bostotte_andel", 0.0, "antatt: ingen kommunal dekning over taket"),
    Assumption("ombygging_mnd", 6.0, "antatt: et halvt år"),
)


@dataclass
class Assumptions:
    """What is assumed, with a memory of what was used."""

    given: Sequence[Assumption] = ()
    used: dict[tuple[str, str], Assumption] = field(default_factory=dict)

    def find(self, code: str, category: str | None, on: date) -> float | None:
        """The value in force on a day, the category's own before that of all; None where nobody said any."""
        for of in (category, "alle"):
            held = [a for a in self.given if a.code == code and a.category == of and a.valid_from <= on]
            if held:
                found = max(held, key=lambda assumption: assumption.valid_from)
                self.used[code, found.category] = found
                return found.value
        for default in DEFAULTS:
            if default.code == code:
                self.used[code, default.category] = default
                return default.value
        return None

    def get(self, code: str, category: str | None, on: date, own: float | None = None) -> float:
        """As `find`, and what the records say themselves before a default. Raises LeverRefused where there is none."""
        said = [a for a in self.given if a.code == code and a.category in (category, "alle") and a.valid_from <= on]
        if own is not None and not said:
            self.used[code, category or "alle"] = Assumption(code, own, "egne tall i vinduet", category or "alle")
            return own
        found = self.find(code, category, on)
        if found is None:
            raise LeverRefused(f"Forutsetningen {code} mangler; skriv den i arket «forutsetning».")
        return found


@dataclass(frozen=True)
class Situation:
    """What the levers act on."""

    origin: date
    estimates: Mapping[str, Estimate]
    facts: Mapping[str, Facts]
    own: Own
    horizon: int = HORIZON

    def require(self, category: str | None, lever: Lever) -> str:
        """The category, where it has a forecast. Raises LeverRefused."""
        if category is None:
            raise LeverRefused(f"Spak {lever.number} ({lever.kind}) mangler boligkategori.")
        found = self.estimates.get(category)
        if found is None or found.is_refused:
            why = found.reason if found else "ingen kø"
            raise LeverRefused(f"Spak {lever.number} ({lever.kind}): ingen prognose for {category}: {why}.")
        return category

    def month(self, day: date) -> int:
        """The month in which something of this day acts, from 1."""
        return max(months_between(self.origin, day), 1)

    def acting(self, lever: Lever) -> Numbers:
        """1 in the months in which the lever acts, 0 in the others."""
        months = np.arange(1, self.horizon + 1)
        last = self.month(lever.to_on) if lever.to_on else inf
        if lever.to_on and months_between(self.origin, lever.to_on) < 1:
            return np.zeros(self.horizon)
        return ((months >= self.month(lever.from_on)) & (months <= last)).astype(float)

    def plain(self) -> Course:
        return Course.plain(self.horizon)

    def at(self, month: int, amount: float) -> Numbers:
        """An amount in one month, nothing in the others, and nothing at all beyond the horizon."""
        found = np.zeros(self.horizon)
        if 1 <= month <= self.horizon:
            found[month - 1] = amount
        return found


@dataclass
class Plan:
    """What a scenario's levers do together."""

    courses: dict[str, Course]
    said: list[str] = field(default_factory=list)
    """Caps, flags and what a lever does not do, in Norwegian."""
    figures: dict[tuple[str, str], Numbers] = field(default_factory=dict)
    """By category and figure: amounts by month that are no queue (who must move, what cannot be housed)."""

    def add(self, category: str, course: Course) -> None:
        self.courses[category] = self.courses[category].and_then(course)

    def count(self, category: str, figure: str, amounts: Numbers) -> None:
        key = (category, figure)
        self.figures[key] = self.figures.get(key, np.zeros(len(amounts))) + amounts


def plan(situation: Situation, levers: Sequence[Lever], assumptions: Assumptions) -> Plan:
    """What these levers do together.

    They add up, so their order is of no account but for a conversion: it takes what is left over when the others have
    acted, and two of them do not take the same dwelling. Raises LeverRefused.
    """
    found = Plan({name: situation.plain() for name, each in situation.estimates.items() if not each.is_refused})
    ordered = sorted(levers, key=lambda lever: (lever.kind == "omdisponering", KINDS.index(lever.kind), lever.number))
    taken: dict[str, Numbers] = {}
    for lever in ordered:
        _check_mode(lever)
        if lever.kind == "omdisponering":
            _conversion(situation, lever, assumptions, found, taken)
        else:
            _EFFECTS[lever.kind](situation, lever, assumptions, found)
    if any(lever.kind == "bosetting_flyktninger" for lever in levers):
        # what the category's dwellings cannot give when all levers have acted
        _, short = paths.supply(situation.estimates[OKONOMISK], found.courses[OKONOMISK])
        found.count(OKONOMISK, "flyktninger_ikke_bosatt", short)
    return found


def _check_mode(lever: Lever) -> None:
    modes = MODES.get(lever.kind, ())
    if lever.mode is not None and lever.mode not in modes:
        choice = ", ".join(modes) or "ingen"
        raise LeverRefused(f"Spak {lever.number} ({lever.kind}) har modus {lever.mode}; mulige er {choice}.")


def mode_of(lever: Lever) -> str:
    """The lever's mode, the first of its kind where it names none."""
    return lever.mode or MODES[lever.kind][0]


def _whole(lever: Lever, most: float, what: str) -> int:
    if not (0 <= lever.value <= most and lever.value == int(lever.value)):
        raise LeverRefused(
            f"Spak {lever.number} ({lever.kind}): {lever.value:g} er ikke et helt tall fra 0 til {most:g} ({what})."
        )
    return int(lever.value)


def _new_dwellings(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    number = _whole(lever, MOST_DWELLINGS, "boliger")
    delay = half_up(situation.facts[category].first_letting_days / DAYS_A_MONTH)
    plan.add(category, let_from(situation, situation.month(lever.from_on) + delay, number))


def let_from(situation: Situation, month: int, number: int) -> Course:
    """So many new dwellings, first let in this month."""
    arrives = situation.at(month, number)
    return replace(situation.plain(), first=arrives, dwellings=arrives)


def _lost_dwellings(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    number = _whole(lever, int(situation.estimates[category].mean_stock + 0.5), "boliger i kategorien")
    goes = situation.at(situation.month(lever.from_on), number)
    # who lives there is not known by then: each is taken for let
    plan.add(category, replace(situation.plain(), dwellings=-goes, rehoused=goes))


def _conversion(
    situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan, taken: dict[str, Numbers]
) -> None:
    """L3: only dwellings that become vacant move, and each arrives when the works are done."""
    source, target = situation.require(lever.from_category, lever), situation.require(lever.category, lever)
    if source == target:
        raise LeverRefused(f"Spak {lever.number} (omdisponering): boligene er alt i {target}.")
    wanted = _whole(lever, int(situation.estimates[source].mean_stock + 0.5), "boliger i kategorien")
    estimate, begins = situation.estimates[source], situation.month(lever.from_on)
    if mode_of(lever) == "overskudd":
        spare = paths.expected(estimate, plan.courses[source]).unused - taken.get(source, np.zeros(situation.horizon))
        moves = _until(np.maximum(spare, 0.0), wanted, begins)
        taken[source] = taken.get(source, np.zeros(situation.horizon)) + moves
        # nobody waits longer for it: the source's supply stays, its unused part is what goes
    else:
        moves = np.zeros(situation.horizon)
        for month in range(begins, situation.horizon + 1):
            offered, _ = paths.supply(estimate, plan.courses[source])
            moves[month - 1] = min(offered[month - 1], wanted - moves.sum())
            gone = situation.at(month, moves[month - 1])
            plan.add(source, replace(situation.plain(), extra=-gone, dwellings=-gone))
    works = half_up(assumptions.get("ombygging_mnd", target, lever.from_on))
    arrives = np.concatenate((np.zeros(works), moves))[: situation.horizon]
    plan.add(target, replace(situation.plain(), extra=arrives, dwellings=arrives))
    plan.count(source, "omdisponert", moves)
    reached = np.flatnonzero(np.cumsum(moves) >= wanted - 1e-9)
    when = f"nås i måned {reached[0] + 1}" if len(reached) else "er ikke nådd innen horisonten"
    plan.said.append(f"Omdisponering av {wanted} boliger fra {source} til {target} {when}.")
    if target == "omsorg_puh":
        plan.said.append("Om boligene egner seg, avgjøres av tjenestebasen og ikke av regnestykket.")


def _until(offered: Numbers, wanted: float, begins: int) -> Numbers:
    """What is taken of the offer each month from one on, until there is no more wanted."""
    usable = np.where(np.arange(1, len(offered) + 1) >= begins, offered, 0.0)
    return np.diff(np.minimum(np.cumsum(usable), wanted), prepend=0.0)


def _shorter_vacancy(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    effect = shorter_vacancy(situation.facts[category], lever.value, lever.waits_for)
    if effect.days < lever.value:
        of = f" i {lever.waits_for}" if lever.waits_for else ""
        plan.said.append(
            f"Dødtiden i {category} kan bare kortes med {effect.days:.0f} døgn{of}; {lever.value:g} er kuttet til det."
        )
    acting = situation.acting(lever)
    begins, spread = situation.month(lever.from_on), ceil(effect.days / DAYS_A_MONTH)
    once = sum((situation.at(begins + back, effect.once / spread) for back in range(spread)), np.zeros(len(acting)))
    plan.add(category, replace(situation.plain(), extra=once * acting + effect.a_month * acting))
    plan.count(category, "tapt_leie_spart", effect.rent_nok * acting)


@dataclass(frozen=True)
class ShorterVacancy:
    """What fewer days between two stays give: lettings once and for good, and rent that is not lost, a month."""

    days: float
    once: float
    a_month: float
    rent_nok: float


def shorter_vacancy(facts: Facts, days: float, waits_for: str | None = None) -> ShorterVacancy:
    """L4, of at most the days that a relet waits at all, or waits for this."""
    most = min(facts.relet_days, facts.waited_days.get(waits_for, 0.0)) if waits_for else facts.relet_days
    cut = max(min(days, most), 0.0)
    cycle = facts.stay_days + facts.relet_days
    permanent = facts.relets * (cycle / (cycle - cut) - 1) if isfinite(cycle) else 0.0
    lost = facts.relets * cut * facts.rent_month_nok * 12 / 365
    return ShorterVacancy(cut, facts.relets * cut / DAYS_A_MONTH, permanent, lost)


def _more_refugees(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(OKONOMISK, lever)
    own, on = situation.own, lever.from_on
    municipal = assumptions.get("bosetting_kommunal_andel", None, on, own.settled_municipal)
    housed = assumptions.get("bosetting_okonomisk_andel", None, on, own.settled_okonomisk)
    stays_on = assumptions.get("ikke_marked_andel", None, on, own.not_market)
    acting = situation.acting(lever)
    takes = acting * lever.value * municipal * housed / 12
    months = np.arange(1, situation.horizon + 1)
    due = np.array([own.five_year_due.get(int(month), 0) for month in months], dtype=float)
    # those who come by this lever have their five years after any horizon of a simulation
    due += np.where(months > 60, np.roll(acting * lever.value * municipal, 60) / 12, 0.0)
    plan.add(category, replace(situation.plain(), extra=-takes, rehoused=due * stays_on))


def _rent(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    if not 0 <= lever.value <= HIGHEST_RENT_SHARE:
        raise LeverRefused(f"Spak {lever.number} (leie_av_marked): andelen må være fra 0 til {HIGHEST_RENT_SHARE}.")
    plan.said.append(
        "En løpende kontrakt kan bare indeksreguleres én gang i året, og settes til gjengs leie først etter to og et "
        "halvt år med seks måneders varsel."
    )


def _renewals(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    if not 0 <= lever.value <= 1:
        raise LeverRefused(f"Spak {lever.number} (fornyelsesandel): andelen må være fra 0 til 1.")
    facts = situation.facts[category]
    returns = assumptions.get("retur_andel", category, lever.from_on)
    expiring = np.array([facts.expires(month) for month in range(1, situation.horizon + 1)])
    more = situation.acting(lever)[:, None] * expiring * (facts.renewal - lever.value)
    ends, children = more.T
    delay = half_up(facts.relet_days / DAYS_A_MONTH)
    let = np.concatenate((np.zeros(delay), ends))[: situation.horizon]
    plan.add(category, replace(situation.plain(), extra=let, rehoused=ends * returns))
    plan.count(category, "husstander_som_ma_flytte", ends)
    plan.count(category, "husstander_med_barn_som_ma_flytte", children)
    plan.said.append(
        f"Med fornyelsesandel {lever.value:g} i {category} må {ends.sum():.0f} flere husstander flytte, "
        f"{children.sum():.0f} av dem med barn; {100 * returns:.0f} prosent antas å søke igjen."
    )


def _loans_to_tenants(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    facts = situation.facts[category]
    if not 0 <= lever.value <= facts.tenants:
        raise LeverRefused(
            f"Spak {lever.number} (startlan_til_leietaker): {category} har {facts.tenants} leietakere, ikke "
            f"{lever.value:g} som kan kjøpe."
        )
    a_month = situation.acting(lever) * lever.value / 12
    if mode_of(lever) == "kjoper_i_markedet":
        delay = half_up(facts.relet_days / DAYS_A_MONTH)
        let = np.concatenate((np.zeros(delay), a_month))[: situation.horizon]
        plan.add(category, replace(situation.plain(), extra=let))
    else:
        plan.add(category, replace(situation.plain(), dwellings=-a_month))
        plan.said.append(f"Den som kjøper boligen sin i {category}, får hjelp; køen blir ikke kortere av det.")
    reached = situation.own.tenant_buyers
    if lever.value > max(reached, default=0) * BEYOND_REACHED:
        plan.said.append(
            f"{lever.value:g} kjøp i året er over det som har vært nådd ({', '.join(map(str, reached)) or 'ingen'})."
        )


def _inflow(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    category = situation.require(lever.category, lever)
    rate = situation.estimates[category].intake.mean
    factor = lever.value if mode_of(lever) == "faktor" else max((rate + lever.value) / rate, 0.0)
    if factor < 0:
        raise LeverRefused(f"Spak {lever.number} (tilgang): faktoren kan ikke være negativ.")
    plan.add(category, replace(situation.plain(), inflow=1 + situation.acting(lever) * (factor - 1)))


def _follow_up(situation: Situation, lever: Lever, assumptions: Assumptions, plan: Plan) -> None:
    plan.said.append("Booppfølging er ikke antatt å endre køen; kostnaden og antallet som får den, står for seg.")


_EFFECTS: Mapping[Kind, Callable[[Situation, Lever, Assumptions, Plan], None]] = {
    "nye_boliger": _new_dwellings,
    "avgang_boliger": _lost_dwellings,
    "kortere_dodtid": _shorter_vacancy,
    "bosetting_flyktninger": _more_refugees,
    "leie_av_marked": _rent,
    "fornyelsesandel": _renewals,
    "startlan_til_leietaker": _loans_to_tenants,
    "tilgang": _inflow,
    "booppfolging": _follow_up,
}
