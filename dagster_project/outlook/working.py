"""A municipality's outlook, worked out: the baseline, scenarios against it, what it takes, the grid.

Belongs here: which figures a run has, from what is published and what is assumed. Does not belong here: reading
(series.py), keeping (kept.py), and how each figure comes about (the modules that this one calls).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from dagster_project.outlook import facts, fairness, hindcast, inverse, money, paths, rates, rent, series, words
from dagster_project.outlook.facts import Facts, Own
from dagster_project.outlook.fairness import Alternative, Coverage
from dagster_project.outlook.hindcast import Quality
from dagster_project.outlook.inverse import Solution
from dagster_project.outlook.law import Parameter, in_force, law_parameters
from dagster_project.outlook.levers import (
    Assumption,
    Assumptions,
    Lever,
    LeverRefused,
    Plan,
    Situation,
    let_from,
    mode_of,
    plan,
    shorter_vacancy,
)
from dagster_project.outlook.paths import HORIZON, Band, Chance, Course, Expected, Simulated, band
from dagster_project.outlook.rates import LONGEST_WINDOW, Counts, Estimate, Numbers
from dagster_project.outlook.rent import RentResult
from dagster_project.outlook.runs import BASELINE, OWN_PACE
from dagster_project.outlook.series import Published, half_up, month_end

# of the figures that another way of reckoning would change: it stands in every run, and makes new versions
METHOD_VERSION = "1"
ALL = "alle"

# what a meeting may turn
GRID_DWELLINGS = (0, 2, 4, 6, 8, 10, 15, 20, 30, 40, 50)
GRID_DAYS = (0, 10, 20, 30)
GRID_INFLOW = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
GRID_RENT = (0.6, 0.7, 0.8, 0.9, 1.0)
GRID_MONTHS = (12, 24, 36)
GRID_READY = 12
TARGET_READY = (12, 24)
UNLIKELY = 0.05


@dataclass(frozen=True)
class Scenario:
    """A scenario as its municipality has written it."""

    scenario_id: str
    name: str
    made_by: str
    made_on: date
    status: str = "utkast"
    horizon: int = HORIZON
    budget_nok: float | None = None
    levers: tuple[Lever, ...] = ()


def as_today(origin: date) -> Scenario:
    """Nothing is done."""
    return Scenario(BASELINE, "Som i dag", "Datavarehuset", origin, status="vedtatt")


def at_own_pace(scenario: Scenario, own: Own) -> Scenario | None:
    """The plan as the municipality's own plans have been delivered; None where none has been due."""
    if own.delivered_rate is None:
        return None
    levers = tuple(
        replace(
            lever,
            value=half_up(lever.value * own.delivered_rate),
            from_on=month_end(lever.from_on, own.slip_months),
        )
        if lever.kind == "nye_boliger"
        else lever
        for lever in scenario.levers
    )
    return replace(scenario, scenario_id=OWN_PACE, name=f"{scenario.name}, levert som tidligere planer", levers=levers)


@dataclass(frozen=True)
class Row:
    """A figure of a run, one category and month."""

    category: str
    figure: str
    month: int
    expected: float | None = None
    p10: float | None = None
    p50: float | None = None
    p90: float | None = None


@dataclass(frozen=True)
class Change:
    """The paired difference to the baseline, one category, figure and month."""

    category: str
    figure: str
    month: int
    mean: float
    p10: float
    p90: float


@dataclass(frozen=True)
class Reached:
    """How likely a target is reached at a period's end."""

    metric_id: str
    category: str
    period_type: str
    period_end: date
    green: float
    red: float
    p_green: float | None
    p_not_red: float | None
    expected: float


@dataclass(frozen=True)
class Answer:
    """What it takes, as it was asked."""

    question_id: str
    category: str
    goal: float
    by_month: int
    ready_month: int
    solution: Solution


@dataclass(frozen=True)
class GridRow:
    """A point of the grid."""

    lever: str
    value: float
    row: Row
    change: Change | None = None


