"""Every page that the product makes is drawn: no script fails, none is empty, none speaks English or like a machine."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue
from superset_assets import installation
from tests.bi.conftest import Login, Page, PageOf, ask_sql
from tests.bi.language import leftovers, visible
from tests.conftest import Installation

# what frames a page of Superset's
FRAME = "header, nav, #main-menu"
# of schemas and accounts, and how long a query took
NAMES = r"\b(dashboards|marts|quality|scorecard)\b|\bbolig_import\b|\S+@\S+|\b\d\d:\d\d:\d\d\.\d+"


def addresses(menu: list[Any]) -> list[str]:
    """The pages that a menu leads to."""
    entries = [entry for entry in menu if isinstance(entry, dict)]
    own = [entry["url"] for entry in entries if entry.get("url", "#").startswith("/")]
    return own + [address for entry in entries for address in addresses(entry.get("childs", []))]


def is_drawn(person: Page) -> None:
    """Wait until a page says something inside its frame, and asks for nothing more."""
    person.page.wait_for_load_state("networkidle")
    person.page.wait_for_function(
        "(frame) => [...document.querySelectorAll('#app *')].some("
        "(element) => element.children.length === 0 && !element.closest(frame) && element.checkVisibility()"
        " && element.textContent.trim())",
        arg=FRAME,
    )
    person.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("user", installation.PEOPLE)
def test_every_page_of_a_role_is_drawn_in_norwegian(
    page_of: PageOf, login: Login, demonstration: Installation, user: str
) -> None:
    # what was asked in SQL Lab stands there by the tables that it was asked of, by other tests too
    tables = demonstration.ask(r"select distinct relname::text from pg_class where relname like '%\_%'")
    asked = rf"{NAMES}|\b({'|'.join(name for (name,) in tables)})\b"
    person = page_of(user)
    menu = person.page.request.get(f"{person.address}/api/v1/menu/").json()["result"]
    assert addresses(menu)
    if "/sqllab/history/" in " ".join(addresses(menu)):
        ask_sql(login, user, "select 1414.5 as tall")  # so that the page of what was asked has a row
    for address in ["/superset/welcome/", "/user_info/", *addresses(menu)]:
        person.page.goto(person.address + address)
        is_drawn(person)
        assert len(visible(person.page, FRAME)) > 3, address
        assert not person.page.locator(".toast--danger, .ant-alert-error, .ant-message-error").count(), address
        if "/superset/dashboard/" not in person.page.url:  # test_browser.py reads those when they are drawn
            # what was done is logged in the words of who did it: a program
            aside = "tbody" if address.startswith("/actionlog/") else ""
            names = asked if address.startswith("/sqllab/history/") else NAMES
            assert not leftovers(person.page, aside, names), address


def test_every_column_of_the_rows_behind_a_figure_has_its_label(login: Login) -> None:
    saksomrade = login("saksomrade")
    for dashboard in saksomrade.every("/api/v1/dashboard/", ["id"]):
        for dataset in saksomrade.get(f"/api/v1/dashboard/{dashboard['id']}/datasets")["result"]:
            told = saksomrade.get(f"/api/v1/dataset/{dataset['id']}/drill_info/?q=(dashboard_id:{dashboard['id']})")
            labels = {column["column_name"]: column["verbose_name"] for column in told["result"]["columns"]}
            assert set(dataset["column_names"]) <= {*labels, *labels.values()}, dataset["table_name"]
            assert all(labels.values()), dataset["table_name"]


def test_an_analyst_finds_a_tab_on_a_schema_and_takes_a_file_that_excel_reads(page_of: PageOf, tmp_path: Path) -> None:
    analyst = page_of("analytiker")
    analyst.page.goto(f"{analyst.address}/sqllab/")
    analyst.page.get_by_role("tab", name="Spørring 1").wait_for()
    is_drawn(analyst)
    assert {"Boligstrategi (SQL)", "marts"} <= set(visible(analyst.page))
    editor = analyst.page.locator(".ace_editor").first
    editor.click()
    analyst.page.keyboard.press("Control+A")
    analyst.page.keyboard.type("select 1414.5 as tall, date '2010-12-31' as dag, 'Ås; sentrum' as sted")
    analyst.page.get_by_role("button", name="Kjør").first.click()
    analyst.page.get_by_text("Ås; sentrum").last.wait_for()
    assert not leftovers(analyst.page, ".ag-root, [role=grid], .virtual-grid", NAMES)
    with analyst.page.expect_download() as download:
        analyst.page.get_by_label("Last ned CSV").click()
    download.value.save_as(tmp_path / "fil.csv")
    assert (tmp_path / "fil.csv").read_bytes() == '\ufefftall;dag;sted\n1414,5;2010-12-31;"Ås; sentrum"\n'.encode()


def test_a_norwegian_excel_reads_the_file_of_every_chart(login: Login) -> None:
    leder = login("leder")
    point = re.compile(r"(?!\d\d\.\d{4}$)-?\d+\.\d+")  # 12.2010 is a month
    for row in leder.every("/api/v1/chart/", ["id", "slice_name"]):
        answer = leder._client.get(f"/api/v1/chart/{row['id']}/data/", params={"format": "csv"})
        if answer.status_code == 400 and "Empty" in answer.text:
            continue
        files = [answer.content]
        if "zip" in answer.headers["content-type"]:
            archive = zipfile.ZipFile(io.BytesIO(answer.content))
            files = [archive.read(name) for name in archive.namelist()]
        for file in files:
            if not file.strip():
                continue  # a chart without rows
            assert file.startswith(b"\xef\xbb\xbf"), row
            lines = list(csv.reader(io.StringIO(file.decode("utf-8-sig")), delimiter=";"))
            assert len({len(line) for line in lines}) == 1, row
            assert not [cell for line in lines for cell in line if point.fullmatch(cell)], row


def look_at(browser: Any, address: str) -> Any:
    """A page of ours that is a file, or another server's; what went wrong on it stands in its `errors`."""
    page = browser.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
    page.goto(address, wait_until="networkidle")
    return page


