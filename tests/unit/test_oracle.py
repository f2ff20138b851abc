"""Claims about the oracle itself: figures worked out by hand, and that its random municipality breaks no rule.

Here stand the hardest definitions of docs/definitions.md. That the warehouse agrees with the oracle is another test's
claim.
"""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dagster_project.vocabulary import contracts
from tests.deliveries import person, rows
from tests.oracle import figures, municipality
from tests.oracle.figures import Period, add_months, compute, kaplan_meier_median, months_ending, percentile

AS_OF = date(2010, 12, 31)
Given = dict[str, Any]
"""Rows of some tables, each with the columns that the claim is about."""
YEAR = ("year", date(2010, 1, 1), "total", "total")
NASTY_DAYS = [date(2010, 12, 31), date(2010, 10, 17), date(2012, 2, 29), date(2011, 3, 30)]


def figure(metric_id: str, given: Given, *key: Any, as_of: date = AS_OF) -> figures.Figure:
    """One figure of the delivery of these rows, by default the year's total."""
    tables = {table: rows(table, *of_table) for table, of_table in given.items()}
    return compute(tables, as_of, "0220")[(metric_id, *(key or YEAR))]


def value(metric_id: str, given: Given, *key: Any, as_of: date = AS_OF) -> float | None:
    """The figure's value."""
    return figure(metric_id, given, *key, as_of=as_of)[0]


def entry(inn: date, ut: date | None = None, why: str | None = None) -> dict[str, Any]:
    """An entry of the queue."""
    return {"inn_dato": inn, "ut_dato": ut, "ut_arsak": why, "soknad_id": "S1"}


# Dates, periods, percentiles


def test_a_date_that_does_not_exist_is_the_months_last_day() -> None:
    assert add_months(date(2010, 10, 31), 4) == date(2011, 2, 28)
    assert add_months(date(2011, 10, 31), 4) == date(2012, 2, 29)
    assert add_months(date(2012, 2, 29), -12) == date(2011, 2, 28)


def test_the_months_that_end_on_a_day_begin_the_day_after_as_many_months_before() -> None:
    assert months_ending(date(2010, 12, 31), 12) == (date(2010, 1, 1), date(2010, 12, 31))
    assert months_ending(date(2012, 2, 29), 12) == (date(2011, 3, 1), date(2012, 2, 29))
    assert months_ending(date(2010, 8, 30), 6) == (date(2010, 2, 28), date(2010, 8, 30))


def test_periods_run_from_the_earliest_dates_to_those_begun_by_the_as_of_date() -> None:
    found = list(figures.periods(date(1999, 5, 5), date(2000, 5, 1)))
    assert Counter(p.type for p in found) == {"month": 5, "quarter": 2, "tertial": 2, "year": 1}
    assert Period("tertial", date(2000, 5, 1), date(2000, 8, 31), date(2000, 5, 1)) in found
    assert [p.type for p in found if p.is_complete] == ["month"] * 4 + ["quarter", "tertial"]


def test_annualising_counts_the_days_up_to_the_as_of_date() -> None:
    assert Period("year", date(2012, 1, 1), date(2012, 12, 31), date(2012, 2, 29)).annual == Fraction(366, 60)
    assert Period("month", date(2010, 1, 1), date(2010, 1, 31), date(2010, 1, 31)).annual == Fraction(365, 31)


def test_percentiles_lie_linearly_between_two_values() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7], 0.9) == 7
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([10, 20, 30, 40], 0.9) == pytest.approx(37)


# Where a series begins


def starts(metric_id: str, given: Given, period_type: str = "month", as_of: date = AS_OF) -> list[date]:
    """The periods that the metric has."""
    found = compute({table: rows(table, *of_table) for table, of_table in given.items()}, as_of, "0220")
    return [
        start
        for metric, type_, start, dimension, _ in found
        if (metric, type_, dimension) == (metric_id, period_type, "total")
    ]


def test_every_metric_names_tables() -> None:
    assert figures.BEGINS_WITH.keys() == figures.METRICS.keys()


