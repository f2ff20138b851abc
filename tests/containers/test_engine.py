"""All of it in containers, with a real Docker engine: `make engine`. Left out where no engine was asked for.

An engine whose builds reach no network of their own takes the machine's: BOLIG_BUILD_NETWORK=host.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project import warehouse
from dagster_project.night import publication
from dagster_project.serving import ports
from dagster_project.settings import PROJECT_DIR
from tests.conftest import Install
from tests.deliveries import write_delivery

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("BOLIG_TEST_ENGINE"), reason="`make engine` runs these: they need a Docker engine"
    ),
    # the first builds the images, too
    pytest.mark.timeout(3600),
]

DOCKER = shutil.which("docker") or "docker"
BUILT = ("prepare", "dagster-code", "dagster-webserver", "dagster-daemon", "superset", "proxy")
TLS = ("docker-compose.tls.yml",)
RUNS = ("docker-compose.runs.yml",)
# six batches over three containers at once
NUMBERS = ("0301", "1103", "1804", "4601", "5001", "5501")
WORKERS = 3


@dataclass(frozen=True)
class Containers:
    """An installation in containers, of a compose project of its own."""

    folder: Path
    dagster_login: str
    superset_port: int
    dagster_port: int

    def compose(self, *arguments: str, files: Sequence[str] = (), given: str | None = None) -> str:
        """Run docker compose and give what it says; fails with its words where it does."""
        named = [PROJECT_DIR / "docker-compose.yml", *(PROJECT_DIR / file for file in files)]
        of_this_machine: dict[str, Any] = {}
        if network := os.environ.get("BOLIG_BUILD_NETWORK"):
            of_this_machine = {name: {"build": {"network": network}} for name in BUILT}
        if files == RUNS:
            # the engine's own socket: what stands before it elsewhere is not ours
            engine = Path(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
            reached = {"volumes": [f"{engine}:/engine.sock"], "group_add": [str(engine.stat().st_gid)]}
            of_this_machine["dagster-daemon"] = of_this_machine.get("dagster-daemon", {}) | reached
        if of_this_machine:
            override = self.folder / "override.yml"
            override.write_text(json.dumps({"services": of_this_machine}))
            named.append(override)
        environment = os.environ | {
            "BOLIG_SECRETS": str(self.folder / "secrets"),
            "BOLIG_LANDING": str(self.folder / "landing"),
            "BOLIG_BACKUP": str(self.folder / "backup"),
            "BOLIG_BACKUP_SECRETS": str(self.folder / "backup-secrets"),
            "BOLIG_SUPERSET_PORT": str(self.superset_port),
            "BOLIG_DAGSTER_PORT": str(self.dagster_port),
            "BOLIG_ENGINE": "unix:///engine.sock",
            "BOLIG_RUN_SETTINGS": str(self.folder / "run-settings"),
            "BOLIG_WORKERS": str(WORKERS),
            "BOLIG_BATCH": "1",
        }
        command = [DOCKER, "compose", "--project-name", "bolig-test", "--progress", "quiet"]
        result = subprocess.run(
            [*command, *(word for file in named for word in ("--file", str(file))), *arguments],
            cwd=PROJECT_DIR,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{' '.join(arguments)}: {result.stdout[-2000:]}{result.stderr[-3000:]}"
        return result.stdout

    def bolig(self, *arguments: str) -> str:
        """Run a command where the nights run."""
        return self.compose("exec", "-T", "dagster-code", "bolig", *arguments)

    def ask(self, query: str) -> str:
        """Ask the warehouse's server, as its superuser; columns are told apart by |."""
        told = ["-U", "postgres", "-d", "bolig", "-Atq", "-f", "-"]
        return self.compose("exec", "-T", "postgres", "psql", *told, given=query)

    def figures(self) -> str:
        """A fingerprint of every published figure."""
        return self.ask(
            "select md5(string_agg(figure::text, '' order by figure::text)) from scorecard.metric_value as figure"
        )

    def ask_dagster(self, query: str, **variables: Any) -> Any:
        """Ask Dagster's web interface through the proxy, logged in."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.dagster_port}/graphql",
            json={"query": query, "variables": variables},
            auth=("forvalter", self.dagster_login),
            timeout=120,
        )
        found = answer.raise_for_status().json()
        assert "errors" not in found, found
        return found["data"]

    def place(self) -> dict[str, str]:
        """Where Dagster finds a job or a schedule of ours."""
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
        (found,) = self.ask_dagster(query)["repositoriesOrError"]["nodes"]
        return {"repositoryName": found["name"], "repositoryLocationName": found["location"]["name"]}

    def launch(self, *runs: list[dict[str, str]]) -> list[str]:
        """Have Dagster start a night for each of these lists of tags, which its pages do by the same call."""
        launched = self.ask_dagster(
            """
            mutation Launch($runs: [ExecutionParams!]!) { launchMultipleRuns(executionParamsList: $runs) {
                ... on LaunchMultipleRunsResult { launchMultipleRunsResult {
                    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
                } }
                ... on PythonError { message }
            } }
            """,
            runs=[
                {
                    "selector": self.place() | {"jobName": "nightly"},
                    "runConfigData": {},
                    "executionMetadata": {"tags": tags},
                }
                for tags in runs
            ],
        )["launchMultipleRuns"]
        return [each["run"]["runId"] for each in launched["launchMultipleRunsResult"]]

    def is_building(self, run_id: str) -> bool:
        """Whether dbt is at work in this run."""
        query = "query Run($run: ID!) { runOrError(runId: $run) { ... on Run { stepStats { stepKey status } } } }"
        steps = self.ask_dagster(query, run=run_id)["runOrError"]["stepStats"]
        return {"stepKey": "models", "status": "IN_PROGRESS"} in steps

    def wait_for_end(self, run_id: str, seconds: float = 900) -> str:
        """How a run ends."""
        query = "query Run($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
        until = time.monotonic() + seconds
        while (status := self.ask_dagster(query, run=run_id)["runOrError"]["status"]) not in ENDED:
            assert time.monotonic() < until, f"the run does not end: {status}"
            time.sleep(1)
        return str(status)


ENDED = ("SUCCESS", "FAILURE", "CANCELED")


def docker(*arguments: str) -> list[str]:
    """Ask the engine itself; its lines."""
    return subprocess.run([DOCKER, *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Built and started as docs/operations.md says, with the demonstration published by a night."""
    folder = tmp_path_factory.mktemp("containers")
    made = subprocess.run(
        [PROJECT_DIR / "containers" / "make_secrets.sh", folder / "secrets"], check=True, capture_output=True, text=True
    )
    for name in ("landing", "backup", "backup-secrets"):
        (folder / name).mkdir(mode=0o700)
        os.chown(folder / name, 10001, 10001)
    (login,) = re.findall(r"lets in forvalter with (\w+)", made.stdout)
    running = Containers(folder, login, ports.any_free(), ports.any_free())
    try:
        # with the launcher's package, which nothing loads until docker-compose.runs.yml says so
        running.compose("build", files=RUNS)
        running.compose("up", "--detach", "--wait")
        running.bolig("demo")
        running.bolig("nightly")
        yield running
    finally:
        running.compose("down", "--volumes")


