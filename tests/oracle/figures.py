"""The figures of docs/definitions.md a second time: plain Python, row by row and day by day, by another reader.

The warehouse and this file were written from the same page by two hands. Where they differ, one of them misread it,
or the page can be read in two ways. So the code here stays beside the definitions, in their order and words; it is
slow on purpose and knows nothing of the warehouse. A comment stands only where a reading had to be chosen.

`compute` is the door: tables of one delivery in, every row of scorecard.metric_value out.
Does not belong here: making deliveries (municipality.py), or judging them (landing).
"""

import calendar
import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]
Key = tuple[str, str, date, str, str]
"""metric_id, period_type, period_start, dimension, dimension_value"""
Figure = tuple[float | None, float | None, float | None]
"""value, numerator, denominator"""
Keep = Callable[[Row], bool]
"""Whether a row belongs to the value of the breakdown."""
Reading = Callable[[Keep], Any]
"""A metric in one period: from the rows that a breakdown keeps to a number, or to a Figure where it is a ratio."""

DAY = timedelta(days=1)
UNKNOWN = "ukjent"
FORMER_NUMBERS = {"3203": ("3025", "0220"), "3025": ("0220",)}
"""Numbers that a municipality had before, the newest first (docs/contracts.md names Asker's)."""


# --- Conventions ----------------------------------------------------------------------------------


def add_months(day: date, months: int) -> date:
    """The date plus or minus n months; one that does not exist is that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_ending(last: date, months: int) -> tuple[date, date]:
    """First and last day of the n months that end on `last`."""
    return add_months(last + DAY, -months), last


def holds(start: date | None, end: date | None, day: date) -> bool:
    """Whether the half-open interval from start to end (None: still open) holds the day."""
    return start is not None and start <= day and (end is None or end > day)


def percentile(values: Iterable[float], share: float) -> float | None:
    """SQL's percentile_cont: linear between the two nearest values; of nothing, None."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def kaplan_meier_median(spells: Iterable[tuple[int, int, bool]]) -> int | None:
    """The first t with S(t) <= 0.5 over spells (entry, exit, whether the exit is the event).

    None where the curve never reaches it, or fewer than 5 are at risk at some event up to it.
    Reading: an event of somebody who is never at risk (out on the day of entry: t = 0) is no event.
    """
    observed = [(entry, exit_, event) for entry, exit_, event in spells if exit_ > entry]
    surviving = Fraction(1)
    for t in sorted({exit_ for _, exit_, event in observed if event}):
        at_risk = sum(entry < t <= exit_ for entry, exit_, _ in observed)
        if at_risk < 5:
            return None
        events = sum(event and exit_ == t for _, exit_, event in observed)
        surviving *= Fraction(at_risk - events, at_risk)
        if surviving <= 0.5 + 1e-9:
            return t
    return None


@dataclass(frozen=True)
class Period:
    """A period as the definitions read it: `end` is its last day, or the as-of date where it is not complete."""

    type: str
    start: date
    last: date
    end: date

    def __contains__(self, day: date | None) -> bool:
        return day is not None and self.start <= day <= self.end

    @cached_property
    def days(self) -> list[date]:
        """Its days, up to the as-of date."""
        return [self.start + n * DAY for n in range((self.end - self.start).days + 1)]

    @property
    def is_complete(self) -> bool:
        """Whether the as-of date does not lie before its last day."""
        return self.end == self.last

    @property
    def annual(self) -> Fraction:
        """The factor that annualises."""
        return Fraction(366 if calendar.isleap(self.last.year) else 365, len(self.days))


