"""Who lives in the stays, and why they leave: moves within the municipality's dwellings, purchases, evictions.

Belongs here: the person of every stay and the reason of every end.
Does not belong here: when stays begin and end (housing).
"""

from random import Random

from dagster_project.demo import figures
from dagster_project.demo.model import Dwelling, Letting, Stay, after
from dagster_project.demo.people import People

_ELDERLY = ("servicebolig", "omsorg_eldre")
_REASONS = {
    "elderly": (("dod", 50), ("institusjon", 40), ("annet", 10)),
    "care": (("institusjon", 25), ("dod", 15), ("annet", 35), ("privat_leie", 25)),
    "trygdebolig": (("dod", 35), ("institusjon", 25), ("privat_leie", 20), ("annet", 20)),
    "fixed": (("privat_leie", 62), ("annet", 30), ("institusjon", 5), ("dod", 3)),
}


def make(random: Random, people: People, dwellings: list[Dwelling]) -> list[Letting]:
    """Settles persons and reasons; returns the lettings to households that moved here from another of the dwellings."""
    stays = [stay for dwelling in dwellings for stay in dwelling.stays]
    came_from: dict[Letting, Stay] = {}
    for year in figures.YEARS:
        _move_within(random, year, stays, came_from)
        _buy_and_evict(random, year, stays)
    for stay in stays:
        if stay.end and not stay.reason:
            reasons = _REASONS[_kind(stay.dwelling.category)]
            stay.reason = random.choices([r for r, _ in reasons], [w for _, w in reasons])[0]
    for stay in sorted(stays, key=lambda s: (s.start, s.dwelling.id)):
        if stay.letting in came_from:
            stay.person = came_from[stay.letting].person
        else:
            stay.person = person(random, people, stay.dwelling.category, stay.start.year)
    return list(came_from)


def person(random: Random, people: People, category: str, year: int) -> str:
    """A new person of an age that fits the category of dwelling in this year."""
    if category in _ELDERLY:
        return people.new(max(1900, year - 92), year - 68)
    if category in ("trygdebolig", "hc_bolig"):
        return people.new(year - 76, year - 40)
    return people.new(year - 60, min(year - 19, 1999))


def _kind(category: str) -> str:
    if category in _ELDERLY:
        return "elderly"
    return "fixed" if category in figures.FIXED_TERM else "trygdebolig" if category == "trygdebolig" else "care"


def _move_within(random: Random, year: int, stays: list[Stay], came_from: dict[Letting, Stay]) -> None:
    """Lets as many households of the year's lettings as figures.MOVED_WITHIN come from another dwelling.

    So many leave the fixed-term dwellings for another municipal one that figures.TENANTS_LEFT of them leave altogether.
    """
    ended = [s for s in stays if s.end and s.end.year == year]
    fixed = [s for s in ended if s.dwelling.category in figures.FIXED_TERM]
    may_stay = [s for s in fixed if not _sold(s, year)]
    leaving_for_another = min(max(len(fixed) - figures.TENANTS_LEFT, 0), len(may_stay))
    lettings = [s.letting for s in stays if s.letting and s.letting.allocated.year == year]
    left = {"flyktning": figures.MOVED_WITHIN_REFUGEES[year]}
    left["other"] = figures.MOVED_WITHIN[year] - left["flyktning"]
    taken: set[Stay] = set()

    def pair(homes: list[Stay], most: int, furthest: int) -> None:
        pairs = [
            (abs((home.end - letting.start).days), home.dwelling.id, number, home, letting)
            for home in homes
            for number, letting in enumerate(lettings)
            if home.end
            and home is not letting.stay
            and home.start < after(letting.allocated, -60)
            and abs((home.end - letting.start).days) <= furthest
        ]
        for _, _, _, home, letting in sorted(pairs, key=lambda p: p[:3]):
            group = "flyktning" if letting.category == "flyktning" else "other"
            if len(taken) < most and left[group] and home not in taken and letting not in came_from:
                came_from[letting] = home
                home.reason = "annen_kommunal_bolig"
                taken.add(home)
                left[group] -= 1

    pair(may_stay, leaving_for_another, 45)
    pair(may_stay, leaving_for_another, 150)
    for home in random.sample(sorted(set(may_stay) - taken, key=_order), leaving_for_another - len(taken)):
        home.reason = "annen_kommunal_bolig"  # joined another household there
    rest = [s for s in ended if s not in fixed]
    pair(rest, len(rest) + len(taken), 45)
    pair(rest, len(rest) + len(taken), 366)


def _buy_and_evict(random: Random, year: int, stays: list[Stay]) -> None:
    ended = [s for s in stays if s.end and s.end.year == year]
    sold = [s for s in ended if _sold(s, year)]
    open_ = [s for s in ended if s.dwelling.category in figures.FIXED_TERM and not s.reason and s not in sold]
    count = max(figures.BECAME_OWNERS[year] - len(sold), 0)
    first_quarter = [s for s in open_ if s.end and s.end.month <= 3] if year == 2011 else []  # 4.7: about five of them
    buyers = random.sample(first_quarter, min(5, len(first_quarter)))
    buyers += random.sample([s for s in open_ if s not in buyers], count - len(buyers))
    for stay in [*sold, *buyers]:
        stay.reason = "kjopt_bolig"
    for stay in random.sample([s for s in open_ if not s.reason], figures.EVICTED[year]):
        stay.reason = "fravikelse"


def _sold(stay: Stay, year: int) -> bool:
    home = stay.dwelling
    sold = home.disposed if home.disposed_to == "leieboer" else None
    return sold is not None and sold == stay.end and sold.year == year


def _order(stay: Stay) -> tuple[str, str]:
    return stay.dwelling.id, stay.start.isoformat()
