"""The pages beside the dashboards, the gate's and the reports: who opens them, and whose."""

from collections.abc import Iterator

import pytest

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import border
from superset_assets import installation
from tests.bi.conftest import Browser, Login, PageOf
from tests.conftest import ASKER, BAERUM, Installation

WHO = ("forvalter", "leder", "saksomrade")


@pytest.mark.parametrize("user", WHO)
def test_whoever_sees_datakvalitet_opens_the_page_of_each_municipality(dashboards: Settings, user: str) -> None:
    browser = Browser(dashboards, user)
    listed = browser.client.get("/kontroller/")
    assert listed.status_code == 200
    for number in (ASKER, BAERUM):
        assert f'href="/kontroller/{number}/"' in listed.text
        page = browser.client.get(f"/kontroller/{number}/")
        assert page.status_code == 200 and f"kommune {number}" in page.text
        assert "//" not in page.text.partition("</head>")[2].replace("<!--", "")
    assert browser.client.get("/kontroller/9999/").status_code == 404


def test_nobody_else_does(dashboards: Settings) -> None:
    browser = Browser(dashboards, "analytiker")
    for path in ("/kontroller/", f"/kontroller/{ASKER}/"):
        assert browser.client.get(path).status_code == 403
    browser.client.cookies.clear()
    assert "/login" in browser.client.get(f"/kontroller/{ASKER}/").headers["location"]


@pytest.fixture
def of_asker_alone(dashboards: Settings) -> Iterator[str]:
    """A person who sees one municipality, for as long as a test lasts."""
    with warehouse.connect(dashboards, autocommit=True) as connection:
        border.revoke(connection, "leder", None)
        border.grant(connection, "leder", [ASKER], "test")
        yield "leder"
        border.revoke(connection, "leder", None)
        border.grant(connection, "leder", ["*"], "test")


def test_the_report_of_a_closed_period_is_handed_to_whoever_sees_the_municipality(
    dashboards: Settings, demonstration: Installation, of_asker_alone: str
) -> None:
    for number in (ASKER, BAERUM):
        closed = demonstration.bolig("close", "--municipality", number, "--period", "2010-Q1", "--by", "Kari Nordmann")
        assert closed.returncode == 0, closed.stderr
    of_asker, of_both = (Browser(dashboards, user).client for user in (of_asker_alone, "saksomrade"))
    for number in (ASKER, BAERUM):
        shown = of_both.get(f"/rapport/{number}/2010-Q1/")
        assert shown.headers["content-type"] == "application/pdf" and shown.content.startswith(b"%PDF")
    assert of_asker.get(f"/rapport/{ASKER}/2010-Q1/").status_code == 200
    assert of_asker.get(f"/rapport/{BAERUM}/2010-Q1/").status_code == 404
    assert Browser(dashboards, "analytiker").client.get(f"/rapport/{ASKER}/2010-Q1/").status_code == 403


def test_of_another_municipality_there_is_no_page(dashboards: Settings, of_asker_alone: str) -> None:
    browser = Browser(dashboards, of_asker_alone)
    listed = browser.client.get("/kontroller/")
    assert (listed.status_code, listed.headers["location"]) == (302, f"/kontroller/{ASKER}/")
    assert browser.client.get(f"/kontroller/{ASKER}/").status_code == 200
    assert browser.client.get(f"/kontroller/{BAERUM}/").status_code == 404


def test_the_page_is_drawn_from_the_dashboard_and_asks_nobody(page_of: PageOf, dashboards: Settings) -> None:
    shown = page_of("leder")
    shown.open("datakvalitet")
    shown.wait()
    shown.page.get_by_text("siste natts kontroller i hver kommune").click()
    shown.page.get_by_text(ASKER).first.wait_for()
    asked: list[str] = []
    shown.page.on("request", lambda request: asked.append(request.url))
    shown.page.goto(f"{installation.address(dashboards)}/kontroller/{ASKER}/", wait_until="networkidle")
    assert shown.page.get_by_text("Kommunen har boliger.").is_visible()
    assert all(url.startswith(installation.address(dashboards)) for url in asked)


def test_dashboards_charts_and_datasets_have_the_tags_of_their_perspectives(login: Login) -> None:
    superset = login(installation.IMPORTER)
    titles = {
        row["dashboard_title"]: {tag["name"] for tag in row["tags"]} for row in superset.every("/api/v1/dashboard/")
    }
    assert titles["Boligkø"] >= {"Brukere"} and "Økonomi" not in titles["Boligkø"]
    assert titles["Styringskort"] >= {"Brukere", "Interne prosesser", "Økonomi", "Samfunn", "Læring"}
    charts = {row["slice_name"]: {tag["name"] for tag in row["tags"]} for row in superset.every("/api/v1/chart/")}
    assert sum("Økonomi" in tags for tags in charts.values()) > 30
    known = {row["name"] for row in superset.every("/api/v1/tag/")}
    assert known >= {"Brukere", "Interne prosesser", "Økonomi", "Samfunn", "Læring"}
