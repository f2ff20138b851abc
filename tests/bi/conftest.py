"""A real Superset on the demonstration, and a real browser before it."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

import httpx
import pytest

from dagster_project import warehouse
from dagster_project.demo import figures
from dagster_project.night.dbt import manifest
from dagster_project.serving import ports, supervision
from dagster_project.settings import PROJECT_DIR, Settings
from superset_assets import bringing, installation, rest
from superset_assets.derive import written
from superset_assets.derive.dashboards import Tree, read
from tests.bi.language import leftovers
from tests.conftest import BOLIG, Installation, Published

# what CI keeps
SCREENSHOTS = PROJECT_DIR / "tests" / "bi" / "screenshots"

LOGIN_ATTEMPTS = 3


def at_a_port(home: Path) -> Settings:
    """Settings of this home whose Superset has a port that nobody listens on."""
    return Settings(BOLIG_HOME=home, BOLIG_SUPERSET_PORT=ports.any_free())  # type: ignore[call-arg]


def prepare(installation: Installation) -> None:
    """Prepare an installation's Superset by command."""
    with patch.dict(os.environ, {"BOLIG_SUPERSET_PORT": str(ports.any_free())}):
        told = installation.bolig("superset", "prepare")
    assert told.returncode == 0, told.stderr


@pytest.fixture(scope="session")
def demonstration(publish_once: Published, publish_demonstration: Callable[[], Installation]) -> Installation:
    """The demonstration's two municipalities with their Superset."""

    def make() -> Installation:
        installation = publish_demonstration()
        environment = os.environ | {"BOLIG_HOME": str(installation.settings.home)}
        warehouse.database_url(installation.settings)  # starts the server
        # the outlook is worked out beside the night, and beside this
        with subprocess.Popen([BOLIG, "outlook", "run"], env=environment, stdout=subprocess.DEVNULL) as outlook:
            prepare(installation)
        assert outlook.returncode == 0
        return installation

    return publish_once("dashboards", make)


@pytest.fixture(scope="session")
def dashboards(demonstration: Installation) -> Iterator[Settings]:
    """The demonstration's Superset, serving; gives the installation's settings."""
    settings = at_a_port(demonstration.settings.home)
    with supervision.serving(settings):
        if not installation.is_prepared(settings):
            # a copy: its tables are made, and what they know is the other's server
            bringing.import_dashboards(settings)
        yield settings


Login = Callable[[str], rest.Superset]


# of a login over REST, whose token holds for fifteen minutes: to check a password takes a third of a second
FRESH = 600


def logins(settings: Settings, password: Callable[[str], str]) -> Login:
    """Log in over REST; who has done so a while ago goes on by that."""
    known: dict[str, tuple[float, rest.Superset]] = {}

    def log_in(user: str) -> rest.Superset:
        if user not in known or time.monotonic() - known[user][0] > FRESH:
            known[user] = time.monotonic(), rest.Superset(installation.address(settings), user, password(user))
        return known[user][1]

    return log_in


@pytest.fixture(scope="session")
def login(dashboards: Settings) -> Login:
    """Log in over REST as one of the demonstration's people, or as the importer."""
    return logins(dashboards, lambda user: installation.password(dashboards, user))


@pytest.fixture(scope="session")
def assets(dashboards: Settings) -> Tree:
    """The assets as git has them."""
    return read(manifest(dashboards))


def numbers(superset: rest.Superset, resource: str) -> dict[str, int]:
    """Superset's own numbers of the assets, by their ids."""
    return {row["uuid"]: row["id"] for row in superset.every(f"/api/v1/{resource}/", ["id", "uuid"])}


SQL_LAB = "/api/v1/sqllab/execute/"


def ask_sql(login: Login, user: str, sql: str, database: str = written.SQL_DATABASE) -> dict[str, Any]:
    """What SQL Lab answers to a person."""
    rows = login("bolig_import").every("/api/v1/database/", ["id", "uuid"])
    number = next(row["id"] for row in rows if row["uuid"] == written.asset_id("databases", database))
    return login(user).post(SQL_LAB, {"database_id": number, "sql": sql, "schema": "marts", "queryLimit": 10})


