"""The operations page: every command in it is run, from top to bottom, in one installation."""

import os
import re
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.warehouse import embedded
from tests.deliveries import person, write_delivery
from tests.parsed import Parsed
from tests.pipeline.test_readme import SERVERS

PAGE = (PROJECT_DIR / "docs" / "operations.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


@pytest.fixture(scope="module")
def said(
    tmp_path_factory: pytest.TempPathFactory, parsed: Parsed
) -> list[tuple[str, subprocess.CompletedProcess[str]]]:
    """What each command said; the page's /srv is a folder of the test's own, and its input two numbers."""
    srv = tmp_path_factory.mktemp("srv")
    parsed.bring_to(srv / "bolig")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOLIG_")}
    write_delivery(srv / "extracts", "0220", date(2011, 1, 1), {"application": [{}, {}], "waitlist_entry": [{}]})
    results = []
    # the servers are the README's too, and tried with it
    for command in (command.replace("/srv/", f"{srv}/") for command in COMMANDS if command not in SERVERS):
        if command.startswith("export "):
            environment |= dict(word.split("=", 1) for word in shlex.split(command)[1:])
            continue
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=PROJECT_DIR,
            env=environment,
            input=f"{person(1)}\n{person(9)}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        results.append((command, done))
    embedded.stop(Settings(BOLIG_HOME=srv / "bolig"))  # type: ignore[call-arg]
    return results


def test_every_command_of_the_page_does_what_it_says(said) -> None:
    failed = [f"{command}: {done.stderr[-1000:]}{done.stdout[-1000:]}" for command, done in said if done.returncode]
    assert not failed
    assert len(said) > 20


def test_no_command_repeats_a_number_that_it_was_given(said) -> None:
    for command, done in said:
        assert person(1) not in done.stdout + done.stderr, command


def test_what_a_person_asks_for_is_done(said) -> None:
    outcome = {command: done.stdout for command, done in said}
    (shown,) = [text for command, text in outcome.items() if "person show" in command]
    assert '"soknad_id": "S1"' in shown
    (corrected,) = [text for command, text in outcome.items() if "person correct" in command]
    assert "Given to the right person" in corrected
    (erased,) = [text for command, text in outcome.items() if "person erase" in command]
    assert "still delivers" in erased or "still deliver" in erased


def test_every_setting_and_command_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"\b(?:BOLIG_[A-Z_]*[A-Z]|DATABASE_URL)\b", PAGE))
    compose = "".join(path.read_text("utf-8") for path in PROJECT_DIR.glob("docker-compose*.yml"))
    settings = {field.validation_alias for field in Settings.model_fields.values()}
    assert named <= settings | set(re.findall(r"\$\{(BOLIG_[A-Z_]+)", compose)) | {"BOLIG_KEEP"}
    from dagster_project.cli import main

    commands = {words.split()[0] for words in re.findall(r"`(?:\.venv/bin/)?bolig ([a-z-]+[^`]*)`", PAGE)}
    assert commands <= set(main.commands)


def test_the_page_is_found() -> None:
    assert "docs/operations.md" in (PROJECT_DIR / "README.md").read_text("utf-8")
    for named in re.findall(r"`((?:tests|docs|expectations|dbt)/[\w./]+)`", PAGE):
        assert (PROJECT_DIR / named).exists(), named
    assert Path(PROJECT_DIR / "docs" / "operations.md").exists()