def periods(earliest: date | None, as_of: date) -> Iterator[Period]:
    """Every period that has begun by the as-of date, from the earliest date's, not before 2000."""
    if earliest is None:
        return
    earliest = max(earliest, date(2000, 1, 1))
    for type_, months in {"month": 1, "quarter": 3, "tertial": 4, "year": 12}.items():
        start = date(earliest.year, (earliest.month - 1) // months * months + 1, 1)
        while start <= as_of:
            last = add_months(start, months) - DAY
            yield Period(type_, start, last, min(last, as_of))
            start = last + DAY


RECORDED: dict[str, dict[str, tuple[str, ...]]] = {
    "application": {"mottatt_dato": (), "botid_fra_dato": ()},
    "decision": {"vedtak_dato": ("utfall", "avslagsgrunn"), "klage_dato": ("klage_utfall",)},
    "waitlist_entry": {"inn_dato": (), "ut_dato": ("ut_arsak",)},
    "allocation": {"tildelt_dato": (), "svar_dato": ("svar",)},
    "refugee_settlement": {"bosatt_dato": ()},
    "temporary_stay": {"fra_dato": (), "til_dato": ()},
    "dwelling": {"anskaffet_dato": (), "avhendet_dato": ("avhendet_til",)},
    "tenancy": {"start_dato": (), "utflyttet_dato": ("utflyttingsarsak",), "sist_regulert_dato": ("reguleringsmate",)},
    "dwelling_event": {"hendelse_dato": ()},
    "rent_charge": {"periode": ()},
    "payment": {"betalt_dato": ()},
    "repayment_plan": {"inngatt_dato": (), "avsluttet_dato": ("avsluttet_arsak",)},
    "eviction_case": {"begjaert_dato": (), "utfall_dato": ("utfall",)},
    "startlan": {"soknad_dato": (), "tilsagn_dato": (), "utbetalt_dato": (), "avslag_dato": ()},
    "tilskudd": {"vedtak_dato": (), "utbetalt_dato": ()},
    "bostotte": {"termin": ()},
    "guarantee": {"gitt_dato": (), "utlopt_dato": (), "innfridd_dato": ("innfridd_belop",)},
    "income_management": {"henvist_dato": (), "start_dato": (), "slutt_dato": ("slutt_arsak",)},
    "private_letting": {"start_dato": (), "bolig_funnet_dato": (), "leie_slutt_dato": ()},
    "social_assistance": {"maned": ()},
    "followup_case": {"sokt_dato": (), "vedtak_dato": (), "start_dato": (), "slutt_dato": ("slutt_arsak",)},
    "followup_month": {"maned": ()},
    "housing_warning": {"varsel_dato": (), "meldt_oppfolging_dato": (), "lost_dato": ("losning",)},
    "measure": {"faktisk_slutt": (), "foreslatt_dato": (), "vedtatt_dato": ()},
    "challenge": {"registrert_dato": (), "sist_vurdert_dato": ()},
}
"""The recorded dates, each with the codes that belong to it. Agreed, planned and due dates are none."""


def known_at(table: str, rows: Iterable[Row], as_of: date) -> list[Row]:
    """Copies of the rows in which nothing after the as-of date has happened; decimals become exact."""
    known = []
    for row in rows:
        new: Row = {column: Decimal(str(v)) if isinstance(v, float) else v for column, v in row.items()}
        for column, codes in RECORDED.get(table, {}).items():
            if new.get(column) is not None and new[column] > as_of:
                new.update(dict.fromkeys((column, *codes)))
        known.append(new)
    return known


# --- Where a series begins, and when a figure is ripe ---------------------------------------------

FIRST_DATE = {
    "application": "mottatt_dato",
    "decision": "vedtak_dato",
    "waitlist_entry": "inn_dato",
    "allocation": "tildelt_dato",
    "tenancy": "start_dato",
    "dwelling": "anskaffet_dato",
    "dwelling_event": "hendelse_dato",
    "rent_charge": "forfallsdato",
    "payment": "betalt_dato",
    "startlan": "soknad_dato",
    "tilskudd": "utbetalt_dato",
    "bostotte": "termin",
    "refugee_settlement": "bosatt_dato",
    "temporary_stay": "fra_dato",
    "guarantee": "gitt_dato",
    "income_management": "henvist_dato",
    "private_letting": "start_dato",
    "social_assistance": "maned",
    "followup_case": "vedtak_dato",
    "followup_month": "maned",
    "housing_warning": "varsel_dato",
}
"""The date by which a table's first record is told."""

NAMED: dict[str, str] = {
    "waitlist_entry": (
        "queue_waiting queue_inflow queue_outflow queue_net_change queue_wait_days_median_allocated"
        " queue_wait_days_median queue_age_days_median queue_age_days_p90 queue_waiting_over_one_year"
        " need_coverage coverage_parity"
    ),
    "allocation application": "queue_allocated",
    "allocation application waitlist_entry": "queue_allocation_rate queue_turnover queue_clearance_months",
    "allocation application tenancy": "application_to_move_in_days_median",
    "allocation tenancy": "allocation_to_move_in_days_median",
    "application": "applications_received",
    "decision": "decisions_made rejection_rate complaints_received complaints_upheld_rate rejections_residence_rule",
    "application bostotte:statlig decision startlan tenancy": "refused_without_help_12m",
    "application decision": "processing_days_median",
    "application tenancy": "applicants_reached_share",
    "allocation": "allocations_new allocations_renewal renewal_share offers_refused_rate",
    "tenancy": (
        "contracts_expiring renewal_rate holdover_tenancies stays_ended stay_years_median tenants_became_owners"
        " contracts_over_ten_years contracts_expiring_next_3m contracts_expiring_next_6m contracts_expiring_next_12m"
        " short_contracts_share index_regulation_possible market_regulation_possible"
    ),
    # Reading: that a dwelling is vacant follows from these two; where nothing is known of events, its phase is ukjent.
    "dwelling tenancy": (
        "circulation_rate vacant_dwellings vacant_days vacancy_rate vacant_over_90_days vacancy_loss rent_per_m2"
        " rent_to_market refugee_five_year_due_next_12m"
    ),
    "allocation application dwelling tenancy waitlist_entry": "fit_gap",
    "dwelling dwelling_event tenancy": (
        "relet_days_mean relet_days_median relet_days_p90 relet_days_mean_major_works relet_over_90_days"
        " days_to_ready_median"
    ),
    "allocation dwelling dwelling_event tenancy": "days_reported_to_allocated_median",
    "rent_charge:tomgangsleie": "vacancy_rent_booked",
    "startlan": (
        "startlan_applications startlan_preapprovals startlan_loans startlan_amount startlan_refinancing"
        " startlan_first_time_share startlan_restart_share startlan_preapprovals_open startlan_preapproval_use_rate"
        " startlan_loan_to_price startlan_tenant_buyers"
    ),
    "tilskudd": "grants grants_amount",
    "grant_pot tilskudd": "grant_pot_use",
    "startlan tenancy": "rent_to_own_gap",
    "bostotte:statlig": "bostotte_households bostotte_amount bostotte_over_ceiling_share",
    "bostotte:statlig tenancy": "bostotte_tenant_coverage",
    "bostotte:kommunal": "municipal_bostotte_households",
    "rent_charge": "rent_charged",
    "payment rent_charge": "rent_paid arrears",
    "payment rent_charge tenancy": "arrears_tenant_share",
    "repayment_plan": "repayment_plans_active repayment_plan_default_rate",
    "eviction_case": "eviction_petitions evictions_carried_out",
    "eviction_case temporary_stay tenancy": "evicted_to_temporary_90d",
    "eviction_case income_management tenancy": "evicted_awaiting_income_management",
    "dwelling": (
        "stock_dwellings stock_acquired stock_disposed stock_per_1000_inhabitants stock_gap_to_country"
        " dwellings_with_faults_share dwellings_for_wheelchairs_share dwellings_universally_designed_share"
    ),
    "kostra": "population_growth homeless_persons",
    "forutsetning kostra": "population_growth_vs_plan",
    "respite": "respite_nights",
    "refugee_settlement": "refugees_settled",
    "temporary_stay": "temporary_stays_open temporary_stay_nights temporary_stay_cost akutt_need_persons",
    "measure": (
        "measures measures_behind_share measure_dwellings_delivered_rate measures_in_economic_plan_share"
        " measure_slip_days_median"
    ),
    "measure measure_funding": "measures_funded_share",
    "budget": "budget_overrun_share",
    "budget dwelling": "net_cost_per_dwelling",
    "challenge": "challenges_open challenges_not_reviewed challenge_days_open_median",
    "refugee_settlement settlement_agreement": "refugees_settled_of_agreed",
    "settlement_agreement": "refugees_unsettled",
    "development_agreement": "preemption_use_rate preemption_rights_lapsing_6m",
    "dwelling municipal_grant": "grant_coverage_new_dwellings grant_missed",
    "guarantee": "guarantees_active guarantee_call_rate",
    "income_management": "income_management_waiting income_management_wait_days_median",
    "private_letting": "private_letting_sustained_12m",
    "social_assistance": "social_assistance_housing_persons social_assistance_housing_amount",
    "followup_case": "followup_active followup_waiting followup_wait_days_median followup_started followup_ended",
    "followup_case followup_month": (
        "followup_hours followup_hours_per_person_week followup_delivered_share followup_no_show_share"
        " cost_per_active_month followup_cost_known_share"
    ),
    "allocation eviction_case followup_case temporary_stay tenancy waitlist_entry": (
        "tenancies_12m moved_out_12m"
        " new_tenancies_with_followup tenancy_sustained_6m tenancy_sustained_12m tenancy_sustained_24m"
        " housing_sustained_6m housing_sustained_12m housing_sustained_24m returns_6m returns_12m returns_24m"
        " evictions_averted_share followup_independent_12m"
    ),
    "allocation decision eviction_case followup_case temporary_stay tenancy waitlist_entry": "promised_followup_share",
    "allocation eviction_case followup_case followup_month temporary_stay tenancy waitlist_entry": (
        "cost_per_sustained_tenancy_year"
    ),
    "eviction_case followup_case temporary_stay tenancy waitlist_entry": "followup_kept_home_share",
    "eviction_case followup_case tenancy": "eviction_petition_rate",
    "allocation eviction_case followup_case startlan temporary_stay tenancy waitlist_entry": (
        "followup_to_ownership_24m"
    ),
    "allocation eviction_case followup_case payment rent_charge temporary_stay tenancy waitlist_entry": (
        "sustained_observed_expected"
    ),
    "housing_warning": "warning_to_followup_days_median warnings_solved_90d",
}
BEGINS_WITH = {metric_id: tables.split() for tables, metrics in NAMED.items() for metric_id in metrics.split()}
"""The tables that each metric's definition names; after a colon which of their rows, where they are counted apart."""

UNDATED = (
    "measure",
    "challenge",
    "measure_funding",
    "budget",
    "settlement_agreement",
    "development_agreement",
    "municipal_grant",
    "grant_pot",
    "forutsetning",
    "respite",
    "kostra",
)
"""The tables without a first record."""

MAY_BE_MISSING = (
    "guarantee",
    "income_management",
    "private_letting",
    "social_assistance",
    "followup_case",
    "followup_month",
    "housing_warning",
)
"""The tables with a first record that a delivery may do without."""

RIPENS_AFTER_MONTHS = {
    "renewal_rate": 3,
    "complaints_upheld_rate": 3,
    "offers_refused_rate": 1,
    "new_tenancies_with_followup": 2,
    "promised_followup_share": 2,
}


def first_record(tables: Tables, named: str, as_of: date) -> date | None:
    """The least date over the table's rows that does not lie after the as-of date.

    Reading: vacancy rent is counted by its periode and apart from the other charges, which begin by their forfallsdato.
    """
    name, _, part = named.partition(":")
    if name in ("repayment_plan", "eviction_case"):
        name = "rent_charge"
    rows, column = tables.get(name, []), FIRST_DATE[name]
    if name == "rent_charge":
        rows = [row for row in rows if (row["kravtype"] == "tomgangsleie") == bool(part)]
        column = "periode" if part else column
    elif part:
        rows = [row for row in rows if row["ordning"] == part]
    return min((row[column] for row in rows if row[column] is not None and row[column] <= as_of), default=None)


def begins(tables: Tables, metric_id: str, as_of: date) -> date | None:
    """The first day that the metric is known of; None where a table that may be missing is."""
    latest = date.min
    for named in BEGINS_WITH[metric_id]:
        if named in UNDATED:
            if named not in tables:
                return None
            continue  # they know today, or years, which begins nothing
        if named in MAY_BE_MISSING and named not in tables:
            return None
        latest = max(latest, first_record(tables, named, as_of) or date(as_of.year, 1, 1))
    return latest


def is_ripe(metric_id: str, last: date, as_of: date) -> bool:
    """Whether a period that ends on this day is ripe."""
    return add_months(last, RIPENS_AFTER_MONTHS.get(metric_id, 0)) <= as_of


# --- One delivery, joined as the definitions speak of it ------------------------------------------

LISTED: dict[str, list[tuple[str, str, str | None]]] = {
    "housing_category": [(table, "boligkategori", None) for table in ("application", "waitlist_entry", "dwelling")],
    "exit_reason": [("waitlist_entry", "ut_arsak", "ut_dato")],
    "application_type": [("application", "soknadstype", None)],
    "handling_unit": [("application", "behandlende_enhet", None)],
    "outcome": [("decision", "utfall", "vedtak_dato")],
    "committee": [("allocation", "tildelingsutvalg", None)],
    "move_out_reason": [("tenancy", "utflyttingsarsak", "utflyttet_dato")],
    "area": [("dwelling", "omrade", None)],
    "manager": [("dwelling", "forvalter", None)],
    "tenure": [("dwelling", "eierform", None)],
    "disposed_to": [("dwelling", "avhendet_til", "avhendet_dato")],
    "recipient_group": [("startlan", "mottakergruppe", None)],
    "purpose": [("startlan", "formal", None)],
    "grant_type": [("tilskudd", "tilskuddstype", None)],
    "dwelling_type": [("refugee_settlement", "boligtype", None)],
    "measure_status": [("measure", "status", None)],
    "challenge_type": [("challenge", "type", None)],
    "target_group": [("measure", "malgruppe", "vedtatt_dato")],
    "kostra_function": [("budget", "funksjon", None)],
    # Reading: whoever was not settled has a reason, so that there is no unknown one.
    "unsettled_reason": [("settlement_agreement", "arsak", "arsak")],
    "landlord": [("guarantee", "utleier", None)],
    "followup_group": [("followup_case", "malgruppe", None)],
    "followup_unit": [("followup_case", "ansvarlig_enhet", None)],
    "followup_method": [("followup_case", "metode", None)],
    "followup_end_reason": [("followup_case", "slutt_arsak", "slutt_dato")],
    "warning_type": [("housing_warning", "type", None)],
}
"""Where each dimension's values occur: table, column, and the date to which the column belongs."""

RESPONSIBLE = {
    "rehabilitering": "eiendom",
    "klargjoring": "eiendom",
    "tildeling": "tildeling",
    "innflytting": "felles",
    "ukjent": "ukjent",
}


SIZES = ("en", "to", "tre_fire", "fem_eller_flere")


def size_class(number: int | None, largest: tuple[int, int, int]) -> str:
    """The size class of so many persons or rooms; `largest` is the most that the first three classes hold."""
    if number is None:
        return UNKNOWN
    return next((size for size, most in zip(SIZES, largest, strict=False) if number <= most), SIZES[-1])


class Delivery:
    """The tables of one delivery as known at its as-of date, with the dimensions written on every row."""

    def __init__(
        self,
        tables: Tables,
        as_of: date,
        municipality_no: str,
        former_numbers: Sequence[str],
        earlier: Sequence[tuple[date, Tables]] = (),
    ) -> None:
        self.as_of = as_of
        self.deliveries = [*earlier, (as_of, tables)]
        """Of this number, each with its as-of date, the oldest first."""
        self.region_codes = [municipality_no, *former_numbers]
        names = {*RECORDED, *UNDATED, *tables}
        self.tables = {name: known_at(name, tables.get(name, []), as_of) for name in names}

        self.applications = self._with_dimensions(
            "application",
            housing_category="boligkategori", application_type="soknadstype", handling_unit="behandlende_enhet",
        )  # fmt: skip
        application = {row["soknad_id"]: row for row in self.applications}
        self.decisions = self._with_dimensions("decision", outcome="utfall")
        self.allocations = self._with_dimensions("allocation", committee="tildelingsutvalg")
        for row in [*self.decisions, *self.allocations]:
            row["application"] = application[row["soknad_id"]]
            row["housing_category"] = row["application"]["housing_category"]
            row["handling_unit"] = row["application"]["handling_unit"]
        entries = self._with_dimensions("waitlist_entry", housing_category="boligkategori", exit_reason="ut_arsak")
        for row in entries:
            row["size_class"] = size_class(application[row["soknad_id"]]["husstandsstorrelse"], (1, 2, 4))
        self.queue = [row for row in entries if row["housing_category"] != "flyktning"]
        """The queue leaves out flyktning."""

        self.dwellings = self._with_dimensions(
            "dwelling",
            housing_category="boligkategori", tenure="eierform", manager="forvalter", area="omrade",
            disposed_to="avhendet_til",
        )  # fmt: skip
        for row in self.dwellings:
            row["size_class"] = size_class(row["antall_rom"], (2, 3, 4))
        self.dwelling = {row["bolig_id"]: row for row in self.dwellings}
        self.contracts = [self._in_dwelling(row) for row in self.tables["tenancy"]]
        self.renewal = {row["forrige_kontrakt_id"]: row for row in self.contracts if row["forrige_kontrakt_id"]}
        """By the id of a contract: the one that renews it, started or not."""
        self.stays = list(self._stays())
        self.charges = [self._in_dwelling(row) for row in self.tables["rent_charge"]]
        charge = {row["krav_id"]: row for row in self.charges}
        self.payments = [row | {"charge": charge[row["krav_id"]]} for row in self.tables["payment"]]
        for row in self.payments:
            row["housing_category"] = row["charge"]["housing_category"]
        self.payments_of: dict[str, list[Row]] = defaultdict(list)
        for row in self.payments:
            self.payments_of[row["krav_id"]].append(row)

        self.startlan = self._with_dimensions("startlan", purpose="formal", recipient_group="mottakergruppe")
        self.grants = self._with_dimensions("tilskudd", grant_type="tilskuddstype")
        self.refugees = self._with_dimensions("refugee_settlement", dwelling_type="boligtype")
        self.measures = self._with_dimensions("measure", measure_status="status", target_group="malgruppe")
        self.challenges = self._with_dimensions("challenge", challenge_type="type")
        self.budgets = self._with_dimensions("budget", kostra_function="funksjon")
        self.agreements = self._with_dimensions("settlement_agreement", unsettled_reason="arsak")

    def _with_dimensions(self, table: str, **columns: str) -> list[Row]:
        return [row | {d: row.get(column) for d, column in columns.items()} for row in self.tables[table]]

    def _in_dwelling(self, row: Row) -> Row:
        """The row with its dwelling, and the dwelling's dimensions."""
        dwelling = self.dwelling[row["bolig_id"]]
        return row | {"dwelling": dwelling} | {d: dwelling[d] for d in ("housing_category", "manager", "area")}

    @property
    def earliest(self) -> date | None:
        """The date with whose period the scorecard begins."""
        dates = [
            row[column]
            for table, column in (
                ("application", "mottatt_dato"), ("tenancy", "start_dato"), ("startlan", "soknad_dato"),
                ("tilskudd", "vedtak_dato"), ("bostotte", "termin"), ("rent_charge", "periode"),
            )
            for row in self.tables[table]
        ]  # fmt: skip
        return min((d for d in dates if d is not None), default=None)

    def values(self, metric_id: str, dimension: str) -> list[str]:
        """Every value that a breakdown lists.

        Reading: `ukjent` is listed where the attribute is empty on a row that should have it; a code that belongs to
        a date (a reason for leaving) should be there only where that date is.
        """
        if dimension == "phase":
            return list(RESPONSIBLE)
        if dimension == "responsible":
            return sorted(set(RESPONSIBLE.values()))
        if dimension == "size_class":
            return [*SIZES, UNKNOWN]
        if dimension == "with_followup":
            return ["med", "uten"]
        if dimension == "tenant_group":
            return ["rus", "psykisk", "rop", "puh", "flyktning", "okonomi", "ung", "eldre", "annet", "uten"]
        if dimension == "instrument":
            return list(INSTRUMENTS)
        found = set()
        for table, column, belongs_to in LISTED[dimension]:
            for row in self.tables[table]:
                if row[column] is not None:
                    found.add(row[column])
                elif belongs_to is None or row[belongs_to] is not None:
                    found.add(UNKNOWN)
        if dimension == "housing_category" and (metric_id.startswith("queue_") or metric_id == "need_coverage"):
            found.discard("flyktning")
        return sorted(found)

    # Stays

    def _stays(self) -> Iterator[Row]:
        """Chains of contracts linked by forrige_kontrakt_id whose first contract has started."""
        for first in self.contracts:
            if first["forrige_kontrakt_id"] or first["start_dato"] is None:
                continue
            chain = [first]
            while chain[-1]["kontrakt_id"] in self.renewal:
                chain.append(self.renewal[chain[-1]["kontrakt_id"]])
            yield {
                "contracts": chain,
                "first": first,
                "last": chain[-1],
                "start": first["start_dato"],
                "end": chain[-1]["utflyttet_dato"],
                "move_out_reason": chain[-1]["utflyttingsarsak"],
                **{key: first[key] for key in ("bolig_id", "dwelling", "housing_category", "manager", "area")},
                "size_class": first["dwelling"]["size_class"],
            }

    def stays_at(self, day: date) -> list[Row]:
        """The stays of the day, each with its latest started contract (of two with one start the renewing one)."""
        found = []
        for stay in self.stays:
            if holds(stay["start"], stay["end"], day):
                started = [c for c in stay["contracts"] if c["start_dato"] is not None and c["start_dato"] <= day]
                latest = max(enumerate(started), key=lambda nc: (nc[1]["start_dato"], nc[0]))[1]
                found.append(stay | {"contract": latest})
        return found

    @cached_property
    def allocation(self) -> dict[str, Row]:
        """Allocations by their id."""
        return {row["tildeling_id"]: row for row in self.allocations}

    def is_new(self, allocation: Row) -> bool:
        """Whether it is a new allocation that has happened."""
        return is_type(allocation, "ny")

    # Follow-up

    @cached_property
    def case_months(self) -> list[Row]:
        """The months of the cases that have begun, each with its case and the days on which that was active."""
        case = {c["oppfolging_id"]: c for c in cases(self)}
        found = []
        for m in self.tables["followup_month"]:
            c = case[m["oppfolging_id"]]
            if m["maned"] is None or c["start_dato"] is None:
                continue
            days = [m["maned"] + n * DAY for n in range((add_months(m["maned"], 1) - m["maned"]).days)]
            active = sum(holds(c["start_dato"], c["slutt_dato"], day) for day in days if day <= self.as_of)
            hours = c["vedtatt_timer_uke"]
            found.append(c | m | {"active": active, "granted": None if hours is None else hours * active / 7})
        return found

    # Vacancies

    @cached_property
    def vacancies(self) -> list[Row]:
        """Every vacancy of every dwelling, with its vacant days."""
        stays, events, allocations = defaultdict(list), defaultdict(list), defaultdict(list)
        for stay in self.stays:
            stays[stay["bolig_id"]].append(stay)
        for event in self.tables["dwelling_event"]:
            if event["hendelse_dato"] is not None:
                events[event["bolig_id"]].append((event["hendelse"], event["hendelse_dato"]))
        for allocation in self.allocations:
            if self.is_new(allocation):
                allocations[allocation["bolig_id"]].append(allocation["tildelt_dato"])
        return [
            vacancy
            for dwelling in self.dwellings
            if dwelling["anskaffet_dato"] is not None
            for vacancy in self._vacancies(
                dwelling,
                count_as_one(stays[dwelling["bolig_id"]]),
                events[dwelling["bolig_id"]],
                allocations[dwelling["bolig_id"]],
            )
        ]

    def _vacancies(
        self, dwelling: Row, stays: list[Row], events: list[tuple[str, date]], allocations: list[date]
    ) -> list[Row]:
        acquired, gone = dwelling["anskaffet_dato"], dwelling["avhendet_dato"] or self.as_of + DAY
        rehabilitations = list(rehabilitations_of(stays, events))
        found: dict[date, Row] = {}
        day = acquired
        while day < gone:
            if not any(holds(stay["start"], stay["end"], day) for stay in stays):
                # Reading: a stay without length still parts two vacancies; one over before anskaffet_dato is none.
                ended = [stay for stay in stays if stay["end"] is not None and acquired <= stay["end"] <= day]
                previous = max(ended, key=lambda stay: (stay["end"], stay["start"]), default=None)
                v0 = previous["end"] if previous else acquired
                if v0 not in found:
                    coming = [stay for stay in stays if day < stay["start"] < gone]
                    following = min(coming, key=lambda stay: stay["start"], default=None)
                    v1 = following["start"] if following else gone
                    found[v0] = self._vacancy(dwelling, v0, v1, previous, following, events, allocations)
                vacancy = found[v0]
                phase = phase_of(day, vacancy, rehabilitations)
                rent = vacancy["rent"] * 12 / (366 if calendar.isleap(day.year) else 365)
                of_day = {"day": day, "phase": phase, "responsible": RESPONSIBLE[phase], "loss": rent}
                vacancy["days"].append({**vacancy["dimensions"], "vacancy": vacancy, **of_day})
            day += DAY
        return list(found.values())

    def _vacancy(
        self,
        dwelling: Row,
        v0: date,
        v1: date,
        previous: Row | None,
        following: Row | None,
        events: list[tuple[str, date]],
        allocations: list[date],
    ) -> Row:
        def in_span(day: date) -> bool:
            return v0 - 180 * DAY < day < v1 and (previous is None or previous["start"] < day)

        reported = min((d for kind, d in events if kind == "meldt_ledig" and in_span(d)), default=None)
        ready = max((d for kind, d in events if kind == "klargjort" and in_span(d)), default=None)
        named = following and self.allocation.get(following["first"]["tildeling_id"])
        allocated = (named and named["tildelt_dato"]) or max((d for d in allocations if in_span(d)), default=None)
        rent = previous["last"]["manedsleie"] if previous else dwelling["markedsleie_mnd"]
        dimensions = {d: dwelling[d] for d in ("housing_category", "area", "manager")}
        return {
            **dimensions,
            "dimensions": dimensions,
            "v0": v0,
            "v1": v1,
            "first_letting": previous is None,
            "let": following is not None,
            "reported": reported,
            "ready": ready,
            "allocated": allocated,
            "rent": Decimal(rent or 0),
            "days": [],
        }

    @cached_property
    def vacant_days_on(self) -> dict[date, list[Row]]:
        """The vacant days of all dwellings, by date."""
        found = defaultdict(list)
        for vacancy in self.vacancies:
            for of_day in vacancy["days"]:
                found[of_day["day"]].append(of_day)
        return found

    def vacant_days(self, p: Period) -> list[Row]:
        """The vacant dwelling-days of the period."""
        return [of_day for day in p.days for of_day in self.vacant_days_on.get(day, [])]


def is_type(allocation: Row, kind: str) -> bool:
    """Whether the allocation has happened, is of this tildelingstype, and was not refused."""
    happened = allocation["tildelt_dato"] is not None
    return happened and allocation["tildelingstype"] == kind and allocation["svar"] != "avslatt"


def count_as_one(stays: list[Row]) -> list[Row]:
    """The stays of a dwelling, those that overlap as one: first start, last end; two on end remain two.

    Reading: its first contract is that of the stay that began first, its last that of the stay that ended last.
    """
    joined: list[Row] = []
    for stay in sorted(stays, key=lambda stay: (stay["start"], stay["end"] or date.max)):
        if joined and stay["start"] < (joined[-1]["end"] or date.max):
            if (stay["end"] or date.max) > (joined[-1]["end"] or date.max):
                joined[-1] = joined[-1] | {"end": stay["end"], "last": stay["last"]}
        else:
            joined.append(stay)
    return joined


def rehabilitations_of(stays: list[Row], events: list[tuple[str, date]]) -> Iterator[tuple[date, date]]:
    """Each [rehabilitering_start, its end): the next slutt, or the start of the next stay.

    Reading: both are sought from the rehabilitering_start on (not from the vacancy), in all of the dwelling's history;
    a slutt on the same day is its end, a stay that began on the same day is not the next.
    """
    for kind, start in events:
        if kind == "rehabilitering_start":
            ends = [d for other, d in events if other == "rehabilitering_slutt" and d >= start]
            ends += [stay["start"] for stay in stays if stay["start"] > start]
            yield start, min(ends, default=date.max)


def phase_of(day: date, vacancy: Row, rehabilitations: list[tuple[date, date]]) -> str:
    """The one phase of a vacant day."""
    known = [d for d in (vacancy["reported"], vacancy["ready"]) if d is not None]
    available = max([vacancy["v0"], *known])
    allocated = vacancy["allocated"] or vacancy["v1"]
    if any(start <= day < end for start, end in rehabilitations):
        return "rehabilitering"
    if not known:
        return "ukjent" if day < allocated else "innflytting"
    if day < available:
        return "klargjoring"
    if day < allocated:
        return "tildeling"
    return "innflytting"


# --- How a metric is made of rows -----------------------------------------------------------------


def count(rows: Iterable[Row]) -> Reading:
    """How many."""
    listed = list(rows)
    return lambda keep: sum(1 for row in listed if keep(row))


def distinct(rows: Iterable[Row], column: str) -> Reading:
    """How many different values of the column."""
    listed = list(rows)
    return lambda keep: len({row[column] for row in listed if keep(row)})


def total(rows: Iterable[Row], of: Callable[[Row], Any]) -> Reading:
    """The sum."""
    listed = [(row, of(row) or 0) for row in rows]
    return lambda keep: sum((amount for row, amount in listed if keep(row)), Decimal(0))


def mean(rows: Iterable[Row], of: Callable[[Row], float]) -> Reading:
    """The mean; of nothing, None."""
    listed = list(rows)

    def read(keep: Keep) -> float | None:
        values = [of(row) for row in listed if keep(row)]
        return sum(values) / len(values) if values else None

    return read


def percentile_of(rows: Iterable[Row], of: Callable[[Row], float], share: float = 0.5) -> Reading:
    """The percentile, by default the median."""
    listed = list(rows)
    return lambda keep: percentile((of(row) for row in listed if keep(row)), share)


def average_of_days(rows: Iterable[Row], start: str, end: str, p: Period) -> Reading:
    """The mean over the period's days of how many rows hold at the end of each."""
    held = total(rows, lambda row: sum(holds(row[start], row[end], day) for day in p.days))
    return lambda keep: held(keep) / len(p.days)


def ratio(numerator: Reading, denominator: Reading, factor: float | Fraction = 1) -> Reading:
    """Numerator and denominator unscaled; None where the denominator is 0 (or is not known)."""

    def read(keep: Keep) -> Figure:
        above, below = numerator(keep), denominator(keep)
        value = float(above) / float(below) * float(factor) if below else None
        return value, above, below

    return read


@dataclass(frozen=True)
class Metric:
    """A metric: its id, its breakdowns, and its reading in a period."""

    metric_id: str
    dimensions: tuple[str, ...]
    read: Callable[[Delivery, Period], Reading]
    once: bool
    """One period only: the year of the as-of date."""
    yearly: bool
    """Whole years only."""


METRICS: dict[str, Metric] = {}


def metric(
    *dimensions: str, once: bool = False, yearly: bool = False
) -> Callable[..., Callable[[Delivery, Period], Reading]]:
    """Enter the function in the catalogue as the metric of its name."""

    def enter(read: Callable[[Delivery, Period], Reading]) -> Callable[[Delivery, Period], Reading]:
        METRICS[read.__name__] = Metric(read.__name__, dimensions, read, once, yearly)
        return read

    return enter


def compute(
    tables: Tables,
    as_of: date,
    municipality_no: str,
    former_numbers: Sequence[str] | None = None,
    earlier: Sequence[tuple[date, Tables]] = (),
) -> dict[Key, Figure]:
    """Every figure of one delivery: (metric_id, period_type, period_start, dimension, dimension_value) -> figure.

    `earlier`: what was delivered before under the same number, with its as-of dates, the oldest first.
    """
    if former_numbers is None:
        former_numbers = FORMER_NUMBERS.get(municipality_no, ())
    d = Delivery(tables, as_of, municipality_no, former_numbers, earlier)
    year = Period("year", date(as_of.year, 1, 1), date(as_of.year, 12, 31), as_of)
    every = list(periods(d.earliest, as_of))
    figures: dict[Key, Figure] = {}
    for m in METRICS.values():
        known_from = begins(tables, m.metric_id, as_of)
        if known_from is None:
            continue
        breakdowns = [(dimension, d.values(m.metric_id, dimension)) for dimension in m.dimensions]
        for p in [p for p in ([year] if m.once else every) if known_from <= p.last]:
            if m.yearly and p.type != "year":
                continue
            reading = m.read(d, p)
            for dimension, values in [("total", ["total"]), *breakdowns]:
                for value in values:
                    key = (m.metric_id, p.type, p.start, dimension, value)
                    figures[key] = as_figure(reading(keeping(dimension, value)))
    return figures


def keeping(dimension: str, value: str) -> Keep:
    """The rows of one value of a breakdown; an empty attribute is `ukjent`."""
    if dimension == "total":
        return lambda row: True
    if value == UNKNOWN:
        return lambda row: row[dimension] in (None, UNKNOWN)
    return lambda row: row[dimension] == value


def as_figure(result: Any) -> Figure:
    """A reading's result as value, numerator, denominator, decimals as floats."""
    value, above, below = result if isinstance(result, tuple) else (result, None, None)
    return tuple(float(x) if x is not None else None for x in (value, above, below))  # type: ignore[return-value]


# --- Queue ----------------------------------------------------------------------------------------

CATEGORY = "housing_category"


def waiting(d: Delivery, day: date) -> list[Row]:
    """The entries that wait at the end of the day."""
    return [e for e in d.queue if holds(e["inn_dato"], e["ut_dato"], day)]


def allocated_applications(d: Delivery, first: date, last: date) -> list[Row]:
    """Distinct applications with a new allocation from the first day to the last, flyktning left out."""
    found = {
        a["soknad_id"]: a["application"]
        for a in d.allocations
        if d.is_new(a) and first <= a["tildelt_dato"] <= last and a["housing_category"] != "flyktning"
    }
    return list(found.values())


@metric(CATEGORY)
def queue_waiting(d: Delivery, p: Period) -> Reading:
    return count(waiting(d, p.end))


@metric(CATEGORY)
def queue_inflow(d: Delivery, p: Period) -> Reading:
    return count(e for e in d.queue if e["inn_dato"] in p)


@metric(CATEGORY, "exit_reason")
def queue_outflow(d: Delivery, p: Period) -> Reading:
    return count(e for e in d.queue if e["ut_dato"] in p)


@metric(CATEGORY)
def queue_net_change(d: Delivery, p: Period) -> Reading:
    inflow, outflow = queue_inflow(d, p), queue_outflow(d, p)
    return lambda keep: inflow(keep) - outflow(keep)


@metric(CATEGORY)
def queue_allocated(d: Delivery, p: Period) -> Reading:
    return count(allocated_applications(d, p.start, p.end))


@metric(CATEGORY)
def queue_allocation_rate(d: Delivery, p: Period) -> Reading:
    return ratio(queue_allocated(d, p), queue_waiting(d, p))


def coverage(d: Delivery, p: Period) -> Reading:
    """Exits with tildelt in the 12 months, over those who waited before them and those who came in them."""
    first, last = months_ending(p.end, 12)
    waited = waiting(d, first - DAY)
    came = [e for e in d.queue if e["inn_dato"] is not None and first <= e["inn_dato"] <= last]
    left = [e for e in d.queue if e["ut_dato"] is not None and first <= e["ut_dato"] <= last]
    return ratio(count(e for e in left if e["ut_arsak"] == "tildelt"), count([*waited, *came]))


@metric(CATEGORY)
def need_coverage(d: Delivery, p: Period) -> Reading:
    return coverage(d, p)


@metric()
def coverage_parity(d: Delivery, p: Period) -> Reading:
    # Reading: between two categories at least; where nobody was allocated anything, nobody was preferred.
    covered = coverage(d, p)
    figures = [covered(keeping(CATEGORY, category)) for category in d.values("need_coverage", CATEGORY)]
    shares = [value for value, _, needing in figures if needing >= 10]
    return lambda keep: min(shares) / max(shares) if len(shares) > 1 and max(shares) else None


@metric(CATEGORY)
def queue_turnover(d: Delivery, p: Period) -> Reading:
    return ratio(queue_allocated(d, p), average_of_days(d.queue, "inn_dato", "ut_dato", p), p.annual)


@metric(CATEGORY)
def queue_clearance_months(d: Delivery, p: Period) -> Reading:
    return ratio(queue_waiting(d, p), count(allocated_applications(d, *months_ending(p.end, 12))), 12)


@metric(CATEGORY)
def queue_wait_days_median_allocated(d: Delivery, p: Period) -> Reading:
    out = [e for e in d.queue if e["ut_arsak"] == "tildelt" and e["ut_dato"] in p]
    return percentile_of(out, lambda e: (e["ut_dato"] - e["inn_dato"]).days)


@metric(CATEGORY)
def queue_wait_days_median(d: Delivery, p: Period) -> Reading:
    spells = wait_spells(d.queue, p, "inn_dato", "ut_dato", lambda e: e["ut_arsak"] == "tildelt")
    return lambda keep: kaplan_meier_median(spell for e, spell in spells if keep(e))


def wait_spells(
    rows: Iterable[Row], p: Period, start: str, end: str, is_event: Keep
) -> list[tuple[Row, tuple[int, int, bool]]]:
    """The rows that had come by period end, each with its wait in the 12 months (entry, exit, whether by the event)."""
    first, last = months_ending(p.end, 12)

    def spell(e: Row) -> tuple[int, int, bool]:
        entry = max((first - DAY - e[start]).days, 0)
        exit_ = (min(e[end] or last, last) - e[start]).days
        event = e[end] is not None and first <= e[end] <= last and is_event(e)
        return entry, exit_, event

    return [(e, spell(e)) for e in rows if e[start] is not None and e[start] <= last]


@metric(CATEGORY)
def queue_age_days_median(d: Delivery, p: Period) -> Reading:
    return percentile_of(waiting(d, p.end), lambda e: (p.end - e["inn_dato"]).days)


@metric(CATEGORY)
def queue_age_days_p90(d: Delivery, p: Period) -> Reading:
    return percentile_of(waiting(d, p.end), lambda e: (p.end - e["inn_dato"]).days, 0.9)


@metric(CATEGORY)
def queue_waiting_over_one_year(d: Delivery, p: Period) -> Reading:
    return count(e for e in waiting(d, p.end) if (p.end - e["inn_dato"]).days > 365)


def moves_in(d: Delivery, p: Period) -> list[Row]:
    """Stays that began in the period under a new allocation, as that allocation, with the start."""
    begun = [(s["start"], d.allocation.get(s["first"]["tildeling_id"])) for s in d.stays if s["start"] in p]
    return [a | {"start": start} for start, a in begun if a is not None and d.is_new(a)]


@metric(CATEGORY)
def application_to_move_in_days_median(d: Delivery, p: Period) -> Reading:
    moved = [a for a in moves_in(d, p) if a["application"]["mottatt_dato"] is not None]
    return percentile_of(moved, lambda a: (a["start"] - a["application"]["mottatt_dato"]).days)


@metric(CATEGORY)
def allocation_to_move_in_days_median(d: Delivery, p: Period) -> Reading:
    return percentile_of(moves_in(d, p), lambda a: (a["start"] - a["tildelt_dato"]).days)


# --- Applications and decisions -------------------------------------------------------------------

UNIT = "handling_unit"


def decided(d: Delivery, p: Period) -> list[Row]:
    """The decisions of the period."""
    return [row for row in d.decisions if row["vedtak_dato"] in p]


@metric("application_type", CATEGORY, UNIT)
def applications_received(d: Delivery, p: Period) -> Reading:
    return count(a for a in d.applications if a["mottatt_dato"] in p)


@metric("outcome", CATEGORY)
def decisions_made(d: Delivery, p: Period) -> Reading:
    return count(decided(d, p))


@metric(CATEGORY, UNIT)
def rejection_rate(d: Delivery, p: Period) -> Reading:
    return ratio(count(row for row in decided(d, p) if row["utfall"] == "avslag"), decisions_made(d, p))


@metric(CATEGORY)
def rejections_residence_rule(d: Delivery, p: Period) -> Reading:
    return count(row for row in decided(d, p) if row["utfall"] == "avslag" and row["avslagsgrunn"] == "botid")


def is_helped(d: Delivery, rejection: Row) -> bool:
    """Whether the applicant had a loan, an allowance or a day in a municipal dwelling within 12 months."""
    person, first = rejection["application"]["fodselsnummer"], rejection["vedtak_dato"]
    last = add_months(first, 12)
    days = [row["utbetalt_dato"] for row in d.tables["startlan"] if row["fodselsnummer"] == person]
    days += [
        row["termin"]
        for row in d.tables["bostotte"]
        if row["fodselsnummer"] == person and row["ordning"] == "statlig" and row["belop"] > 0
    ]
    # Reading: of a stay the person is the one of the latest contract that has started.
    stays = [stay for stay in d.stays if latest_contract(stay)["fodselsnummer"] == person]
    return any(day is not None and first <= day <= last for day in days) or any(
        stay["start"] <= last and (stay["end"] is None or stay["end"] > first) for stay in stays
    )


def latest_contract(stay: Row) -> Row:
    """The contract of the stay that started last (of two with one start the renewing one)."""
    started = [c for c in stay["contracts"] if c["start_dato"] is not None]
    return max(enumerate(started), key=lambda nc: (nc[1]["start_dato"], nc[0]))[1]  # type: ignore[no-any-return]


@metric(CATEGORY)
def refused_without_help_12m(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(add_months(p.end + DAY, -12) - DAY, 12)
    known_from = max(
        first_record(d.tables, named, d.as_of) or date(d.as_of.year, 1, 1)
        for named in ("startlan", "bostotte:statlig", "tenancy")
    )
    refused = [
        row
        for row in d.decisions
        if row["utfall"] == "avslag"
        and max(first, known_from) <= row["vedtak_dato"] <= last
        # Reading: a year that is not over by the as-of date tells nothing (a cohort that ends on 28 February).
        and add_months(row["vedtak_dato"], 12) <= d.as_of
    ]
    return ratio(count(row for row in refused if not is_helped(d, row)), count(refused))


INSTRUMENTS = {
    "bolig": "tenancy",
    "startlan": "startlan",
    "bostotte": "bostotte:statlig",
    "midlertidig": "temporary_stay",
    "garanti": "guarantee",
    "forvaltning": "income_management",
    "privat_leie": "private_letting",
    "sosialhjelp": "social_assistance",
}
"""What may reach an applicant, and the table by which it is known."""


def uses(d: Delivery) -> Iterator[tuple[str, str, date | None, date | None]]:
    """Person, instrument, first day, and the day after the last."""
    for stay in d.stays:
        yield latest_contract(stay)["fodselsnummer"], "bolig", stay["start"], stay["end"]
    for row in d.tables["startlan"]:
        paid = row["utbetalt_dato"]
        yield row["fodselsnummer"], "startlan", paid, paid and paid + DAY
    for instrument, table, month in (("bostotte", "bostotte", "termin"), ("sosialhjelp", "social_assistance", "maned")):
        for row in d.tables[table]:
            if row["belop"] > 0 and row[month] is not None:
                yield row["fodselsnummer"], instrument, row[month], add_months(row[month], 1)
    for row in d.tables["temporary_stay"]:
        yield row["fodselsnummer"], "midlertidig", row["fra_dato"], row["til_dato"]
    for row in d.tables["guarantee"]:
        ends = [day for day in (row["utlopt_dato"], row["innfridd_dato"]) if day is not None]
        yield row["fodselsnummer"], "garanti", row["gitt_dato"], min(ends, default=None)
    for row in d.tables["income_management"]:
        yield row["fodselsnummer"], "forvaltning", row["start_dato"], row["slutt_dato"]
    for row in d.tables["private_letting"]:
        yield row["fodselsnummer"], "privat_leie", row["bolig_funnet_dato"], row["leie_slutt_dato"]


def reaches(d: Delivery) -> list[Row]:
    """Each new application whose year is over beside each instrument known of then. Made once for a delivery."""
    if "reaches" not in d.__dict__:
        used: dict[tuple[str, str], list[tuple[date, date | None]]] = defaultdict(list)
        for person, instrument, begun, over in uses(d):
            if begun is not None:
                used[person, instrument].append((begun, over))
        _, delivered = d.deliveries[-1]
        begin = {
            instrument: first_record(d.tables, named, d.as_of) or date(d.as_of.year, 1, 1)
            for instrument, named in INSTRUMENTS.items()
            if named not in MAY_BE_MISSING or named in delivered
        }
        d.__dict__["reaches"] = [
            {
                "soknad_id": s["soknad_id"],
                "mottatt_dato": s["mottatt_dato"],
                "instrument": instrument,
                "reached": any(
                    begun < add_months(s["mottatt_dato"], 12) and (over is None or over > s["mottatt_dato"])
                    for begun, over in used[s["fodselsnummer"], instrument]
                ),
            }
            for s in d.applications
            for instrument in begin
            if s["soknadstype"] == "ny"
            and s["mottatt_dato"] is not None
            and s["mottatt_dato"] >= begin[instrument]
            and add_months(s["mottatt_dato"], 12) <= d.as_of
        ]
    found: list[Row] = d.__dict__["reaches"]
    return found


@metric("instrument")
def applicants_reached_share(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(add_months(p.end + DAY, -12) - DAY, 12)
    of = [row for row in reaches(d) if first <= row["mottatt_dato"] <= last]
    return ratio(distinct((row for row in of if row["reached"]), "soknad_id"), distinct(of, "soknad_id"))


@metric(CATEGORY, UNIT)
def processing_days_median(d: Delivery, p: Period) -> Reading:
    return percentile_of(decided(d, p), lambda row: (row["vedtak_dato"] - row["application"]["mottatt_dato"]).days)


@metric(CATEGORY)
def complaints_received(d: Delivery, p: Period) -> Reading:
    return count(row for row in d.decisions if row["klage_dato"] in p)


@metric()
def complaints_upheld_rate(d: Delivery, p: Period) -> Reading:
    answered = [row for row in d.decisions if row["klage_dato"] in p and row["klage_utfall"] is not None]
    return ratio(count(row for row in answered if row["klage_utfall"] == "medhold"), count(answered))


# --- Allocations and renewals ---------------------------------------------------------------------


@metric(CATEGORY, "committee")
def allocations_new(d: Delivery, p: Period) -> Reading:
    return count(a for a in d.allocations if is_type(a, "ny") and a["tildelt_dato"] in p)


@metric(CATEGORY, "committee")
def allocations_renewal(d: Delivery, p: Period) -> Reading:
    return count(a for a in d.allocations if is_type(a, "fornyelse") and a["tildelt_dato"] in p)


@metric(CATEGORY, "committee")
def renewal_share(d: Delivery, p: Period) -> Reading:
    new, renewed = allocations_new(d, p), allocations_renewal(d, p)
    return ratio(renewed, lambda keep: new(keep) + renewed(keep))


@metric(CATEGORY)
def offers_refused_rate(d: Delivery, p: Period) -> Reading:
    answered = [
        a for a in d.allocations if a["tildelt_dato"] in p and a["tildelingstype"] == "ny" and a["svar"] is not None
    ]
    return ratio(count(a for a in answered if a["svar"] == "avslatt"), count(answered))


def expiring(d: Delivery, p: Period) -> list[Row]:
    """Fixed-term contracts whose agreed end lies in the period, whatever became of them."""
    return [c for c in d.contracts if c["kontraktstype"] == "tidsbestemt" and c["avtalt_slutt_dato"] in p]


@metric(CATEGORY)
def contracts_expiring(d: Delivery, p: Period) -> Reading:
    return count(expiring(d, p))


def expiring_next(d: Delivery, p: Period, months: int) -> Reading:
    """Fixed-term contracts running at period end whose agreed end lies in the months after it.

    Reading: what a renewal that has begun renews has run out; one that begins after the as-of date is recorded, and
    renews (renewal_rate). That a renewal begun since was agreed before period end no extract says.
    """

    def runs(contract: Row) -> bool:
        renewal = d.renewal.get(contract["kontrakt_id"])
        if renewal is None:
            return True
        return renewal["start_dato"] is not None and renewal["start_dato"] > p.end

    return count(
        c
        for c in d.contracts
        if c["kontraktstype"] == "tidsbestemt"
        and holds(c["start_dato"], c["utflyttet_dato"], p.end)
        and p.end < c["avtalt_slutt_dato"] <= add_months(p.end, months)
        and runs(c)
    )


@metric(CATEGORY)
def contracts_expiring_next_3m(d: Delivery, p: Period) -> Reading:
    return expiring_next(d, p, 3)


@metric(CATEGORY)
def contracts_expiring_next_6m(d: Delivery, p: Period) -> Reading:
    return expiring_next(d, p, 6)


@metric(CATEGORY)
def contracts_expiring_next_12m(d: Delivery, p: Period) -> Reading:
    return expiring_next(d, p, 12)


@metric(CATEGORY)
def short_contracts_share(d: Delivery, p: Period) -> Reading:
    begun = [
        c
        for c in d.contracts
        if c["kontraktstype"] == "tidsbestemt" and c["start_dato"] in p and not c["forrige_kontrakt_id"]
    ]
    short = [c for c in begun if c["avtalt_slutt_dato"] < add_months(c["start_dato"], 36)]
    return ratio(count(short), count(begun))


@metric(CATEGORY)
def renewal_rate(d: Delivery, p: Period) -> Reading:
    return ratio(count(c for c in expiring(d, p) if c["kontrakt_id"] in d.renewal), contracts_expiring(d, p))


@metric(CATEGORY)
def holdover_tenancies(d: Delivery, p: Period) -> Reading:
    def renewed_by_then(contract: Row) -> bool:
        renewal = d.renewal.get(contract["kontrakt_id"])
        return renewal is not None and renewal["start_dato"] is not None and renewal["start_dato"] <= p.end

    return count(
        c
        for c in d.contracts
        if c["kontraktstype"] == "tidsbestemt"
        and holds(c["start_dato"], c["utflyttet_dato"], p.end)
        and c["avtalt_slutt_dato"] < p.end
        and not renewed_by_then(c)
    )


def ended(d: Delivery, p: Period) -> list[Row]:
    """The stays whose end lies in the period."""
    return [s for s in d.stays if s["end"] in p]


@metric(CATEGORY, "move_out_reason")
def stays_ended(d: Delivery, p: Period) -> Reading:
    return count(ended(d, p))


@metric(CATEGORY)
def circulation_rate(d: Delivery, p: Period) -> Reading:
    return ratio(stays_ended(d, p), average_of_days(d.dwellings, "anskaffet_dato", "avhendet_dato", p), p.annual)


@metric(CATEGORY)
def stay_years_median(d: Delivery, p: Period) -> Reading:
    return percentile_of(ended(d, p), lambda s: (s["end"] - s["start"]).days / 365.25)


@metric()
def tenants_became_owners(d: Delivery, p: Period) -> Reading:
    return count(s for s in ended(d, p) if s["move_out_reason"] == "kjopt_bolig")


# --- Vacancy --------------------------------------------------------------------------------------


def relets(d: Delivery, p: Period, major_works: bool) -> list[Row]:
    """Vacancies that a stay ended with start in the period, first lettings left out, with or without rehabilitation."""
    return [
        v
        for v in d.vacancies
        if v["let"]
        and v["v1"] in p
        and not v["first_letting"]
        and any(day["phase"] == "rehabilitering" for day in v["days"]) == major_works
    ]


def relet_days(v: Row) -> int:
    """How long the vacancy took."""
    days: int = (v["v1"] - v["v0"]).days
    return days


@metric(CATEGORY, "area", "manager", "phase")
def vacant_dwellings(d: Delivery, p: Period) -> Reading:
    return count(d.vacant_days_on.get(p.end, []))


@metric(CATEGORY, "area", "manager", "phase", "responsible")
def vacant_days(d: Delivery, p: Period) -> Reading:
    return count(d.vacant_days(p))


@metric(CATEGORY, "area", "manager")
def vacancy_rate(d: Delivery, p: Period) -> Reading:
    def in_stock(b: Row) -> int:
        return sum(holds(b["anskaffet_dato"], b["avhendet_dato"], day) for day in p.days)

    return ratio(vacant_days(d, p), total(d.dwellings, in_stock))


@metric(CATEGORY, "manager")
def relet_days_mean(d: Delivery, p: Period) -> Reading:
    return mean(relets(d, p, major_works=False), relet_days)


@metric(CATEGORY, "manager")
def relet_days_median(d: Delivery, p: Period) -> Reading:
    return percentile_of(relets(d, p, major_works=False), relet_days)


@metric(CATEGORY, "manager")
def relet_days_p90(d: Delivery, p: Period) -> Reading:
    return percentile_of(relets(d, p, major_works=False), relet_days, 0.9)


@metric(CATEGORY)
def relet_days_mean_major_works(d: Delivery, p: Period) -> Reading:
    return mean(relets(d, p, major_works=True), relet_days)


@metric(CATEGORY)
def relet_over_90_days(d: Delivery, p: Period) -> Reading:
    return count(v for v in relets(d, p, major_works=False) if relet_days(v) > 90)


@metric(CATEGORY, "manager", "phase")
def vacant_over_90_days(d: Delivery, p: Period) -> Reading:
    at_end = d.vacant_days_on.get(p.end, [])
    return count(day for day in at_end if day["vacancy"]["v0"] < p.end - 90 * DAY)


@metric(CATEGORY)
def days_to_ready_median(d: Delivery, p: Period) -> Reading:
    return percentile_of((v for v in d.vacancies if v["ready"] in p), lambda v: (v["ready"] - v["v0"]).days)


@metric(CATEGORY)
def days_reported_to_allocated_median(d: Delivery, p: Period) -> Reading:
    both = [v for v in d.vacancies if v["reported"] is not None and v["allocated"] in p]
    return percentile_of(both, lambda v: (v["allocated"] - max(v["reported"], v["v0"])).days)


@metric(CATEGORY, "responsible")
def vacancy_loss(d: Delivery, p: Period) -> Reading:
    return total(d.vacant_days(p), lambda day: day["loss"])


@metric()
def vacancy_rent_booked(d: Delivery, p: Period) -> Reading:
    booked = [c for c in d.charges if c["kravtype"] == "tomgangsleie" and c["periode"] in p]
    return total(booked, lambda c: c["belop"])


# --- Startlån, grants, housing allowance ----------------------------------------------------------

GROUP = "recipient_group"


def loans(d: Delivery, p: Period) -> list[Row]:
    """The startlån paid out in the period."""
    return [s for s in d.startlan if s["utbetalt_dato"] in p]


@metric(GROUP)
def startlan_applications(d: Delivery, p: Period) -> Reading:
    return count(s for s in d.startlan if s["soknad_dato"] in p)


@metric(GROUP)
def startlan_preapprovals(d: Delivery, p: Period) -> Reading:
    return count(s for s in d.startlan if s["tilsagn_dato"] in p)


@metric("purpose", GROUP)
def startlan_loans(d: Delivery, p: Period) -> Reading:
    return count(loans(d, p))


@metric("purpose", GROUP)
def startlan_amount(d: Delivery, p: Period) -> Reading:
    return total(loans(d, p), lambda s: s["belop"])


@metric(GROUP)
def startlan_refinancing(d: Delivery, p: Period) -> Reading:
    return count(s for s in loans(d, p) if s["refinansiering"])


@metric()
def startlan_first_time_share(d: Delivery, p: Period) -> Reading:
    first_time = [s for s in loans(d, p) if s["mottakergruppe"] == "forstegangsetablering"]
    return ratio(count(first_time), startlan_loans(d, p))


@metric()
def startlan_restart_share(d: Delivery, p: Period) -> Reading:
    restart = [s for s in loans(d, p) if s["refinansiering"] or s["mottakergruppe"] == "reetablering_samlivsbrudd"]
    return ratio(count(restart), startlan_loans(d, p))


@metric(GROUP)
def startlan_preapprovals_open(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 6)
    return count(
        s
        for s in d.startlan
        if s["tilsagn_dato"] is not None
        and first <= s["tilsagn_dato"] <= last
        and not (s["utbetalt_dato"] is not None and s["utbetalt_dato"] <= last)
        and not (s["avslag_dato"] is not None and s["avslag_dato"] <= last)
    )


@metric(GROUP)
def startlan_preapproval_use_rate(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(add_months(p.end + DAY, -4) - DAY, 12)
    given = [s for s in d.startlan if s["tilsagn_dato"] is not None and first <= s["tilsagn_dato"] <= last]
    used = [
        s for s in given if s["utbetalt_dato"] is not None and s["utbetalt_dato"] <= add_months(s["tilsagn_dato"], 4)
    ]
    return ratio(count(used), count(given))


@metric()
def startlan_loan_to_price(d: Delivery, p: Period) -> Reading:
    priced = [s for s in loans(d, p) if s["formal"] == "kjop" and s["kjopesum"] is not None and s["kjopesum"] > 0]
    return ratio(total(priced, lambda s: s["belop"]), total(priced, lambda s: s["kjopesum"]))


@metric()
def startlan_tenant_buyers(d: Delivery, p: Period) -> Reading:
    return count(s for s in loans(d, p) if s["var_kommunal_leieboer"] and s["formal"] == "kjop")


@metric("grant_type")
def grants(d: Delivery, p: Period) -> Reading:
    return count(g for g in d.grants if g["utbetalt_dato"] in p)


@metric("grant_type")
def grants_amount(d: Delivery, p: Period) -> Reading:
    return total((g for g in d.grants if g["utbetalt_dato"] in p), lambda g: g["belop"])


@metric(yearly=True)
def grant_pot_use(d: Delivery, p: Period) -> Reading:
    pot = next((g["tildelt_belop"] for g in d.tables["grant_pot"] if g["aar"] == p.start.year), None)
    return ratio(grants_amount(d, p), lambda keep: pot)


@metric()
def rent_to_own_gap(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 12)
    gaps: list[Row] = []
    for case in d.startlan:
        answers = [case[day] for day in ("tilsagn_dato", "utbetalt_dato", "avslag_dato") if case[day] is not None]
        answered = min(answers, default=None)
        owning = case["bokostnad_eie_mnd"]
        is_tenant = case["var_kommunal_leieboer"] and case["formal"] == "kjop"
        if not is_tenant or owning is None or answered is None or not first <= answered <= last:
            continue
        running = [stay["contract"] for stay in d.stays_at(answered)]
        rented = [
            (contract["start_dato"], contract["kontrakt_id"], contract["manedsleie"])
            for contract in running
            if contract["fodselsnummer"] == case["fodselsnummer"]
        ]
        if not rented:
            continue
        # Reading: of several that began on one day the one with the first id.
        begun = max(start for start, *_ in rented)
        rent = min((key, rent) for start, key, rent in rented if start == begun)[1]
        months = [b["termin"] for b in d.tables["bostotte"] if b["termin"] is not None and b["termin"] <= answered]
        allowance = sum(
            b["belop"]
            for b in d.tables["bostotte"]
            if months and b["termin"] == max(months) and b["fodselsnummer"] == case["fodselsnummer"]
        )
        gaps.append({"above": float(owning - rent + allowance)})
    return percentile_of(gaps, lambda case: case["above"])


def paid_allowance(d: Delivery, scheme: str, within: Period | None = None, month: date | None = None) -> list[Row]:
    """Rows of bostøtte that paid something, in the period or in the one month."""
    return [
        row
        for row in d.tables["bostotte"]
        if row["ordning"] == scheme
        and row["belop"] > 0
        and row["termin"] is not None
        and (row["termin"] in within if within is not None else row["termin"] == month)
    ]


def last_month(d: Delivery, p: Period) -> date | None:
    """The period's last month for which any row exists.

    Reading: any row of bostotte.csv, of either scheme and whatever amount. Where there is none, nobody receives.
    """
    return max((row["termin"] for row in d.tables["bostotte"] if row["termin"] in p), default=None)


@metric()
def bostotte_households(d: Delivery, p: Period) -> Reading:
    return distinct(paid_allowance(d, "statlig", p), "fodselsnummer")


@metric()
def bostotte_amount(d: Delivery, p: Period) -> Reading:
    return total(paid_allowance(d, "statlig", p), lambda row: row["belop"])


@metric()
def bostotte_tenant_coverage(d: Delivery, p: Period) -> Reading:
    recipients = {row["fodselsnummer"] for row in paid_allowance(d, "statlig", month=last_month(d, p))}
    tenants = [stay["contract"] for stay in d.stays_at(p.end)]
    covered = [tenant for tenant in tenants if tenant["fodselsnummer"] in recipients]
    return ratio(distinct(covered, "fodselsnummer"), distinct(tenants, "fodselsnummer"))


@metric()
def bostotte_over_ceiling_share(d: Delivery, p: Period) -> Reading:
    # Reading: "the period's last month" is the one of the metric above, the last for which any row exists.
    known = [
        row
        for row in paid_allowance(d, "statlig", month=last_month(d, p))
        if row["kommunal_leieboer"] and row["boutgift"] is not None and row["boutgiftstak"] is not None
    ]
    return ratio(count(row for row in known if row["boutgift"] > row["boutgiftstak"]), count(known))


@metric()
def municipal_bostotte_households(d: Delivery, p: Period) -> Reading:
    return distinct(paid_allowance(d, "kommunal", p), "fodselsnummer")


# --- Private market, guarantees and social assistance ---------------------------------------------


def guarantees(d: Delivery) -> list[Row]:
    """The guarantees, each with the day on which it holds no more."""
    found = []
    for g in d.tables["guarantee"]:
        ends = [day for day in (g["utlopt_dato"], g["innfridd_dato"]) if day is not None]
        found.append(g | {"landlord": g["utleier"], "holds_to": min(ends, default=None)})
    return found


@metric("landlord")
def guarantees_active(d: Delivery, p: Period) -> Reading:
    return count(g for g in guarantees(d) if holds(g["gitt_dato"], g["holds_to"], p.end))


def months_before(p: Period, months: int) -> tuple[date, date]:
    """The 12 months that end the day before (period end + 1 day - n months)."""
    return months_ending(add_months(p.end + DAY, -months) - DAY, 12)


@metric("landlord")
def guarantee_call_rate(d: Delivery, p: Period) -> Reading:
    first, last = months_before(p, 24)
    given = [g for g in guarantees(d) if g["gitt_dato"] is not None and first <= g["gitt_dato"] <= last]
    called = [g for g in given if g["innfridd_dato"] and g["innfridd_dato"] <= add_months(g["gitt_dato"], 24)]
    return ratio(count(called), count(given))


def income_cases(d: Delivery) -> list[Row]:
    """The cases of income management, each with the day on which nobody waits in it any more."""
    found = []
    for s in d.tables["income_management"]:
        ends = [day for day in (s["start_dato"], s["slutt_dato"]) if day is not None]
        found.append(s | {"waits_to": min(ends, default=None)})
    return found


@metric()
def income_management_waiting(d: Delivery, p: Period) -> Reading:
    return count(s for s in income_cases(d) if holds(s["henvist_dato"], s["waits_to"], p.end))


@metric()
def income_management_wait_days_median(d: Delivery, p: Period) -> Reading:
    spells = wait_spells(income_cases(d), p, "henvist_dato", "waits_to", lambda s: s["waits_to"] == s["start_dato"])
    return lambda keep: kaplan_meier_median(spell for _, spell in spells)


@metric()
def private_letting_sustained_12m(d: Delivery, p: Period) -> Reading:
    first, last = months_before(p, 12)
    found = [h for h in d.tables["private_letting"] if h["bolig_funnet_dato"] is not None]
    of = [h for h in found if first <= h["bolig_funnet_dato"] <= last]
    left = [h for h in of if h["leie_slutt_dato"] and h["leie_slutt_dato"] < add_months(h["bolig_funnet_dato"], 12)]
    return ratio(count(h for h in of if h not in left), count(of))


def assisted(d: Delivery, p: Period) -> list[Row]:
    """The rows of social assistance of the period that gave something."""
    return [row for row in d.tables["social_assistance"] if row["maned"] in p and row["belop"] > 0]


@metric()
def social_assistance_housing_persons(d: Delivery, p: Period) -> Reading:
    return distinct(assisted(d, p), "fodselsnummer")


@metric()
def social_assistance_housing_amount(d: Delivery, p: Period) -> Reading:
    return total(assisted(d, p), lambda row: row["belop"])


# --- Follow-up in the home ------------------------------------------------------------------------

GROUP_OF, UNIT_OF, METHOD_OF, WITH = "followup_group", "followup_unit", "followup_method", "with_followup"
TENANT_GROUP = "tenant_group"
NOT_FOLLOWED = {WITH: "uten", TENANT_GROUP: "uten", METHOD_OF: None}
POSITIVE = ("kjopt_bolig", "privat_leie", "annen_kommunal_bolig")
FEWEST = 5
"""Of health, where fewer are behind it, nothing stands."""


def of_enough(reading: Reading, behind: Reading | None = None) -> Reading:
    """The reading where at least five are behind it: those counted by `behind`, or else the denominator."""

    def read(keep: Keep) -> Any:
        result = reading(keep)
        many = behind(keep) if behind is not None else result[1 + 1]
        if many is None or many < FEWEST:
            return (None, None, None) if isinstance(result, tuple) else None
        return result

    return read


def cases(d: Delivery) -> list[Row]:
    """The cases with their dimensions, and the day on which nobody waits in them any more."""
    found = []
    for c in d.tables["followup_case"]:
        ends = [day for day in (c["start_dato"], c["slutt_dato"]) if day is not None]
        dimensions = {GROUP_OF: c["malgruppe"], UNIT_OF: c["ansvarlig_enhet"], METHOD_OF: c["metode"]}
        found.append(c | dimensions | {"followup_end_reason": c["slutt_arsak"], "waits_to": min(ends, default=None)})
    return found


@metric(GROUP_OF, METHOD_OF, UNIT_OF)
def followup_active(d: Delivery, p: Period) -> Reading:
    return distinct((c for c in cases(d) if holds(c["start_dato"], c["slutt_dato"], p.end)), "fodselsnummer")


@metric(GROUP_OF, UNIT_OF)
def followup_waiting(d: Delivery, p: Period) -> Reading:
    return count(c for c in cases(d) if holds(c["vedtak_dato"], c["waits_to"], p.end))


@metric(GROUP_OF, UNIT_OF)
def followup_wait_days_median(d: Delivery, p: Period) -> Reading:
    spells = wait_spells(cases(d), p, "vedtak_dato", "waits_to", lambda c: c["waits_to"] == c["start_dato"])
    median: Reading = lambda keep: kaplan_meier_median(spell for c, spell in spells if keep(c))  # noqa: E731
    return of_enough(median, followup_waiting(d, p))


@metric(GROUP_OF)
def followup_started(d: Delivery, p: Period) -> Reading:
    return count(c for c in cases(d) if c["start_dato"] in p)


@metric("followup_end_reason")
def followup_ended(d: Delivery, p: Period) -> Reading:
    return count(c for c in cases(d) if c["slutt_dato"] in p and c["start_dato"] is not None)


def case_months(d: Delivery, p: Period) -> list[Row]:
    """The months of the period, each with its case and the days on which that was active."""
    return [m for m in d.case_months if m["maned"] in p]


def behind_months(d: Delivery, p: Period) -> Reading:
    """How many persons the months of the period are of."""
    return distinct(case_months(d, p), "fodselsnummer")


@metric(GROUP_OF, METHOD_OF)
def followup_hours(d: Delivery, p: Period) -> Reading:
    hours = total(case_months(d, p), lambda m: m["timer_direkte"] + (m["timer_indirekte"] or 0))
    return of_enough(hours, behind_months(d, p))


@metric(GROUP_OF, METHOD_OF)
def followup_hours_per_person_week(d: Delivery, p: Period) -> Reading:
    months = case_months(d, p)
    hours = total(months, lambda m: m["timer_direkte"] + (m["timer_indirekte"] or 0))
    return of_enough(ratio(hours, total(months, lambda m: m["active"]), 7), behind_months(d, p))


@metric(GROUP_OF, UNIT_OF)
def followup_delivered_share(d: Delivery, p: Period) -> Reading:
    granted = [m for m in case_months(d, p) if m["granted"] is not None]
    delivered = ratio(total(granted, lambda m: m["timer_direkte"]), total(granted, lambda m: m["granted"]))
    return of_enough(delivered, behind_months(d, p))


@metric(METHOD_OF)
def followup_no_show_share(d: Delivery, p: Period) -> Reading:
    both = [m for m in case_months(d, p) if m["antall_kontakter"] is not None and m["antall_ikke_hjemme"] is not None]
    tried = total(both, lambda m: m["antall_kontakter"] + m["antall_ikke_hjemme"])
    return of_enough(ratio(total(both, lambda m: m["antall_ikke_hjemme"]), tried), behind_months(d, p))


@metric(METHOD_OF)
def cost_per_active_month(d: Delivery, p: Period) -> Reading:
    known = [m for m in case_months(d, p) if m["kostnad"] is not None]
    return of_enough(ratio(total(known, lambda m: m["kostnad"]), count(known)))


@metric(METHOD_OF)
def followup_cost_known_share(d: Delivery, p: Period) -> Reading:
    months = case_months(d, p)
    return of_enough(ratio(count(m for m in months if m["kostnad"] is not None), count(months)))


@dataclass(frozen=True)
class Followed:
    """What the cohorts of follow-up are made of, by person."""

    begins_on: date
    cases: Mapping[str, list[Row]]
    trouble: Mapping[str, list[date]]
    """Days on which a person came into the queue, or into temporary housing for a night."""
    petitions: list[Row]
    stays: Mapping[str, list[Row]]

    def active(self, person: str, first: date, last: date) -> list[Row]:
        """The person's cases that are active on one of these days."""
        return [
            c
            for c in self.cases.get(person, [])
            if c["start_dato"] <= last and (c["slutt_dato"] is None or c["slutt_dato"] > first)
        ]

    def is_active(self, person: str, first: date, last: date) -> bool:
        """Whether the person was followed up on one of these days."""
        return bool(self.active(person, first, last))

    def is_in_trouble(self, person: str, first: date, last: date) -> bool:
        """Whether there was trouble on one of these days."""
        return any(first <= day <= last for day in self.trouble.get(person, []))


def followed(d: Delivery) -> Followed:
    """Made once for a delivery."""
    if "followed" not in d.__dict__:
        tables = ("tenancy", "followup_case", "allocation", "waitlist_entry", "temporary_stay", "eviction_case")
        by_case, trouble, stays = defaultdict(list), defaultdict(list), defaultdict(list)
        for c in cases(d):
            if c["start_dato"] is not None:
                by_case[c["fodselsnummer"]].append(c)
        person = {a["soknad_id"]: a["fodselsnummer"] for a in d.applications}
        for e in d.tables["waitlist_entry"]:
            if e["inn_dato"] is not None:
                trouble[person[e["soknad_id"]]].append(e["inn_dato"])
        for o in d.tables["temporary_stay"]:
            if o["fra_dato"] is not None and (o["til_dato"] is None or o["til_dato"] > o["fra_dato"]):
                trouble[o["fodselsnummer"]].append(o["fra_dato"])
        of_contract = {c["kontrakt_id"]: stay for stay in d.stays for c in stay["contracts"]}
        for stay in d.stays:
            stays[latest_contract(stay)["fodselsnummer"]].append(stay)
        tenant = {c["kontrakt_id"]: c["fodselsnummer"] for c in d.contracts}
        petitions = [
            s | {"person": tenant[s["kontrakt_id"]], "stay": of_contract.get(s["kontrakt_id"])}
            for s in d.tables["eviction_case"]
        ]
        begins_on = max(first_record(d.tables, t, d.as_of) or date(d.as_of.year, 1, 1) for t in tables)
        d.__dict__["followed"] = Followed(begins_on, by_case, trouble, petitions, stays)
    found: Followed = d.__dict__["followed"]
    return found


def moved_in(d: Delivery) -> list[Row]:
    """Stays begun under a new allocation since all is recorded, with whether their tenant was followed up."""
    f = followed(d)
    found = []
    for stay in d.stays:
        allocation = d.allocation.get(stay["first"]["tildeling_id"])
        if allocation is None or not d.is_new(allocation) or stay["start"] < f.begins_on:
            continue
        person = latest_contract(stay)["fodselsnummer"]
        around = f.active(person, stay["start"] - 30 * DAY, stay["start"] + 30 * DAY)
        by = min(around, key=lambda c: (c["start_dato"], c["oppfolging_id"]), default=None)
        said = {WITH: "med", TENANT_GROUP: by[GROUP_OF], METHOD_OF: by[METHOD_OF]} if by else NOT_FOLLOWED
        found.append(stay | {"person": person, "allocation": allocation} | said)
    return found


@metric(CATEGORY)
def new_tenancies_with_followup(d: Delivery, p: Period) -> Reading:
    begun = [s for s in moved_in(d) if s["start"] in p]
    return of_enough(ratio(count(s for s in begun if s[WITH] == "med"), count(begun)))


@metric(CATEGORY)
def promised_followup_share(d: Delivery, p: Period) -> Reading:
    named = {c["vedtak_id"] for c in cases(d) if c["vedtak_dato"] is not None}
    promised = {v["soknad_id"] for v in d.decisions if v["vedtak_dato"] is not None and v["vedtak_id"] in named}
    begun = [s for s in moved_in(d) if s["start"] in p and s["allocation"]["soknad_id"] in promised]
    return of_enough(ratio(count(s for s in begun if s[WITH] == "med"), count(begun)))


def watched(d: Delivery, p: Period, months: int) -> list[Row]:
    """Stays whose months ended in the period, but for those who died or went to an institution in them."""
    found = []
    for stay in moved_in(d):
        over = add_months(stay["start"], months)
        is_ended = stay["end"] is not None and stay["end"] < over
        if over in p and not (is_ended and stay["move_out_reason"] in ("dod", "institusjon")):
            found.append(stay | {"over": over, "lasted": not is_ended})
    return found


def lasted(d: Delivery, p: Period, months: int) -> Reading:
    of = watched(d, p, months)
    return of_enough(ratio(count(s for s in of if s["lasted"]), count(of)))


def housed(d: Delivery, p: Period, months: int) -> Reading:
    f = followed(d)

    def is_housed(s: Row) -> bool:
        if s["lasted"] or s["move_out_reason"] not in POSITIVE:
            return bool(s["lasted"])
        evicted = any(
            e["person"] == s["person"] and e["utfall"] == "gjennomfort" and e["utfall_dato"] is not None
            and s["end"] <= e["utfall_dato"] <= s["over"]
            for e in f.petitions
        )  # fmt: skip
        return not evicted and not f.is_in_trouble(s["person"], s["end"], s["over"])

    of = watched(d, p, months)
    return of_enough(ratio(count(s for s in of if is_housed(s)), count(of)))


def moved_out(d: Delivery, p: Period, months: int) -> list[Row]:
    """Stays that ended since all is recorded whose months ended in the period, but for deaths and moves to care."""
    f = followed(d)
    of = []
    for stay in d.stays:
        if stay["end"] is None or stay["end"] < f.begins_on or add_months(stay["end"], months) not in p:
            continue
        if stay["move_out_reason"] not in ("dod", "institusjon", "annen_kommunal_bolig"):
            person, last = latest_contract(stay)["fodselsnummer"], stay["end"] - DAY
            is_with = f.is_active(person, last, last)
            of.append(stay | {"person": person, WITH: "med" if is_with else "uten"})
    return of


def returned(d: Delivery, p: Period, months: int) -> Reading:
    f = followed(d)
    of = moved_out(d, p, months)

    def is_back(s: Row) -> bool:
        over = add_months(s["end"], months)
        again = any(s["end"] + 14 * DAY < other["start"] <= over for other in f.stays[s["person"]])
        return again or f.is_in_trouble(s["person"], s["end"], over)

    return of_enough(ratio(count(s for s in of if is_back(s)), count(of)))


@metric(CATEGORY, WITH, TENANT_GROUP)
def tenancies_12m(d: Delivery, p: Period) -> Reading:
    return count(watched(d, p, 12))


@metric("move_out_reason", WITH)
def moved_out_12m(d: Delivery, p: Period) -> Reading:
    return count(moved_out(d, p, 12))


@metric(CATEGORY, WITH, TENANT_GROUP)
def tenancy_sustained_6m(d: Delivery, p: Period) -> Reading:
    return lasted(d, p, 6)


@metric(CATEGORY, WITH, TENANT_GROUP)
def tenancy_sustained_12m(d: Delivery, p: Period) -> Reading:
    return lasted(d, p, 12)


@metric(CATEGORY, WITH, TENANT_GROUP)
def tenancy_sustained_24m(d: Delivery, p: Period) -> Reading:
    return lasted(d, p, 24)


@metric(CATEGORY, WITH, TENANT_GROUP)
def housing_sustained_6m(d: Delivery, p: Period) -> Reading:
    return housed(d, p, 6)


@metric(CATEGORY, WITH, TENANT_GROUP)
def housing_sustained_12m(d: Delivery, p: Period) -> Reading:
    return housed(d, p, 12)


@metric(CATEGORY, WITH, TENANT_GROUP)
def housing_sustained_24m(d: Delivery, p: Period) -> Reading:
    return housed(d, p, 24)


@metric("move_out_reason", WITH)
def returns_6m(d: Delivery, p: Period) -> Reading:
    return returned(d, p, 6)


@metric("move_out_reason", WITH)
def returns_12m(d: Delivery, p: Period) -> Reading:
    return returned(d, p, 12)


@metric("move_out_reason", WITH)
def returns_24m(d: Delivery, p: Period) -> Reading:
    return returned(d, p, 24)


@metric(WITH)
def evictions_averted_share(d: Delivery, p: Period) -> Reading:
    f = followed(d)
    of = []
    for s in f.petitions:
        day = s["begjaert_dato"]
        if day is not None and day >= f.begins_on and day + 180 * DAY in p:
            of.append(s | {"over": day + 180 * DAY, WITH: "med" if f.is_active(s["person"], day, day) else "uten"})

    def is_averted(s: Row) -> bool:
        is_out = s["utfall"] == "gjennomfort" and s["utfall_dato"] is not None and s["utfall_dato"] <= s["over"]
        return not is_out and s["stay"] is not None and (s["stay"]["end"] is None or s["stay"]["end"] > s["over"])

    return of_enough(ratio(count(s for s in of if is_averted(s)), count(of)))


def days_followed(d: Delivery) -> list[Row]:
    """Stretches of days of every stay, each on which its tenant is followed up or is not. Made once for a delivery."""
    if "days_followed" not in d.__dict__:
        f, found = followed(d), []
        for stay in d.stays:
            person, over = latest_contract(stay)["fodselsnummer"], min(stay["end"] or date.max, d.as_of + DAY)
            of_person = f.cases.get(person, [])
            # it changes on no day but those on which a case begins or ends
            turns = {
                stay["start"],
                over,
                *(c[day] for c in of_person for day in ("start_dato", "slutt_dato") if c[day]),
            }
            inside = sorted(day for day in turns if stay["start"] <= day <= over)
            for first, after in pairwise(inside):
                is_with = any(holds(c["start_dato"], c["slutt_dato"], first) for c in of_person)
                found.append(stay | {"first": first, "after": after, WITH: "med" if is_with else "uten"})
        d.__dict__["days_followed"] = found
    stretches: list[Row] = d.__dict__["days_followed"]
    return stretches


@metric(CATEGORY, WITH)
def eviction_petition_rate(d: Delivery, p: Period) -> Reading:
    f = followed(d)
    petitions = []
    for s in f.petitions:
        if (day := s["begjaert_dato"]) in p:
            with_followup = "med" if f.is_active(s["person"], day, day) else "uten"
            contract = next(c for c in d.contracts if c["kontrakt_id"] == s["kontrakt_id"])
            petitions.append({CATEGORY: contract[CATEGORY], WITH: with_followup})
    year = 366 if calendar.isleap(p.start.year) else 365
    lived = [
        s | {"days": days}
        for s in days_followed(d)
        if (days := (min(s["after"], p.end + DAY) - max(s["first"], p.start)).days) > 0
    ]
    tenancies: Reading = lambda keep: len({s["contracts"][0]["kontrakt_id"] for s in lived if keep(s)})  # noqa: E731
    years: Reading = lambda keep: Fraction(sum(s["days"] for s in lived if keep(s)), year)  # noqa: E731
    return of_enough(ratio(count(petitions), years, 100), tenancies)


def has_home(d: Delivery, person: str, day: date) -> bool:
    """Whether the person is in a stay, or left one for something better and nothing has happened since."""
    f = followed(d)
    evicted = [e["utfall_dato"] for e in f.petitions if e["person"] == person and e["utfall"] == "gjennomfort"]
    for stay in f.stays.get(person, []):
        if holds(stay["start"], stay["end"], day):
            return True
        if stay["end"] is not None and stay["end"] <= day and stay["move_out_reason"] in POSITIVE:
            is_out = any(out is not None and stay["end"] <= out <= day for out in evicted)
            if not is_out and not f.is_in_trouble(person, stay["end"], day):
                return True
    return False


def days_to_stay_housed(d: Delivery) -> dict[str, dict[date, bool]]:
    """By person: each day with a case to stay housed, and whether the person is. Made once for a delivery."""
    if "days_to_stay_housed" not in d.__dict__:
        found: dict[str, dict[date, bool]] = defaultdict(dict)
        for c in cases(d):
            if c["mal"] in ("varig_med_hjelp", "beholde_bolig") and c["start_dato"] is not None:
                person, day = c["fodselsnummer"], c["start_dato"]
                while day < min(c["slutt_dato"] or date.max, d.as_of + DAY):
                    if day not in found[person]:
                        found[person][day] = has_home(d, person, day)
                    day += DAY
        d.__dict__["days_to_stay_housed"] = found
    days: dict[str, dict[date, bool]] = d.__dict__["days_to_stay_housed"]
    return days


@metric()
def followup_kept_home_share(d: Delivery, p: Period) -> Reading:
    of = [
        {"person": person, "housed": days[day]}
        for person, days in days_to_stay_housed(d).items()
        for day in p.days
        if day in days
    ]
    return of_enough(ratio(count(o for o in of if o["housed"]), count(of)), distinct(of, "person"))


@metric(METHOD_OF)
def cost_per_sustained_tenancy_year(d: Delivery, p: Period) -> Reading:
    f = followed(d)
    cost_of = {(m["oppfolging_id"], m["maned"]): m["kostnad"] for m in d.tables["followup_month"]}
    of = []
    for s in watched(d, p, 12):
        days = [s["start"] + n * DAY for n in range((s["over"] - s["start"]).days)]
        months: list[Row] = [{"first": day, "last": add_months(day, 1) - DAY} for day in days if day.day == 1]
        for month in months:
            # a case that ended on the day of its start was active on none
            active = [c for c in f.active(s["person"], *month.values()) if c["slutt_dato"] != c["start_dato"]]
            month["costs"] = [cost_of.get((c["oppfolging_id"], month["first"])) for c in active]
        known = [month for month in months if None not in month["costs"]]
        ends = [min(s["end"] or date.max, month["last"] + DAY, d.as_of + DAY) - month["first"] for month in known]
        cost = sum((cost for month in known for cost in month["costs"]), Decimal(0))
        of.append(s | {"cost": cost, "lived": sum(max(end.days, 0) for end in ends), "known": len(known)})
    of = [s for s in of if s[WITH] == "med"]
    per_day = ratio(total(of, lambda s: s["cost"]), total(of, lambda s: s["lived"]), 365)
    return of_enough(per_day, count(s for s in of if s["known"]))


@metric("warning_type")
def warning_to_followup_days_median(d: Delivery, p: Period) -> Reading:
    told = [v | {"warning_type": v["type"]} for v in d.tables["housing_warning"] if v["meldt_oppfolging_dato"] in p]
    median = percentile_of(told, lambda v: (v["meldt_oppfolging_dato"] - v["varsel_dato"]).days)
    return of_enough(median, count(told))


@metric("warning_type")
def warnings_solved_90d(d: Delivery, p: Period) -> Reading:
    of = [
        v | {"warning_type": v["type"]}
        for v in d.tables["housing_warning"]
        if v["varsel_dato"] is not None and v["varsel_dato"] + 90 * DAY in p
    ]
    solved = [
        v
        for v in of
        if v["lost_dato"] and v["lost_dato"] <= v["varsel_dato"] + 90 * DAY and v["losning"] != "begjaring"
    ]
    return of_enough(ratio(count(solved), count(of)))


@metric(GROUP_OF)
def followup_to_ownership_24m(d: Delivery, p: Period) -> Reading:
    f = followed(d)

    def is_owner(c: Row) -> bool:
        first, last = c["start_dato"], add_months(c["start_dato"], 24)
        bought = [s["end"] for s in f.stays[c["fodselsnummer"]] if s["move_out_reason"] == "kjopt_bolig" and s["end"]]
        lent = [
            s["utbetalt_dato"]
            for s in d.startlan
            if s["fodselsnummer"] == c["fodselsnummer"] and s["formal"] == "kjop" and s["utbetalt_dato"]
        ]
        return any(first <= day <= last for day in [*bought, *lent])

    of = [
        c
        for c in cases(d)
        if c["start_dato"] and c["start_dato"] >= f.begins_on and add_months(c["start_dato"], 24) in p
    ]
    owners = [c for c in of if is_owner(c)]
    return of_enough(ratio(distinct(owners, "fodselsnummer"), distinct(of, "fodselsnummer")))


@metric()
def followup_independent_12m(d: Delivery, p: Period) -> Reading:
    f = followed(d)
    of = [
        c
        for c in cases(d)
        if c["start_dato"]
        and c["mal"] == "selvstendig"
        and c["slutt_dato"]
        and c["slutt_arsak"] not in ("dod", "institusjon")
        and c["slutt_dato"] >= f.begins_on
        and add_months(c["slutt_dato"], 12) in p
    ]

    def is_independent(c: Row) -> bool:
        person, day, over = c["fodselsnummer"], c["slutt_dato"], add_months(c["slutt_dato"], 12)
        has_home = any(
            holds(s["start"], s["end"], day)
            and (s["end"] is None or s["end"] > over or s["move_out_reason"] in POSITIVE)
            for s in f.stays[person]
        )
        again = any(
            other["oppfolging_id"] != c["oppfolging_id"] and day <= other["start_dato"] <= over
            for other in f.cases[person]
        )
        is_done = c["slutt_arsak"] in ("maal_nadd", "ikke_behov")
        return is_done and has_home and not again and not f.is_in_trouble(person, day, over)

    return of_enough(ratio(count(c for c in of if is_independent(c)), count(of)))


@metric()
def sustained_observed_expected(d: Delivery, p: Period) -> Reading:
    f = followed(d)

    def stratum(s: Row) -> tuple[Any, ...]:
        start, day = s["start"], s["allocation"]["tildelt_dato"]
        petitioned = any(
            e["person"] == s["person"] and e["begjaert_dato"] is not None and e["begjaert_dato"] < start
            for e in f.petitions
        )
        homes = {c["kontrakt_id"] for other in f.stays[s["person"]] for c in other["contracts"]}
        owing = any(
            c["kontrakt_id"] in homes
            and c["kravtype"] in ("husleie", "skade", "gebyr")
            and c["forfallsdato"] <= day
            and unpaid(d, c, day) > 0
            for c in d.charges
        )
        children = s["allocation"]["application"]["antall_barn"] or 0
        return (s["housing_category"], petitioned, owing, children > 0)

    of = [(s, stratum(s)) for s in watched(d, p, 12)]
    without = [(n, s["lasted"], alike) for n, (s, alike) in enumerate(of) if s[WITH] == "uten"]
    beyond, behind, followed_up = Fraction(0), set(), 0
    for s, alike in of:
        if s[WITH] == "med":
            followed_up += 1
            for width in (4, 3, 2, 1, 0):
                like = [(n, held) for n, held, other in without if other[:width] == alike[:width]]
                if len(like) >= 5:
                    beyond += Fraction(int(s["lasted"])) - Fraction(sum(held for _, held in like), len(like))
                    behind |= {n for n, _ in like}
                    break
    if len(behind) < 30 or followed_up < FEWEST:
        return lambda keep: None
    return lambda keep: beyond


def unpaid(d: Delivery, charge: Row, day: date) -> Any:
    """What is left of a charge at the end of a day."""
    paid = sum(
        i["belop"]
        for i in d.payments_of.get(charge["krav_id"], [])
        if i["betalt_dato"] is not None and i["betalt_dato"] <= day
    )
    return charge["belop"] - paid


# --- Rent and arrears -----------------------------------------------------------------------------


def rents(d: Delivery, p: Period, known: str) -> list[Row]:
    """The contracts running at period end whose dwelling has the attribute."""
    return [s["contract"] for s in d.stays_at(p.end) if s["dwelling"][known] is not None]


@metric(CATEGORY, "manager")
def rent_per_m2(d: Delivery, p: Period) -> Reading:
    running = rents(d, p, "bruksareal_m2")
    return ratio(total(running, lambda c: c["manedsleie"]), total(running, lambda c: c["dwelling"]["bruksareal_m2"]))


@metric(CATEGORY, "manager")
def rent_to_market(d: Delivery, p: Period) -> Reading:
    running = rents(d, p, "markedsleie_mnd")
    return ratio(total(running, lambda c: c["manedsleie"]), total(running, lambda c: c["dwelling"]["markedsleie_mnd"]))


@metric()
def contracts_over_ten_years(d: Delivery, p: Period) -> Reading:
    # Reading: the definition says years, so a year is 365.25 days.
    return count(s for s in d.stays_at(p.end) if (p.end - s["start"]).days > 10 * 365.25)


def known_regulation(d: Delivery, p: Period) -> list[Row]:
    """The running contracts of which it is told how their rent was last regulated."""
    return [stay["contract"] for stay in d.stays_at(p.end) if stay["contract"]["reguleringsmate"] is not None]


@metric(CATEGORY, "manager", once=True)
def index_regulation_possible(d: Delivery, p: Period) -> Reading:
    known = known_regulation(d, p)
    # Reading: one that is regulated before it begins was last set when it began.
    last_set = [max(k["start_dato"], k["sist_regulert_dato"] or date.min) for k in known]
    possible = [k for k, day in zip(known, last_set, strict=True) if add_months(day, 12) <= p.end]
    return ratio(count(possible), count(known))


@metric(CATEGORY, "manager", once=True)
def market_regulation_possible(d: Delivery, p: Period) -> Reading:
    known = known_regulation(d, p)
    by_market = [k["sist_regulert_dato"] if k["reguleringsmate"] == "gjengs_leie" else k["start_dato"] for k in known]
    possible = [k for k, day in zip(known, by_market, strict=True) if add_months(day, 30) <= p.end]
    return ratio(count(possible), count(known))


@metric(CATEGORY)
def rent_charged(d: Delivery, p: Period) -> Reading:
    return total((c for c in d.charges if c["kravtype"] == "husleie" and c["forfallsdato"] in p), lambda c: c["belop"])


@metric(CATEGORY)
def rent_paid(d: Delivery, p: Period) -> Reading:
    paid = [i for i in d.payments if i["charge"]["kravtype"] == "husleie" and i["betalt_dato"] in p]
    return total(paid, lambda i: i["belop"])


def remainders(d: Delivery, p: Period) -> list[Row]:
    """The charges due by period end of which something is unpaid then, with the remainder."""
    found = []
    for c in d.charges:
        if c["kravtype"] in ("husleie", "skade", "gebyr") and c["forfallsdato"] <= p.end:
            paid = sum(
                i["belop"]
                for i in d.payments_of.get(c["krav_id"], [])
                if i["betalt_dato"] is not None and i["betalt_dato"] <= p.end
            )
            remainder = max(c["belop"] - paid, 0)
            if remainder > 0:
                found.append(c | {"remainder": remainder})
    return found


@metric(CATEGORY)
def arrears(d: Delivery, p: Period) -> Reading:
    return total(remainders(d, p), lambda c: c["remainder"])


@metric(CATEGORY)
def arrears_tenant_share(d: Delivery, p: Period) -> Reading:
    behind = {c["kontrakt_id"] for c in remainders(d, p) if c["forfallsdato"] < p.end - 30 * DAY}
    stays = d.stays_at(p.end)
    return ratio(count(s for s in stays if any(c["kontrakt_id"] in behind for c in s["contracts"])), count(stays))


@metric()
def repayment_plans_active(d: Delivery, p: Period) -> Reading:
    return count(a for a in d.tables["repayment_plan"] if holds(a["inngatt_dato"], a["avsluttet_dato"], p.end))


@metric()
def repayment_plan_default_rate(d: Delivery, p: Period) -> Reading:
    over = [a for a in d.tables["repayment_plan"] if a["avsluttet_dato"] in p]
    return ratio(count(a for a in over if a["avsluttet_arsak"] == "misligholdt"), count(over))


@metric()
def eviction_petitions(d: Delivery, p: Period) -> Reading:
    return count(s for s in d.tables["eviction_case"] if s["begjaert_dato"] in p)


@metric()
def evictions_carried_out(d: Delivery, p: Period) -> Reading:
    return count(s for s in d.tables["eviction_case"] if s["utfall"] == "gjennomfort" and s["utfall_dato"] in p)


@metric()
def evicted_awaiting_income_management(d: Delivery, p: Period) -> Reading:
    person = {c["kontrakt_id"]: c["fodselsnummer"] for c in d.contracts}
    evicted = [s for s in d.tables["eviction_case"] if s["utfall"] == "gjennomfort" and s["utfall_dato"] in p]

    def waits(case: Row) -> bool:
        return any(
            s["fodselsnummer"] == person[case["kontrakt_id"]]
            and holds(s["henvist_dato"], s["waits_to"], case["utfall_dato"])
            for s in income_cases(d)
        )

    return ratio(count(s for s in evicted if waits(s)), count(evicted))


@metric()
def evicted_to_temporary_90d(d: Delivery, p: Period) -> Reading:
    person = {c["kontrakt_id"]: c["fodselsnummer"] for c in d.contracts}
    carried_out = [
        s for s in d.tables["eviction_case"] if s["utfall"] == "gjennomfort" and s["utfall_dato"] is not None
    ]
    followed = [s for s in carried_out if s["utfall_dato"] + 90 * DAY in p]

    def has_stay(case: Row) -> bool:
        return any(
            o["fodselsnummer"] == person[case["kontrakt_id"]]
            and o["fra_dato"] is not None
            and case["utfall_dato"] <= o["fra_dato"] <= case["utfall_dato"] + 90 * DAY
            for o in d.tables["temporary_stay"]
        )

    return ratio(count(s for s in followed if has_stay(s)), count(followed))


# --- Stock and needs ------------------------------------------------------------------------------


@metric(CATEGORY, "tenure", "manager", "area")
def stock_dwellings(d: Delivery, p: Period) -> Reading:
    return count(b for b in d.dwellings if holds(b["anskaffet_dato"], b["avhendet_dato"], p.end))


@metric(CATEGORY, "tenure")
def stock_acquired(d: Delivery, p: Period) -> Reading:
    return count(b for b in d.dwellings if b["anskaffet_dato"] in p)


@metric(CATEGORY, "disposed_to")
def stock_disposed(d: Delivery, p: Period) -> Reading:
    return count(b for b in d.dwellings if b["avhendet_dato"] in p)


def population(d: Delivery, p: Period) -> Any:
    """The municipality's population of the year of period end, else of the latest year before."""
    # Reading: the year goes before the number; in one year the present number goes before those it had.
    known = [
        (row["year"], -d.region_codes.index(row["region_code"]), row["value"])
        for row in d.tables.get("kostra", [])
        if row["indicator"] == "population"
        and row["region_code"] in d.region_codes
        and row["value"] is not None
        and row["year"] <= p.end.year
    ]
    return max(known)[2] if known else None


@metric()
def stock_per_1000_inhabitants(d: Delivery, p: Period) -> Reading:
    return ratio(stock_dwellings(d, p), lambda keep: population(d, p), 1000)


def population_on_first_day(d: Delivery, year: int) -> Any:
    """Of this very year, under the newest number that has a figure; None where that is not above nothing."""
    found = {
        row["region_code"]: row["value"]
        for row in d.tables["kostra"]
        if row["indicator"] == "population" and row["year"] == year and row["value"] is not None
    }
    value = next((found[code] for code in d.region_codes if code in found), None)
    return value if year <= d.as_of.year and value and value > 0 else None


@metric(yearly=True)
def population_growth(d: Delivery, p: Period) -> Reading:
    now, before = (population_on_first_day(d, year) for year in (p.start.year, p.start.year - 5))
    return lambda keep: (float(now) / float(before)) ** (1 / 5) - 1 if now and before else None


@metric(yearly=True)
def population_growth_vs_plan(d: Delivery, p: Period) -> Reading:
    planned = [
        (f["gyldig_fra"], f["verdi"])
        for f in d.tables["forutsetning"]
        if f["kode"] == "befolkningsvekst" and f["boligkategori"] == "alle" and f["gyldig_fra"] <= p.end
    ]
    growth = population_growth(d, p)
    return lambda keep: growth(keep) - float(max(planned)[1]) if planned and growth(keep) is not None else None


@metric(yearly=True)
def homeless_persons(d: Delivery, p: Period) -> Reading:
    counted = {
        row["region_code"]: row["value"]
        for row in d.tables["kostra"]
        if row["indicator"] == "homeless_persons" and row["year"] == p.start.year and row["value"] is not None
    }
    return lambda keep: next((counted[code] for code in d.region_codes if code in counted), None)


@metric(yearly=True)
def respite_nights(d: Delivery, p: Period) -> Reading:
    of_year = next((r for r in d.tables["respite"] if r["aar"] == p.start.year), None)
    return lambda keep: of_year["dogn"] if of_year and of_year["personer"] >= 5 else None


def in_stock(d: Delivery, p: Period) -> list[Row]:
    """The dwellings at period end."""
    return [b for b in d.dwellings if holds(b["anskaffet_dato"], b["avhendet_dato"], p.end)]


@metric(CATEGORY, "manager", once=True)
def dwellings_with_faults_share(d: Delivery, p: Period) -> Reading:
    graded = [b for b in in_stock(d, p) if b["tilstandsgrad"] is not None]
    return ratio(count(b for b in graded if b["tilstandsgrad"] in (2, 3)), count(graded))


@metric(CATEGORY, once=True)
def dwellings_for_wheelchairs_share(d: Delivery, p: Period) -> Reading:
    known = [b for b in in_stock(d, p) if b["rullestol"] is not None]
    return ratio(count(b for b in known if b["rullestol"]), count(known))


@metric(CATEGORY, once=True)
def dwellings_universally_designed_share(d: Delivery, p: Period) -> Reading:
    known = [b for b in in_stock(d, p) if b["universell"] is not None]
    return ratio(count(b for b in known if b["universell"]), count(known))


@metric()
def stock_gap_to_country(d: Delivery, p: Period) -> Reading:
    country: dict[str, dict[int, Any]] = defaultdict(dict)
    for row in d.tables.get("kostra", []):
        if row["region_code"] == "0" and row["value"] is not None and row["year"] <= p.end.year:
            country[row["indicator"]][row["year"]] = row["value"]
    # Reading: both figures are of one year, the latest that has both.
    years = [year for year in country["kommunale_boliger"] if country["population"].get(year, 0) > 0]
    own, dwellings = population(d, p), stock_dwellings(d, p)
    if not years or own is None:
        return lambda keep: None
    rate = Fraction(country["kommunale_boliger"][max(years)]) / Fraction(country["population"][max(years)])
    return lambda keep: rate * Fraction(own) - dwellings(keep)


@metric("size_class")
def fit_gap(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 12)
    waits = queue_waiting(d, p)
    let = [
        s
        for s in d.stays
        if first <= s["start"] <= last
        and s["first"]["tildeling_id"] in d.allocation
        and d.is_new(d.allocation[s["first"]["tildeling_id"]])
    ]
    lettings = count(let)
    return lambda keep: waits(keep) - lettings(keep)


@metric()
def refugee_five_year_due_next_12m(d: Delivery, p: Period) -> Reading:
    def is_due(stay: Row) -> bool:
        return p.end < add_months(stay["start"], 60) <= add_months(p.end, 12)

    stays = [s for s in d.stays if s["housing_category"] == "flyktning" and holds(s["start"], s["end"], p.end)]
    return count(s for s in stays if is_due(s))


@metric("dwelling_type")
def refugees_settled(d: Delivery, p: Period) -> Reading:
    return count(r for r in d.refugees if r["bosatt_dato"] in p)


def agreement(d: Delivery, p: Period) -> Row:
    """The settlement agreement of the period's year; empty where there is none."""
    return next((a for a in d.agreements if a["aar"] == p.start.year), defaultdict(lambda: None))


@metric(yearly=True)
def refugees_settled_of_agreed(d: Delivery, p: Period) -> Reading:
    settled = count(r for r in d.refugees if r["bosatt_dato"] in p and not r["familiegjenforening"])
    return ratio(settled, lambda keep: agreement(d, p)["vedtatt"])


@metric("unsettled_reason", yearly=True)
def refugees_unsettled(d: Delivery, p: Period) -> Reading:
    of_year = agreement(d, p)
    return lambda keep: of_year["ikke_bosatt"] if keep(of_year) else None


@metric()
def preemption_use_rate(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 36)
    lapsed = [
        u
        for u in d.tables["development_agreement"]
        if u["frist_dato"] is not None
        and first <= u["frist_dato"] <= last
        and u["rett_antall"] is not None
        and u["benyttet_antall"] is not None
    ]
    return ratio(total(lapsed, lambda u: u["benyttet_antall"]), total(lapsed, lambda u: u["rett_antall"]))


@metric()
def preemption_rights_lapsing_6m(d: Delivery, p: Period) -> Reading:
    lapsing = [
        u
        for u in d.tables["development_agreement"]
        if u["rett_antall"] is not None
        and u["frist_dato"] is not None
        and p.end < u["frist_dato"] <= add_months(p.end, 6)
    ]
    return total(lapsing, lambda u: u["rett_antall"] - (u["benyttet_antall"] or 0))


@metric()
def grant_coverage_new_dwellings(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 36)
    new = sum(
        b["eierform"] == "eid" and b["anskaffet_dato"] is not None and first <= b["anskaffet_dato"] <= last
        for b in d.dwellings
    )
    granted = sum(
        t["boliger"] or 0
        for t in d.tables["municipal_grant"]
        if t["utbetalt_dato"] is not None and first <= t["utbetalt_dato"] <= last
    )
    return ratio(lambda keep: min(granted, new), lambda keep: new)


@metric()
def grant_missed(d: Delivery, p: Period) -> Reading:
    first, last = months_ending(p.end, 36)
    of = [
        b
        for b in d.dwellings
        if b["eierform"] == "eid"
        and b["anskaffet_dato"] is not None
        and first <= b["anskaffet_dato"] <= last
        and not b["boligkategori"].startswith("omsorg_")
    ]
    worth = [
        min(b["bruksareal_m2"], 80) * rate
        for b in of
        if b["bruksareal_m2"] is not None and (rate := grant_rate(b["anskaffet_dato"])) is not None
    ]
    granted = sum(
        t["boliger"] or 0
        for t in d.tables["municipal_grant"]
        if t["ordning"] == "utleieboliger" and t["utbetalt_dato"] is not None and first <= t["utbetalt_dato"] <= last
    )
    return lambda keep: sum(worth) * max(1 - Fraction(granted, len(of)), 0) if worth else None


def grant_rate(on: date) -> int | None:
    """The rate of a grant for a square metre that holds on a day (law_parameter)."""
    return 12_700 if on >= date(2023, 1, 1) else None


@metric()
def temporary_stays_open(d: Delivery, p: Period) -> Reading:
    return count(o for o in d.tables["temporary_stay"] if holds(o["fra_dato"], o["til_dato"], p.end))


def nights(o: Row, p: Period) -> int:
    """The nights of the temporary stay in the period; the night of a day is the one that follows it."""
    return sum(holds(o["fra_dato"], o["til_dato"], day) for day in p.days)


@metric()
def akutt_need_persons(d: Delivery, p: Period) -> Reading:
    return distinct((o for o in d.tables["temporary_stay"] if nights(o, p)), "fodselsnummer")


@metric()
def temporary_stay_nights(d: Delivery, p: Period) -> Reading:
    return total(d.tables["temporary_stay"], lambda o: nights(o, p))


@metric()
def temporary_stay_cost(d: Delivery, p: Period) -> Reading:
    return total(d.tables["temporary_stay"], lambda o: nights(o, p) * (o["dognpris"] or 0))


# --- Plan and learning ----------------------------------------------------------------------------


@metric("measure_status", once=True)
def measures(d: Delivery, p: Period) -> Reading:
    return count(d.measures)


@metric(once=True)
def measures_behind_share(d: Delivery, p: Period) -> Reading:
    behind = [t for t in d.measures if t["status"] in ("forsinket", "utsatt", "stoppet")]
    return ratio(count(behind), count(t for t in d.measures if t["status"] != "fullfort"))


@metric()
def measure_dwellings_delivered_rate(d: Delivery, p: Period) -> Reading:
    planned = [t for t in d.measures if t["planlagt_slutt"] <= p.end]
    return ratio(total(planned, lambda t: t["boliger_levert"]), total(planned, lambda t: t["boliger_planlagt"]))


def adopted(d: Delivery, p: Period) -> list[Row]:
    """The measures adopted in the 48 months that end at period end."""
    first, last = months_ending(p.end, 48)
    return [t for t in d.measures if t["vedtatt_dato"] is not None and first <= t["vedtatt_dato"] <= last]


@metric("target_group")
def measures_in_economic_plan_share(d: Delivery, p: Period) -> Reading:
    every = adopted(d, p)
    return ratio(count(t for t in every if t["okonomiplan_fra"] is not None), count(every))


@metric("target_group")
def measures_funded_share(d: Delivery, p: Period) -> Reading:
    budgeted: dict[tuple[str, int], Any] = defaultdict(int)
    for row in d.tables["measure_funding"]:
        budgeted[row["tiltak_id"], row["aar"]] += row["budsjett_belop"] or 0
    funded = {tiltak for (tiltak, year), nok in budgeted.items() if nok > 0 and year <= p.end.year + 1}
    every = adopted(d, p)
    return ratio(count(t for t in every if t["tiltak_id"] in funded), count(every))


@metric(once=True)
def measure_slip_days_median(d: Delivery, p: Period) -> Reading:
    first_planned: dict[str, date] = {}
    for _, tables in d.deliveries:
        for row in tables.get("measure", []):
            first_planned.setdefault(row["tiltak_id"], row["planlagt_slutt"])
    open_ones = [t for t in d.measures if t["status"] != "fullfort"]
    slips = [(t["planlagt_slutt"] - first_planned[t["tiltak_id"]]).days for t in open_ones]
    return lambda keep: percentile(slips, 0.5)


@metric("kostra_function", yearly=True)
def budget_overrun_share(d: Delivery, p: Period) -> Reading:
    # Reading: of a year that is not over, the five before it.
    last = p.end.year if p.is_complete else p.end.year - 1

    def read(keep: Keep) -> Figure:
        known = over = 0
        for year in range(last - 4, last + 1):
            rows = [row for row in d.budgets if row["aar"] == year and keep(row)]
            sums = [(row["regnskap"], row["budsjett_revidert"]) for row in rows]
            if sums and all(None not in pair for pair in sums):
                known += 1
                over += sum(r for r, _ in sums) > Decimal("1.02") * sum(b for _, b in sums)
        if known < 3:
            return None, 0, 0
        return over / known, over, known

    return read


@metric(yearly=True)
def net_cost_per_dwelling(d: Delivery, p: Period) -> Reading:
    sums = [row["regnskap"] for row in d.budgets if row["funksjon"] == "265" and row["aar"] == p.start.year]
    if not p.is_complete or not sums or None in sums:
        return lambda keep: (None, 0, 0)
    return ratio(lambda keep: sum(sums), average_of_days(d.dwellings, "anskaffet_dato", "avhendet_dato", p))


def open_challenges(d: Delivery) -> list[Row]:
    """The challenges that are open (and registered by the as-of date)."""
    return [u for u in d.challenges if u["status"] in ("apen", "under_arbeid") and u["registrert_dato"] is not None]


@metric("challenge_type", once=True)
def challenges_open(d: Delivery, p: Period) -> Reading:
    return count(open_challenges(d))


@metric(once=True)
def challenges_not_reviewed(d: Delivery, p: Period) -> Reading:
    reviewed = [u for u in open_challenges(d) if u["sist_vurdert_dato"] is not None]
    return count(u for u in reviewed if (d.as_of - u["sist_vurdert_dato"]).days > 365)


@metric("challenge_type")
def challenge_days_open_median(d: Delivery, p: Period) -> Reading:
    closed: dict[str, Row] = {}
    before: dict[str, Row] = {}
    for as_of, tables in d.deliveries:
        for row in tables.get("challenge", []):
            number = row["utfordring_id"]
            was_open = number in before and before[number]["status"] in ("apen", "under_arbeid")
            if was_open and row["status"] in ("lost", "avkreftet") and number not in closed:
                closed[number] = row | {"closed": as_of, "challenge_type": row["type"]}
        before = {row["utfordring_id"]: row for row in tables.get("challenge", [])}
    known = [u for u in closed.values() if u["closed"] in p and u["registrert_dato"] <= u["closed"]]
    return lambda keep: percentile([(u["closed"] - u["registrert_dato"]).days for u in known if keep(u)], 0.5)


# --- Comparison -----------------------------------------------------------------------------------


def benchmark(
    tables: Tables,
) -> dict[tuple[str, int, str], tuple[float | None, float | None, float | None, float | None]]:
    """scorecard.benchmark: (region_code, year, indicator) -> value, per_1000, index_2008, change_on_previous_year.

    Reading: per 1000 by the region's own population of that very year; the previous year is the calendar's.
    """
    value = {
        (row["region_code"], row["year"], row["indicator"]): float(row["value"]) if row["value"] is not None else None
        for row in tables.get("kostra", [])
    }

    def over(above: float | None, below: float | None, factor: float) -> float | None:
        return above / below * factor if above is not None and below else None

    found = {}
    for (region, year, indicator), v in value.items():
        change = over(v, value.get((region, year - 1, indicator)), 1)
        found[region, year, indicator] = (
            v,
            over(v, value.get((region, year, "population")), 1000),
            over(v, value.get((region, 2008, indicator)), 100),
            change - 1 if change is not None else None,
        )
    return found


# --- Deliveries -----------------------------------------------------------------------------------


def read_delivery(path: Path) -> dict[str, list[Row]]:
    """The tables of a delivery folder (`<municipality number>/<extract date>`), every row taken as accepted.

    CSV and .csv.gz only; a table without a file is left out. The as-of date is the day before the folder's name.
    """
    from dagster_project.vocabulary import contracts

    tables: dict[str, list[Row]] = {}
    for name, table in contracts.tables().items():
        plain = path / table.source / f"{name}.csv"
        packed = plain.with_suffix(".csv.gz")
        if plain.exists() or packed.exists():
            tables[name] = []
            content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
            for record in csv.DictReader(io.StringIO(_text(content), newline=""), delimiter=";"):
                given = {column.strip().casefold(): v for column, v in record.items() if column is not None}
                tables[name].append({c.name: _typed(given[c.name.casefold()] or "", c.type) for c in table.columns})
    return tables


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _typed(text: str, type_: str) -> Any:
    text = text.strip()
    if not text:
        return None
    match type_:
        case "date" | "month":
            parts = [int(part) for part in (text.split("-") if "-" in text else reversed(text.split(".")))]
            year, month, day = [*parts, 1] if type_ == "month" else parts
            return date(year, month, day)
        case "boolean":
            return text.casefold() == "ja"
        case "integer":
            return int(text)
        case "decimal":
            return Decimal(text.replace(",", "."))
        case "code":
            return text.casefold()
    return text
