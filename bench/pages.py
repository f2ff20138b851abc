"""Pages in a browser: from the login to the Styringskort, and each dashboard when it is opened first, and again.

Belongs here: what a person waits for. Does not belong here: what the database or Superset takes of it (dashboards.py).

A page is drawn when its charts and filters have ended loading. The first time the browser has nothing of Superset's,
which is the morning after an upgrade; again, it has the scripts, compiled, and Superset the answers. By a click in the
list, which is how a person goes from one page to another, the scripts run already, and again have drawn that page once;
by its address they run anew.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench import country
from bench.dashboards import USER, serving
from bench.measuring import median
from bench.table import Row
from dagster_project.settings import Settings
from superset_assets import installation
from superset_assets.derive import written

LOGIN_GOAL = 2.0
# ways to a page: what each is called in the table, and its goal in seconds
FIRST, AGAIN = "by its address, the first time", "by its address, again"
CLICKED, CLICKED_AGAIN = "by a click in the list", "by a click in the list, again"
GOALS = {FIRST: 3.0, AGAIN: 1.5, CLICKED: 3.0, CLICKED_AGAIN: 1.5}
SCREEN = {"width": 1920, "height": 1080}
DRAWN = """() => document.querySelector('.slice_container')
    && ![...document.querySelectorAll('.loading')].some((each) => each.offsetParent)"""


class Waited(NamedTuple):
    """Seconds until a page was drawn, and the requests that the browser sent for it."""

    seconds: float
    requests: int


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """The demonstration's pages, as its Leder opens them."""
    from playwright.sync_api import sync_playwright

    settings = country.demonstration(scratch.parent / "country")
    with serving(settings), sync_playwright() as playwright:
        _visit(playwright.chromium, settings)  # what Superset's own processes load for the first who comes
        visits = [_visit(playwright.chromium, settings) for _ in range(runs)]
    yield _row("from the login to the Styringskort drawn", [visit["login"].seconds for visit in visits], LOGIN_GOAL)
    for slug in written.order():
        for way, goal in GOALS.items():
            asked = int(median([visit[f"{slug} {way}"].requests for visit in visits]))
            yield _row(f"{slug}, {way} ({asked} requests)", [visit[f"{slug} {way}"].seconds for visit in visits], goal)


def _row(what: str, seconds: list[float], goal: float) -> Row:
    taken = median(seconds)
    return Row(
        "pages", what, taken, "s", len(seconds),
        lowest=min(seconds), highest=max(seconds), goal=f"under {goal:g} s", met=taken < goal,
    )  # fmt: skip


def _visit(chromium: Any, settings: Settings) -> dict[str, Waited]:
    """What a person with a new browser waits for each page, by each way to it."""
    with tempfile.TemporaryDirectory() as profile:
        # with a folder, as a person's has one: without it a browser keeps no script that it has compiled
        session = chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium") or shutil.which("chromium-headless-shell"),
            # Superset draws otherwise for a browser that says it is steered by a program
            args=["--no-sandbox", "--disable-gpu", "--disable-blink-features=AutomationControlled"],
            locale="nb-NO",
            viewport=SCREEN,
        )
        with session:
            return _opened(session, settings)


def _opened(session: Any, settings: Settings) -> dict[str, Waited]:
    session.set_default_timeout(120_000)
    page = session.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    def waited(begin: Callable[[], Any]) -> Waited:
        sent.clear()
        began = time.perf_counter()
        begin()
        page.wait_for_function(DRAWN)
        return Waited(time.perf_counter() - began, len(sent))

    def log_in() -> None:
        page.get_by_role("button", name="Logg inn").click()
        page.wait_for_url("**/superset/dashboard/**", wait_until="commit")

    page.goto(f"{installation.address(settings)}/login/", wait_until="networkidle")
    page.get_by_label("Brukernavn").fill(USER)
    page.get_by_label("Passord").fill(installation.password(settings, USER))
    found = {"login": waited(log_in)}
    for way in (FIRST, AGAIN):
        for slug in written.order():
            address = f"{installation.address(settings)}/superset/dashboard/{slug}/"
            found[f"{slug} {way}"] = waited(partial(page.goto, address, wait_until="commit"))
    for way in (CLICKED, CLICKED_AGAIN):
        for slug in written.order():
            page.locator("a[href*='/dashboard/list/']").first.click()
            # the list has no chart: what is waited for below is the page's
            page.wait_for_load_state("networkidle")
            found[f"{slug} {way}"] = waited(page.locator(f"a[href*='/superset/dashboard/{slug}/']").first.click)
    return found
