"""The boligstrategiorgan's own workbook: targets, measures of the plans, the register of challenges, scenarios,
comments on figures and what the body decided.

Belongs here: what the report tells of Asker's goals (5.1, 6.2.2, 6.2.7, 6.2.9-6.2.11), its plans and challenges.
The levels of the targets are ours: the report finds Asker's goals too vague to measure (6.2.9). So are the sums of
money but the five millions for refugees' dwellings (4.8), and on what day a plan moved: that projects do, and are
seldom in the økonomiplan, is the report's (6.2.7), as is that no right to buy was used (5.2).
Does not belong here: what a metric means (docs/definitions.md).
"""

import io
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from dagster_project.demo import figures
from dagster_project.demo.model import Row
from dagster_project.demo.people import People
from dagster_project.vocabulary.contracts import Column, Source

_HANDLINGSPLAN = "Boligsosial handlingsplan 2010–2013"
_EARLIER_PLAN = "Boligsosial handlingsplan 2004–2006"
_ELDREPLAN = "Eldreplanen"
_PROGRAM = "Handlingsprogram 2011–2014"
_LOANS = "Låneramme for startlån 2010"
_EIENDOM, _BOLIG = "Eiendomsforvaltningen", "Økonomi- og boligseksjonen"
_SAMFUNN, _HELSE, _TEKNIKK = "Strategi og samfunn", "Helse og sosial", "Kultur og teknikk"
_ASKER = ("total", "total")

