"""The social services' side: the queue, applications, decisions, allocations, contracts and their renewals.

Belongs here: every table of allocation/, and property/tenancy (a contract follows from an allocation).
Does not belong here: which dwelling is let when (housing), who lives there (households).
"""

from collections import Counter, defaultdict
from datetime import date
from random import Random

from dagster_project.demo import figures
from dagster_project.demo.households import person
from dagster_project.demo.model import (
    LAST_DAY,
    Application,
    Contract,
    Dwelling,
    Entry,
    Letting,
    Registers,
    after,
    months_after,
    workday,
)
from dagster_project.demo.people import People

_COMMITTEE = {
    "okonomisk_sosialt": "ordinaer",
    "trygdebolig": "trygdebolig",
    "hc_bolig": "trygdebolig",
    "servicebolig": "omsorg_eldre",
    "omsorg_eldre": "omsorg_eldre",
    "omsorg_psykiatri": "psykisk_puh",
    "omsorg_puh": "psykisk_puh",
    "flyktning": "flyktningteamet",
}
_EXITS = {"servicebolig": ("dod", "bortfalt", "trukket"), "omsorg_eldre": ("dod", "dod", "bortfalt", "trukket")}
_REJECTIONS = ("botid", "ikke_vanskeligstilt", "ikke_vanskeligstilt", "annen_losning", "mangelfull_soknad", "annet")


