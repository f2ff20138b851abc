"""Small deliveries made on purpose, with synthetic people: what a test needs and nothing else.

    path = write_delivery(landing, "0220", date(2011, 1, 1), {"application": [{"mottatt_dato": "31.02.2010"}]})

A row gives the columns that the test is about; required columns that it leaves out get sensible values, keys are
numbered (S1, S2, ...), and references name the first row of their table (S1, B1, K1, ...). A table that is not given is
a file without rows, but application, dwelling and tenancy, which may not be empty, have one row; reference/ and
governance/ are left out unless given. Values may be text as it stands in a file, dates, numbers, booleans or None.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from dagster_project.vocabulary.contracts import Table, sources, tables

Row = Mapping[str, Any]

KEY_PREFIX = {
    "application": "S",
    "decision": "V",
    "waitlist_entry": "VL",
    "allocation": "T",
    "refugee_settlement": "BO",
    "temporary_stay": "O",
    "dwelling": "B",
    "tenancy": "K",
    "dwelling_event": "H",
    "rent_charge": "KR",
    "payment": "I",
    "repayment_plan": "A",
    "eviction_case": "U",
    "startlan": "SL",
    "tilskudd": "TS",
    "measure": "M",
    "challenge": "C",
    "scenario": "SC",
    "spak": "SP",
    "vedtak": "VE",
    "development_agreement": "UA",
    "municipal_grant": "MT",
    "need_register": "BR",
    "guarantee": "GA",
    "income_management": "IF",
    "private_letting": "PL",
    "followup_case": "OP",
    "followup_review": "OV",
    "housing_warning": "VA",
}

DEFAULTS: dict[str, dict[str, Any]] = {
    "application": {
        "mottatt_dato": date(2010, 3, 1),
        "soknadstype": "ny",
        "boligkategori": "trygdebolig",
        "behandlende_enhet": "nav",
    },
    "decision": {"vedtak_dato": date(2010, 3, 15), "utfall": "innvilget"},
    "waitlist_entry": {"boligkategori": "trygdebolig", "inn_dato": date(2010, 3, 20)},
    "allocation": {"tildelt_dato": date(2010, 4, 1), "tildelingstype": "ny", "tildelingsutvalg": "trygdebolig"},
    "refugee_settlement": {"bosatt_dato": date(2010, 2, 1), "boligtype": "kommunal", "familiegjenforening": False},
    "temporary_stay": {"fra_dato": date(2010, 1, 10)},
    "dwelling": {
        "omrade": "Heggedal",
        "boligkategori": "trygdebolig",
        "eierform": "eid",
        "forvalter": "Eiendomsforvaltningen",
        "anskaffet_dato": date(2000, 1, 1),
    },
    "tenancy": {"kontraktstype": "tidsubestemt", "start_dato": date(2010, 5, 1), "manedsleie": 6500.5},
    "dwelling_event": {"hendelse": "oppsagt", "hendelse_dato": date(2010, 6, 1)},
    "rent_charge": {"periode": "05.2010", "forfallsdato": date(2010, 5, 1), "belop": 6500.5, "kravtype": "husleie"},
    "payment": {"betalt_dato": date(2010, 5, 3), "belop": 6500.5, "betalt_av": "leietaker"},
    "repayment_plan": {"inngatt_dato": date(2010, 9, 1), "opprinnelig_belop": 13000},
    "eviction_case": {"begjaert_dato": date(2010, 11, 1)},
    "startlan": {
        "soknad_dato": date(2010, 2, 2),
        "formal": "kjop",
        "mottakergruppe": "forstegangsetablering",
        "refinansiering": False,
        "var_kommunal_leieboer": False,
    },
    "tilskudd": {"tilskuddstype": "etablering", "vedtak_dato": date(2010, 3, 3), "belop": 50000},
    "bostotte": {"termin": "01.2010", "ordning": "statlig", "kommunal_leieboer": True, "belop": 1800},
    "kostra": {
        "region_code": "0220",
        "indicator": "population",
        "year": 2010,
        "region_name": "Asker",
        "source_table": "07459",
    },
    "target": {
        "metric_id": "queue_waiting",
        "dimension": "total",
        "dimension_value": "total",
        "valid_from": date(2010, 1, 1),
        "period_type": "year",
        "green": 10,
        "red": 20,
        "owner": "Rådmannen",
        "source": "Boligsosial handlingsplan",
    },
    "measure": {
        "tittel": "Bygge boliger",
        "plan": "Boligsosial handlingsplan",
        "operativ_enhet": "Eiendom",
        "strategisk_eier": "Rådmannen",
        "planlagt_start": date(2010, 1, 1),
        "planlagt_slutt": date(2012, 1, 1),
        "status": "pagar",
    },
    "challenge": {
        "tittel": "For få boliger",
        "type": "behovsdekning",
        "alvor": 3,
        "status": "apen",
        "registrert_dato": date(2010, 1, 1),
        "sist_vurdert_dato": date(2010, 12, 1),
    },
    "scenario": {
        "navn": "Ti boliger",
        "laget_av": "Rådmannen",
        "laget_dato": date(2010, 12, 1),
        "status": "utkast",
        "horisont_mnd": 36,
    },
    "spak": {
        "nr": 1,
        "type": "nye_boliger",
        "boligkategori": "trygdebolig",
        "fra_dato": date(2012, 1, 1),
        "verdi": 10,
    },
    "forutsetning": {
        "kode": "rente",
        "boligkategori": "alle",
        "gyldig_fra": date(2010, 1, 1),
        "verdi": 0.05,
        "kilde": "Rådmannen",
    },
    "measure_funding": {"aar": 2010, "type": "investering"},
    "budget": {"funksjon": "265", "aar": 2010, "ansvar": "Eiendom"},
    "settlement_agreement": {"aar": 2010},
    "development_agreement": {"prosjekt": "Heggedal sentrum", "boliger": 20},
    "grant_pot": {"aar": 2010, "tildelt_belop": 5000000},
    "respite": {"aar": 2010, "personer": 12, "dogn": 300},
    "municipal_grant": {"ordning": "utleieboliger", "soknad_dato": date(2010, 1, 1)},
    "guarantee": {"gitt_dato": date(2010, 1, 10), "utleier": "privat", "belop": 20000},
    "income_management": {"henvist_dato": date(2010, 1, 10)},
    "private_letting": {"start_dato": date(2010, 1, 10), "ansvarlig": "nav"},
    "social_assistance": {"maned": "01.2010", "formal": "husleie", "belop": 6000},
    "followup_case": {
        "ansvarlig_enhet": "rustiltak",
        "malgruppe": "rus",
        "metode": "ambulerende",
        "mal": "selvstendig",
        "vedtak_dato": date(2010, 1, 10),
        "start_dato": date(2010, 1, 20),
        "frivillig": True,
    },
    "followup_month": {"maned": "02.2010", "timer_direkte": 6},
    "followup_review": {"dato": date(2010, 2, 1), "omrade": "boevne", "skar": 2, "instrument": "brukerplan"},
    "housing_warning": {"varsel_dato": date(2010, 6, 1), "type": "restanse"},
    "kommentar": {
        "metric_id": "queue_waiting",
        "dimension": "total",
        "dimension_value": "total",
        "period_type": "quarter",
        "period_start": date(2010, 10, 1),
        "arsak": "Få boliger",
        "ansvarlig": "Rådmannen",
    },
    "vedtak": {
        "tittel": "Kjøpe fem boliger",
        "vedtatt_dato": date(2010, 6, 1),
        "ansvarlig": "Eiendom",
        "status": "vedtatt",
    },
    "need_register": {
        "gruppe": "utviklingshemming",
        "boligtype": "tilpasset",
        "onsket_fra_dato": date(2010, 8, 1),
        "kilde": "skole",
        "bor_na": "foreldre",
        "status": "meldt",
        "sist_bekreftet_dato": date(2010, 11, 1),
    },
    "need_coefficient": {
        "gruppe": "bostedslos",
        "prevalence": 0.001,
        "share_without": 1.0,
        "source": "NIBR, godkjent av rådmannen",
        "valid_from": date(2010, 1, 1),
    },
    "behov": {"navn": "Rådet for funksjonshemmede", "rolle": "medvirkning"},
}

_NEVER_EMPTY = ("application", "dwelling", "tenancy")


def everything() -> dict[str, Sequence[Row]]:
    """What to give for a row in every table of a municipality's own."""
    return {name: [{}] for name in DEFAULTS if name not in (*_NEVER_EMPTY, "kostra")}


