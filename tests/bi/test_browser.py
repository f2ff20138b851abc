"""What a person sees: every dashboard in a real browser."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from pypdf import PdfReader

from superset_assets.derive import written
from superset_assets.derive.dashboards import Tree
from tests.bi.conftest import Asked, AtAPage, Drawn, Login, Page, PageOf, numbers
from tests.bi.language import leftovers
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


TABS = ".dashboard-component-tabs [role=tab]"


@pytest.fixture(scope="module")
def charts(login: Login, assets: Tree) -> dict[str, int]:
    """Superset's number of each chart."""
    known = numbers(login("bolig_import"), "chart")
    return {slug: known[written.asset_id("charts", slug)] for slug in assets.charts}


@dataclass(frozen=True)
class Tab:
    """A tab of a dashboard, all of it drawn in a window of 1920 pixels."""

    charts: list[Drawn]
    colours: dict[int, set[str]]
    errors: int
    faults: dict[str, list[str]]
    beyond_the_keyboard: list[str]
    cut: list[str]


@dataclass(frozen=True)
class Seen:
    """What a Leder, who sees two municipalities, sees of a dashboard that is opened, as it begins: with Asker."""

    address: str
    language: str | None
    first_screen: list[Drawn]
    tabs: list[Tab]
    text: str
    asked: list[Asked]
    mixed: list[Asked]
    strangers: set[str]
    failures: list[str]
    cut: dict[int, list[str]]
    paper: bytes
    titles: list[str]
    wider_than_a_phone: list[str]

    def chart(self, text: str, tab: int = 0) -> Drawn:
        """The first chart of a tab in which this stands."""
        return chart_of(self.tabs[tab].charts, text)


def chart_of(charts: list[Drawn], text: str) -> Drawn:
    """The first chart in which this stands."""
    return next(chart for chart in charts if text in chart.text)


@pytest.fixture(scope="module")
def seen(at_a_page: AtAPage) -> Callable[[str], Seen]:
    """Open a dashboard, once for all that is to be seen of it: its scripts alone take a processor five seconds."""

    @cache
    def look(slug: str) -> Seen:
        with at_a_page("leder") as leder:
            if slug == written.order()[0]:
                # where whoever comes in begins
                leder.page.goto(leder.address)
                leder.wait()
            else:
                leder.open(slug)
            address, language = leder.page.url, leder.page.locator("html").get_attribute("lang")
            leder.picture(f"{slug}_1920")
            first_screen = leder.drawn()
            # as it was opened: nobody has scrolled; of the tab that is open
            paper = leder.page.pdf(prefer_css_page_size=True, print_background=True)
            titles = leder.page.locator(".header-title:visible").all_inner_texts()
            leder.show_all()
            buttons = leder.page.locator(TABS)
            tabs = []
            for number in range(max(buttons.count(), 1)):
                if number:
                    buttons.nth(number).click()
                    leder.wait()
                    leder.show_all()
                leder.picture(f"{slug}_1920_{number}")
                tabs.append(
                    Tab(
                        charts=leder.drawn(),
                        colours=leder.colours(),
                        errors=leder.page.locator(".ant-alert-error, [data-test=error-message]").count(),
                        faults=faults(leder),
                        beyond_the_keyboard=leder.page.evaluate(BEYOND_THE_KEYBOARD),
                        cut=leder.page.evaluate(CUT),
                    )
                )
            text = leder.page.inner_text("body")

            cut: dict[int, list[str]] = {1280: [], 390: []}
            wider: list[str] = []
            for width in cut:
                leder.page.set_viewport_size({"width": width, "height": 900})
                # the first comes last, of which there is a picture
                for number in reversed(range(len(tabs))):
                    if buttons.count():
                        # not by the pointer, for which a phone's tabs must be pushed aside
                        buttons.nth(number).dispatch_event("click")
                    leder.wait()
                    assert not buttons.count() or buttons.nth(number).get_attribute("aria-selected") == "true"
                    cut[width] += leder.page.evaluate(CUT)
                    wider += leder.page.evaluate(WIDER_THAN_A_PHONE) if width == 390 else []
                if width == 1280:
                    leder.show_all()
                leder.picture(f"{slug}_{width}")
            return Seen(
                address=address,
                language=language,
                first_screen=first_screen,
                tabs=tabs,
                text=text,
                asked=leder.asked,
                mixed=leder.mixed("Asker"),
                strangers=leder.strangers,
                failures=leder.failures,
                cut=cut,
                paper=paper,
                titles=titles,
                wider_than_a_phone=wider,
            )

    return look