Answers = Callable[[str, str, str], list[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def answers(login: Login, assets: Tree) -> Answers:
    """What each query of a chart answers a Leder who has chosen a municipality and a type of period."""
    superset = login("leder")
    datasets = numbers(superset, "dataset")

    @cache
    def ask(slug: str, municipality_no: str, period_type: str) -> list[list[dict[str, Any]]]:
        # what Superset keeps is what git has (test_import.py)
        asks = json.loads(assets.chart(slug)["query_context"])
        dataset = assets.charts[slug]["dataset"]
        asks["datasource"] = {"id": datasets[written.asset_id("datasets", dataset)], "type": "table"}
        chosen = {
            "municipality": figures.MUNICIPALITIES[municipality_no],
            "period_type_label": {"quarter": "Kvartal", "year": "År"}[period_type],
        }
        if "period_type" in assets.charts[slug].get("where", {}):
            del chosen["period_type_label"]
        for query in asks["queries"]:
            query["filters"] += [
                {"col": column, "op": "IN", "val": [value]}
                for column, value in chosen.items()
                if column in assets.columns(dataset)
            ]
        results = superset.post("/api/v1/chart/data", asks)["result"]
        assert not [result["error"] for result in results if result["error"]], slug
        return [result["data"] for result in results]

    return ask


@pytest.fixture(scope="session")
def browser(launch_browser: Callable[..., Any]) -> Any:
    """Debian's Chromium."""
    return launch_browser()


@dataclass(frozen=True)
class Asked:
    """A query that a page sends: of which dataset, for which chart or filter, and of what alone."""

    what: str
    dataset: int
    chart: int | None
    by_filter: str | None
    filtered: frozenset[str]
    municipalities: tuple[str, ...]


def asked(request: Any) -> list[Asked]:
    """The queries of a request for rows: of a chart, a filter, a list of details or a file."""
    path, _, arguments = request.url.partition("?")
    if not path.endswith(("/api/v1/chart/data", "/datasource/samples")):
        return []
    # a file is asked for by a form
    is_form = "json" not in request.headers.get("content-type", "")
    body = json.loads(parse_qs(request.post_data)["form_data"][0]) if is_form else request.post_data_json
    of_samples = parse_qs(arguments).get("datasource_id")
    return [
        Asked(
            what=f"{path.rpartition('/')[2]} {body.get('result_format', '')}".strip(),
            dataset=int(of_samples[0] if of_samples else body["datasource"]["id"]),
            chart=(body.get("form_data") or {}).get("slice_id"),
            by_filter=(body.get("form_data") or {}).get("native_filter_id"),
            filtered=frozenset(simple["col"] for simple in query.get("filters", [])),
            municipalities=tuple(
                value
                for simple in query.get("filters", [])
                if simple["col"] == "municipality" and simple["op"] in ("IN", "==")
                for value in ([simple["val"]] if isinstance(simple["val"], str) else simple["val"])
            ),
        )
        for query in ([body] if of_samples else body["queries"])
    ]


@dataclass(frozen=True)
class Drawn:
    """A chart as it is seen: all its text, where it ends on the page, and what is in its table, if it is one."""

    text: str
    bottom: float
    heads: list[str]
    rows: list[list[str]]
    row_labels: list[str]


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
        self.asked: list[Asked] = []
        self._waits = 0
        page.on("response", self._look_at)
        # a file is asked for by a page of its own
        page.context.on("request", self._notice)
        page.on("close", lambda _: page.context.remove_listener("request", self._notice))

    def _look_at(self, response: Any) -> None:
        if "/api/v1/chart/data" in response.url and response.status != 200:
            self.failures.append(f"{response.status} {response.text()[:300]}")

    def _listen(self, said: Any) -> None:
        # the policy cuts off what Superset asks for on every page, a tracking pixel, and what its grid of results would
        # evaluate, the number beside each row; the grid also tells its makers what they left out
        if said.type == "error" and "scarf.sh" not in said.text and not said.text.startswith("AG Grid:"):
            self.errors.append(f"{self.page.url}: {said.text}")

    def mixed(self, municipality: str) -> list[Asked]:
        """The queries that were sent and are not of this municipality alone.

        The filter of municipalities lists them all; what another filter asks before there is a choice is answered with
        nothing (server/superset_config.py, and the test beside this one).
        """
        return [
            query
            for query in self.asked
            if query.by_filter != "NATIVE_FILTER-municipality"
            and query.municipalities != (municipality,)
            and not (query.by_filter and not query.municipalities)
        ]

    def _notice(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.add(request.url)
        self.asked += asked(request)

    def open(self, slug: str) -> None:
        """Open a dashboard and wait until every chart is drawn."""
        self.failures.clear()
        self.page.goto(f"{self.address}/superset/dashboard/{slug}/")
        self.wait()

    def go_to(self, slug: str) -> None:
        """Come to a dashboard by the list, from another: the browser's page stays, and no script runs anew."""
        self.page.locator("a[href*='/dashboard/list/']").first.click()
        entry = self.page.locator(f"a[href*='/superset/dashboard/{slug}/']").first
        entry.wait_for()
        self.asked.clear()
        entry.click()
        self.wait()

    def wait(self, seconds: float = 180) -> None:
        """Wait until charts are there, and for a second none has been loading."""
        self._waits += 1
        self.page.wait_for_function(IS_QUIET, arg=self._waits, timeout=seconds * 1000, polling=100)

    def show_all(self) -> None:
        """Make the window as high as the dashboard, so that every chart is drawn."""
        height = self.page.evaluate(
            "() => Math.max(...[...document.querySelectorAll('.grid-content')].map((grid) => grid.scrollHeight))"
        )
        width = self.page.viewport_size["width"]
        self.page.set_viewport_size({"width": width, "height": height + 280})
        self.wait()
        self.english |= leftovers(self.page)

    def chart(self, title: str) -> Any:
        """The frame of the chart of this title."""
        return self.page.locator("[data-test=dashboard-component-chart-holder]", has_text=title).first

    def drawn(self) -> list[Drawn]:
        """The charts that are seen, with what stands in them."""
        return [Drawn(**chart) for chart in self.page.evaluate(DRAWN)]

    def picture(self, name: str) -> Path:
        """Keep what is seen, for CI and for the README."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def colours(self) -> dict[int, set[str]]:
        """What is filled or drawn in each chart that is seen, by Superset's number of it."""
        found = self.page.evaluate(COLOURS)
        return {int(number): set(colours) for number, colours in found.items()}


DRAWN = """() => [...document.querySelectorAll('[data-test=dashboard-component-chart-holder]')]
  .filter((holder) => holder.checkVisibility())
  .map((holder) => {
    const texts = (selector, of = holder) => [...of.querySelectorAll(selector)].map((each) => each.innerText);
    return {
      text: holder.innerText,
      bottom: holder.getBoundingClientRect().bottom + window.scrollY,
      heads: texts('thead th').map((head) => head.trim()),
      rows: [...holder.querySelectorAll('tbody tr')].map((row) => texts('td', row)),
      row_labels: texts('tbody .pvtRowLabel'),
    };
  })"""

IS_QUIET = """(wait) => {
  const seen = (selector) => [...document.querySelectorAll(selector)].some((each) => {
    const box = each.getBoundingClientRect();
    return box.width && box.height && each.checkVisibility({visibilityProperty: true});
  });
  const is_quiet = seen('.slice_container') && !seen('.loading, .ant-spin');
  if (!is_quiet || window.quiet?.wait !== wait) window.quiet = {wait, since: null};
  if (is_quiet) window.quiet.since ??= performance.now();
  return is_quiet && performance.now() - window.quiet.since > 1000;
}"""

# colours of more than a few pixels, so that edges, which are mixed with what lies behind, are none
COLOURS = """() => Object.fromEntries([...document.querySelectorAll('[class*="dashboard-chart-id-"]')].map((frame) => {
  const found = {};
  for (const canvas of frame.querySelectorAll('canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {
      const colour = (data[i] << 16) + (data[i + 1] << 8) + data[i + 2];
      found[colour] = (found[colour] || 0) + 1;
    }
  }
  const drawn = Object.entries(found).filter(([, pixels]) => pixels > 30);
  return [
    frame.className.match(/dashboard-chart-id-(\\d+)/)[1],
    drawn.map(([colour]) => '#' + (+colour).toString(16).padStart(6, '0').toUpperCase()),
  ];
}))"""


class Browser:
    """A person at the pages without a browser: the login's form, its cookie, and the page's token."""

    def __init__(self, settings: Settings, user: str, password: str | None = None) -> None:
        self.client = httpx.Client(base_url=installation.address(settings), timeout=60, limits=rest.LIMITS)
        self.client.headers["Referer"] = str(self.client.base_url)
        answer = self.form("/login/", {"username": user, "password": password or installation.password(settings, user)})
        self.is_in = "/login" not in answer.headers.get("location", "")
        vars(self).pop("token", None)  # the login page's

    def form(self, path: str, fields: dict[str, Any]) -> httpx.Response:
        """Send a page's form, with its token."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(path).text)
        token = found[1] if found else self.token
        return self.client.post(path, data={**fields, "csrf_token": token})

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the API as a page does."""
        return self.client.request(method, path, json=body, headers={"X-CSRFToken": self.token})

    @cached_property
    def token(self) -> str:
        """The page's token; of who is not in, the login page's."""
        answer = self.client.get("/api/v1/security/csrf_token/")
        if answer.status_code == 200:
            return str(answer.json()["result"])
        return str(json.loads(_unescaped(self.client.get("/login/").text))["common"]["csrf_token"])


def _unescaped(page: str) -> str:
    found = re.search(r'data-bootstrap="([^"]+)"', page)
    assert found, page[:500]
    return found[1].replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&").replace("&#39;", "'")


PageOf = Callable[[str], Page]
AtAPage = Callable[[str], AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def session_of(
    request: pytest.FixtureRequest,
    launch_browser: Callable[..., Any],
    dashboards: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Any]:
    """The browser's session of one of the demonstration's people, who logs in once: a Leder by the page.

    Like a person's it keeps what it has fetched: Superset's scripts are some ten megabytes, and the page of the login
    runs them all, so the others log in by the form alone. A Leder, who opens most pages, has a browser of their own.
    """

    @cache
    def log_in(user: str) -> Any:
        where = {"locale": "nb-NO", "timezone_id": "Europe/Oslo"}
        if user == "leder":
            session = launch_browser(profile=tmp_path_factory.mktemp("profile"), **where)
        else:
            session = request.getfixturevalue("browser").new_context(**where)
        # how long a page takes is no claim of a test; by default it is 30 seconds
        session.set_default_timeout(120_000)
        if user == "leder":
            log_in_by_the_page(session, dashboards, user)
        else:
            address, cookies = installation.address(dashboards), Browser(dashboards, user).client.cookies
            session.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        return session

    return log_in


def log_in_by_the_page(session: Any, settings: Settings, user: str) -> None:
    """Log in as a person does."""
    from playwright.sync_api import TimeoutError

    page = session.new_page()
    page.goto(f"{installation.address(settings)}/login/", wait_until="networkidle")
    for attempt in range(LOGIN_ATTEMPTS):
        page.get_by_label("Brukernavn").fill(user)
        page.get_by_label("Passord").fill(installation.password(settings, user))
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


@pytest.fixture(scope="session")
def at_a_page(dashboards: Settings, session_of: Callable[[str], Any]) -> AtAPage:
    """A page of one of the demonstration's people. Fails at its end where a script of it did, or it spoke English."""

    @contextmanager
    def open_page(user: str) -> Iterator[Page]:
        page = session_of(user).new_page()
        page.set_viewport_size({"width": 1920, "height": 1080})
        opened = Page(page, installation.address(dashboards))
        try:
            yield opened
        finally:
            page.close()
        assert not opened.errors
        assert not opened.english

    return open_page


@pytest.fixture
def page_of(at_a_page: AtAPage) -> Iterator[PageOf]:
    """Open a page that lasts for a test."""
    with ExitStack() as pages:
        yield lambda user: pages.enter_context(at_a_page(user))
