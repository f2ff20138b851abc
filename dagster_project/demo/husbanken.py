"""Husbanken's schemes, the municipal housing allowance, and Statistics Norway's figures beside them.

Belongs here: husbanken/startlan, husbanken/tilskudd, husbanken/bostotte, reference/kostra.
Does not belong here: what a tenancy is (housing, allocating).
"""

from collections import defaultdict
from datetime import date
from random import Random

from dagster_project.demo import figures
from dagster_project.demo.model import Registers, Row, Stay, after
from dagster_project.demo.people import People


def make(random: Random, registers: Registers, people: People, stays: list[Stay]) -> None:
    """Writes the four tables."""
    _loans(random, registers, people, stays)
    _grants(random, registers)
    homes = defaultdict(list)
    for stay in sorted(stays, key=lambda s: (s.start, s.dwelling.id)):
        homes[stay.person].append(stay)
    persons = {row["fodselsnummer"]: row["husstandsstorrelse"] for _, row in registers.rows["application"]}
    _allowance(random, registers, people, homes, persons, "statlig", figures.ALLOWANCE_STATE)
    _allowance(random, registers, people, homes, persons, "kommunal", figures.ALLOWANCE_MUNICIPAL)
    _kostra(registers)


def assess(random: Random, registers: Registers) -> None:
    """What owning would cost whom the municipality rents to, as the office reckoned it when it answered: invented.

    Whole it is known of loans only; of the others an amount is drawn that they could have borrowed.
    """
    for _, case in registers.rows["startlan"]:
        answered = min(filter(None, (case["tilsagn_dato"], case["utbetalt_dato"], case["avslag_dato"])), default=None)
        is_assessed = case["var_kommunal_leieboer"] and case["formal"] == "kjop" and answered
        loan = case["belop"] or random.randrange(600, 1600) * 1000.0 if is_assessed else 0.0
        case["_vurdert"] = answered if is_assessed else None
        case["bokostnad_eie_mnd"] = _a_month(loan) + random.randrange(1200, 2900, 50) if is_assessed else None


def _a_month(loan: float, rate: float = 0.035, years: int = 25) -> float:
    """Interest and instalments as an annuity, to the ten kroner."""
    monthly = rate / 12
    return float(round(loan * monthly / (1 - (1 + monthly) ** (-12 * years)), -1))


def _day_of(random: Random, first: date, last: date) -> date:
    return after(first, random.randint(0, (last - first).days))


def _loans(random: Random, registers: Registers, people: People, stays: list[Stay]) -> None:
    cases: list[Row] = []
    for year, groups in figures.LOANS.items():
        first, last = date(year, 1, 3), date(year, 12, 30)
        buyers = [(s.person, s.end) for s in stays if s.end and s.end.year == year and s.reason == "kjopt_bolig"]
        cut = after(figures.LOANS_CUT, -1)
        if year == 2010:
            buyers = [(who, moved) for who, moved in buyers if moved <= cut]
        tenants, refinanced = figures.TENANT_BUYERS[year], figures.REFINANCED[year]
        # refinancing rose with the trouble after the financial crisis: those hard up first, first-time buyers never
        order = (
            "okonomisk_vanskeligstilt",
            "reetablering_samlivsbrudd",
            "uoppgitt",
            "funksjonshemmet",
            "forstegangsetablering",
        )
        autumn = sum(groups.values()) - figures.LOANS_BEFORE_CUT
        autumn_others = autumn - (groups["forstegangsetablering"] - figures.FIRST_TIME_BEFORE_CUT)
        for group in order:
            count = groups.get(group, 0)
            for number in range(count):
                refinancing = refinanced > 0 and (group != "okonomisk_vanskeligstilt" or number < count * 0.7)
                refinanced -= refinancing
                tenant = group == "forstegangsetablering" and number < tenants
                paid = _day_of(random, first, last)
                if year == 2010:  # 6.2.11: what was paid out before the first of September
                    # first come those refinanced in the autumn, last the first-time buyers beyond the 30 before it
                    is_late = (
                        number < autumn_others
                        if group == order[0]
                        else (group == "forstegangsetablering" and number >= figures.FIRST_TIME_BEFORE_CUT)
                    )
                    paid = _day_of(random, after(cut, 2), last) if is_late else _day_of(random, first, cut)
                who = people.new(year - 60, year - 22)
                if tenant and number < len(buyers):
                    who, moved = buyers[number]
                    paid = max(after(moved, -random.randint(0, 20)), first)
                purpose = "kjop"
                if refinancing:
                    purpose = "refinansiering" if random.random() < 0.85 else "kjop"
                elif group == "funksjonshemmet" and random.random() < 0.5:
                    purpose = "utbedring"
                elif not tenant and random.random() < 0.04:
                    purpose = "oppforing"
                promised = after(paid, -min(int(random.gammavariate(2, 38)) + 5, 300))
                amount = round(random.uniform(0.35, 1.6), 2) * 1_000_000
                cases.append(
                    {
                        "fodselsnummer": who,
                        "soknad_dato": after(promised, -random.randint(8, 45)),
                        "tilsagn_dato": promised,
                        "utbetalt_dato": paid,
                        "avslag_dato": None,
                        "belop": amount,
                        "kjopesum": amount * random.randint(100, 240) // 100 if purpose == "kjop" else None,
                        "formal": purpose,
                        "mottakergruppe": group,
                        "refinansiering": refinancing,
                        "var_kommunal_leieboer": tenant,
                    }
                )
        for number in range(random.randint(45, 70)):  # refused, or a promise that found no dwelling
            applied = _day_of(random, first, last)
            decided = after(applied, random.randint(8, 45))
            promised_only = number % 2 == 0
            cases.append(
                {
                    "fodselsnummer": people.new(year - 60, year - 22),
                    "soknad_dato": applied,
                    "tilsagn_dato": decided if promised_only else None,
                    "utbetalt_dato": None,
                    "avslag_dato": after(decided, 90) if number % 10 == 0 else None if promised_only else decided,
                    "belop": None,
                    "kjopesum": None,
                    "formal": "kjop",
                    "mottakergruppe": random.choice(("forstegangsetablering", "okonomisk_vanskeligstilt", "flyktning")),
                    "refinansiering": False,
                    "var_kommunal_leieboer": random.random() < 0.15,
                }
            )
    cases.sort(key=lambda c: (c["soknad_dato"], c["fodselsnummer"]))
    for number, case in enumerate(cases, 1):
        registers.add("startlan", case["soknad_dato"], sak_id=f"SL{number:04}", **case)