@pytest.mark.parametrize("slug", written.order())
def test_a_dashboard_is_drawn_of_one_municipality_without_an_error_and_fits_a_small_screen(
    seen: Callable[[str], Seen], assets: Tree, charts: dict[str, int], slug: str
) -> None:
    shown = seen(slug)
    names, colours = {number: chart for chart, number in charts.items()}, set(assets.colours.values())
    for tab in shown.tabs:
        for chart, drawn in tab.colours.items():
            own = {assets.colours[label] for _, labels in assets.series(names[chart]) for label in labels}
            # areas, regions and plans have none of their own
            assert not own or not drawn & colours - own, (names[chart], drawn & colours - own)
        assert not tab.errors
        assert not tab.faults
        assert not tab.beyond_the_keyboard
        assert not tab.cut
    assert not shown.failures
    assert not re.search(r"NaN|undefined|\bnull\b", shown.text)
    assert not shown.mixed
    asked = {
        chart: [query.filtered for query in shown.asked if query.chart == number] for chart, number in charts.items()
    }
    for chart in assets.placed(slug):
        wanted = {simple["subject"] for simple in assets.chart(chart)["params"]["adhoc_filters"]}
        assert asked[chart] and all(wanted <= filtered for filtered in asked[chart]), chart
        # at once, and not again when the filters' lists come
        assert len(asked[chart]) == len(json.loads(assets.chart(chart)["query_context"])["queries"]), chart
    assert shown.cut == {1280: [], 390: []}
    on_paper(shown, slug, assets)
    assert not shown.wider_than_a_phone


def test_a_dashboard_that_is_come_to_by_a_click_is_the_one_at_its_address(
    seen: Callable[[str], Seen], at_a_page: AtAPage, assets: Tree, charts: dict[str, int]
) -> None:
    """By the list the browser's page stays, with what it knows of the dashboard before: its tab, choice and figures."""
    at_its_address = {slug: seen(slug) for slug in reversed(written.order())}
    with at_a_page("leder") as leder:
        leder.open(written.order()[0])
        choose(leder, "Kommune", "Bærum")
        tabs = leder.page.locator(TABS)

        def open_the_last_tab_and_go_to(slug: str) -> None:
            if tabs.count():
                tabs.last.click()
            leder.go_to(slug)

        for slug, there in at_its_address.items():
            open_the_last_tab_and_go_to(slug)
            assert leder.drawn() == there.first_screen, slug
            _, rows = assets.tabs(slug)[0]
            placed = {charts[item["chart"]] for row in rows for item in row if "chart" in item}
            assert {query.chart for query in leder.asked if query.chart} == placed, slug
            assert not leder.mixed("Asker"), slug
        # the same once more may keep its tab, and is then drawn with it
        open_the_last_tab_and_go_to(slug)
        opened = [tab.get_attribute("aria-selected") for tab in tabs.all()].index("true")
        assert [chart.text for chart in leder.drawn()] == [chart.text for chart in there.tabs[opened].charts]


