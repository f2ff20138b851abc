"""The door on a real server: what is loaded, what is refused, and what is left as it was."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.landing import door, history
from dagster_project.landing.delivery import Delivery
from dagster_project.landing.door import Receipt
from dagster_project.settings import Settings
from dagster_project.vocabulary.contracts import sources, tables
from dagster_project.warehouse import records
from tests.deliveries import Row, csv_text, duf, path_of, person, write_delivery

NIGHT_1, NIGHT_2, NIGHT_3 = date(2011, 1, 1), date(2011, 1, 2), date(2011, 1, 3)
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def _connection(settings: Settings) -> Iterator[Connection]:
    with warehouse.connect(settings, autocommit=True) as connection:
        records.prepare(settings, connection)
        yield connection


@pytest.fixture
def connection(_connection: Connection) -> Connection:
    history.prepare(_connection)
    door.open_night(_connection)
    versions = ", ".join(f'history."{table.raw_name}"' for table in tables().values())
    _connection.execute(
        f"truncate landing.delivery, landing.delivery_file, landing.quarantined_row, {versions}".encode()
    )
    return _connection


class Nights:
    """Deliveries written and received, night after night."""

    def __init__(self, connection: Connection, settings: Settings, landing: Path) -> None:
        self.connection, self.settings, self.landing = connection, settings, landing

    def receive(
        self,
        day: date,
        given: Mapping[str, Sequence[Row]] | None = None,
        *,
        number: str = "0220",
        backfill: bool = False,
        settings: Settings | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> Receipt:
        folder = write_delivery(self.landing, number, day, given)
        for table, text in (texts or {}).items():
            path_of(folder, table).write_text(text)
        delivery = Delivery(number, day, folder)
        return door.receive(self.connection, delivery, settings or self.settings, None, backfill=backfill)

    def raw(self, table: str, columns: str = "*", number: str = "0220") -> list[tuple[Any, ...]]:
        query = f'select {columns} from raw."{tables()[table].raw_name}" where municipality_no = %s order by 1, 2, 3'
        return self.connection.execute(query.encode(), [number]).fetchall()

    def value(self, query: str) -> Any:
        row = self.connection.execute(query.encode()).fetchone()
        return row and row[0]

    def everything(self) -> str:
        """All that the warehouse holds, as text."""
        names = self.connection.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables"
            " where table_schema in ('landing', 'raw', 'history') order by 1"
        ).fetchall()
        return "".join(str(self.connection.execute(f"select * from {name}".encode()).fetchall()) for (name,) in names)


@pytest.fixture
def nights(connection: Connection, settings: Settings, tmp_path: Path) -> Nights:
    return Nights(connection, settings, tmp_path)


def applications(*received: int) -> list[Row]:
    return [{"soknad_id": f"S{n}", "mottatt_dato": date(2010, 6, n), "fodselsnummer": person(n)} for n in received]


# -------------------------------------------------------------------------------------------------- loading


def test_a_delivery_lands_in_raw_as_the_contract_types_it(nights: Nights) -> None:
    given = {
        "rent_charge": [{"belop": "-1234,50", "periode": "2010-05"}],
        "dwelling": [{"adresse": 'Storgata "5"; B', "antall_rom": 3}],
        "refugee_settlement": [{}],
    }
    receipt = nights.receive(NIGHT_1, given)
    assert (receipt.status, receipt.rows_loaded, receipt.rows_quarantined) == ("accepted", 5, 0)
    assert nights.raw("rent_charge")[0][1:] == (
        receipt.load_id, "KR1", "B1", None, date(2010, 5, 1), date(2010, 5, 1), pytest.approx(-1234.5), "husleie",
    )  # fmt: skip
    assert nights.raw("dwelling", "bolig_id, adresse, antall_rom") == [("B1", 'Storgata "5"; B', 3)]
    assert nights.raw("refugee_settlement", "bosetting_id, familiegjenforening, 1") == [("BO1", False, 1)]
    scope = nights.connection.execute("select municipality_no, load_id, extract_date, as_of from raw.scope").fetchall()
    assert scope == [("0220", receipt.load_id, NIGHT_1, date(2010, 12, 31))]


@pytest.mark.parametrize(
    "amounts",
    [
        ["0", "-1", "6370,00", "6500,5", "0,001", "-0,10", "99999999,99"],
        ["1,5", "1" * 20, "0," + "3" * 18],
        ["1,5", "-" + "1" * 45, "0," + "3" * 45],  # more digits than Arrow's decimals have
    ],
)
def test_amounts_arrive_exactly(nights: Nights, amounts: list[str]) -> None:
    nights.receive(NIGHT_1, {"rent_charge": [{"belop": amount} for amount in amounts]})
    found = nights.raw("rent_charge", "krav_id, belop, kontrakt_id")
    assert [amount for _, amount, _ in found] == [Decimal(amount.replace(",", ".")) for amount in amounts]


def test_every_table_of_the_contracts_can_be_loaded_and_restored(nights: Nights) -> None:
    receipt = nights.receive(NIGHT_1, {name: [{}] for name in tables()})
    assert receipt.rows_quarantined == 0
    before = {name: nights.raw(name) for name in tables()}
    assert all(len(rows) == 1 for rows in before.values())
    door.open_night(nights.connection)
    door.restore(nights.connection, receipt.load_id or 0)
    assert {name: nights.raw(name) for name in tables()} == before


def test_loaded_and_quarantined_add_up_to_the_files_rows(nights: Nights) -> None:
    given = {"decision": [{} for _ in range(200)] + [{"utfall": "?", "vedtak_dato": "x"}, {"soknad_id": "S9"}]}
    receipt = nights.receive(NIGHT_1, given)
    (count,) = [file for file in receipt.files if file.table == "decision"]
    assert (count.rows_delivered, count.rows_loaded, count.rows_quarantined) == (202, 200, 2)
    assert nights.connection.execute(
        "select file, line, column_name, rule, value from landing.quarantined_row order by line, rule"
    ).fetchall() == [
        ("allocation/decision.csv", 202, "utfall", "code", "?"),
        ("allocation/decision.csv", 202, "vedtak_dato", "type", "x"),
        ("allocation/decision.csv", 203, "soknad_id", "reference", "S9"),
    ]
    assert len(nights.raw("decision")) == 200


def test_ignored_columns_are_reported_and_never_stored(nights: Nights) -> None:
    receipt = nights.receive(NIGHT_1, {"dwelling": [{"merknad": "a secret"}]})
    assert any("merknad" in line for line in receipt.lines())
    assert nights.value("select ignored_columns from landing.delivery_file where table_name = 'dwelling'") == [
        "merknad"
    ]
    assert "a secret" not in nights.everything()


def test_no_personal_number_and_no_restricted_value_reaches_the_books(
    nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = [person(1), person(2, month_added=0), person(3, month_added=0, day_added=40), duf(4)]
    wrong = [person(5)[:-1] + str((int(person(5)[-1]) + 1) % 10)]
    given = {
        "application": [{"fodselsnummer": n} for n in numbers + wrong] + [{"boligkategori": numbers[0]}],
        "dwelling": [{"adresse": "Hemmelig gate 1"}, {"adresse": "Hemmelig gate 2", "byggear": "x"}],
        "bostotte": [{"fodselsnummer": numbers[1]}, {"fodselsnummer": numbers[1], "belop": 3}],
    }
    receipt = nights.receive(NIGHT_1, given)
    assert receipt.status == "accepted"
    held = nights.everything() + str(receipt) + str(receipt.lines()) + caplog.text
    assert not [number for number in numbers + wrong if number in held]
    assert "Hemmelig gate 2" not in held
    assert held.count("Hemmelig gate 1") == 2, "in raw and in history, and nowhere else"


def test_no_number_in_the_wrong_column_is_loaded_or_told_in_either_municipality(
    nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = [person(1), person(2, month_added=0), person(3, month_added=0, day_added=40), duf(4)]
    settings = nights.settings.model_copy(update={"max_bad_share": 1})
    for of, number in zip(("0220", "0301"), (numbers[:2], numbers[2:]), strict=True):
        written = [
            form.format(n[:6], n[6:]) for n in number for form in ("{0}{1}", "{0} {1}", "S{0}{1}", "v/ {0}-{1}.")
        ]
        given = {
            "application": [{}, *({"soknad_id": text} for text in written)],
            "decision": [{}, *({"soknad_id": text} for text in written)],
            "dwelling": [{}, *({"adresse": text} for text in written), *({"omrade": text} for text in written)],
            "temporary_stay": [{}, *({"sted": text} for text in written), *({"opphold_id": text} for text in written)],
            "measure": [{}, *({"tittel": text} for text in written), *({"plan": text} for text in written)],
        }
        receipt = nights.receive(NIGHT_1, given, number=of, settings=settings)
        assert receipt.status == "accepted"
        for file in receipt.files:
            assert file.rows_loaded == (1 if file.table in given or file.table == "tenancy" else 0)
            assert file.rows_loaded + file.rows_quarantined == file.rows_delivered
    rules = nights.connection.execute(
        "select municipality_no, rule, count(*), count(value) from landing.quarantined_row group by 1, 2 order by 1, 2"
    ).fetchall()
    assert rules == [(of, rule, rows, 0) for of in ("0220", "0301") for rule, rows in (("parent", 8), ("personal", 64))]
    held = re.sub(r"[^0-9a-z]", "", nights.everything() + caplog.text)
    assert not [number for number in numbers if number in held]


def test_a_stray_quotation_mark_takes_no_other_line_with_it(nights: Nights) -> None:
    lines = csv_text("temporary_stay", *({"sted": f"Hospits {n}"} for n in range(6))).splitlines()
    lines[2] = lines[2].replace("Hospits", '"Hospits')
    lines[5] = lines[5].replace("Hospits 4", '"Pensjonat ""4"""')
    for number in ("0220", "0301"):
        receipt = nights.receive(NIGHT_1, number=number, texts={"temporary_stay": "\r\n".join([*lines, "", ""])})
        (file,) = [file for file in receipt.files if file.table == "temporary_stay"]
        assert (file.rows_delivered, file.rows_loaded, file.rows_quarantined) == (6, 5, 1)
        assert [row[0] for row in nights.raw("temporary_stay", "sted, 1, 2", number)] == [
            *(f"Hospits {n}" for n in (0, 2, 3, 5)),
            'Pensjonat "4"',
        ]
    assert (
        nights.connection.execute("select line, rule, value from landing.quarantined_row").fetchall()
        == [(3, "fields", None)] * 2
    )


