"""The empty workbook: what stands in it, and that the door takes it once it is filled in."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from dagster_project import cli
from dagster_project.demo.governance import rows as demonstration
from dagster_project.landing import governance_form
from dagster_project.landing.delivery import Delivery, read
from dagster_project.landing.rules import Judged, judge
from dagster_project.vocabulary import catalogue
from dagster_project.vocabulary.contracts import tables
from tests.deliveries import Row, write_delivery

DAY = date(2011, 1, 1)
SHEETS = [table.name for table in governance_form.tables()]


@pytest.fixture(scope="module")
def template() -> bytes:
    return governance_form.template()


def filled(workbook: bytes, sheet: str, rows: Sequence[Row]) -> bytes:
    """The workbook with these rows typed into a sheet, every cell in the format that its column has there."""
    part = f"xl/worksheets/sheet{SHEETS.index(sheet) + 1}.xml"
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(content, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == part:
                styles = [match.decode() for match in re.findall(rb'<col [^>]*style="(\d+)"', data)]
                lines = "".join(_line(sheet, row, at, styles) for at, row in enumerate(rows, 2))
                data = data.replace(b"</sheetData>", f"{lines}</sheetData>".encode())
            after.writestr(name, data)
    return content.getvalue()


def _line(sheet: str, row: Row, at: int, styles: Sequence[str]) -> str:
    cells = ""
    for place, column in enumerate(tables()[sheet].columns):
        value, style = row.get(column.name), styles[place]
        cell = f'r="{chr(ord("A") + place)}{at}" s="{style}"'
        if isinstance(value, date):
            cells += f"<c {cell}><v>{(value - date(1899, 12, 30)).days}</v></c>"
        elif isinstance(value, bool):
            cells += f'<c {cell} t="b"><v>{value:d}</v></c>'
        elif isinstance(value, int | float):
            cells += f"<c {cell}><v>{value}</v></c>"
        elif value is not None:
            cells += f'<c {cell} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<row r="{at}">{cells}</row>'


def judged(landing: Path, workbook: bytes) -> dict[str, Judged]:
    """A delivery with this workbook, at the door."""
    folder = write_delivery(landing, "0220", DAY, {"dwelling": [{"omrade": "Heggedal"}]})
    (folder / governance_form.SOURCE).mkdir()
    (folder / governance_form.SOURCE / governance_form.FILE_NAME).write_bytes(workbook)
    reading = read(Delivery("0220", DAY, folder))
    assert reading.faults == []
    assert reading.ignored_files == []
    return judge(reading.extracts, tables(), False, catalogue.targetable())


def test_the_door_takes_the_empty_template_as_no_rows(tmp_path: Path, template: bytes) -> None:
    taken = judged(tmp_path, template)
    assert {name: taken[name].frame.height for name in SHEETS} == dict.fromkeys(SHEETS, 0)


def test_the_door_takes_every_row_of_a_filled_template(tmp_path: Path, template: bytes) -> None:
    area = {"dimension": "area", "dimension_value": "Heggedal", "metric_id": "vacant_days"}
    given = {name: demonstration(name, date(2010, 12, 31)) or [] for name in SHEETS}
    given["target"].append(given["target"][0] | area)
    workbook = template
    for name in SHEETS:
        workbook = filled(workbook, name, given[name])
    taken = judged(tmp_path, workbook)
    for name in SHEETS:
        assert taken[name].faults().rows() == [], name
        assert taken[name].accepted().height == len(given[name]), name
    assert given["settlement_agreement"]
    targets = taken["target"].accepted().select("metric_id", "valid_from", "green").rows()
    targets = [(metric_id, valid_from, float(green)) for metric_id, valid_from, green in targets]
    assert targets == [(row["metric_id"], row["valid_from"], row["green"]) for row in given["target"]]


def test_every_target_of_the_demonstration_has_its_limits_on_the_side_that_its_metric_calls_good() -> None:
    for target in demonstration("target", date(2011, 12, 31)) or []:
        better = "up" if target["green"] > target["red"] else "down"
        assert catalogue.metrics()[target["metric_id"]].direction == better, target


def test_the_lists_to_choose_from_are_the_catalogues(template: bytes) -> None:
    columns: dict[str, list[str]] = {}
    for first, *values in zip(*_sheet(template, governance_form.LISTS), strict=True):
        columns[first] = [value for value in values if value]
    targetable = catalogue.targetable()
    assert columns["metric_id"] == list(targetable)
    for metric_id, dimensions in targetable.items():
        assert columns[f"dimension_of_{metric_id}"] == list(dimensions)
        for dimension, values in dimensions.items():
            assert set(columns.get(f"value_of_{dimension}", [])) == (values or set()), dimension
    named = set(re.findall(r'<definedName name="(\w+)"', _part(template, "xl/workbook.xml")))
    assert named == {name for name in columns if name == "metric_id" or "_of_" in name}


def test_every_column_of_the_contract_is_explained(template: bytes) -> None:
    assert governance_form.HELP_NO.keys() == {
        (table.name, c.name) for table in governance_form.tables() for c in table.columns
    }
    for table in governance_form.tables():
        assert _sheet(template, table.name) == [[column.name for column in table.columns]]
    explained = [tuple(row[:2]) for row in _sheet(template, governance_form.HELP)]
    assert set(governance_form.HELP_NO) <= set(explained)


def test_the_command_writes_the_template_and_never_over_a_file(tmp_path: Path, template: bytes) -> None:
    path = tmp_path / "new" / "styringsdata.xlsx"
    assert CliRunner().invoke(cli.main, ["governance-template", str(path)]).exit_code == 0
    assert path.read_bytes() == template
    path.write_bytes(b"filled in")
    assert CliRunner().invoke(cli.main, ["governance-template", str(path)]).exit_code == 2
    assert path.read_bytes() == b"filled in"


def _sheet(workbook: bytes, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_name(name).to_python()


def _part(workbook: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return archive.read(name).decode()