def test_a_series_begins_with_the_latest_first_record_of_what_it_names_and_has_every_period_from_then_on() -> None:
    given: Given = {
        "application": [{"mottatt_dato": date(2010, 2, 1)}, {"mottatt_dato": date(2010, 12, 1)}],
        "waitlist_entry": [{"inn_dato": date(2010, 5, 31)}],
        "allocation": [{"tildelt_dato": date(2010, 10, 20)}],
    }
    months = [date(2010, month, 1) for month in range(1, 13)]
    assert starts("applications_received", given) == months[1:]
    assert starts("queue_net_change", given) == months[4:]
    assert starts("queue_clearance_months", given) == months[9:]
    assert starts("queue_clearance_months", given, "quarter") == [date(2010, 10, 1)]
    assert starts("queue_clearance_months", given, "year") == [date(2010, 1, 1)]


def test_what_holds_nothing_by_the_as_of_date_tells_of_its_year_only() -> None:
    given: Given = {
        "application": [{"mottatt_dato": date(2008, 2, 1)}],
        "refugee_settlement": [],
        "temporary_stay": [{"fra_dato": date(2011, 1, 1)}],
    }
    for metric_id in ("refugees_settled", "temporary_stays_open"):
        assert starts(metric_id, given) == [date(2010, month, 1) for month in range(1, 13)]
        assert value(metric_id, given) == 0


def test_plans_and_petitions_begin_with_the_charges_and_vacancy_rent_with_its_own_period() -> None:
    charge = {"kontrakt_id": "K1", "periode": date(2010, 3, 1), "forfallsdato": date(2010, 6, 20)}
    given: Given = {
        "application": [{"mottatt_dato": date(2010, 1, 1)}],
        "dwelling": [{}],
        "tenancy": [{}],
        "rent_charge": [charge, charge | {"kravtype": "tomgangsleie", "kontrakt_id": None}],
        "eviction_case": [{"begjaert_dato": date(2010, 2, 1)}],
    }
    assert starts("vacancy_rent_booked", given)[0] == date(2010, 3, 1)
    for metric_id in ("rent_charged", "eviction_petitions", "repayment_plans_active"):
        assert starts(metric_id, given)[0] == date(2010, 6, 1), metric_id


def test_each_scheme_of_bostotte_begins_by_itself() -> None:
    paid = [{"termin": date(2010, 4, 1)}, {"termin": date(2010, 7, 1), "ordning": "kommunal"}]
    given: Given = {"application": [{"mottatt_dato": date(2010, 1, 1)}], "bostotte": paid}
    assert starts("bostotte_households", given)[0] == date(2010, 4, 1)
    assert starts("municipal_bostotte_households", given)[0] == date(2010, 7, 1)


def test_a_register_that_never_came_has_no_figures() -> None:
    given: Given = {"application": [{"mottatt_dato": date(2010, 11, 1)}], "challenge": []}
    assert starts("measures", given, "year") == starts("measure_dwellings_delivered_rate", given) == []
    assert value("challenges_open", given) == 0
    assert len(starts("measure_dwellings_delivered_rate", given | {"measure": [{}]})) == 2


def test_a_period_is_ripe_so_many_months_after_its_end() -> None:
    quarter = date(2010, 9, 30)
    assert [figures.is_ripe("renewal_rate", quarter, day) for day in (date(2010, 12, 29), date(2010, 12, 30))] == [
        False,
        True,
    ]
    assert figures.is_ripe("offers_refused_rate", date(2010, 1, 31), date(2010, 2, 28))
    assert [figures.is_ripe("queue_waiting", date(2010, 12, 31), day) for day in (date(2010, 12, 30), AS_OF)] == [
        False,
        True,
    ]


# Queue


@pytest.mark.parametrize("seed", range(20))
def test_the_kaplan_meier_median_is_that_of_lifelines(seed: int) -> None:
    from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]  # heavy, and every worker reads this file

    rng = random.Random(seed)
    spells = []
    for _ in range(120):
        begin = rng.choice([0, 0, rng.randrange(5)])
        spells.append((begin, begin + rng.randint(1, 300), rng.random() < 0.7))
    # ten who are there throughout keep five at risk at every event
    spells += [(0, 500, False)] * 10
    fitted = KaplanMeierFitter().fit(
        [exit_ for _, exit_, _ in spells], [event for *_, event in spells], entry=[begin for begin, *_ in spells]
    )
    assert kaplan_meier_median(spells) == fitted.median_survival_time_