def test_a_demonstration_refuses_a_real_number_in_the_wrong_column_too(nights: Nights, tmp_path: Path) -> None:
    key = nights.settings.pseudonym_key_file.read_text()
    demonstration = Settings(BOLIG_HOME=tmp_path / "demo", BOLIG_PSEUDONYM_KEY=key)
    demonstration.home.mkdir()
    (demonstration.home / "DEMONSTRATION").touch()
    real = f"v/ {person(1, month_added=0)}"
    receipt = nights.receive(NIGHT_1, {"temporary_stay": [{"sted": real}, {"sted": person(2)}]}, settings=demonstration)
    assert (receipt.status, [fault.column for fault in receipt.faults]) == ("refused", ["sted"])
    assert nights.receive(NIGHT_1, {"temporary_stay": [{"sted": person(2)}]}, settings=demonstration).rows_loaded == 3


def test_the_same_person_has_one_pseudonym_in_every_extract(nights: Nights) -> None:
    nights.receive(NIGHT_1, {name: [{"fodselsnummer": person(8)}] for name in ("application", "tenancy", "startlan")})
    found = {nights.raw(name, "fodselsnummer, 1, 2")[0][0] for name in ("application", "tenancy", "startlan")}
    assert len(found) == 1
    assert len(found.pop()) == 64


