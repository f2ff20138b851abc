"""The few numbers that the demonstration municipality is built to hit, and where they are printed.

Belongs here: figures of NOVA's report on Asker (2011), each with its place, and beside them the invented ones
for the years that the report is silent on (marked so).
Does not belong here: how events are made of them, nor any check that they come out (tests/unit/test_demo.py
counts from the written files and compares with the published figures on its own).
"""

from datetime import date

FIRST_YEAR, LAST_YEAR = 2005, 2011  # registers of applications begin; the world is told a year past the report
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)

CATEGORIES = (
    "okonomisk_sosialt",
    "trygdebolig",
    "servicebolig",
    "omsorg_eldre",
    "omsorg_psykiatri",
    "omsorg_puh",
    "hc_bolig",
    "flyktning",
)
QUEUED = CATEGORIES[:-1]  # refugees are housed outside the queue
PARTLY_FIXED_TERM = ("trygdebolig", "omsorg_psykiatri")  # 4.6.2: "etter hvert" here too: about half since 2002
FIXED_TERM = ("okonomisk_sosialt", "flyktning")  # chapter 4.6.2: all of these have fixed-term contracts


def _by_year(*values: int) -> dict[int, int]:
    return dict(zip(YEARS, values, strict=True))


# Tabell 7, 2008-2010: households waiting at year end (the first value: 2004). Other years are invented.
WAITING = {
    "okonomisk_sosialt": (15, 14, 13, 12, 38, 33, 27, 29),
    "trygdebolig": (26, 27, 27, 28, 29, 24, 10, 12),
    "servicebolig": (14, 15, 15, 16, 17, 13, 23, 21),
    "omsorg_eldre": (19, 20, 18, 19, 17, 35, 39, 41),
    "omsorg_psykiatri": (9, 10, 12, 13, 14, 13, 8, 9),
    "omsorg_puh": (40, 43, 45, 48, 50, 56, 57, 58),
    "hc_bolig": (0, 0, 1, 0, 0, 0, 1, 1),
}

# Tabell 7, 2008-2010: households allocated in the year; hc_bolig from the note under the table.
ALLOCATED = {
    "okonomisk_sosialt": _by_year(24, 26, 25, 17, 47, 25, 24),
    "trygdebolig": _by_year(20, 22, 21, 25, 22, 15, 17),
    "servicebolig": _by_year(15, 16, 16, 18, 17, 15, 16),
    "omsorg_eldre": _by_year(26, 27, 28, 32, 25, 25, 26),
    "omsorg_psykiatri": _by_year(4, 4, 5, 4, 3, 5, 4),
    "omsorg_puh": _by_year(2, 2, 2, 2, 1, 0, 1),
    "hc_bolig": _by_year(1, 0, 1, 0, 2, 1, 0),
    # 4.6.3: 126 households in 2010, refugees included: 40 beside the 86 of Tabell 7. Other years are invented.
    "flyktning": _by_year(20, 20, 24, 28, 36, 40, 28),
}

# Exits from the queue but by allocation. okonomisk_sosialt so that those put on the list fall from 85 (2008) to 37
# (2010), chapter 6.2.2; the others are invented, small enough for 239 new applications in 2010 (4.6.3).
OTHER_EXITS = {
    "okonomisk_sosialt": _by_year(14, 15, 16, 42, 15, 18, 15),
    "trygdebolig": _by_year(6, 6, 6, 6, 5, 3, 4),
    "servicebolig": _by_year(5, 4, 5, 4, 4, 3, 4),
    "omsorg_eldre": _by_year(6, 7, 6, 7, 5, 4, 6),
    "omsorg_psykiatri": _by_year(1, 2, 1, 2, 2, 2, 1),
    "omsorg_puh": _by_year(1, 1, 1, 1, 0, 1, 1),
    "hc_bolig": _by_year(0, 0, 0, 0, 0, 0, 0),
}

# 4.6.3: 299 applications in 2010, 239 of them new (so 60 for renewal); 110 rejections. 6.2.2: rejections of
# okonomisk_sosialt rose from 45 (2008) to 91 (2010). Other years are invented.
APPLICATIONS_NEW_2010, APPLICATIONS_RENEWAL_2010 = 239, 60
REJECTED = _by_year(50, 52, 55, 62, 88, 110, 100)
REJECTED_OKONOMISK = _by_year(34, 36, 38, 45, 68, 91, 82)
REJECTED_RENEWALS = _by_year(3, 3, 4, 5, 6, 8, 7)  # among the two above