def _grants(random: Random, registers: Registers) -> None:
    cases: list[tuple[date, date | None, str, float]] = []
    for kind, years in figures.GRANTS.items():
        for year, count in years.items():
            for number in range(count + year % 2):
                paid = _day_of(random, date(year, 1, 4), date(year, 12, 28))
                decided = after(paid, -random.randint(3, 70))
                # 4.7: a grant is normally 200 000 to 500 000
                thousands = random.randrange(200, 500) if kind == "etablering" else random.randrange(40, 180)
                cases.append((decided, paid if number < count else None, kind, thousands * 1000.0))
    for number, (decided, payout, kind, amount) in enumerate(sorted(cases, key=lambda c: (c[0], c[2], c[3])), 1):
        registers.add(
            "tilskudd",
            decided,
            sak_id=f"TS{number:04}",
            tilskuddstype=kind,
            vedtak_dato=decided,
            utbetalt_dato=payout,
            belop=amount,
        )


def _allowance(
    random: Random,
    registers: Registers,
    people: People,
    homes: dict[str, list[Stay]],
    persons: dict[str, int],
    scheme: str,
    counts: dict[int, int],
) -> None:
    """So many recipients in each year, most of them through several years; and some who were refused."""
    municipal = scheme == "kommunal"
    before: list[str] = []
    for year, count in counts.items():
        months = [date(year, month, 1) for month in range(1, 13)]

        def tenant_in(who: str, months: list[date] = months) -> list[date]:
            return [m for m in months if any(s.running(m) for s in homes.get(who, ()))]

        tenants = [
            who
            for who, stays in homes.items()
            if tenant_in(who)
            # 4.6.5: the municipal scheme is mainly for tenants of care dwellings
            and (not municipal or stays[-1].dwelling.category not in ("okonomisk_sosialt", "flyktning"))
        ]
        kept = [who for who in before if random.random() < 0.76 and (not municipal or tenant_in(who))][:count]
        pool = sorted(set(tenants) - set(before))
        new = random.sample(pool, min(len(pool), count - len(kept) if municipal else int((count - len(kept)) * 0.6)))
        private = [people.new(year - 85, year - 20) for _ in range(count - len(kept) - len(new))]
        recipients = [*kept, *new, *private]
        refused = [] if municipal else [people.new(year - 70, year - 20) for _ in range(35)]
        for who in [*recipients, *refused]:
            open_months = tenant_in(who) if municipal else months
            begin = 0 if who in kept or random.random() < 0.3 else random.randrange(len(open_months))
            end = len(open_months) if random.random() < 0.8 else random.randint(begin + 1, len(open_months))
            if who in refused:
                end = min(begin + 2, end)
            stays = homes.get(who, [])
            _allow(random, registers, stays, who, persons.get(who), scheme, open_months[begin:end], who in refused)
        before = recipients