def test_the_median_wait_is_none_where_fewer_than_five_are_at_risk_at_an_event_up_to_it() -> None:
    assert kaplan_meier_median([(0, 10, True)] * 3 + [(0, 20, True)] * 2) == 10
    assert kaplan_meier_median([(0, 10, True)] * 3 + [(0, 20, True)] * 1) is None
    # S(5) = 4/5, S(9): two of four: too few
    assert kaplan_meier_median([(0, 5, True), (0, 9, True), (0, 9, True), (0, 20, False), (0, 20, False)]) is None


def test_who_entered_before_the_window_is_at_risk_only_within_it() -> None:
    # 40 days before the window, allocated on its first day: at risk at t = 40 alone, as are all five
    early = [entry(date(2009, 11, 22), date(2010, 1, 1), "tildelt")] * 3
    late = [entry(date(2009, 11, 22))] * 2
    assert value("queue_wait_days_median", {"application": [{}], "waitlist_entry": early + late}) == 40
    gone = [entry(date(2009, 11, 22), date(2009, 12, 31), "tildelt")] * 5
    assert value("queue_wait_days_median", {"application": [{}], "waitlist_entry": gone}) is None


def test_an_exit_after_the_as_of_date_has_not_happened_and_has_no_reason() -> None:
    given: Given = {"application": [{}], "waitlist_entry": [entry(date(2010, 3, 1), date(2011, 1, 1), "dod")]}
    assert value("queue_waiting", given) == 1
    assert value("queue_outflow", given) == 0
    assert ("queue_outflow", *YEAR[:2], "exit_reason", "dod") not in compute(
        {table: rows(table, *r) for table, r in given.items()}, AS_OF, "0220"
    )


def test_in_and_out_on_one_day_is_inflow_and_outflow_but_no_waiting() -> None:
    given: Given = {"application": [{}], "waitlist_entry": [entry(date(2010, 3, 31), date(2010, 3, 31), "tildelt")]}
    march = ("month", date(2010, 3, 1), "total", "total")
    assert [value(m, given, *march) for m in ("queue_inflow", "queue_outflow", "queue_waiting")] == [1, 1, 0]


def test_queue_turnover_is_allocated_over_average_waiting_annualised() -> None:
    given: Given = {
        "application": [{"mottatt_dato": date(2010, 1, 1)}],
        "dwelling": [{}],
        # two offers of one application: one allocated
        "allocation": [{"tildelt_dato": date(2010, 4, 9)}, {"tildelt_dato": date(2010, 4, 10)}],
        "waitlist_entry": [entry(date(2010, 4, 1), date(2010, 4, 16), "tildelt")],
    }
    # 15 of April's 30 days
    april = ("month", date(2010, 4, 1), "total", "total")
    assert figure("queue_turnover", given, *april) == (pytest.approx(1 / 0.5 * 365 / 30), 1, 0.5)


# Contracts


def chain(*contracts_: dict[str, Any]) -> Given:
    """Contracts of one dwelling, each renewing the one before; the first is K1."""
    linked = [c | {"forrige_kontrakt_id": f"K{n}" if n else None} for n, c in enumerate(contracts_)]
    return {"dwelling": [{}], "tenancy": linked}


FIXED = {"kontraktstype": "tidsbestemt", "start_dato": date(2007, 7, 1), "avtalt_slutt_dato": date(2010, 6, 30)}


def test_a_renewal_renews_as_soon_as_it_is_recorded_but_a_holdover_ends_when_it_has_started() -> None:
    given = chain(FIXED, {"start_dato": date(2011, 2, 1)})
    assert figure("renewal_rate", given) == (1, 1, 1)
    assert value("holdover_tenancies", given) == 1
    assert value("holdover_tenancies", chain(FIXED, {"start_dato": date(2010, 12, 31)})) == 0


