"""What a person sees: every dashboard in a real browser."""

import io
import re

import pytest
from pypdf import PdfReader

from superset_assets.derive import written
from superset_assets.derive.dashboards import Tree
from tests.bi.conftest import Login, Page, PageOf, numbers
from tests.conftest import ASKER, Installation

# rules that Superset's own markup breaks on every page; anything else is ours
SUPERSETS_OWN_FAULTS = {
    "aria-input-field-name",
    "aria-prohibited-attr",
    "aria-required-children",
    "aria-required-parent",
    "aria-valid-attr-value",
    "button-name",
    "nested-interactive",
}


@pytest.fixture(scope="module")
def charts(login: Login, assets: Tree) -> dict[str, int]:
    """Superset's number of each chart."""
    known = numbers(login("bolig_import"), "chart")
    return {slug: known[written.asset_id("charts", slug)] for slug in assets.charts}


@pytest.mark.parametrize("slug", written.order())
def test_a_dashboard_is_drawn_of_one_municipality_without_an_error_and_fits_a_small_screen(
    page_of: PageOf, assets: Tree, charts: dict[str, int], slug: str
) -> None:
    leder = page_of("leder")
    leder.open(slug)
    leder.picture(f"{slug}_1920")
    names, colours = {number: chart for chart, number in charts.items()}, set(assets.colours.values())
    leder.show_all()
    tabs = leder.page.locator(".dashboard-component-tabs [role=tab]")
    for number in range(max(tabs.count(), 1)):
        if number:
            tabs.nth(number).click()
            leder.wait()
            leder.show_all()
        leder.picture(f"{slug}_1920_{number}")
        for chart, drawn in leder.colours().items():
            own = {assets.colours[label] for _, labels in assets.series(names[chart]) for label in labels}
            # areas, regions and plans have none of their own
            assert not own or not drawn & colours - own, (names[chart], drawn & colours - own)
        assert not leder.failures
        assert leder.page.locator(".ant-alert-error, [data-test=error-message]").count() == 0
        assert not faults(leder)
        assert not (beyond := leder.page.evaluate(BEYOND_THE_KEYBOARD)), beyond
    assert not re.search(r"NaN|undefined|\bnull\b", leder.page.inner_text("body"))
    assert not leder.mixed("Asker")
    asked = {
        chart: [query.filtered for query in leder.asked if query.chart == number] for chart, number in charts.items()
    }
    for chart in assets.placed(slug):
        wanted = {simple["subject"] for simple in assets.chart(chart)["params"]["adhoc_filters"]}
        assert asked[chart] and all(wanted <= filtered for filtered in asked[chart]), chart

    leder.page.set_viewport_size({"width": 1280, "height": 900})
    if tabs.count():
        tabs.first.click()
    leder.show_all()
    leder.picture(f"{slug}_1280")
    assert not leder.failures
    assert leder.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    on_paper(leder, slug)

    leder.page.set_viewport_size({"width": 390, "height": 844})
    leder.wait()
    leder.picture(f"{slug}_390")
    wide = leder.page.evaluate(WIDER_THAN_A_PHONE)
    assert not wide, wide


def faults(leder: Page) -> dict[str, list[str]]:
    """What axe finds serious of what is seen, and is no fault of Superset's on every page."""
    from axe_playwright_python.sync_playwright import Axe

    return {
        fault["id"]: [node["html"][:200] for node in fault["nodes"][:3]]
        for fault in Axe().run(leder.page).response["violations"]
        if fault["impact"] in ("serious", "critical") and fault["id"] not in SUPERSETS_OWN_FAULTS
    }


# what is seen, can be clicked, and is not come to by the tabulator; of tabs one is, and the arrows lead to the others
BEYOND_THE_KEYBOARD = """() => [
  ...document.querySelectorAll('.dashboard a[href], input[role=combobox], .slice-header [aria-label^="Flere valg"]'),
  ...[...document.querySelectorAll('[role=tablist]')].filter((list) => !list.querySelector('[role=tab][tabindex="0"]')),
].filter((one) => one.offsetParent && (one.tabIndex < 0 || one.closest('[inert], [aria-hidden=true]')))
 .map((one) => one.outerHTML.slice(0, 120))"""


