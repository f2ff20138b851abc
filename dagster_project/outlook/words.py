"""The sentences in which the outlook is told: a number never without its interval, its date and its author.

Belongs here: sentences with slots, in Norwegian. Does not belong here: what fills them.
"""

import re
from collections.abc import Sequence
from datetime import date

from dagster_project.outlook.hindcast import Quality
from dagster_project.outlook.levers import ShorterVacancy
from dagster_project.outlook.paths import HORIZON, Band
from dagster_project.outlook.rates import CATEGORIES, Estimate
from dagster_project.outlook.series import half_up, month_end
from dagster_project.vocabulary import labels, norwegian


def name(category: str) -> str:
    """What a category is called within a sentence."""
    if category == "alle":
        return "alle kategorier"
    return norwegian.in_sentence(labels.label("housing_category", category))


def named(line: str) -> str:
    """A sentence in which categories stand by their codes, as readers read it."""
    return _CODES.sub(lambda found: name(found[0]), line)


_CODES = re.compile(rf"\b({'|'.join(CATEGORIES)})\b")


def day(of: date) -> str:
    return norwegian.day(of)


def whole(value: float) -> str:
    return f"{half_up(value)}"


def kroner(value: float) -> str:
    """A round amount."""
    return f"{half_up(value / 1000) * 1000:,}".replace(",", " ") + " kroner"


def percent(share: float) -> str:
    """A chance: of simulated paths nothing is impossible, and nothing certain."""
    if share < 0.005:
        return "under 1 prosent"
    if share >= 0.995:
        return "over 99 prosent"
    return f"{half_up(100 * share)} prosent"


def coming(estimate: Estimate, band: Band, origin: date, source: str) -> str:
    """The first thing to know: what the longest queue comes to."""
    return (
        f"Hva som kommer: Den lengste køen, {_quoted(estimate.category)}, går fra {estimate.waiting} husstander "
        f"{day(origin)} til {whole(band.p10[HORIZON])}–{whole(band.p90[HORIZON])} {day(month_end(origin, HORIZON))} "
        f"hvis tilgang og tildeling fortsetter som nå (80 prosent intervall; {source})."
    )


def surety(of: Sequence[Quality], without: Sequence[str], source: str) -> str:
    """The second: how sure that is, over all queues that have a forecast."""
    none = f" {norwegian.listing([_quoted(each) for each in without])} har for få hendelser." if without else ""
    if not of:
        return f"Hvor sikkert det er: Historien er for kort til å prøve intervallet på tidligere år ({source}).{none}"
    known = "det som var levert da" if all(each.known_then for each in of) else "dagens rader"
    return (
        f"Hvor sikkert det er: Et år fram har køen havnet innenfor et slikt intervall i {sum(o.covered for o in of)} "
        f"av {sum(o.n for o in of)} forsøk på tidligere år (alle køene, prøvd på {known}; {source}). Midten bommet "
        f"med {_one(_mean(of, 'mae'))} husstander i snitt, mot {_one(_mean(of, 'mae_no_change'))} for å si «som i dag»."
        f"{none}"
    )


def changing(
    goal: float, by: date, ready: date, needed: tuple[int | None, int | None], as_it_goes: float, planned: float | None,
    source: str,
) -> str:  # fmt: skip
    """The third: what would change it, where there is a goal for that queue."""
    plan = f", og med {percent(planned)} med planen som vedtatt" if planned is not None else ""
    even, likely = needed
    takes = (
        "Nye boliger alene er ikke nok" if even is None
        else f"{even} nye boliger, innflyttingsklare {day(ready)}, gir minst like sjanser" if even
        else "Uten flere boliger er sjansene minst like"
    )  # fmt: skip
    more = f", og {likely} gir fire av fem" if likely else ""
    return (
        f"Hva som endrer det: Målet, høyst {goal:g} husstander {day(by)}, nås med {percent(as_it_goes)} sannsynlighet "
        f"slik det går nå{plan}. {takes}{more} ({source})."
    )


def ten_more(number: int, with_it: Band, without: Band, ready: date, by: date, source: str) -> str:
    """The same where there is none."""
    return (
        f"Hva som endrer det: {number} nye boliger der, innflyttingsklare {day(ready)}, gir "
        f"{whole(with_it.p10[HORIZON])}–{whole(with_it.p90[HORIZON])} i kø {day(by)} i stedet for "
        f"{whole(without.p10[HORIZON])}–{whole(without.p90[HORIZON])} (80 prosent intervall; {source})."
    )


def _quoted(category: str) -> str:
    return f"«{labels.label('housing_category', category)}»"