def faults(leder: Page) -> dict[str, list[str]]:
    """What axe finds serious of what is seen, and is no fault of Superset's on every page."""
    from axe_playwright_python.sync_playwright import Axe

    leder.page.evaluate(MARK_EACH_LOOK)
    others = {rule: {"enabled": False} for rule in (CONTRAST, *SUPERSETS_OWN_FAULTS)}
    asked: list[tuple[str | None, dict[str, Any]]] = [
        (None, {"rules": others}),
        ("[data-look]", {"runOnly": [CONTRAST]}),
    ]
    return {
        fault["id"]: [node["html"][:200] for node in fault["nodes"][:3]]
        for where, which in asked
        for fault in Axe().run(leder.page, where, which | {"resultTypes": ["violations"]}).response["violations"]
        if fault["impact"] in ("serious", "critical")
    }


# To work out a text's contrast takes axe some ten milliseconds, of hundreds of cells that look alike. So one of each
# look is asked: of its own colour, size and weight, of what lies beneath its middle, and of what dims it.
CONTRAST = "color-contrast"
MARK_EACH_LOOK = """() => {
  const known = new Map();
  const filled = (element) => {
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      known.set(element, [style.backgroundColor, style.backgroundImage, style.opacity, style.filter].join());
    }
    return known.get(element);
  };
  const seen = new Set();
  for (const element of document.querySelectorAll('body, body *')) {
    element.removeAttribute('data-look');
    const is_field = element.matches('input, select, textarea');
    const text = [...element.childNodes].find((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text && !is_field) continue;
    const range = document.createRange();
    range.selectNode(text || element);
    const box = range.getClientRects()[0];
    const beneath = box ? document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2) : [];
    const above = [];
    for (let one = element; one; one = one.parentElement) above.push(getComputedStyle(one).opacity);
    const style = getComputedStyle(element);
    const look = [
      style.color, style.fontSize, style.fontWeight, style.textShadow, above.filter((opacity) => opacity !== '1'),
      beneath.map(filled).filter((look) => look !== 'rgba(0, 0, 0, 0),none,1,none').join('/'),
    ].join('|');
    // a field is asked by itself, and so is what does not lie in the window
    if (is_field || !beneath.includes(element) || !seen.has(look)) element.setAttribute('data-look', '');
    seen.add(look);
  }
}"""


# what is seen, can be clicked, and is not come to by the tabulator; of tabs one is, and the arrows lead to the others
BEYOND_THE_KEYBOARD = """() => [
  ...document.querySelectorAll('.dashboard a[href], input[role=combobox], .slice-header [aria-label^="Flere valg"]'),
  ...[...document.querySelectorAll('[role=tablist]')].filter((list) => !list.querySelector('[role=tab][tabindex="0"]')),
].filter((one) => one.offsetParent && (one.tabIndex < 0 || one.closest('[inert], [aria-hidden=true]')))
 .map((one) => one.outerHTML.slice(0, 120))"""


def on_paper(shown: Seen, slug: str, assets: Tree) -> None:
    """Printed as it was opened, the page is A4 on its side, and has the text of the tab, that of its last table too."""
    pages = PdfReader(io.BytesIO(shown.paper)).pages
    assert {tuple(round(side) for side in page.mediabox[2:]) for page in pages} == {(842, 595)}
    across: dict[str, float] = {}

    def place(text: str, of_page: list[float], of_text: list[float], *_: Any) -> None:
        across.setdefault(text.strip(), of_page[0] * of_text[4] + of_page[2] * of_text[5] + of_page[4])

    pages[0].extract_text(visitor_text=place)
    # what is chosen stands beside each other, and the button after it
    labels = [assets.filters[name]["label"] for name in assets.dashboards[slug]["filters"]]
    chosen = [across[text] for text in [*labels, "Flere filtre"] if text in across]
    assert chosen and chosen == sorted(set(chosen)), (slug, across)
    printed = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    name = assets.dashboards[slug]["dashboard_title"]
    for title in filter(None, (re.sub(r"\s|…", "", text) for text in (name, *shown.titles))):
        assert title[:20] in printed, (slug, title)
    for chart in shown.tabs[0].charts:
        for cell in next(iter(chart.rows), []):
            assert re.sub(r"\s", "", cell)[:20] in printed, (slug, cell)


