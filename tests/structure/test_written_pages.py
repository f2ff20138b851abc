"""The pages that people read of the project: their tables are what the code says, and what they name is there."""

import re
import subprocess
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import catalogue, contracts
from docs import tables


def tracked(*patterns: str) -> list[Path]:
    command = ["/usr/bin/env", "git", "ls-files", "-z", "--", *patterns]
    names = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0") if name and (path := PROJECT_DIR / name).is_file()]


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_what_the_code_says_now(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == tables.written(text), "make pages writes them anew"


def test_every_table_stands_on_one_page() -> None:
    named = [found["name"] for page in tables.PAGES for found in tables.TABLE.finditer(page.read_text("utf-8"))]
    assert sorted(named) == sorted(tables.tables())


def test_the_definitions_have_every_metric_and_no_other() -> None:
    made = "".join(table for name, table in tables.tables().items() if name.startswith("metrics/"))
    assert sorted(re.findall(r"^\| `(\w+)` \|", made, re.M)) == sorted(catalogue.metrics())


def test_the_contracts_page_has_every_column_and_no_other() -> None:
    made = "".join(table for name, table in tables.tables().items() if name.startswith("source/"))
    rows = re.findall(r"^\| (?:\*\*(\w+)\*\*)? \| (?:`(\w+)`)?", made, re.M)
    found, table = [], ""
    for head, column in rows:
        table = head or table
        found += [(table, column)] if column else []
    assert found == [
        (table.name, column.name)
        for source in contracts.sources()
        for table in source.tables
        for column in table.columns
    ]


def test_a_page_that_is_named_anywhere_is_there() -> None:
    """In links of pages, and in what docstrings, comments and messages call a page (docs/definitions.md)."""
    missing = []
    for path in tracked(":!uv.lock", ":!*.png", ":!*.ttf"):
        text = path.read_text("utf-8")
        named = {PROJECT_DIR / name for name in re.findall(r"(?<![\w/.-])((?:docs|shared)/[\w./-]*\.md)", text)}
        if path.suffix == ".md":
            links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
            named = {path.parent / link for link in links} | {name for name in named if path.parent == PROJECT_DIR}
        missing += [f"{path.relative_to(PROJECT_DIR)} names {page}" for page in named if not page.exists()]
    assert missing == []
