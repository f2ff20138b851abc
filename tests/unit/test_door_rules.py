"""The rules for rows: what goes to quarantine, under which rule, and what goes with it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.landing.delivery import Delivery, read
from dagster_project.landing.files.extract import LINE
from dagster_project.landing.rules import LONGEST_VALUE, Judged, Metrics, judge
from dagster_project.vocabulary.contracts import tables
from tests.deliveries import Row, csv_text, duf, path_of, person, write_delivery

DAY = date(2011, 1, 1)
Given = Mapping[str, Sequence[Row]]


def judged(
    landing: Path,
    given: Given,
    texts: Mapping[str, str] | None = None,
    *,
    metrics: Metrics | None = None,
    relaxed: bool = False,
) -> dict[str, Judged]:
    """A delivery with these rows (and these files' texts), judged."""
    folder = write_delivery(landing, "0220", DAY, given)
    for table, text in (texts or {}).items():
        path_of(folder, table).write_bytes(text.encode())
    reading = read(Delivery("0220", DAY, folder))
    assert reading.faults == []
    return judge(reading.extracts, tables(), relaxed, metrics)


def faults(judged: Mapping[str, Judged], table: str) -> list[tuple[int, str | None, str, str | None]]:
    """(line, column, rule, value) of a table's quarantined rows."""
    return judged[table].faults().sort("_line").select("_line", "column", "rule", "value").rows()


def one_fault(landing: Path, table: str, row: Row, others: Given | None = None) -> tuple[str | None, str, str | None]:
    """(column, rule, value) of the only fault of a table's only row."""
    ((_, *fault),) = faults(judged(landing, {table: [row], **(others or {})}), table)
    return (fault[0], fault[1], fault[2])  # type: ignore[return-value]


def parsed(landing: Path, table: str, column: str, *values: Any) -> list[Any]:
    """What becomes of these values of a column; null where they break a rule."""
    return judged(landing, {table: [{column: value} for value in values]})[table].frame[column].to_list()


# -------------------------------------------------------------------------------------------------- fields


def test_a_sound_delivery_has_nothing_in_quarantine(tmp_path: Path) -> None:
    every = {name: [{}] for name in tables()}
    for table in judged(tmp_path, every).values():
        assert table.faults().height == 0, table.table.name


@pytest.mark.parametrize("extra", [";", ";;x", -1])
def test_a_row_with_another_number_of_fields_goes_to_quarantine(tmp_path: Path, extra: str | int) -> None:
    text = csv_text("decision", {}, {}, {})
    head, first, second, third = text.splitlines()
    second = second[:extra] if isinstance(extra, int) else second + extra
    result = judged(tmp_path, {}, {"decision": "\n".join((head, first, second, third))})
    ((line, column, rule, value),) = faults(result, "decision")
    assert (line, column, rule) == (3, None, "fields")
    assert value == str(second.count(";") + 1)
    assert result["decision"].accepted()["vedtak_id"].to_list() == ["V1", "V3"]


def test_a_nul_character_breaks_characters(tmp_path: Path) -> None:
    text = csv_text("dwelling", {"omrade": "Hegge\0dal"}, {})
    assert faults(judged(tmp_path, {}, {"dwelling": text}), "dwelling") == [(2, "omrade", "characters", "Hegge␀dal")]


@pytest.mark.parametrize(
    "value",
    ["31.02.2010", "1.1.2010", "2010-1-1", "01.01.10", "2010.01.01", "01/01/2010", "01.13.2010", "20100101", "x"]
    + ["01.01.2010 00:00", "1. 1. 2010", "01.01.+010", "2010-02-30", "01.01.0000", "0000-01-01", "40179", "2010-01"],
)
def test_what_is_no_date_breaks_type(tmp_path: Path, value: str) -> None:
    assert one_fault(tmp_path, "dwelling_event", {"hendelse_dato": value}) == ("hendelse_dato", "type", value)


def test_dates_are_norwegian_or_iso(tmp_path: Path) -> None:
    values = ["31.12.2010", "2010-12-31", " 31.12.2010 ", "29.02.2008", "01.01.1900"]
    whole = [date(2010, 12, 31)] * 3 + [date(2008, 2, 29), date(1900, 1, 1)]
    assert parsed(tmp_path, "dwelling_event", "hendelse_dato", *values) == whole


def test_months_are_the_first_day_of_them(tmp_path: Path) -> None:
    values = ["12.2010", "2010-12", "13.2010", "2010-00", "1.2010", "01.12.2010", "12.10"]
    assert parsed(tmp_path, "rent_charge", "periode", *values) == [date(2010, 12, 1)] * 2 + [None] * 5


@pytest.mark.parametrize(
    ("value", "number"),
    [("1234,56", "1234.56"), ("-12", "-12"), ("0,5", "0.5"), ("12.5", "12.5"), ("1.2345", "1.2345"), ("1,234", "1.234")]
    + [
        (v, None)
        for v in ("1.234", "-1.234", "1.234,56", "1 234", "1\u00a0234", "12,", ",5", "1e3", "+5", "12kr", "--1")
    ]
    + [(v, None) for v in ("1,2,3", "NaN", "inf", "١٢", "0x10", "1.2.3", "-")],
)
def test_decimals_have_a_comma_or_an_unambiguous_point(tmp_path: Path, value: str, number: str | None) -> None:
    (found,) = parsed(tmp_path, "payment", "belop", value)
    assert found == (number and Decimal(number))


@pytest.mark.parametrize("value", ["0", "21", "2,0", "2.0", "x", "-1", "99999999999", "1 "])
def test_integers_stand_in_their_range(tmp_path: Path, value: str) -> None:
    result = parsed(tmp_path, "application", "husstandsstorrelse", value)
    assert result == (
        [1] if value == "1 " else [int(value) if value.lstrip("-").isdigit() and len(value) < 3 else None]
    )
    if value != "1 ":
        assert one_fault(tmp_path, "application", {"husstandsstorrelse": value})[1] == "type"


@pytest.mark.parametrize("value", ["0", "0,0", "-5"])
def test_a_dwelling_has_an_area_above_0(tmp_path: Path, value: str) -> None:
    assert one_fault(tmp_path, "dwelling", {"bruksareal_m2": value}) == ("bruksareal_m2", "type", value)


def test_codes_and_ja_nei_are_compared_without_case_and_blanks(tmp_path: Path) -> None:
    assert parsed(tmp_path, "application", "soknadstype", "NY", " ny ", "Fornyelse\u00a0") == ["ny", "ny", "fornyelse"]
    values = ["JA", "nei", " Nei", "j", "true", "1"]
    assert parsed(tmp_path, "refugee_settlement", "familiegjenforening", *values) == [True, False, False] + [None] * 3


def test_an_unknown_code_breaks_code(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "dwelling", {"eierform": "Leid"}) == ("eierform", "code", "Leid")


def test_ids_are_compared_with_case(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "decision", {"soknad_id": "s1"}) == ("soknad_id", "reference", "s1")


def test_an_empty_required_field_breaks_required(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "dwelling", {"omrade": " \u00a0"}) == ("omrade", "required", None)


def test_a_number_that_does_not_check_breaks_person_and_is_never_kept(tmp_path: Path) -> None:
    wrong = person(1)[:-1] + str((int(person(1)[-1]) + 1) % 10)
    assert one_fault(tmp_path, "startlan", {"fodselsnummer": wrong}) == ("fodselsnummer", "person", None)


def test_every_kind_of_number_is_a_person(tmp_path: Path) -> None:
    numbers = [
        person(1),
        person(2, day_added=40),
        person(3, month_added=0),
        person(4, month_added=0, day_added=40),
        duf(5),
    ]
    assert parsed(tmp_path, "startlan", "fodselsnummer", *numbers) == numbers


def test_a_restricted_value_is_never_kept(tmp_path: Path) -> None:
    text = csv_text("dwelling", {"adresse": "Stor\0gata 5"})
    assert faults(judged(tmp_path, {}, {"dwelling": text}), "dwelling") == [(2, "adresse", "characters", None)]


def test_a_personal_number_in_the_wrong_column_is_never_kept(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "dwelling", {"eierform": person(1)}) == ("eierform", "code", None)
    assert one_fault(tmp_path, "decision", {"vedtak_dato": f"{person(1)[:6]} {person(1)[6:]}"})[2] is None


WRITTEN = ("{0}{1}", "{0} {1}", "{0}-{1}", "{0}/{1}", "H{0}{1}", "Hospits v/ {0}.{1} (3)")


@pytest.mark.slow
def test_no_column_of_any_contract_lets_a_personal_number_in(tmp_path: Path) -> None:
    # the first of a month: as a whole number it is small enough to be one
    numbers = [person(0), person(1), person(2, day_added=40), person(3, month_added=0), duf(4)]
    given: dict[str, list[Row]] = {}
    for name, table in tables().items():
        columns = [c.name for c in table.columns if not c.personal]
        values = [written.format(n[:6], n[6:]) for written in WRITTEN for n in numbers]
        given[name] = [{}, *({column: value} for column in columns for value in values)]
    for name, table in judged(tmp_path, given).items():
        assert set(table.accepted()[LINE]) <= {2}, "the first row, which holds none"
        told = [(line - 3, column, rule, value) for line, column, rule, value in faults({name: table}, name)]
        personal = {(line, column) for line, column, rule, _ in told if rule == "personal"}
        for at, row in enumerate(given[name][1:]):
            ((column, value),) = row.items()
            other = table.table.column(column).type not in ("text", "decimal", "integer")
            assert (at, column) in personal or other or value.startswith("H"), (name, column, value)
        digits = {re.sub("[^0-9]", "", value or "") for *_, value in told}
        assert not [value for value in digits if any(number in value for number in numbers)]


def test_a_value_is_looked_at_before_it_is_cut(tmp_path: Path) -> None:
    filler = "x" * (LONGEST_VALUE - 10)
    assert one_fault(tmp_path, "decision", {"utfall": filler + person(1)}) == ("utfall", "code", None)
    assert one_fault(tmp_path, "decision", {"utfall": filler + "0" * 11})[2] == filler + "0" * 10


def test_what_stands_on_a_line_with_a_stray_mark_is_shown_to_nobody(tmp_path: Path) -> None:
    text = csv_text("application", {}, {}, {}).replace("S2;", 'S2;"')
    result = judged(tmp_path, {"decision": [{}, {"soknad_id": "S2"}]}, {"application": text})
    assert faults(result, "application") == [(3, None, "fields", None)]
    assert faults(result, "decision") == [(3, "soknad_id", "parent", "S2")], "its key is known all the same"
    assert result["application"].accepted()["soknad_id"].to_list() == ["S1", "S3"]


def test_a_row_is_told_all_its_faults(tmp_path: Path) -> None:
    row = {"omrade": None, "eierform": "x", "anskaffet_dato": "x"}
    assert [f[1:3] for f in faults(judged(tmp_path, {"dwelling": [row]}), "dwelling")] == [
        ("anskaffet_dato", "type"),
        ("eierform", "code"),
        ("omrade", "required"),
    ]


# -------------------------------------------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("table", "first", "then"),
    [
        ("tenancy", "start_dato", "utflyttet_dato"),
        ("dwelling", "anskaffet_dato", "avhendet_dato"),
        ("temporary_stay", "fra_dato", "til_dato"),
        ("repayment_plan", "inngatt_dato", "avsluttet_dato"),
        ("measure", "planlagt_start", "planlagt_slutt"),
        ("waitlist_entry", "inn_dato", "ut_dato"),
    ],
)
def test_dates_stand_in_their_order(tmp_path: Path, table: str, first: str, then: str) -> None:
    extra = {"ut_arsak": "tildelt"} if table == "waitlist_entry" else {}
    same, before = ({first: date(2010, 6, 2), then: day, **extra} for day in (date(2010, 6, 2), date(2010, 6, 1)))
    result = judged(tmp_path, {table: [same, before]})
    assert faults(result, table) == [(3, then, "order", "01.06.2010")]
    assert result[table].faults()["message"].item() == f"{then} is before {first}."


