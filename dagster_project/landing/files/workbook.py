"""Workbooks: each is read by a process of its own, with limits of memory and time, which may fall over it.

Belongs here: starting that process, and what its answer or its end means. Does not belong here: what stands in a
workbook's file (sheets.py), and what must stand in it (delivery.py).
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dagster_project.landing.files.opening import Unreadable
from dagster_project.landing.files.sheets import FIELD, ROW
from dagster_project.settings import Settings

# the memory of one of them is what a night has to spare
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Sheet:
    """A sheet as text: the cells of its first row, and of the columns that were asked for what stands below it."""

    header: list[str]
    cells: pl.DataFrame
    """By the columns' places in the header, as names."""
    lines: pl.Series
    odd: dict[int, list[int]]
    """By the column's place: rows (from 0) whose cell is of a kind that the column cannot hold."""


@dataclass(frozen=True)
class Book:
    """The names of a workbook's sheets, and those that were asked for; None where it does not have one."""

    names: list[str]
    sheets: list[Sheet | None]


def read(data: bytes, wanted: Sequence[tuple[str | None, Mapping[str, str]]], settings: Settings) -> Book:
    """Read sheets (by their names in small letters; None: the first), of each the columns that are named, by type.

    Raises Unreadable, whatever is in the file.
    """
    if not data:
        raise Unreadable("no bytes", "is empty.")
    request = {
        "memory": settings.workbook_mb * 1_000_000,
        "seconds": settings.workbook_seconds,
        "max_bytes": settings.max_file_mb * 1_000_000,
        "max_rows": settings.max_sheet_rows,
        "max_columns": settings.max_columns,
        "sheets": wanted,
    }
    # isolated: it imports what the installation has, whatever the environment says
    command = [sys.executable, "-I", "-m", "dagster_project.landing.files.sheets"]
    with _one_at_a_time:
        try:
            answer = subprocess.run(
                command,
                input=json.dumps(request).encode() + b"\n" + data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a panic's words, which may quote the sheet
                # it is the processor's seconds that are limited; on a busy machine they take longer
                timeout=10 * settings.workbook_seconds,
                check=False,
            ).stdout
        except subprocess.TimeoutExpired:
            answer = b""
    head, _, body = answer.partition(b"\n")
    if not head:
        raise Unreadable(
            "over its limits",
            f"cannot be read within {settings.workbook_mb:,} MB of memory and {settings.workbook_seconds} seconds"
            " (BOLIG_WORKBOOK_MB, BOLIG_WORKBOOK_SECONDS). Copy the tables into a new workbook, or deliver CSV files.",
        )
    told = json.loads(head)
    if "found" in told:
        raise Unreadable(told["found"], told["message"])
    sheets: list[Sheet | None] = []
    begin = 0
    for sheet in told["sheets"]:
        sheets.append(sheet and _sheet(sheet, body[begin : begin + sheet["length"]]))
        begin += sheet["length"] if sheet else 0
    return Book(told["names"], sheets)


def _sheet(told: Mapping[str, Any], body: bytes) -> Sheet:
    schema: dict[str, Any] = {"line": pl.UInt32} | {str(place): pl.String for place in told["places"]}
    cells = pl.read_csv(
        body,
        separator=FIELD,
        eol_char=ROW,
        quote_char=None,
        has_header=False,
        schema=schema,
        raise_if_empty=False,
    )
    assert cells.height == told["rows"]
    odd = {int(place): rows for place, rows in told["odd"].items()}
    return Sheet(told["header"] or [], cells.drop("line"), cells["line"], odd)