# metric, (dimension, value), valid from, period, green, red, owner, source
_TARGETS: tuple[tuple[str, tuple[str, str], date, str, float, float, str, str], ...] = (
    ("queue_waiting", _ASKER, date(2008, 1, 1), "year", 150, 180, "Boligkoordinator", _EARLIER_PLAN),
    ("queue_waiting", _ASKER, date(2010, 1, 1), "year", 140, 175, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_waiting", _ASKER, date(2010, 1, 1), "month", 140, 175, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_waiting", _ASKER, date(2010, 1, 1), "quarter", 140, 175, "Boligkoordinator", _HANDLINGSPLAN),
    (
        "queue_waiting",
        ("housing_category", "omsorg_puh"),
        date(2010, 1, 1),
        "year",
        40,
        55,
        "Vedtakskontoret",
        _HANDLINGSPLAN,
    ),
    (
        "queue_waiting",
        ("housing_category", "omsorg_psykiatri"),
        date(2010, 1, 1),
        "year",
        10,
        14,
        "Psykisk helse",
        _HANDLINGSPLAN,
    ),
    (
        "queue_waiting",
        ("housing_category", "okonomisk_sosialt"),
        date(2010, 1, 1),
        "year",
        30,
        40,
        "NAV Asker",
        _HANDLINGSPLAN,
    ),
    (
        "queue_waiting",
        ("housing_category", "omsorg_eldre"),
        date(2010, 1, 1),
        "year",
        20,
        35,
        "Vedtakskontoret",
        _ELDREPLAN,
    ),
    ("queue_allocation_rate", _ASKER, date(2010, 1, 1), "year", 0.75, 0.5, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_waiting_over_one_year", _ASKER, date(2010, 1, 1), "year", 40, 60, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_waiting_over_one_year", _ASKER, date(2010, 1, 1), "quarter", 40, 60, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_wait_days_median", _ASKER, date(2010, 1, 1), "year", 240, 365, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_wait_days_median", _ASKER, date(2010, 1, 1), "quarter", 240, 365, "Boligkoordinator", _HANDLINGSPLAN),
    ("queue_allocated", _ASKER, date(2010, 1, 1), "quarter", 30, 20, "Boligkoordinator", _HANDLINGSPLAN),
    ("processing_days_median", _ASKER, date(2010, 1, 1), "year", 30, 60, "Vedtakskontoret", _HANDLINGSPLAN),
    ("processing_days_median", _ASKER, date(2010, 1, 1), "quarter", 30, 60, "Vedtakskontoret", _HANDLINGSPLAN),
    ("processing_days_median", _ASKER, date(2010, 1, 1), "tertial", 30, 60, "Vedtakskontoret", _HANDLINGSPLAN),
    ("circulation_rate", _ASKER, date(2010, 1, 1), "year", 0.15, 0.1, _BOLIG, _HANDLINGSPLAN),
    ("circulation_rate", _ASKER, date(2010, 1, 1), "quarter", 0.15, 0.1, _BOLIG, _HANDLINGSPLAN),
    (
        "circulation_rate",
        ("housing_category", "okonomisk_sosialt"),
        date(2010, 1, 1),
        "year",
        0.25,
        0.15,
        _BOLIG,
        _HANDLINGSPLAN,
    ),
    ("renewal_share", _ASKER, date(2010, 1, 1), "year", 0.35, 0.5, "Boligkoordinator", _HANDLINGSPLAN),
    ("renewal_share", _ASKER, date(2010, 1, 1), "tertial", 0.35, 0.5, "Boligkoordinator", _HANDLINGSPLAN),
    ("renewal_share", _ASKER, date(2010, 1, 1), "quarter", 0.35, 0.5, "Boligkoordinator", _HANDLINGSPLAN),
    ("holdover_tenancies", _ASKER, date(2010, 1, 1), "year", 10, 30, _EIENDOM, _HANDLINGSPLAN),
    ("holdover_tenancies", _ASKER, date(2010, 1, 1), "quarter", 10, 30, _EIENDOM, _HANDLINGSPLAN),
    ("vacancy_rate", _ASKER, date(2009, 1, 1), "year", 0.02, 0.04, _EIENDOM, "Virksomhetsplan for eiendom"),
    ("vacancy_rate", _ASKER, date(2009, 1, 1), "month", 0.02, 0.04, _EIENDOM, "Virksomhetsplan for eiendom"),
    ("vacancy_rate", _ASKER, date(2009, 1, 1), "quarter", 0.02, 0.04, _EIENDOM, "Virksomhetsplan for eiendom"),
    ("vacant_over_90_days", _ASKER, date(2010, 1, 1), "year", 5, 15, _EIENDOM, _HANDLINGSPLAN),
    ("vacant_over_90_days", _ASKER, date(2010, 1, 1), "quarter", 5, 15, _EIENDOM, _HANDLINGSPLAN),
    ("relet_days_median", _ASKER, date(2010, 1, 1), "year", 60, 100, _EIENDOM, _HANDLINGSPLAN),
    ("relet_days_median", _ASKER, date(2010, 1, 1), "tertial", 60, 100, _EIENDOM, _HANDLINGSPLAN),
    ("relet_days_median", _ASKER, date(2010, 1, 1), "quarter", 60, 100, _EIENDOM, _HANDLINGSPLAN),
    ("relet_days_mean", _ASKER, date(2010, 1, 1), "year", 70, 120, _EIENDOM, _HANDLINGSPLAN),
    ("days_to_ready_median", _ASKER, date(2010, 1, 1), "year", 30, 90, _EIENDOM, _HANDLINGSPLAN),
    ("days_to_ready_median", _ASKER, date(2010, 1, 1), "quarter", 30, 90, _EIENDOM, _HANDLINGSPLAN),
    ("days_reported_to_allocated_median", _ASKER, date(2010, 1, 1), "year", 30, 75, "Boligkoordinator", _HANDLINGSPLAN),
    (
        "days_reported_to_allocated_median",
        _ASKER,
        date(2010, 1, 1),
        "quarter",
        30,
        75,
        "Boligkoordinator",
        _HANDLINGSPLAN,
    ),
    ("startlan_loans", _ASKER, date(2010, 1, 1), "year", 80, 55, _BOLIG, _LOANS),
    ("startlan_loans", _ASKER, date(2010, 1, 1), "quarter", 20, 14, _BOLIG, _LOANS),
    ("startlan_first_time_share", _ASKER, date(2010, 1, 1), "year", 0.6, 0.45, _BOLIG, _LOANS),
    ("startlan_first_time_share", _ASKER, date(2010, 1, 1), "quarter", 0.6, 0.45, _BOLIG, _LOANS),
    ("startlan_tenant_buyers", _ASKER, date(2010, 1, 1), "year", 9, 5, _BOLIG, _LOANS),
    ("startlan_preapproval_use_rate", _ASKER, date(2010, 1, 1), "year", 0.65, 0.45, _BOLIG, _LOANS),
    ("startlan_preapproval_use_rate", _ASKER, date(2010, 1, 1), "quarter", 0.65, 0.45, _BOLIG, _LOANS),
    ("grants", ("grant_type", "etablering"), date(2008, 1, 1), "year", 15, 10, _BOLIG, _HANDLINGSPLAN),
    ("tenants_became_owners", _ASKER, date(2008, 1, 1), "year", 9, 4, _BOLIG, _HANDLINGSPLAN),
    ("rent_to_market", _ASKER, date(2010, 1, 1), "year", 0.85, 0.6, _EIENDOM, _PROGRAM),
    ("rent_to_market", _ASKER, date(2010, 1, 1), "quarter", 0.85, 0.6, _EIENDOM, _PROGRAM),
    ("contracts_over_ten_years", _ASKER, date(2010, 1, 1), "year", 100, 200, _EIENDOM, _PROGRAM),
    ("arrears_tenant_share", _ASKER, date(2010, 1, 1), "year", 0.04, 0.1, "Regnskap", _PROGRAM),
    ("arrears_tenant_share", _ASKER, date(2010, 1, 1), "month", 0.04, 0.1, "Regnskap", _PROGRAM),
    ("arrears_tenant_share", _ASKER, date(2010, 1, 1), "quarter", 0.04, 0.1, "Regnskap", _PROGRAM),
    ("evictions_carried_out", _ASKER, date(2010, 1, 1), "year", 2, 6, "NAV Asker", _HANDLINGSPLAN),
    ("bostotte_tenant_coverage", _ASKER, date(2010, 1, 1), "year", 0.5, 0.3, _BOLIG, _HANDLINGSPLAN),
    ("bostotte_over_ceiling_share", _ASKER, date(2010, 1, 1), "year", 0.2, 0.4, _BOLIG, _HANDLINGSPLAN),
    ("bostotte_over_ceiling_share", _ASKER, date(2010, 1, 1), "quarter", 0.2, 0.4, _BOLIG, _HANDLINGSPLAN),
    ("stock_acquired", ("tenure", "eid"), date(2010, 1, 1), "year", 15, 8, _EIENDOM, _HANDLINGSPLAN),
    ("refugees_settled", _ASKER, date(2009, 1, 1), "year", 60, 45, "Flyktningteamet", "Vedtak om bosetting"),
    ("refugees_settled", _ASKER, date(2011, 1, 1), "year", 40, 30, "Flyktningteamet", "Vedtak om bosetting"),
    ("temporary_stay_nights", _ASKER, date(2010, 1, 1), "year", 700, 1200, "NAV Asker", _HANDLINGSPLAN),
    ("temporary_stay_nights", _ASKER, date(2010, 1, 1), "quarter", 175, 300, "NAV Asker", _HANDLINGSPLAN),
    ("measures_behind_share", _ASKER, date(2010, 1, 1), "year", 0.2, 0.5, _SAMFUNN, _PROGRAM),
    ("measure_dwellings_delivered_rate", _ASKER, date(2010, 1, 1), "year", 0.8, 0.5, _SAMFUNN, _PROGRAM),
    ("challenges_not_reviewed", _ASKER, date(2010, 1, 1), "year", 0, 3, _SAMFUNN, _PROGRAM),
)

