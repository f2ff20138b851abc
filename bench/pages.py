"""Pages in a browser: from the login to the Styringskort, and each dashboard when it is opened first, and again.

Belongs here: what a person waits for. Does not belong here: what the database or Superset takes of it (dashboards.py).

A page is drawn when the charts that are seen have ended loading. The first time the browser has nothing of Superset's,
which is the morning after an upgrade; again, it has the scripts, compiled, and Superset the answers.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import country
from bench.dashboards import USER, serving
from bench.measuring import median
from bench.table import Row
from dagster_project.settings import Settings
from superset_assets import installation
from superset_assets.derive import written

LOGIN_GOAL, FIRST_GOAL, AGAIN_GOAL = 2.0, 3.0, 1.5
SCREEN = {"width": 1920, "height": 1080}
DRAWN = """() => document.querySelector('.slice_container')
    && ![...document.querySelectorAll('.loading')].some((each) => each.offsetParent)"""


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """The demonstration's pages, as its Leder opens them."""
    from playwright.sync_api import sync_playwright

    settings = country.demonstration(scratch.parent / "country")
    with serving(settings), sync_playwright() as playwright:
        _visit(playwright.chromium, settings)  # what Superset's own processes load for the first who comes
        visits = [_visit(playwright.chromium, settings) for _ in range(runs)]
    yield _row("from the login to the Styringskort drawn", [visit["login"] for visit in visits], LOGIN_GOAL)
    for slug in written.order():
        asked = int(median([visit[f"{slug} asked"] for visit in visits]))
        for when, goal in (("first", FIRST_GOAL), ("again", AGAIN_GOAL)):
            what = f"{slug}, {'the first time' if when == 'first' else 'again'} ({asked} requests)"
            yield _row(what, [visit[f"{slug} {when}"] for visit in visits], goal)


def _row(what: str, seconds: list[float], goal: float) -> Row:
    taken = median(seconds)
    return Row(
        "pages", what, taken, "s", len(seconds),
        lowest=min(seconds), highest=max(seconds), goal=f"under {goal:g} s", met=taken < goal,
    )  # fmt: skip


def _visit(chromium: Any, settings: Settings) -> dict[str, float]:
    """Seconds that a person with a new browser waits for each page, and how many requests it sends the first time."""
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


def _opened(session: Any, settings: Settings) -> dict[str, float]:
    found: dict[str, float] = {}
    session.set_default_timeout(120_000)
    page = session.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"{installation.address(settings)}/login/", wait_until="networkidle")
    page.get_by_label("Brukernavn").fill(USER)
    page.get_by_label("Passord").fill(installation.password(settings, USER))
    began = time.perf_counter()
    page.get_by_role("button", name="Logg inn").click()
    page.wait_for_url("**/superset/dashboard/**", wait_until="commit")
    page.wait_for_function(DRAWN)
    found["login"] = time.perf_counter() - began
    for when in ("first", "again"):
        for slug in written.order():
            sent.clear()
            began = time.perf_counter()
            page.goto(f"{installation.address(settings)}/superset/dashboard/{slug}/", wait_until="commit")
            page.wait_for_function(DRAWN)
            found[f"{slug} {when}"] = time.perf_counter() - began
            found.setdefault(f"{slug} asked", len(sent))
    return found
