"""Dagster's pages as `bolig dagster web` and `bolig up` serve them: no other page makes them do anything.

With the real server, real requests and a real browser; the rule's every case is in tests/unit/test_own_pages.py.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from dagster_webserver.webserver import DagsterWebserver
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dagster_project import warehouse
from dagster_project.serving import ports
from dagster_project.settings import Settings
from tests.conftest import BOLIG

EVIL = "http://evil.example"
MUTATION = 'mutation { setConcurrencyLimit(concurrencyKey: "%s", limit: 3) }'
JSON = {"Content-Type": "application/json"}
DEPLOYMENT = {"locations": "dagster_project.defs", "daemons": "Scheduler", "concurrency": "Run tag concurrency"}
LISTS = ("jobs", "assets", "resources")


class Pages:
    """The server under test, and what has been changed through it."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings = settings
        self.host = f"localhost:{port}"
        self.address = f"http://{self.host}"

    def changed(self) -> tuple[Any, ...]:
        """What the mutation and the routes of reports write."""
        with warehouse.connect(self.settings) as connection:
            keys = connection.execute("select concurrency_key from dagster.concurrency_limits order by 1").fetchall()
            events = connection.execute("select count(*) from dagster.event_logs").fetchall()
            runs = connection.execute("select count(*) from dagster.runs").fetchall()
        return [key for (key,) in keys], events, runs

    def post(self, path: str, content: str, **headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.address + path, content=content, headers=sent, timeout=60).status_code


@pytest.fixture(scope="module")
def pages(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The server, as it is started on a desk and in a container."""
    port = ports.any_free()
    environment = os.environ | {"BOLIG_DAGSTER_PORT": str(port)}
    subprocess.run([BOLIG, "db", "prepare"], env=environment, check=True, capture_output=True)
    log = tmp_path_factory.mktemp("web") / "log"
    with log.open("w") as file:
        process = subprocess.Popen([BOLIG, "dagster", "web"], env=environment, stdout=file, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 300
            while not (process.poll() is None and "Uvicorn running" in log.read_text()):
                assert process.poll() is None and time.monotonic() < until, log.read_text()[-3000:]
                time.sleep(0.2)
            yield Pages(settings, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def routes() -> list[Route | WebSocketRoute]:
    """Every address of Dagster's server of this version, files of its pages aside."""
    server = object.__new__(DagsterWebserver)
    server._app_path_prefix = ""
    return [route for route in server.build_routes() if isinstance(route, Route | WebSocketRoute)]


def test_our_own_page_changes_something_and_is_told_of_it(pages: Pages) -> None:
    """What the attacks below try, allowed: so they are no shots in the dark."""
    own = {"Origin": pages.address, "Sec_Fetch_Site": "same-origin"}
    query = json.dumps({"query": MUTATION % "own"})
    assert pages.post("/graphql", query, Content_Type="application/json", **own) == 200
    assert pages.changed()[0] == ["own"]
    with connect(f"ws://{pages.host}/graphql", origin=pages.address, subprotocols=["graphql-ws"]) as opened:  # type: ignore[arg-type, list-item]
        opened.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(opened.recv(30)) == {"type": "connection_ack"}
    answer = httpx.get(pages.address)
    assert answer.headers["x-frame-options"] == "DENY"
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.attack
def test_no_request_of_another_page_changes_anything(pages: Pages) -> None:
    before = pages.changed()
    mutation = MUTATION % "foreign"
    query = json.dumps({"query": mutation})
    asked = {"query": mutation}
    foreign = ({"Origin": EVIL}, {"Origin": "null"}, {"Referer": f"{EVIL}/"}, {"Sec-Fetch-Site": "cross-site"})
    ports = ({"Origin": "http://localhost:8088"}, {"Sec-Fetch-Site": "same-site"}, {"Host": "evil.example"})
    forms = (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
    )
    statuses = set()
    with httpx.Client(base_url=pages.address, timeout=60) as client:
        for method in ("GET", "HEAD", "OPTIONS"):
            statuses.add(client.request(method, "/graphql", params=asked).status_code)
            statuses.add(client.request(method, "/graphql", params=asked, headers={"Accept": "text/html"}).status_code)
        for path in {route.path for route in routes() if isinstance(route, Route) and "POST" in route.methods}:  # type: ignore[operator]
            path = path.replace("{asset_key:path}", "publication")
            for headers in (*foreign, *ports):
                statuses.add(client.post(path, content=query, params=asked, headers=JSON | headers).status_code)
            for form in forms:
                content = mutation if form == "application/graphql" else query
                answer = client.post(path, content=content, params=asked, headers={"Content-Type": form})
                statuses.add(answer.status_code)
            statuses.add(client.post(path, params=asked).status_code)
            statuses.add(client.options(path, headers={"Origin": EVIL}).status_code)
    assert statuses == {403, 405, 415, 421}
    assert pages.changed() == before


@pytest.mark.attack
def test_no_web_socket_of_another_page_is_opened(pages: Pages) -> None:
    (path,) = (route.path for route in routes() if isinstance(route, WebSocketRoute))
    for origin, host in ((EVIL, None), ("null", None), (None, None), ("http://localhost:8088", None), (EVIL, EVIL[7:])):
        reached = socket.create_connection(("127.0.0.1", int(pages.host.partition(":")[2])))
        with reached, pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{host or pages.host}{path}", sock=reached, origin=origin, subprotocols=["graphql-ws"])  # type: ignore[arg-type, list-item]
        assert refused.value.response.status_code == 403, origin


class Foreign(BaseHTTPRequestHandler):
    """A page that tries all that a page can, and says when it has."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *arguments: Any) -> None:
        """Nothing is logged."""


ATTACK = """
<iframe name="frame"></iframe>
<form id="form" target="frame" method="post" enctype="text/plain" action="ADDRESS/graphql"><input name='{"query":
 "QUERY", "a' value='":1}'></form>
