"""Reading a delivery: every format that is taken, and every fault by which a file cannot be."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.landing.delivery import (
    Delivery,
    NothingDelivered,
    Reading,
    every,
    find,
    fingerprint,
    lines_with,
    read,
)
from dagster_project.landing.files import csv
from dagster_project.landing.files.extract import FIELDS, LINE, Fault
from dagster_project.vocabulary.contracts import tables
from tests.deliveries import csv_text, duf, path_of, person, rows, write_delivery

DAY = date(2011, 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_delivery(tmp_path, "0220", DAY)


def reading(folder: Path) -> Reading:
    return read(Delivery("0220", DAY, folder))


def only_fault(folder: Path) -> Fault:
    (fault,) = reading(folder).faults
    return fault


def workbook(
    path: Path, sheets: dict[str, list[list[Any]]], special: dict[tuple[int, int], Callable[..., Any]] | None = None
) -> None:
    book = xlsxwriter.Workbook(str(path))
    formats = {"date": book.add_format({"num_format": "dd.mm.yyyy"})}
    for name, cells in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(cells):
            for j, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(i, j, cell, formats["date"])
                elif isinstance(cell, str):
                    sheet.write_string(i, j, cell)
                elif cell is not None:
                    sheet.write(i, j, cell)
        for (i, j), write in (special or {}).items():
            write(sheet, i, j)
    book.close()


# -------------------------------------------------------------------------------------------------- finding


def test_the_newest_delivery_of_every_municipality_is_found(tmp_path: Path) -> None:
    for number, day in (("0220", date(2010, 1, 1)), ("0220", DAY), ("0301", date(2009, 5, 1))):
        write_delivery(tmp_path, number, day)
    assert [(d.municipality_no, d.extract_date) for d in find(tmp_path)] == [("0220", DAY), ("0301", date(2009, 5, 1))]
    assert find(tmp_path)[0].as_of == date(2010, 12, 31)


def test_a_renumbered_municipality_has_one_newest_delivery(tmp_path: Path) -> None:
    write_delivery(tmp_path, "0220", date(2020, 1, 1))
    write_delivery(tmp_path, "3025", date(2020, 1, 2))
    assert [d.municipality_no for d in find(tmp_path)] == ["3025"]
    assert [d.municipality_no for d in find(tmp_path, "0220")] == ["0220"]


def test_a_merged_municipality_is_left_out_once_the_other_has_delivered(tmp_path: Path) -> None:
    write_delivery(tmp_path, "0627", date(2019, 12, 31))
    write_delivery(tmp_path, "0220", date(2020, 1, 1))
    assert [d.municipality_no for d in find(tmp_path)] == ["0220", "0627"]
    write_delivery(tmp_path, "3025", date(2020, 2, 1))
    assert [d.municipality_no for d in find(tmp_path)] == ["3025"]
    assert [d.municipality_no for d in find(tmp_path, "0627")] == ["0627"]


def test_what_was_dealt_is_found_as_among_all_and_nobody_elses_folder_is_looked_into(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number, day in (("0220", DAY), ("0301", DAY), ("0627", date(2019, 12, 31)), ("3025", date(2020, 2, 1))):
        write_delivery(tmp_path, number, day)
    (tmp_path / "0301" / "latest").mkdir()
    (tmp_path / "3203").symlink_to(tmp_path / "0301")  # a later number of the same: another's folder by a link
    (tmp_path / "asker").mkdir()
    assert [d.municipality_no for d in find(tmp_path, dealt=["3025"])] == ["3025"]
    assert not caplog.records, "nor is the country's folder listed"
    assert [d.municipality_no for d in find(tmp_path, dealt=["0301", "3025"])] == ["0301", "3025"]
    # delivered under another number since, and merged into another that has delivered since
    for number in ("0220", "0627"):
        with pytest.raises(NothingDelivered):
            find(tmp_path, dealt=[number])


def test_folders_that_are_no_delivery_are_left_out_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_delivery(tmp_path, "0220", DAY)
    for name in ("022", "asker", "0220/2011-13-01", "0220/20110101", "0220/latest"):
        (tmp_path / name).mkdir()
    assert [d.extract_date for d in find(tmp_path)] == [DAY]
    assert len(caplog.records) == 5


@pytest.mark.parametrize("linked", ["0301", "0220/2011-02-01"])
def test_a_folder_that_is_a_link_is_left_out_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, linked: str
) -> None:
    """Of a municipality or of an extract date: what it leads to is a whole delivery that lies elsewhere."""
    landing = tmp_path / "landing"
    elsewhere = write_delivery(tmp_path / "elsewhere", "0301", date(2011, 2, 1))
    write_delivery(landing, "0220", DAY)
    (landing / linked).symlink_to(elsewhere if "/" in linked else elsewhere.parent)
    assert [(d.municipality_no, d.extract_date) for d in find(landing)] == [("0220", DAY)]
    assert [(d.municipality_no, d.extract_date) for d in every(landing)] == [("0220", DAY)]
    assert {record.getMessage() for record in caplog.records} == {
        f"{landing / linked} is left out: it is a link. Put the folder itself there."
    }


def test_no_delivery_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NothingDelivered, match=r"0220.*2011-01-01"):
        find(tmp_path / "nowhere", "0220", DAY)


# -------------------------------------------------------------------------------------------------- files


def test_a_delivery_in_order_has_no_fault(folder: Path) -> None:
    result = reading(folder)
    assert result.faults == []
    assert result.extracts.keys() == {
        name for name, t in tables().items() if t.source not in ("reference", "governance") and not t.may_be_missing
    }
    assert result.extracts["application"].frame.height == 1


def test_every_missing_file_is_named_at_once(folder: Path) -> None:
    for table in ("application", "payment", "bostotte"):
        path_of(folder, table).unlink()
    faults = reading(folder).faults
    assert {f.file for f in faults} == {
        "allocation/application.csv",
        "accounting/payment.csv",
        "husbanken/bostotte.csv",
    }
    assert all("is missing. Ask the owner of the" in f.message and "stay as they were" in f.message for f in faults)


def test_a_missing_source_is_missing_files(folder: Path) -> None:
    for path in (folder / "husbanken").iterdir():
        path.unlink()
    (folder / "husbanken").rmdir()
    assert {f.file for f in reading(folder).faults} == {
        f"husbanken/{t}.csv" for t in ("startlan", "tilskudd", "bostotte")
    }


@pytest.mark.parametrize("table", ["application", "dwelling", "tenancy"])
def test_a_table_that_may_not_be_empty_has_a_row(folder: Path, table: str) -> None:
    path_of(folder, table).write_text(csv_text(table))
    assert (only_fault(folder).file, only_fault(folder).found) == (f"{tables()[table].source}/{table}.csv", "no rows")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no bytes"),
        (b"\xef\xbb\xbf", "no bytes"),
        (b"\n\n", "no bytes"),
        (csv_text("decision", {"avslagsgrunn": "\x81"}).encode("latin-1"), "bytes that fit neither"),
        (b"\xef\xbb\xbf" + csv_text("decision", {"avslagsgrunn": "ø"}).encode("cp1252"), "bytes that fit neither"),
        (csv_text("decision", {}).encode("utf-16"), "UTF-16"),
        (csv_text("decision").replace("utfall", '"utfall').encode(), "quotation mark, line 1"),
        (b"\n" + csv_text("decision").replace("utfall", 'ut"fall').encode(), "quotation mark, line 2"),
        (b";" * 10_000, "over 200 columns"),
    ],
)
def test_an_unreadable_csv_file_is_a_fault(folder: Path, data: bytes, found: str) -> None:
    path_of(folder, "decision").write_bytes(data)
    assert (only_fault(folder).file, only_fault(folder).found) == ("allocation/decision.csv", found)


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(b"vedtak_id;", mtime=0)[:-6]])
def test_a_broken_gzip_file_is_a_fault(folder: Path, data: bytes) -> None:
    path_of(folder, "decision").rename(folder / "allocation" / "decision.csv.gz")
    (folder / "allocation" / "decision.csv.gz").write_bytes(data)
    assert only_fault(folder).file == "allocation/decision.csv.gz"


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04 and then nothing"])
def test_a_broken_workbook_is_a_fault(folder: Path, data: bytes) -> None:
    path_of(folder, "decision").unlink()
    (folder / "allocation" / "decision.xlsx").write_bytes(data)
    assert only_fault(folder).file == "allocation/decision.xlsx"


def test_a_link_is_a_fault(folder: Path, tmp_path: Path) -> None:
    path_of(folder, "decision").rename(tmp_path / "elsewhere.csv")
    path_of(folder, "decision").symlink_to(tmp_path / "elsewhere.csv")
    assert only_fault(folder).found == "a link"


def test_a_linked_source_is_a_fault(folder: Path, tmp_path: Path) -> None:
    (folder / "husbanken").rename(tmp_path / "elsewhere")
    (folder / "husbanken").symlink_to(tmp_path / "elsewhere")
    assert only_fault(folder).found == "a link"


def test_a_folder_in_a_files_place_is_a_fault(folder: Path) -> None:
    path_of(folder, "decision").unlink()
    path_of(folder, "decision").mkdir()
    assert only_fault(folder).found == "a folder"


def test_a_pipe_in_a_files_place_is_a_fault_and_nobody_waits_for_it(folder: Path) -> None:
    path_of(folder, "decision").unlink()
    os.mkfifo(path_of(folder, "decision"))
    assert only_fault(folder).found == "no plain file"


def test_a_second_file_for_a_table_is_a_fault(folder: Path) -> None:
    (folder / "allocation" / "decision.csv.gz").write_bytes(gzip.compress(csv_text("decision").encode()))
    assert only_fault(folder).found == "allocation/decision.csv and allocation/decision.csv.gz"


def test_files_that_nobody_asked_for_are_ignored_and_reported(folder: Path) -> None:
    (folder / "allocation" / "readme.txt").write_text("hello")
    (folder / "notes").mkdir()
    (folder / "allocation" / f"{person(1)}.csv").write_text("")
    result = reading(folder)
    assert result.faults == []
    assert len(result.ignored_files) == 3
    assert not any(person(1) in name for name in result.ignored_files)


def test_all_faults_of_a_delivery_are_named_at_once(folder: Path) -> None:
    path_of(folder, "payment").unlink()
    path_of(folder, "decision").write_bytes(b"")
    path_of(folder, "bostotte").write_text("fodselsnummer;termin;Termin;belop\n")
    found = {(f.file, f.column) for f in reading(folder).faults}
    assert found == {
        ("accounting/payment.csv", None),
        ("allocation/decision.csv", None),
        ("husbanken/bostotte.csv", "termin"),
        *(("husbanken/bostotte.csv", c) for c in ("ordning", "kommunal_leieboer", "boutgift", "boutgiftstak")),
    }


# -------------------------------------------------------------------------------------------------- headers


def test_columns_may_stand_in_any_order_and_case(folder: Path) -> None:
    head, row = csv_text("dwelling", {"adresse": "Storgata 5"}).splitlines()
    turned = [";".join(reversed(line.split(";"))) for line in (head.upper().replace(";", " ;\u00a0"), row)]
    path_of(folder, "dwelling").write_text("\n".join(turned))
    result = reading(folder)
    assert result.faults == []
    assert result.extracts["dwelling"].frame.select("bolig_id", "adresse").rows() == [("B1", "Storgata 5")]


def test_a_column_that_is_missing_or_doubled_is_named(folder: Path) -> None:
    head = csv_text("dwelling").replace("omrade;", "").replace("byggear", "eierform")
    path_of(folder, "dwelling").write_text(head + "B1\n")
    assert {f.column for f in reading(folder).faults} == {"omrade", "eierform", "byggear"}


def test_columns_that_no_contract_names_are_reported_and_not_read(folder: Path) -> None:
    path_of(folder, "dwelling").write_text(csv_text("dwelling", {"merknad": "secret", "kode": 1}))
    extract = reading(folder).extracts["dwelling"]
    assert extract.ignored == [["merknad", "kode"]]
    assert "secret" not in str(extract.frame.rows())


def test_a_file_without_a_header_is_refused_without_quoting_its_people(folder: Path) -> None:
    _, row = csv_text("tenancy", {}).splitlines()
    path_of(folder, "tenancy").write_text(f"{row}\n{row}\n")
    faults = reading(folder).faults
    assert {f.column for f in faults} == {c.name for c in tables()["tenancy"].columns if not c.may_be_missing}
    assert person(1) not in str(faults)


@pytest.mark.parametrize("written", ["{0}{1}", "{0} {1}", "{0}-{1}", "A{0}{1}", "{0}.{1} Kari"])
@pytest.mark.parametrize("number", [person(1), person(1, month_added=0), duf(1)])
def test_no_name_that_somebody_chose_is_quoted_where_it_holds_a_number(
    folder: Path, number: str, written: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = written.format(number[:6], number[6:])
    path_of(folder, "dwelling").write_text(csv_text("dwelling", {name: "x"}))
    path_of(folder, "decision").write_text(csv_text("decision", {name: "x"}).replace("utfall;", ""))
    (folder / f"{name}.csv").write_text("")
    (folder / "allocation" / f"{name}.csv").write_text("")
    (folder / "governance").mkdir()
    workbook(folder / "governance" / "styringsdata.xlsx", {name: [["x"]]})
    (folder / "reference").mkdir()
    (folder / "reference" / "x.json").write_text(json.dumps(POPULATION).replace("Region", name))
    (folder.parents[1] / name).mkdir()
    result = reading(folder)
    assert len(result.ignored_files) == 2
    assert result.extracts["dwelling"].ignored == [["(hidden: it looks like a personal number)"]]
    assert {"allocation/decision.csv", "governance/styringsdata.xlsx"} <= {fault.file for fault in result.faults}
    assert [found.municipality_no for found in find(folder.parents[1])] == ["0220"]
    assert name not in str(result.faults) + str(result.ignored_files) + str(result.extracts["dwelling"]) + caplog.text


def test_a_file_that_is_read_may_not_be_named_after_a_person(folder: Path) -> None:
    (folder / "reference").mkdir()
    (folder / "reference" / f"{person(1)}.json").write_text(json.dumps(POPULATION))
    (folder / "reference" / "07459.json").write_text(json.dumps(POPULATION))
    result = reading(folder)
    assert [(fault.file, fault.found) for fault in result.faults] == [
        ("reference", "a personal number in a file's name")
    ]
    assert person(1) not in str(result.faults) + str(result.extracts["kostra"].files)


def test_the_lines_that_hold_a_number_are_found_wherever_and_however_it_stands_on_them(folder: Path) -> None:
    number = person(7)
    apart = f"{number[:6]} {number[6:]}"
    given = [{}, {"merknad": f"ring {apart}"}, {"adresse": f'c/o "{number}"'}, {"fodselsnummer": f"{number}1"}]
    head, *lines = csv_text("dwelling", *given).splitlines()
    path_of(folder, "dwelling").write_text("\r".join([head, "", *lines, f'"stray;{number}']))
    path_of(folder, "startlan").unlink()
    zipped = csv_text("startlan", {}, {"fodselsnummer": number}).encode()
    (folder / "husbanken" / "startlan.csv.gz").write_bytes(gzip.compress(zipped))
    path_of(folder, "bostotte").unlink()
    workbook(folder / "husbanken" / "bostotte.xlsx", {"Ark1": as_cells("bostotte", {"fodselsnummer": number}, {})})
    (folder / "husbanken" / "tilskudd.csv").write_bytes(b"\xff\xfe broken")
    assert lines_with(Delivery("0220", DAY, folder), number) == {
        "property/dwelling.csv": [4, 5, 7],
        "husbanken/startlan.csv.gz": [3],
        "husbanken/bostotte.xlsx": [2],
    }


# -------------------------------------------------------------------------------------------------- formats

TEXT = csv_text("dwelling", {"adresse": "Ærlig gate 1 – øst", "omrade": "Åstad"}, {"adresse": None})


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.removesuffix("\n").encode(),
        (TEXT + "\n\n").encode(),
        TEXT.replace(";", " ; ").encode(),
        TEXT.replace(";", "\u00a0;\u00a0").encode("cp1252"),
        "\n".join(";".join(f'"{field}"' for field in line.split(";")) for line in TEXT.splitlines()).encode("cp1252"),
        TEXT.replace("\n", "\n\n").encode(),
    ],
)
def test_the_same_rows_come_of_every_encoding_and_line_end(folder: Path, data: bytes) -> None:
    path_of(folder, "dwelling").write_bytes(data)
    result = reading(folder)
    assert result.faults == []
    assert result.extracts["dwelling"].frame.select("bolig_id", "adresse", "omrade").rows() == [
        ("B1", "Ærlig gate 1 – øst", "Åstad"),
        ("B2", None, "Heggedal"),
    ]


def test_a_gzip_file_is_taken(folder: Path) -> None:
    path_of(folder, "dwelling").unlink()
    (folder / "property" / "dwelling.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert reading(folder).extracts["dwelling"].frame.height == 2


def test_a_row_is_a_line_and_knows_which(folder: Path) -> None:
    head, first, second = TEXT.splitlines()
    quoted = first.replace("Ærlig gate 1 – øst", '"Ærlig gate; ""1"" øst"')
    path_of(folder, "dwelling").write_text(f"{head}\n\n{quoted}\n \n{second}\n", newline="")
    extract = reading(folder).extracts["dwelling"]
    assert extract.frame[LINE].to_list() == [3, 5]
    assert extract.frame["adresse"][0] == 'Ærlig gate; "1" øst'
    assert extract.rows == [2]


def test_a_stray_quotation_mark_takes_its_line_and_no_other(folder: Path) -> None:
    lines = ["1;Hospits A;400,00", '2;"Hospits B;500,00', "3;Hospits C;600,00", '4;"Hospits ""D""";700,00']
    lines += ['5;"Pensjonat";800,00', '6;Hospits "F";900,00', '7;Hospits G";1000,00', '8; "Hospits H";1100,00']
    names = ("opphold_id", "sted", "dognpris", "fodselsnummer", "fra_dato", "til_dato")
    path_of(folder, "temporary_stay").write_text("\n".join([";".join(names), *(f"{line};x;x;x" for line in lines)]))
    extract = reading(folder).extracts["temporary_stay"]
    assert extract.rows == [8]
    taken = extract.frame.filter(extract.frame[FIELDS].is_null())
    assert taken.select("opphold_id", "sted", LINE).rows() == [
        ("1", "Hospits A", 2),
        ("3", "Hospits C", 4),
        ("4", 'Hospits "D"', 5),
        ("5", "Pensjonat", 6),
    ]
    assert extract.frame.filter(extract.frame[FIELDS] == 0)[LINE].to_list() == [3, 7, 8, 9]


