"""The dwellings, and who lived in them when: acquisitions, lettings, vacancies and their works, disposals.

Belongs here: property/dwelling and property/dwelling_event, and the stays that everything else is told about.
Does not belong here: contracts and applications (allocating), rents paid (money).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from random import Random

from dagster_project.demo import figures
from dagster_project.demo.model import LAST_DAY, Dwelling, Letting, Registers, Stay, after, workday

REGISTERS_BEGIN = date(figures.FIRST_YEAR, 1, 1)

# Obviously invented: no such streets in Asker (nor, we hope, anywhere).
_STREETS = ("Eksempelveien", "Påfunnsgata", "Oppdiktlia", "Prøvebakken", "Testtunet", "Demoringen", "Liksomstien")
_AREAS = ("Sentrum", "Heggedal", "Vollen", "Borgen", "Nesøya", "Dikemark")
_SIZES = {"servicebolig": (35, 50), "omsorg_psykiatri": (32, 48), "omsorg_puh": (38, 55), "omsorg_eldre": (40, 58)}
_YEARS_STAYED = {"trygdebolig": 10.0, "servicebolig": 5.0, "omsorg_eldre": 4.5, "omsorg_psykiatri": 7.0}
# Days to make ready, and days from then to the allocation: chapter 6.2.7 has "up to half a year" and "several months".
_PACE = {
    "okonomisk_sosialt": (55, 40),
    "trygdebolig": (50, 55),
    "servicebolig": (28, 22),
    "omsorg_eldre": (26, 18),
    "omsorg_psykiatri": (45, 45),
    "omsorg_puh": (40, 50),
    "hc_bolig": (45, 30),
    "flyktning": (30, 12),
}


def make(random: Random, registers: Registers) -> list[Dwelling]:
    """The municipality's dwellings with all their stays; writes property/dwelling and property/dwelling_event."""
    dwellings = _stock(random)
    _dispose(random, dwellings)
    _tell_before_registers(random, dwellings)
    _let(random, dwellings)
    _register(random, dwellings, registers)
    return dwellings


def _stock(random: Random) -> list[Dwelling]:
    changes: dict[tuple[str, str], int] = defaultdict(int)
    for year, tenure, category, count, _ in figures.STOCK_CHANGES:
        if year <= 2010:
            changes[tenure, category] += count
    dwellings: list[Dwelling] = []
    for category, total in figures.STOCK_2010.items():
        nominated = figures.NOMINATION_2010.get(category, 0)
        for tenure, at_2010 in (("eid", total - nominated), ("disposisjonsrett", nominated), ("innleid", 0)):
            # lost ones are counted too: what was there when the registers began
            for _ in range(at_2010 - changes[tenure, category]):
                year = random.randint(1968, 2003) if tenure == "eid" else random.randint(1992, 2003)
                acquired = date(year, random.randint(1, 12), 1)
                dwellings.append(_dwelling(random, len(dwellings), category, tenure, acquired))
    for year, tenure, category, count, _ in figures.STOCK_CHANGES:
        for _ in range(count):
            acquired = date(year, random.randint(1, 11), random.choice((1, 15)))
            dwellings.append(_dwelling(random, len(dwellings), category, tenure, acquired))
    return dwellings


def _dwelling(random: Random, number: int, category: str, tenure: str, acquired: date) -> Dwelling:
    low, high = _SIZES.get(category, (38, 85))
    m2 = random.randint(low, high)
    manager = "Eiendomsforvaltningen"
    if category == "omsorg_psykiatri" and random.random() < 0.6:
        manager = "Forvaltningskompaniet"
    elif tenure == "disposisjonsrett" and category in ("servicebolig", "trygdebolig", "omsorg_eldre"):
        manager = "Lier boligbyggelag" if random.random() < 0.7 else "Forvaltningskompaniet"
    return Dwelling(
        id=f"B{number + 1:04}",
        category=category,
        tenure=tenure,
        manager=manager,
        area=random.choice(_AREAS),
        address=f"{random.choice(_STREETS)} {random.randint(1, 99)}",
        built=min(acquired.year, random.randint(1955, 2009)),
        m2=m2,
        rooms=1 if m2 < 40 else 2 if m2 < 60 else 3,
        acquired=acquired,
        market_rent=round(m2 * random.uniform(118, 150) + 1200),
    )


def _dispose(random: Random, dwellings: list[Dwelling]) -> None:
    for year, tenure, category, count, to in figures.STOCK_CHANGES:
        fitting = [
            d
            for d in dwellings
            if (d.tenure, d.category) == (tenure, category) and d.disposed is None and d.acquired.year < year
        ]
        for dwelling in random.sample(fitting, max(-count, 0)):
            months = (after(dwelling.acquired, 300) - date(year, 1, 1)).days // 30  # let for a while at least
            dwelling.disposed = date(year, random.randint(max(1, min(months, 12)), 12), random.randint(2, 28))
            dwelling.disposed_to = to


