"""The bench's frame: what is shown and what is written are the same, and the parts are found where they lie."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as command
from bench import measuring, table
from bench.table import Row

ROWS = [
    Row("door", "a file", 3.0, "s", 5, "\\copy", 1.5, 2.0, 1.9, 2.1, "at most 2.0 ×", True),
    Row("night", "start-up", 12_345.6, "ms", goal="under a third", met=False),
]


def test_table_and_json_say_the_same(tmp_path: Path) -> None:
    table.write(tmp_path / "deep" / "bench.json", ROWS, {"commit": "abc"})
    written = json.loads((tmp_path / "deep" / "bench.json").read_text("utf-8"))
    assert written["commit"] == "abc"
    assert [Row(**row) for row in written["rows"]] == ROWS

    console = Console(record=True, width=200)
    console.print(table.table(ROWS))
    shown = console.export_text()
    for row in ROWS:
        assert all(cell in shown for cell in table.cells(row))
    assert len(table.cells(ROWS[0])) == len(table.HEADINGS)
    assert table.cells(ROWS[1])[2] == "12,346 ms"


@pytest.mark.parametrize("part", command.parts())
def test_parts_measure_into_rows(part: str) -> None:
    """Every part has the one signature, so that the command can run any of them."""
    signature = inspect.signature(command.measurements(part), eval_str=True)
    assert [p.annotation for p in signature.parameters.values()] == [int, Path]
    assert signature.return_annotation == Iterator[Row]


def test_the_frame_is_no_part() -> None:
    assert not {"table", "measuring", "__main__", "__init__"} & set(command.parts())


def test_sides_are_timed_in_turn() -> None:
    happened: list[str] = []
    first = measuring.Side("first", lambda: happened.append("first"), before=lambda: happened.append("before"))
    second = measuring.Side("second", lambda: happened.append("second"))
    seconds = measuring.in_turn(2, first, second)
    assert happened == ["before", "first", "second"] * 2
    assert [len(taken) for taken in seconds] == [2, 2]
    assert measuring.ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]


def test_memory_of_what_is_started_counts() -> None:
    with measuring.peak_memory() as peak:
        held = bytearray(64 << 20)
    assert len(held) <= peak.total
    assert sum(peak.by_program.values()) >= peak.total