def _allow(
    random: Random,
    registers: Registers,
    stays: list[Stay],
    who: str,
    persons: int | None,
    scheme: str,
    months: list[date],
    refused: bool,
) -> None:
    # of a household that never applied for a dwelling nobody has said how many they are
    drawn = random.choice(tuple(figures.COST_CEILINGS))
    ceiling = figures.COST_CEILINGS[min(persons or drawn, max(figures.COST_CEILINGS))]
    private_cost = float(random.randrange(5200, 9800, 50))
    municipal = float(random.randrange(350, 2900, 10))
    homes = [next((s for s in reversed(stays) if s.running(month)), None) for month in months]
    costs = [
        float(next((c.rent for c in reversed(home.contracts) if c.start <= month), home.contracts[0].rent))
        if home
        else private_cost
        for month, home in zip(months, homes, strict=True)
    ]
    if scheme == "kommunal":
        costs = [max(cost, ceiling + 300) for cost in costs]
    own = _own_share(int(municipal) * len(figures.OWN_SHARES) // 2900, min([*costs, ceiling]))
    for number, (month, home, cost) in enumerate(zip(months, homes, costs, strict=True)):
        by_rule = float(round(max(figures.ALLOWANCE_SHARE * (min(cost, ceiling) - own), 0)))
        amount = by_rule if scheme == "statlig" else municipal
        declined = refused or (number > 0 and random.random() < 0.03)  # an income that had changed
        registers.add(
            "bostotte",
            date(month.year, month.month, 20),
            fodselsnummer=who,
            termin=month,
            ordning=scheme,
            kommunal_leieboer=home is not None,
            boutgift=None if number == 0 and random.random() < 0.02 else cost,
            boutgiftstak=ceiling,
            belop=0.0 if declined else amount,
        )


def _own_share(income: int, counted: float) -> float:
    """What a household of the income class bears itself; who receives anything bears less than what is counted."""
    below = [share for share in figures.OWN_SHARES if share < counted - 300]
    return min(figures.OWN_SHARES[income], below[-1] if below else figures.OWN_SHARES[0])


def _kostra(registers: Registers) -> None:
    rows: dict[tuple[str, str, int], tuple[int, str]] = {}
    for year, inhabitants in figures.POPULATION.items():
        rows["0220", "population", year] = inhabitants, "NOVA 2011, kapittel 3.1"
    low, high = figures.POPULATION[2000], figures.POPULATION[2010]
    for year in range(2001, 2010):
        between = round(low + (high - low) * (year - 2000) / 10)
        rows["0220", "population", year] = between, "demonstrasjon: interpolert mellom 2000 og 2010"
    for region, by_year in figures.POPULATION_OF_REGIONS.items():
        for year, inhabitants in by_year.items():
            rows[region, "population", year] = inhabitants, "SSB tabell 06913"
    places = {
        "bostotte_husstander": "NOVA 2011, tabell 3",
        "startlan_boliger": "NOVA 2011, tabell 4",
        "introduction_benefit_persons": "NOVA 2011, kapittel 4.8",
        "homeless_persons": "NOVA 2011, kapittel 6.2.1",
        **{name: "NOVA 2011, tabell 1" for name in figures.KOSTRA if name.startswith("population_")},
        **{name: "NOVA 2011, tabell 2" for name in figures.KOSTRA if name.startswith("dwellings_")},
    }
    for indicator, regions in figures.PEERS.items():
        for region, values in regions.items():
            for year, value in values.items():
                rows[region, indicator, year] = value, "demonstrasjon: oppdiktet"
    for indicator, regions in figures.KOSTRA.items():
        for region, values in regions.items():
            for year, value in values.items():
                place = places.get(indicator, "NOVA 2011, kapittel 4.6.1")
                if indicator == "kommunale_boliger" and region != "0220":
                    place = f"demonstrasjon: {'av trykt antall per 1000 innbyggere' if year == 2010 else 'oppdiktet'}"
                rows[region, indicator, year] = value, place
    for kind, years in figures.GRANTS.items():
        for year, value in years.items():
            if year <= 2010:
                rows["0220", f"tilskudd_{kind}", year] = value, "NOVA 2011, tabell 6"
    for (region, indicator, year), (figure, place) in sorted(rows.items()):
        registers.add(
            "kostra",
            date(year, 1, 1) if indicator.startswith("population") else date(year, 12, 31),
            region_code=region,
            indicator=indicator,
            year=year,
            region_name=figures.REGIONS[region],
            value=float(figure),
            source_table=place,
        )