# title, plan, who does it, who answers for it, start, end, ended, put off or stopped (status, day),
# dwellings planned and delivered, metric
_Measure = tuple[
    str, str, str, str, date, date, date | None, tuple[str, date] | None, int | None, int | None, str | None
]
_MEASURES: tuple[_Measure, ...] = (
    (
        "Omsorgsboliger for eldre",
        _EARLIER_PLAN,
        _EIENDOM,
        _HELSE,
        date(2004, 3, 1),
        date(2006, 6, 30),
        date(2006, 6, 1),
        None,
        12,
        12,
        "queue_waiting",
    ),
    (
        "Samlokaliserte boliger, psykisk helse",
        _EARLIER_PLAN,
        _EIENDOM,
        _HELSE,
        date(2004, 6, 1),
        date(2006, 12, 31),
        date(2008, 5, 30),
        None,
        10,
        8,
        "queue_waiting",
    ),
    (
        "Boliger for utviklingshemmede, byggetrinn 1",
        _EARLIER_PLAN,
        _EIENDOM,
        _HELSE,
        date(2005, 1, 1),
        date(2007, 12, 31),
        None,
        ("utsatt", date(2007, 6, 1)),
        12,
        None,
        "queue_waiting",
    ),
    (
        "Småhus for rusavhengige",
        _EARLIER_PLAN,
        _EIENDOM,
        _HELSE,
        date(2005, 1, 1),
        date(2006, 12, 31),
        None,
        ("stoppet", date(2006, 10, 1)),
        6,
        None,
        "queue_waiting",
    ),
    (
        "Kjøp av boliger spredt i bomassen",
        _EARLIER_PLAN,
        _EIENDOM,
        _TEKNIKK,
        date(2004, 1, 1),
        date(2006, 12, 31),
        date(2007, 3, 1),
        None,
        15,
        11,
        "stock_acquired",
    ),
    (
        "Kraglund: bolig for personer med rusproblemer",
        _HANDLINGSPLAN,
        _EIENDOM,
        _HELSE,
        date(2010, 2, 1),
        date(2010, 11, 30),
        None,
        None,
        8,
        None,
        "queue_waiting",
    ),
    (
        "Akuttboliger",
        _HANDLINGSPLAN,
        _EIENDOM,
        _HELSE,
        date(2010, 6, 1),
        date(2012, 6, 30),
        None,
        None,
        6,
        None,
        "temporary_stay_nights",
    ),
    (
        "Boliger for utviklingshemmede, byggetrinn 2",
        _HANDLINGSPLAN,
        _EIENDOM,
        _HELSE,
        date(2010, 3, 1),
        date(2013, 12, 31),
        None,
        ("utsatt", date(2010, 9, 15)),
        16,
        None,
        "queue_waiting",
    ),
    (
        "Kjøp av boliger til flyktninger 2010",
        _HANDLINGSPLAN,
        _EIENDOM,
        _TEKNIKK,
        date(2010, 1, 1),
        date(2010, 12, 31),
        date(2010, 12, 15),
        None,
        8,
        5,
        "refugees_settled",
    ),
    (
        "Rutine fra oppsigelse til innflytting",
        _HANDLINGSPLAN,
        _EIENDOM,
        _SAMFUNN,
        date(2010, 4, 1),
        date(2010, 10, 31),
        None,
        None,
        None,
        None,
        "relet_days_median",
    ),
    (
        "Eget booppfølgingsteam for rus",
        _HANDLINGSPLAN,
        "Seksjon for rustiltak",
        _HELSE,
        date(2011, 1, 1),
        date(2011, 12, 31),
        None,
        None,
        None,
        None,
        "evictions_carried_out",
    ),
    (
        "Startlån til kommunale leietakere",
        _HANDLINGSPLAN,
        _BOLIG,
        _HELSE,
        date(2010, 1, 1),
        date(2013, 12, 31),
        None,
        None,
        None,
        None,
        "tenants_became_owners",
    ),
    (
        "Utrede gjengs leie",
        _PROGRAM,
        _EIENDOM,
        _TEKNIKK,
        date(2010, 9, 1),
        date(2011, 12, 31),
        None,
        None,
        None,
        None,
        "rent_to_market",
    ),
    (
        "Revisjon av kommunal bostøtte",
        _PROGRAM,
        _BOLIG,
        _HELSE,
        date(2010, 2, 1),
        date(2010, 12, 1),
        None,
        None,
        None,
        None,
        "municipal_bostotte_households",
    ),
    (
        "Forkjøpsrett ved utbygging av 20 boliger eller flere",
        "Kommuneplanen",
        "Plan og bygning",
        _SAMFUNN,
        date(2009, 1, 1),
        date(2010, 6, 30),
        None,
        ("stoppet", date(2010, 6, 30)),
        10,
        None,
        "stock_acquired",
    ),
    (
        "Omsorgsboliger med service, Heggedal",
        _ELDREPLAN,
        _EIENDOM,
        _HELSE,
        date(2009, 6, 1),
        date(2011, 9, 1),
        None,
        None,
        20,
        None,
        "queue_waiting",
    ),
)

