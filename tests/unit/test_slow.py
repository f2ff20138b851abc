"""Which tests `make check` leaves out, and that those that it should leave out are named."""

import re
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from dagster_project.settings import PROJECT_DIR
from tests.conftest import SLOW, pytest_terminal_summary


def told(markers: str, *seconds: float) -> list[str]:
    """What a run of this selection says at its end of tests that took so many seconds of a processor."""
    lines: list[str] = []
    ran = [SimpleNamespace(nodeid=f"{each:g}", user_properties=[("processor", each)]) for each in seconds]
    terminal: Any = SimpleNamespace(getreports=lambda _: ran, write_line=lambda line, **_: lines.append(line))
    config: Any = SimpleNamespace(option=SimpleNamespace(markexpr=markers))
    pytest_terminal_summary(terminal, config)
    return lines


def test_where_the_slow_are_left_out_whoever_is_slow_and_unmarked_is_named() -> None:
    assert [line.rpartition(": ")[2] for line in told("not slow and not thorough", SLOW / 2, SLOW * 3)] == ["3"]
    assert told("not thorough", SLOW * 3) == [], "there the slow are meant to run"


def test_every_run_reckons_what_a_test_takes_of_a_processor(request: pytest.FixtureRequest) -> None:
    wrappers = [each for each in request.config.hook.pytest_runtest_call.get_hookimpls() if each.wrapper]
    assert any(each.plugin_name.endswith("tests/conftest.py") for each in wrappers)


def test_make_check_leaves_out_what_is_marked_slow_and_make_test_does_not() -> None:
    made = (PROJECT_DIR / "Makefile").read_text("utf-8")
    recipes = dict(re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", made, re.MULTILINE))
    options = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert "not slow" in recipes["check"]
    assert "slow" not in recipes["test"] + options["addopts"]