# a page or a table that is wider than its window, and where a title, tiles, sentences, text or a table across must be
# scrolled to be seen whole
CUT = """() => {
  const scrolls = (box, side, way) => box['client' + side] && getComputedStyle(box)['overflow' + way] != 'visible'
    && box['scroll' + side] > box['client' + side] + 1;
  const every = (selector) => [...document.querySelectorAll(selector)];
  return [
    ...[document.documentElement].filter((page) => page.scrollWidth > window.innerWidth),
    ...every('[data-test=editable-title-input]').filter((title) =>
      !title.clientWidth || title.scrollWidth > title.clientWidth),
    ...every('.superset-chart-table div').filter((box) => scrolls(box, 'Width', 'X')),
    ...every(
      '.slice_container:has(#header-tile_no, #header-sentence_no) div, .dashboard-markdown, .dashboard-markdown div,'
      + '.pivot_table_v_2 div'
    ).filter((box) => scrolls(box, 'Height', 'Y')),
  ].map((box) => (box.value || box.innerText).slice(0, 100));
}"""

# what stands beside the screen of a phone and is no table of rows and columns, which is drawn across
WIDER_THAN_A_PHONE = """() => [document.documentElement, ...document.querySelectorAll('.resizable-container, td')]
  .filter((box) => !box.closest('.pivot_table_v_2') && box.getBoundingClientRect().right > window.innerWidth + 1)
  .map((box) => box.className + ' ' + box.innerText.slice(0, 50))"""


def offers_rows(person: Page, title: str) -> bool:
    """Whether a chart's menu, which stays open, offers the rows behind its figures."""
    person.chart(title).get_by_label("Flere valg", exact=False).first.click()
    person.page.locator("[id^=slice_][id$=-menu]:visible").wait_for()
    return person.page.get_by_text("Vis detaljer").count() > 0


RESPONSIBLE = "Ledige døgn etter hvem som er ansvarlig"


@dataclass(frozen=True)
class Vacancies:
    """A person's page of the vacant dwellings, and what was seen on it when it was opened."""

    person: Page
    offers_rows: bool
    seen: dict[str, Any]


@pytest.fixture(scope="module")
def vacancies_of_a_leder(at_a_page: AtAPage) -> Iterator[Vacancies]:
    """A Leder's, of years; seen: what the tiles said of quarters and of years."""
    with at_a_page("leder") as leder:
        leder.open("ledige_boliger")
        offered = offers_rows(leder, RESPONSIBLE)
        leder.page.keyboard.press("Escape")
        tiles = leder.chart("Ledigheten i tall")
        before = tiles.inner_text()
        choose(leder, "Periode", "År")
        yield Vacancies(leder, offered, {"quarter": before, "year": tiles.inner_text()})


@pytest.fixture(scope="module")
def vacancies_of_a_saksomrade(at_a_page: AtAPage) -> Iterator[Vacancies]:
    """A Saksområde's; seen: the English on the page while the rows behind a figure were."""
    with at_a_page("saksomrade") as person:
        person.open("ledige_boliger")
        offered = offers_rows(person, RESPONSIBLE)
        person.page.get_by_text("Vis detaljer").first.click()
        rows = person.page.get_by_role("dialog")
        rows.get_by_text("Klargjøring").first.wait_for()
        english = leftovers(person.page, names=r"\bledige_dogn\b")
        # a key that comes before the rows have the focus is lost
        rows.locator(":focus").wait_for(state="attached")
        person.page.keyboard.press("Escape")
        rows.wait_for(state="hidden")
        yield Vacancies(person, offered, {"english": english})