def test_a_decision_is_not_made_before_its_application(tmp_path: Path) -> None:
    given = {"application": [{"mottatt_dato": DAY}], "decision": [{"vedtak_dato": DAY}, {"vedtak_dato": "31.12.2010"}]}
    result = judged(tmp_path, given)
    assert faults(result, "decision") == [(3, "vedtak_dato", "order", "31.12.2010")]
    assert result["decision"].faults()["message"].item() == "vedtak_dato is before the application's mottatt_dato."


@pytest.mark.parametrize(
    ("table", "row", "column", "rule"),
    [
        ("decision", {"avslagsgrunn": "botid"}, "avslagsgrunn", "only"),
        ("waitlist_entry", {"ut_dato": DAY}, "ut_arsak", "required"),
        ("waitlist_entry", {"ut_arsak": "dod"}, "ut_arsak", "empty"),
        ("tenancy", {"kontraktstype": "tidsbestemt"}, "avtalt_slutt_dato", "required"),
        ("startlan", {"utbetalt_dato": DAY}, "belop", "required"),
        ("rent_charge", {"kravtype": "tomgangsleie", "kontrakt_id": "K1"}, "kontrakt_id", "empty"),
    ],
)
def test_the_notes_in_the_tables_are_rules(tmp_path: Path, table: str, row: Row, column: str, rule: str) -> None:
    assert one_fault(tmp_path, table, row)[:2] == (column, rule)


