"""Everything starts by one command, says where it is, and stops at Ctrl-C."""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx

from dagster_project.serving import ports
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded
from superset_assets import installation
from tests.conftest import BOLIG, Install


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def until(seconds: float, condition) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.5)


def test_everything_starts_and_stops_with_one_command(install: Install, tmp_path: Path) -> None:
    home = install().settings.home
    superset, dagster = ports.any_free(), ports.any_free()
    environment = os.environ | {
        "BOLIG_HOME": str(home),
        "BOLIG_SUPERSET_PORT": str(superset),
        "BOLIG_DAGSTER_PORT": str(dagster),
    }
    settings = Settings(BOLIG_HOME=home, BOLIG_SUPERSET_PORT=superset)  # type: ignore[call-arg]
    refused = subprocess.run([BOLIG, "up"], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "bolig superset prepare" in refused.stderr

    prepared = subprocess.run(
        [BOLIG, "superset", "prepare"], env=environment, capture_output=True, text=True, check=False
    )
    assert prepared.returncode == 0, prepared.stderr
    again = subprocess.run([BOLIG, "superset", "prepare"], env=environment, capture_output=True, text=True, check=False)
    assert "prepared already" in again.stdout

    told = tmp_path / "told"
    with told.open("w") as file:
        process = subprocess.Popen([BOLIG, "up"], env=environment, stdout=file, stderr=subprocess.STDOUT)
        try:
            until(180, lambda: f"Dashboards: http://127.0.0.1:{superset}" in told.read_text())
            until(120, lambda: answers(f"http://127.0.0.1:{dagster}/server_info"))
            until(120, lambda: answers(f"http://127.0.0.1:{superset}/health"))
            assert "forvalter" in told.read_text()
            server, _ = embedded.running(home / "postgresql")
            server.kill()
            until(60, lambda: "PostgreSQL has ended; it is started again." in told.read_text())
            until(60, lambda: embedded.is_running(settings))
            until(60, lambda: answers(f"http://127.0.0.1:{superset}/health"))
            assert installation.password(settings, "forvalter") not in told.read_text()
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=60)
    assert status == 0, told.read_text()[-3000:]
    assert not answers(f"http://127.0.0.1:{superset}/health")
    assert not answers(f"http://127.0.0.1:{dagster}/server_info")
    assert not (home / "postgresql" / "postmaster.pid").exists()