def test_the_set_up_has_no_fault(containers: Containers) -> None:
    found = containers.bolig("doctor")
    assert "0 faults" in found
    assert "Dagster's daemon is running" in found
    assert "with the dashboards of this version" in found


def test_dagster_lets_nobody_in_without_the_proxys_login(containers: Containers) -> None:
    address = f"http://127.0.0.1:{containers.dagster_port}"
    for path in ("/", "/server_info", "/graphql"):
        assert httpx.get(address + path).status_code == 401, path
        assert httpx.get(address + path, auth=("forvalter", "guess")).status_code == 401, path
    login = ("forvalter", containers.dagster_login)
    assert httpx.get(f"{address}/server_info", auth=login).status_code == 200
    # the browser of who is logged in sends the login along with what any page makes it send
    for status, headers in ((403, {"Origin": "https://evil.example"}), (421, {"Host": "evil.example"})):
        sent = httpx.post(f"{address}/graphql", json={"query": "{ version }"}, headers=headers, auth=login)
        assert sent.status_code == status
    assert httpx.get(f"{address}/graphql", params={"query": "{ version }"}, auth=login).status_code == 405


def test_the_dashboards_answer_to_no_strange_name(containers: Containers) -> None:
    address = f"http://127.0.0.1:{containers.superset_port}/health"
    assert httpx.get(address).status_code == 200
    assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 421


def test_whoever_breaks_into_the_dashboards_does_not_reach_dagster(containers: Containers) -> None:
    reach = "import socket; print(socket.create_connection(({!r}, {}), 5).getpeername())"
    for host, port in (("dagster-webserver", 3000), ("dagster-code", 4000), ("dagster-grpc", 4000)):
        tried = f"python3 -c {shlex.quote(reach.format(host, port))} 2>&1 || echo refused"
        said = containers.compose("exec", "-T", "superset", "sh", "-c", tried)
        assert said.endswith("refused\n"), said