def test_the_documentation_is_drawn_with_every_folder_and_model(
    demonstration: Installation, browser: Any, tmp_path: Path
) -> None:
    result = demonstration.bolig("docs", "--out", tmp_path / "dbt.html")
    assert result.returncode == 0, result.stderr
    assert not re.search(r"<(?:script|link)[^>]+(?:src|href)=\"https?:", (tmp_path / "dbt.html").read_text("utf-8"))
    page = look_at(browser, f"file://{tmp_path}/dbt.html#!/model/model.bolig.fct_stay")
    page.get_by_text("One row per stay", exact=False).first.wait_for()
    for folder in ("models", "macros", "seeds"):
        assert page.get_by_text(folder, exact=True).first.is_visible(), folder
    # icons of dbt's own that are asked for before their address is filled in; of a page that is a file there are none
    own = ("Failed to load resource: net::ERR_FILE_NOT_FOUND", "Unsafe attempt to load URL file:")
    assert not [error for error in page.errors if not error.startswith(own)]
    page.close()


def test_the_definitions_are_drawn(demonstration: Installation, browser: Any, tmp_path: Path) -> None:
    from dagster_project.report import definitions

    (tmp_path / "definisjoner.html").write_text(definitions.page(demonstration.settings), "utf-8")
    page = look_at(browser, f"file://{tmp_path}/definisjoner.html")
    for entry in catalogue.metrics().values():
        assert page.get_by_text(entry.name_no).first.is_visible(), entry.metric_id
    assert not page.errors
    page.close()


def test_what_is_replaced_in_supersets_scripts_is_there(dashboards: Settings) -> None:
    """A new Superset may say it otherwise: then scripts.json has what nobody says."""
    import json

    amended = json.loads((installation.SERVER / "scripts.json").read_text("utf-8"))
    (folder,) = dashboards.superset_environment.glob("lib/python*/site-packages/superset/static/assets")
    scripts = [path.read_text("utf-8") for path in folder.glob("*.js")]
    replaced = [each for group in amended.values() for each in group]
    assert not [each for each in replaced if not any(each in script for script in scripts)]
