"""An attacker on the public edition: who has read docs/definitions.md, knows every cell that is shown, and can compute.

Belongs here: what docs/definitions.md tells anybody of how figures hang together, written down from that page and not
from the catalogue, and the smallest and the largest value that a hidden cell can have. Does not belong here: the
protection.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from tests.oracle.figures import add_months

Cell = tuple[str, str, date, str, str]
"""What is counted, period type, period start, dimension, dimension value."""

MONTHS = {"month": 1, "quarter": 3, "tertial": 4, "year": 12}

# those whose months ended in the period: with what became of them
COHORTS = {
    f"{what}_{months}m": {f"{what}_{months}m_{came}" for came in came_to}
    for months in (6, 12, 24)
    for what, came_to in {"tenancies": ("lasted", "housed"), "moved_out": ("back",)}.items()
}
# counts of what happens in a period: a year's are those of its quarters
EVENTS = {
    "queue_inflow", "queue_outflow", "applications_received", "decisions_made", "complaints_received",
    "allocations_new", "allocations_renewal", "contracts_expiring", "stays_ended", "tenants_became_owners",
    "relet_over_90_days", "startlan_applications", "startlan_preapprovals", "startlan_loans", "startlan_refinancing",
    "startlan_tenant_buyers", "grants", "refugees_settled", "eviction_petitions", "evictions_carried_out",
    "rejected", "offers_refused", "offers_answered", "expiring_renewed", "allocations_all", "upheld", "concluded",
    "first_time_loans", "restart_loans", "plans_ended", "plans_defaulted", "rejections_residence_rule",
    "followup_started", "followup_ended", "followup_months", "followup_months_with_cost", "new_tenancies",
    "new_tenancies_followed_up", "new_tenancies_promised", "new_tenancies_promised_followed_up",
    "petitions_after_180_days", "petitions_averted", "warnings_after_90_days",
    "warnings_solved", "independence_looked_at", "independent", *COHORTS, *chain(*COHORTS.values()),
    "fixed_terms_begun", "short_terms_begun", "evictions_followed", "evicted_to_temporary", "settled_by_decision",
    "evicted_awaiting",
}  # fmt: skip
# counts of what is there at period end
STATES = {
    "queue_waiting", "queue_waiting_over_one_year", "holdover_tenancies", "vacant_dwellings", "vacant_over_90_days",
    "contracts_over_ten_years", "repayment_plans_active", "temporary_stays_open", "stays_in_arrears", "stays",
    "contracts_expiring_next_3m", "contracts_expiring_next_6m", "contracts_expiring_next_12m",
    "refugee_five_year_due_next_12m", "left_queue_allocated_in_12_months", "needing_in_12_months",
    "rejected_a_year_before", "rejected_a_year_before_without_help", "guarantees_active", "followup_waiting",
    "given_two_years_before", "given_two_years_before_called", "income_management_waiting", "found_a_year_before",
    "found_a_year_before_kept", "contracts_of_known_regulation", "contracts_index_possible",
    "contracts_market_rent_possible",
}  # fmt: skip
# counts of different persons or cases, which a longer period does not add up; and amounts
OTHERS = {"queue_allocated", "allocated_in_12_months", "bostotte_households", "municipal_bostotte_households"}
DIFFERENT = {"queue_allocated", "allocated_in_12_months"}
OTHERS |= {"followup_active", "began_two_years_before", "began_two_years_before_owners"}
# different persons, of whom one may stand in several parts of a breakdown
IN_SEVERAL = {"followup_active", "began_two_years_before", "began_two_years_before_owners"}
# an application, that several instruments reached
OTHERS |= {"applied_a_year_before", "applied_a_year_before_reached"}
IN_SEVERAL |= {"applied_a_year_before", "applied_a_year_before_reached"}
OTHERS |= {"tenants_with_bostotte", "tenants_over_ceiling", "tenants_with_ceiling"}
OTHERS |= {
    "social_assistance_housing_persons",
    "startlan_preapprovals_open",
    "preapprovals_matured",
    "preapprovals_used",
    "akutt_need_persons",
}
AMOUNTS = {"startlan_amount", "grants_amount", "vacant_days"}
RATIOS = {
    "queue_allocation_rate": ("queue_allocated", "queue_waiting"),
    "queue_turnover": ("queue_allocated", None),
    "queue_clearance_months": ("queue_waiting", "allocated_in_12_months"),
    "rejection_rate": ("rejected", "decisions_made"),
    "complaints_upheld_rate": ("upheld", "concluded"),
    "renewal_share": ("allocations_renewal", "allocations_all"),
    "offers_refused_rate": ("offers_refused", "offers_answered"),
    "renewal_rate": ("expiring_renewed", "contracts_expiring"),
    "circulation_rate": ("stays_ended", None),
    "arrears_tenant_share": ("stays_in_arrears", "stays"),
    "repayment_plan_default_rate": ("plans_defaulted", "plans_ended"),
    "startlan_first_time_share": ("first_time_loans", "startlan_loans"),
    "startlan_restart_share": ("restart_loans", "startlan_loans"),
    "startlan_preapproval_use_rate": ("preapprovals_used", "preapprovals_matured"),
    "vacancy_rate": ("vacant_days", None),
    "bostotte_tenant_coverage": ("tenants_with_bostotte", "stays"),
    "bostotte_over_ceiling_share": ("tenants_over_ceiling", "tenants_with_ceiling"),
    "grant_pot_use": ("grants_amount", None),
    "index_regulation_possible": ("contracts_index_possible", "contracts_of_known_regulation"),
    "market_regulation_possible": ("contracts_market_rent_possible", "contracts_of_known_regulation"),
    "need_coverage": ("left_queue_allocated_in_12_months", "needing_in_12_months"),
    "applicants_reached_share": ("applied_a_year_before_reached", "applied_a_year_before"),
    "refused_without_help_12m": ("rejected_a_year_before_without_help", "rejected_a_year_before"),
    "short_contracts_share": ("short_terms_begun", "fixed_terms_begun"),
    "evicted_to_temporary_90d": ("evicted_to_temporary", "evictions_followed"),
    "evicted_awaiting_income_management": ("evicted_awaiting", "evictions_carried_out"),
    "refugees_settled_of_agreed": ("settled_by_decision", None),
    "guarantee_call_rate": ("given_two_years_before_called", "given_two_years_before"),
    "private_letting_sustained_12m": ("found_a_year_before_kept", "found_a_year_before"),
    "new_tenancies_with_followup": ("new_tenancies_followed_up", "new_tenancies"),
    "promised_followup_share": ("new_tenancies_promised_followed_up", "new_tenancies_promised"),
    # one count wherever it stands; who of them was followed up may be thought to be as many as all, which are no secret
    "eviction_petition_rate": ("eviction_petitions", None),
    "evictions_averted_share": ("petitions_averted", "petitions_after_180_days"),
    "warnings_solved_90d": ("warnings_solved", "warnings_after_90_days"),
    "followup_to_ownership_24m": ("began_two_years_before_owners", "began_two_years_before"),
    "followup_independent_12m": ("independent", "independence_looked_at"),
    "followup_cost_known_share": ("followup_months_with_cost", "followup_months"),
    "cost_per_active_month": (None, "followup_months_with_cost"),
    **{f"tenancy_sustained_{n}m": (f"tenancies_{n}m_lasted", f"tenancies_{n}m") for n in (6, 12, 24)},
    **{f"housing_sustained_{n}m": (f"tenancies_{n}m_housed", f"tenancies_{n}m") for n in (6, 12, 24)},
    **{f"returns_{n}m": (f"moved_out_{n}m_back", f"moved_out_{n}m") for n in (6, 12, 24)},
}
# the first are some of the second, in every cell that both have
PARTS = [
    ("queue_waiting_over_one_year", "queue_waiting"),
    ("rejected", "decisions_made"),
    ("upheld", "concluded"),
    ("concluded", "complaints_received"),
    ("offers_refused", "offers_answered"),
    ("vacant_over_90_days", "vacant_dwellings"),
    ("expiring_renewed", "contracts_expiring"),
    ("startlan_refinancing", "startlan_loans"),
    ("contracts_over_ten_years", "stays"),
    ("contracts_of_known_regulation", "stays"),
    ("contracts_index_possible", "contracts_of_known_regulation"),
    ("contracts_market_rent_possible", "contracts_of_known_regulation"),
    ("stays_in_arrears", "stays"),
    ("plans_defaulted", "plans_ended"),
    ("restart_loans", "startlan_loans"),
    ("startlan_refinancing", "restart_loans"),
    ("preapprovals_used", "preapprovals_matured"),
    ("queue_allocated", "allocations_new"),
    ("tenants_became_owners", "stays_ended"),
    ("startlan_tenant_buyers", "startlan_loans"),
    ("first_time_loans", "startlan_loans"),
    ("tenants_with_bostotte", "stays"),
    ("tenants_over_ceiling", "tenants_with_ceiling"),
    ("left_queue_allocated_in_12_months", "needing_in_12_months"),
    ("queue_waiting", "needing_in_12_months"),
    ("rejected_a_year_before_without_help", "rejected_a_year_before"),
    ("rejections_residence_rule", "rejected"),
    ("applied_a_year_before_reached", "applied_a_year_before"),
    ("short_terms_begun", "fixed_terms_begun"),
    ("evicted_to_temporary", "evictions_followed"),
    ("evicted_awaiting", "evictions_carried_out"),
    ("settled_by_decision", "refugees_settled"),
    ("contracts_expiring_next_3m", "contracts_expiring_next_6m"),
    ("contracts_expiring_next_6m", "contracts_expiring_next_12m"),
    ("given_two_years_before_called", "given_two_years_before"),
    ("found_a_year_before_kept", "found_a_year_before"),
    ("new_tenancies_followed_up", "new_tenancies"),
    ("new_tenancies_promised", "new_tenancies"),
    ("new_tenancies_promised_followed_up", "new_tenancies_promised"),
    ("new_tenancies_promised_followed_up", "new_tenancies_followed_up"),
    ("petitions_averted", "petitions_after_180_days"),
    ("warnings_solved", "warnings_after_90_days"),
    ("began_two_years_before_owners", "began_two_years_before"),
    ("independent", "independence_looked_at"),
    ("followup_months_with_cost", "followup_months"),
    *((part, whole) for whole, parts in COHORTS.items() for part in parts),
    *((f"tenancies_{n}m_lasted", f"tenancies_{n}m_housed") for n in (6, 12, 24)),
]
# a metric's total is a cell of another's breakdown
SAME: list[tuple[str, str, str, str]] = [
    ("rejected", "decisions_made", "outcome", "avslag"),
    ("tenants_became_owners", "stays_ended", "move_out_reason", "kjopt_bolig"),
    ("first_time_loans", "startlan_loans", "recipient_group", "forstegangsetablering"),
]
# by a dimension: which values of another one each of its values is made of
MADE_OF = {
    "responsible": (
        "phase",
        {"eiendom": ("rehabilitering", "klargjoring"), "tildeling": ("tildeling",), "felles": ("innflytting",)},
    ),
    "with_followup": (
        "tenant_group",
        {
            "med": ("rus", "psykisk", "rop", "puh", "flyktning", "okonomi", "ung", "eldre", "annet"),
            "uten": ("uten",),
        },
    ),
}
COUNTS = EVENTS | STATES | OTHERS
# what tells of no person's affairs: the stock, plans and challenges
OF_NOBODY = {
    "stock_dwellings", "stock_acquired", "stock_disposed", "stock_per_1000_inhabitants", "measures",
    "measures_behind_share", "measure_dwellings_delivered_rate", "challenges_open", "challenges_not_reviewed",
    "stock_gap_to_country", "measures_in_economic_plan_share", "measures_funded_share", "measure_slip_days_median",
    "budget_overrun_share", "net_cost_per_dwelling", "preemption_use_rate", "grant_coverage_new_dwellings",
    "challenge_days_open_median", "grant_missed", "preemption_rights_lapsing_6m", "dwellings_with_faults_share",
    "dwellings_for_wheelchairs_share", "dwellings_universally_designed_share", "population_growth",
    "population_growth_vs_plan", "homeless_persons",
}  # fmt: skip
# what no count can be computed from, for it adds up with nothing: medians, percentiles, means of nobody knows how many,
# sums of money and nights that no other figure is a part of
ALONE = {
    "stay_years_median", "processing_days_median", "queue_wait_days_median_allocated", "queue_wait_days_median",
    "queue_age_days_median", "queue_age_days_p90", "application_to_move_in_days_median",
    "allocation_to_move_in_days_median", "relet_days_mean", "relet_days_median", "relet_days_p90",
    "relet_days_mean_major_works", "days_to_ready_median", "days_reported_to_allocated_median", "rent_per_m2",
    "rent_to_market", "rent_charged", "rent_paid", "arrears", "startlan_loan_to_price", "bostotte_amount",
    "temporary_stay_nights", "temporary_stay_cost", "vacancy_loss", "vacancy_rent_booked", "coverage_parity",
    "refugees_unsettled", "income_management_wait_days_median", "social_assistance_housing_amount",
    "followup_wait_days_median", "followup_hours", "followup_hours_per_person_week", "followup_delivered_share",
    "followup_no_show_share", "warning_to_followup_days_median", "sustained_observed_expected",
    "rent_to_own_gap", "respite_nights", "followup_kept_home_share", "cost_per_sustained_tenancy_year",
}  # fmt: skip
# one count less another: below nothing where the other is larger
DIFFERENCES = {"queue_net_change", "fit_gap"}
# what tells of people's health: in public it is told of ten at least
OF_HEALTH = {
    "followup_active", "followup_waiting", "followup_started", "followup_ended", "followup_months",
    "followup_months_with_cost", "new_tenancies", "new_tenancies_followed_up", "new_tenancies_promised",
    "new_tenancies_promised_followed_up", "petitions_after_180_days", "petitions_averted", "warnings_after_90_days",
    "warnings_solved", "began_two_years_before",
    "began_two_years_before_owners", "independent", "independence_looked_at", *COHORTS, *chain(*COHORTS.values()),
}  # fmt: skip
KNOWN = COUNTS | AMOUNTS | RATIOS.keys() | DIFFERENCES | OF_NOBODY | ALONE


MOST = 1_000_000


class UnknownMetric(AssertionError):
    """A metric of which the attacker does not know what it tells; the message says what to add."""

    def __init__(self, metric_id: str) -> None:
        super().__init__(
            f"The attacker does not know {metric_id}, so nobody has tried to work small counts out of it. Read its"
            " definition in metrics.md and enter it in tests/attacker.py: a count of what happens in EVENTS, of what is"
            " there at period end in STATES, any other count in OTHERS; an amount that adds up in AMOUNTS; a share with"
            " its two counts in RATIOS, and in PARTS that the first are some of the second; what tells of no person in"
            " OF_NOBODY, and what no count can be computed from in ALONE."
        )


@dataclass(frozen=True)
class Found:
    """What the attacker knows of a hidden cell: it is no smaller and no larger."""

    cell: Cell
    lowest: float
    highest: float


class Attacker:
    """Everything that the shown cells and the definitions say, as equations and inequalities.

    knows_begin: the figures begin where their series do, so before the first of them nothing was counted.
    """

    def __init__(self, published: pl.DataFrame, *, knows_begin: bool = False) -> None:
        self.known: dict[Cell, float] = {}
        self.cells: set[Cell] = set()
        self.first: dict[tuple[str, str], date] = {}
        self.relations: list[tuple[dict[Cell, float], float, float]] = []
        for row in published.iter_rows(named=True):
            for name, value in self._shows(row):
                cell = (name, row["period_type"], row["period_start"], row["dimension"], row["dimension_value"])
                self.cells.add(cell)
                if not row["is_suppressed"] and value is not None:
                    self.known[cell] = value
        if knows_begin:
            for name, kind, start, *_ in self.cells:
                self.first[name, kind] = min(start, self.first.get((name, kind), start))
        self._of_dimensions()
        self._of_time()
        self._of_queue()
        self._of_parts()
        self.groups = self._groups()
        self.problems: dict[int, tuple[list[Cell], Any, Bounds, Any]] = {}
        self.met: dict[Cell, Found] = {}

    @staticmethod
    def _shows(row: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
        if row["metric_id"] not in KNOWN:
            raise UnknownMetric(row["metric_id"])
        if row["metric_id"] in COUNTS | AMOUNTS | DIFFERENCES:
            yield row["metric_id"], row["value"]
        for name, column in zip(RATIOS.get(row["metric_id"], ()), ("numerator", "denominator"), strict=False):
            if name:
                yield name, row[column]

    def _say(self, terms: dict[Cell, float], lowest: float = 0, highest: float = 0) -> None:
        counted = {cell: factor for cell, factor in terms.items() if not self._is_before_begin(cell)}
        if all(cell in self.cells for cell in counted):
            self.relations.append((counted, lowest, highest))

    def _is_before_begin(self, cell: Cell) -> bool:
        name, kind, start, *_ = cell
        return (name, kind) in self.first and start < self.first[name, kind]

    def _of_dimensions(self) -> None:
        breakdowns = defaultdict(list)
        for name, kind, start, dimension, value in self.cells:
            if dimension != "total" and name not in DIFFERENCES:
                breakdowns[name, kind, start, dimension].append((name, kind, start, dimension, value))
        for (name, kind, start, _), parts in breakdowns.items():
            whole = {(name, kind, start, "total", "total"): 1.0}
            if name not in IN_SEVERAL:
                self._say(whole | dict.fromkeys(parts, -1.0))
                continue
            self._say(whole | dict.fromkeys(parts, -1.0), -np.inf)
            for part in parts:
                self._say(whole | {part: -1.0}, highest=np.inf)
        for name, kind, start, dimension, value in self.cells:
            finer, made_of = MADE_OF.get(dimension, ("", {}))
            if value in made_of:
                parts = [(name, kind, start, finer, part) for part in made_of[value]]
                self._say({(name, kind, start, dimension, value): 1.0} | dict.fromkeys(parts, -1.0))

    def _of_time(self) -> None:
        for name, kind, start, dimension, value in self.cells:
            if name in EVENTS | AMOUNTS:
                for shorter, months in MONTHS.items():
                    if months < MONTHS[kind] and MONTHS[kind] % months == 0:
                        starts = [add_months(start, n) for n in range(0, MONTHS[kind], months)]
                        parts = [(name, shorter, begin, dimension, value) for begin in starts]
                        whole = {(name, kind, start, dimension, value): 1.0}
                        self._say(whole | dict.fromkeys(parts, -1.0))
                        # what is not there, or not yet, is at least nothing
                        present = [part for part in parts if part in self.cells]
                        self._say(whole | dict.fromkeys(present, -1.0), highest=np.inf)
            if name in DIFFERENT:
                # the same application may be allocated a dwelling in two periods of one that is longer
                last = add_months(start, MONTHS[kind])
                first = start if name == "queue_allocated" else add_months(last, -12)
                for shorter, months in MONTHS.items():
                    if months < (last.year - first.year) * 12 + last.month - first.month:
                        ends = range(0, (last.year - first.year) * 12 + last.month - first.month, months)
                        parts = [("queue_allocated", shorter, add_months(first, n), dimension, value) for n in ends]
                        whole = {(name, kind, start, dimension, value): 1.0}
                        if add_months(first, ends[-1] + months) == last:
                            self._say(whole | dict.fromkeys(parts, -1.0), -np.inf)
                        for part in parts:
                            self._say(whole | {part: -1.0}, highest=np.inf)
            if name in STATES:
                last = add_months(start, MONTHS[kind])
                for shorter, months in MONTHS.items():
                    same = (name, shorter, add_months(last, -months), dimension, value)
                    if months < MONTHS[kind]:
                        self._say({(name, kind, start, dimension, value): 1.0, same: -1.0})

    def _of_queue(self) -> None:
        for name, kind, start, dimension, value in self.cells:
            at = (kind, start, dimension, value)
            if name == "queue_net_change":
                self._say({(name, *at): 1.0, ("queue_inflow", *at): -1.0, ("queue_outflow", *at): 1.0})
                before = (kind, add_months(start, -MONTHS[kind]), dimension, value)
                self._say({(name, *at): 1.0, ("queue_waiting", *at): -1.0, ("queue_waiting", *before): 1.0})

            if name == "needing_in_12_months":
                # those who waited a year before and who came since; or who wait now and who left since
                self._say_of_year(at, {(name, *at): -1.0, ("queue_waiting", *at): 1.0}, "queue_outflow")
                last = add_months(start, MONTHS[kind])
                before = ("queue_waiting", kind, add_months(last, -12 - MONTHS[kind]), dimension, value)
                self._say_of_year(at, {(name, *at): -1.0, before: 1.0}, "queue_inflow")
            if name == "left_queue_allocated_in_12_months":
                self._say_of_year(at, {(name, *at): -1.0}, "queue_outflow", highest=np.inf)
                if dimension == "total":
                    why = (kind, start, "exit_reason", "tildelt")
                    self._say_of_year(why, {(name, *at): -1.0}, "queue_outflow")

    def _say_of_year(
        self,
        at: tuple[str, date, str, str],
        terms: dict[Cell, float],
        events: str,
        ago: int = 0,
        ahead: int = 0,
        highest: float = 0,
    ) -> None:
        """The terms with all events of a year together: of that which ends with the period, or so many months before;
        or of so many months that come after it."""
        kind, start, dimension, value = at
        step, last = MONTHS[kind], add_months(start, MONTHS[kind])
        months = range(0, ahead, step) if ahead else range(-12 - ago, -ago, step)
        if len(months) * step == (ahead or 12):
            parts = [(events, kind, add_months(last, n), dimension, value) for n in months]
            self._say(terms | dict.fromkeys(parts, 1.0), highest=highest)

    def _of_parts(self) -> None:
        for kind, start, dimension, value in {cell[1:] for cell in self.cells}:
            at = (kind, start, dimension, value)
            for part, whole in PARTS:
                self._say({(whole, *at): 1.0, (part, *at): -1.0}, highest=np.inf)
            parts = {("allocations_new", *at): -1.0, ("allocations_renewal", *at): -1.0}
            self._say({("allocations_all", *at): 1.0} | parts)
            # open are pre-approvals of the last six months
            months = range(MONTHS[kind] - 6, MONTHS[kind], MONTHS[kind]) if MONTHS[kind] <= 6 else ()
            windows = [("startlan_preapprovals", kind, add_months(start, n), dimension, value) for n in months]
            if windows:
                whole = dict.fromkeys(windows, 1.0)
                self._say(whole | {("startlan_preapprovals_open", *at): -1.0}, highest=np.inf)
            self._say_of_year(at, {("rejected_a_year_before", *at): -1.0}, "rejected", ago=12, highest=np.inf)
            for n in (3, 6, 12):
                expiring = {(f"contracts_expiring_next_{n}m", *at): -1.0}
                self._say_of_year(at, expiring, "contracts_expiring", ahead=n, highest=np.inf)
            if dimension == "total":
                for name, other, by, code in SAME:
                    self._say({(name, *at): 1.0, (other, kind, start, by, code): -1.0})
                buyers = ("startlan_loans", kind, start, "purpose", "kjop")
                self._say({buyers: 1.0, ("startlan_tenant_buyers", *at): -1.0}, highest=np.inf)

    # -- the computation

    def _groups(self) -> dict[Cell, int]:
        """The unknown cells that hang together, by the number of their group."""
        parent = {cell: cell for cell in self.cells if cell not in self.known}

        def root(cell: Cell) -> Cell:
            while parent[cell] != cell:
                cell = parent[cell]
            return cell

        for terms, _, _ in self.relations:
            unknown = [cell for cell in terms if cell in parent]
            for cell in unknown[1:]:
                parent[root(cell)] = root(unknown[0])
        numbers = {top: number for number, top in enumerate(sorted({root(cell) for cell in parent}))}
        self.members: dict[int, list[Cell]] = defaultdict(list)
        for cell in sorted(parent):
            self.members[numbers[root(cell)]].append(cell)
        self.said: dict[int, list[tuple[dict[Cell, float], float, float]]] = defaultdict(list)
        for terms, lowest, highest in self.relations:
            unknown = [cell for cell in terms if cell in parent]
            if unknown:
                given = sum(factor * self.known[cell] for cell, factor in terms.items() if cell in self.known)
                left = {cell: terms[cell] for cell in unknown}
                self.said[numbers[root(unknown[0])]].append((left, lowest - given, highest - given))
        return {cell: numbers[root(cell)] for cell in parent}

    def find(self, cell: Cell, is_enough: Callable[[Found], bool] = lambda _: False) -> Found:
        """The smallest and the largest value that the cell can have, counts being whole and not negative.

        What one cell's smallest or largest value lets the others be, they can be too. Where the values that were met so
        are enough for who asks, no others are computed.
        """
        if cell in self.known:
            return Found(cell, self.known[cell], self.known[cell])
        if cell in self.met and is_enough(self.met[cell]):
            return self.met[cell]
        members, limits, bounds, whole = self._problem(self.groups[cell])
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(members))
            aim[members.index(cell)] = sign
            # HiGHS's presolve called 3 the smallest where 0 was one: it would have the attacker find what nobody can
            result = milp(aim, constraints=limits, bounds=bounds, integrality=whole, options={"presolve": False})
            assert result.status in {0, 3, 4}, (
                f"the published figures contradict each other at {cell}: {result.message}"
            )
            ends.append(float(result.fun) * sign if result.status == 0 else -sign * np.inf)
            if result.status == 0:
                self._keep(members, result.x)
        return Found(cell, *ends)

    def _keep(self, members: list[Cell], values: Any) -> None:
        """Remember what each cell is where all hang together so."""
        for member, value in zip(members, map(float, values), strict=True):
            met = self.met.get(member, Found(member, value, value))
            self.met[member] = Found(member, min(met.lowest, value), max(met.highest, value))

    def _problem(self, group: int) -> tuple[list[Cell], Any, Bounds, Any]:
        """A group's cells with what is said of them, their bounds, and which are whole; put together once."""
        if group not in self.problems:
            members, said = self.members[group], self.said[group]
            place = {member: number for number, member in enumerate(members)}
            rows = [number for number, (terms, _, _) in enumerate(said) for _ in terms]
            columns = [place[member] for terms, _, _ in said for member in terms]
            factors = [factor for terms, _, _ in said for factor in terms.values()]
            matrix = csr_array((factors, (rows, columns)), shape=(len(said), len(members)))
            # amounts are sums of fractions
            is_exact = not any(member[0] in AMOUNTS for member in members)
            slack = (
                0
                if is_exact
                else 1e-8 * max([1.0, *(abs(end) for _, *ends in said for end in ends if np.isfinite(end))])
            )
            limits = LinearConstraint(
                matrix,
                np.array([lowest for _, lowest, _ in said]) - slack,
                np.array([highest for _, _, highest in said]) + slack,
            )
            floor = np.array([-np.inf if member[0] in DIFFERENCES else 0.0 for member in members])
            whole = np.array([member[0] not in AMOUNTS for member in members])
            # HiGHS called 0 the largest where there is none; of what is counted there are never so many
            most = np.where(whole, MOST, np.inf)
            self.problems[group] = members, limits if said else (), Bounds(floor, most), whole.astype(int)
        return self.problems[group]


def fewest(cell: Cell, threshold: int = 5) -> int:
    """How many a cell must count at least to be told."""
    return max(threshold, 10) if cell[0] in OF_HEALTH else threshold


def small_cells(truth: pl.DataFrame, threshold: int = 5) -> Iterator[Cell]:
    """The cells that count fewer than may be told and more than none."""
    for row in truth.iter_rows(named=True):
        for name, value in Attacker._shows(row):
            cell = name, row["period_type"], row["period_start"], row["dimension"], row["dimension_value"]
            if name in COUNTS and value is not None and 0 < value < fewest(cell, threshold):
                yield cell