# -------------------------------------------------------------------------------------------------- refusing


def test_nothing_of_a_refused_delivery_reaches_the_warehouse(nights: Nights) -> None:
    first = nights.receive(NIGHT_1, {"application": applications(1)})
    before = [nights.raw(name) for name in tables()], nights.value("select count(*) from landing.delivery_file")
    (path_of(write_delivery(nights.landing, "0220", NIGHT_2), "payment")).unlink()
    folder = nights.landing / "0220" / NIGHT_2.isoformat()
    receipt = door.receive(nights.connection, Delivery("0220", NIGHT_2, folder), nights.settings, None)
    assert (receipt.status, receipt.standing_load_id) == ("refused", first.load_id)
    assert (
        [nights.raw(name) for name in tables()],
        nights.value("select count(*) from landing.delivery_file"),
    ) == before
    assert nights.value("select faults -> 0 ->> 'file' from landing.delivery where status = 'refused'") == (
        "accounting/payment.csv"
    )
    assert "accounting/payment.csv is missing" in "\n".join(receipt.lines())


@pytest.mark.parametrize(("bad", "rows", "status"), [(2, 2, "accepted"), (3, 150, "accepted"), (3, 149, "refused")])
def test_too_many_bad_rows_refuse_a_delivery(nights: Nights, bad: int, rows: int, status: str) -> None:
    given = {"payment": [{"belop": "x"}] * bad + [{}] * (rows - bad), "rent_charge": [{}]}
    receipt = nights.receive(NIGHT_1, given)
    assert receipt.status == status
    if status == "refused":
        assert "3 of 149 rows break a rule: 3 × type in belop (first on line 2)" in receipt.faults[0].message


