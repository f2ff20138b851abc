"""What a scenario costs and brings, by year and by who pays.

Belongs here: investment, what it costs a year, rent and its payers. Does not belong here: prices, which are assumptions
of the municipality; a line whose price nobody said is left out, and that is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.outlook.levers import Assumptions, Lever, Plan, Situation
from dagster_project.outlook.rates import Numbers
from dagster_project.outlook.rent import RentResult

KOMMUNE, STAT, LEIETAKER = "kommune", "stat", "leietaker"


@dataclass(frozen=True)
class Line:
    """An amount of one year; year 0 is once. What is paid out is below 0, what comes in above."""

    name: str
    year: int
    amount_nok: float
    payer: str


def annuity(amount: float, interest: float, years: float) -> float:
    """What an amount costs a year over its life."""
    return amount / years if interest == 0 else amount * interest / (1 - (1 + interest) ** -years)


def price(assumptions: Assumptions, code: str, lever: Lever, plan: Plan) -> float | None:
    """What the municipality says that something costs; where it says nothing, that is said."""
    found = assumptions.find(code, lever.category, lever.from_on)
    said = f"Forutsetningen {code} for {lever.category or 'alle'} er ikke oppgitt; kostnaden er ikke med."
    if found is None and said not in plan.said:
        plan.said.append(said)
    return found


def lines(
    situation: Situation,
    levers: Sequence[Lever],
    assumptions: Assumptions,
    plan: Plan,
    rents: Sequence[tuple[RentResult, Numbers]],
) -> list[Line]:
    """The lines of these levers together."""
    years = -(-situation.horizon // 12)
    found: dict[tuple[str, int, str], float] = {}

    def add(name: str, year: int, amount: float, payer: str = KOMMUNE) -> None:
        if amount:
            found[name, year, payer] = found.get((name, year, payer), 0.0) + amount

    for lever in levers:
        begins = situation.month(lever.from_on)
        each_year = [(year, _months_in(year, begins)) for year in range(1, years + 1)]
        if lever.kind in ("nye_boliger", "omdisponering"):
            number = lever.value
            if lever.kind == "omdisponering":
                moved = plan.figures.get((lever.from_category or "", "omdisponert"), np.zeros(1)).sum()
                number = min(number, float(moved))
            code = "kostnad_bolig" if lever.kind == "nye_boliger" else "ombygging_kostnad"
            cost = price(assumptions, code, lever, plan)
            if cost is not None:
                grant = (assumptions.find("tilskudd_bolig", lever.category, lever.from_on) or 0.0) * number
                add("investering", 0, -cost * number)
                add("tilskudd", 0, grant, STAT)
                interest = price(assumptions, "rente", lever, plan)
                life = price(assumptions, "levetid", lever, plan)
                if interest is not None and life:
                    capital = annuity(cost * number - grant, interest, life)
                    for year, share in each_year:
                        add("kapital", year, -capital * share)
            if lever.kind == "nye_boliger":
                running = price(assumptions, "drift_bolig", lever, plan)
                service = assumptions.find("tjeneste_bolig", lever.category, lever.from_on)
                rent = situation.facts[lever.category or ""].rent_month_nok * 12
                for year, share in each_year:
                    add("drift", year, -(running or 0.0) * number * share)
                    add("tjenester", year, -(service or 0.0) * number * share)
                    add("leieinntekt", year, rent * number * share, LEIETAKER)
        if lever.kind == "booppfolging":
            cost = price(assumptions, "booppfolging_kostnad", lever, plan)
            for year, share in each_year:
                add("booppfolging", year, -(cost or 0.0) * lever.value * share)
    for (_, figure), amounts in plan.figures.items():
        if figure == "tapt_leie_spart":
            for year, amount in enumerate(_by_year(amounts), 1):
                add("leieinntekt", year, amount, LEIETAKER)
    for result, parts in rents:
        for year, months in enumerate(_by_year(parts), 1):
            add("hoyere_leie", year, result.tenants_nok * months, LEIETAKER)
            add("hoyere_bostotte", year, result.state_nok * months, STAT)
            # the municipality pays this to itself: it comes in as rent and goes out as allowance
            add("kommunal_bostotte", year, -result.municipal_nok * months)
            add("kommunal_bostotte_i_leien", year, result.municipal_nok * months)
            add("restanser", year, -result.arrears_nok * months)
    return [Line(name, year, amount, payer) for (name, year, payer), amount in sorted(found.items())]


def _months_in(year: int, begins: int) -> float:
    """The part of a year ahead after a month has begun."""
    return min(max((12 * year - begins + 1) / 12, 0.0), 1.0)


def _by_year(amounts: Numbers) -> list[float]:
    return [float(amounts[begins : begins + 12].sum()) for begins in range(0, len(amounts), 12)]


def a_year(found: Sequence[Line]) -> float | None:
    """What it costs the municipality in the last whole year, when all is in place; None where nothing costs."""
    last = max((line.year for line in found if line.year), default=0)
    of = [line.amount_nok for line in found if last and line.year == last]
    return -sum(of) if of else None


def payers(found: Sequence[Line]) -> Mapping[str, float]:
    """By payer what comes in and goes out over all years."""
    return {
        payer: sum(line.amount_nok for line in found if line.payer == payer) for payer in (KOMMUNE, STAT, LEIETAKER)
    }
