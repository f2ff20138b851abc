"""Files of what is published: three municipalities, and in none of a municipality's files anything of another's.

Workbooks are read with another library than writes them, and Parquet by DuckDB.
"""

import datetime
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars
import pytest
from python_calamine import CalamineWorkbook

from dagster_project import warehouse
from dagster_project.export import areas, clients, making, reading
from dagster_project.night.dbt import manifest, published_tables
from dagster_project.operations import access
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from superset_assets import bringing
from superset_assets.derive import dashboards, written
from tests.conftest import ASKER, BAERUM, OSLO, Installation
from tests.deliveries import everything, write_delivery

HERE = ZoneInfo("Europe/Oslo")
NAMES = {ASKER: "Asker", BAERUM: "Bærum", OSLO: "Oslo"}


@pytest.fixture(scope="module")
def installation(three_municipalities: Installation) -> Installation:
    """Three municipalities, two periods closed, and a public edition of one of them."""
    made = three_municipalities
    for number in (ASKER, BAERUM):
        for words in (
            ("close", "--by", "Boligstrategiorganet"),
            *([("report", "--edition", "offentlig")] if number == ASKER else []),
        ):
            told = made.bolig(*words, "--period", "2010-Q4", "--municipality", number)
            assert told.returncode == 0, told.stderr
    with warehouse.connect(made.settings, autocommit=True) as connection:
        bringing.make_datasets(connection, manifest(made.settings))
    access.grant(made.settings, "region", [ASKER, BAERUM], "prøve")
    return made


@pytest.fixture(scope="module")
def settings(installation: Installation) -> Settings:
    return installation.settings


