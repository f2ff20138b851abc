"""A small municipality made by chance: valid by every rule of docs/contracts.md, and as nasty as those rules allow.

`random_municipality` makes the tables of one delivery, `write` lays them down as CSV files. Persons are synthetic.
It keeps out of the few places where docs/definitions.md leaves the outcome open (two stays of a dwelling with one start
or one end, a rehabilitation that begins with a stay or ends on its first day), so that a difference between two
calculations is somebody's mistake.
Does not belong here: what the figures are (figures.py).
"""

import csv
import random
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from dagster_project.vocabulary import contracts
from tests.oracle.figures import FIRST_DATE, add_months

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DAY = timedelta(days=1)
UNITS = ("nav", "vedtakskontoret", "okonomi_bolig", "flyktningteamet", "psykisk_helse")
COMMITTEES = ("omsorg_eldre", "psykisk_puh", "trygdebolig", "ordinaer", "flyktningteamet")
REASONS = ("kjopt_bolig", "privat_leie", "annen_kommunal_bolig", "institusjon", "fravikelse", "dod", "annet")
EXITS = ("tildelt",) * 12 + ("trukket", "bortfalt", "flyttet", "dod")
OPTIONAL = [table.name for source in contracts.sources() if source.may_be_missing for table in source.tables]
KEYS = (("rent_charge", "krav_id"), ("allocation", "tildeling_id"))
REGIONS = {"3203": "Asker", "3025": "Asker", "0220": "Asker", "0219": "Bærum", "0": "Landet"}


def random_municipality(
    rng: random.Random,
    *,
    as_of: date = date(2010, 12, 31),
    size: int = 60,
    years: int = 3,
    municipality_no: str = "0220",
    begins_late: bool = False,
) -> Tables:
    """The tables of one delivery: about `size` dwellings, the years before the as-of date and a little after.

    `begins_late`: some registers were begun later than others, some hold nothing yet, and some of those that may be
    missing are.
    """
    made = _Municipality(rng, as_of, size, years, municipality_no)
    if begins_late:
        made.begin_late()
    return made.tables


def delivered_before(rng: random.Random, tables: Tables) -> Tables:
    """The tables as they were delivered once before: plans and challenges have moved since, and some have come."""
    before = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    for row in before.get("measure", []):
        if rng.random() < 0.5:
            moved = row["planlagt_slutt"] + rng.choice([-200, -1, 31]) * DAY
            row["planlagt_slutt"] = max(moved, row["planlagt_start"])
    for row in before.get("challenge", []):
        row["status"] = rng.choice(["apen", "under_arbeid", row["status"]])
    if before.get("challenge"):
        before["challenge"].pop()
    return before


def write(tables: Tables, landing: Path, municipality_no: str, extract_date: date) -> Path:
    """Write the tables as a delivery of docs/contracts.md, and return its folder."""
    folder = landing / municipality_no / extract_date.isoformat()
    for name, table in contracts.tables().items():
        if name in OPTIONAL and name not in tables:
            continue
        path = folder / table.source / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerow(column.name for column in table.columns)
            for row in tables.get(name, []):
                writer.writerow(_field(row[column.name], column.type) for column in table.columns)
    return folder


def _field(value: Any, type_: str) -> str:
    if value is None:
        return ""
    match type_:
        case "date":
            return f"{value:%d.%m.%Y}"
        case "month":
            return f"{value:%m.%Y}"
        case "boolean":
            return "ja" if value else "nei"
        case "decimal":
            return f"{value:f}".replace(".", ",")
    return str(value)