def _mean(of: Sequence[Quality], what: str) -> float:
    return float(sum(each.n * getattr(each, what) for each in of) / sum(each.n for each in of))


def forecast(estimate: Estimate, band: Band, origin: date) -> str:
    return (
        f"I {name(estimate.category)} venter {estimate.waiting} husstander per {day(origin)}. Fortsetter tilgang og "
        f"tildeling som i de siste {estimate.window_months} månedene, venter om lag {whole(band.p10[12])}–"
        f"{whole(band.p90[12])} om tolv måneder (80 prosent intervall)."
    )


def no_skill(quality: Quality) -> str:
    return (
        "Prognosen har ikke truffet bedre enn å anta samme kø som i dag (middelfeil "
        f"{_one(quality.mae)} mot {_one(quality.mae_no_change)}). Bruk intervallet."
    )


def low_coverage(quality: Quality) -> str:
    return f"Intervallet har truffet i {quality.covered} av {quality.n} tidligere år."


def refused(estimate: Estimate) -> str:
    events = sum(estimate.counts)
    if "hendelser" in estimate.reason:
        return (
            f"Ingen prognose for {name(estimate.category)}: {events} hendelser på {estimate.window_months} måneder, "
            "minst 12 trengs."
        )
    return f"Ingen prognose for {name(estimate.category)}: {estimate.reason}."


def level_shift(estimate: Estimate, which: int) -> str:
    what, rate = (("Tilgangen", estimate.intake), ("Tildelingen", estimate.allocated))[which]
    now = (rate.shape - 0.5) / rate.exposure
    return (
        f"{what} i {name(estimate.category)} har endret nivå det siste året ({_one(now)} mot "
        f"{_one(estimate.before[which])} per måned før). Prognosen bygger på de siste tolv månedene."
    )


# which version it is, is known when it is kept
VERSION = "versjon {version}, "


def scenario(
    title: str, made_by: str, made_on: date, category: str, band: Band, change: Band, month: int,
    origin: date,
) -> str:  # fmt: skip
    fewer = "færre" if change.mean[month] <= 0 else "flere"
    low, high = sorted((abs(change.p10[month]), abs(change.p90[month])))
    if change.p10[month] < 0 < change.p90[month]:
        low, high = change.p10[month], change.p90[month]
    return (
        f"Med «{title}» ({VERSION}{made_by}, {day(made_on)}) er køen i {name(category)} "
        f"{whole(band.p10[month])}–{whole(band.p90[month])} {day(month_end(origin, month))}, "
        f"{whole(abs(change.mean[month]))} {fewer} enn uten tiltak ({whole(low)}–{whole(high)})."
    )


def solution(
    goal: float, by: date, even: int | None, likely: int | None, ready: date, without: tuple[float, float]
) -> str:
    if even is None:
        return (
            f"At køen er høyst {goal:g} {day(by)}, kan ikke nås med nye boliger alene. "
            f"Uten tiltak: {whole(without[0])}–{whole(without[1])}."
        )
    four_of_five = f"{likely} for fire av fem" if likely is not None else "fire av fem kan ikke nås"
    return (
        f"For at køen skal være høyst {goal:g} {day(by)}, trengs om lag {even} nye boliger for like sjanser og "
        f"{four_of_five}, innflyttingsklare {day(ready)}. Uten tiltak: {whole(without[0])}–{whole(without[1])}."
    )


BEYOND = "Regnestykke, ikke prognose: dagens tilgang og tildeling er ført fram uendret."


def dead_time(effect: ShorterVacancy, waiting: int) -> str:
    alone = " Det løser ikke køen alene." if effect.once + 12 * effect.a_month < 0.25 * waiting else ""
    return (
        f"Å korte dødtiden med {whole(effect.days)} døgn gir om lag {_one(effect.once)} utleier én gang og "
        f"{_two(effect.a_month)} per måned, og {kroner(effect.rent_nok)} mindre tapt leie per måned.{alone}"
    )


def surplus(category: str, unused: float, horizon: int) -> str:
    return f"I {name(category)} blir om lag {whole(unused)} ledige boliger uten søkere de neste {horizon} månedene."


def target(what: str, period_end: date, as_it_goes: float, planned: float | None) -> str:
    plan = f", og {percent(planned)} med vedtatte tiltak" if planned is not None else ""
    return f"Målet {what} for {day(period_end)} nås med {percent(as_it_goes)} sannsynlighet slik det går nå{plan}."


NOT_REACHED = "nås ikke med vedtatte tiltak (sannsynlighet under 5 prosent)"


def _one(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _two(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