def test_a_night_that_dagster_is_told_to_run_runs_where_the_code_is(containers: Containers) -> None:
    containers.bolig("demo", "--date", "2011-01-02")
    (run_id,) = containers.launch([])
    assert containers.wait_for_end(run_id) == "SUCCESS"
    assert "0220 2011-01-02 accepted" in containers.bolig("status")


def test_a_person_logs_in_and_sees_the_scorecard(containers: Containers, launch_browser: Callable[..., Any]) -> None:
    from tests.bi.conftest import Page

    address = f"http://127.0.0.1:{containers.superset_port}"
    browser = launch_browser()
    page = Page(browser.new_page(viewport={"width": 1920, "height": 1080}, locale="nb-NO"), address)
    page.page.goto(f"{address}/login/", wait_until="networkidle")
    page.page.get_by_label("Brukernavn").fill("forvalter")
    page.page.get_by_label("Passord").fill(containers.bolig("superset", "password", "forvalter").strip())
    page.page.get_by_role("button", name="Logg inn").click()
    page.page.wait_for_url("**/superset/dashboard/styringskort/**", timeout=60_000)
    page.wait(120)
    page.picture("containers")
    assert not page.failures
    assert page.page.locator(".ant-alert-error, [data-test=error-message]").count() == 0
    # the demonstration's own: allocations of 2010
    assert "2010" in page.page.inner_text(".dashboard-content")
    browser.close()


def test_no_secret_is_in_an_image_or_shown_by_inspect(containers: Containers) -> None:
    words = [file.read_text("ascii").strip() for file in (containers.folder / "secrets").iterdir()]
    identifiers = containers.compose("ps", "--all", "--quiet").split()
    assert len(identifiers) == 7
    shown = subprocess.run([DOCKER, "inspect", *identifiers], check=True, capture_output=True, text=True).stdout
    images = {container["Config"]["Image"] for container in json.loads(shown)}
    for image in images:
        history = [DOCKER, "history", "--no-trunc", image]
        shown += subprocess.run(history, check=True, capture_output=True, text=True).stdout
    assert not any(word in shown for word in words)


def test_nobody_is_root_and_nothing_of_the_image_can_be_written(containers: Containers) -> None:
    for service in ("postgres", "dagster-code", "dagster-webserver", "dagster-daemon", "superset", "proxy"):
        said = containers.compose(
            "exec", "-T", service, "sh", "-c", "id -u; touch /mark 2>/dev/null && echo written; true"
        )
        assert said.split()[0] != "0" and "written" not in said, service


def test_a_backup_brings_everything_back_into_empty_volumes(containers: Containers) -> None:
    figures, password = containers.figures(), containers.bolig("superset", "password", "forvalter").strip()
    name = re.findall(r"/srv/backup/\S+", containers.bolig("backup"))[0]
    containers.compose("down", "--volumes")
    containers.compose("up", "--detach", "--wait", "postgres")
    containers.compose(
        "run", "--rm", "-T", "--no-deps", "dagster-code", "bolig", "restore", name, "--by", "Kari Nordmann"
    )
    containers.compose("up", "--detach", "--wait")
    assert containers.figures() == figures
    assert "0 faults" in containers.bolig("doctor")
    known = {"username": "forvalter", "password": password, "provider": "db"}
    answer = httpx.post(f"http://127.0.0.1:{containers.superset_port}/api/v1/security/login", json=known, timeout=60)
    assert answer.status_code == 200


def test_with_tls_nothing_travels_in_clear(containers: Containers) -> None:
    secrets = containers.folder / "secrets"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    pair = ["-keyout", secrets / "tls_key", "-out", secrets / "tls_certificate"]
    request = [shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*request, *subject, *pair], check=True, capture_output=True)
    (secrets / "tls_key").chmod(0o444)
    containers.compose("up", "--detach", "--wait", files=TLS)
    import ssl

    trusted = ssl.create_default_context(cafile=str(secrets / "tls_certificate"))
    with httpx.Client(verify=trusted, timeout=60) as client:
        assert client.get(f"https://127.0.0.1:{containers.dagster_port}/server_info").status_code == 401
        page = client.get(f"https://127.0.0.1:{containers.superset_port}/login/")
        assert page.status_code == 200
        assert "Secure" in page.headers["set-cookie"]
        assert "max-age" in page.headers["strict-transport-security"]
    assert httpx.get(f"http://127.0.0.1:{containers.superset_port}/login/").status_code == 400