def person(n: int, *, month_added: int = 80, day_added: int = 0) -> str:
    """The n-th synthetic number (80 added to the month); `month_added=0` makes one as a real person has.

    There are some 270,000 of each kind.
    """
    numbers, more = _numbers(month_added, day_added)
    while len(numbers) <= n:
        numbers.append(next(more))
    return numbers[n]


@cache
def _numbers(month_added: int, day_added: int) -> tuple[list[str], Iterator[str]]:
    return [], _valid_numbers(month_added, day_added)


def _valid_numbers(month_added: int, day_added: int) -> Iterator[str]:
    for individual, month, day in product(range(1000), range(1, 13), range(1, 29)):
        first9 = f"{day + day_added:02d}{month + month_added:02d}50{individual:03d}"
        k1 = -_weighted(first9, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        k2 = -_weighted(f"{first9}{k1}", (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11 if k1 < 10 else 10
        if k2 < 10:  # the others have no check digits and are not given out
            yield f"{first9}{k1}{k2}"


def duf(n: int) -> str:
    """The n-th DUF number."""
    first10 = f"2009{n:06d}"
    return f"{first10}{_weighted(first10, (4, 6, 3, 2, 4, 6, 3, 2, 7, 5)) % 11:02d}"


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def rows(table: str, *given: Row) -> list[dict[str, Any]]:
    """Whole rows: those given, completed with the defaults of the table."""
    contract = tables()[table]
    completed = []
    for n, row in enumerate(given, 1):
        whole = dict.fromkeys((c.name for c in contract.columns), None) | DEFAULTS[table]
        for column in contract.columns:
            if column.required and column.references in KEY_PREFIX:
                whole[column.name] = f"{KEY_PREFIX[column.references]}1"
            if column.personal:
                whole[column.name] = person(n)
        if table in KEY_PREFIX:
            whole[contract.key[0]] = f"{KEY_PREFIX[table]}{n}"
        completed.append(whole | dict(row))
    return completed


def csv_text(table: str, *given: Row, complete: bool = True) -> str:
    """A file's text: header and rows (completed unless told not to). Columns that no contract names come last."""
    whole = rows(table, *given) if complete else [dict(row) for row in given]
    names = [c.name for c in tables()[table].columns]
    names += [name for row in whole for name in row if name not in names]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(dict.fromkeys(names))
    writer.writerows([_text(row.get(name)) for name in dict.fromkeys(names)] for row in whole)
    return text.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nei"
    if isinstance(value, date):
        return f"{value:%d.%m.}{value.year:04d}"
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def path_of(delivery: Path, table: str) -> Path:
    """Where the table's CSV file stands in a delivery."""
    return delivery / tables()[table].source / f"{table}.csv"


def write_delivery(
    landing: Path, municipality_no: str, extract_date: date, given: Mapping[str, Sequence[Row]] | None = None
) -> Path:
    """Write a delivery and return its folder. Raises KeyError for a table that no contract has."""
    given = dict(given or {})
    unknown = given.keys() - tables().keys()
    if unknown:
        raise KeyError(f"no such table: {', '.join(unknown)}")
    delivery = landing / municipality_no / extract_date.isoformat()
    for source in sources():
        for table in source.tables:
            if table.name in given or not source.may_be_missing:
                path = path_of(delivery, table.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(csv_text(table.name, *given.get(table.name, _fewest(table))), encoding="utf-8")
    return delivery


def _fewest(table: Table) -> list[Row]:
    return [{}] if table.name in _NEVER_EMPTY else []