@pytest.fixture(scope="module")
def exported(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything, as an operator has it written."""
    folder = tmp_path_factory.mktemp("files")
    told = installation.bolig("export", "--to", folder, "--by", "Kari")
    assert told.returncode == 0, told.stderr
    assert all(f"{number}, intern" in told.stdout and str(folder / number) in told.stdout for number in NAMES)
    return folder


@pytest.fixture(scope="module")
def tree(settings: Settings) -> dashboards.Tree:
    return dashboards.read(manifest(settings))


def cells(path: Path) -> Iterator[Any]:
    """Every name and cell of a workbook, and every column and value of a Parquet file."""
    if path.suffix == ".xlsx":
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            yield name
            for row in book.get_sheet_by_name(name).to_python():
                yield from row
    elif path.suffix == ".parquet":
        frame = polars.read_parquet(path)
        yield from frame.columns
        for row in frame.iter_rows():
            yield from row


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_of_another_municipality_is_in_a_municipalitys_files(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == set(NAMES)
    for number, name in NAMES.items():
        others = [word for other in NAMES for word in (other, NAMES[other]) if other != number]
        files = all_files(exported / number)
        assert len(files) > 40
        seen = set()
        for path in files:
            told = [str(path.relative_to(exported / number)), *(str(cell) for cell in cells(path))]
            seen |= {own for own in (number, name) if any(own in text for text in told)}
            for other in others:
                assert not any(re.search(rf"\b{other}\b", text) for text in told), (path.name, other)
        assert number in seen and (name in seen or number != ASKER)  # of the others no name is delivered


def test_every_published_row_of_a_municipality_is_in_its_files(settings: Settings, exported: Path) -> None:
    """The reader who sees everything counts; so that nothing above is right because nothing is there."""
    parsed = manifest(settings)
    datasets = [(warehouse.DATASETS, slug) for slug in dashboards.read(parsed).datasets]
    full = 0
    with warehouse.connect(settings, "reader") as connection:
        for schema, table in [*published_tables(parsed), *datasets]:
            found = {}
            for number in NAMES:
                file = exported / number / "intern" / "parquet" / f"{schema}.{table}.parquet"
                (found[number],) = duckdb.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone() or (
                    0,
                )
                columns = polars.read_parquet_schema(file)
                assert columns and not set(columns) & set(written.PERSONAL)
            if "municipality_no" in columns:
                query = f"select municipality_no, count(*) from {schema}.{table} group by 1"
                told = dict(connection.execute(query.encode()).fetchall())
                assert found == {number: told.get(number, 0) for number in NAMES}, table
                full += all(found.values())
            else:
                ((count,),) = connection.execute(f"select count(*) from {schema}.{table}".encode()).fetchall()
                assert set(found.values()) == {count}
    assert full > 20


def test_every_cell_of_a_workbook_is_what_the_database_says(
    settings: Settings, exported: Path, tree: dashboards.Tree
) -> None:
    """In its own type: numbers, dates and text; two municipalities have rows of their own."""
    asked = 0
    for number in (ASKER, BAERUM):
        for area in areas.every(tree):
            book = CalamineWorkbook.from_path(exported / number / "intern" / f"{area.name}.xlsx")
            assert book.sheet_names[1:] == [sheet.title for sheet in area.sheets]
            for sheet in area.sheets:
                head, *rows = book.get_sheet_by_name(sheet.title).to_python()
                assert head == list(sheet.headings.values())
                assert len(set(head)) == len(head) and not [
                    word for word in head if re.fullmatch(r"[a-z]+_[a-z_]+", word)
                ]
                query = f"select {', '.join(sheet.headings)} from {sheet.relation} where municipality_no = %s"
                of = [number] if sheet.metrics is None else [number, sorted(sheet.metrics)]
                with warehouse.connect(settings, "reader") as connection:
                    query += " and metric_id = any(%s)" * (len(of) - 1)
                    expected = connection.execute(query.encode(), of).fetchall()
                assert sorted(map(repr, map(normal, rows))) == sorted(map(repr, map(normal, expected))), sheet.title
                asked += len(rows)
    assert asked > 200


def test_a_workbook_has_the_figures_of_its_dashboard_and_the_first_has_all(tree: dashboards.Tree) -> None:
    of = {area.name: {sheet.dataset: sheet.metrics for sheet in area.sheets} for area in areas.every(tree)}
    queue = of["boligko"]["styringstall"]
    assert queue and "queue_waiting" in queue and "arrears" not in queue
    assert of["styringskort"]["styringstall"] is None
    # what lists rows of any figure is whole
    assert of["styringskort"]["styringskort"] is None
    # and so does whatever another has a part of, as its first sheet says
    for area in areas.every(tree):
        for sheet in area.sheets:
            is_part = sheet.metrics is not None
            assert not is_part or of["styringskort"][sheet.dataset] is None, (area.name, sheet.dataset)
            assert is_part == ("alle står i styringskort.xlsx" in sheet.description), (area.name, sheet.dataset)


def normal(row: Any) -> list[Any]:
    """A row so that what a sheet and what the database has of it can be compared: a sheet knows no numbers but one."""

    def one(value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            return "Ja" if value else "Nei"
        if isinstance(value, datetime.datetime):
            local = value.astimezone(HERE) if value.tzinfo else value
            return ("moment", local.replace(tzinfo=None, second=0, microsecond=0))
        if isinstance(value, date):
            return ("day", value)
        if isinstance(value, str):
            return value
        return ("number", round(float(value), 9))

    return [one(value) for value in row]


def test_no_file_tells_persons_apart(settings: Settings, exported: Path) -> None:
    """No pseudonym that the warehouse knows, by whatever column; nor what the contracts keep from readers."""
    with warehouse.connect(settings) as connection:
        columns = connection.execute(
            "select format('%%I.%%I', table_schema, table_name), column_name from information_schema.columns"
            " where table_schema = any(array['marts', 'raw']) and column_name = any(%s)",
            [["person_id", *{c.name for t in contracts.tables().values() for c in t.columns if c.personal}]],
        ).fetchall()
        known = {
            value
            for table, column in columns
            for (value,) in connection.execute(f"select distinct {column} from {table}".encode())
            if value
        }
    assert known
    for path in all_files(exported):
        assert not known & {cell for cell in cells(path) if isinstance(cell, str)}, path.name


def test_the_public_edition_is_what_public_editions_show_and_nothing_else(
    installation: Installation, settings: Settings, tmp_path: Path
) -> None:
    told = installation.bolig("export", "--to", tmp_path, "--edition", "offentlig")
    assert told.returncode == 0, told.stderr
    names = {str(path.relative_to(tmp_path)) for path in all_files(tmp_path)}
    assert names == {
        "0220/offentlig/offentlige_tall.parquet",
        "0220/offentlig/rapport-0220-2010-Q4-offentlig.xlsx",
    }
    with warehouse.connect(settings) as connection:
        ((figures,),) = connection.execute("select figures from scorecard.report_public_figure").fetchall()
        ((kept,),) = connection.execute(
            "select content from scorecard.report_file where edition = 'offentlig' and file_name like '%xlsx'"
        ).fetchall()
    shown = polars.read_parquet(tmp_path / "0220" / "offentlig" / "offentlige_tall.parquet")
    key = ("metric_id", "dimension", "dimension_value", "value")
    assert {tuple(row[each] for each in key) for row in shown.to_dicts()} == {
        tuple(figure[each] for each in key) for figure in figures
    }
    assert shown["name_no"].null_count() == 0 and set(shown["municipality_no"]) == {ASKER}
    assert (tmp_path / "0220" / "offentlig" / "rapport-0220-2010-Q4-offentlig.xlsx").read_bytes() == bytes(kept)
    refused = installation.bolig("export", "--to", tmp_path, "--edition", "offentlig", "--municipality", BAERUM)
    assert refused.returncode == 1 and "No public edition" in refused.stderr


def test_a_person_gets_files_of_what_the_person_is_granted(installation: Installation, tmp_path: Path) -> None:
    told = installation.bolig("export", "--to", tmp_path, "--as", "Region")
    assert told.returncode == 0, told.stderr
    assert {path.name for path in tmp_path.iterdir()} == {ASKER, BAERUM}
    for words in (("--as", "region", "--municipality", OSLO), ("--as", "ukjent"), ("--municipality", "9999")):
        refused = installation.bolig("export", "--to", tmp_path / "none", *words)
        assert refused.returncode == 1 and not (tmp_path / "none").exists(), words
    assert installation.bolig("export").returncode == 2


def test_what_could_not_be_written_leaves_what_was_there(
    settings: Settings, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in all_files(exported)}

    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(making.workbook, "write", fail)
    with pytest.raises(reading.ExportRefused, match="No space left"):
        making.make(settings, exported, "prøve", municipality_no=ASKER)
    assert {path: path.read_bytes() for path in all_files(exported)} == before
    assert not list(exported.rglob(".*"))


def test_an_export_is_recorded_and_leaves_no_grant(installation: Installation, exported: Path) -> None:
    told = installation.bolig("audit", "list", "--municipality", BAERUM)
    assert re.search(r"Kari: exported \(0219\).*intern", told.stdout)
    with warehouse.connect(installation.settings) as connection:
        assert connection.execute("select person from access.membership where granted_by = 'bolig'").fetchall() == []


def test_what_no_night_of_this_version_has_published_yet_is_told(settings: Settings) -> None:
    with (
        warehouse.connect(settings, autocommit=True) as owner,
        reading.bound(settings, owner, ASKER) as connection,
        pytest.raises(reading.ExportRefused, match=r"marts\.of_the_next_version is not published yet"),
    ):
        reading.table(connection, "marts.of_the_next_version")


def test_a_second_export_takes_the_place_of_the_first(settings: Settings, tmp_path: Path) -> None:
    making.make(settings, tmp_path, "prøve", municipality_no=OSLO)
    (tmp_path / OSLO / "intern" / "stale.xlsx").touch()
    (made,) = making.make(settings, tmp_path, "prøve", municipality_no=OSLO)
    assert {str(path.relative_to(made.folder)) for path in all_files(tmp_path)} == set(made.rows)


def test_a_night_writes_the_files_where_a_folder_is_named(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that cannot be written leaves the night published, and is told."""
    from dagster_project.defs.launch import run_nightly

    landing = tmp_path / "landing"
    write_delivery(
        landing, OSLO, date(2011, 2, 1), everything() | {"application": [{}, {}], "waitlist_entry": [{}] * 4}
    )
    monkeypatch.setenv("BOLIG_EXPORT", str(tmp_path / "files"))
    installation.nightly(landing)
    assert (tmp_path / "files" / OSLO / "intern" / "boligko.xlsx").exists()
    assert (tmp_path / "files" / ASKER / "offentlig" / "offentlige_tall.parquet").exists()
    (tmp_path / "no folder").touch()
    monkeypatch.setenv("BOLIG_EXPORT", str(tmp_path / "no folder"))
    monkeypatch.setenv("BOLIG_HOME", str(installation.settings.home))
    write_delivery(
        landing, OSLO, date(2011, 3, 1), everything() | {"application": [{}, {}], "waitlist_entry": [{}] * 5}
    )
    outcome = run_nightly(installation.settings, landing)
    assert "could not be written" in outcome.message
    assert installation.ask("select extract_date from scorecard.publication where municipality_no = %s", OSLO) == [
        (date(2011, 3, 1),)
    ]


def test_duckdb_answers_over_the_parquet_files(exported: Path) -> None:
    """As somebody without a port to the database would ask."""
    files = str(exported / ASKER / "intern" / "parquet" / "marts.fct_queue_entry.parquet")
    found = duckdb.execute(f"select count(*), min(entered_on), typeof(any_value(entered_on)) from '{files}'").fetchone()
    assert found is not None and found[0] == 3 and found[2] == "DATE"


def test_what_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    from dagster_project.export import workbook

    sheet = areas.Sheet("x", "Ark", "Prøve.", {"a": "Tekst", "b": "Dag", "c": "Tall"})
    frame = polars.DataFrame(
        {"a": ['=cmd|"/c calc"!A1', "007"], "b": [date(1850, 1, 1), date(2011, 1, 1)], "c": [1.5, 2]}
    )
    about = workbook.About("0220", "Asker", date(2011, 1, 1), date(2011, 1, 1), datetime.datetime.now(datetime.UTC))
    notes = workbook.write(tmp_path / "a.xlsx", areas.Area("a", "A", "A", (sheet,)), {"x": frame}, about)
    assert notes == []
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_name("Ark").to_python()
    assert rows[1:] == [['=cmd|"/c calc"!A1', "01.01.1850", 1.5], ["007", date(2011, 1, 1), 2.0]]
    unpacked = subprocess.run(["unzip", "-p", tmp_path / "a.xlsx"], check=True, capture_output=True)  # noqa: S607
    assert b"<f>" not in unpacked.stdout


def test_the_files_name_the_server_and_no_login(settings: Settings, tree: dashboards.Tree, tmp_path: Path) -> None:
    clients.write(settings, tmp_path, "bolig.asker.kommune.no", 5433)
    source = json.loads((tmp_path / "boligstrategi.pbids").read_text("utf-8"))
    assert source["connections"][0]["details"] == {
        "protocol": "postgresql",
        "address": {"server": "bolig.asker.kommune.no:5433", "database": "bolig"},
    }
    query = (tmp_path / "boligstrategi.pq").read_text("utf-8")
    assert 'PostgreSQL.Database("bolig.asker.kommune.no:5433", "bolig")' in query
    for slug in tree.datasets:
        assert f'Hent("{slug}", ' in query and f'#"{tree.datasets[slug]["title"]}" = ' in query
    for path in tmp_path.iterdir():
        assert not re.search("bolig_person|password|pwd|uid", path.read_text("utf-8"), re.IGNORECASE), path.name
    with pytest.raises(clients.NoSuchHost):
        clients.write(settings, tmp_path, "x;SSLmode=disable", 5432)