RENEWED = _by_year(42, 50, 54, 60, 68, 86, 84)  # 4.6.4: 86 in 2010; other years invented

# 4.6.3: of the 126 households of 2010 94 were newly moved in, so 32 came from another municipal dwelling;
# 17 of those are refugees, which leaves the 23 newly settled of 4.8. Other years are invented.
MOVED_WITHIN = _by_year(14, 14, 16, 18, 26, 32, 20)
MOVED_WITHIN_REFUGEES = _by_year(6, 6, 8, 10, 13, 17, 9)

TENANTS_LEFT = 40  # 4.7: "ca. 40 a year" leave the fixed-term dwellings because the contract is not renewed
GRANT_POT = 5_000_000  # 4.7: normally, each year
PLANNED_GROWTH = 0.009  # 3.1: of the population a year, in kommuneplanen
BECAME_OWNERS = _by_year(5, 6, 7, 9, 4, 4, 11)  # 4.7: 9, 4, 4, and five in the first quarter of 2011
EVICTED = _by_year(2, 2, 3, 2, 3, 4, 3)  # invented

# 4.6.1, year end 2010: shares 27, 10, 32, 21 percent and 55 refugee dwellings. The 16 that they leave: hc_bolig.
STOCK_2010 = {
    "okonomisk_sosialt": 183,
    "trygdebolig": 278,
    "servicebolig": 89,
    "omsorg_eldre": 160,
    "omsorg_psykiatri": 45,
    "omsorg_puh": 30,
    "hc_bolig": 16,
    "flyktning": 55,
}
# 4.6.1: 145 of the 856 are nomination rights; their split is invented. None is leased at the end of 2010.
NOMINATION_2010 = {
    "okonomisk_sosialt": 45,
    "trygdebolig": 20,
    "servicebolig": 40,
    "omsorg_eldre": 25,
    "omsorg_psykiatri": 5,
    "flyktning": 10,
}
# 4.6.1: 827, 859, 856 dwellings; 10 and 12 bought or built, 2 and 1 sold. What is leased or nominated makes the rest.
# (year, tenure, category, dwellings gained or lost, to whom)
STOCK_CHANGES: tuple[tuple[int, str, str, int, str | None], ...] = (
    (2005, "eid", "omsorg_eldre", 2, None),
    (2005, "eid", "okonomisk_sosialt", 2, None),
    (2005, "eid", "flyktning", 2, None),
    (2006, "eid", "omsorg_psykiatri", 2, None),
    (2006, "eid", "flyktning", 3, None),
    (2006, "disposisjonsrett", "okonomisk_sosialt", 3, None),
    (2007, "eid", "omsorg_eldre", 2, None),
    (2007, "eid", "flyktning", 3, None),
    (2007, "innleid", "flyktning", 4, None),
    (2007, "eid", "trygdebolig", -1, "riving"),
    (2008, "eid", "okonomisk_sosialt", 3, None),
    (2008, "eid", "omsorg_psykiatri", 2, None),
    (2008, "eid", "flyktning", 2, None),
    (2008, "innleid", "flyktning", 4, None),
    (2008, "disposisjonsrett", "servicebolig", 3, None),
    (2008, "eid", "okonomisk_sosialt", -2, "leieboer"),
    (2009, "eid", "omsorg_eldre", 3, None),
    (2009, "eid", "okonomisk_sosialt", 3, None),
    (2009, "eid", "flyktning", 3, None),
    (2009, "eid", "omsorg_psykiatri", 1, None),
    (2009, "disposisjonsrett", "okonomisk_sosialt", 7, None),
    (2009, "disposisjonsrett", "flyktning", 4, None),
    (2009, "disposisjonsrett", "servicebolig", 3, None),
    (2009, "innleid", "flyktning", 10, None),
    (2009, "innleid", "okonomisk_sosialt", 6, None),
    (2009, "eid", "trygdebolig", -1, "marked"),
    (2009, "eid", "okonomisk_sosialt", -1, "marked"),
    (2009, "innleid", "flyktning", -4, "utleier"),
    (2009, "disposisjonsrett", "okonomisk_sosialt", -2, "utleier"),
    (2010, "eid", "flyktning", 5, None),
    (2010, "eid", "okonomisk_sosialt", 3, None),
    (2010, "eid", "omsorg_eldre", 2, None),
    (2010, "eid", "omsorg_psykiatri", 2, None),
    (2010, "disposisjonsrett", "flyktning", 6, None),
    (2010, "disposisjonsrett", "okonomisk_sosialt", 4, None),
    (2010, "eid", "okonomisk_sosialt", -1, "leieboer"),
    (2010, "innleid", "flyktning", -14, "utleier"),
    (2010, "innleid", "okonomisk_sosialt", -6, "utleier"),
    (2010, "disposisjonsrett", "okonomisk_sosialt", -3, "utleier"),
    (2010, "disposisjonsrett", "servicebolig", -1, "utleier"),
    (2011, "eid", "flyktning", 4, None),
    (2011, "eid", "okonomisk_sosialt", 3, None),
    (2011, "eid", "trygdebolig", -1, "riving"),
)