class Office:
    """The offices that decide and allocate, with what they have written down."""

    def __init__(self, random: Random, registers: Registers, people: People, dwellings: list[Dwelling]) -> None:
        self.random = random
        self.registers = registers
        self.people = people
        self.stays = [stay for dwelling in dwellings for stay in dwelling.stays]
        self.lettings = sorted(
            (s.letting for s in self.stays if s.letting and s.letting.dwelling),
            key=lambda letting: (letting.allocated, letting.dwelling.id if letting.dwelling else ""),
        )
        self.applications: list[Application] = []
        self.decisions: list[tuple[date, Application, str, bool]] = []  # day, of what, outcome, complaint upheld
        self.offers: list[tuple[date, Application, str, str, str | None, date | None, Letting | Contract | None]] = []
        self.entries: list[Entry] = []

    def work(self, moved_within: list[Letting]) -> None:
        """Everything, in the order in which one thing needs another."""
        self._offer_twice()
        for category in figures.QUEUED:
            self._queue(category)
        self._house_refugees()
        self._refuse_offers()
        self._sign()
        renewals = [self._renew(year) for year in figures.YEARS]
        rejected_renewals = [self._reject_renewals(year) for year in figures.YEARS]
        for year, granted, rejected in zip(figures.YEARS, renewals, rejected_renewals, strict=True):
            self._receive_renewals(year, [*granted, *rejected])
        self._reject()
        self._write()
        self._write_refugees(moved_within)
        self._write_temporary_stays()

    def _apply(self, who: str, received: date, category: str, kind: str = "ny") -> Application:
        units = {"okonomisk_sosialt": "nav", "flyktning": "flyktningteamet", "omsorg_psykiatri": "psykisk_helse"}
        unit = units.get(category, "vedtakskontoret")
        if category in ("okonomisk_sosialt", "trygdebolig") and self.random.random() < 0.12:
            unit = "okonomi_bolig"
        elif category == "omsorg_psykiatri" and self.random.random() < 0.5:
            unit = "vedtakskontoret"
        application = Application(who, received, kind, category, unit)
        self.applications.append(application)
        return application

    # -- the queue

    def _offer_twice(self) -> None:
        """Now and then a household never answered a first offer of another dwelling: one application, two offers."""
        for letting in self.lettings:
            if letting.category in ("omsorg_puh", "hc_bolig", "flyktning") or self.random.random() > 0.04:
                continue
            day = workday(after(letting.allocated, -self.random.randint(18, 40)))
            homes = [
                other
                for other in self.lettings
                if other is not letting
                and other.category == letting.category
                and other.vacated <= day < other.allocated
            ]
            if homes and day.year == letting.allocated.year and day < letting.allocated:
                letting.earlier_offer = day
                letting.earlier_home = homes[0].dwelling

    def _queue(self, category: str) -> None:
        random, before = self.random, figures.WAITING[category][0]
        first_day = date(figures.FIRST_YEAR, 1, 1)
        longest = 3000 if category == "omsorg_puh" else 500
        waiting = [
            Entry(self._place(category), category, after(first_day, -random.randint(5, longest))) for _ in range(before)
        ]
        entries = list(waiting)
        for year, at_end in zip(figures.YEARS, figures.WAITING[category][1:], strict=True):
            leaving: list[tuple[date, int, Letting | None]] = [
                (letting.first_offer, number, letting)
                for number, letting in enumerate(self.lettings)
                if letting.category == category and letting.allocated.year == year
            ]
            other = figures.OTHER_EXITS[category][year]
            joining_count = at_end - before + len(leaving) + other
            before = at_end
            leaving += [(self._day_of(year), -number - 1, None) for number in range(other)]
            joining = sorted(self._day_of(year) for _ in range(joining_count))
            for day, _, letting in sorted(leaving, key=lambda leave: leave[:2]):
                while joining and joining[0] <= after(day, -14):
                    waiting.append(Entry(self._place(category), category, joining.pop(0)))
                    entries.append(waiting[-1])
                if not waiting:  # the next to come came in time for this
                    joining.pop(0)
                    joined = max(after(day, -random.randint(20, 80)), date(year, 1, 1))
                    waiting.append(Entry(self._place(category), category, joined))
                    entries.append(waiting[-1])
                if letting:  # by need, so only mostly by age
                    tries = len(waiting) if category == "omsorg_puh" else 3
                    entry = min(random.sample(waiting, min(tries, len(waiting))), key=lambda e: e.joined)
                    entry.reason, letting.entry, letting.application = "tildelt", entry, entry.application
                    entry.application.person = letting.stay.person if letting.stay else ""
                else:
                    entry = random.choice(waiting)
                    entry.reason = random.choice(_EXITS.get(category, ("trukket", "bortfalt", "flyttet", "bortfalt")))
                entry.left = day
                waiting.remove(entry)
            for joined in joining:
                waiting.append(Entry(self._place(category), category, joined))
                entries.append(waiting[-1])
        for entry in entries:
            self._admit(entry)
        self.entries += entries

    def _place(self, category: str) -> Application:
        return self._apply("", LAST_DAY, category)

    def _admit(self, entry: Entry) -> None:
        """The application and the decisions that the entry came from."""
        application, random = entry.application, self.random
        if not application.person:
            application.person = person(random, self.people, entry.category, entry.joined.year)
        decided = after(entry.joined, -random.randint(0, 5))
        application.received = after(decided, -random.randint(12, 55))
        if random.random() < 0.012 and entry.joined.year >= figures.FIRST_YEAR:
            # rejected first; the complaint was upheld
            rejected = after(decided, -random.randint(45, 80))
            application.received = after(rejected, -random.randint(12, 55))
            self.decisions.append((rejected, application, "avslag", True))
        self.decisions.append((decided, application, "innvilget", False))

    def _house_refugees(self) -> None:
        for letting in self.lettings:
            if letting.category == "flyktning" and letting.stay:
                received = after(letting.allocated, -self.random.randint(12, 75))
                letting.application = self._apply(letting.stay.person, received, "flyktning")
                self.decisions.append(
                    (after(letting.allocated, -self.random.randint(0, 8)), letting.application, "innvilget", False)
                )

    def _refuse_offers(self) -> None:
        """Some dwellings were first offered to another household in the queue, which declined, and was offered anew."""
        by_category = defaultdict(list)
        for entry in self.entries:
            by_category[entry.category].append(entry)
        for letting in self.lettings:
            if not letting.dwelling or not letting.application:
                continue
            answered = after(letting.allocated, self.random.randint(2, 9))
            self.offers.append(
                (letting.allocated, letting.application, letting.dwelling.id, "ny", "akseptert", answered, letting)
            )
            if letting.earlier_offer and letting.earlier_home:
                self.offers.append(
                    (letting.earlier_offer, letting.application, letting.earlier_home.id, "ny", None, None, None)
                )
            offered = workday(after(letting.allocated, -self.random.randint(11, 26)))
            declined = after(offered, self.random.randint(3, 8))
            others = [
                entry
                for entry in by_category[letting.category]
                if entry.joined < after(offered, -5)
                and (entry.left or LAST_DAY) > after(declined, 5)
                and not entry.application.refused_first
            ]
            if offered >= letting.vacated and offered.year == declined.year and others and self.random.random() < 0.22:
                entry = min(self.random.sample(others, min(3, len(others))), key=lambda e: e.left or LAST_DAY)
                entry.application.refused_first = True
                self.offers.append((offered, entry.application, letting.dwelling.id, "ny", "avslatt", declined, None))

    # -- contracts

    def _sign(self) -> None:
        """The first contract of each stay, and the renewals of the time before the registers."""
        registers_begin = date(figures.FIRST_YEAR, 1, 1)
        for stay in self.stays:
            months = 12 if stay.letting and self.random.random() < 0.06 else 36
            known = (
                min(after(stay.letting.allocated, self.random.randint(2, 12)), stay.start)
                if stay.letting
                else stay.start
            )
            end = months_after(stay.start, months) if stay.fixed else None
            stay.contracts.append(Contract(stay.start, end, known, self._rent(stay.dwelling, stay.start)))
            while end and end < registers_begin and (stay.end is None or stay.end > after(end, 60)):
                start, end = end, months_after(end, 36)
                rent = self._rent(stay.dwelling, start)
                stay.contracts.append(Contract(start, end, after(start, -20), rent))

    def _rent(self, dwelling: Dwelling, signed: date) -> int:
        """4.6.5: well under the market, higher with outside managers, very low on contracts of ten or twenty years."""
        share = 0.66 if dwelling.manager == "Eiendomsforvaltningen" else 0.84
        share -= 0.018 * max(2011 - signed.year, 0) + self.random.uniform(-0.05, 0.05)
        return round(dwelling.market_rent * max(share, 0.22) / 10) * 10

    def _renew(self, year: int) -> list[tuple[date, Application]]:
        first, last = date(year, 1, 1), date(year, 12, 31)
        candidates = []
        for number, stay in enumerate(self.stays):
            contract = stay.contracts[-1]
            if (
                not stay.fixed
                or contract.agreed_end is None
                or (contract.allocated and contract.allocated.year == year)
            ):
                continue
            decided = workday(
                max(
                    after(contract.agreed_end, -self.random.randint(20, 130)), after(first, self.random.randint(4, 350))
                )
            )
            if contract.agreed_end > after(first, 130):
                decided = workday(max(after(contract.agreed_end, -self.random.randint(20, 130)), after(first, 4)))
            start = max(contract.agreed_end, after(decided, 12))
            if decided <= last and contract.known < decided and (stay.end is None or stay.end > after(start, 90)):
                forgotten = self.random.random() < 0.12  # stays on beyond the agreed end
                candidates.append((forgotten, contract.agreed_end, number, decided, start))
        made = []
        for _, _, number, decided, start in sorted(candidates)[: figures.RENEWED[year]]:
            stay = self.stays[number]
            category = stay.dwelling.category
            application = self._apply(stay.person, decided, category, "fornyelse")
            months = self.random.choices((36, 24, 12), (25, 25, 50))[0]
            rent = max(self._rent(stay.dwelling, start), stay.contracts[-1].rent)
            known = min(after(decided, self.random.randint(3, 10)), start)
            stay.contracts.append(Contract(start, months_after(start, months), known, rent, application, decided))
            answered = after(decided, self.random.randint(1, 3))
            self.offers.append(
                (decided, application, stay.dwelling.id, "fornyelse", "akseptert", answered, stay.contracts[-1])
            )
            self.decisions.append((decided, application, "innvilget", False))
            made.append((decided, application))
        return made

    def _reject_renewals(self, year: int) -> list[tuple[date, Application]]:
        fitting = []
        for stay in self.stays:
            if (
                stay.dwelling.category == "okonomisk_sosialt"
                and stay.end
                and stay.reason not in (None, "dod", "kjopt_bolig")
            ):
                decided = workday(after(stay.end, -self.random.randint(40, 100)))
                if decided.year == year and stay.contracts[-1].known < after(decided, -120):
                    fitting.append((decided, stay))
        made = []
        for decided, stay in self.random.sample(fitting, min(figures.REJECTED_RENEWALS[year], len(fitting))):
            application = self._apply(stay.person, decided, stay.dwelling.category, "fornyelse")
            self.decisions.append((decided, application, "avslag", False))
            made.append((decided, application))
        return made

    def _receive_renewals(self, year: int, decided: list[tuple[date, Application]]) -> None:
        """Applications come three to six months before the end; 4.6.3 leaves 60 that came in 2010."""
        decided.sort(key=lambda pair: (pair[0], pair[1].person))
        pending_at_2010_end = 12
        carried = 0
        if year == 2010:
            carried = len(decided) - (figures.APPLICATIONS_RENEWAL_2010 - pending_at_2010_end)
        elif year == 2011:
            carried = pending_at_2010_end
        for number, (day, application) in enumerate(decided):
            new_year = date(year, 1, 1)
            if number < carried:
                application.received = after(min(after(day, -14), after(new_year, -1)), -self.random.randint(0, 60))
            else:
                application.received = after(day, -self.random.randint(14, 120))
                if year >= 2010:
                    application.received = max(application.received, new_year)

    # -- rejections

    def _reject(self) -> None:
        done = Counter(
            (day.year, application.category == "okonomisk_sosialt")
            for day, application, outcome, _ in self.decisions
            if outcome == "avslag"
        )
        others = ("trygdebolig", "trygdebolig", "servicebolig", "omsorg_eldre", "omsorg_psykiatri", "hc_bolig")
        for year in reversed(figures.YEARS):  # 2010 after 2011: what 2011 rejected partly came in 2010
            okonomisk = figures.REJECTED_OKONOMISK[year] - done[year, True]
            rest = figures.REJECTED[year] - figures.REJECTED_OKONOMISK[year] - done[year, False]
            categories = ["okonomisk_sosialt"] * okonomisk + self.random.choices(others, k=max(rest, 0))
            self.random.shuffle(categories)
            days = sorted(
                workday(date(year, self.random.randint(1, 12), self.random.randint(16, 28))) for _ in categories
            )
            came_before, withdrawn = 0, 5
            if year == 2010:
                came = sum(a.received.year == 2010 and a.kind == "ny" for a in self.applications)
                to_come = figures.APPLICATIONS_NEW_2010 - came
                came_before = max(len(days) - (to_come - 3), 0)
                withdrawn = to_come - (len(days) - came_before)
            for number, (day, category) in enumerate(zip(days, categories, strict=True)):
                received = after(day, -self.random.randint(12, 60))
                if year == 2010:
                    new_year = date(2010, 1, 1)
                    received = (
                        after(new_year, -self.random.randint(1, 40))
                        if number < came_before
                        else max(received, new_year)
                    )
                who = person(self.random, self.people, category, year)
                self.decisions.append((day, self._apply(who, received, category), "avslag", False))
            for _ in range(withdrawn):  # withdrawn before anyone decided: never reach the queue
                who = person(self.random, self.people, "okonomisk_sosialt", year)
                self._apply(who, self._day_of(year), "okonomisk_sosialt")

    def _day_of(self, year: int) -> date:
        return workday(date(year, self.random.randint(1, 12), self.random.randint(3, 28)))

    # -- the registers

    def _write(self) -> None:
        numbers: Counter[int] = Counter()
        for application in sorted(self.applications, key=lambda a: (a.received, a.person, a.category)):
            year = application.received.year
            numbers[year] += 1
            application.id = f"S{year}-{numbers[year]:04}"
            self._write_application(application)
        for number, (day, application, outcome, upheld) in enumerate(
            sorted(self.decisions, key=lambda d: (d[0], d[1].id, d[2])), 1
        ):
            self._write_decision(f"V{number:05}", day, application, outcome, upheld)
        for number, entry in enumerate(sorted(self.entries, key=lambda e: (e.joined, e.application.id)), 1):
            self.registers.add(
                "waitlist_entry",
                entry.joined,
                venteliste_id=f"K{number:05}",
                soknad_id=entry.application.id,
                boligkategori=entry.category,
                inn_dato=entry.joined,
                ut_dato=entry.left,
                ut_arsak=entry.reason,
            )
        allocation_of: dict[Letting | Contract, str] = {}
        for number, (day, application, home, kind, answer, answered, led_to) in enumerate(
            sorted(self.offers, key=lambda o: (o[0], o[1].id, o[2])), 1
        ):
            if led_to:
                allocation_of[led_to] = f"T{number:05}"
            self.registers.add(
                "allocation",
                day,
                tildeling_id=f"T{number:05}",
                soknad_id=application.id,
                bolig_id=home,
                tildelt_dato=day,
                tildelingstype=kind,
                tildelingsutvalg=_COMMITTEE[application.category],
                svar=answer,
                svar_dato=answered,
            )
        self._write_contracts(allocation_of)

    def _write_application(self, application: Application) -> None:
        household = self.random.choices((1, 2, 3, 4, 5, 6), (62, 16, 9, 7, 4, 2))[0]
        if application.category not in figures.FIXED_TERM:
            household = min(household, 2)
        resident = None
        if application.category != "flyktning" and self.random.random() < 0.9:
            resident = after(application.received, -self.random.randint(5 * 366, 40 * 366))
        self.registers.add(
            "application",
            application.received,
            soknad_id=application.id,
            fodselsnummer=application.person,
            mottatt_dato=application.received,
            soknadstype=application.kind,
            boligkategori=application.category,
            behandlende_enhet=application.unit,
            husstandsstorrelse=household,
            antall_barn=max(household - self.random.choice((1, 2)), 0) if household > 1 else 0,
            botid_fra_dato=resident,
        )

    def _write_decision(self, key: str, day: date, application: Application, outcome: str, upheld: bool) -> None:
        complained = settled = ruling = None
        if outcome == "avslag" and (upheld or self.random.random() < 0.15):
            complained = after(day, self.random.randint(5, 20))
            settled = after(complained, self.random.randint(15, 24) if upheld else self.random.randint(20, 75))
            ruling = "medhold" if upheld else "avvist"
        self.registers.add(
            "decision",
            day,
            vedtak_id=key,
            soknad_id=application.id,
            vedtak_dato=day,
            utfall=outcome,
            avslagsgrunn=self.random.choice(_REJECTIONS) if outcome == "avslag" else None,
            klage_dato=complained,
            klage_utfall=ruling,
            _klage_avgjort=settled,
        )

    def _write_contracts(self, allocation_of: dict[Letting | Contract, str]) -> None:
        ordered = sorted(
            ((c.start, s.dwelling.id, n, s) for s in self.stays for n, c in enumerate(s.contracts)), key=lambda t: t[:3]
        )
        for count, (start, _, number, stay) in enumerate(ordered, 1):
            contract = stay.contracts[number]
            contract.id = f"L{count:05}"
            last = contract is stay.contracts[-1]
            origin: Letting | Contract | None = contract if number else stay.letting
            self.registers.add(
                "tenancy",
                contract.known,
                kontrakt_id=contract.id,
                bolig_id=stay.dwelling.id,
                fodselsnummer=stay.person,
                kontraktstype="tidsbestemt" if contract.agreed_end else "tidsubestemt",
                start_dato=start,
                avtalt_slutt_dato=contract.agreed_end,
                utflyttet_dato=stay.end if last else None,
                utflyttingsarsak=stay.reason if last and stay.end else None,
                forrige_kontrakt_id=stay.contracts[number - 1].id if number else None,
                tildeling_id=allocation_of.get(origin) if origin else None,
                manedsleie=float(contract.rent),
            )

    def _write_refugees(self, moved_within: list[Letting]) -> None:
        rows: list[tuple[date, str, str, bool]] = []
        for year, (municipal, private) in figures.SETTLED.items():
            came = [
                (letting.start, letting.stay.person)
                for letting in self.lettings
                if letting.category == "flyktning"
                and letting.start.year == year
                and letting.stay
                and letting not in moved_within
            ]
            for day, who in came[:municipal]:
                rows.append((day, who, "kommunal", False))
            for number in range(private + max(municipal - len(came), 0)):
                where = "privat" if number < private else "kommunal"
                who = person(self.random, self.people, "flyktning", year)
                rows.append((self._day_of(year), who, where, where == "kommunal" or self.random.random() < 0.25))
        for number, (day, who, where, reunited) in enumerate(sorted(rows), 1):
            self.registers.add(
                "refugee_settlement",
                day,
                bosetting_id=f"F{number:04}",
                fodselsnummer=who,
                bosatt_dato=day,
                boligtype=where,
                familiegjenforening=reunited,
            )

    def _write_temporary_stays(self) -> None:
        waiting = [e for e in self.entries if e.category == "okonomisk_sosialt"]
        stays = []
        for year in figures.YEARS:
            for _ in range(self.random.randint(22, 34)):
                start = self._day_of(year)
                known = [e.application.person for e in waiting if e.joined <= start and (e.left or LAST_DAY) > start]
                who = (
                    self.random.choice(known) if known else person(self.random, self.people, "okonomisk_sosialt", year)
                )
                stays.append((start, who, after(start, 2 + int(self.random.expovariate(1 / 35)))))
        for year, persons in figures.ACUTE_PERSONS.items():
            first, last = date(year, 1, 1), date(year, 12, 31)
            housed = {who for start, who, end in stays if start <= last and end > first}
            while len(housed) < persons:
                start = self._day_of(year)
                known = [e.application.person for e in waiting if e.joined <= start and (e.left or LAST_DAY) > start]
                if others := [who for who in known if who not in housed]:
                    who = self.random.choice(others)
                    housed.add(who)
                    stays.append((start, who, min(after(start, self.random.randint(2, 20)), date(year + 1, 1, 1))))
        for number, (start, who, end) in enumerate(sorted(stays), 1):
            self.registers.add(
                "temporary_stay",
                start,
                opphold_id=f"M{number:04}",
                fodselsnummer=who,
                fra_dato=start,
                til_dato=end,
                sted=self.random.choice(("Eksempel hospits", "Liksom pensjonat", "Testgården camping", None)),
                dognpris=self.random.choice((450.0, 520.0, 595.5, 650.0, None)),
            )
