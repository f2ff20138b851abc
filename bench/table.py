"""A measurement as a row, the rows as a table, and the rows with what they were measured on as JSON.

Belongs here: what a row says and how it is shown. Does not belong here: measuring (measuring.py, the parts).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measurement: a median of `runs`, and the ratio to the other side, measured in turn with it."""

    part: str
    what: str
    value: float
    unit: str
    runs: int = 1
    against: str = ""
    """What the other side is; empty where there is none."""
    other: float | None = None
    """The other side's value, in the same unit."""
    ratio: float | None = None
    """Median of the runs' ratios: of each run's two sides, for a noisy machine is noisy for both."""
    lowest: float | None = None
    """The lowest of the runs: of their ratios where there is another side, else of their values."""
    highest: float | None = None
    goal: str = ""
    """What is asked for, in words."""
    met: bool | None = None
    """Whether the goal is met; None where there is none."""


HEADINGS = ("part", "what", "value", "against", "its value", "ratio", "spread", "runs", "goal", "met")


def cells(row: Row) -> tuple[str, ...]:
    """A row as the table shows it, in the order of HEADINGS."""
    spread = "" if row.lowest is None or row.highest is None else f"{_number(row.lowest)}–{_number(row.highest)}"
    return (
        row.part,
        row.what,
        f"{_number(row.value)} {row.unit}".strip(),
        row.against,
        "" if row.other is None else f"{_number(row.other)} {row.unit}".strip(),
        "" if row.ratio is None else f"{_number(row.ratio)} ×",
        spread,
        str(row.runs),
        row.goal,
        {None: "", True: "yes", False: "no"}[row.met],
    )


def _number(value: float) -> str:
    """Three digits that count, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows: Iterable[Row]) -> Table:
    """The rows as a table for a terminal."""
    shown = Table(*HEADINGS, show_lines=False)
    for row in rows:
        shown.add_row(*cells(row), style="red" if row.met is False else None)
    return shown


def write(path: Path, rows: Sequence[Row], circumstances: dict[str, Any]) -> None:
    """Write the rows, and what they were measured on, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = circumstances | {"rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