def synthetic_number(rng: random.Random) -> str:
    """A fødselsnummer of Skatteetaten's test population: 80 added to the month, check digits valid."""
    while True:
        born = date(1930, 1, 1) + rng.randrange(22_000) * DAY
        digits = [int(c) for c in f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{rng.randrange(500):03}"]
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            digits.append(-sum(w * d for w, d in zip(weights, digits, strict=True)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))


class _Municipality:
    """The municipality while it is being made; each method fills a few tables, those that others refer to first."""

    def __init__(self, rng: random.Random, as_of: date, size: int, years: int, municipality_no: str) -> None:
        self.rng, self.as_of, self.size, self.municipality_no = rng, as_of, size, municipality_no
        self.first = add_months(as_of, -12 * years) + rng.randrange(60) * DAY
        self.persons = list(dict.fromkeys(synthetic_number(rng) for _ in range(size * 3)))
        self.categories = rng.sample(
            ["trygdebolig", "servicebolig", "omsorg_eldre", "omsorg_psykiatri", "omsorg_puh", "hc_bolig"], 2
        ) + ["okonomisk_sosialt"] * 3 + ["flyktning"]  # fmt: skip
        self.tables: Tables = {name: [] for name in contracts.tables()}
        self.stays: list[tuple[Row, date, date | None, list[Row]]] = []
        self._dwellings()
        self._tenancies()
        self._events()
        self._applications()
        self._other_applications()
        self._decisions_and_queue()
        self._charges()
        self._arrears_cases()
        self._husbanken()
        self._refugees_and_hospits()
        self._nav()
        self._followup()
        self._reference()
        self._governance()
        for rows in self.tables.values():
            rng.shuffle(rows)

    # Chance

    def often(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.rng.random() < share

    def maybe(self, value: Any, empty: float = 0.2) -> Any:
        """The value, or empty."""
        return None if self.often(empty) else value

    def day(self, low: date, high: date) -> date:
        """A day from low to high, with a liking for the ends of months, leap days, and the two themselves."""
        day = low + self.rng.randrange((high - low).days + 1) * DAY
        if self.often(0.3):
            nasty = [
                low, high, self.as_of, self.as_of + DAY, day.replace(day=1), date(day.year, 12, 31),
                day.replace(day=monthrange(day.year, day.month)[1]), date(day.year, 2, monthrange(day.year, 2)[1]),
            ]  # fmt: skip
            day = self.rng.choice([d for d in nasty if low <= d <= high])
        return day

    def soon(self, day: date, *most: int) -> date:
        """A day at or after this one, by one of the numbers of days at most."""
        return self.day(day, day + self.rng.choice(most) * DAY)

    def money(self, low: int, high: int) -> Decimal:
        """An amount in whole kroner, or with øre."""
        amount = Decimal(self.rng.randint(low, high))
        return amount + Decimal(self.rng.randint(1, 99)) / 100 if self.often(0.2) else amount

    def add(self, table: str, key: str | None = None, **values: Any) -> Row:
        """A new row, numbered where the key's prefix is given; columns not named are empty."""
        row = dict.fromkeys(column.name for column in contracts.tables()[table].columns)
        assert values.keys() <= row.keys(), values.keys() - row.keys()
        if key:
            row[contracts.tables()[table].key[0]] = f"{key}{len(self.tables[table]) + 1:05}"
        row.update(values)
        self.tables[table].append(row)
        return row

    @property
    def person(self) -> str:
        """One of the municipality's persons."""
        return self.rng.choice(self.persons)

    # Property

    def _dwellings(self) -> None:
        last = self.as_of + 40 * DAY
        for n in range(self.size):
            before = self.first - self.rng.randrange(400) * DAY
            acquired = before if self.often(0.6) else self.day(self.first, self.as_of)
            disposed = self.day(acquired, last) if self.often(0.2) else None
            if n == 0:
                disposed = acquired  # never a day in stock
            if n == 1:
                acquired, disposed = self.soon(self.as_of + DAY, 30), None  # not yet in stock
            self.add(
                "dwelling", "B",
                adresse=f"Prøveveien {n + 1}",
                omrade=self.rng.choice(["Sentrum", "Heggedal", "Nesøya; øst", 'Vettre "brygge"']),
                boligkategori=self.rng.choice(self.categories),
                eierform=self.rng.choice(["eid", "eid", "innleid", "disposisjonsrett"]),
                forvalter=self.rng.choice(["Eiendomsforvaltningen", "Forvaltningskompaniet"]),
                byggear=self.maybe(self.rng.randint(1700, 2100)),
                bruksareal_m2=self.maybe(Decimal(self.rng.randint(180, 1400)) / 10, 0.25),
                antall_rom=self.maybe(self.rng.randint(1, 5)),
                anskaffet_dato=acquired,
                avhendet_dato=disposed,
                avhendet_til=disposed and self.maybe(self.rng.choice(["leieboer", "marked", "riving", "utleier"])),
                markedsleie_mnd=self.maybe(self.money(3000, 15000), 0.25),
                tilstandsgrad=self.maybe(self.rng.randint(0, 3), 0.4),
                rullestol=self.maybe(self.often(0.3), 0.4),
                universell=self.maybe(self.often(0.2), 0.4),
            )  # fmt: skip

    def _tenancies(self) -> None:
        horizon = self.as_of + 60 * DAY
        for dwelling in self.tables["dwelling"]:
            acquired, disposed = dwelling["anskaffet_dato"], dwelling["avhendet_dato"]
            if self.often(0.1) or acquired == disposed:
                continue  # never let
            starts: set[date] = set()
            ends: set[date] = set()
            start = acquired if self.often(0.4) else self.soon(acquired, 10, 100, 250)
            while start < min(horizon, disposed or horizon):
                end: date | None = self.soon(start, 0, 60, 500, 900, 1500)
                if disposed and (end is None or end >= disposed):
                    # moved out at disposal, before it, or (a tenant who buys) never
                    end = self.maybe(disposed if self.often(0.7) else self.day(start, disposed), 0.2)
                if end and end > self.as_of and self.often(0.7):
                    end = None
                if start in starts or end in ends:
                    break  # the order of two stays with one start or one end is nobody's to say
                starts.add(start)
                if end:
                    ends.add(end)
                self._stay(dwelling, start, end)
                if end is None:
                    break
                start = end + self.rng.choice([0, 0, 1, 10, 40, 90, 91, 92, 150, 230]) * DAY
                if self.often(0.08) and end > acquired + 20 * DAY:
                    start = end - self.rng.randint(1, 20) * DAY  # overlaps
        # one very old stay, now and then: the scorecard then begins with it
        still = [n for n, stay in enumerate(self.stays) if stay[2] is None or stay[2] > self.as_of]
        oldest = [n for n in still if self.stays[n][1] == min(s for d, s, *_ in self.stays if d is self.stays[n][0])]
        if self.often(0.25) and oldest:
            n = self.rng.choice(oldest)
            dwelling, _, end, chain = self.stays[n]
            start = add_months(self.as_of, -120) - self.rng.choice([0, 1, 2, 400]) * DAY
            chain[0]["start_dato"] = start
            dwelling["anskaffet_dato"] = min(dwelling["anskaffet_dato"], start)
            self.stays[n] = (dwelling, start, end, chain)

    def _stay(self, dwelling: Row, start: date, end: date | None) -> None:
        """One stay: a chain of one to four contracts."""
        stop = end or max(start, self.as_of + 50 * DAY)
        starts = [start, *sorted(self.day(start, stop) for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2, 3])))]
        chain: list[Row] = []
        tenant = self.person
        for n, begins in enumerate(starts):
            last = n == len(starts) - 1
            fixed = self.often(0.75)
            agreed = self.day(begins, add_months(begins, self.rng.choice([1, 12, 36])))
            if self.often(0.3):
                agreed = end if last and end else max(begins, self.as_of + self.rng.choice([-1, 0, 1]) * DAY)
            tenant = self.person if chain and self.often(0.15) else tenant
            regulation = self.maybe(self.rng.choice(["ingen", "indeks", "gjengs_leie"]), 0.3)
            regulated = None
            if regulation in ("indeks", "gjengs_leie"):
                months = self.rng.choice([12, 30])
                regulated = max(begins, add_months(self.as_of, -months) + self.rng.choice([-400, -1, 0, 1]) * DAY)
            chain.append(
                self.add(
                    "tenancy",
                    "K",
                    bolig_id=dwelling["bolig_id"],
                    fodselsnummer=tenant,
                    kontraktstype="tidsbestemt" if fixed else "tidsubestemt",
                    start_dato=begins,
                    avtalt_slutt_dato=agreed if fixed else self.maybe(agreed, 0.8),
                    utflyttet_dato=end if last else None,
                    utflyttingsarsak=self.maybe(self.rng.choice(REASONS)) if last and end else None,
                    forrige_kontrakt_id=chain[-1]["kontrakt_id"] if chain else None,
                    reguleringsmate=regulation,
                    sist_regulert_dato=regulated,
                    manedsleie=self.money(0 if self.often(0.05) else 2500, 11000),
                )
            )
        self.stays.append((dwelling, start, end, chain))

    def _stays_of(self, dwelling: Row) -> list[tuple[date, date | None]]:
        return sorted(((s, e) for d, s, e, _ in self.stays if d is dwelling), key=lambda se: (se[0], se[1] or date.max))

    def _events(self) -> None:
        def event(dwelling: Row, kind: str, day: date) -> None:
            self.add("dwelling_event", "H", bolig_id=dwelling["bolig_id"], hendelse=kind, hendelse_dato=day)

        for dwelling in self.tables["dwelling"]:
            spans = self._stays_of(dwelling)
            gone = dwelling["avhendet_dato"] or self.as_of + DAY
            edges: list[tuple[date, date, date | None]] = []
            edges.append((dwelling["anskaffet_dato"], spans[0][0] if spans else gone, None))
            for n, (start, end) in enumerate(spans):
                if end:
                    edges.append((end, spans[n + 1][0] if n + 1 < len(spans) else gone, start))
            for v0, v1, before in edges:
                if self.often(0.15):
                    continue  # nothing known
                edge = [v0, v0 - 180 * DAY, v0 - 179 * DAY, v1, v1 - DAY, before or v0, (before or v0) + DAY]
                around = sorted((v0 - 40 * DAY, max(v0, v1) + 5 * DAY))
                for kind, share in (("oppsagt", 0.5), ("meldt_ledig", 0.7), ("klargjort", 0.7)):
                    for _ in range(2):
                        if self.often(share):
                            event(dwelling, kind, self.rng.choice(edge) if self.often(0.2) else self.day(*around))
                if self.often(0.35):
                    begun = self.day(*around)
                    event(dwelling, "rehabilitering_start", begun)
                    if self.often(0.25):
                        event(dwelling, "rehabilitering_start", begun + self.rng.randint(1, 20) * DAY)  # overlapping
                    if self.often(0.75):
                        event(dwelling, "rehabilitering_slutt", begun + self.rng.randint(1, 60) * DAY)
            for _ in range(self.rng.choice([0, 0, 1])):
                kind = self.rng.choice(["meldt_ledig", "klargjort", "rehabilitering_start", "rehabilitering_slutt"])
                event(dwelling, kind, self.day(self.first - 200 * DAY, self.as_of + 30 * DAY))

        begun_on = {(d["bolig_id"], s) for d, s, _, _ in self.stays}
        events = self.tables["dwelling_event"]
        rehabilitated = {(e["bolig_id"], e["hendelse_dato"]) for e in events if e["hendelse"] == "rehabilitering_start"}
        unclear = {"rehabilitering_start": begun_on, "rehabilitering_slutt": rehabilitated}
        events[:] = [e for e in events if (e["bolig_id"], e["hendelse_dato"]) not in unclear.get(e["hendelse"], ())]

    # Allocation

    def _application(self, person: str, received: date, category: str, kind: str = "ny") -> Row:
        return self.add(
            "application", "S",
            fodselsnummer=person,
            mottatt_dato=received,
            soknadstype=kind,
            boligkategori=category,
            behandlende_enhet=self.rng.choice(UNITS),
            husstandsstorrelse=self.maybe(self.rng.randint(1, 20)),
            antall_barn=self.maybe(self.rng.randint(0, 15)),
            botid_fra_dato=self.maybe(self.day(date(1980, 1, 1), self.as_of)),
        )  # fmt: skip

    def _allocation(self, application: Row, dwelling: Row, day: date, kind: str, answer: str | None) -> Row:
        return self.add(
            "allocation", "T",
            soknad_id=application["soknad_id"],
            bolig_id=dwelling["bolig_id"],
            tildelt_dato=day,
            tildelingstype=kind,
            tildelingsutvalg=self.rng.choice(COMMITTEES),
            svar=answer,
            svar_dato=self.maybe(self.soon(day, 3, 20, 90)) if answer else None,
        )  # fmt: skip

    def _applications(self) -> None:
        """Applications and allocations behind the contracts."""
        for dwelling, start, _, chain in self.stays:
            start = max(start, self.first)
            if self.often(0.85):
                category = dwelling["boligkategori"] if self.often(0.85) else self.rng.choice(self.categories)
                allocated = self.day(start - 120 * DAY, start + (10 * DAY if self.often(0.1) else 0 * DAY))
                received = allocated - self.rng.choice([0, 10, 100, 400]) * DAY
                application = self._application(chain[0]["fodselsnummer"], max(received, self.first), category)
                for _ in range(self.rng.choice([0, 0, 1, 2])):  # offers refused or unanswered before
                    other = self.rng.choice(self.tables["dwelling"])
                    answer = self.rng.choice(["avslatt", "avslatt", "akseptert", None])
                    self._allocation(application, other, self.day(allocated - 60 * DAY, allocated), "ny", answer)
                kind = "fornyelse" if self.often(0.05) else "ny"
                answer = self.rng.choice(["akseptert"] * 8 + ["avslatt", None])
                allocation = self._allocation(application, dwelling, allocated, kind, answer)
                if self.often(0.8):
                    chain[0]["tildeling_id"] = allocation["tildeling_id"]
            for contract in chain[1:]:
                if self.often(0.6):
                    day = self.day(contract["start_dato"] - 50 * DAY, contract["start_dato"])
                    application = self._application(
                        contract["fodselsnummer"], day - 20 * DAY, dwelling["boligkategori"], "fornyelse"
                    )
                    answer = self.rng.choice(["akseptert"] * 6 + ["avslatt", None])
                    allocation = self._allocation(application, dwelling, day, "fornyelse", answer)
                    contract["tildeling_id"] = self.maybe(allocation["tildeling_id"])

    def _other_applications(self) -> None:
        """Applications that led to no contract, some of them allocated a dwelling all the same."""
        for _ in range(self.size * 2):
            received = self.day(self.first, self.as_of + 10 * DAY)
            application = self._application(self.person, received, self.rng.choice(self.categories))
            for _ in range(self.rng.choice([0, 0, 0, 1, 2])):
                dwelling = self.rng.choice(self.tables["dwelling"])
                answer = self.rng.choice(["akseptert", "avslatt", None])
                self._allocation(application, dwelling, self.soon(received, 30, 300), "ny", answer)

    def _decisions_and_queue(self) -> None:
        for application in self.tables["application"]:
            received = application["mottatt_dato"]
            for _ in range(self.rng.choice([0, 1, 1, 1, 2])):
                decided = self.soon(received, 0, 40, 200)
                refused = self.often(0.35)
                complained = self.soon(decided, 30) if self.often(0.3) else None
                self.add(
                    "decision", "V",
                    soknad_id=application["soknad_id"],
                    vedtak_dato=decided,
                    utfall="avslag" if refused else "innvilget",
                    avslagsgrunn=self.maybe(self.rng.choice(["botid", "annet"])) if refused else None,
                    klage_dato=complained,
                    klage_utfall=self.maybe(self.rng.choice(["medhold", "avvist"])) if complained else None,
                )  # fmt: skip
            for _ in range(self.rng.choice([0, 1, 1, 1, 1, 2])):
                joined = self.soon(received, 0, 20, 90)
                left = None if self.often(0.25) else self.soon(joined, 0, 60, 200, 400, 800)
                same = self.often(0.85)
                self.add(
                    "waitlist_entry", "L",
                    soknad_id=application["soknad_id"],
                    boligkategori=application["boligkategori"] if same else self.rng.choice(self.categories),
                    inn_dato=joined,
                    ut_dato=left,
                    ut_arsak=self.rng.choice(EXITS) if left else None,
                )  # fmt: skip

    def _refugees_and_hospits(self) -> None:
        for _ in range(self.size // 3):
            self.add(
                "refugee_settlement", "F",
                fodselsnummer=self.person,
                bosatt_dato=self.day(self.first, self.as_of + 20 * DAY),
                boligtype=self.rng.choice(["kommunal", "privat"]),
                familiegjenforening=self.often(0.3),
            )  # fmt: skip
            begun = self.day(self.first, self.as_of + 5 * DAY)
            self.add(
                "temporary_stay", "O",
                fodselsnummer=self.person,
                fra_dato=begun,
                til_dato=self.maybe(self.soon(begun, 0, 5, 60, 200)),
                sted=self.maybe("Hospitset"),
                dognpris=self.maybe(self.money(300, 1200)),
            )  # fmt: skip

    # Accounting

    def _charges(self) -> None:
        for dwelling, start, end, chain in self.stays:
            stop = min(end or self.as_of + 40 * DAY, self.as_of + 40 * DAY)
            for _ in range(self.rng.choice([0, 3, 6, 9])):
                month = self.day(max(start, self.first), max(stop, start, self.first)).replace(day=1)
                due = self.soon(month, 0, 20, 40)
                if self.often(0.1):
                    due = (
                        add_months(month, 2) - self.rng.choice([30, 31, 32]) * DAY
                    )  # about 30 days before a month's end
                kind = self.rng.choice(["husleie"] * 6 + ["skade", "gebyr"])
                contract = self.rng.choice(chain)["kontrakt_id"]
                self._charge(dwelling, self.maybe(contract, 0.05), month, due, kind)
        for _ in range(self.size):
            month = self.day(self.first, self.as_of + 40 * DAY).replace(day=1)
            dwelling = self.rng.choice(self.tables["dwelling"])
            self._charge(dwelling, None, month, self.soon(month, 30), "tomgangsleie")

    def _charge(self, dwelling: Row, contract: str | None, month: date, due: date, kind: str) -> None:
        amount = self.money(50, 11000)
        if self.often(0.08):
            amount = self.rng.choice([-amount, Decimal(0)])
        charge = self.add(
            "rent_charge", "R",
            bolig_id=dwelling["bolig_id"], kontrakt_id=contract, periode=month, forfallsdato=due, belop=amount,
            kravtype=kind,
        )  # fmt: skip
        whole = [[amount]] * 5
        half = (amount / 2).quantize(Decimal("0.01"))
        parts = [
            [],
            [half],
            [half, amount - half],
            [amount + 100],
            [amount, -amount],
            [amount, -half],
            [amount, amount],
        ]
        for part in self.rng.choice(whole + parts):
            self.add(
                "payment", "I",
                krav_id=charge["krav_id"],
                betalt_dato=max(self.first, self.soon(due - 10 * DAY, 10, 20, 60, 200)),
                belop=part,
                betalt_av=self.rng.choice(["leietaker", "nav", "forvaltning", "annet"]),
            )  # fmt: skip

    def _arrears_cases(self) -> None:
        for contract in self.rng.sample(self.tables["tenancy"], len(self.tables["tenancy"]) // 4):
            begun = self.soon(max(contract["start_dato"], self.first), 200)
            over = self.maybe(self.soon(begun, 0, 50, 300))
            self.add(
                "repayment_plan", "A",
                kontrakt_id=contract["kontrakt_id"],
                inngatt_dato=begun,
                avsluttet_dato=over,
                avsluttet_arsak=self.maybe(self.rng.choice(["fullfort", "misligholdt"])) if over else None,
                opprinnelig_belop=self.money(100, 50000),
            )  # fmt: skip
            outcome = self.maybe(self.rng.choice(["gjennomfort", "stanset"]), 0.3)
            self.add(
                "eviction_case", "U",
                kontrakt_id=contract["kontrakt_id"],
                begjaert_dato=self.soon(begun, 100),
                utfall=outcome,
                utfall_dato=self.maybe(self.soon(begun + 100 * DAY, 0, 90), 0.1) if outcome else None,
            )  # fmt: skip

    # Husbanken

    def _husbanken(self) -> None:
        tenants = [row["fodselsnummer"] for row in self.tables["tenancy"]]
        for _ in range(self.size * 2):
            applied = self.day(self.first, self.as_of + 10 * DAY)
            approved = self.maybe(self.soon(applied, 0, 30, 120), 0.3)
            paid = self.maybe(self.soon(applied, 60, 200, 300), 0.4)
            if approved and self.often(0.3):
                paid = add_months(approved, 4) + self.rng.choice([-1, 0, 0, 1]) * DAY
            self.add(
                "startlan", "N",
                fodselsnummer=self.rng.choice(tenants) if self.often(0.5) else self.person,
                soknad_dato=applied,
                tilsagn_dato=approved,
                utbetalt_dato=paid,
                avslag_dato=self.maybe(self.soon(applied, 30, 200), 0.8),
                belop=self.money(50000, 2500000) if paid else self.maybe(self.money(50000, 2500000)),
                kjopesum=self.maybe(self.rng.choice([Decimal(0), self.money(900000, 3000000), self.money(1, 99)])),
                formal=self.rng.choice(["kjop", "kjop", "kjop", "refinansiering", "utbedring", "oppforing"]),
                mottakergruppe=self.rng.choice(
                    ["forstegangsetablering", "reetablering_samlivsbrudd", "funksjonshemmet", "flyktning", "uoppgitt"]
                ),
                refinansiering=self.often(0.25),
                var_kommunal_leieboer=self.often(0.5),
                bokostnad_eie_mnd=self.maybe(self.money(3000, 15000), 0.3),
            )  # fmt: skip
        for _ in range(self.size // 3):
            decided = self.day(self.first, self.as_of)
            self.add(
                "tilskudd", "G",
                tilskuddstype=self.rng.choice(["etablering", "tilpasning"]),
                vedtak_dato=decided,
                utbetalt_dato=self.maybe(self.soon(decided, 0, 100)),
                belop=self.money(1000, 200000),
            )  # fmt: skip
        latest = self.as_of + 31 * DAY if self.often(0.5) else self.as_of - 40 * DAY  # sometimes not yet delivered
        keys: set[tuple[str, date, str]] = set()
        for _ in range(self.size * 12):
            person = self.rng.choice(tenants) if self.often(0.7) else self.person
            month = self.day(self.first, latest).replace(day=1)
            scheme = self.rng.choice(["statlig", "statlig", "kommunal"])
            if (person, month, scheme) not in keys:
                keys.add((person, month, scheme))
                cost = self.money(3000, 12000)
                self.add(
                    "bostotte",
                    fodselsnummer=person, termin=month, ordning=scheme,
                    kommunal_leieboer=self.often(0.6),
                    boutgift=self.maybe(cost),
                    boutgiftstak=self.maybe(self.rng.choice([cost, self.money(3000, 12000)])),
                    belop=Decimal(0) if self.often(0.25) else self.money(1, 5000),
                )  # fmt: skip

    # NAV

    def _nav(self) -> None:
        for _ in range(self.size):
            given = self.day(self.first - 400 * DAY, self.as_of + 10 * DAY)
            two_years = add_months(given, 24) + self.rng.choice([-1, 0, 1]) * DAY
            called = self.maybe(self.rng.choice([self.soon(given, 0, 300, 900), two_years]), 0.6)
            self.add(
                "guarantee", "GA",
                fodselsnummer=self.person,
                gitt_dato=given,
                utleier=self.rng.choice(["kommunal", "privat", "privat"]),
                belop=self.money(5000, 40000),
                utlopt_dato=self.maybe(self.soon(given, 0, 900, 1500), 0.4),
                innfridd_dato=called,
                innfridd_belop=self.maybe(self.money(1000, 40000)) if called else None,
            )  # fmt: skip
            referred = self.day(self.first - 100 * DAY, self.as_of + 10 * DAY)
            managed = self.maybe(self.soon(referred, 0, 60, 300), 0.3)
            ended = self.maybe(self.soon(managed or referred, 0, 200, 900), 0.5)
            self.add(
                "income_management", "IF",
                fodselsnummer=self.person,
                henvist_dato=referred,
                start_dato=managed,
                slutt_dato=ended,
                slutt_arsak=self.rng.choice(["ferdig", "avbrutt", "onsket_ikke"]) if ended else None,
            )  # fmt: skip
            assisted = self.day(self.first - 100 * DAY, self.as_of + 10 * DAY)
            found = self.maybe(self.soon(assisted, 0, 60, 300), 0.3)
            a_year = found and add_months(found, 12) + self.rng.choice([-1, 0, 1]) * DAY
            self.add(
                "private_letting", "PL",
                fodselsnummer=self.person,
                start_dato=assisted,
                bolig_funnet_dato=found,
                leie_slutt_dato=self.maybe(self.rng.choice([self.soon(found, 0, 200, 900), a_year])) if found else None,
                ansvarlig=self.rng.choice(["nav", "flyktningteamet"]),
            )  # fmt: skip
        keys: set[tuple[str, date, str]] = set()
        for _ in range(self.size * 4):
            person, month = self.person, self.day(self.first, self.as_of + 40 * DAY).replace(day=1)
            purpose = self.rng.choice(["husleie", "strom", "depositum", "restanse", "annet"])
            if (person, month, purpose) not in keys:
                keys.add((person, month, purpose))
                self.add(
                    "social_assistance",
                    fodselsnummer=person, maned=month, formal=purpose,
                    belop=Decimal(0) if self.often(0.1) else self.money(100, 9000),
                )  # fmt: skip

    # Follow-up

    def _followup(self) -> None:
        """Cases of tenants mostly, about the start of their stays, its end and petitions, a day off now and then."""
        petitioned = {row["kontrakt_id"]: row["begjaert_dato"] for row in self.tables["eviction_case"]}
        decision_on = {row["soknad_id"]: row["vedtak_id"] for row in self.tables["decision"]}
        decision_of = {row["tildeling_id"]: decision_on.get(row["soknad_id"]) for row in self.tables["allocation"]}
        moments: list[tuple[str, date, str | None]] = [
            (chain[-1]["fodselsnummer"], start, decision_of.get(chain[0]["tildeling_id"]))
            for _, start, _, chain in self.stays
        ]
        moments += [(chain[-1]["fodselsnummer"], end, None) for _, _, end, chain in self.stays if end]
        moments += [
            (row["fodselsnummer"], petitioned[row["kontrakt_id"]], None)
            for row in self.tables["tenancy"]
            if row["kontrakt_id"] in petitioned
        ]
        moments += [(self.person, self.day(self.first, self.as_of), None) for _ in range(self.size)]
        for person, day, decision in moments:
            if day < self.first - 200 * DAY:
                continue
            start = self.maybe(day + self.rng.choice([-400, -31, -30, -29, -1, 0, 1, 29, 30, 31, 32]) * DAY, 0.1)
            decided = (start or day) - self.rng.choice([0, 10, 90]) * DAY
            end = self.maybe(self.soon(start or decided, 0, 20, 200, 700), 0.45)
            if start and day > start and self.often(0.2):
                end = day + self.rng.choice([-30, -29, -1, 0, 1]) * DAY
                end = max(end, start)
            voluntary = self.often(0.9)
            case = self.add(
                "followup_case", "OP",
                fodselsnummer=person,
                vedtak_id=decision or self.maybe(self.rng.choice(self.tables["decision"])["vedtak_id"], 0.7),
                ansvarlig_enhet=self.rng.choice(["rustiltak", "psykisk_helse", "puh"]),
                malgruppe=self.rng.choice(["rus", "psykisk", "puh"]),
                metode=self.rng.choice(["ordinar", "ambulerende", "housing_first"]),
                mal=self.rng.choice(["selvstendig", "selvstendig", "varig_med_hjelp", "beholde_bolig"]),
                sokt_dato=self.maybe(decided - 20 * DAY),
                vedtak_dato=decided,
                start_dato=start,
                slutt_dato=end,
                slutt_arsak=self.rng.choice(["maal_nadd", "maal_nadd", "ikke_behov", "annet", "dod"]) if end else None,
                vedtatt_timer_uke=self.maybe(self.money(1, 30), 0.3),
                frivillig=voluntary,
                hjemmel=None if voluntary else "hol_3_2",
                kpr_tjenestekode=15,
            )  # fmt: skip
            month = start and start.replace(day=1)
            while month and month <= min(end or self.as_of + 20 * DAY, self.as_of + 20 * DAY):
                if self.often(0.7):
                    self.add(
                        "followup_month",
                        oppfolging_id=case["oppfolging_id"], maned=month,
                        timer_direkte=self.money(0, 40),
                        timer_indirekte=self.maybe(self.money(0, 20)),
                        antall_kontakter=self.maybe(self.rng.randint(0, 12)),
                        antall_ikke_hjemme=self.maybe(self.rng.randint(0, 4)),
                        kostnad=self.maybe(self.money(1000, 30000), 0.3),
                    )  # fmt: skip
                month = add_months(month, 1)
        for contract in self.rng.sample(self.tables["tenancy"], len(self.tables["tenancy"]) // 2):
            warned = self.soon(max(contract["start_dato"], self.first), 300)
            solved = self.maybe(warned + self.rng.choice([5, 40, 89, 90, 91, 200]) * DAY, 0.3)
            answers = ["nedbetaling", "oppfolging_startet", "begjaring"]
            self.add(
                "housing_warning", "VA",
                kontrakt_id=contract["kontrakt_id"],
                varsel_dato=warned,
                type=self.rng.choice(["restanse", "husbrak"]),
                meldt_oppfolging_dato=self.maybe(self.soon(warned, 0, 10, 60)),
                lost_dato=solved,
                losning=self.rng.choice(answers) if solved else None,
            )  # fmt: skip

    # Reference and governance

    def _reference(self) -> None:
        for region in dict.fromkeys([self.municipality_no, *REGIONS]):
            indicators = ("population", "kommunale_boliger", "startlan_boliger", "bostotte_husstander")
            for indicator in (*indicators, "homeless_persons"):
                for year in range(self.first.year - 3, self.as_of.year + 2):
                    if self.often(0.7):
                        self.add(
                            "kostra",
                            region_code=region, indicator=indicator, year=year,
                            region_name=REGIONS.get(region, "Prøvekommunen"),
                            value=self.maybe(Decimal(self.rng.randint(20000, 90000)), 0.3),
                            source_table="SSB 06913",
                        )  # fmt: skip

    def _governance(self) -> None:
        targets: Sequence[tuple[str, str, str]] = [
            ("queue_waiting", "total", "total"),
            ("relet_days_mean", "total", "total"),
            ("stock_dwellings", "housing_category", self.tables["dwelling"][0]["boligkategori"]),
            ("vacant_days", "phase", "klargjoring"),
        ]
        for metric_id, dimension, dimension_value in targets:
            for valid_from in (date(self.first.year, 1, 1), self.day(self.first, self.as_of)):
                self.add(
                    "target",
                    metric_id=metric_id, dimension=dimension, dimension_value=dimension_value, valid_from=valid_from,
                    period_type=self.rng.choice(["month", "quarter", "tertial", "year"]),
                    green=self.money(1, 60), red=self.money(1, 60),
                    owner="Boligstrategiorganet", source="Boligsosial handlingsplan",
                )  # fmt: skip
        self.tables["target"] = list({(r["metric_id"], r["valid_from"]): r for r in self.tables["target"]}.values())
        for n in range(self.rng.choice([0, 12, 12])):
            begins = self.day(self.first, self.as_of)
            self.add(
                "measure", "M",
                tittel=f"Tiltak {n + 1}", plan="Boligsosial handlingsplan",
                operativ_enhet="NAV", strategisk_eier="Rådmannen",
                planlagt_start=begins,
                planlagt_slutt=self.soon(begins, 30, 300, 900),
                faktisk_slutt=self.maybe(self.soon(begins, 300), 0.6),
                status=(status := self.rng.choice(["planlagt", "pagar", "forsinket", "utsatt", "stoppet", "fullfort"])),
                stoppet_grunn="tomt" if status in ("utsatt", "stoppet") else None,
                boliger_planlagt=self.maybe(self.rng.randint(0, 20)),
                boliger_levert=self.maybe(self.rng.randint(0, 20)),
                metric_id=self.maybe("stock_dwellings"),
                malgruppe=self.maybe(self.rng.choice(["omsorg_puh", "flyktning", "alle"])),
                vedtatt_dato=self.maybe(self.day(add_months(self.as_of, -49), self.as_of + 20 * DAY)),
                okonomiplan_fra=self.maybe(self.as_of.year, 0.5),
            )  # fmt: skip
            for year in range(self.as_of.year - 1, self.as_of.year + 3):
                for kind in ("investering", "drift"):
                    if self.often(0.2):
                        self.add(
                            "measure_funding",
                            tiltak_id=self.tables["measure"][-1]["tiltak_id"], aar=year, type=kind,
                            budsjett_belop=self.maybe(self.money(0, 1) if self.often(0.3) else self.money(1, 9000)),
                        )  # fmt: skip
        for n in range(self.rng.choice([0, 12, 12])):
            registered = self.day(self.first, self.as_of)
            self.add(
                "challenge", "C",
                tittel=f"Utfordring {n + 1}",
                type=self.rng.choice(["behovsdekning", "organisering", "husleie"]),
                arsak=self.maybe("Ukjent"),
                konsekvens=self.maybe("Ventetid"),
                alvor=self.rng.randint(1, 5),
                status=self.rng.choice(["apen", "under_arbeid", "lost", "avkreftet"]),
                registrert_dato=registered,
                sist_vurdert_dato=self.rng.choice(
                    [self.day(registered, self.as_of), self.as_of - 365 * DAY, self.as_of - 366 * DAY]
                ),
                metric_id=self.maybe("queue_waiting"),
            )  # fmt: skip

        for function, unit in (("265", "Eiendom"), ("265", "NAV"), ("283", "NAV")):
            for year in range(self.as_of.year - 6, self.as_of.year + 1):
                if self.often(0.9):
                    revised = self.money(90, 110)
                    self.add(
                        "budget",
                        funksjon=function, aar=year, ansvar=unit,
                        budsjett_revidert=self.maybe(revised, 0.1),
                        regnskap=self.maybe(revised * Decimal("1.02") if self.often(0.2) else self.money(90, 110), 0.1),
                    )  # fmt: skip
        for year in range(self.as_of.year - 3, self.as_of.year + 2):
            if self.often(0.7):
                self.add("grant_pot", aar=year, tildelt_belop=self.rng.choice([Decimal(0), self.money(100000, 900000)]))
            if self.often(0.7):
                self.add("respite", aar=year, personer=self.rng.choice([0, 4, 5, 20]), dogn=self.rng.randint(0, 900))
            if self.often(0.5):
                self.add(
                    "forutsetning",
                    kode=self.rng.choice(["befolkningsvekst", "befolkningsvekst", "rente"]), boligkategori="alle",
                    gyldig_fra=date(year, self.rng.choice([1, 12]), self.rng.choice([1, 31])),
                    verdi=self.money(0, 20) / 1000, kilde="Kommuneplanen",
                )  # fmt: skip
            if self.often(0.7):
                unsettled = self.maybe(self.rng.choice([0, 3, 14]))
                self.add(
                    "settlement_agreement",
                    aar=year,
                    vedtatt=self.maybe(self.rng.choice([0, 40, 60])),
                    ikke_bosatt=unsettled,
                    arsak=self.rng.choice(["mangler_bolig", "ikke_ankommet"]) if unsettled else None,
                )
        for n in range(self.rng.choice([0, 6])):
            agreed = self.day(add_months(self.as_of, -60), self.as_of)
            self.add(
                "development_agreement", "UA",
                prosjekt=f"Felt {n + 1}", boliger=40, inngatt_dato=agreed,
                frist_dato=self.maybe(self.soon(agreed, 30, 900)),
                rett_antall=self.maybe(2), benyttet_antall=self.maybe(self.rng.randint(0, 2)),
            )  # fmt: skip
        for _ in range(self.rng.choice([0, 6])):
            applied = self.day(add_months(self.as_of, -60), self.as_of)
            self.add(
                "municipal_grant", "MT",
                ordning="utleieboliger", soknad_dato=applied,
                utbetalt_dato=self.maybe(self.soon(applied, 30, 400)), boliger=self.maybe(self.rng.randint(0, 9)),
            )  # fmt: skip

    # Beginnings

    def begin_late(self) -> None:
        """Take away what was before some day, or all, from about half of the tables that others can do without."""
        for name, column in FIRST_DATE.items():
            if name in ("application", "tenancy", "dwelling"):  # never empty, and named by others
                continue
            parts = {"rent_charge": "kravtype", "bostotte": "ordning"}.get(name)
            for part in dict.fromkeys(row[parts] if parts else None for row in self.tables[name]):
                begun = self.rng.choice([date.min, date.min, self.day(self.first, self.as_of), date.max])
                self.tables[name] = [
                    row
                    for row in self.tables[name]
                    if (parts and row[parts] != part) or (row[column] or date.min) >= begun
                ]
        known = {table: {row[key] for row in self.tables[table]} for table, key in KEYS}
        self.tables["payment"] = [row for row in self.tables["payment"] if row["krav_id"] in known["rent_charge"]]
        for contract in self.tables["tenancy"]:
            if contract["tildeling_id"] not in known["allocation"]:
                contract["tildeling_id"] = None
        decisions = {row["vedtak_id"] for row in self.tables["decision"]}
        for case in self.tables["followup_case"]:
            case["vedtak_id"] = case["vedtak_id"] if case["vedtak_id"] in decisions else None
        # with a case go its months
        held = {row["oppfolging_id"] for row in self.tables["followup_case"]}
        self.tables["followup_month"] = [r for r in self.tables["followup_month"] if r["oppfolging_id"] in held]
        for name in OPTIONAL:
            if self.often(0.3):
                del self.tables[name]
        # what a table refers to that is missing is not there to be referred to
        for name in [name for name in OPTIONAL if name in self.tables]:
            for column in contracts.tables()[name].columns:
                if column.references in OPTIONAL and column.references not in self.tables:
                    if column.required:
                        self.tables[name] = []
                    for row in self.tables[name]:
                        row[column.name] = None