def fingerprints(ask: Callable[[str], list[list[str]]]) -> list[list[str]]:
    """Of every table that models build: its name, and how many rows the six have in it, and what they are."""
    tables = ask(f"""
        select schemaname || '.' || tablename from pg_tables
        inner join pg_attribute on attrelid = format('%I.%I', schemaname, tablename)::regclass
        where attname = 'municipality_no' and schemaname in {warehouse.PUBLISHED_SCHEMAS}
        and tablename not in {tuple(publication.NOT_BUILT)} order by 1
    """)
    of_each = (
        f"""select '{table}', count(*)::text,
            coalesce(md5(string_agg(t::text, chr(10) order by t::text collate "C")), '')
        from {table} as t where municipality_no in {NUMBERS}"""
        for (table,) in tables
    )
    return ask(" union all ".join(of_each) + " order by 1")


def test_a_night_in_containers_of_which_one_is_killed_is_in_the_end_to_the_row_that_of_one_run(
    containers: Containers, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch builds in a PostgreSQL of its own container, and publishes into the one server."""
    secrets = containers.folder / "secrets"
    for place, number in enumerate(NUMBERS, 1):
        applied = [{"soknad_id": f"S{n}"} for n in range(1, place + 1)]
        write_delivery(tmp_path, number, date(2011, 1, 1), {"application": applied, "waitlist_entry": applied})
        shutil.copytree(tmp_path / number, containers.folder / "landing" / number)
    monkeypatch.setenv("PGTZ", "UTC")
    monkeypatch.setenv("BOLIG_PSEUDONYM_KEY", (secrets / "BOLIG_PSEUDONYM_KEY").read_text("ascii").strip())
    one_run = install()
    one_run.night(tmp_path)

    script = PROJECT_DIR / "containers" / "make_run_settings.sh"
    told = containers.folder / "run-settings"
    subprocess.run([script, secrets, told], env=os.environ | {"BOLIG_WORKERS": str(WORKERS)}, check=True)
    for path in (told, *told.iterdir()):
        os.chown(path, 10001, 10001)
    containers.compose("up", "--detach", "--wait", files=RUNS)
    volumes = docker("volume", "ls", "--quiet")

    tick = containers.ask_dagster(
        """
        mutation Deal($schedule: ScheduleSelector!, $now: Float) {
            scheduleDryRun(selectorData: $schedule, timestamp: $now) {
                ... on DryRunInstigationTick {
                    evaluationResult { runRequests { tags { key value } } error { message } skipReason }
                }
                ... on PythonError { message }
            }
        }
        """,
        schedule=containers.place() | {"scheduleName": "nightly_schedule"},
        now=time.time(),
    )["scheduleDryRun"]["evaluationResult"]
    runs = containers.launch(*(request["tags"] for request in tick["runRequests"]))
    assert len(runs) == len(NUMBERS)

    def at_work() -> int:
        return len(docker("ps", "--quiet", "--filter", "label=dagster/job_name=nightly"))

    at_once, until = 0, time.monotonic() + 1200
    while not (building := [run for run in runs if containers.is_building(run)]):
        at_once = max(at_once, at_work())
        assert time.monotonic() < until, "no run builds"
        time.sleep(0.5)
    (killed,) = docker("ps", "--quiet", "--filter", f"label=dagster/run_id={building[0]}")
    docker("kill", killed)
    for_nights = "select finished_at is not null, outcome, message from operations.night where part_of is null"
    while (night := containers.ask(f"{for_nights} order by night_id desc limit 1").split("|"))[0] != "t":
        at_once = max(at_once, at_work())
        assert time.monotonic() < until, "the night does not end"
        time.sleep(2)
    # of a run that has ended the container may still be there when the next one begins
    assert at_once >= WORKERS
    assert night[1:] and night[2].startswith("Published 5 of 6 municipalities in 6 batches."), night
    spaces = f"select nspname from pg_namespace where nspname ~ '{warehouse.OTHER_SPACES}'"
    assert containers.ask(spaces) == "", "built in the warehouse"
    ended = {run: containers.wait_for_end(run) for run in runs}
    assert [run for run, status in ended.items() if status != "SUCCESS"] == building[:1], ended

    # the next night, which one run can do
    (run_id,) = containers.launch([])
    assert containers.wait_for_end(run_id) == "SUCCESS"
    found = fingerprints(lambda query: [line.split("|") for line in containers.ask(query).splitlines()])
    with warehouse.connect(one_run.settings) as connection:
        expected = fingerprints(lambda query: [list(row) for row in connection.execute(query.encode())])
    assert found == expected
    assert sum(int(count) for _, count, _ in found) > 1000
    # a container's home goes with it, its server and the rows in it too, though it was killed
    until = time.monotonic() + 60
    while docker("ps", "--all", "--quiet", "--filter", "label=dagster/run_id"):
        assert time.monotonic() < until, "a run's container stays"
        time.sleep(1)
    assert docker("volume", "ls", "--quiet") == volumes