# whom a measure is for, its priority, when it was proposed and adopted, from which year the økonomiplan has it
_Adopted = tuple[str, int, date, date, int | None]
_ADOPTED: dict[str, _Adopted] = {
    "Omsorgsboliger for eldre": ("omsorg_eldre", 1, date(2003, 9, 1), date(2004, 2, 10), 2004),
    "Samlokaliserte boliger, psykisk helse": ("omsorg_psykiatri", 2, date(2003, 9, 1), date(2004, 2, 10), 2005),
    "Boliger for utviklingshemmede, byggetrinn 1": ("omsorg_puh", 1, date(2003, 9, 1), date(2004, 2, 10), None),
    "Småhus for rusavhengige": ("okonomisk_sosialt", 3, date(2003, 9, 1), date(2004, 2, 10), None),
    "Kjøp av boliger spredt i bomassen": ("alle", 2, date(2003, 9, 1), date(2004, 2, 10), 2004),
    "Kraglund: bolig for personer med rusproblemer": (
        "okonomisk_sosialt",
        1,
        date(2009, 3, 1),
        date(2009, 12, 15),
        2010,
    ),
    "Akuttboliger": ("okonomisk_sosialt", 1, date(2009, 3, 1), date(2009, 12, 15), 2011),
    "Boliger for utviklingshemmede, byggetrinn 2": ("omsorg_puh", 1, date(2009, 3, 1), date(2009, 12, 15), None),
    "Kjøp av boliger til flyktninger 2010": ("flyktning", 1, date(2009, 3, 1), date(2009, 12, 15), 2010),
    "Rutine fra oppsigelse til innflytting": ("alle", 2, date(2009, 3, 1), date(2009, 12, 15), None),
    "Eget booppfølgingsteam for rus": ("okonomisk_sosialt", 2, date(2009, 3, 1), date(2009, 12, 15), None),
    "Startlån til kommunale leietakere": ("alle", 3, date(2009, 3, 1), date(2009, 12, 15), 2010),
    "Utrede gjengs leie": ("alle", 3, date(2010, 6, 1), date(2010, 12, 14), None),
    "Revisjon av kommunal bostøtte": ("alle", 4, date(2009, 3, 1), date(2009, 12, 15), 2010),
    "Forkjøpsrett ved utbygging av 20 boliger eller flere": (
        "alle",
        3,
        date(2008, 3, 1),
        date(2008, 12, 16),
        None,
    ),
    "Omsorgsboliger med service, Heggedal": ("servicebolig", 1, date(2007, 9, 1), date(2008, 6, 17), 2009),
}
# the day on which the økonomiplan of a year and the three after it, and that year's budget, are adopted
_BUDGET_DAY = (12, 14)
# until which day a measure's planned end was another one
_MOVED: dict[str, tuple[tuple[date, date], ...]] = {
    "Kraglund: bolig for personer med rusproblemer": ((date(2010, 2, 1), date(2010, 6, 30)),),
    "Akuttboliger": ((date(2010, 9, 15), date(2011, 6, 30)),),
    "Boliger for utviklingshemmede, byggetrinn 2": (
        (date(2010, 2, 1), date(2012, 12, 31)),
        (date(2010, 9, 15), date(2013, 6, 30)),
    ),
    "Omsorgsboliger med service, Heggedal": ((date(2009, 12, 15), date(2010, 12, 31)),),
}
# a measure that was taken out of the plan, and from which day on
_WITHDRAWN = ("Hybelhus for unge", date(2009, 12, 15))
# measure, year, kind; in the økonomiplan, in the budget, in the accounts, of which state grants: million NOK
_FUNDED: tuple[tuple[str, int, str, float | None, float | None, float | None, float | None], ...] = (
    ("Omsorgsboliger med service, Heggedal", 2009, "investering", 10, 10, 8.2, None),
    ("Omsorgsboliger med service, Heggedal", 2010, "investering", 30, 25, 27.4, 4.5),
    ("Omsorgsboliger med service, Heggedal", 2011, "investering", 12, 12, None, None),
    ("Kraglund: bolig for personer med rusproblemer", 2010, "investering", 16, 16, 13.5, None),
    ("Kjøp av boliger til flyktninger 2010", 2010, "investering", 5, 5, 4.8, None),
    ("Startlån til kommunale leietakere", 2010, "drift", 0.2, 0.2, 0.15, None),
    ("Revisjon av kommunal bostøtte", 2010, "drift", 0.1, None, None, None),
    ("Akuttboliger", 2012, "investering", 12, None, None, None),
)
# KOSTRA function, unit; by year from 2006 the budget as adopted, as revised, and the accounts: million NOK
_BUDGETS: tuple[tuple[str, str, tuple[tuple[float, float, float], ...]], ...] = (
    (
        "265",
        _EIENDOM,
        ((24, 24.5, 25.9), (25, 25.6, 25.9), (26.5, 27, 28.4), (27.5, 28.6, 29), (28.5, 29, 30.6)),
    ),
    ("283", _BOLIG, ((3.1, 3.1, 3), (3.2, 3.2, 3.2), (3.3, 3.4, 3.6), (3.5, 3.5, 3.5), (3.6, 3.7, 3.6))),
)
# project, dwellings, area, agreed on, right lapses on, dwellings that may be bought
_AGREEMENTS: tuple[tuple[str, int, int, date, date, int], ...] = (
    ("Heggedal sentrum", 42, 3600, date(2008, 5, 20), date(2009, 12, 31), 2),
    ("Vettre øst", 19, 1400, date(2009, 3, 2), date(2010, 6, 30), 0),
    ("Dikemark felt 1", 30, 2700, date(2009, 10, 12), date(2010, 12, 31), 2),
    ("Risenga nord", 50, 4300, date(2010, 6, 15), date(2012, 6, 30), 3),
)
# scheme, applied, granted, paid, refused, dwellings, million NOK
_STATE_GRANTS: tuple[tuple[str, date, date | None, date | None, date | None, int, float], ...] = (
    ("investeringstilskudd", date(2008, 9, 1), date(2008, 12, 10), date(2009, 10, 5), None, 4, 1.6),
    ("utleieboliger", date(2010, 2, 1), None, None, date(2010, 5, 10), 3, 1.2),
    ("utleieboliger", date(2010, 3, 1), date(2010, 6, 20), None, None, 5, 2.0),
)
# year, persons, nights: that respite bursts, because those who wait for a dwelling live with their parents, is the
# report's (6.2.1), how much is ours
_RESPITE: tuple[tuple[int, int, int], ...] = ((2007, 19, 1610), (2008, 21, 1880), (2009, 24, 2230), (2010, 27, 2640))
# a challenge, the day on which something of it was changed, what that was, its value before, and why
_TURNED: tuple[tuple[str, date, str, str | int, str], ...] = (
    ("Tid fra ledig bolig til innflytting", date(2010, 2, 15), "status", "apen", "Ny rutine skal løse det"),
    ("Tid fra ledig bolig til innflytting", date(2010, 10, 1), "status", "lost", "Tiden gikk ikke ned"),
    ("For mange forlengelser", date(2010, 3, 10), "alvor", 3, "Fornyelsene ble like mange som tildelingene"),
    ("Utviklingshemmede venter i årevis", date(2010, 3, 10), "alvor", 4, "Køen er blitt lengre"),
)
# a challenge, and the one that cannot be solved before it
_BLOCKS = {
    "Flertallet av planens prosjekter er forsinket, utsatt eller stoppet": "Utviklingshemmede venter i årevis",
    "Naboprotester styrer lokalisering": "Rus og psykiatri: for få tilpassede boliger",
}