def _tell_before_registers(random: Random, dwellings: list[Dwelling]) -> None:
    """The stays since the dwelling was acquired, told backwards from the one that the registers began with."""
    for dwelling in dwellings:
        if dwelling.acquired >= REGISTERS_BEGIN:
            continue
        years = 2.2 if dwelling.category in figures.FIXED_TERM else _YEARS_STAYED.get(dwelling.category, 6.0)
        earliest = after(dwelling.acquired, random.randint(10, 60))
        start = after(REGISTERS_BEGIN, -random.randint(5, 60) - int(random.expovariate(1 / (years * 365))))
        end: date | None = None
        while True:
            if start < after(earliest, 500):
                start = earliest
            stay = Stay(dwelling, start, _fixed(random, dwelling, start), end=end)
            dwelling.stays.insert(0, stay)
            if start == earliest:
                break
            end = after(start, -random.randint(20, 140))
            start = max(earliest, after(end, -250 - int(random.expovariate(1 / (years * 365)))))


def _planned(random: Random, category: str, day: date, *, first: bool) -> Letting:
    """A letting: the first one told forwards from the day acquired, another backwards from the day allocated."""
    ready_mean, wait_mean = _PACE[category]
    make_ready = min(int(random.gammavariate(2, ready_mean / 2)) + 3, 190)
    wait = min(int(random.gammavariate(1.4, wait_mean / 1.4)), 170)
    works_days = 0 if first or random.random() > 0.11 else random.randint(60, 190)
    notice = 0 if first else random.randint(-25, 20)  # reported vacant before or after the tenant left
    if works_days:
        make_ready = works_days + random.randint(15, 35)
    elif not first and random.random() < 0.25:
        wait = -random.randint(0, make_ready)  # allocated while it was still made ready
    gap = max(make_ready, notice) + wait
    vacated, allocated = (day, workday(after(day, gap))) if first else (after(day, -gap), day)
    ready = after(vacated, make_ready)
    start = after(max(allocated, ready), random.randint(6, 26))
    works = (after(vacated, random.randint(5, 12)), after(ready, -random.randint(0, 3))) if works_days else None
    letting = Letting(category, allocated, vacated, after(vacated, notice), ready, start, works)
    if random.random() < 0.02:  # nobody reported it: a fault of data
        letting.reported = letting.ready = letting.works = None
    return letting


def _let(random: Random, dwellings: list[Dwelling]) -> None:
    """Every letting since the registers began, as many in each year and category as figures.ALLOCATED has."""
    remaining = {(c, year): count for c, years in figures.ALLOCATED.items() for year, count in years.items()}
    plan: list[tuple[date, int, Letting | None, Dwelling | None]] = []
    for dwelling in dwellings:
        if dwelling.acquired >= REGISTERS_BEGIN:
            letting = _planned(random, dwelling.category, dwelling.acquired, first=True)
            if remaining.get((letting.category, letting.allocated.year), 0) > 0:
                remaining[letting.category, letting.allocated.year] -= 1
                plan.append((letting.vacated, len(plan), letting, dwelling))
        if dwelling.disposed:
            leaves = 0 if dwelling.disposed_to == "leieboer" else random.randint(0, 25)
            plan.append((after(dwelling.disposed, -leaves), len(plan), None, dwelling))
    for (category, year), count in remaining.items():
        for _ in range(count):
            allocated = workday(date(year, random.randint(1, 12), random.randint(3, 28)))
            letting = _planned(random, category, allocated, first=False)
            plan.append((letting.vacated, len(plan), letting, None))
    # 2010: a few dwellings stand empty for works that the report's year does not see the end of
    for category in ("omsorg_eldre", "trygdebolig", "trygdebolig", "okonomisk_sosialt"):
        vacated = date(2010, random.randint(3, 9), random.randint(1, 28))
        closed = Letting(category, LAST_DAY, vacated, after(vacated, 5), None, LAST_DAY)
        closed.works = (after(vacated, 30), date(2011, random.randint(3, 9), 15))
        plan.append((vacated, len(plan), closed, None))
    by_category: dict[str, list[Dwelling]] = defaultdict(list)
    for dwelling in dwellings:
        by_category[dwelling.category].append(dwelling)
    for vacated, _, planned, known in sorted(plan, key=lambda step: step[:2]):
        if planned is None:  # disposed of
            last = known.stays[-1] if known and known.stays else None
            if last and last.end is None:
                last.end = max(vacated, after(last.start, 1))
            continue
        dwelling = known or _vacate(random, by_category, planned)
        if planned.allocated < LAST_DAY:
            _move_in(random, dwelling, planned)
        elif planned.works:  # empty to the world's end
            planned.dwelling = dwelling
            dwelling.stays[-1].letting_after = planned