def test_a_rejection_may_have_a_reason(tmp_path: Path) -> None:
    assert faults(judged(tmp_path, {"decision": [{"utfall": "Avslag", "avslagsgrunn": "BOTID"}]}), "decision") == []


def test_a_renewed_contract_was_not_moved_out_of(tmp_path: Path) -> None:
    given = {"tenancy": [{"utflyttet_dato": DAY}, {"forrige_kontrakt_id": "K1"}, {"utflyttet_dato": DAY}]}
    assert [f[:3] for f in faults(judged(tmp_path, given), "tenancy")] == [
        (2, "utflyttet_dato", "empty"),
        (3, "forrige_kontrakt_id", "parent"),
    ]


def test_a_contract_renews_one_in_the_same_dwelling(tmp_path: Path) -> None:
    given = {"dwelling": [{}, {}], "tenancy": [{}, {"forrige_kontrakt_id": "K1", "bolig_id": "B2"}]}
    assert [f[:3] for f in faults(judged(tmp_path, given), "tenancy")] == [(3, "forrige_kontrakt_id", "same_dwelling")]


# -------------------------------------------------------------------------------------------------- keys


def test_of_rows_that_are_alike_the_first_stands(tmp_path: Path) -> None:
    alike = {"vedtak_id": "V1", "vedtak_dato": "15.03.2010"}
    given = {"decision": [alike, {**alike, "vedtak_dato": "2010-03-15"}, {**alike, "utfall": "INNVILGET"}, {}]}
    result = judged(tmp_path, given)
    assert faults(result, "decision") == [(3, "vedtak_id", "key", "V1"), (4, "vedtak_id", "key", "V1")]
    assert result["decision"].accepted()["vedtak_id"].to_list() == ["V1", "V4"]