def fields_of(line: str) -> list[str] | None:
    """The fields of one line, read letter by letter; None where a quotation mark stands astray."""
    fields, at = [], 0
    while True:
        field = ""
        if line[at : at + 1] == '"':
            at += 1
            while line[at : at + 1] != '"' or line[at : at + 2] == '""':
                if at >= len(line):
                    return None
                field += line[at]
                at += 2 if line[at] == '"' else 1
            at += 1
            if line[at : at + 1] not in ("", ";"):
                return None
        else:
            while line[at : at + 1] not in ("", ";"):
                field += line[at]
                at += 1
            if '"' in field:
                return None
        fields.append(field)
        if at == len(line):
            return fields
        at += 1


BLANK = "\t\n\v\f\r \x85\u00a0\u2003\u2028"
PIECE = st.sampled_from(['"', '""', ";", "a", "1", "ø", "€", " ", "\t", "\u00a0", "\0", "\v", "'", ",", "x;y"])
SOME_TEXT = st.lists(PIECE, max_size=5).map("".join)
SOME_FIELD = st.one_of(
    st.sampled_from(["H1", "B1", "oppsagt", "01.06.2010", ""]),
    SOME_TEXT.map(lambda text: '"' + text.replace('"', '""') + '"'),
    SOME_TEXT,
)
SOME_LINE = st.one_of(
    st.lists(SOME_FIELD, min_size=4, max_size=4).map(";".join),
    st.lists(SOME_FIELD, max_size=6).map(";".join),
    SOME_TEXT,
)