def _vacate(random: Random, by_category: dict[str, list[Dwelling]], planned: Letting) -> Dwelling:
    """A dwelling of the category whose tenant leaves on the planned day, if possible soon after an agreed end."""
    category = planned.category
    if category == "flyktning" and random.random() < 0.5:
        category = "okonomisk_sosialt"  # 4.8: dwellings go over from one group to the other
    for least_days in (400, 200, 60):
        fitting = [
            d
            for d in by_category[category]
            if d.stays
            and d.stays[-1].end is None
            and d.stays[-1].start <= after(planned.vacated, -least_days)
            and (d.disposed is None or d.disposed > after(planned.start, 200))
        ]
        if fitting:
            break
    sample = random.sample(fitting, min(len(fitting), 8 if category in figures.FIXED_TERM else 2))
    dwelling = min(sample, key=lambda d: ((planned.vacated - d.stays[-1].start).days % 1096, d.id))
    dwelling.stays[-1].end = planned.vacated
    return dwelling


def _fixed(random: Random, dwelling: Dwelling, start: date) -> bool:
    partly = dwelling.category in figures.PARTLY_FIXED_TERM and start.year >= 2002 and random.random() < 0.55
    return partly or dwelling.category in figures.FIXED_TERM


def _move_in(random: Random, dwelling: Dwelling, letting: Letting) -> None:
    letting.dwelling = dwelling
    letting.stay = Stay(dwelling, letting.start, _fixed(random, dwelling, letting.start), letting=letting)
    dwelling.stays.append(letting.stay)


def _register(random: Random, dwellings: list[Dwelling], registers: Registers) -> None:
    for d in dwellings:
        registers.add(
            "dwelling",
            d.acquired,
            bolig_id=d.id,
            adresse=d.address,
            omrade=d.area,
            boligkategori=d.category,
            eierform=d.tenure,
            forvalter=d.manager,
            byggear=d.built,
            bruksareal_m2=float(d.m2),
            antall_rom=d.rooms,
            anskaffet_dato=d.acquired,
            avhendet_dato=d.disposed,
            avhendet_til=d.disposed_to,
            markedsleie_mnd=float(d.market_rent),
        )
    events = sorted((day, d.id, what) for d in dwellings for what, day in _events(random, d) if day <= LAST_DAY)
    for number, (day, dwelling_id, what) in enumerate(events, 1):
        registers.add(
            "dwelling_event",
            day,
            hendelse_id=f"H{number:06}",
            bolig_id=dwelling_id,
            hendelse=what,
            hendelse_dato=day,
        )


def inspect(random: Random, dwellings: list[Dwelling], registers: Registers) -> None:
    """In what condition each dwelling is, and whether a wheelchair gets in: invented, by age and category."""
    built = {dwelling.id: dwelling.built for dwelling in dwellings}
    for _, row in registers.rows["dwelling"]:
        age = 2010 - built[row["bolig_id"]]
        worn = random.random() * 60 + age
        adapted = row["boligkategori"] in ("servicebolig", "hc_bolig") or row["boligkategori"].startswith("omsorg_")
        # leased ones are their owner's to look at
        is_looked_at = row["eierform"] != "innleid" and random.random() < 0.92
        row["tilstandsgrad"] = (worn > 25) + (worn > 70) + (worn > 100) if is_looked_at else None
        row["rullestol"] = random.random() < (0.9 if adapted else 0.3 if age < 15 else 0.08)
        # what is built so is new, and a wheelchair gets in
        row["universell"] = row["rullestol"] and (age < 5 or (adapted and age < 15))


def _events(random: Random, dwelling: Dwelling) -> Iterator[tuple[str, date]]:
    for stay, following in zip(dwelling.stays, [*dwelling.stays[1:], None], strict=False):
        letting = following.letting if following else stay.letting_after
        if stay.end and random.random() < 0.6:
            yield "oppsagt", max(after(stay.end, -random.randint(28, 95)), after(stay.start, 1))
        if following and not letting and stay.end:  # before the registers of applications
            vacant = (following.start - stay.end).days
            yield "meldt_ledig", after(stay.end, random.randint(0, vacant // 3))
            yield "klargjort", after(stay.end, random.randint(vacant // 3, vacant * 2 // 3))
        elif letting:
            if letting.reported:
                yield "meldt_ledig", max(letting.reported, after(stay.start, 1))
            if letting.works:
                yield "rehabilitering_start", letting.works[0]
                yield "rehabilitering_slutt", letting.works[1]
            if letting.ready:
                yield "klargjort", letting.ready
    if dwelling.stays and (first := dwelling.stays[0].letting) and first.ready:
        yield "klargjort", first.ready