# title, type, cause, consequence, gravity, registered, reviewed on, closed (status, day), metric
_Challenge = tuple[str, str, str, str, int, date, tuple[date, ...], tuple[str, date] | None, str | None]
_CHALLENGES: tuple[_Challenge, ...] = (
    (
        "Utviklingshemmede venter i årevis",
        "behovsdekning",
        "Dyre boliger i drift gjennom et livsløp",
        "Bor hos foreldre; avlastningen sprenges",
        5,
        date(2008, 2, 1),
        (date(2009, 3, 1), date(2010, 3, 10)),
        None,
        "queue_waiting",
    ),
    (
        "Rus og psykiatri: for få tilpassede boliger",
        "behovsdekning",
        "Mangler bolig med personalbase og akuttboliger",
        "Hospits og stadige flyttinger",
        5,
        date(2008, 2, 1),
        (date(2010, 3, 10),),
        None,
        "temporary_stay_nights",
    ),
    (
        "For mange forlengelser",
        "kommunale_boliger",
        "Leietakere er ikke selvhjulpne når tiden er ute",
        "Lav sirkulasjon; andre venter",
        4,
        date(2009, 5, 4),
        (date(2010, 9, 1),),
        None,
        "renewal_share",
    ),
    (
        "Tid fra ledig bolig til innflytting",
        "kommunale_boliger",
        "Enhetene er uenige om hvem som er sen",
        "Tomgangsleie og ventetid",
        4,
        date(2009, 5, 4),
        (date(2010, 10, 1),),
        None,
        "vacant_days",
    ),
    (
        "Virkemidlene er spredt på mange enheter",
        "organisering",
        "Fire tildelingsutvalg og egen tildeling til flyktninger",
        "Ingen ser helheten",
        4,
        date(2009, 9, 1),
        (date(2010, 9, 1),),
        None,
        None,
    ),
    (
        "Tildeler og forvalter mistror hverandre",
        "samarbeid",
        "Oppgavene ble skilt i 2003",
        "Striden tar tid fra leietakerne",
        3,
        date(2009, 9, 1),
        (),
        None,
        "days_to_ready_median",
    ),
    (
        "Fagmiljøene kjenner hverandre for lite",
        "kompetanse",
        "Særomsorger med hver sin kunnskap",
        "Rus møtes som karakterbrist",
        3,
        date(2009, 11, 2),
        (),
        None,
        None,
    ),
    (
        "Bolig med vilkår og husleieloven",
        "boligtilbud",
        "Tjenester knyttet til leieforholdet",
        "Uklart ansvar ved utkastelse",
        3,
        date(2010, 1, 11),
        (date(2010, 8, 20),),
        None,
        "eviction_petitions",
    ),
    (
        "Flertallet av planens prosjekter er forsinket, utsatt eller stoppet",
        "handlingsplan",
        "Planen er ikke bundet til økonomiplanen",
        "Planlagte boliger kommer ikke",
        5,
        date(2010, 2, 1),
        (date(2010, 11, 1),),
        None,
        "measures_behind_share",
    ),
    (
        "Naboprotester styrer lokalisering",
        "holdninger",
        "Redsel for naboer med rusproblemer",
        "Prosjekter flyttes og utsettes",
        3,
        date(2010, 2, 1),
        (),
        None,
        None,
    ),
    (
        "Femårsregelen for botid",
        "holdninger",
        "Frykt for tilflytting",
        "Avslag til folk med behov",
        2,
        date(2008, 6, 2),
        (date(2009, 6, 2),),
        ("avkreftet", date(2009, 6, 2)),
        "rejection_rate",
    ),
    (
        "Målene er for vage til å styre etter",
        "malstyring",
        "Skaffe «egnede» og «flere» boliger",
        "Ingen vet om vi lykkes",
        4,
        date(2010, 3, 1),
        (date(2010, 12, 1),),
        None,
        None,
    ),
    (
        "Gamle kontrakter med svært lav leie",
        "husleie",
        "Ingen har hatt tid til å justere",
        "Generell subsidiering; få flytter",
        3,
        date(2009, 3, 2),
        (),
        None,
        "contracts_over_ten_years",
    ),
    (
        "Leie over boutgiftstaket",
        "husleie",
        "Taket følger ikke markedet i Asker",
        "Leietaker eller sosialhjelp betaler det over",
        4,
        date(2010, 4, 12),
        (date(2010, 10, 4),),
        None,
        "bostotte_over_ceiling_share",
    ),
    (
        "Startlån blir lån til restart",
        "husbanken",
        "Finanskrisen og få små, rimelige boliger",
        "Unge i etableringsfasen får en mindre del",
        3,
        date(2010, 9, 1),
        (date(2010, 12, 1),),
        None,
        "startlan_first_time_share",
    ),
    (
        "Forhåndstilsagn som ikke blir brukt",
        "husbanken",
        "Vanskelig å finne egnet bolig",
        "Få leietakere blir eiere",
        3,
        date(2009, 3, 2),
        (date(2010, 2, 1),),
        None,
        "startlan_preapproval_use_rate",
    ),
    (
        "Tilskudd fra Husbanken til kommunen søkes ikke",
        "husbanken",
        "Ingen har oppgaven",
        "Dyrere boliger",
        2,
        date(2008, 6, 2),
        (date(2009, 8, 3),),
        ("lost", date(2009, 12, 1)),
        "grants_amount",
    ),
)


# id, name, made by, made on, status, budget
_SCENARIOS: tuple[tuple[str, str, str, date, str, float | None], ...] = (
    ("planen", "Planen som vedtatt", _SAMFUNN, date(2010, 12, 15), "vedtatt", None),
    ("puh_10", "Ti PUH-boliger 2012", "Boligkoordinator", date(2010, 12, 20), "til_behandling", 20_000_000),
    ("leie_80", "Leie til 80 prosent av marked ved skifte", _EIENDOM, date(2010, 12, 20), "til_behandling", None),
    ("klargjoring_30", "Tretti døgn kortere klargjøring", _EIENDOM, date(2010, 12, 20), "utkast", None),
)
# scenario, what, category, waits for, from, value, mode; the plan's are measures above that are under way or put off
_LEVERS: tuple[tuple[str, str, str | None, str | None, date, float, str | None], ...] = (
    ("planen", "nye_boliger", "servicebolig", None, date(2011, 9, 1), 20, None),
    ("planen", "nye_boliger", "okonomisk_sosialt", None, date(2012, 6, 30), 6, None),
    ("planen", "nye_boliger", "omsorg_puh", None, date(2013, 12, 31), 16, None),
    ("puh_10", "nye_boliger", "omsorg_puh", None, date(2012, 12, 1), 10, None),
    ("leie_80", "leie_av_marked", None, None, date(2011, 1, 1), 0.8, "ved_skifte"),
    ("klargjoring_30", "kortere_dodtid", "okonomisk_sosialt", "eiendom", date(2011, 1, 1), 30, None),
    ("klargjoring_30", "kortere_dodtid", "omsorg_eldre", "eiendom", date(2011, 1, 1), 30, None),
)
# code, category, value, source
_ASSUMED: tuple[tuple[str, str, float, str], ...] = (
    ("kostnad_bolig", "alle", 2_000_000, f"Erfaringstall, {_EIENDOM}"),
    ("kostnad_bolig", "omsorg_puh", 3_400_000, f"Erfaringstall, {_EIENDOM}"),
    ("drift_bolig", "alle", 35_000, f"Erfaringstall, {_EIENDOM}"),
    ("rente", "alle", 0.045, _PROGRAM),
    ("levetid", "alle", 40, _PROGRAM),
    ("befolkningsvekst", "alle", figures.PLANNED_GROWTH, "Kommuneplanen"),
)