@pytest.mark.slow
@pytest.mark.attack
@settings(max_examples=max(500, settings().max_examples))
@given(
    st.lists(st.tuples(SOME_LINE, st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n"])), max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    st.sampled_from(["{}\n", '"{}"\r\n', " {}\r"]),
    st.booleans(),
)
def test_of_any_file_every_line_is_a_row_or_put_aside_and_every_row_is_what_stands_on_its_line(
    written: list[tuple[str, str]], encoding: str, head: str, is_ended: bool
) -> None:
    table = tables()["dwelling_event"]
    names = [column.name for column in table.columns]
    text = head.format(('";"' if '"' in head else ";").join(names)) + "".join(line + end for line, end in written)
    if written and not is_ended:
        text = text.removesuffix(written[-1][1])
    extract = csv.read(table, "dwelling_event.csv", text.encode(encoding))

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip(BLANK)][1:]
    assert extract.rows == [len(rows)] == [extract.frame.height]
    assert extract.frame[LINE].to_list() == [number for number, _ in rows]
    for row, (_, line) in zip(extract.frame.iter_rows(named=True), rows, strict=True):
        fields = fields_of(line)
        assert row[FIELDS] == (0 if fields is None else None if len(fields) == len(names) else len(fields))
        if fields and len(fields) == len(names):
            assert [row[name] for name in names] == [field.strip(BLANK) or None for field in fields]


def test_the_fast_and_the_careful_way_read_the_same(folder: Path) -> None:
    made = [{"adresse": f"gate {n}", "byggear": 1900 + n if n % 3 else None} for n in range(50)]
    text = csv_text("dwelling", *made)
    path_of(folder, "dwelling").write_text(text)
    fast = reading(folder).extracts["dwelling"].frame
    path_of(folder, "dwelling").write_text(text.replace("gate 7;", '"gate 7";'))
    assert reading(folder).extracts["dwelling"].frame.equals(fast)


# -------------------------------------------------------------------------------------------------- workbooks


def as_cells(table: str, *given: dict[str, Any]) -> list[list[Any]]:
    whole = rows(table, *given)
    return [list(whole[0]), *(list(row.values()) for row in whole)]


def test_a_workbook_is_taken_with_its_typed_cells(folder: Path) -> None:
    path_of(folder, "bostotte").unlink()
    cells = as_cells(
        "bostotte", {"termin": date(2010, 1, 1), "belop": 1234.565, "boutgift": 5, "kommunal_leieboer": True}
    )
    workbook(folder / "husbanken" / "bostotte.xlsx", {"Ark1": cells, "other": [["x"]]})
    extract = reading(folder).extracts["bostotte"]
    assert extract.frame.rows()[0][:7] == (person(1), "01.2010", "statlig", "ja", "5", None, "1234,565")
    assert extract.odd == {}
    assert extract.frame[LINE].to_list() == [2]


def test_cells_of_the_wrong_kind_are_marked(folder: Path) -> None:
    path_of(folder, "dwelling").unlink()
    names = [c.name for c in tables()["dwelling"].columns]
    given: dict[str, Any] = {
        "anskaffet_dato": datetime.fromisoformat("2000-01-01T12:30"),
        "omrade": 5,
        "forvalter": "Lier",
        "byggear": 1980,
    }
    special = {
        (2, names.index("forvalter")): lambda sheet, i, j: sheet.write_formula(i, j, '="Lier"', None, "Lier"),
        (2, names.index("bruksareal_m2")): lambda sheet, i, j: sheet.write_formula(i, j, "=1/0", None, "#DIV/0!"),
        (2, names.index("bolig_id")): lambda sheet, i, j: sheet.write_number(i, j, 12),
    }
    workbook(folder / "property" / "dwelling.xlsx", {"Ark1": as_cells("dwelling", given, {})}, special)
    extract = reading(folder).extracts["dwelling"]
    assert extract.odd == {
        "anskaffet_dato": [0],
        "omrade": [0],
        "forvalter": [1],
        "bruksareal_m2": [1],
        "bolig_id": [1],
    }


def test_an_error_cell_that_no_formula_made_is_marked(folder: Path) -> None:
    path = folder / "husbanken" / "bostotte.xlsx"
    path_of(folder, "bostotte").unlink()
    at = [c.name for c in tables()["bostotte"].columns].index("belop")
    special = {(1, at): lambda sheet, i, j: sheet.write_formula(i, j, "=NA()", None, "#N/A")}
    workbook(path, {"Ark1": as_cells("bostotte", {})}, special)
    with zipfile.ZipFile(path) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<f>NA()</f>", b"")
    assert parts["xl/worksheets/sheet1.xml"] != sheet
    with zipfile.ZipFile(path, "w") as changed:
        for name, content in parts.items():
            changed.writestr(name, content)
    extract = reading(folder).extracts["bostotte"]
    assert (extract.frame["belop"][0], extract.odd) == ("#N/A", {"belop": [0]})


def test_governance_comes_as_one_workbook(folder: Path) -> None:
    (folder / "governance").mkdir()
    sheets = {name.title(): as_cells(name, {}) for name in ("challenge", "target", "measure")}
    workbook(folder / "governance" / "styringsdata.xlsx", {"Les meg": [["hei"]], **sheets})
    result = reading(folder)
    assert result.faults == []
    assert {name: result.extracts[name].frame.height for name in ("target", "measure", "challenge")} == dict.fromkeys(
        ("target", "measure", "challenge"), 1
    )


def test_a_workbook_without_one_of_its_sheets_is_a_fault(folder: Path) -> None:
    (folder / "governance").mkdir()
    workbook(folder / "governance" / "styringsdata.xlsx", {n: as_cells(n, {}) for n in ("target", "measure")})
    assert "no sheet challenge" in only_fault(folder).message


def test_a_sheet_and_a_file_for_one_table_are_a_fault(folder: Path) -> None:
    (folder / "governance").mkdir()
    workbook(
        folder / "governance" / "styringsdata.xlsx", {n: as_cells(n, {}) for n in ("target", "measure", "challenge")}
    )
    path_of(folder, "target").write_text(csv_text("target"))
    assert only_fault(folder).found == "governance/target.csv and governance/styringsdata.xlsx"


# -------------------------------------------------------------------------------------------------- statistics

POPULATION = {  # as data.ssb.no/api/v0/no/table/07459 answers, cut short
    "class": "dataset",
    "label": "07459: Befolkning, etter region, år og statistikkvariabel",
    "source": "Statistisk sentralbyrå",
    "updated": "2011-02-24T07:00:00Z",
    "id": ["Region", "ContentsCode", "Tid"],
    "size": [2, 1, 2],
    "dimension": {
        "Region": {
            "label": "region",
            "category": {"index": {"0220": 0, "0": 1}, "label": {"0220": "Asker (-2019)", "0": "Hele landet"}},
        },
        "ContentsCode": {
            "label": "statistikkvariabel",
            "category": {"index": {"Personer1": 0}, "label": {"Personer1": "Personer"}},
        },
        "Tid": {
            "label": "år",
            "category": {"index": {"2009": 0, "2010": 1}, "label": {"2009": "2009", "2010": "2010"}},
        },
    },
    "value": [53756, 54623, 4799252, None],
    "status": {"3": "."},
    "role": {"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]},
    "version": "2.0",
    "extension": {"px": {"infofile": "None", "tableid": "07459", "decimals": 0}},
}


def test_statistics_norways_answer_lands_in_the_same_table(folder: Path) -> None:
    (folder / "reference").mkdir()
    (folder / "reference" / "07459.json").write_text(json.dumps(POPULATION))
    path_of(folder, "kostra").write_text(csv_text("kostra", {"region_code": "0301"}))
    extract = reading(folder).extracts["kostra"]
    assert extract.files == ["reference/kostra.csv", "reference/07459.json"]
    assert extract.rows == [1, 4]
    names = [c.name for c in tables()["kostra"].columns]
    assert extract.frame.select(names).rows()[1:] == [
        ("0220", "population", "2009", "Asker (-2019)", "53756", "07459"),
        ("0220", "population", "2010", "Asker (-2019)", "54623", "07459"),
        ("0", "population", "2009", "Hele landet", "4799252", "07459"),
        ("0", "population", "2010", "Hele landet", None, "07459"),
    ]


def test_values_by_number_and_own_indicator_names_are_taken(folder: Path) -> None:
    (folder / "reference").mkdir()
    dataset = json.loads(json.dumps(POPULATION).replace("Personer1", "kommunale_boliger")) | {"value": {"1": 512.5}}
    (folder / "reference" / "x.json").write_text(json.dumps(dataset))
    frame = reading(folder).extracts["kostra"].frame
    assert frame["value"].to_list() == [None, "512,5", None, None]
    assert set(frame["indicator"]) == {"kommunale_boliger"}


def test_figures_broken_down_further_are_a_fault(folder: Path) -> None:
    (folder / "reference").mkdir()
    dataset = POPULATION | {
        "id": ["Region", "Kjonn", "ContentsCode", "Tid"],
        "size": [2, 2, 1, 2],
        "dimension": POPULATION["dimension"] | {"Kjonn": {"category": {"index": {"1": 0, "2": 1}}}},  # type: ignore[operator]
    }
    (folder / "reference" / "x.json").write_text(json.dumps(dataset))
    assert "Kjonn" in only_fault(folder).message


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"class": "dataset", "id": []}'])
def test_what_is_no_json_stat_is_a_fault(folder: Path, text: str) -> None:
    (folder / "reference").mkdir()
    (folder / "reference" / "x.json").write_text(text)
    assert only_fault(folder).file == "reference/x.json"


# -------------------------------------------------------------------------------------------------- fingerprint


def test_the_fingerprint_is_of_names_and_bytes(folder: Path) -> None:
    delivery = Delivery("0220", DAY, folder)
    before = fingerprint(delivery)
    assert before == reading(folder).sha256
    (folder / "allocation" / "readme.txt").write_text("not read")
    assert fingerprint(delivery) == before
    path_of(folder, "decision").write_text(csv_text("decision", {}))
    assert fingerprint(delivery) != before