def test_a_link_keeps_what_is_chosen_for_whoever_opens_it(vacancies_of_a_leder: Vacancies, page_of: PageOf) -> None:
    leder = vacancies_of_a_leder.person
    choose(leder, "Kommune", "Bærum")
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


def test_who_logs_in_lands_on_the_scorecard(seen: Callable[[str], Seen]) -> None:
    scorecard = seen("styringskort")
    assert "/superset/dashboard/styringskort/" in scorecard.address
    assert scorecard.language == "nb"


@dataclass(frozen=True)
class AtBaerum:
    """The scorecard's first screen when Bærum is chosen, and whose figures its way to the queue leads to."""

    first_screen: list[Drawn]
    queue: str


@pytest.fixture(scope="module")
def at_baerum(at_a_page: AtAPage) -> AtBaerum:
    """What a Leder sees who chooses the second of two municipalities, and follows a link."""
    with at_a_page("leder") as leder:
        leder.open("styringskort")
        choose(leder, "Kommune", "Bærum")
        first_screen = leder.drawn()
        leder.chart(MATTERS_MOST).get_by_role("link", name="Boligkø").first.click()
        leder.page.wait_for_url("**/superset/dashboard/boligko/**")
        leder.wait()
        return AtBaerum(first_screen, leder.chart(WHOSE).inner_text())


MATTERS_MOST, WHOSE = "Det viktigste nå", "Kommune og periode"


def test_the_first_screen_says_what_matters_most_and_leads_to_where_its_cause_stands(
    seen: Callable[[str], Seen], at_baerum: AtBaerum
) -> None:
    for first_screen in (seen("styringskort").first_screen, at_baerum.first_screen):
        for title in (MATTERS_MOST, "Hvor behovet ikke er dekket, etter boligkategori"):
            assert chart_of(first_screen, title).bottom <= 1080, title
        told = chart_of(first_screen, MATTERS_MOST)
        assert "57 husstander venter, og ingen fikk bolig" in told.text.replace("\xa0", " ")
        # every perspective is named once, in its place
        card = chart_of(first_screen, "Styringskort: tall, mål og utvikling")
        cells = [cell.strip() for row in card.rows for cell in row]
        for text in ("Brukere", "Interne prosesser", "Økonomi", "Samfunn", "Læring"):
            assert cells.count(text) == 1, text
    # the first municipality's way is gone by keyboard, below
    assert "Bærum" in at_baerum.queue and "kvartal" in at_baerum.queue


def test_the_filters_change_what_is_shown(vacancies_of_a_leder: Vacancies, demonstration: Installation) -> None:
    ((lost,),) = demonstration.ask(
        "select value_no from scorecard.key_figure"
        " where municipality_no = %s and metric_id = 'vacancy_loss' and period_type = 'year'",
        ASKER,
    )
    said = vacancies_of_a_leder.seen
    assert said["quarter"] != said["year"]
    assert lost.split("\u202f")[0] in said["year"]


def test_the_scorecard_says_whose_it_is_and_of_which_period(seen: Callable[[str], Seen], at_baerum: AtBaerum) -> None:
    for first_screen, said in (
        (seen("styringskort").first_screen, "Asker kommune, 4. kvartal 2010, tall per 31.12.2010"),
        (at_baerum.first_screen, "Bærum kommune, 2. kvartal 2010"),
    ):
        text = chart_of(first_screen, "Kommune, periode og stilling").text.replace("\xa0", " ")
        assert said in text and "ikke nådd" in text


def test_the_rows_behind_a_figure_are_shown_in_norwegian(vacancies_of_a_saksomrade: Vacancies) -> None:
    assert vacancies_of_a_saksomrade.offers_rows
    assert not vacancies_of_a_saksomrade.seen["english"]


def test_only_who_may_drill_is_offered_the_rows(
    vacancies_of_a_leder: Vacancies, vacancies_of_a_saksomrade: Vacancies
) -> None:
    assert not vacancies_of_a_leder.offers_rows
    assert vacancies_of_a_saksomrade.offers_rows