def test_rows_that_follow_their_parents_do_not_count_as_bad(nights: Nights) -> None:
    given = {"rent_charge": [{"belop": "x"}], "payment": [{}] * 50}
    receipt = nights.receive(NIGHT_1, given)
    assert (receipt.status, receipt.rows_quarantined) == ("accepted", 51)


def test_a_file_that_lost_over_a_fifth_of_its_rows_refuses_a_delivery(nights: Nights) -> None:
    nights.receive(NIGHT_1, {"application": applications(1, 2, 3, 4, 5)})
    assert nights.receive(NIGHT_2, {"application": applications(1, 2, 3, 4)}).status == "accepted"
    receipt = nights.receive(NIGHT_3, {"application": applications(1, 2, 3)})
    assert receipt.status == "refused"
    assert "3 rows; the delivery of 2011-01-02 had 4" in receipt.faults[0].message


def test_the_thresholds_are_settings(nights: Nights) -> None:
    settings = nights.settings.model_copy(update={"max_bad_rows": 1, "max_bad_share": 0.5, "max_shrink_share": 0.9})
    nights.receive(NIGHT_1, {"application": applications(1, 2, 3, 4, 5)})
    assert nights.receive(NIGHT_2, {"application": applications(1)}, settings=settings).status == "accepted"
    assert nights.receive(NIGHT_3, {"decision": [{"utfall": "x"}]}, settings=settings).status == "refused"


def test_a_demonstration_refuses_real_numbers_and_does_not_quote_them(nights: Nights, tmp_path: Path) -> None:
    key = nights.settings.pseudonym_key_file.read_text()
    demonstration = Settings(BOLIG_HOME=tmp_path / "demo", BOLIG_PSEUDONYM_KEY=key)
    demonstration.home.mkdir()
    (demonstration.home / "DEMONSTRATION").touch()
    real = [person(1, month_added=0), person(2, month_added=0, day_added=40), duf(3)]
    given = {"startlan": [{"fodselsnummer": n} for n in (person(9), person(8, day_added=40), *real)]}
    receipt = nights.receive(NIGHT_1, given, settings=demonstration)
    (fault,) = receipt.faults
    assert (receipt.status, fault.file, fault.column) == ("refused", "husbanken/startlan.csv", "fodselsnummer")
    assert "3 numbers" in fault.message and "line 4" in fault.message
    assert not [number for number in real if number in nights.everything() + str(receipt)]
    allowed = {"startlan": [{"fodselsnummer": n} for n in (person(9), person(8, day_added=40))]}
    assert nights.receive(NIGHT_1, allowed, settings=demonstration).status == "accepted"


# -------------------------------------------------------------------------------------------------- again and again


def test_loading_a_delivery_twice_changes_nothing(nights: Nights) -> None:
    first = nights.receive(NIGHT_1, {"application": applications(1, 2)})
    before = nights.everything()
    second = nights.receive(NIGHT_1, {"application": applications(1, 2)})
    assert (second.status, second.load_id) == ("unchanged", first.load_id)
    assert nights.everything() == before
    door.open_night(nights.connection)
    nights.receive(NIGHT_1, {"application": applications(1, 2)})
    assert nights.everything() == before, "what a night emptied stands in raw again"


def test_a_municipality_can_be_left_out_of_the_night_again(nights: Nights) -> None:
    for number in ("0220", "0301"):
        nights.receive(NIGHT_1, {"application": applications(1)}, number=number)
    door.leave_out(nights.connection, "0220")
    assert nights.raw("application") == []
    assert len(nights.raw("application", number="0301")) == 1
    assert nights.value("select string_agg(municipality_no, ' ') from raw.scope") == "0301"
    door.leave_out(nights.connection, "0301")
    assert nights.value("select count(*) from raw.scope") == 0
    assert nights.value("select count(*) from history.allocation__application") == 2