# 4.8: refugees settled: 60 agreed in 2009 and 2010, 14 of them not in 2010, half in municipal dwellings.
# (municipal, private); other years are invented.
SETTLED = {
    2005: (14, 26),
    2006: (14, 24),
    2007: (16, 25),
    2008: (18, 24),
    2009: (23, 33),
    2010: (23, 23),
    2011: (17, 23),
}

# 4.1: NAV found that about 40 persons needed somewhere to stay at once in the course of 2009
ACUTE_PERSONS = {2009: 40}

# Tabell 5, 2007-2010; `uoppgitt` takes what the print lacks. 2005, 2006 and 2011 are invented.
LOANS = {
    2005: {"forstegangsetablering": 22, "funksjonshemmet": 2, "reetablering_samlivsbrudd": 4, "uoppgitt": 4},
    2006: {"forstegangsetablering": 25, "funksjonshemmet": 2, "reetablering_samlivsbrudd": 5, "uoppgitt": 5},
    2007: {
        "forstegangsetablering": 27,
        "funksjonshemmet": 3,
        "reetablering_samlivsbrudd": 5,
        "okonomisk_vanskeligstilt": 2,
        "uoppgitt": 5,
    },
    2008: {
        "forstegangsetablering": 23,
        "funksjonshemmet": 3,
        "reetablering_samlivsbrudd": 12,
        "okonomisk_vanskeligstilt": 2,
        "uoppgitt": 10,
    },
    2009: {
        "forstegangsetablering": 30,
        "funksjonshemmet": 7,
        "reetablering_samlivsbrudd": 8,
        "okonomisk_vanskeligstilt": 14,
    },
    2010: {
        "forstegangsetablering": 35,
        "funksjonshemmet": 6,
        "reetablering_samlivsbrudd": 16,
        "okonomisk_vanskeligstilt": 26,
    },
    2011: {
        "forstegangsetablering": 38,
        "funksjonshemmet": 6,
        "reetablering_samlivsbrudd": 14,
        "okonomisk_vanskeligstilt": 22,
    },
}
REFINANCED = _by_year(1, 2, 3, 7, 14, 23, 18)  # Tabell 5
# 6.2.11: 73 paid out before 1 September 2010, 30 of them to first-time buyers, 7 to municipal tenants who bought.
LOANS_CUT = date(2010, 9, 1)
LOANS_BEFORE_CUT, FIRST_TIME_BEFORE_CUT = 73, 30
TENANT_BUYERS = _by_year(4, 5, 6, 8, 4, 7, 9)

# Tabell 6, 2001-2010 (KOSTRA's 10 adaptations for 2009; the municipality counts 5). 2011 is invented.
GRANTS = {
    "etablering": dict(zip(range(2001, 2012), (3, 5, 4, 6, 10, 12, 17, 13, 10, 15, 14), strict=True)),
    "tilpasning": dict(zip(range(2001, 2012), (21, 17, 22, 19, 19, 14, 16, 9, 10, 5, 6), strict=True)),
}

# Tabell 3 and 4.6.5, 2008-2010; 2007 and 2011 are invented.
ALLOWANCE_STATE = {2007: 531, 2008: 557, 2009: 734, 2010: 789, 2011: 802}
# The rule by which the state's is paid: a share of the cost, up to a ceiling by how many live there, beyond what the
# household bears itself by its income. The share is the law's of 2010; ceilings and own shares (a month) are invented.
ALLOWANCE_SHARE = 0.70
COST_CEILINGS = {1: 5200.0, 2: 5600.0, 3: 6000.0, 4: 6400.0}  # four and more
OWN_SHARES = (900.0, 1800.0, 2700.0, 3600.0)
ALLOWANCE_MUNICIPAL = {2007: 121, 2008: 113, 2009: 70, 2010: 66, 2011: 61}