def test_of_rows_that_differ_none_stands(tmp_path: Path) -> None:
    given = {"decision": [{"vedtak_id": "V1"}, {"vedtak_id": "V1", "vedtak_dato": "16.03.2010"}, {}]}
    assert [f[:3] for f in faults(judged(tmp_path, given), "decision")] == [
        (2, "vedtak_id", "key"),
        (3, "vedtak_id", "key"),
    ]


def test_amounts_that_are_equal_are_alike(tmp_path: Path) -> None:
    given = {
        "payment": [{"innbetaling_id": "I", "belop": "10"}, {"innbetaling_id": "I", "belop": "10,00"}],
        "rent_charge": [{}],
    }
    assert [f[0] for f in faults(judged(tmp_path, given), "payment")] == [3]


def test_a_key_of_several_columns_is_compared_as_a_whole_and_not_kept_where_a_person_is_in_it(tmp_path: Path) -> None:
    same = {"fodselsnummer": person(1)}
    given = {"bostotte": [same, {**same, "termin": "02.2010"}, {**same, "ordning": "kommunal"}, {**same, "belop": 9}]}
    key = "fodselsnummer, termin, ordning"
    assert faults(judged(tmp_path, given), "bostotte") == [(2, key, "key", None), (5, key, "key", None)]