def test_the_same_refusal_is_booked_once(nights: Nights) -> None:
    for _ in range(2):
        assert nights.receive(NIGHT_1, {"dwelling": []}).status == "refused"
    assert nights.value("select count(*) from landing.delivery") == 1


def test_the_same_date_with_other_content_is_a_correction(nights: Nights) -> None:
    first = nights.receive(NIGHT_1, {"application": applications(1, 2)})
    second = nights.receive(NIGHT_1, {"application": applications(1, 3)})
    assert second.status == "accepted" and second.load_id != first.load_id
    assert [row[0] for row in nights.raw("application", "soknad_id, 1, 2")] == ["S1", "S3"]
    assert nights.value("select count(*) from history.allocation__application where upper_inf(loads)") == 2


def test_rows_that_are_gone_at_the_source_are_gone_in_raw_and_kept_in_history(nights: Nights) -> None:
    nights.receive(NIGHT_1, {"application": applications(1, 2, 3, 4, 5)})
    second = nights.receive(NIGHT_2, {"application": applications(1, 2, 4, 5)})
    assert len(nights.raw("application")) == 4
    assert nights.connection.execute(
        "select soknad_id from history.allocation__application where not loads @> %s::bigint", [second.load_id]
    ).fetchall() == [("S3",)]


def test_a_night_rebuilt_is_the_night_as_it_was(nights: Nights) -> None:
    days = [
        {"application": applications(1, 2, 3)},
        {"application": [*applications(1, 3), {"soknad_id": "S2", "antall_barn": 2}]},
        {"application": applications(1, 2, 3, 4), "dwelling": [{"adresse": None}, {}]},
        {"application": applications(1, 2, 3)},
    ]
    states = {}
    for n, given in enumerate(days):
        receipt = nights.receive(
            date(2011, 1, 1 + n), given, settings=nights.settings.model_copy(update={"max_shrink_share": 1})
        )
        states[receipt.load_id] = [nights.raw(name) for name in tables()]
    for load_id, state in states.items():
        door.restore(nights.connection, load_id or 0)
        assert [nights.raw(name) for name in tables()] == state
        assert nights.value("select load_id from raw.scope") == load_id
    versions = nights.value("select count(*) from history.property__tenancy")
    assert versions == 1, "what did not change is held once"


def test_only_an_accepted_load_can_be_restored(nights: Nights) -> None:
    with pytest.raises(door.DoorError, match="no accepted load 4711"):
        door.restore(nights.connection, 4711)


def test_a_municipality_is_found_in_history_without_reading_the_countrys(nights: Nights) -> None:
    nights.receive(NIGHT_1)
    # many nights, in each of which something changed in every municipality
    nights.connection.execute(
        "insert into history.property__dwelling"
        " select (jsonb_populate_record(h, jsonb_build_object('municipality_no', no::text))).*"
        " from history.property__dwelling h, generate_series(1, 10) night, generate_series(1101, 1400) no,"
        " generate_series(1, 5) order by night, no"
    )
    door.index_history(nights.connection)
    nights.connection.execute("analyze history.property__dwelling")
    plan = nights.connection.execute(
        "explain (analyze, format json) select from history.property__dwelling where municipality_no = '1250'"
    ).fetchone()
    scan = plan[0][0]["Plan"]  # type: ignore[index]
    assert scan["Node Type"] == "Bitmap Heap Scan"
    assert scan["Actual Rows"] == 50
    # a range of pages that hold some of its rows for each night, of hundreds of pages
    assert scan["Lossy Heap Blocks"] <= 10 * 2 * 4


def test_an_older_delivery_is_left_to_a_backfill(nights: Nights) -> None:
    newest = nights.receive(NIGHT_2)
    before = nights.everything()
    receipt = nights.receive(NIGHT_1)
    assert (receipt.status, receipt.load_id, receipt.standing_load_id) == ("too_old", None, newest.load_id)
    assert nights.everything() == before