def test_nobody_holds_over_on_the_agreed_day_itself() -> None:
    june, july = (("month", date(2010, m, 1), "total", "total") for m in (6, 7))
    assert (value("holdover_tenancies", chain(FIXED), *june), value("holdover_tenancies", chain(FIXED), *july)) == (
        0,
        1,
    )
    assert value("contracts_expiring", chain(FIXED), *june, as_of=date(2010, 6, 29)) == 0


def test_a_stay_runs_from_the_first_contracts_start_to_the_last_ones_end() -> None:
    given = chain(
        FIXED, {"start_dato": date(2010, 7, 1), "utflyttet_dato": date(2010, 7, 2), "utflyttingsarsak": "dod"}
    )
    assert value("stays_ended", given, *YEAR[:2], "move_out_reason", "dod") == 1
    assert value("stay_years_median", given) == pytest.approx((date(2010, 7, 2) - date(2007, 7, 1)).days / 365.25)


def test_the_latest_started_contract_pays_the_rent() -> None:
    rents = [{"manedsleie": 100}, {"manedsleie": 200}, {"manedsleie": 400}]
    starts = [date(2009, 1, 1), date(2010, 6, 1), date(2011, 1, 1)]
    given = chain(*(r | {"start_dato": s} for r, s in zip(rents, starts, strict=True)))
    given["dwelling"] = [{"bruksareal_m2": 50}]
    assert figure("rent_per_m2", given) == (4, 200, 50)
    assert figure("rent_per_m2", given, "year", date(2009, 1, 1), "total", "total") == (2, 100, 50)


# Vacancy

RELET: Given = {
    "application": [{"mottatt_dato": date(2010, 2, 1)}],
    "dwelling": [{"anskaffet_dato": date(2010, 1, 1), "markedsleie_mnd": 7300}],
    "allocation": [{"tildelt_dato": date(2010, 4, 10)}],
    "tenancy": [
        {"start_dato": date(2010, 1, 11), "utflyttet_dato": date(2010, 3, 1), "manedsleie": 3650},
        {"start_dato": date(2010, 5, 1), "manedsleie": 9000, "tildeling_id": "T1"},
    ],
    "dwelling_event": [
        {"hendelse": "meldt_ledig", "hendelse_dato": date(2010, 2, 20)},
        {"hendelse": "klargjort", "hendelse_dato": date(2010, 3, 11)},
        {"hendelse": "klargjort", "hendelse_dato": date(2010, 3, 21)},
        {"hendelse": "rehabilitering_start", "hendelse_dato": date(2010, 3, 5)},
        {"hendelse": "rehabilitering_slutt", "hendelse_dato": date(2010, 3, 8)},
    ],
}


def phases(given: Given, as_of: date = AS_OF) -> dict[str, float | None]:
    """The year's vacant days by phase, those with any."""
    found = {
        phase: value("vacant_days", given, *YEAR[:2], "phase", phase, as_of=as_of) for phase in figures.RESPONSIBLE
    }
    return {phase: days for phase, days in found.items() if days}


