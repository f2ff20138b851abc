"""What NAV does beside the municipality's own dwellings: guarantees, income management, private lettings, social help.

Belongs here: every table of nav/. The report counts none of it (4.5, 4.9): that guarantees are given to municipal
landlords too, that there is a queue for income management, and that NAV and Flyktningteamet find dwellings in the
private market is the report's, how many is ours.
Does not belong here: who lives where (households, allocating), and what is owed (money).
"""

from datetime import date
from random import Random

from dagster_project.demo.model import LAST_DAY, Registers, Stay, after, months_after
from dagster_project.demo.people import People

_BEGIN = date(2006, 1, 1)


def make(random: Random, registers: Registers, people: People, stays: list[Stay]) -> None:
    """Writes the four tables."""
    tenants = sorted(
        {
            stay.person
            for stay in stays
            if stay.dwelling.category == "okonomisk_sosialt" and stay.running(date(2009, 1, 1))
        }
    )
    others = [people.new(1950, 1988) for _ in range(320)]
    _guarantees(random, registers, tenants, others)
    _income_management(random, registers, stays)
    _private_lettings(random, registers, others)
    _assistance(random, registers, [*random.sample(tenants, min(70, len(tenants))), *random.sample(others, 150)])


def _days(random: Random, a_year: int) -> list[date]:
    """So many days in each year, in their order."""
    days = (LAST_DAY - _BEGIN).days
    return sorted(after(_BEGIN, random.randrange(days)) for _ in range(a_year * (LAST_DAY.year - _BEGIN.year + 1)))


def _guarantees(random: Random, registers: Registers, tenants: list[str], others: list[str]) -> None:
    for number, given in enumerate(_days(random, 75), 1):
        landlord = "privat" if random.random() < 0.7 else "kommunal"
        called = after(given, random.randint(60, 900)) if random.random() < 0.2 else None
        registers.add(
            "guarantee",
            given,
            garanti_id=f"GA{number:04}",
            fodselsnummer=random.choice(others if landlord == "privat" else tenants),
            gitt_dato=given,
            utleier=landlord,
            belop=float(random.randrange(9000, 30000, 500)),
            utlopt_dato=None if called else months_after(given, 36),
            innfridd_dato=called,
            innfridd_belop=float(random.randrange(2000, 9000, 100)) if called else None,
        )


def _income_management(random: Random, registers: Registers, stays: list[Stay]) -> None:
    poor = sorted(
        (stay for stay in stays if stay.dwelling.category == "okonomisk_sosialt" and stay.start < date(2011, 6, 1)),
        key=lambda stay: (stay.start, stay.dwelling.id),
    )
    # those who lose their dwelling were mostly referred, and some still waited (6.2.6)
    evicted = [stay for stay in poor if stay.reason == "fravikelse" and stay.end and stay.end > _BEGIN]
    referred = [(after(stay.end, -random.randint(40, 300)), stay.person) for stay in evicted if stay.end]
    referred += [(day, random.choice(poor).person) for day in _days(random, 20)]
    for number, (day, person) in enumerate(sorted((d, p) for d, p in referred if d >= _BEGIN), 1):
        waits, is_helped = random.randint(20, 260), random.random() < 0.8
        begun = after(day, waits) if is_helped else None
        over = after(begun or day, random.randint(150, 900) if begun else waits) if random.random() < 0.6 else None
        registers.add(
            "income_management",
            day,
            sak_id=f"IF{number:04}",
            fodselsnummer=person,
            henvist_dato=day,
            start_dato=begun,
            slutt_dato=over,
            slutt_arsak=None
            if over is None
            else random.choice(("ferdig", "ferdig", "avbrutt"))
            if begun
            else "onsket_ikke",
        )


def _private_lettings(random: Random, registers: Registers, others: list[str]) -> None:
    for number, day in enumerate(_days(random, 55), 1):
        found = after(day, random.randint(5, 150)) if random.random() < 0.75 else None
        left = after(found, random.randint(60, 900)) if found and random.random() < 0.45 else None
        registers.add(
            "private_letting",
            day,
            bistand_id=f"PL{number:04}",
            fodselsnummer=random.choice(others),
            start_dato=day,
            bolig_funnet_dato=found,
            leie_slutt_dato=left,
            ansvarlig="flyktningteamet" if random.random() < 0.3 else "nav",
        )


def _assistance(random: Random, registers: Registers, persons: list[str]) -> None:
    month = date(2008, 1, 1)
    while month <= LAST_DAY:
        for person in sorted(random.sample(persons, 80)):
            for purpose in sorted({"husleie", random.choice(("husleie", "strom", "restanse", "depositum", "annet"))}):
                registers.add(
                    "social_assistance",
                    after(month, 12),
                    fodselsnummer=person,
                    maned=month,
                    formal=purpose,
                    belop=float(random.randrange(800, 9000, 50)),
                )
        month = months_after(month, 1)