def test_a_backfill_goes_into_the_history_and_leaves_the_current_chain_alone(nights: Nights) -> None:
    states = {}

    def night(day: date, *numbers: int, backfill: bool = False) -> None:
        settings = nights.settings.model_copy(update={"max_shrink_share": 1})
        receipt = nights.receive(day, {"application": applications(*numbers)}, backfill=backfill, settings=settings)
        assert (receipt.status, receipt.is_backfill) == ("accepted", backfill)
        states[receipt.load_id] = nights.raw("application")

    open_versions = (
        "select string_agg(soknad_id, ' ' order by soknad_id) from history.allocation__application"
        " where upper_inf(loads)"
    )
    night(date(2011, 1, 5), 1, 2, 3)
    night(date(2011, 1, 6), 1, 3, 4)
    night(date(2011, 1, 1), 2, 3, 5, backfill=True)
    assert nights.value(open_versions) == "S1 S3 S4"
    night(date(2011, 1, 2), 1, 2, 5, backfill=True)
    night(date(2011, 1, 7), 1, 4, 5)
    night(date(2011, 1, 3), 3, backfill=True)
    assert nights.value(open_versions) == "S1 S4 S5"
    for load_id, state in states.items():
        door.restore(nights.connection, load_id or 0)
        assert nights.raw("application") == state
    assert nights.value("select count(*) from history.allocation__application where soknad_id = 'S2'") == 1


def test_a_backfill_of_the_newest_date_is_a_usual_load(nights: Nights) -> None:
    assert not nights.receive(NIGHT_1, backfill=True).is_backfill
    assert nights.receive(NIGHT_2).status == "accepted"


def test_what_is_missing_of_governance_and_reference_is_the_last_accepted_stand(nights: Nights) -> None:
    nights.receive(NIGHT_1, {"target": [{}, {"dimension": "area", "dimension_value": "Heggedal"}], "kostra": [{}]})
    stand = nights.raw("target", "metric_id, dimension, green")
    second = nights.receive(NIGHT_2)
    assert nights.raw("target", "metric_id, dimension, green") == stand
    assert not [file for file in second.files if file.table == "target"]
    nights.receive(NIGHT_3, {"target": []}, settings=nights.settings.model_copy(update={"max_shrink_share": 1}))
    assert nights.raw("target") == []
    door.restore(nights.connection, second.load_id or 0)
    assert nights.raw("target", "metric_id, dimension, green") == stand
    assert len(nights.raw("kostra")) == 1


def test_the_night_is_told_which_tables_ever_came(nights: Nights) -> None:
    must_come = {
        f"{source.name}/{table.name}" for source in sources() if not source.may_be_missing for table in source.tables
    }

    def told() -> set[str]:
        """The tables that came, besides those that no delivery may do without."""
        found = set(nights.value("select delivered_tables from raw.scope"))
        assert found >= must_come
        return found - must_come

    first = nights.receive(NIGHT_1)
    assert told() == set()
    second = nights.receive(NIGHT_2, {"measure": []})
    assert told() == {"governance/measure"}, "with rows or without"
    nights.receive(NIGHT_3, {"kostra": [{}]})
    assert told() == {"governance/measure", "reference/kostra"}
    for receipt, came in ((first, set()), (second, {"governance/measure"})):
        door.restore(nights.connection, receipt.load_id or 0)
        assert told() == came, "as it was then"


# -------------------------------------------------------------------------------------------------- municipalities


def test_municipalities_share_a_night_and_nothing_else(nights: Nights) -> None:
    nights.receive(NIGHT_1, {"application": applications(1, 2)}, number="0220")
    nights.receive(NIGHT_1, {"application": applications(1)}, number="0301")
    nights.receive(NIGHT_2, {"application": applications(1, 3)}, number="0301")
    nights.receive(NIGHT_1, {"application": applications(1, 4)}, number="0220")
    assert [row[0] for row in nights.raw("application", "soknad_id, 1, 2")] == ["S1", "S4"]
    assert [row[0] for row in nights.raw("application", "soknad_id, 1, 2", "0301")] == ["S1", "S3"]
    one, other = (nights.raw("application", "fodselsnummer, soknad_id, 1", n) for n in ("0220", "0301"))
    assert not {row[0] for row in one} & {row[0] for row in other}, "nobody can join their people"
    assert nights.value("select count(*) from raw.scope") == 2