# -------------------------------------------------------------------------------------------------- references


def test_a_row_whose_parent_does_not_exist_breaks_reference(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "decision", {"soknad_id": "S9"}) == ("soknad_id", "reference", "S9")


def test_a_row_whose_parent_is_quarantined_goes_with_it(tmp_path: Path) -> None:
    given = {"application": [{}, {"mottatt_dato": "x"}], "decision": [{}, {"soknad_id": "S2"}]}
    assert faults(judged(tmp_path, given), "decision") == [(3, "soknad_id", "parent", "S2")]


def test_a_row_whose_parent_has_a_field_too_many_goes_with_it(tmp_path: Path) -> None:
    text = csv_text("application", {}, {}).removesuffix("\n") + ";\n"
    result = judged(tmp_path, {"decision": [{}, {"soknad_id": "S2"}]}, {"application": text})
    assert faults(result, "decision") == [(3, "soknad_id", "parent", "S2")]


def test_a_child_of_a_repeated_row_stays_with_the_first_of_them(tmp_path: Path) -> None:
    given = {"application": [{"fodselsnummer": person(1), "soknad_id": "S1"}] * 2, "decision": [{}]}
    assert faults(judged(tmp_path, given), "decision") == []


def test_a_quarantined_row_takes_its_descendants_to_the_last(tmp_path: Path) -> None:
    given = {
        "application": [{"mottatt_dato": "x"}],
        "allocation": [{}],
        "tenancy": [{"tildeling_id": "T1"}, *({"forrige_kontrakt_id": f"K{n}"} for n in range(1, 6)), {}],
        "rent_charge": [{"kontrakt_id": "K6"}, {"kontrakt_id": "K7"}],
        "payment": [{"krav_id": "KR1"}, {"krav_id": "KR2"}],
    }
    result = judged(tmp_path, given)
    assert {fault[2] for name in given if name != "application" for fault in faults(result, name)} == {"parent"}
    assert [f[0] for f in faults(result, "tenancy")] == [2, 3, 4, 5, 6, 7]
    assert [f[0] for f in faults(result, "payment")] == [2]


def test_contracts_that_renew_each_other_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    given = {"tenancy": [{"forrige_kontrakt_id": "K2"}, {"forrige_kontrakt_id": "K1", "manedsleie": "x"}]}
    assert {f[:3] for f in faults(judged(tmp_path, given), "tenancy")} == {
        (3, "manedsleie", "type"),
        (2, "forrige_kontrakt_id", "parent"),
        (3, "forrige_kontrakt_id", "parent"),
    }


