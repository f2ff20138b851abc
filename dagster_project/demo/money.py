"""What tenants owe and pay, and what comes of it when they do not.

Belongs here: every table of accounting/.
Does not belong here: the rent of a contract (allocating), housing allowance (husbanken).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from random import Random

from dagster_project.demo import figures
from dagster_project.demo.model import LAST_DAY, Contract, Dwelling, Registers, Row, Stay, after, months_after

BOOKS_BEGIN = date(2007, 1, 1)
# How a household pays: shares of charges paid on time, late, in part, never (the rest over-paid or paid back).
_HABITS = {
    "steady": (0.95, 0.041, 0.003, 0.0006),
    "slow": (0.52, 0.36, 0.08, 0.03),
    "broken": (0.30, 0.28, 0.20, 0.21),
}

_REGULATED = date(2009, 7, 1)
_Charge = tuple[date, Row, str]  # known, row, habit


def make(random: Random, registers: Registers, dwellings: list[Dwelling]) -> None:
    """Writes the four tables."""
    charges: list[_Charge] = []
    plans: list[tuple[date, Row]] = []
    cases: list[tuple[date, Row]] = []
    for dwelling in dwellings:
        for stay in dwelling.stays:
            if stay.end and stay.end < BOOKS_BEGIN:
                continue
            habit = "steady"
            weight = 1.0 if stay.dwelling.category in figures.FIXED_TERM else 0.3
            if stay.reason == "fravikelse" or random.random() < 0.05 * weight:
                habit = "broken"
            elif random.random() < 0.14 * weight:
                habit = "slow"
            charges += _charges(random, stay, habit)
            plans += _plans(random, stay, habit)
            cases += _cases(random, stay, habit)
        charges += _vacancy_charges(dwelling)
    charges.sort(key=lambda c: (c[0], c[1]["bolig_id"], c[1]["kravtype"], c[1]["kontrakt_id"] or "", c[1]["periode"]))
    payments: list[tuple[date, str, float, str]] = []
    for number, (known, row, habit) in enumerate(charges, 1):
        row["krav_id"] = f"R{number:06}"
        registers.add("rent_charge", known, **row)
        payments += _payments(random, known, row, habit)
    for number, (day, charge, amount, payer) in enumerate(sorted(payments), 1):
        registers.add(
            "payment",
            day,
            innbetaling_id=f"I{number:06}",
            krav_id=charge,
            betalt_dato=day,
            belop=amount,
            betalt_av=payer,
        )
    for table, prefix, key, rows in (
        ("repayment_plan", "N", "avtale_id", plans),
        ("eviction_case", "U", "sak_id", cases),
    ):
        rows.sort(key=lambda r: (r[0], r[1]["kontrakt_id"]))
        for number, (known, row) in enumerate(rows, 1):
            registers.add(table, known, **{key: f"{prefix}{number:04}"}, **row)


def regulate(random: Random, registers: Registers) -> None:
    """How rents were last regulated: by the index in the summer of 2009 for six contracts of ten, by the market never.

    4.7: gjengs leie was still to be looked into in 2010.
    """
    for _, contract in registers.rows["tenancy"]:
        is_regulated = contract["start_dato"] < _REGULATED and random.random() < 0.6
        contract["reguleringsmate"] = "indeks" if is_regulated else "ingen"
        contract["sist_regulert_dato"] = _REGULATED if is_regulated else None


def _charge(dwelling: Dwelling, contract: str | None, month: date, due: date, amount: float, kind: str) -> Row:
    return {
        "bolig_id": dwelling.id,
        "kontrakt_id": contract,
        "periode": month,
        "forfallsdato": due,
        "belop": round(amount, 2),
        "kravtype": kind,
    }


def _months(start: date, end: date) -> Iterator[tuple[date, float]]:
    """Every month of [start, end) since the books begin, with the share of it that lies therein."""
    month = max(start, BOOKS_BEGIN).replace(day=1)
    while month < end and month <= LAST_DAY:
        following = months_after(month, 1)
        days = (min(end, following) - max(start, month)).days
        yield month, days / monthrange(month.year, month.month)[1]
        month = following


def _contract_on(stay: Stay, day: date) -> Contract:
    return next((c for c in reversed(stay.contracts) if c.start <= day), stay.contracts[0])


def _charges(random: Random, stay: Stay, habit: str) -> Iterator[_Charge]:
    home = stay.dwelling
    for contract, following in zip(stay.contracts, [*stay.contracts[1:], None], strict=True):
        end = following.start if following else stay.end or after(LAST_DAY, 1)
        for month, share in _months(contract.start, end):
            known = max(after(month, -12), contract.known)  # sent out before it falls due
            due = max(month, after(contract.start, 7)) if month <= contract.start else month
            yield known, _charge(home, contract.id, month, due, contract.rent * share, "husleie"), habit
            chance = random.random()
            if chance < 0.002:  # a credit, for a defect of the dwelling
                amount = -round(contract.rent * 0.25, 2)
                yield after(month, 9), _charge(home, contract.id, month, after(month, 14), amount, "husleie"), "steady"
            elif chance < (0.03 if habit != "steady" else 0.004):
                yield after(month, 20), _charge(home, contract.id, month, after(month, 34), 65.0, "gebyr"), habit
    if (
        stay.end
        and stay.end > BOOKS_BEGIN
        and random.random() < (0.14 if home.category in figures.FIXED_TERM else 0.03)
    ):
        amount = float(random.randrange(4000, 42000, 100))
        claim = _charge(home, stay.contracts[-1].id, stay.end.replace(day=1), after(stay.end, 40), amount, "skade")
        yield after(stay.end, 12), claim, "broken"


def _vacancy_charges(dwelling: Dwelling) -> Iterator[_Charge]:
    """6.2.7: the property managers are paid for the time that a dwelling stands empty."""
    ends = [*dwelling.stays[1:], None]
    for stay, following in zip(dwelling.stays, ends, strict=False):
        if stay.end and stay.end >= BOOKS_BEGIN and stay.end != dwelling.disposed:
            end = following.start if following else dwelling.disposed or after(LAST_DAY, 1)
            for month, share in _months(stay.end, end):
                booked = after(months_after(month, 1), 4)
                amount = stay.contracts[-1].rent * share
                yield booked, _charge(dwelling, None, month, after(booked, 10), amount, "tomgangsleie"), "internal"


def _payments(random: Random, known: date, row: Row, habit: str) -> Iterator[tuple[date, str, float, str]]:
    charge, amount, due = row["krav_id"], row["belop"], row["forfallsdato"]
    if habit == "internal":
        yield after(due, random.randint(-4, 0)), charge, amount, "annet"
        return
    if amount <= 0:
        return
    payer = "leietaker"
    if habit != "steady" or random.random() < 0.05:
        payer = random.choices(("leietaker", "nav", "forvaltning", "annet"), (60, 22, 16, 2))[0]
    on_time, late, in_part, never = _HABITS[habit]
    chance = random.random()
    day = max(after(due, random.randint(-4, 3)), known)
    if chance < on_time:
        yield day, charge, amount, payer
    elif chance < on_time + late:
        yield after(due, random.randint(9, 95 if habit != "steady" else 40)), charge, amount, payer
    elif chance < on_time + late + in_part:
        part = round(amount * random.uniform(0.3, 0.8), 2)
        yield day, charge, part, payer
        if random.random() < 0.5:
            yield after(day, random.randint(20, 150)), charge, round(amount - part, 2), payer
    elif chance < on_time + late + in_part + never:
        if random.random() < 0.5:  # in the end, NAV or a plan paid it
            yield after(due, random.randint(90, 420)), charge, amount, random.choice(("nav", "forvaltning"))
    elif random.random() < 0.6:
        yield day, charge, amount + random.choice((50, 100, 500, 1000)), payer  # a mistyped amount
    else:  # the bank took it back, and it was paid again
        yield day, charge, amount, payer
        yield after(day, 6), charge, -amount, payer
        yield after(day, 24), charge, amount, payer


def _within(random: Random, stay: Stay, after_days: int) -> date | None:
    first, last = max(after(stay.start, after_days), BOOKS_BEGIN), after(stay.end or LAST_DAY, -30)
    return after(first, random.randint(0, (last - first).days)) if first < last else None


def _plans(random: Random, stay: Stay, habit: str) -> Iterator[tuple[date, Row]]:
    agreed = _within(random, stay, 150)
    if habit == "steady" or agreed is None or random.random() < 0.35:
        return
    ended = after(agreed, random.randint(120, 600))
    broken = random.random() < (0.55 if habit == "broken" else 0.2)
    yield (
        agreed,
        {
            "kontrakt_id": _contract_on(stay, agreed).id,
            "inngatt_dato": agreed,
            "avsluttet_dato": ended,
            "avsluttet_arsak": "misligholdt" if broken else "fullfort",
            "opprinnelig_belop": float(random.randrange(6000, 48000, 50)),
        },
    )


def _cases(random: Random, stay: Stay, habit: str) -> Iterator[tuple[date, Row]]:
    if stay.reason == "fravikelse" and stay.end and stay.end >= BOOKS_BEGIN:
        petition = max(after(stay.end, -random.randint(50, 130)), after(stay.start, 20))
        outcome, day = "gjennomfort", stay.end
    else:
        found = _within(random, stay, 200)
        if habit != "broken" or found is None or random.random() < 0.2:
            return
        petition, outcome, day = found, "stanset", after(found, random.randint(20, 110))
    contract = _contract_on(stay, petition).id
    yield petition, {"kontrakt_id": contract, "begjaert_dato": petition, "utfall": outcome, "utfall_dato": day}