# Reference figures: 3.1 and 3.2 (Tabell 1 and 2), Tabell 3 and 4, 4.6.1, 4.8.
POPULATION = {1970: 29855, 1980: 35430, 1990: 41430, 2000: 49661, 2010: 55284}
# Whose deliveries can be made: Asker's, and its neighbour's where an installation is to have two.
MUNICIPALITIES = {"0220": "Asker", "0219": "Bærum"}
# by Statistics Norway's codes (KLASS 131, 104, 112): the municipality, its neighbour, county, KOSTRA group and country
REGIONS = {"0220": "Asker", "0219": "Bærum", "02": "Akershus", "EKG13": "KOSTRA-gruppe 13", "0": "Norge"}
KOSTRA: dict[str, dict[str, dict[int, int]]] = {
    "bostotte_husstander": {
        "0220": {2008: 557, 2009: 734, 2010: 789},
        "02": {2008: 6352, 2009: 7670, 2010: 8612},
        "0": {2008: 103251, 2009: 104912, 2010: 122811},
    },
    "startlan_boliger": {
        "0220": {2008: 50, 2009: 59, 2010: 83},
        "02": {2008: 488, 2009: 703, 2010: 758},
        "0": {2008: 6553, 2009: 7329, 2010: 9777},
    },
    "kommunale_boliger": {
        "0220": {2008: 827, 2009: 859, 2010: 856},
        # 2010 of the printed 13.7 and 20.5 per 1000 inhabitants and the populations below; 2008 and 2009 invented
        "02": {2008: 7150, 2009: 7260, 2010: 7350},
        "0": {2008: 97600, 2009: 98700, 2010: 99593},
    },
    # Tabell 1; 1299 of 35 430 is 3.7 per cent and not the printed 3.1
    "population_67_79": {"0220": {1970: 1001, 1980: 1299, 1990: 2151, 2001: 3004, 2010: 3257}},
    "population_80_plus": {"0220": {1970: 193, 1980: 233, 1990: 302, 2001: 632, 2010: 1007}},
    # Tabell 2
    "dwellings_enebolig": {"0220": {2010: 11308}},
    "dwellings_tomannsbolig": {"0220": {2010: 2170}},
    "dwellings_rekkehus": {"0220": {2010: 4001}},
    "dwellings_blokk": {"0220": {2010: 4002}},
    "dwellings_bofellesskap": {"0220": {2010: 252}},
    "dwellings_annet": {"0220": {2010: 339}},
    # 4.8, by KOSTRA
    "introduction_benefit_persons": {"0220": {2004: 74, 2008: 132, 2009: 88, 2010: 107}},
    # 6.2.1
    "homeless_persons": {"0220": {2009: 40}},
    "kommunale_boliger_eid": {"0220": {2010: 711}},
    "kommunale_boliger_disp": {"0220": {2010: 145}},
}
# Statistics Norway, 1 January
POPULATION_OF_REGIONS = {
    "02": {2008: 518567, 2009: 527625, 2010: 536499},
    "0": {2008: 4737171, 2009: 4799252, 2010: 4858199},
}
# The neighbour and the group: what an average of them could be, invented.
PEERS: dict[str, dict[str, dict[int, int]]] = {
    "population": {
        "0219": {2008: 108144, 2009: 109700, 2010: 111213},
        "EKG13": {2008: 1780000, 2009: 1806000, 2010: 1832000},
    },
    "bostotte_husstander": {
        "0219": {2008: 1120, 2009: 1330, 2010: 1480},
        "EKG13": {2008: 42300, 2009: 45100, 2010: 50900},
    },
    "startlan_boliger": {
        "0219": {2008: 61, 2009: 92, 2010: 104},
        "EKG13": {2008: 2610, 2009: 2980, 2010: 3870},
    },
    "kommunale_boliger": {
        "0219": {2008: 1790, 2009: 1812, 2010: 1836},
        "EKG13": {2008: 33100, 2009: 33500, 2010: 34000},
    },
}
