"""Every command of the README is run, or is what CI runs."""

import re
import shlex
import subprocess
from datetime import date
from itertools import groupby
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_DIR, Settings
from tests.deliveries import write_delivery

# .ci/run runs these two; a test cannot run the tests
RUN_BY_CI = {"make demo", "make test"}
# these serve until they are stopped: that their definitions load is what is tested
SERVERS = (".venv/bin/bolig dagster daemon", ".venv/bin/bolig dagster web")
LOAD_DEFINITIONS = 'eval "$(.venv/bin/bolig env)"; .venv/bin/dagster definitions validate -m dagster_project.defs'
# tests/bi runs these: it prepares a Superset by command, serves it, and starts everything at once
RUN_WITH_SUPERSET = {"make up", ".venv/bin/bolig superset prepare", ".venv/bin/bolig superset serve"}


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (PROJECT_DIR / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def runnable(commands: list[str]) -> list[str]:
    """What is run of these, in their order: for the servers what they load, once where they stand together."""
    run = (LOAD_DEFINITIONS if command in SERVERS else command for command in commands)
    return [command for command, _ in groupby(run)]


def test_ci_runs_the_two_commands() -> None:
    assert set(commands()) >= RUN_BY_CI
    assert set((PROJECT_DIR / ".ci" / "run").read_text().splitlines()) >= RUN_BY_CI


@pytest.mark.parametrize(
    "command", [c for c in dict.fromkeys(runnable(commands())) if c not in RUN_BY_CI | RUN_WITH_SUPERSET]
)
def test_a_command_of_the_readme_does_what_it_says(
    command: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command.startswith("export "):
        # where a municipality has its folders is its own; that the names are settings is not
        names = [word.partition("=")[0] for word in shlex.split(command)[1:]]
        assert set(names) <= {field.validation_alias for field in Settings.model_fields.values()}
        return
    settings.mark_as_demonstration()
    write_delivery(tmp_path, "0220", date(2011, 1, 1))
    monkeypatch.setenv("BOLIG_LANDING", str(tmp_path))
    result = subprocess.run(["/bin/bash", "-c", command], cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