# year, agreed, not settled, why (chapter 4.8); how many were not settled in 2009 is not printed
_AGREED: tuple[tuple[int, int, int | None, str | None], ...] = (
    (2009, 60, None, None),
    (2010, 60, 14, "mangler_bolig"),
    (2011, 40, None, None),
)


# metric, period, its first day, why, what is done, who answers, by when; known from the day after the period
_COMMENTS: tuple[tuple[str, str, date, str, str | None, str, date | None], ...] = (
    (
        "queue_waiting_over_one_year", "quarter", date(2010, 10, 1),
        "De fleste er utviklingshemmede, og ingen bolig for dem er ferdig før byggetrinn 2.",
        "Midlertidige plasser i samlokaliserte boliger utredes.", "Vedtakskontoret", date(2011, 4, 1),
    ),
    (
        "vacancy_rate", "quarter", date(2010, 10, 1),
        "Rehabiliteringen tok lengre tid enn planlagt.", "Egen framdriftsplan for boliger som rehabiliteres.",
        _EIENDOM, date(2011, 3, 1),
    ),
    (
        "holdover_tenancies", "quarter", date(2010, 10, 1),
        "Kontrakter blir ikke fulgt opp før de løper ut.", None, _EIENDOM, None,
    ),
    (
        "queue_waiting_over_one_year", "year", date(2010, 1, 1),
        "De fleste er utviklingshemmede, og ingen bolig for dem er ferdig før byggetrinn 2.",
        "Midlertidige plasser i samlokaliserte boliger utredes.", "Vedtakskontoret", date(2011, 4, 1),
    ),
    (
        "vacancy_rate", "quarter", date(2010, 4, 1),
        "Flere boliger ble klargjort samtidig.", "Klargjøringen fordeles over året.", _EIENDOM, date(2010, 12, 1),
    ),
)  # fmt: skip
# number, what, decided on, who carries it out, looked at again on, status and from which day, figure
_RESOLUTIONS: tuple[tuple[str, str, date, str, date | None, tuple[str, date] | None, str | None], ...] = (
    (
        "BSO 3/10", "Rutine fra oppsigelse til innflytting tas i bruk fra mai", date(2010, 3, 17), _EIENDOM,
        date(2010, 9, 15), ("under_arbeid", date(2010, 5, 1)), "relet_days_median",
    ),
    (
        "BSO 7/10", "Startlån tilbys kommunale leietakere som kan kjøpe", date(2010, 6, 16), _BOLIG,
        date(2010, 12, 15), ("gjennomfort", date(2010, 11, 1)), "startlan_tenant_buyers",
    ),
    (
        "BSO 11/10", "Byggetrinn 2 for utviklingshemmede tas opp i økonomiplanen", date(2010, 10, 20), _SAMFUNN,
        date(2011, 2, 16), None, "queue_waiting_over_one_year",
    ),
)  # fmt: skip


def _comments(as_of: date) -> list[Row]:
    months = {"quarter": 3, "year": 12}
    return [
        {
            "metric_id": metric,
            "dimension": "total",
            "dimension_value": "total",
            "period_type": period,
            "period_start": start,
            "arsak": cause,
            "tiltak": action,
            "ansvarlig": owner,
            "frist_dato": due_on,
        }
        for metric, period, start, cause, action, owner, due_on in _COMMENTS
        # written when the period is over
        if date(start.year + (start.month + months[period] > 12), (start.month + months[period] - 1) % 12 + 1, 1)
        <= as_of + timedelta(days=1)
    ]


def _resolutions(as_of: date) -> list[Row]:
    return [
        {
            "vedtak_nr": number,
            "tittel": title,
            "vedtatt_dato": decided_on,
            "ansvarlig": owner,
            "oppfolging_dato": follow_up_on,
            "status": turned[0] if turned and turned[1] <= as_of else "vedtatt",
            "metric_id": metric,
        }
        for number, title, decided_on, owner, follow_up_on, turned, metric in _RESOLUTIONS
        if decided_on <= as_of
    ]


def _scenarios(as_of: date) -> list[Row]:
    return [
        {
            "scenario_id": scenario_id,
            "navn": name,
            "beskrivelse": None,
            "laget_av": made_by,
            "laget_dato": made_on,
            "status": status,
            "horisont_mnd": 36,
            "budsjett": budget,
        }
        for scenario_id, name, made_by, made_on, status, budget in _SCENARIOS
        if made_on <= as_of
    ]


def _levers(as_of: date) -> list[Row]:
    made = {row["scenario_id"] for row in _scenarios(as_of)}
    return [
        {
            "spak_id": f"SP{place:03}",
            "scenario_id": scenario_id,
            "nr": place,
            "type": what,
            "boligkategori": category,
            "fra_kategori": None,
            "ansvarlig_eller_fase": waits_for,
            "fra_dato": from_on,
            "til_dato": None,
            "verdi": value,
            "modus": mode,
            "begrunnelse": None,
        }
        for place, (scenario_id, what, category, waits_for, from_on, value, mode) in enumerate(_LEVERS, 1)
        if scenario_id in made
    ]


def _assumptions(as_of: date) -> list[Row]:
    return [
        {"kode": code, "boligkategori": category, "gyldig_fra": date(2010, 1, 1), "verdi": value, "kilde": source}
        for code, category, value, source in _ASSUMED
        if as_of >= date(2010, 1, 1)
    ]


def _agreements(as_of: date) -> list[Row]:
    return [
        {
            "aar": year,
            "anmodet": None,
            "vedtatt": agreed,
            "enslige_mindrearige": None,
            # what did not come about is told when the year is over
            "ikke_bosatt": unsettled if date(year, 12, 31) <= as_of else None,
            "arsak": reason if date(year, 12, 31) <= as_of else None,
        }
        for year, agreed, unsettled, reason in _AGREED
        if year <= as_of.year + 1
    ]