<script>
const query = JSON.stringify({query: "QUERY"}), kinds = ["text/plain", "application/json"], opened = [];
document.getElementById("form").submit();
new Image().src = "ADDRESS/graphql?query=" + encodeURIComponent("QUERY");
const tries = kinds.flatMap(kind => ["no-cors", "cors"].map(mode => fetch("ADDRESS/graphql",
    {method: "POST", mode, body: query, headers: {"Content-Type": kind}, credentials: "include"}).then(
    answer => answer.type == "opaque" || opened.push(kind), () => null)));
const read = fetch("ADDRESS/server_info").then(() => opened.push("read"), () => null);
const socket = new Promise(done => {
    const tried = new WebSocket("ADDRESS/graphql".replace("http", "ws"), "graphql-ws");
    tried.onopen = () => { opened.push("socket"); done(); };
    tried.onclose = done;
});
Promise.all([...tries, read, socket]).then(() => setTimeout(() => { document.title = "done " + opened; }, 1000));
</script>"""


@pytest.fixture
def foreign(pages: Pages) -> Iterator[int]:
    """The port of a server with the attacker's page."""
    query = (MUTATION % "browser").replace('"', r"\"")
    Foreign.page = ATTACK.replace("QUERY", query).replace("ADDRESS", pages.address).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def drawn(settings: Settings) -> Iterator[tuple[str, Sequence[str]]]:
    """Dagster's pages, with what a reader looks for on each: all of ours that has a page of its own."""
    from dagster_project.defs import build_defs

    repository = build_defs(settings).get_repository_def()
    location = "/locations/dagster_project.defs"
    jobs = [name for name in repository.job_names if not name.startswith("__")]
    assets = {key.path[0]: key for key in repository.asset_graph.get_all_asset_keys()}
    schedules = [each.name for each in repository.schedule_defs]
    sensors = [each.name for each in repository.sensor_defs]
    yield "/runs", ["after_batches"]
    # the overviews and lists, all of what the navigation leads to
    yield "/overview/activity/timeline", ["Timeline"]
    yield "/overview/resources", ["dbt"]
    yield "/jobs", jobs
    yield "/automation", [*schedules, *sensors]
    yield "/assets", [min("/".join(key.path) for key in assets.values()).partition("/")[0]]
    yield "/asset-groups", ["marts"]
    yield from ((f"/deployment/{page}", [says]) for page, says in DEPLOYMENT.items())
    yield from ((f"{location}/{each}", [says]) for each, says in zip(LISTS, (jobs[0], "marts", "dbt"), strict=True))
    for kind, names in (("jobs", jobs), ("schedules", schedules), ("sensors", sensors)):
        yield from ((f"{location}/{kind}/{name}", [name]) for name in names)
    # one of each schema: the others are drawn alike
    yield from ((f"/assets/{'/'.join(key.path)}", [key.path[-1]]) for key in assets.values())


# as a click does: the page goes there by itself, and does not run all its scripts anew
GO = "(path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate', {state: {}})); }"


@pytest.mark.attack
def test_in_a_browser_a_foreign_page_gets_nowhere_and_our_own_starts_a_run(
    pages: Pages, foreign: int, launch_browser: Callable[..., Any]
) -> None:
    before = pages.changed()
    rebound = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    browser = launch_browser(rebound)
    page = browser.new_page()
    for attacker in ("evil.example", "localhost"):  # another site, and the same one
        page.goto(f"http://{attacker}:{foreign}/")
        page.wait_for_function("document.title.startsWith('done')")
        assert page.title() == "done", f"{attacker}: what follows was opened"
    answer = page.goto(f"http://evil.example:{pages.host.partition(':')[2]}/")
    assert answer and answer.status == 421
    assert pages.changed() == before

    page = browser.new_page()
    failures: list[str] = []
    told: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("response", lambda answer: failures.append(answer.url) if answer.status >= 400 else None)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    page.goto(f"{pages.address}/locations/dagster_project.defs/jobs/after_batches/playground")
    page.get_by_role("button", name="Launch Run").click()
    page.wait_for_url("**/runs/*")
    page.get_by_text("after_batches").first.wait_for()
    until = time.monotonic() + 60
    while not any('"data"' in frame for frame in told):
        assert time.monotonic() < until, "what happens to the run is told over the socket"
        page.wait_for_timeout(100)
    for path, says in drawn(pages.settings):
        # a name is also measured, where nobody sees it
        sought = [page.get_by_text(text).locator("visible=true").first for text in says]
        if any(each.count() for each in sought):
            page.goto(f"{pages.address}{path}")
        else:
            page.evaluate(GO, path)
            # who comes by the address finds it, too
            assert httpx.get(f"{pages.address}{path}", timeout=60).status_code == 200, path
        for each in sought:
            each.wait_for()
        assert not page.get_by_role("button", name="Skip").count(), "nobody is asked for an address"
    browser.close()
    assert not failures
    assert pages.changed()[2] == [(1,)]