def without(given: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """The tables without events of these kinds."""
    return given | {"dwelling_event": [e for e in given["dwelling_event"] if e["hendelse"] not in kinds]}


def test_every_vacant_day_has_the_phase_worked_out_by_hand() -> None:
    # 1 Jan..10 Jan first letting; 1 Mar..20 Mar klargjoring but for 5..7 Mar; 21 Mar..9 Apr; 10 Apr..30 Apr
    assert phases(RELET) == {
        "ukjent": 10, "klargjoring": 17, "rehabilitering": 3, "tildeling": 20, "innflytting": 21,
    }  # fmt: skip
    assert value("vacant_days", RELET, *YEAR[:2], "responsible", "eiendom") == 20


def test_without_a_report_or_readiness_nobody_is_known_to_answer_until_the_allocation() -> None:
    unknown = without(RELET, "meldt_ledig", "klargjort")
    assert phases(unknown) == {"ukjent": 10 + 40 - 3, "rehabilitering": 3, "innflytting": 21}


def test_a_rehabilitation_without_an_end_lasts_to_the_next_stay_and_not_beyond_it() -> None:
    moved_out = [RELET["tenancy"][0], RELET["tenancy"][1] | {"utflyttet_dato": date(2010, 12, 1)}]
    given = without(RELET, "rehabilitering_slutt") | {"tenancy": moved_out}
    # 5 Mar..30 Apr; the December vacancy knows neither event
    assert phases(given) == {"ukjent": 10 + 31, "klargjoring": 4, "rehabilitering": 57}


def test_vacancy_loss_is_the_last_rent_or_in_a_first_letting_the_market_rent() -> None:
    assert value("vacancy_loss", RELET) == pytest.approx(10 * 240 + 61 * 120)


def test_an_event_counts_only_after_the_stay_before_it_began_and_within_180_days() -> None:
    given = RELET | {"tenancy": [RELET["tenancy"][0] | {"start_dato": date(2010, 2, 20)}, RELET["tenancy"][1]]}
    # reported on the day that the stay began: no report, but readiness stands: the phases do not change
    assert phases(given)["klargjoring"] == 17
    assert value("days_reported_to_allocated_median", given) is None
    assert value("days_reported_to_allocated_median", RELET) == 40
    assert value("days_to_ready_median", RELET) == 20


def test_first_lettings_and_rehabilitated_dwellings_are_no_ordinary_relets() -> None:
    assert value("relet_days_mean", RELET) is None
    assert value("relet_days_mean_major_works", RELET) == 61
    assert value("relet_days_mean", without(RELET, "rehabilitering_start")) == 61


def test_a_vacancy_is_cut_the_day_after_the_as_of_date_and_at_disposal() -> None:
    assert phases(RELET, as_of=date(2010, 3, 3)) == {"ukjent": 10, "tildeling": 3}
    sold = RELET | {"dwelling": [RELET["dwelling"][0] | {"avhendet_dato": date(2010, 3, 11)}]}
    assert value("vacant_days", sold) == 10 + 10
    assert value("relet_days_mean_major_works", sold) is None


def test_overlapping_stays_count_as_one_and_stays_on_end_leave_no_vacancy() -> None:
    long = {"start_dato": date(2010, 1, 1), "utflyttet_dato": date(2010, 9, 1), "manedsleie": 3650}
    short = {"start_dato": date(2010, 2, 1), "utflyttet_dato": date(2010, 3, 1), "manedsleie": 9000}
    after = {"start_dato": date(2010, 9, 1), "utflyttet_dato": date(2010, 9, 2), "manedsleie": 7300}
    given: Given = {"dwelling": [{"anskaffet_dato": date(2010, 1, 1)}], "tenancy": [long, short]}
    # from September 122 days, at the rent of the stay that ended last
    assert (value("vacant_days", given), value("vacancy_loss", given)) == (122, pytest.approx(122 * 120))
    given["tenancy"] = [long, short, after]
    assert (value("vacant_days", given), value("vacancy_loss", given)) == (121, pytest.approx(121 * 240))


def test_a_stay_without_length_parts_two_vacancies() -> None:
    stays = [(date(2010, 1, 1), date(2010, 2, 1)), (date(2010, 2, 11), date(2010, 2, 11)), (date(2010, 3, 1), None)]
    tenancies = [{"start_dato": s, "utflyttet_dato": e} for s, e in stays]
    given: Given = {"dwelling": [{"anskaffet_dato": date(2010, 1, 1)}], "tenancy": tenancies}
    assert value("relet_days_mean", given) == (10 + 18) / 2


def test_over_90_days_means_empty_since_before_the_ninetieth_day_back() -> None:
    def vacant_since(day: date) -> dict[str, Any]:
        stay = {"start_dato": date(2010, 1, 1), "utflyttet_dato": day}
        return {"dwelling": [{"anskaffet_dato": date(2010, 1, 1)}], "tenancy": [stay]}

    assert value("vacant_over_90_days", vacant_since(date(2010, 10, 1))) == 1
    assert value("vacant_over_90_days", vacant_since(date(2010, 10, 2))) == 0


# Money


def test_arrears_are_reckoned_charge_by_charge() -> None:
    charge = {"periode": date(2010, 5, 1), "kontrakt_id": "K1", "forfallsdato": date(2010, 12, 1)}
    given: Given = {
        "dwelling": [{}],
        "tenancy": [{}],
        "rent_charge": [
            charge | {"belop": 1000},  # over-paid
            charge | {"belop": -500},  # a credit
            charge | {"belop": 700.7},  # paid, and undone in part
            charge | {"belop": 300, "kravtype": "gebyr", "forfallsdato": date(2010, 12, 31)},
            charge | {"belop": 9000, "kravtype": "tomgangsleie", "kontrakt_id": None},
        ],
        "payment": [
            {"krav_id": "KR1", "belop": 1500},
            {"krav_id": "KR3", "belop": 700.7},
            {"krav_id": "KR3", "belop": -0.7, "betalt_dato": date(2010, 12, 30)},
            {"krav_id": "KR4", "belop": 300, "betalt_dato": date(2011, 1, 1)},
        ],
    }
    assert value("arrears", given) == pytest.approx(300.7)
    # due on 1 December is 30 days before the year's end, not more
    assert figure("arrears_tenant_share", given) == (0, 0, 1)
    given["rent_charge"][2]["forfallsdato"] = date(2010, 11, 30)
    assert figure("arrears_tenant_share", given) == (1, 1, 1)


def test_a_preapproval_is_used_when_paid_out_within_four_months_or_before_it() -> None:
    def loan(approved: date, paid: date | None) -> dict[str, Any]:
        return {"soknad_dato": date(2009, 1, 1), "tilsagn_dato": approved, "utbetalt_dato": paid, "belop": 1}

    loans = [
        loan(date(2010, 4, 30), date(2010, 8, 30)),  # the last day
        loan(date(2010, 4, 30), date(2010, 8, 31)),  # the day after
        loan(date(2009, 10, 31), date(2010, 2, 28)),  # the month's last day
        loan(date(2010, 8, 31), date(2010, 1, 1)),  # before it
        loan(date(2010, 9, 1), date(2010, 9, 2)),  # not four months ago
        loan(date(2009, 9, 1), None),
        loan(date(2009, 8, 31), date(2009, 9, 1)),  # before the twelve months
    ]
    assert figure("startlan_preapproval_use_rate", {"startlan": loans}) == (3 / 5, 3, 5)


def test_coverage_reads_the_last_month_that_has_a_row() -> None:
    paid = {"belop": 10, "fodselsnummer": person(1)}
    given: Given = {
        "dwelling": [{}],
        "tenancy": [{}, {}],
        "bostotte": [paid | {"termin": date(2010, 9, 1)}, {"termin": date(2010, 10, 1), "belop": 0}],
    }
    assert figure("bostotte_tenant_coverage", given) == (0, 0, 2)
    assert figure("bostotte_tenant_coverage", given, "month", date(2010, 9, 1), "total", "total") == (0.5, 1, 2)


def test_population_is_that_of_the_year_or_the_latest_before_with_a_value() -> None:
    population = [{"year": 2008, "value": 1000}, {"year": 2009, "value": 500}, {"year": 2010, "value": None}]
    given: Given = {"dwelling": [{}], "tenancy": [{"start_dato": date(2007, 1, 1)}], "kostra": population}
    assert figure("stock_per_1000_inhabitants", given) == (2, 1, 500)
    assert figure("stock_per_1000_inhabitants", given, "year", date(2007, 1, 1), "total", "total") == (None, 1, None)


def test_the_night_of_the_as_of_date_is_counted() -> None:
    given: Given = {
        "application": [{}],
        "temporary_stay": [{"fra_dato": date(2010, 12, 30), "dognpris": 500}, {"fra_dato": date(2010, 12, 30)}],
    }
    assert (value("temporary_stay_nights", given), value("temporary_stay_cost", given)) == (4, 1000)


# The random municipality


def faults(tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Every rule of the contracts that a row breaks."""
    found = []
    for name, table in contracts.tables().items():
        keys = Counter(tuple(row[column] for column in table.key) for row in tables[name])
        found += [f"{name} key {key}" for key, n in keys.items() if n > 1]
        found += [] if tables[name] or table.may_be_empty else [f"{name} has no rows"]
        for column in table.columns:
            given = [row[column.name] for row in tables[name]]
            parents = {row[contracts.tables()[column.references].key[0]] for row in tables[column.references]} if (
                column.references in contracts.tables()
            ) else set(given)  # fmt: skip
            for v in given:
                good = (
                    not column.required
                    if v is None
                    else v in parents
                    and (not column.codes or v in column.codes)
                    and (column.minimum is None or v >= column.minimum)
                    and (column.maximum is None or v <= column.maximum)
                    and (column.exclusive_minimum is None or v > column.exclusive_minimum)
                )
                found += [] if good else [f"{name}.{column.name}: {v}"]
        for rule in table.rules:
            found += [f"{name} {rule.description}: {row}" for row in tables[name] if breaks(row, rule.terms, tables)]
    return found


def breaks(row: dict[str, Any], terms: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether the row breaks a rule over rows, told by its terms."""
    if "first" in terms:
        *parent, column = terms["first"].split(".")
        of = next(a for a in tables["application"] if a["soknad_id"] == row["soknad_id"]) if parent else row
        return row[terms["then"]] is not None and of[column] is not None and of[column] > row[terms["then"]]
    column = row[terms["column"]]
    if "to" in terms:
        case = next(c for c in tables["followup_case"] if c["oppfolging_id"] == row["oppfolging_id"])
        start, end = (case[terms[end].split(".")[1]] for end in ("from", "to"))
        if start is not None and terms["column"] == "maned":
            start = start.replace(day=1)
        return (start is not None and column < start) or (end is not None and column > end)
    if "through" in terms:
        before = [t for t in tables["tenancy"] if t["kontrakt_id"] == row[terms["through"]]]
        return any(t[terms["column"]] != column for t in before)
    if "when" not in terms:
        return column is not None  # what could go in a circle refers to nothing here
    when = terms["when"]
    if "above" in when:
        return column is None and (row[when["column"]] or 0) > when["above"]
    if isinstance(when.get("value"), list):
        return column is None and row[when["column"]] in when["value"]
    if "referenced_by" in when:
        return column is not None and any(t[when["referenced_by"]] == row["kontrakt_id"] for t in tables["tenancy"])
    condition = row[when["column"]]
    holds = {"present": condition is not None, "absent": condition is None}.get(
        when["value"], condition == when["value"]
    )
    if terms["column"] == "avslagsgrunn":
        return column is not None and not holds
    must_be_given = terms["column"] in ("avtalt_slutt_dato", "belop", "hjemmel") or when["value"] == "present"
    return holds and (column is None) == must_be_given


@pytest.mark.parametrize("seed", range(12))
def test_a_random_municipality_breaks_no_rule(seed: int) -> None:
    tables = municipality.random_municipality(
        random.Random(seed), as_of=NASTY_DAYS[seed % 4], size=30, begins_late=seed % 3 == 0
    )
    assert faults({name: [] for name in contracts.tables()} | tables) == []
    assert sum(len(r) for r in tables.values()) > 500


def test_a_contract_is_renewed_at_most_once_and_persons_are_synthetic() -> None:
    tables = municipality.random_municipality(random.Random(1))
    renewed = Counter(t["forrige_kontrakt_id"] for t in tables["tenancy"] if t["forrige_kontrakt_id"])
    assert set(renewed.values()) == {1}
    assert all(81 <= int(t["fodselsnummer"][2:4]) <= 92 for t in tables["tenancy"])


def test_random_municipalities_hold_the_cases_that_go_wrong() -> None:
    seen: Counter[str] = Counter()
    for seed in range(8):
        as_of = NASTY_DAYS[seed % 4]
        tables = municipality.random_municipality(random.Random(seed), as_of=as_of, size=40)
        d = figures.Delivery(tables, as_of, "0220", ())
        for s in d.stays:
            seen["stay without length"] += s["start"] == s["end"]
            seen["chain of three"] += len(s["contracts"]) >= 3
            seen["renewal to start after as-of"] += any(c["start_dato"] is None for c in s["contracts"])
            seen["from acquisition"] += s["start"] == s["dwelling"]["anskaffet_dato"]
            seen["to disposal"] += s["end"] is not None and s["end"] == s["dwelling"]["avhendet_dato"]
            others = [o for o in d.stays if o["bolig_id"] == s["bolig_id"] and o is not s]
            seen["overlap"] += any(figures.holds(o["start"], o["end"], s["start"]) for o in others)
        for v in d.vacancies:
            seen.update({f"phase {phase}" for phase in {day["phase"] for day in v["days"]}})
            seen["first letting"] += v["first_letting"]
            seen["cut"] += not v["let"]
            seen["ready before the vacancy"] += v["ready"] is not None and v["ready"] < v["v0"]
            seen["allocated after the start"] += v["allocated"] is not None and v["allocated"] > v["v1"]
        seen["never let"] += len({b["bolig_id"] for b in d.dwellings} - {s["bolig_id"] for s in d.stays})
        for e in tables["waitlist_entry"]:
            seen["out on the day"] += e["inn_dato"] == e["ut_dato"]
            seen["exit after as-of"] += e["ut_dato"] is not None and e["ut_dato"] > as_of
        seen["several offers"] += max(Counter(a["soknad_id"] for a in tables["allocation"]).values()) > 1
        seen["both schemes"] += len({(b["fodselsnummer"], b["termin"]) for b in tables["bostotte"]}) < len(
            tables["bostotte"]
        )
        seen["credit"] += any(c["belop"] < 0 for c in tables["rent_charge"])
        seen["payment undone"] += any(i["belop"] < 0 for i in tables["payment"])
        year = Period("year", date(as_of.year, 1, 1), date(as_of.year, 12, 31), as_of)
        for metric_id in ("queue_wait_days_median", "contracts_over_ten_years"):
            seen[metric_id] += bool(figures.METRICS[metric_id].read(d, year)(lambda row: True))
    assert len(seen) == 24
    assert [case for case, n in seen.items() if not n] == []


def test_a_written_delivery_reads_back_as_it_was(tmp_path: Path) -> None:
    tables = municipality.random_municipality(random.Random(2), size=20)
    folder = municipality.write(tables, tmp_path, "0220", date(2011, 1, 1))
    assert folder == tmp_path / "0220" / "2011-01-01"
    assert figures.read_delivery(folder) == tables


# What must hold in every municipality


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_breakdowns_add_up_and_the_queue_changes_by_its_net_change(seed: int) -> None:
    as_of = NASTY_DAYS[seed]
    found = compute(municipality.random_municipality(random.Random(seed), as_of=as_of, size=30), as_of, "0220")
    additive = {"queue_waiting", "queue_outflow", "applications_received", "stays_ended", "vacant_dwellings"}
    additive |= {"vacant_days", "vacancy_loss", "startlan_amount", "stock_dwellings", "stock_disposed", "arrears"}
    for metric_id in additive:
        totals = {key[1:3]: v[0] for key, v in found.items() if key[0] == metric_id and key[3] == "total"}
        for dimension in figures.METRICS[metric_id].dimensions:
            sums: dict[Any, float] = dict.fromkeys(totals, 0.0)
            for key, v in found.items():
                if key[0] == metric_id and key[3] == dimension:
                    sums[key[1:3]] += v[0] or 0
            assert sums == pytest.approx(totals), (metric_id, dimension)
    waiting = {key: v[0] for key, v in found.items() if key[0] == "queue_waiting" and key[1] == "month"}
    for (_, type_, start, dimension, of), now in waiting.items():
        before = waiting.get(("queue_waiting", type_, (start - timedelta(days=1)).replace(day=1), dimension, of), 0)
        assert found[("queue_net_change", type_, start, dimension, of)][0] == (now or 0) - (before or 0)


def test_every_vacancy_is_whole_and_its_days_are_its_own() -> None:
    tables = municipality.random_municipality(random.Random(5))
    d = figures.Delivery(tables, AS_OF, "0220", ())
    for v in d.vacancies:
        assert [day["day"] for day in v["days"]] == [
            v["v0"] + timedelta(days=n) for n in range((v["v1"] - v["v0"]).days)
        ]
    assert all(isinstance(day["loss"], Decimal) for v in d.vacancies for day in v["days"])