def test_whatever_is_chosen_drilled_or_taken_along_is_of_one_municipality(vacancies_of_a_saksomrade: Vacancies) -> None:
    person = vacancies_of_a_saksomrade.person
    assert not person.page.get_by_text("Tøm alle").is_visible()
    for filter_, value in (("Kommune", "Bærum"), ("Periode", "År"), ("Boligkategori", "Trygdebolig")):
        person.asked.clear()
        choose(person, filter_, value)
        assert person.asked and not person.mixed("Bærum"), filter_
    chart = person.chart(RESPONSIBLE)

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
            # a key that comes while the rows are still drawn is lost
            rows = person.page.get_by_role("dialog")
            rows.locator("[data-test=close-drilltodetail-modal]").click()
            rows.wait_for(state="hidden")
    menu()
    person.page.get_by_text("Last ned", exact=True).last.hover()
    with person.page.expect_download() as taken:
        # not by the pointer, on whose way there the menu may close
        person.page.get_by_text("Last ned CSV").dispatch_event("click")
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

    leder.open("styringskort")
    press_until(".superset-chart-table a[href*='/superset/dashboard/boligko/']")
    keyboard.press("Enter")
    leder.page.wait_for_url("**/superset/dashboard/boligko/**")
    leder.wait()
    whose = leder.chart(WHOSE).inner_text()
    assert "Asker" in whose and "kvartal" in whose

    press_until("input[role=combobox]")
    press_until(TABS)
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    leder.page.get_by_role("tab", name="Mer", selected=True).wait_for()


def test_the_whole_stands_under_its_parts_in_novas_seventh_table(seen: Callable[[str], Seen]) -> None:
    rows = seen("boligko").chart("NOVAs tabell 7", tab=1).row_labels
    assert len(rows) > 5
    assert [rows.index("I alt"), rows.count("I alt")] == [len(rows) - 1, 1], rows


def test_the_way_ahead_says_first_what_comes_how_sure_that_is_and_what_would_change_it(
    seen: Callable[[str], Seen],
) -> None:
    shown = seen("veien_videre")
    told = chart_of(shown.first_screen, "Hva som kommer, hvor sikkert det er")
    said = ["\t".join(row) for row in told.rows]
    assert [line.partition(":")[0] for line in said] == ["Hva som kommer", "Hvor sikkert det er", "Hva som endrer det"]
    assert "går fra 57 husstander 31.\xa0desember 2010 til 57–73 31.\xa0desember 2013" in said[0]
    assert all("Datavarehuset, tall per 31.\xa0desember 2010" in line for line in said)
    # all of it, on the wall, before anybody scrolls
    assert told.bottom <= 1080

    # and every row of its tables has its interval, its date and its author
    for title, of in (("Køene hvis ingenting endres", "Om 36 md."), ("Scenariene", "Om 36 md."),
                      ("Hva som skal til", "Uten tiltak"), ("To eller ti", "Venter fortsatt (80 %)")):  # fmt: skip
        chart = shown.chart(title)
        assert chart.rows, title
        for row in chart.rows:
            told_of = dict(zip(chart.heads, row, strict=True))
            assert told_of["Laget av"], (title, told_of)
            assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", told_of["Datadato"]), (title, told_of)
            # what has no forecast says why
            is_told = re.fullmatch(r"\d+–\d+", told_of[of]) or "Ingen prognose" in told_of["Hva det bygger på"]
            assert is_told, (title, told_of)


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


@pytest.mark.parametrize("slug", written.order())
def test_no_page_asks_anybody_else(seen: Callable[[str], Seen], slug: str) -> None:
    # Superset's pages ask for a tracking pixel; the policy cuts it off before it leaves
    assert all("scarf.sh" in url for url in seen(slug).strangers)