def test_governance_names_only_what_there_is(tmp_path: Path) -> None:
    metrics: Metrics = {
        "queue_waiting": {"housing_category": frozenset({"trygdebolig"}), "area": None, "manager": None, "free": None}
    }
    good = [
        {},
        {"dimension": "housing_category", "dimension_value": "trygdebolig"},
        {"dimension": "housing_category", "dimension_value": "ukjent"},
        {"dimension": "area", "dimension_value": "Heggedal"},
        {"dimension": "free", "dimension_value": "anything"},
    ]
    bad = [
        {"metric_id": "no_such"},
        {"dimension": "committee", "dimension_value": "ukjent"},
        {"dimension": "housing_category", "dimension_value": "hytte"},
        {"dimension": "area", "dimension_value": "heggedal"},
        {"dimension_value": "ukjent"},
    ]
    given = {
        "target": [*good, *bad],
        "measure": [{"metric_id": "no_such"}, {}],
        "challenge": [{"metric_id": "queue_waiting"}],
    }
    result = judged(tmp_path, given, metrics=metrics)
    assert faults(result, "target") == [
        (7, "metric_id", "reference", "no_such"),
        (8, "dimension", "reference", "committee"),
        (9, "dimension_value", "reference", "hytte"),
        (10, "dimension_value", "reference", "heggedal"),
        (11, "dimension_value", "reference", "ukjent"),
    ]
    assert faults(result, "measure") == [(2, "metric_id", "reference", "no_such")]
    assert faults(result, "challenge") == []


# -------------------------------------------------------------------------------------------------- any input

BLANK = "\t\v\f \x85\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
FIELD = st.one_of(
    st.sampled_from(["S1", "S2", "V1", "", " ", "15.03.2010", "01.01.2009", "innvilget", "avslag", "botid", "x;y"]),
    st.text(max_size=6),
)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(FIELD, min_size=1, max_size=9), max_size=12))
def test_every_row_of_any_garbage_is_either_loaded_or_quarantined(tmp_path: Path, records: list[list[str]]) -> None:
    lines = "".join(";".join('"' + field.replace('"', '""') + '"' for field in record) + "\n" for record in records)
    result = judged(tmp_path, {}, {"decision": csv_text("decision") + lines})["decision"]
    quarantined = result.faults()["_row"].n_unique()
    assert result.extract.rows == [result.frame.height]
    assert result.frame.height == sum(bool(line.strip(BLANK)) for line in re.split(r"\r\n|\n|\r", lines))
    assert result.accepted().height + quarantined == result.frame.height
    assert result.accepted()["vedtak_id"].n_unique() == result.accepted().height
    assert not result.accepted()["vedtak_dato"].has_nulls()


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_break_the_door(tmp_path: Path, data: bytes) -> None:
    folder = write_delivery(tmp_path, "0220", DAY)
    path_of(folder, "decision").write_bytes(csv_text("decision").encode() + data)
    reading = read(Delivery("0220", DAY, folder))
    if not reading.faults:
        result = judge(reading.extracts, tables(), False, None)["decision"]
        assert result.accepted().height + result.faults()["_row"].n_unique() == result.frame.height


# -------------------------------------------------------------------------------------------------- what may be missing

PLAN = {"malgruppe", "prioritet", "foreslatt_dato", "vedtatt_dato", "okonomiplan_fra", "stoppet_grunn"}


def without(table: str, columns: set[str], *given: Row) -> str:
    """A file's text without some of the contract's columns."""
    head, *lines = csv_text(table, *given).splitlines()
    kept = [place for place, name in enumerate(head.split(";")) if name not in columns]
    return "\n".join(";".join(line.split(";")[place] for place in kept) for line in (head, *lines))


def test_a_workbook_of_before_is_taken_and_asked_for_no_reason(tmp_path: Path) -> None:
    texts = {
        "measure": without("measure", PLAN, {"status": "stoppet"}, {"status": "pagar"}),
        "challenge": without("challenge", {"endring_grunn", "blokkerer"}, {}),
    }
    taken = judged(tmp_path, {"measure": [{}], "challenge": [{}]}, texts)
    assert faults(taken, "measure") == faults(taken, "challenge") == []
    assert taken["measure"].accepted().height == 2
    assert {*taken["measure"].accepted().select(sorted(PLAN)).unique().row(0)} == {None}


