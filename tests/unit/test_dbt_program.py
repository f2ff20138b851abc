"""bolig-dbt: what is loaded early does the work of the one that is started later, and ends with it."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from dagster_project.night import dbt_program
from dagster_project.night.dbt import DBT, DBT_DIR


def run(folder: Path, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | variables | {"DBT_LOG_PATH": str(folder), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return subprocess.run([DBT, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.05)


def loaded() -> psutil.Process:
    """The one that waits, a child of this process."""
    (found,) = [child for child in psutil.Process().children() if "--load" in child.cmdline()]
    return found


@pytest.mark.slow
def test_the_one_that_is_loaded_does_the_work_once_and_says_how_it_ended(tmp_path: Path) -> None:
    with dbt_program.loading(DBT) as variables:
        until(lambda: Path(variables[dbt_program.LOADED]).exists())
        waiting = loaded()
        # a command that fails, in this folder, which is no project
        failed = run(tmp_path, variables, "parse")
        assert failed.returncode == 2, failed.stdout
        assert "dbt_project.yml" in failed.stdout and str(tmp_path) in failed.stdout
        waiting.wait(30)
        # who comes later does it alone
        again = run(tmp_path, variables, "--version")
        assert again.returncode == 0 and "Core" in again.stdout
    assert not Path(variables[dbt_program.LOADED]).exists()


@pytest.mark.slow
def test_the_one_that_is_loaded_ends_with_whom_it_works_for(tmp_path: Path) -> None:
    with dbt_program.loading(DBT) as variables:
        path = variables[dbt_program.LOADED]
        until(lambda: Path(path).exists())
        waiting = loaded()
        environment = os.environ | variables | {"DBT_PROFILES_DIR": str(DBT_DIR), "DBT_TARGET_PATH": str(tmp_path)}
        environment |= {"DBT_LOG_PATH": str(tmp_path)}
        # to parse the project takes seconds
        with subprocess.Popen([DBT, "--quiet", "parse", "--project-dir", DBT_DIR], env=environment) as started:
            until(lambda: (tmp_path / "dbt.log").exists())
            started.kill()
        waiting.wait(30)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.slow
def test_the_one_that_is_loaded_ends_with_the_run() -> None:
    with dbt_program.loading(DBT):
        waiting = loaded()
    assert not waiting.is_running()


@pytest.mark.slow
def test_what_is_for_dbts_makers_is_said_where_a_log_takes_it(tmp_path: Path) -> None:
    for level, is_kept in (("debug", True), ("info", False)):
        folder = tmp_path / level
        folder.mkdir()
        # of no project: it fails, and has told how it was called
        told = run(folder, {"DBT_LOG_LEVEL_FILE": level}, "parse")
        kept = (folder / "dbt.log").read_text("utf-8")
        assert ("running dbt with arguments" in kept) is is_kept
        assert "dbt_project.yml" in kept and "dbt_project.yml" in told.stdout
        assert "running dbt with arguments" not in told.stdout


@pytest.mark.slow
def test_nobody_who_reads_late_keeps_it_waiting() -> None:
    with subprocess.Popen([DBT, "--version"], stdout=subprocess.PIPE) as started:
        assert started.wait(60) == 0
        assert started.stdout and fcntl.fcntl(started.stdout, fcntl.F_GETPIPE_SZ) == dbt_program.PIPE_BYTES
        assert b"Core" in started.stdout.read()


WRITE_TWICE = """
from pathlib import Path
from dbt.contracts.graph import nodes
from dagster_project.night import dbt_program
dbt_program.leave_what_is_in_vain()
Path("compiled").mkdir()
Path("compiled/model.sql").write_bytes(b"what a broken disk left: \\xff")
for contents in ("select 'Bærum'", "select 'Bærum'", "select 1"):
    assert nodes.write_file("compiled/model.sql", contents)
    print(Path("compiled/model.sql").read_text("utf-8"), Path("compiled/model.sql").stat().st_mtime_ns)
"""


@pytest.mark.slow
def test_a_file_that_is_as_it_was_is_not_written_again(tmp_path: Path) -> None:
    wrote = subprocess.run(
        [sys.executable, "-c", WRITE_TWICE], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True
    )
    first, second, third = wrote.stdout.splitlines()
    assert first == second and first.startswith("select 'Bærum' ")
    assert third.startswith("select 1 ")
