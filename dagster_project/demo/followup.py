"""Booppfølging: who follows up whom, month by month, how they fare, and what landlords warn of.

Belongs here: every table of followup/. That Seksjon for rustiltak has some twenty cases a year, and Psykisk helse has
places for 26 and for 12, is the report's (6.2.3); all else is ours. Does not belong here: who lives where (households,
allocating) and who is evicted (money).
"""

from datetime import date
from random import Random
from typing import Any

from dagster_project.demo.model import LAST_DAY, Registers, Row, Stay, after, months_after

Granted = dict[str, tuple[str, date]]
"""By application: the decision that granted a dwelling, and its day."""

_BEGIN = date(2006, 1, 1)
_A_YEAR = 20  # of the substance abuse services
_PLACES = 26 + 12  # of mental health
_FIELDS = ("boevne", "okonomi", "rus", "psykisk_helse", "nettverk", "bomiljo", "aktivitet", "fysisk_helse")


def make(random: Random, registers: Registers, stays: list[Stay]) -> None:
    """Writes the four tables."""
    granted = _granted(registers)
    cases = sorted(
        [*_of_rustiltak(random, stays, granted), *_of_psykisk_helse(random, stays, granted)],
        key=lambda case: (case["vedtak_dato"], case["fodselsnummer"]),
    )
    for number, case in enumerate(cases, 1):
        case["oppfolging_id"] = f"OP{number:04}"
        registers.add("followup_case", case["vedtak_dato"], **case)
        _months(random, registers, case)
        _reviews(random, registers, case)
    _warnings(random, registers, stays)


def _granted(registers: Registers) -> Granted:
    rows = (row for _, row in registers.rows["decision"] if row["utfall"] == "innvilget")
    return {row["soknad_id"]: (row["vedtak_id"], row["vedtak_dato"]) for row in rows}


def _promise(stay: Stay, decided: date, granted: Granted) -> str | None:
    """The decision on the dwelling that the follow-up stands in: the tenancy's, where it was made by then."""
    application = stay.letting.application if stay.letting else None
    decision = granted.get(application.id) if application else None
    return decision[0] if decision and decision[1] <= decided else None


def _living(stays: list[Stay], category: str) -> list[Stay]:
    of = [stay for stay in stays if stay.dwelling.category == category and (stay.end is None or stay.end > _BEGIN)]
    return sorted(of, key=lambda stay: (stay.start, stay.dwelling.id))


def _case(person: str, decided: date, begun: date | None, over: date | None, why: str | None, **more: Any) -> Row:
    case = {
        "fodselsnummer": person,
        "sokt_dato": after(decided, -21),
        "vedtak_dato": decided,
        "start_dato": begun,
        "slutt_dato": over,
        "slutt_arsak": why if over else None,
        "frivillig": True,
        "hjemmel": None,
    }
    return case | more