@pytest.mark.parametrize("status", ["utsatt", "stoppet"])
def test_a_measure_that_is_put_off_or_stopped_says_why(tmp_path: Path, status: str) -> None:
    assert one_fault(tmp_path, "measure", {"status": status}) == ("stoppet_grunn", "required", None)
    taken = judged(tmp_path / "why", {"measure": [{"status": status, "stoppet_grunn": "tomt"}, {"status": "pagar"}]})
    assert faults(taken, "measure") == []


def test_what_was_adopted_is_delivered_with_what_was_taken_up(tmp_path: Path) -> None:
    folder = write_delivery(tmp_path, "0220", DAY, {"measure": [{}]})
    text = without("measure", {"okonomiplan_fra", "malgruppe"}, {"vedtatt_dato": date(2010, 6, 1)})
    path_of(folder, "measure").write_bytes(text.encode())
    (fault,) = read(Delivery("0220", DAY, folder)).faults
    assert fault.column == "okonomiplan_fra"


def test_refugees_who_were_not_settled_have_a_reason(tmp_path: Path) -> None:
    row = {"ikke_bosatt": 14}
    assert one_fault(tmp_path, "settlement_agreement", row) == ("arsak", "required", None)
    given = [{"aar": 2009, "ikke_bosatt": 0}, {"aar": 2010}, row | {"aar": 2011, "arsak": "mangler_bolig"}]
    assert faults(judged(tmp_path / "why", {"settlement_agreement": given}), "settlement_agreement") == []


def test_a_month_and_a_review_of_follow_up_lie_within_its_case(tmp_path: Path) -> None:
    case = {"vedtak_dato": date(2010, 3, 1), "start_dato": date(2010, 3, 20), "slutt_dato": date(2010, 6, 2)}
    ended = case | {"slutt_arsak": "maal_nadd"}
    months = [{"maned": f"{month:02}.2010"} for month in (2, 3, 6, 7)]
    reviews = [
        {"dato": date(2010, 2, 28)},
        {"dato": date(2010, 3, 1)},
        {"dato": date(2010, 6, 2)},
        {"dato": date(2010, 6, 3)},
    ]
    given = {"followup_case": [ended], "followup_month": months, "followup_review": reviews}
    taken = judged(tmp_path, given)
    assert faults(taken, "followup_month") == [
        (2, "maned", "within", "02.2010"),
        (5, "maned", "within", "07.2010"),
    ]
    assert faults(taken, "followup_review") == [
        (2, "dato", "within", "28.02.2010"),
        (5, "dato", "within", "03.06.2010"),
    ]
    # of a case that waits or goes on nothing is too early or too late
    open_case = {"followup_case": [{"vedtak_dato": date(2010, 1, 1), "start_dato": None}], "followup_month": months}
    assert faults(judged(tmp_path / "open", open_case), "followup_month") == []


def test_nobody_is_made_to_take_follow_up_without_a_legal_basis(tmp_path: Path) -> None:
    assert one_fault(tmp_path, "followup_case", {"frivillig": False}) == ("hjemmel", "required", None)
    taken = judged(tmp_path / "why", {"followup_case": [{"frivillig": False, "hjemmel": "hol_3_2"}]})
    assert faults(taken, "followup_case") == []


def test_no_challenge_waits_for_itself(tmp_path: Path) -> None:
    chain = [{"blokkerer": "C2"}, {"blokkerer": "C3"}, {"blokkerer": "C2"}, {"blokkerer": "C5"}, {}]
    found = faults(judged(tmp_path, {"challenge": chain}), "challenge")
    assert [fault for fault in found if fault[2] == "circle"] == [
        (3, "blokkerer", "circle", "C3"),
        (4, "blokkerer", "circle", "C2"),
    ]


def test_money_for_a_measure_in_quarantine_goes_with_it(tmp_path: Path) -> None:
    given: Given = {"measure": [{"status": "x"}, {}], "measure_funding": [{}, {"tiltak_id": "M2"}]}
    found = faults(judged(tmp_path, given, metrics={}), "measure_funding")
    assert [(line, rule) for line, _, rule, _ in found] == [(2, "parent")]
