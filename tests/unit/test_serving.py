"""Before anything is made or started: whether the servers can listen where they are to, and what is waited for."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.serving import supervision
from superset_assets import rest


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        ("up", "BOLIG_SUPERSET_PORT"),
        ("up", "BOLIG_DAGSTER_PORT"),
        ("up --check", "BOLIG_DAGSTER_PORT"),
        ("superset prepare", "BOLIG_SUPERSET_PORT"),
        ("superset prepare --check", "BOLIG_SUPERSET_PORT"),
        ("superset serve", "BOLIG_SUPERSET_PORT"),
        ("dagster web", "BOLIG_DAGSTER_PORT"),
        ("dagster code", "BOLIG_DAGSTER_CODE"),
    ],
)
def test_a_port_in_use_is_named_by_its_setting_before_anything_is_made(
    command: str, setting: str, taken: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    # any free port but for the one in question
    free = {"BOLIG_SUPERSET_PORT": "18088", "BOLIG_DAGSTER_PORT": "13000", "BOLIG_DAGSTER_CODE": "localhost:14000"}
    given = free | {setting: f"localhost:{taken}" if setting == "BOLIG_DAGSTER_CODE" else taken}
    result = CliRunner().invoke(main, command.split(), env={"BOLIG_HOME": str(home), **given})
    assert result.exit_code == 1, result.output
    assert f"127.0.0.1:{taken}: the port is in use by another program" in result.output
    assert f"Set {setting} to a free port" in result.output
    assert not home.exists()


def test_two_servers_of_one_port_are_told_so(tmp_path: Path) -> None:
    given = {"BOLIG_HOME": str(tmp_path / "home"), "BOLIG_SUPERSET_PORT": "18088", "BOLIG_DAGSTER_PORT": "18088"}
    result = CliRunner().invoke(main, ["up"], env=given)
    assert result.exit_code == 1
    assert "BOLIG_SUPERSET_PORT and BOLIG_DAGSTER_PORT are both 18088" in result.output


def waited_for(program: str, log: Path, until: float) -> None:
    """Wait for a program that never answers, until so many seconds have passed."""
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=file, stderr=file)
    try:
        progress = supervision._Progress(process, log)
        end = time.monotonic() + until
        while time.monotonic() < end:
            progress.require()
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()


# the system counts a processor's time in hundredths of a second
WORKS = "while True: sum(range(10_000))"
WRITES = "import time\nwhile True: print('x', flush=True); time.sleep(0.1)"
ENDS = "print('the last word'); raise SystemExit(3)"
STANDS_STILL = "print('so far', flush=True); import time; time.sleep(600)"


@pytest.mark.slow
def test_what_works_or_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "STANDSTILL", 2)
    for program in (WORKS, WRITES):
        waited_for(program, tmp_path / "log", until=4)


@pytest.mark.parametrize(
    ("program", "said"),
    [(ENDS, "ended with 3 before it answered.\nthe last word"), (STANDS_STILL, "has done nothing for 1 seconds")],
)
def test_what_has_ended_or_stands_still_is_told_with_its_last_words(
    program: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "STANDSTILL", 1)
    with pytest.raises(rest.SupersetUnavailable, match=said):
        waited_for(program, tmp_path / "log", until=60)