def on_paper(leder: Page, slug: str) -> None:
    """Printed, the page is A4 on its side, and has the text of the screen."""
    made = leder.page.pdf(prefer_css_page_size=True, print_background=True)
    pages = PdfReader(io.BytesIO(made)).pages
    assert {tuple(round(side) for side in page.mediabox[2:]) for page in pages} == {(842, 595)}
    printed = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    # of the tab that is open
    seen = leder.page.locator(".header-title:visible").all_inner_texts()
    for title in filter(None, (re.sub(r"\s|…", "", text) for text in seen)):
        assert title[:20] in printed, (slug, title)


# what stands beside the screen of a phone and is no table of rows and columns, which is drawn across
WIDER_THAN_A_PHONE = """() => [document.documentElement, ...document.querySelectorAll('.resizable-container, td')]
  .filter((box) => !box.closest('.pivot_table_v_2') && box.getBoundingClientRect().right > window.innerWidth + 1)
  .map((box) => box.className + ' ' + box.innerText.slice(0, 50))"""


def test_a_link_keeps_what_is_chosen_for_whoever_opens_it(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("ledige_boliger")
    choose(leder, "Kommune", "Bærum")
    choose(leder, "Periode", "År")
    leder.page.locator("[data-test=actions-trigger]").first.click()
    leder.page.wait_for_timeout(1000)  # until the menu stands still: what moves away under the pointer opens nothing
    leder.page.get_by_text("Del", exact=True).last.hover()
    leder.page.get_by_text("Kopier lenke").first.wait_for()
    with leder.page.expect_response(lambda response: "/permalink" in response.url) as shared:
        # not by the pointer, on whose way there the menu may close
        leder.page.get_by_text("Kopier lenke").first.dispatch_event("click")
    other = page_of("saksomrade")
    other.page.goto(shared.value.json()["url"])
    other.wait()
    chosen = other.page.locator(".filter-item-wrapper, [data-test=form-item-value]").all_inner_texts()
    assert {"Bærum", "År"} <= set(chosen)
    assert not other.mixed("Bærum")


def test_who_logs_in_lands_on_the_scorecard(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.page.goto(leder.address)
    leder.page.wait_for_url("**/superset/dashboard/styringskort/**")
    assert leder.page.locator("html").get_attribute("lang") == "nb"


def test_the_first_screen_says_what_matters_most_and_leads_to_where_its_cause_stands(page_of: PageOf) -> None:
    leder = page_of("leder")
    for municipality in ("Asker", "Bærum"):
        leder.open("styringskort")
        if municipality != "Asker":
            choose(leder, "Kommune", municipality)
        for title in ("Det viktigste nå", "Hvor behovet ikke er dekket, etter boligkategori"):
            box = leder.chart(title).bounding_box()
            assert box and box["y"] + box["height"] <= 1080, title
        told = leder.chart("Det viktigste nå")
        assert "57 husstander venter, og ingen fikk bolig" in told.inner_text().replace("\xa0", " ")
        # every perspective is named once, in its place
        card = leder.chart("Styringskort: tall, mål og utvikling")
        for text in ("Brukere", "Interne prosesser", "Økonomi", "Samfunn", "Læring"):
            assert card.locator("td", has_text=re.compile(f"^{text}$")).count() == 1, text
        told.get_by_role("link", name="Boligkø").first.click()
        leder.page.wait_for_url("**/superset/dashboard/boligko/**")
        leder.wait()
        whose = leder.chart("Kommune og periode").inner_text()
        assert municipality in whose and "kvartal" in whose


def test_the_filters_change_what_is_shown(page_of: PageOf, demonstration: Installation) -> None:
    leder = page_of("leder")
    leder.open("ledige_boliger")
    tile = leder.chart("Tapt leie på ledige boliger")
    before = tile.inner_text()
    choose(leder, "Periode", "År")
    after = tile.inner_text()
    ((lost,),) = demonstration.ask(
        "select value_no from scorecard.key_figure"
        " where municipality_no = %s and metric_id = 'vacancy_loss' and period_type = 'year'",
        ASKER,
    )
    assert before != after
    assert lost.split("\u202f")[0] in after


def test_the_scorecard_says_whose_it_is_and_of_which_period(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("styringskort")
    told = leder.chart("Kommune, periode og stilling")
    for municipality, period in (("Asker", "4. kvartal 2010, tall per 31.12.2010"), ("Bærum", "2. kvartal 2010")):
        if municipality != "Asker":
            choose(leder, "Kommune", municipality)
        text = told.inner_text().replace("\xa0", " ")
        assert f"{municipality} kommune, {period}" in text and "ikke nådd" in text


def test_whatever_is_chosen_drilled_or_taken_along_is_of_one_municipality(page_of: PageOf) -> None:
    person = page_of("saksomrade")
    person.open("ledige_boliger")
    assert not person.page.get_by_text("Tøm alle").is_visible()
    for filter_, value in (("Kommune", "Bærum"), ("Periode", "År"), ("Boligkategori", "Trygdebolig")):
        person.asked.clear()
        choose(person, filter_, value)
        assert person.asked and not person.mixed("Bærum"), filter_
    chart = person.chart("Ledige døgn etter hvem som er ansvarlig")

    def menu() -> None:
        person.asked.clear()
        chart.get_by_label("Flere valg", exact=False).first.click()
        person.page.locator("[id^=slice_][id$=-menu]:visible").wait_for()

    # when the data were fetched stands in the first entry, too
    for entry, what in (("Hent data på nytt", "data json"), ("Vis detaljer$", "samples")):
        menu()
        with person.page.expect_request(re.compile("/chart/data|/datasource/samples")):
            person.page.get_by_role("menuitem", name=re.compile(f"^{entry}")).first.click()
        person.page.wait_for_timeout(500)
        assert what in {query.what for query in person.asked}
        assert not person.mixed("Bærum"), entry
        if what == "samples":
            person.page.keyboard.press("Escape")
    menu()
    person.page.get_by_text("Last ned", exact=True).last.hover()
    with person.page.expect_download() as taken:
        person.page.get_by_text("Last ned CSV").click()
    assert "data csv" in {query.what for query in person.asked}
    assert not person.mixed("Bærum")
    assert taken.value.path().read_text("utf-8-sig").strip()


def test_a_filter_offers_nothing_before_there_is_a_municipality(login: Login, assets: Tree) -> None:
    leder = login("leder")
    datasets = numbers(leder, "dataset")
    for name, filter_ in assets.filters.items():
        if filter_["type"] == "filter_range":
            continue
        query = {"columns": [filter_["column"]], "metrics": [], "filters": [], "row_limit": 100}
        asks = {
            "datasource": {"id": datasets[written.asset_id("datasets", filter_["dataset"])], "type": "table"},
            "queries": [query],
            "form_data": {"native_filter_id": f"NATIVE_FILTER-{name}"},
            "result_format": "json",
            "result_type": "full",
        }
        offered = [row[filter_["column"]] for row in leder.post("/api/v1/chart/data", asks)["result"][0]["data"]]
        assert sorted(offered) == (["Asker", "Bærum"] if name == "municipality" else []), name


def choose(person: Page, label: str, value: str) -> None:
    """Choose a value of a filter and apply it, by keyboard alone once the filter is reached."""
    box = person.page.locator(".filter-item-wrapper, [data-test=form-item-value]", has_text=label).first
    combo = box.locator("input[role=combobox]").first
    combo.focus()
    combo.fill(value)
    person.page.locator(".ant-select-item-option-active", has_text=re.compile(f"^{re.escape(value)}$")).wait_for()
    person.page.keyboard.press("Enter")
    with person.page.expect_response(lambda response: "/api/v1/chart/data" in response.url):
        person.page.get_by_role("button", name="Bruk", exact=True).click()
    person.wait()


def test_the_keyboard_alone_chooses_opens_a_tab_and_follows_a_link(page_of: PageOf) -> None:
    leder = page_of("leder")
    keyboard = leder.page.keyboard

    def press_until(selector: str) -> None:
        for _ in range(200):
            keyboard.press("Tab")
            if leder.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"the tabulator does not come to {selector}")

    leder.open("boligko")
    press_until("input[role=combobox]")
    press_until(".dashboard-component-tabs [role=tab]")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    leder.page.get_by_role("tab", name="Mer", selected=True).wait_for()

    leder.open("styringskort")
    press_until(".superset-chart-table a[href*='/superset/dashboard/']")
    keyboard.press("Enter")
    leder.page.wait_for_url(lambda url: "/styringskort" not in url)


def test_the_whole_stands_under_its_parts_in_novas_seventh_table(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("boligko")
    leder.page.get_by_role("tab", name="Mer").click()
    leder.wait()
    leder.show_all()
    table = leder.chart("NOVAs tabell 7")
    table.locator("tbody .pvtRowLabel").first.wait_for()
    rows = table.locator("tbody .pvtRowLabel").all_inner_texts()
    assert len(rows) > 5
    assert [rows.index("I alt"), rows.count("I alt")] == [len(rows) - 1, 1], rows


def test_the_way_ahead_says_first_what_comes_how_sure_that_is_and_what_would_change_it(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("veien_videre")
    told = leder.chart("Hva som kommer, hvor sikkert det er")
    said = told.locator("tbody tr").all_inner_texts()
    assert [line.partition(":")[0] for line in said] == ["Hva som kommer", "Hvor sikkert det er", "Hva som endrer det"]
    assert "går fra 57 husstander 31.\xa0desember 2010 til 57–73 31.\xa0desember 2013" in said[0]
    assert all("Datavarehuset, tall per 31.\xa0desember 2010" in line for line in said)
    # all of it, on the wall, before anybody scrolls
    box = told.locator("tbody tr").last.bounding_box()
    assert box and box["y"] + box["height"] <= 1080

    # and every row of its tables has its interval, its date and its author
    leder.show_all()
    for title, of in (("Køene hvis ingenting endres", "Om 36 md."), ("Scenariene", "Om 36 md."),
                      ("Hva som skal til", "Uten tiltak"), ("To eller ti", "Venter fortsatt (80 %)")):  # fmt: skip
        chart = leder.chart(title)
        heads = [head.strip() for head in chart.locator("thead th").all_inner_texts()]
        rows = [row.locator("td").all_inner_texts() for row in chart.locator("tbody tr").all()]
        assert rows, title
        for row in rows:
            told = dict(zip(heads, row, strict=True))
            assert told["Laget av"] and re.fullmatch(r"\d\d\.\d\d\.\d{4}", told["Datadato"]), (title, told)
            # what has no forecast says why
            assert re.fullmatch(r"\d+–\d+", told[of]) or "Ingen prognose" in told["Hva det bygger på"], (title, told)


def test_the_filters_of_the_way_ahead_turn_its_charts(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("veien_videre")
    chosen = leder.page.locator(".filter-item-wrapper, [data-test=form-item-value]").all_inner_texts()
    # the longest queue, nothing done, new dwellings: of the scenario with who made it and when
    for value in ("Asker", "Omsorgsbolig, utviklingshemmede", "Som i dag (Datavarehuset, 31.12.2010)", "Nye boliger"):
        assert any(value in each for each in chosen), chosen
    scenarios = leder.chart("Scenariene")
    assert "47–63" in scenarios.inner_text() and "10 færre (10–11)" in scenarios.inner_text()
    overview = leder.chart("Køene hvis ingenting endres").inner_text()
    leder.asked.clear()
    choose(leder, "Kø", "Servicebolig")
    assert "0–22" in scenarios.inner_text() and "15 færre (7–21)" in scenarios.inner_text()
    assert leder.chart("Køene hvis ingenting endres").inner_text() == overview
    assert leder.asked and not leder.mixed("Asker")


def test_no_page_asks_anybody_else(page_of: PageOf) -> None:
    leder = page_of("leder")
    leder.open("styringskort")
    # Superset's pages ask for a tracking pixel; the policy cuts it off before it leaves
    assert all("scarf.sh" in url for url in leder.strangers)


def test_only_who_may_drill_is_offered_the_rows(page_of: PageOf) -> None:
    for user, offered in (("leder", False), ("saksomrade", True)):
        person = page_of(user)
        person.open("ledige_boliger")
        person.chart("Ledige døgn etter hvem som er ansvarlig").get_by_label("Flere valg", exact=False).first.click()
        person.page.locator("[id^=slice_][id$=-menu]:visible").wait_for()
        assert (person.page.get_by_text("Vis detaljer").count() > 0) is offered, user