def test_a_renumbered_municipality_goes_on_where_it_was(nights: Nights) -> None:
    nights.receive(date(2019, 12, 31), {"application": applications(1), "target": [{}]}, number="0220")
    pseudonym = nights.raw("application", "fodselsnummer, 1, 2")
    receipt = nights.receive(date(2020, 1, 1), {"application": applications(1)}, number="3025")
    assert receipt.status == "accepted"
    assert nights.raw("application", "fodselsnummer, 1, 2", "3025") == pseudonym
    assert len(nights.raw("target", number="3025")) == 1
    assert nights.receive(date(2019, 12, 30), number="0220").status == "too_old"


# -------------------------------------------------------------------------------------------------- failing


def test_a_failure_of_the_door_quotes_nobody_and_writes_nothing(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        nights.connection.execute("select %s::integer", [person(1)[:5] + "x" + person(1)])

    monkeypatch.setattr(door, "_keep_books", broken)
    with pytest.raises(door.DoorError, match="InvalidTextRepresentation, SQLSTATE 22P02") as caught:
        nights.receive(NIGHT_1)
    assert person(1) not in str(caught.getrepr(style="long", chain=True, showlocals=False))
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    monkeypatch.undo()
    assert nights.value("select count(*) from landing.delivery") == 0
    assert nights.raw("application") == []
    assert nights.receive(NIGHT_1).status == "accepted"


def test_a_server_that_goes_away_is_told_from_a_door_that_fails(nights: Nights) -> None:
    folder = write_delivery(nights.landing, "0220", NIGHT_1)
    connection = warehouse.connect(nights.settings)
    nights.connection.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError, match="nothing of the delivery was written"):
        door.receive(connection, Delivery("0220", NIGHT_1, folder), nights.settings, None)
    assert nights.receive(NIGHT_1).status == "accepted"


def test_a_new_column_of_a_contract_is_added_to_the_tables(nights: Nights) -> None:
    for schema in ("raw", "history"):
        nights.connection.execute(f"alter table {schema}.property__dwelling drop column antall_rom cascade".encode())
    nights.connection.execute("comment on schema raw is 'made by an older contract'")
    history.prepare(nights.connection)
    door.open_night(nights.connection)
    nights.receive(NIGHT_1, {"dwelling": [{"antall_rom": 4}]})
    assert nights.raw("dwelling", "antall_rom, 1, 2") == [(4, 1, 2)]


def test_the_door_works_in_a_connection_without_autocommit(nights: Nights) -> None:
    folder = write_delivery(nights.landing, "0220", NIGHT_1)
    with warehouse.connect(nights.settings) as connection:
        assert door.receive(connection, Delivery("0220", NIGHT_1, folder), nights.settings, None).status == "accepted"
        assert nights.value("select count(*) from landing.delivery") == 1


def test_relaxed_numbers_are_taken_in_deliveries_from_2032_on(nights: Nights) -> None:
    strict, relaxed = person(0), ""
    for k1 in "0123456789":
        first10 = strict[:9] + k1
        k2 = -sum(int(d) * w for d, w in zip(first10, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        left = sum(int(d) * w for d, w in zip(first10, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), strict=True)) % 11
        if left in (1, 2, 3) and k2 < 10:
            relaxed = f"{first10}{k2}"
    given = {"startlan": [{"fodselsnummer": relaxed}]}
    assert nights.receive(date(2031, 12, 31), given).rows_quarantined == 1
    assert nights.receive(date(2032, 1, 1), given).rows_quarantined == 0


def test_the_comments_of_the_contracts_stand_on_the_tables(nights: Nights) -> None:
    assert nights.value("select obj_description('raw.allocation__application'::regclass)") == (
        tables()["application"].description
    )
    missing = nights.value(
        "select string_agg(c.relname || '.' || a.attname, ' ')"
        " from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.relnamespace::regnamespace::text = 'history' and c.relkind = 'r' and a.attnum > 0"
        " and not a.attisdropped and col_description(c.oid, a.attnum) is null and a.attname <> 'municipality_no'"
    )
    assert missing is None


def test_a_long_text_with_every_odd_character_survives(nights: Nights) -> None:
    address = "\\N \\. \t 'æøå' \"\" ; \\. €" + "x" * 5000
    nights.receive(NIGHT_1, texts={"dwelling": csv_text("dwelling", {"adresse": address})})
    assert nights.raw("dwelling", "adresse, 1, 2")[0][0] == address