# the report counts 40 homeless in 2009 (6.2.1), and tells of young people with disabilities who live with their parents
# (4.1); who of them had not applied is ours: twelve make up the 167 dwellings of 4.1
_HOMELESS_NOT_IN_QUEUE = 12
# birth years of the cohorts of young people who will need a care dwelling, each at eighteen
_COHORTS = (1991, 1992, 1993, 1993, 1994, 1994, 1995, 1995, 1996, 1996, 1997)
_GROWN_UP = 20
_PARTIES: tuple[tuple[str, str, date, str | None], ...] = (
    ("NAV Asker", "samarbeid", date(2009, 11, 12), None),
    ("Vedtakskontoret", "samarbeid", date(2009, 11, 12), None),
    ("Psykisk helse", "samarbeid", date(2009, 11, 19), None),
    ("Eiendomsforvaltningen", "samarbeid", date(2009, 11, 19), None),
    ("Rådet for funksjonshemmede", "medvirkning", date(2009, 11, 25), "Ber om boliger til dem som bor hos foreldre"),
    ("Eldrerådet", "medvirkning", date(2009, 11, 26), None),
)


def _needs(as_of: date) -> list[Row]:
    people = People(Random(_GROWN_UP))
    named: Row = {
        "gruppe": "utviklingshemming",
        "boligtype": "tilpasset",
        "heldogns_tjeneste": True,
        "bor_na": "foreldre",
        "status": "kartlagt",
    }
    homeless: Row = {
        "fodselsnummer": None,
        "gruppe": "bostedslos",
        "boligtype": "ordinar",
        "kilde": "bostedslos_kartlegging",
        "heldogns_tjeneste": False,
        "status": "kartlagt",
    }
    made: list[Row] = [
        homeless
        | {
            "onsket_fra_dato": date(2009, 11, 23),
            "bor_na": "midlertidig" if place % 2 else "uegnet_bolig",
            "sist_bekreftet_dato": date(2009, 11, 27),
        }
        for place in range(_HOMELESS_NOT_IN_QUEUE)
    ]
    made += [
        named
        | {
            "fodselsnummer": people.new(born, born),
            "kilde": "avlastning" if place % 3 else "skole",
            # the year after school, and never before the overviews that the demonstration makes
            "onsket_fra_dato": date(max(born + _GROWN_UP, 2011), 8, 1),
            "sist_bekreftet_dato": date(2009, 12, 1) if place % 2 else date(2010, 5, 20),
        }
        for place, born in enumerate(_COHORTS)
    ]
    return [
        {"melding_id": f"BR{place:03}"} | row
        for place, row in enumerate(made, 1)
        if row["sist_bekreftet_dato"] <= as_of
    ]


def _parties(as_of: date) -> list[Row]:
    return [
        {"navn": name, "rolle": role, "dato": on, "merknad": said} for name, role, on, said in _PARTIES if on <= as_of
    ]


def rows(table: str, as_of: date) -> list[Row] | None:
    """The rows of a sheet as they stood at the close of this day; None of a sheet that is not delivered."""
    made = {
        "target": _targets,
        "measure": _measures,
        "challenge": _challenges,
        "scenario": _scenarios,
        "spak": _levers,
        "forutsetning": _assumptions,
        "measure_funding": _funding,
        "budget": _budgets,
        "kommentar": _comments,
        "vedtak": _resolutions,
        "settlement_agreement": _agreements,
        "development_agreement": _development_agreements,
        "municipal_grant": _state_grants,
        "need_register": _needs,
        "grant_pot": _pots,
        "respite": _respites,
        # no share of the population is approved: hidden need is not estimated
        "need_coefficient": lambda _: [],
        "behov": _parties,
    }.get(table)
    return made(as_of) if made else None


