"""The rooms as docs/architecture.md has them: the code has no others, none looks down, and the walks are true."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_DIR
from dagster_project.warehouse.tables import RECORDS
from tests import conftest

PAGE = (PROJECT_DIR / "docs" / "architecture.md").read_text("utf-8")
PACKAGES = ("dagster_project", "expectations", "superset_assets")
GROUND = ("dagster_project", "dagster_project.settings", "dagster_project.logs")
# in Superset's own environment
ELSEWHERE = PROJECT_DIR / "superset_assets" / "server"

ROOMS = [name.replace("/", ".") for name in re.findall(r"^\| `([\w/]+)` \|", PAGE, re.M)]
WALKED = sorted(set(re.findall(r"`((?:\w+\.)+\w+)`", PAGE.partition("## The walk of one row")[2])))


def room_of(module: str) -> str | None:
    """The room that a module is in; None for the ground."""
    return next((room for room in ROOMS if f"{module}.".startswith(f"{room}.")), None)


def files() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((PROJECT_DIR / package).rglob("*.py")):
            if ELSEWHERE not in path.parents:
                yield ".".join(path.relative_to(PROJECT_DIR).with_suffix("").parts).removesuffix(".__init__"), path


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, "imports are written whole"
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name


def test_every_module_is_in_a_room_of_the_page_and_every_room_is_there() -> None:
    modules = dict(files())
    assert {module for module in modules if room_of(module) is None} == set(GROUND)
    assert {room_of(module) for module in modules} - {None} == set(ROOMS)


def looks_down(module: str, code: str) -> list[str]:
    """The lines of a module that import from a room below its own."""
    own = room_of(module)
    return [
        f"{module}:{line} {name}"
        for line, name in imported(ast.parse(code))
        if (other := room_of(name)) and (own is None or ROOMS.index(other) > ROOMS.index(own))
    ]


def test_no_room_imports_one_below_it() -> None:
    assert [line for module, path in files() for line in looks_down(module, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("dagster_project.operations.doctor", "from dagster_project.defs import launch"),
        ("dagster_project.night.record", "def f():\n    from dagster_project.report import making"),
        ("dagster_project.settings", "import dagster_project.vocabulary.catalogue"),
        ("superset_assets.derive.written", "from dagster_project.serving.ports import require_free"),
    ],
)
def test_what_looks_down_is_found(module: str, code: str) -> None:
    assert looks_down(module, code)


@pytest.mark.parametrize("package", [*ROOMS, "dagster_project.landing.files"])
def test_every_room_says_what_belongs_there_and_what_does_not(package: str) -> None:
    said = " ".join((importlib.import_module(package).__doc__ or "").split())
    assert "Belongs here:" in said and "Does not belong here:" in said


@pytest.mark.parametrize("name", WALKED)
def test_what_a_walk_names_is_there(name: str) -> None:
    if name.startswith("scorecard."):  # a table
        models = {path.stem for path in (PROJECT_DIR / "dbt" / "models" / "scorecard").rglob("*.sql")}
        assert name.partition(".")[2] in models or name in RECORDS.tables
        return
    module, _, function = name.rpartition(".")
    whole = module if module.split(".")[0] in PACKAGES else f"dagster_project.{module}"
    assert callable(getattr(importlib.import_module(whole), function))


def test_what_deals_the_tests_to_workers_names_files_that_are_there() -> None:
    """A file that was renamed would be dealt to another room, and make another Superset, without a word."""
    assert not [path for path in conftest.ROOMS if not (PROJECT_DIR / path).exists()]
    assert not [
        place for place in conftest.ORDER if place not in conftest.ROOMS.values() and not (PROJECT_DIR / place).exists()
    ]
