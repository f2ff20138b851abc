"""All of it in containers, with a real Docker engine: `make engine`. Left out where no engine was asked for.

An engine whose builds reach no network of their own takes the machine's: BOLIG_BUILD_NETWORK=host.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project.settings import PROJECT_DIR

pytestmark = pytest.mark.skipif(
    not os.environ.get("BOLIG_TEST_ENGINE"), reason="`make engine` runs these: they need a Docker engine"
)

DOCKER = shutil.which("docker") or "docker"
BUILT = ("prepare", "dagster-code", "dagster-webserver", "dagster-daemon", "superset", "proxy")
TLS = ("docker-compose.tls.yml",)


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
        if network := os.environ.get("BOLIG_BUILD_NETWORK"):
            override = self.folder / "network.yml"
            override.write_text(json.dumps({"services": {name: {"build": {"network": network}} for name in BUILT}}))
            named.append(override)
        environment = os.environ | {
            "BOLIG_SECRETS": str(self.folder / "secrets"),
            "BOLIG_LANDING": str(self.folder / "landing"),
            "BOLIG_BACKUP": str(self.folder / "backup"),
            "BOLIG_BACKUP_SECRETS": str(self.folder / "backup-secrets"),
            "BOLIG_SUPERSET_PORT": str(self.superset_port),
            "BOLIG_DAGSTER_PORT": str(self.dagster_port),
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

    def figures(self) -> str:
        """A fingerprint of every published figure."""
        query = "select md5(string_agg(figure::text, '' order by figure::text)) from scorecard.metric_value as figure"
        return self.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", "bolig", "-Atc", query)

    def ask_dagster(self, query: str) -> Any:
        """Ask Dagster's web interface through the proxy, logged in."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.dagster_port}/graphql",
            json={"query": query},
            auth=("forvalter", self.dagster_login),
            timeout=60,
        )
        return answer.raise_for_status().json()["data"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


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
    running = Containers(folder, login, free_port(), free_port())
    try:
        running.compose("build")
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
    places = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
    (place,) = containers.ask_dagster(places)["repositoriesOrError"]["nodes"]
    selector = (
        f'{{repositoryName: "{place["name"]}", repositoryLocationName: "{place["location"]["name"]}",'
        ' jobName: "nightly"}'
    )
    launched = containers.ask_dagster(
        f"mutation {{ launchRun(executionParams: {{selector: {selector}, runConfigData: {{}}}})"
        " { ... on LaunchRunSuccess { run { runId } } } }"
    )
    run_id = launched["launchRun"]["run"]["runId"]
    ended = "until bolig status | grep -q '2011-01-02 accepted' && bolig status | grep -q published; do sleep 2; done"
    containers.compose("exec", "-T", "dagster-code", "timeout", "300", "bash", "-c", ended)
    query = f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}'
    until = time.monotonic() + 120
    while (status := containers.ask_dagster(query)["runOrError"]["status"]) == "STARTED":
        assert time.monotonic() < until, "the night is published, and its run does not end"
        time.sleep(1)
    assert status == "SUCCESS"


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