@dataclass
class Worked:
    """A scenario as it was worked out; refused where `refusal` says so, with nothing but that."""

    scenario: Scenario
    assumptions: list[Assumption] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    plan: Plan | None = None
    expected: Mapping[str, Expected] = field(default_factory=dict)
    simulated: Mapping[str, Simulated] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    lines: list[money.Line] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    card: list[tuple[Alternative, str, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refusal: str | None = None

    @property
    def content_hash(self) -> str:
        """What another version would differ in."""
        scenario = self.scenario
        whole = {
            "scenario": [
                scenario.name, scenario.made_by, scenario.made_on, scenario.horizon,
                scenario.budget_nok,
            ],
            "levers": [list(vars(lever).values()) for lever in scenario.levers],
            "assumptions": sorted(list(vars(each).values()) for each in self.assumptions),
            "law": sorted(list(vars(each).values()) for each in self.parameters),
            "method": METHOD_VERSION,
        }  # fmt: skip
        # of the baseline only the method makes another: it is nothing, from whichever day
        if scenario.scenario_id == BASELINE:
            whole = {"scenario": [BASELINE], "method": METHOD_VERSION}
        return hashlib.sha256(json.dumps(whole, default=str, ensure_ascii=False).encode()).hexdigest()


class Outlook:
    """A municipality's outlook on what is published of it."""

    def __init__(
        self,
        published: Published,
        assumptions: Sequence[Assumption] = (),
        parameters: Sequence[Parameter] | None = None,
        known: hindcast.Known = lambda origin: None,
    ) -> None:
        self.published, self.given, self.known = published, assumptions, known
        self.parameters = law_parameters() if parameters is None else parameters
        self.origin = published.origin

    @cached_property
    def window(self) -> int:
        return min(LONGEST_WINDOW, self.published.available(self.origin))

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """What the window says, with what the back-test and a broken series add to it."""
        of = self.published
        found = rates.estimates(of.months(self.origin, self.window), of.available(self.origin))
        low = hindcast.low_coverage(self.quality)
        broken = ("seriebrudd",) if of.has_break(self.origin, LONGEST_WINDOW) else ()
        return {
            category: replace(each, flags=(*each.flags, *(("lav_treff",) if category in low else ()), *broken))
            for category, each in found.items()
        }

    @cached_property
    def quality(self) -> list[Quality]:
        return hindcast.quality(self.published, self.known)

    @cached_property
    def facts(self) -> dict[str, Facts]:
        return facts.of_categories(self.published, self.window)

    @cached_property
    def own(self) -> Own:
        return facts.of_all(self.published, self.window)

    @cached_property
    def forecast(self) -> dict[str, Estimate]:
        """The categories that have a forecast."""
        return {category: each for category, each in self.estimates.items() if not each.is_refused}

    @cached_property
    def chances(self) -> dict[str, Chance]:
        number = self.published.municipality_no
        return {
            category: Chance(each, paths.uniforms(number, self.origin, category))
            for category, each in self.forecast.items()
        }

    @property
    def has_total(self) -> bool:
        """Whether every category has a forecast: the rest is never shown under the name of the whole."""
        return len(self.forecast) == len(self.estimates)

    def situation(self, horizon: int = HORIZON) -> Situation:
        return Situation(self.origin, self.estimates, self.facts, self.own, horizon)

    @cached_property
    def baseline(self) -> Worked:
        return self.work(as_today(self.origin))

    @cached_property
    def coverages(self) -> list[Coverage]:
        return [fairness.coverage(self.published, category, self.origin) for category in self.estimates]

    # ------------------------------------------------------------------------------------------- one scenario

    def work(self, scenario: Scenario) -> Worked:
        """Work a scenario out. What cannot be is refused with its reason, and has no figures."""
        assumptions, situation = Assumptions(self.given), self.situation(scenario.horizon)
        try:
            planned = plan(situation, scenario.levers, assumptions)
        except LeverRefused as refusal:
            return Worked(scenario, refusal=str(refusal), said=[str(refusal)])
        done = Worked(
            scenario,
            plan=planned,
            expected={name: paths.expected(self.forecast[name], course) for name, course in planned.courses.items()},
            simulated={name: self.chances[name].run(course) for name, course in planned.courses.items()},
        )
        rents = [self._rent(lever, scenario, done, assumptions) for lever in scenario.levers if _is_rent(lever)]
        done.rows += self._rows(done)
        if scenario.scenario_id == BASELINE:
            done.rows += self._history()
        else:
            done.changes = self._changes(done)
        done.lines = money.lines(situation, scenario.levers, assumptions, planned, rents)
        done.rows += self._prices(done)
        done.reached = self._reach(done)
        if scenario.budget_nok:
            done.card = self._card(scenario, assumptions)
        done.assumptions = list(assumptions.used.values())
        done.said = [*self._sentences(done), *planned.said]
        return done

    def _rent(
        self, lever: Lever, scenario: Scenario, done: Worked, assumptions: Assumptions
    ) -> tuple[RentResult, Numbers]:
        parameter = in_force(self.parameters, "bostotte_dekning", lever.from_on)
        if parameter is None:
            raise LookupError("law_parameter.csv has no bostotte_dekning")
        done.parameters.append(parameter)
        share = assumptions.get("kommunal_bostotte_andel", None, lever.from_on)
        result, parts = rent.by_month(
            self.published, lever.value, mode_of(lever), self.situation().month(lever.from_on), scenario.horizon,
            parameter.value, share, {category: each.stay_days for category, each in self.facts.items()},
        )  # fmt: skip
        done.rows += _rent_rows(result, parts)
        return result, parts

    def _rows(self, done: Worked) -> Iterator[Row]:
        assert done.plan
        horizon = done.scenario.horizon
        for category, simulated in done.simulated.items():
            estimate, course, path = self.forecast[category], done.plan.courses[category], done.expected[category]
            # of few events the interval only: no middle line
            hidden = estimate.state == "svak"
            yield from _banded(category, "ko", 0, path.queue, simulated.queue, hidden)
            yield from _banded(category, "tildelinger", 1, path.lettings, simulated.lettings, hidden)
            yield from _plain(category, "ubrukt", 1, path.unused)
            ages = self.published.ages(category, self.origin)
            for figure, first_come in (("over_ett_ar", False), ("over_ett_ar_fifo", True)):
                waits = fairness.waits(estimate, course, ages, first_come)
                yield from _plain(category, figure, 0, waits.share_over_a_year)
            empty = np.flatnonzero(path.queue == 0)
            if len(empty):
                yield Row(category, "tom_ko_fra", horizon, float(empty[0]))
        for (category, figure), amounts in done.plan.figures.items():
            yield from _plain(category, figure, 1, amounts)
        if self.has_total:
            totals = [(each.queue, simulated.queue) for each, simulated in self._both(done)]
            yield from _banded(ALL, "ko", 0, _sum(each for each, _ in totals), _whole(p for _, p in totals), False)
            let = [(each.lettings, simulated.lettings) for each, simulated in self._both(done)]
            yield from _banded(ALL, "tildelinger", 1, _sum(each for each, _ in let), _whole(p for _, p in let), False)

    @staticmethod
    def _both(done: Worked) -> Iterator[tuple[Expected, Simulated]]:
        return ((done.expected[category], done.simulated[category]) for category in done.simulated)

    def _history(self) -> Iterator[Row]:
        """The facts of the months before, also of what has no forecast."""
        months = self.published.months(self.origin, HORIZON)
        for category, each in months.items():
            back = -HORIZON
            for month, waiting in enumerate(each.waiting[:-1], back):
                yield Row(category, "ko", month, float(waiting))
            if category not in self.forecast:
                yield Row(category, "ko", 0, float(each.waiting[-1]))
        for month in range(-HORIZON, 0 if self.has_total else 1):
            yield Row(ALL, "ko", month, float(sum(each.waiting[HORIZON + month] for each in months.values())))

    def _changes(self, done: Worked) -> list[Change]:
        base = self.baseline
        found = []
        pairs = {
            category: (each.queue, base.simulated[category].queue[: len(each.queue)])
            for category, each in done.simulated.items()
        }
        if self.has_total:
            pairs[ALL] = (_whole(one for one, _ in pairs.values()), _whole(other for _, other in pairs.values()))
        for category, (with_it, without) in pairs.items():
            shown = band(with_it - without)
            found += [
                Change(category, "ko", month, *map(float, (shown.mean[month], shown.p10[month], shown.p90[month])))
                for month in range(len(with_it))
            ]
        return found

    def _prices(self, done: Worked) -> Iterator[Row]:
        """What a household housed and a year averted cost; nothing where nobody said a price."""
        cost = money.a_year(done.lines)
        if not cost or cost <= 0 or done.scenario.scenario_id == BASELINE:
            return
        base, horizon = self.baseline, done.scenario.horizon
        spent = -sum(line.amount_nok for line in done.lines if line.payer == money.KOMMUNE and line.year)
        housed = sum(
            float((each.lettings - base.expected[category].lettings[:horizon]).sum())
            for category, each in done.expected.items()
        )
        averted = sum(
            fairness.years_averted(each.queue, base.simulated[category].queue[: horizon + 1])
            for category, each in done.simulated.items()
        )
        yield Row(ALL, "kostnad_per_ar", horizon, cost)
        if housed > 0:
            yield Row(ALL, "kroner_per_husstand", horizon, spent / housed)
        if averted > 0:
            yield Row(ALL, "kroner_per_ventear_spart", horizon, spent / averted)

    # -------------------------------------------------------------------------------------------------- targets

    def _reach(self, done: Worked) -> list[Reached]:
        found = []
        over_a_year: dict[str, Numbers] = {}
        for month in range(1, done.scenario.horizon + 1):
            end = month_end(self.origin, month)
            for target in series.in_force(self.published.targets, end):
                category = target.category or ALL
                of = list(done.simulated) if category == ALL else [category]
                if (category == ALL and not self.has_total) or category not in (ALL, *self.forecast):
                    continue
                if target.metric_id == "queue_waiting":
                    total = inverse.summed([done.simulated[each].queue[month] for each in of])
                    middle = sum(done.expected[each].queue[month] for each in of)
                else:
                    for each in of:
                        if each not in over_a_year:
                            ages = self.published.ages(each, self.origin)
                            over_a_year[each] = fairness.waiting_over_a_year(done.simulated[each], ages)
                    total = inverse.summed([over_a_year[each][month] for each in of])
                    middle = float(total.mean())
                chance = inverse.reach(total, target.green, target.red)
                found.append(
                    Reached(
                        target.metric_id, category, target.period_type, end, target.green, target.red, chance.green,
                        chance.not_red, float(middle),
                    )
                )  # fmt: skip
        return found

    # --------------------------------------------------------------------------------------- what it takes, the card

    def solve(self, category: str, goal: float, by_month: int, ready_month: int) -> Answer:
        """How many new dwellings, first let in a month, make the queue no longer than the goal by another.

        Raises LeverRefused where the category has no forecast.
        """
        horizon = max(by_month, HORIZON)
        situation = self.situation(horizon)
        asked = Lever("nye_boliger", 0, month_end(self.origin, ready_month), category=category)
        estimate = self.estimates[situation.require(category, asked)]
        cut = by_month <= HORIZON

        def course_of(number: int) -> Course:
            made = let_from(situation, ready_month, number)
            return made.longer(HORIZON) if cut else made

        found = inverse.solve(estimate, self.chances[category], course_of, goal, by_month)
        return Answer(f"{category}-nye_boliger-{goal:g}-{by_month}-{ready_month}", category, goal, by_month,
                      ready_month, found)  # fmt: skip

    def solve_targets(self) -> list[Answer]:
        """What it takes to reach each category's target of the queue at the last year's end within the horizon."""
        month = max(m for m in range(1, HORIZON + 1) if month_end(self.origin, m).month == 12)
        goals = {
            target.category: target.green
            for target in series.in_force(self.published.targets, month_end(self.origin, month))
            if target.metric_id == "queue_waiting" and target.period_type == "year" and target.category
        }
        return [
            self.solve(category, goals[category], month, ready)
            for category in rates.order([each for each in goals if each in self.forecast])
            for ready in TARGET_READY
            if ready <= month
        ]

    def _card(self, scenario: Scenario, assumptions: Assumptions) -> list[tuple[Alternative, str, int]]:
        """For the same money, in each category for which a price is said: nothing ranked, nothing summed up."""
        found, base = [], self.baseline
        situation = self.situation()
        parity = fairness.parity(self.coverages)
        for category, estimate in self.forecast.items():
            cost = assumptions.find("kostnad_bolig", category, scenario.made_on)
            number = int((scenario.budget_nok or 0) // cost) if cost else 0
            if not number:
                continue
            course = let_from(situation, GRID_READY, number)
            ages = self.published.ages(category, self.origin)
            with_it, path = self.chances[category].queues(course), paths.expected(estimate, course)
            interest = assumptions.find("rente", category, scenario.made_on)
            life = assumptions.find("levetid", category, scenario.made_on)
            running = assumptions.find("drift_bolig", category, scenario.made_on) or 0.0
            a_year = (
                money.annuity((cost or 0.0) * number, interest, life) + running * number
                if interest is not None and life
                else None
            )
            made = Alternative(
                f"{number} {words.name(category)}",
                fairness.more_housed(path, base.expected[category]),
                fairness.years_averted(with_it, base.simulated[category].queue),
                fairness.long_years_averted(
                    fairness.waits(estimate, course, ages), fairness.waits(estimate, situation.plain(), ages)
                ),
                parity.smallest if parity else None,
                {category: float(path.queue[-1])},
                a_year,
            )
            found.append((made, category, number))
        return found

    # ------------------------------------------------------------------------------------------------------- grid

    def grid(self) -> Iterator[GridRow]:
        """One lever at a time, at values that a meeting may turn; all on the same draws."""
        situation, begins = self.situation(), month_end(self.origin, 1)
        for category, estimate in self.forecast.items():
            renewal = self.facts[category].renewal
            levers: list[tuple[Lever | Course, str, float]] = [
                (let_from(situation, GRID_READY, number), "nye_boliger", number) for number in GRID_DWELLINGS
            ]
            levers += [(Lever("kortere_dodtid", days, begins, category=category), "kortere_dodtid", days)
                       for days in GRID_DAYS]  # fmt: skip
            if self.facts[category].renewed[1]:
                levers += [
                    (Lever("fornyelsesandel", share, begins, category=category), "fornyelsesandel", share)
                    for share in sorted({*(tenth / 10 for tenth in range(11)), renewal})
                ]
            levers += [(Lever("tilgang", factor, begins, category=category), "tilgang", factor)
                       for factor in GRID_INFLOW]  # fmt: skip
            without = self.baseline.simulated[category].queue
            for lever, kind, value in levers:
                if isinstance(lever, Lever):
                    planned = plan(situation, [lever], Assumptions(self.given))
                    course, figures = planned.courses[category], planned.figures
                else:
                    course, figures = lever, {}
                queue = self.chances[category].queues(course)
                path = paths.expected(estimate, course).queue
                shown, changed = band(queue), band(queue - without)
                hidden = estimate.state == "svak"
                for month in GRID_MONTHS:
                    yield GridRow(
                        kind, float(value), _row(category, "ko", month, path[month], shown, hidden),
                        Change(category, "ko", month, *(float(getattr(changed, name)[month])
                                                        for name in ("mean", "p10", "p90"))),
                    )  # fmt: skip
                for (of, figure), amounts in figures.items():
                    yield GridRow(kind, float(value), Row(of, figure, HORIZON, float(amounts.sum())))
        yield from self._rent_grid(begins)

    def _rent_grid(self, begins: date) -> Iterator[GridRow]:
        tenants = [tenant for _, tenant in rent.running(self.published)]
        parameter = in_force(self.parameters, "bostotte_dekning", begins)
        if not tenants or parameter is None:
            return
        own = sum(tenant.rent for tenant in tenants) / max(sum(tenant.market_rent for tenant in tenants), 1.0)
        share = Assumptions(self.given).get("kommunal_bostotte_andel", None, begins)
        for value in sorted({*GRID_RENT, round(own, 4)}):
            raised = rent.rises(tenants, value) if value != round(own, 4) else [0.0] * len(tenants)
            result = rent.together(tenants, raised, parameter.value, share, self.published.arrears_share)
            for row in _rent_rows(result, np.ones(1)):
                yield GridRow("leie_av_marked", value, row)

    # -------------------------------------------------------------------------------------------------- sentences

    def _sentences(self, done: Worked) -> Iterator[str]:
        scenario = done.scenario
        if scenario.scenario_id == BASELINE:
            yield from self._of_baseline(done)
            return
        changed = {category for category, each in done.simulated.items()
                   if (each.queue != self.baseline.simulated[category].queue[: len(each.queue)]).any()}  # fmt: skip
        for lever in scenario.levers:
            if lever.kind == "kortere_dodtid" and lever.category:
                effect = shorter_vacancy(self.facts[lever.category], lever.value, lever.waits_for)
                yield words.dead_time(effect, self.forecast[lever.category].waiting)
        for category in rates.order(list(changed)):
            with_it = done.simulated[category].queue
            difference = band(with_it - self.baseline.simulated[category].queue[: len(with_it)])
            yield words.scenario(
                scenario.name, scenario.made_by, scenario.made_on, category, band(with_it), difference,
                scenario.horizon, self.origin,
            )  # fmt: skip

    def target_sentences(self, planned: Worked | None) -> Iterator[str]:
        """How likely the targets of years ahead are reached as it goes, and with the plan."""
        with_it = {(each.metric_id, each.category, each.period_end): each.p_green
                   for each in (planned.reached if planned else ()) if each.period_type == "year"}  # fmt: skip
        for each in self.baseline.reached:
            if each.period_type != "year" or each.metric_id != "queue_waiting" or each.p_green is None:
                continue
            goal = f"«høyst {each.green:g} i kø til {words.name(each.category)}»"
            plan = with_it.get((each.metric_id, each.category, each.period_end))
            yield words.target(goal, each.period_end, each.p_green, plan)
            if plan is not None and plan < UNLIKELY:
                yield f"Målet {goal} for {words.day(each.period_end)} {words.NOT_REACHED}."

    def _of_baseline(self, done: Worked) -> Iterator[str]:
        quality = {each.category: each for each in self.quality if each.horizon == hindcast.HORIZONS[-1]}
        for category, estimate in self.estimates.items():
            if estimate.is_refused:
                yield words.refused(estimate)
                continue
            yield words.forecast(estimate, band(done.simulated[category].queue), self.origin)
            for which, flag in enumerate(("nivaskifte_tilgang", "nivaskifte_tildeling")):
                if flag in estimate.flags:
                    yield words.level_shift(estimate, which)
            of = quality.get(category)
            if of and of.skill is not None and of.skill <= 0:
                yield words.no_skill(of)
            if of and of.is_low:
                yield words.low_coverage(of)
            unused = float(done.expected[category].unused.sum())
            if unused >= 1:
                yield words.surplus(category, unused, HORIZON)


def _is_rent(lever: Lever) -> bool:
    return lever.kind == "leie_av_marked"


def _sum(each: Iterator[Numbers]) -> Numbers:
    return np.asarray(np.sum(list(each), axis=0))


def _whole(each: Iterator[Counts]) -> Counts:
    return inverse.summed(list(each))


def _row(category: str, figure: str, month: int, expected: float, shown: Band, hidden: bool, at: int = 0) -> Row:
    place = month - at
    return Row(
        category, figure, month, None if hidden and month else float(expected), float(shown.p10[place]),
        None if hidden and month else float(shown.p50[place]), float(shown.p90[place]),
    )  # fmt: skip


def _banded(
    category: str, figure: str, first: int, expected: Numbers, simulated: Counts, hidden: bool
) -> Iterator[Row]:
    shown = band(simulated)
    for place, value in enumerate(expected):
        yield _row(category, figure, first + place, value, shown, hidden, first)


def _plain(category: str, figure: str, first: int, values: Numbers) -> Iterator[Row]:
    for month, value in enumerate(values, first):
        yield Row(category, figure, month, float(value))


def _rent_rows(result: RentResult, parts: Numbers) -> Iterator[Row]:
    """A rent's result: kroner a month as it comes into force, and the households when it all has."""
    for figure, amount in (
        ("leie_inntekt", result.rent_nok),
        ("leie_stat", result.state_nok),
        ("leie_kommune", result.municipal_nok),
        ("leie_leietakere", result.tenants_nok),
        ("leie_netto_kommune", result.net_nok),
    ):
        yield from _plain(ALL, figure, 1, amount * parts)
    households = {
        "leie_kontrakter": result.contracts,
        "leie_kontrakter_okt": result.raised_contracts,
        "leie_darligere_stilt": result.worse_off[0],
        "leie_darligere_stilt_500": result.worse_off[500],
        "leie_darligere_stilt_1000": result.worse_off[1000],
        "leie_darligere_stilt_med_barn": result.worse_off_children,
        "leie_over_taket_for": result.over_ceiling[0],
        "leie_over_taket_etter": result.over_ceiling[1],
        "leie_uten_sammenheng": result.inconsistent,
    }
    for figure, number in households.items():
        yield Row(ALL, figure, len(parts), float(number))