def workbook(source: Source, as_of: date) -> bytes:
    """The workbook, with typed cells; the same day gives the same bytes."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties(
        {"title": "Styringsdata", "author": "Demokommunen", "created": datetime(2011, 1, 1, tzinfo=UTC)}
    )
    day_format = book.add_format({"num_format": "dd.mm.yyyy"})
    for table in source.tables:
        delivered = rows(table.name, as_of)
        if delivered is None:
            continue
        sheet = book.add_worksheet(table.name)
        columns = [column for column in table.columns if not delivered or column.name in delivered[0]]
        sheet.write_row(0, 0, [column.name for column in columns])
        for row_number, row in enumerate(delivered, 1):
            for column_number, column in enumerate(columns):
                _write(sheet, row_number, column_number, column, row[column.name], day_format)
    book.close()
    return content.getvalue()


def _write(sheet: Any, row: int, number: int, column: Column, value: Any, day_format: Any) -> None:
    if value is None:
        return
    if column.type == "date":
        sheet.write_datetime(row, number, value, day_format)
    elif column.type in ("integer", "decimal"):
        sheet.write_number(row, number, value)
    elif column.type == "boolean":
        sheet.write_boolean(row, number, value)
    else:
        sheet.write_string(row, number, value)


def _targets(as_of: date) -> list[Row]:
    return [
        {
            "metric_id": metric,
            "dimension": dimension,
            "dimension_value": value,
            "valid_from": valid_from,
            "period_type": period,
            "green": green,
            "red": red,
            "owner": owner,
            "source": source,
        }
        for metric, (dimension, value), valid_from, period, green, red, owner, source in _one_period_each()
        if valid_from <= as_of
    ]


def _one_period_each() -> list[tuple[str, tuple[str, str], date, str, float, float, str, str]]:
    """The key of a target has no period_type: a figure with targets for several periods has them from a day each."""
    seen: set[tuple[str, tuple[str, str], date]] = set()
    kept = []
    for target in _TARGETS:
        metric, place, valid_from, *_ = target
        while (metric, place, valid_from) in seen:
            valid_from += timedelta(days=1)
        seen.add((metric, place, valid_from))
        kept.append((metric, place, valid_from, *target[3:]))
    return kept


def _measures(as_of: date) -> list[Row]:
    made: list[Row] = []
    for number, (title, plan, unit, owner, start, end, ended, turned, planned, delivered, metric) in enumerate(
        _MEASURES, 1
    ):
        done = ended is not None and ended <= as_of
        end = next((earlier for until, earlier in _MOVED.get(title, ()) if as_of < until), end)
        group, priority, proposed, adopted, plan_from = _ADOPTED[title]
        if done:
            status = "fullfort"
        elif turned and turned[1] <= as_of:
            status = turned[0]
        elif start > as_of:
            status = "planlagt"
        else:
            status = "forsinket" if end < as_of else "pagar"
        made.append(
            {
                "tiltak_id": f"TI{number:03}",
                "tittel": title,
                "plan": plan,
                "operativ_enhet": unit,
                "strategisk_eier": owner,
                "planlagt_start": start,
                "planlagt_slutt": end,
                "faktisk_slutt": ended if done else None,
                "status": status,
                "boliger_planlagt": planned,
                "boliger_levert": delivered if done else None,
                "stoppet_grunn": ("tomt" if planned else "penger") if status in ("utsatt", "stoppet") else None,
                "metric_id": metric,
                "malgruppe": group,
                "prioritet": priority,
                "foreslatt_dato": _known(proposed, as_of),
                "vedtatt_dato": _known(adopted, as_of),
                "okonomiplan_fra": plan_from if plan_from and _budget_day(plan_from) <= as_of else None,
            }
        )
    # a plan is in the register from the year before its first measure
    made = [row for row, (_, _, _, _, start, *_) in zip(made, _MEASURES, strict=True) if start.year - 1 <= as_of.year]
    title, until = _WITHDRAWN
    if as_of < until:
        proposed_only = {
            "tiltak_id": f"TI{len(_MEASURES) + 1:03}",
            "tittel": title,
            "plan": _HANDLINGSPLAN,
            "status": "planlagt",
            "planlagt_start": date(2010, 6, 1),
            "planlagt_slutt": date(2011, 12, 31),
            "boliger_planlagt": 8,
            "malgruppe": "okonomisk_sosialt",
            "prioritet": 5,
            "foreslatt_dato": _known(date(2009, 3, 1), as_of),
        }
        made.append(dict.fromkeys(made[0]) | made[-1] | _EMPTY | proposed_only)
    return made


# what a measure that nobody adopted has nothing of
_EMPTY: Row = dict.fromkeys(("faktisk_slutt", "boliger_levert", "stoppet_grunn", "vedtatt_dato", "okonomiplan_fra"))


def _known(day: date | None, as_of: date) -> date | None:
    return day if day and day <= as_of else None


def _budget_day(year: int) -> date:
    """The day on which the budget of the year is adopted."""
    return date(year - 1, *_BUDGET_DAY)


def _nok(millions: float | None) -> float | None:
    return None if millions is None else round(millions * 1_000_000)


def _funding(as_of: date) -> list[Row]:
    number = {row["tittel"]: row["tiltak_id"] for row in _measures(as_of)}
    return [
        {
            "tiltak_id": number[title],
            "aar": year,
            "type": kind,
            "okonomiplan_belop": _nok(plan) if _budget_day(_ADOPTED[title][4] or year) <= as_of else None,
            "budsjett_belop": _nok(budget) if _budget_day(year) <= as_of else None,
            "regnskap_belop": _nok(accounts) if date(year, 12, 31) <= as_of else None,
            "statlig_tilskudd": _nok(grant) if date(year, 12, 31) <= as_of else None,
        }
        for title, year, kind, plan, budget, accounts, grant in _FUNDED
        if title in number and _budget_day(_ADOPTED[title][4] or year) <= as_of
    ]


def _budgets(as_of: date) -> list[Row]:
    return [
        {
            "funksjon": function,
            "aar": year,
            "ansvar": unit,
            "budsjett_opprinnelig": _nok(adopted),
            "budsjett_revidert": _nok(revised) if date(year, 12, 31) <= as_of else None,
            "regnskap": _nok(accounts) if date(year, 12, 31) <= as_of else None,
        }
        for function, unit, years in _BUDGETS
        for year, (adopted, revised, accounts) in enumerate(years, 2006)
        if _budget_day(year) <= as_of
    ]


def _development_agreements(as_of: date) -> list[Row]:
    return [
        {
            "avtale_id": f"UA{number:02}",
            "prosjekt": project,
            "boliger": dwellings,
            "bruksareal_m2": area,
            "inngatt_dato": agreed,
            "frist_dato": lapses,
            "rett_antall": right,
            "benyttet_antall": 0 if lapses <= as_of else None,
            "kjopt_antall": 0 if lapses <= as_of else None,
        }
        for number, (project, dwellings, area, agreed, lapses, right) in enumerate(_AGREEMENTS, 1)
        if agreed <= as_of
    ]


def _state_grants(as_of: date) -> list[Row]:
    return [
        {
            "sak_id": f"KT{number:02}",
            "ordning": scheme,
            "soknad_dato": applied,
            "tilsagn_dato": _known(granted, as_of),
            "utbetalt_dato": _known(paid, as_of),
            "avslag_dato": _known(refused, as_of),
            "boliger": dwellings,
            "belop_sokt": _nok(amount),
            "belop_tilsagn": _nok(amount) if _known(granted, as_of) else None,
            "belop_utbetalt": _nok(amount) if _known(paid, as_of) else None,
        }
        for number, (scheme, applied, granted, paid, refused, dwellings, amount) in enumerate(_STATE_GRANTS, 1)
        if applied <= as_of
    ]


def _pots(as_of: date) -> list[Row]:
    return [{"aar": year, "tildelt_belop": figures.GRANT_POT} for year in figures.YEARS if year <= as_of.year]


def _respites(as_of: date) -> list[Row]:
    return [
        {"aar": year, "personer": persons, "dogn": nights}
        for year, persons, nights in _RESPITE
        if date(year, 12, 31) <= as_of
    ]


def _challenges(as_of: date) -> list[Row]:
    made: list[Row] = []
    for number, (title, kind, cause, outcome, gravity, registered, reviewed, closed, metric) in enumerate(
        _CHALLENGES, 1
    ):
        if registered > as_of:
            continue
        reviews = [day for day in reviewed if day <= as_of]
        status = "under_arbeid" if reviews else "apen"
        if closed and closed[1] <= as_of:
            status = closed[0]
            reviews.append(closed[1])
        made.append(
            {
                "utfordring_id": f"UT{number:03}",
                "tittel": title,
                "type": kind,
                "arsak": cause,
                "konsekvens": outcome,
                "alvor": gravity,
                "status": status,
                "registrert_dato": registered,
                "sist_vurdert_dato": max([registered, *reviews]),
                "metric_id": metric,
                "endring_grunn": next(
                    (why for name, day, *_, why in reversed(_TURNED) if name == title and day <= as_of), None
                ),
                "blokkerer": _BLOCKS.get(title),
            }
        )
        # the latest first: what stood before the first change that is still to come stays
        for name, day, field, before, _ in reversed(_TURNED):
            if name == title and as_of < day:
                made[-1][field] = before
    number_of = {row["tittel"]: row["utfordring_id"] for row in made}
    return [row | {"blokkerer": number_of.get(row["blokkerer"])} for row in made]