def _of_rustiltak(random: Random, stays: list[Stay], granted: Granted) -> list[Row]:
    """So many cases as begin in each year, most of them with the tenancy; some come only when it goes wrong."""
    homes = _living(stays, "okonomisk_sosialt")
    cases = []
    for year in range(_BEGIN.year, LAST_DAY.year + 1):
        begun = [stay for stay in homes if stay.start.year == year]
        new = random.sample(begun, min(len(begun), _A_YEAR * 2 // 3))
        running = [stay for stay in homes if stay.start.year < year and (stay.end is None or stay.end.year >= year)]
        late = random.sample(running, min(len(running), _A_YEAR - len(new)))
        for stay in (*new, *late):
            day = date(year, 1, 1) if stay in late else stay.start
            decided = after(day, random.randint(0, 300) if stay in late else -random.randint(5, 60))
            start = after(decided, random.randint(7, 80)) if random.random() < 0.92 else None
            over = after(start or decided, random.randint(200, 1100) if start else 200)
            if stay.end and stay.end < over:
                over = max(stay.end, start or decided)
            why = {"fravikelse": "utkastet", "dod": "dod", "institusjon": "institusjon"}.get(
                str(stay.reason) if over == stay.end else "", random.choice(("maal_nadd", "ikke_behov", "takket_nei"))
            )
            cases.append(
                _case(
                    stay.person,
                    decided,
                    start,
                    over,
                    why if start else "takket_nei",
                    vedtak_id=None if stay in late else _promise(stay, decided, granted),
                    ansvarlig_enhet="rustiltak",
                    malgruppe=random.choice(("rus", "rus", "rop")),
                    metode=random.choice(("ambulerende", "ambulerende", "ordinar")),
                    mal=random.choice(("selvstendig", "beholde_bolig", "beholde_bolig")),
                    vedtatt_timer_uke=float(random.choice((2, 3, 4, 6))),
                    kpr_tjenestekode=15,
                )
            )
    return cases


def _of_psykisk_helse(random: Random, stays: list[Stay], granted: Granted) -> list[Row]:
    """Those who live in the places of mental health: as long as they live there, and without an end in sight."""
    homes = _living(stays, "omsorg_psykiatri")
    cases = []
    for number, stay in enumerate(homes[: _PLACES * 2]):
        decided = after(max(stay.start, _BEGIN), -random.randint(3, 40))
        start = after(decided, random.randint(1, 45))
        over = max(stay.end, start) if stay.end else None
        why = {"dod": "dod", "institusjon": "institusjon"}.get(str(stay.reason), "flyttet")
        cases.append(
            _case(
                stay.person,
                decided,
                start,
                over,
                why,
                vedtak_id=_promise(stay, decided, granted),
                ansvarlig_enhet="psykisk_helse",
                malgruppe="psykisk",
                metode="samlokalisert_base" if number % 38 < 26 else "ambulerende",
                mal="varig_med_hjelp",
                vedtatt_timer_uke=float(random.choice((6, 8, 10))),
                kpr_tjenestekode=15,
            )
        )
    return cases


def _months(random: Random, registers: Registers, case: Row) -> None:
    month = max(case["start_dato"] or LAST_DAY, date(2008, 1, 1)).replace(day=1)
    while case["start_dato"] and month < min(case["slutt_dato"] or LAST_DAY, LAST_DAY):
        hours = case["vedtatt_timer_uke"] * 4.3 * random.uniform(0.5, 1.05)
        registers.add(
            "followup_month",
            after(months_after(month, 1), 4),
            oppfolging_id=case["oppfolging_id"],
            maned=month,
            timer_direkte=round(hours, 1),
            timer_indirekte=round(hours * random.uniform(0.1, 0.4), 1),
            antall_kontakter=random.randint(2, 12),
            antall_ikke_hjemme=random.choice((0, 0, 1, 2)),
            kostnad=round(hours * 520, 0) if random.random() < 0.8 else None,
        )
        month = months_after(month, 1)


def _reviews(random: Random, registers: Registers, case: Row) -> None:
    day, score = case["start_dato"], {field: random.choice((1, 2, 2, 3)) for field in _FIELDS}
    number = 0
    while day and day <= min(case["slutt_dato"] or LAST_DAY, LAST_DAY):
        for field in _FIELDS:
            number += 1
            score[field] = min(4, max(1, score[field] + random.choice((0, 0, 1, 1, -1))))
            registers.add(
                "followup_review",
                day,
                vurdering_id=f"{case['oppfolging_id']}-{number:03}",
                oppfolging_id=case["oppfolging_id"],
                dato=day,
                omrade=field,
                skar=score[field],
                instrument="brukerplan",
            )
        day = months_after(day, 12)


def _warnings(random: Random, registers: Registers, stays: list[Stay]) -> None:
    warned = []
    for stay in _living(stays, "okonomisk_sosialt"):
        is_lost = stay.reason == "fravikelse" and stay.end is not None
        if not is_lost and random.random() > 0.35:
            continue
        last = stay.end if stay.end and stay.end < LAST_DAY else LAST_DAY
        first = max(stay.start, date(2007, 1, 1))
        day = after(last, -random.randint(150, 400)) if is_lost else after(first, random.randint(0, 500))
        if first <= day < last and stay.contracts:
            warned.append((day, stay, is_lost))
    for number, (day, stay, is_lost) in enumerate(sorted(warned, key=lambda each: (each[0], each[1].dwelling.id)), 1):
        told = after(day, random.randint(2, 60)) if random.random() < 0.7 else None
        solved = after(day, random.randint(10, 200)) if is_lost or random.random() < 0.8 else None
        contract = next((c for c in reversed(stay.contracts) if c.start <= day), stay.contracts[0])
        registers.add(
            "housing_warning",
            day,
            varsel_id=f"VA{number:04}",
            kontrakt_id=contract.id,
            varsel_dato=day,
            type=random.choice(("restanse", "restanse", "husbrak", "skade")),
            meldt_oppfolging_dato=told,
            lost_dato=solved,
            losning=None
            if solved is None
            else "begjaring"
            if is_lost
            else random.choice(("nedbetaling", "oppfolging_startet", "bortfalt")),
        )
