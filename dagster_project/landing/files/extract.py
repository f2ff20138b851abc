"""An extract as it was read, of whatever file, and what is told of a file that cannot be.

Belongs here: what all kinds of files share: the frame, the header, the sentence for the source's owner.
Does not belong here: a kind of file (csv.py, workbook.py, jsonstat.py), and the rules (rules.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dagster_project.landing.files.opening import Unreadable as _Unreadable
from dagster_project.landing.people import looks_personal
from dagster_project.vocabulary.contracts import Source, Table

# names that somebody else chose, in a message
MOST_TOLD = 20

LINE, FILE, FIELDS = "_line", "_file", "_fields"


@dataclass(frozen=True)
class Fault:
    """A reason to refuse a delivery, in words that its owner understands. Never holds a P or R value."""

    file: str
    column: str | None
    found: str
    message: str


@dataclass
class Extract:
    """One table as it was delivered, as text: trimmed, empty is null, nothing judged yet.

    `frame` has the contract's columns, `_line` (the line of the file, or row of the sheet, where the row begins),
    `_file` (the file's place in `files`) and `_fields` (null where the row has the header's number of fields; else how
    many it has, or 0 where a quotation mark stands astray).
    """

    table: Table
    files: list[str]
    frame: pl.DataFrame
    ignored: list[list[str]]
    """By file: columns that no contract names."""
    odd: dict[str, list[int]] = field(default_factory=dict)
    """By column: rows (from 0) whose cell in a workbook is of a kind that the column cannot hold."""
    rows: list[int] = field(default_factory=list)
    """By file: rows delivered, counted in the file and not in the frame."""
    may_hold_nul: bool = True
    missing: frozenset[str] = frozenset()
    """Columns that the file does not have, and may do without."""


def second_file(source: Source, table: Table, files: Sequence[str]) -> Fault:
    names = " and ".join(files)
    return Fault(
        f"{source.name}/{table.name}",
        None,
        names,
        f"There is more than one file for {source.name}/{table.name}: {names}. Remove all but one. " + ask(source),
    )


def ask(source: Source) -> str:
    """What the owner of a source is asked to do about a fault."""
    return (
        f"Ask the owner of the {source.name} extract ({source.owner}) to deliver it again; "
        "nothing was loaded and the published figures stay as they were."
    )


def safe_name(name: str) -> str:
    """A name that somebody else chose, fit for a message: no personal number, no line breaks, not too long."""
    shown = "".join(c if c.isprintable() else "�" for c in name)[:60]
    return "(hidden: it looks like a personal number)" if looks_personal(name) else shown


def file_name(source: Source, path: Path) -> str:
    """A file as it is named in messages and books; statistics are called as their sender likes."""
    return f"{source.name}/{safe_name(path.name)}"


def faults_of(source: Source, file: str, group: "BaseExceptionGroup[_Unreadable]") -> list[Fault]:
    """What is told of a file for everything that is the matter with it, each once."""
    found = [fault for fault in group.exceptions if isinstance(fault, _Unreadable)]
    return list(
        dict.fromkeys(
            Fault(file, fault.column, fault.found, f"{file} {fault.message} {ask(source)}") for fault in found
        )
    )


# ---------------------------------------------------------------------------------------------- headers


def header(table: Table, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each of the table's columns stands, and what no contract names. Raises a group of _Unreadable.

    A column that may be missing has no place where it is not there.
    """
    given = [name.strip().lower() for name in names]
    wanted = [column.name for column in table.columns]
    faults = []
    for name in wanted:
        if given.count(name) > 1:
            faults.append(
                _Unreadable(f"{given.count(name)} times", f"has the column {name} {given.count(name)} times.", name)
            )
        elif name not in given and not _may_do_without(table, name, given):
            # where none is known the first line may be a row of people: then nothing of it is quoted
            is_header = any(name in wanted for name in given)
            listed = ", ".join(safe_name(name) for name in names if name.strip())
            faults.append(
                _Unreadable(
                    f"columns: {listed if is_header else 'no column of this table'}",
                    f"has no column {name}. The first line must name the columns.",
                    name,
                )
            )
    if faults:
        raise ExceptionGroup("header", faults)
    ignored = [safe_name(name.strip()) for name in names if name.strip() and name.strip().lower() not in wanted]
    return {name: given.index(name) for name in wanted if name in given}, ignored


def _may_do_without(table: Table, name: str, given: Sequence[str]) -> bool:
    column = table.column(name)
    return column.may_be_missing and (column.comes_with is None or column.comes_with not in given)


def utf8(data: bytes) -> bytes:
    """The text in UTF-8 without a byte-order mark. Raises _Unreadable where no accepted encoding fits."""
    if data.isascii():
        return data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unreadable("UTF-16", "is in UTF-16; it must be in UTF-8 or Windows-1252.")
    marked = data.startswith(b"\xef\xbb\xbf")
    data = data[3:] if marked else data
    try:
        data.decode()
        return data
    except UnicodeDecodeError:
        pass
    try:
        if not marked:
            return data.decode("cp1252").encode()
    except UnicodeDecodeError:
        pass
    raise _Unreadable("bytes that fit neither", "is neither in UTF-8 nor in Windows-1252.")


def trimmed(frame: pl.DataFrame) -> pl.DataFrame:
    """Without blanks (no-break spaces too) at either end; what is empty then is null."""
    return frame.select(pl.all().str.strip_chars()).select(pl.when(pl.all() != "").then(pl.all()))


def extract_of(
    table: Table, file: str, frame: pl.DataFrame, ignored: list[str], lines: pl.Series, fields: pl.Series | None = None
) -> Extract:
    missing = [column.name for column in table.columns if column.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing).select(
        *(column.name for column in table.columns),
        lines.alias(LINE),
        pl.lit(0, pl.UInt16).alias(FILE),
        pl.lit(None, pl.UInt32).alias(FIELDS) if fields is None else fields.alias(FIELDS),
    )
    return Extract(table, [file], frame, [ignored], rows=[frame.height], missing=frozenset(missing))
