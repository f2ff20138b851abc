"""A real Superset on the demonstration, and a real browser before it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dagster_project import supervision
from dagster_project.settings import PROJECT_DIR, Settings
from superset_assets import installation, rest
from tests.bi.language import leftovers
from tests.conftest import BOLIG, Installation

# what CI keeps
SCREENSHOTS = PROJECT_DIR / "tests" / "bi" / "screenshots"

LOGIN_ATTEMPTS = 3

# as root Chromium has no sandbox; and it is to ask nobody on the internet
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def dashboards(demonstration: Installation) -> Iterator[Settings]:
    """The demonstration's Superset, prepared by command and serving; gives the installation's settings."""
    port = str(free_port())
    environment = os.environ | {"BOLIG_HOME": str(demonstration.settings.home), "BOLIG_SUPERSET_PORT": port}
    prepared = subprocess.run(
        [BOLIG, "superset", "prepare"], env=environment, capture_output=True, text=True, check=False
    )
    assert prepared.returncode == 0, prepared.stderr
    settings = Settings(BOLIG_HOME=demonstration.settings.home, BOLIG_SUPERSET_PORT=port)  # type: ignore[call-arg]
    with supervision.serving(settings):
        yield settings


Login = Callable[[str], rest.Superset]


@pytest.fixture(scope="session")
def login(dashboards: Settings) -> Login:
    """Log in over REST as one of the demonstration's people, or as the importer."""
    return lambda user: rest.Superset(installation.address(dashboards), user, installation.password(dashboards, user))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "Chromium is not installed: `make browser` installs it."
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        yield started
        started.close()


class Page:
    """A person's browser page with Superset before it, and what went wrong on it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.failures: list[str] = []
        self.strangers: set[str] = set()
        self.errors: list[str] = []
        self.english: set[str] = set()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._listen)
        page.on("response", self._look_at)
        page.on("request", lambda request: self._notice(request.url))

    def _look_at(self, response: Any) -> None:
        if "/api/v1/chart/data" in response.url and response.status != 200:
            self.failures.append(f"{response.status} {response.text()[:300]}")

    def _listen(self, said: Any) -> None:
        # the policy cuts off what Superset asks for on every page, a tracking pixel, and what its grid of results would
        # evaluate, the number beside each row; the grid also tells its makers what they left out
        if said.type == "error" and "scarf.sh" not in said.text and not said.text.startswith("AG Grid:"):
            self.errors.append(f"{self.page.url}: {said.text}")

    def _notice(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.strangers.add(url)

    def open(self, slug: str) -> None:
        """Open a dashboard and wait until every chart is drawn."""
        self.failures.clear()
        self.page.goto(f"{self.address}/superset/dashboard/{slug}/")
        self.wait()

    def wait(self, seconds: float = 60) -> None:
        """Wait until no chart is loading."""
        self.page.locator(".slice_container:visible").first.wait_for(timeout=seconds * 1000)
        until, quiet = time.monotonic() + seconds, 0
        while quiet < 5:
            loading = self.page.locator(".loading:visible").count()
            quiet = 0 if loading else quiet + 1
            assert time.monotonic() < until, f"{loading} charts are still loading after {seconds} seconds"
            self.page.wait_for_timeout(200)

    def show_all(self) -> None:
        """Make the window as high as the dashboard, so that every chart is drawn."""
        height = self.page.evaluate(
            "() => Math.max(...[...document.querySelectorAll('.grid-content')].map((grid) => grid.scrollHeight))"
        )
        width = self.page.viewport_size["width"]
        self.page.set_viewport_size({"width": width, "height": height + 280})
        self.page.wait_for_timeout(500)
        self.wait()
        self.english |= leftovers(self.page)

    def chart(self, title: str) -> Any:
        """The frame of the chart of this title."""
        return self.page.locator("[data-test=dashboard-component-chart-holder]", has_text=title).first

    def picture(self, name: str) -> Path:
        """Keep what is seen, for CI and for the README."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


PageOf = Callable[[str], Page]


@pytest.fixture(scope="session")
def session_of(browser: Any, dashboards: Settings) -> Callable[[str], Any]:
    """The browser's session of one of the demonstration's people, who logs in by the page's form, once.

    Like a person's it keeps what it has fetched: Superset's scripts are some ten megabytes.
    """
    from playwright.sync_api import TimeoutError

    @cache
    def log_in(user: str) -> Any:
        session = browser.new_context(locale="nb-NO", timezone_id="Europe/Oslo")
        # how long a page takes is no claim of a test; by default it is 30 seconds
        session.set_default_timeout(120_000)
        page = session.new_page()
        page.goto(f"{installation.address(dashboards)}/login/", wait_until="networkidle")
        for attempt in range(LOGIN_ATTEMPTS):
            page.get_by_label("Brukernavn").fill(user)
            page.get_by_label("Passord").fill(installation.password(dashboards, user))
            page.get_by_role("button", name="Logg inn").click()
            try:
                # that one is let in: how long the first page takes to be drawn is no part of it
                page.wait_for_url(lambda url: "/login" not in url, timeout=40_000, wait_until="commit")
                break
            except TimeoutError:
                # a slow page may empty the form once more after it is shown; a person fills it in again
                if attempt == LOGIN_ATTEMPTS - 1:
                    raise
        page.close()
        return session

    return log_in


@pytest.fixture
def page_of(dashboards: Settings, session_of: Callable[[str], Any]) -> Iterator[PageOf]:
    """Open a page as one of the demonstration's people. The test fails where one of its scripts did."""
    pages: list[Page] = []

    def open_page(user: str) -> Page:
        page = session_of(user).new_page()
        page.set_viewport_size({"width": 1920, "height": 1080})
        pages.append(Page(page, installation.address(dashboards)))
        return pages[-1]

    yield open_page
    for page in pages:
        page.page.close()
    # of whatever page a test opened
    assert not [error for page in pages for error in page.errors]
    assert not {text for page in pages for text in page.english}
