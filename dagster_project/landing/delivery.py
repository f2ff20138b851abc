"""A delivery: where it lies, which file is for which table, and what stands in the files, as text.

Belongs here: folders, file formats, encodings, headers, and the faults by which a file cannot be read.
Does not belong here: what a row must hold (rules.py), and the warehouse.
"""

import gzip
import hashlib
import io
import json
import logging
import math
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import prod
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project import BoligError
from dagster_project.landing.contracts import Source, Table, sources
from dagster_project.landing.people import lineage, looks_personal, merged_into, numbers_of

logger = logging.getLogger(__name__)

SUFFIXES = (".csv", ".csv.gz", ".xlsx")
WORKBOOKS = {"governance": "styringsdata.xlsx"}
STATISTICS = {"reference": "kostra"}  # source of JSON-stat files, and the table that they are for

LINE, FILE, FIELDS = "_line", "_file", "_fields"
MOST_COLUMNS = 1_000  # of a CSV file


class NothingDelivered(BoligError):
    """No delivery was found where one was asked for; the message says where it was looked for."""


@dataclass(frozen=True)
class Delivery:
    """One municipality's folder of extracts of one date."""

    municipality_no: str
    extract_date: date
    path: Path

    @property
    def as_of(self) -> date:
        """The day that the delivery closes: the day before its extract date."""
        return self.extract_date - timedelta(days=1)


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


@dataclass
class Reading:
    """What a delivery holds: the extracts by table, the faults that refuse it, and files that nobody asked for."""

    extracts: dict[str, Extract]
    faults: list[Fault]
    ignored_files: list[str]
    sha256: str


class _Unreadable(Exception):
    """Why a file cannot be taken: what was found, what is the matter (after the file's name), and in which column."""

    def __init__(self, found: str, message: str, column: str | None = None) -> None:
        super().__init__()
        self.found, self.message, self.column = found, message, column


# ---------------------------------------------------------------------------------------------- finding


def find(
    landing: Path,
    municipality_no: str | None = None,
    extract_date: date | None = None,
    dealt: Collection[str] = (),
) -> list[Delivery]:
    """The deliveries asked for; by default the newest of every municipality, by municipality number.

    A municipality that was renumbered is one municipality: its newest delivery is that of all its numbers. One that
    was merged into another is left out where the other delivered since. `dealt`: only what is found under these
    numbers; no other municipality's folder is looked into. Raises NothingDelivered.
    """
    families = {number for each in dealt for number in (*numbers_of(each), *merged_into(each))}
    found = [
        Delivery(number, days[-1], landing / number / str(days[-1]))
        for number in _numbers(landing)
        if municipality_no in (None, number) and (not dealt or number in families)
        if (days := [day for day in _days(landing / number) if extract_date in (None, day)])
    ]
    newest: dict[str, Delivery] = {}
    for delivery in sorted(found, key=lambda d: (d.extract_date, d.municipality_no)):
        key = delivery.municipality_no if municipality_no else lineage(delivery.municipality_no)
        newest[key] = delivery
    if not municipality_no:
        last = {delivery.municipality_no: delivery.extract_date for delivery in found}
        newest = {
            key: delivery
            for key, delivery in newest.items()
            if all(last.get(other, date.min) < delivery.extract_date for other in merged_into(delivery.municipality_no))
        }
    if dealt:
        newest = {key: delivery for key, delivery in newest.items() if delivery.municipality_no in dealt}
    if not newest:
        wanted = landing / (municipality_no or "<municipality number>") / (str(extract_date or "<extract date>"))
        raise NothingDelivered(
            f"There is no delivery {wanted}. Put the extracts there, or set BOLIG_LANDING to the folder they are in."
        )
    return sorted(newest.values(), key=lambda d: d.municipality_no)


def every(landing: Path) -> list[Delivery]:
    """Every delivery that lies in the landing folder, by municipality number and date."""
    return [
        Delivery(number, day, landing / number / str(day))
        for number in _numbers(landing)
        for day in _days(landing / number)
    ]


def _numbers(landing: Path) -> list[str]:
    return _folders(landing, lambda name: re.fullmatch(r"\d{4}", name), "a municipality number")


def _days(number: Path) -> list[date]:
    """The extract dates of a municipality's folder, the newest last."""
    names = _folders(number, _is_date, "an extract date (YYYY-MM-DD)")
    return [date.fromisoformat(name) for name in names]


def _is_date(name: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", name)) and date.fromisoformat(name) > date.min
    except ValueError:
        return False


def _folders(parent: Path, fits: Callable[[str], object], what: str) -> list[str]:
    """The names of the folders that lie here, in order; a word for every other thing."""
    if not parent.is_dir():
        return []
    # the listing itself tells what is a folder: to ask of each would take most of the time
    with os.scandir(parent) as entries:
        is_folder = {entry.name: fits(entry.name) and entry.is_dir() for entry in entries}
    for name in sorted(is_folder):
        if not is_folder[name] and not name.startswith("."):
            logger.warning("%s is left out: its name is not %s.", parent / _safe_name(name), what)
    return sorted(name for name in is_folder if is_folder[name])


# ---------------------------------------------------------------------------------------------- reading


def fingerprint(delivery: Delivery) -> str:
    """SHA-256 over the names and bytes of the files that would be read; what cannot be opened counts as empty."""
    inventory = _inventory(delivery)
    return _fingerprint(_contents(inventory))


def read(delivery: Delivery) -> Reading:
    """Read every file of the delivery. Whatever cannot be read is named in `faults`, all of it at once."""
    inventory = _inventory(delivery)
    contents = _contents(inventory)
    faults = list(inventory.faults)
    work = [(source, path, contents[path]) for source in sources() for path in inventory.paths.get(source.name, ())]
    # two at a time: polars leaves the interpreter's lock while it parses
    with ThreadPoolExecutor(2) as pool:
        sha256 = pool.submit(_fingerprint, contents)
        read_files = list(pool.map(lambda item: _read_file(*item), work))
    parts: dict[str, list[Extract]] = {}
    for extracts, file_faults in read_files:
        faults += file_faults
        for extract in extracts:
            parts.setdefault(extract.table.name, []).append(extract)
    extracts_by_table = {}
    for source in sources():
        for table in source.tables:
            if table.name in parts:
                extract = _combined(parts[table.name])
                extracts_by_table[table.name] = extract
                if not table.may_be_empty and not extract.frame.height:
                    faults.append(_empty_table(source, table, extract.files[0]))
    return Reading(extracts_by_table, faults, inventory.ignored, sha256.result())


def lines_with(delivery: Delivery, number: str) -> dict[str, list[int]]:
    """By file the lines on which a personal column holds this number; files that cannot be read are left out."""
    inventory = _inventory(delivery)
    found: dict[str, list[int]] = {}
    for source in sources():
        for path in inventory.paths.get(source.name, ()):
            if not any(column.personal for table in _tables_in(source, path) for column in table.columns):
                continue
            data = path.read_bytes()
            # most files do not hold it, which is told faster than by reading them
            if path.suffix == ".csv" and number.encode() not in data:
                continue
            for extract in _read_file(source, path, data)[0]:
                holds = pl.any_horizontal(pl.col(c.name) == number for c in extract.table.columns if c.personal)
                if lines := extract.frame.filter(holds)[LINE].to_list():
                    found.setdefault(extract.files[0], []).extend(lines)
    return found


@dataclass
class _Inventory:
    paths: dict[str, list[Path]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def _inventory(delivery: Delivery) -> _Inventory:
    """Which file is for which table; a second file, a link, a folder or none is a fault."""
    inventory = _Inventory()
    known = {source.name: source for source in sources()}
    for path in sorted(delivery.path.iterdir()) if delivery.path.is_dir() else ():
        if path.name not in known:
            inventory.ignored.append(_safe_name(path.name))
    for source in sources():
        folder = delivery.path / source.name
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            inventory.faults.append(
                Fault(
                    source.name,
                    None,
                    "a link" if folder.is_symlink() else "a file",
                    f"{source.name} must be a folder of its own, not {'a link' if folder.is_symlink() else 'a file'}. "
                    + ask(source),
                )
            )
            continue
        _inventory_source(inventory, source, folder)
    return inventory


def _inventory_source(inventory: _Inventory, source: Source, folder: Path) -> None:
    entries = {path.name: path for path in sorted(folder.iterdir())} if folder.is_dir() else {}
    taken: set[str] = set()
    paths = inventory.paths.setdefault(source.name, [])
    workbook = WORKBOOKS.get(source.name)
    workbook_is_there = workbook in entries
    for table in source.tables:
        candidates = [name for name in entries if name in {table.name + suffix for suffix in SUFFIXES}]
        taken.update(candidates)
        if workbook_is_there and (not candidates or table.name in _sheets(entries[str(workbook)])):
            candidates.append(str(workbook))
        if len(candidates) > 1:
            names = " and ".join(f"{source.name}/{name}" for name in candidates)
            inventory.faults.append(
                Fault(
                    f"{source.name}/{table.name}",
                    None,
                    names,
                    f"There is more than one file for {source.name}/{table.name}: {names}. Remove all but one. "
                    + ask(source),
                )
            )
        if not candidates and not source.may_be_missing:
            name = f"{source.name}/{table.name}.csv"
            inventory.faults.append(Fault(name, None, "no file", f"{name} is missing. " + ask(source)))
        paths += _regular(inventory, source, [entries[name] for name in candidates if name != workbook])
        if source.name in STATISTICS and table.name == STATISTICS[source.name]:
            statistics = [name for name in entries if name.endswith(".json")]
            taken.update(statistics)
            paths += _regular(inventory, source, [entries[name] for name in statistics])
    if workbook_is_there:
        taken.add(str(workbook))
        paths += _regular(inventory, source, [entries[str(workbook)]])
    inventory.ignored += [f"{source.name}/{_safe_name(name)}" for name in entries if name not in taken]


def _regular(inventory: _Inventory, source: Source, paths: list[Path]) -> list[Path]:
    """Those of the paths that are plain files; a fault for every other."""
    for path in paths:
        if not _is_regular(path):
            kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "no plain file"
            file = f"{source.name}/{path.name}"
            inventory.faults.append(
                Fault(file, None, kind, f"{file} is {kind}; a file must stand there. " + ask(source))
            )
    return [path for path in paths if _is_regular(path)]


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _contents(inventory: _Inventory) -> dict[Path, bytes | None]:
    """The bytes of every file that will be read; None where it cannot be opened."""
    contents: dict[Path, bytes | None] = {}
    for path in (path for paths in inventory.paths.values() for path in paths):
        try:
            contents[path] = path.read_bytes()
        except OSError:
            contents[path] = None
    return contents


def _fingerprint(contents: dict[Path, bytes | None]) -> str:
    digest = hashlib.sha256()
    for path, data in sorted(contents.items()):
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(data or b"").digest())
    return digest.hexdigest()


def ask(source: Source) -> str:
    """What the owner of a source is asked to do about a fault."""
    return (
        f"Ask the owner of the {source.name} extract ({source.owner}) to deliver it again; "
        "nothing was loaded and the published figures stay as they were."
    )


def _empty_table(source: Source, table: Table, file: str) -> Fault:
    return Fault(file, None, "no rows", f"{file} has no rows, and there must be some. " + ask(source))


def _safe_name(name: str) -> str:
    """A name that somebody else chose, fit for a message: no personal number, no line breaks, not too long."""
    shown = "".join(c if c.isprintable() else "�" for c in name)[:60]
    return "(hidden: it looks like a personal number)" if looks_personal(name) else shown


def _combined(parts: list[Extract]) -> Extract:
    """The extracts of several files for one table (statistics may come in many) as one."""
    if len(parts) == 1:
        return parts[0]
    whole = Extract(parts[0].table, [], pl.DataFrame(), [])
    frames, offset = [], 0
    for part in parts:
        frames.append(part.frame.with_columns(pl.lit(len(whole.files), pl.UInt16).alias(FILE)))
        for column, rows in part.odd.items():
            whole.odd.setdefault(column, []).extend(row + offset for row in rows)
        offset += part.frame.height
        whole.files += part.files
        whole.ignored += part.ignored
        whole.rows += part.rows
    whole.frame = pl.concat(frames)
    return whole


def _read_file(source: Source, path: Path, data: bytes | None) -> tuple[list[Extract], list[Fault]]:
    """The tables in one file. Whatever goes wrong becomes a fault: no exception may quote a person's data."""
    file = f"{source.name}/{path.name}"
    extracts: list[Extract] = []
    faults: list[Fault] = []
    for table in _tables_in(source, path):
        try:
            extracts.append(_read_table(source, table, path, data))
        except* _Unreadable as group:
            for fault in group.exceptions:
                assert isinstance(fault, _Unreadable)
                faults.append(Fault(file, fault.column, fault.found, f"{file} {fault.message} {ask(source)}"))
        except* Exception:
            faults.append(Fault(file, None, "unreadable", f"{file} cannot be read. {ask(source)}"))
    return extracts, list(dict.fromkeys(faults))


def _tables_in(source: Source, path: Path) -> list[Table]:
    """Which tables a file is for: one, or those of a workbook that have no file of their own."""
    if path.name == WORKBOOKS.get(source.name):
        return [
            t for t in source.tables if not any((path.parent / f"{t.name}{suffix}").exists() for suffix in SUFFIXES)
        ]
    name = STATISTICS[source.name] if path.suffix == ".json" else path.name.split(".")[0]
    return [table for table in source.tables if table.name == name]


def _read_table(source: Source, table: Table, path: Path, data: bytes | None) -> Extract:
    file = f"{source.name}/{path.name}"
    if data is None:
        raise _Unreadable("cannot be opened", "cannot be opened.")
    if path.name == WORKBOOKS.get(source.name):
        return _read_workbook(table, file, data, table.name)
    if path.suffix == ".xlsx":
        return _read_workbook(table, file, data, None)
    if path.suffix == ".json":
        return _read_statistics(source, table, file, data)
    return _read_csv(table, file, _unpacked(data) if path.suffix == ".gz" else data)


def _unpacked(data: bytes) -> bytes:
    try:
        unpacked = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise _Unreadable("broken gzip", "is no gzip file that can be unpacked.") from None
    return unpacked


# ---------------------------------------------------------------------------------------------- headers


def _header(table: Table, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each of the table's columns stands, and what no contract names. Raises a group of _Unreadable."""
    given = [name.strip().lower() for name in names]
    wanted = [column.name for column in table.columns]
    known = [name for name in given if name in wanted]
    # where none is known the first line may be a row of people: then nothing of it is quoted
    listed = ", ".join(_safe_name(name) for name in names if name.strip()) if known else "no column of this table"
    faults = []
    for name in wanted:
        if given.count(name) > 1:
            faults.append(
                _Unreadable(f"{given.count(name)} times", f"has the column {name} {given.count(name)} times.", name)
            )
        elif name not in given:
            faults.append(
                _Unreadable(f"columns: {listed}", f"has no column {name}. The first line must name the columns.", name)
            )
    if faults:
        raise ExceptionGroup("header", faults)
    ignored = [_safe_name(name.strip()) for name in names if name.strip() and name.strip().lower() not in wanted]
    return {name: given.index(name) for name in wanted}, ignored


# ---------------------------------------------------------------------------------------------- CSV


def _read_csv(table: Table, file: str, data: bytes) -> Extract:
    data = _utf8(data)
    if not data.strip():
        raise _Unreadable("no bytes", "is empty: it has not even a header.")
    extract = _read_plain_csv(table, file, data) or _read_any_csv(table, file, data)
    if extract.rows != [extract.frame.height]:  # a row lost without a word would be worse than a file refused
        raise _Unreadable("unreadable", "cannot be read line by line.")
    return extract


def _utf8(data: bytes) -> bytes:
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


def _read_plain_csv(table: Table, file: str, data: bytes) -> Extract | None:
    """The fast way for a file without quotes whose every line has the header's number of fields; None for any other."""
    head = data[: data.find(b"\n")] if b"\n" in data else data  # partition would copy the rest
    names = head.decode().removesuffix("\r").split(";")
    if any(mark in data for mark in (b'"', b"\0")) or not head.strip() or len(names) < 2:
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    positions, ignored = _csv_header(table, names)
    try:
        frame = _fields_of(data, len(names), skip_lines=1, quote_char=None)
    except pl.exceptions.PolarsError:  # a line with too many fields
        return None
    rows = _count_lines(data) - 1
    if frame.height != rows:  # blank lines, most likely
        return None
    # No line has too many fields, so none has too few where the last field is always there, or where the sum is right.
    separators = len(names) - 1
    if frame[str(separators)].null_count() and data.count(b";") != separators * (rows + 1):
        return None
    frame = frame.select(pl.col(str(at)).alias(name) for name, at in positions.items())
    blanks = not data.isascii() or any(blank in data for blank in (b" ", b"\t", b"\r", b"\v", b"\f"))
    if blanks:
        frame = _trimmed(frame)
    extract = _extract(table, file, frame, ignored, pl.int_range(2, rows + 2, dtype=pl.UInt32, eager=True))
    extract.rows, extract.may_hold_nul = [rows], False
    return extract


# a field of a line: without quotation marks, or between two of them, and doubled within
_FIELD = r'(?:[^";]*|"(?:[^"]|"")*")'
_LOOSE_FIELD = re.compile(r'(?:^|;)(?:"((?:[^"]|"")*+)"(?=;|\Z)|([^;]*))')


def _read_any_csv(table: Table, file: str, data: bytes) -> Extract:
    """The careful way: quotes, blank lines, lines with too many or too few fields or with a quotation mark astray.

    A line is a row, and no parser is asked where it ends: what is wrong with a line stays on it.
    """
    if data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = pl.read_lines(data, row_index_name=LINE, row_index_offset=1)
    if lines.height != _count_lines(data):
        raise _Unreadable("unreadable", "cannot be read line by line.")
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    if not lines.height:
        raise _Unreadable("no bytes", "is empty: it has not even a header.")
    head, rows = lines.head(1), lines.slice(1)
    if not _are_sound(head["line"]).all():
        raise _Unreadable(
            f"quotation mark, line {head[LINE].item()}",
            'has a quotation mark (") in its header that does not stand around a whole name.',
        )
    names = _loose_fields(head["line"].item())
    positions, ignored = _csv_header(table, names)
    is_good = _are_sound(rows["line"], len(names))
    good, bad = rows.filter(is_good), rows.filter(~is_good)
    # each of these lines can be read by itself, so that a parser of whole files finds no other rows
    is_whole = _count_lines(data) == 1 + good.height
    body = data if is_whole else "\n".join(good["line"]).encode()
    frame = _fields_of(body, len(names), skip_lines=int(is_whole)).select(
        *(pl.col(str(at)).alias(name) for name, at in positions.items()),
        good[LINE],
        pl.lit(None, pl.UInt32).alias(FIELDS),
    )
    if bad.height:
        loose = [_loose_fields(line) for line in bad["line"]]
        columns = {name: [each[at] if at < len(each) else None for each in loose] for name, at in positions.items()}
        counts = pl.Series(FIELDS, [len(each) for each in loose], dtype=pl.UInt32).set(~_are_sound(bad["line"]), 0)
        astray = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(bad[LINE], counts)
        frame = frame.vstack(astray).sort(LINE)
    extract = _extract(table, file, _trimmed(frame.select(*positions)), ignored, frame[LINE], frame[FIELDS])
    extract.rows = [rows.height]
    return extract


def _are_sound(lines: pl.Series, width: int | None = None) -> pl.Series:
    """Which lines have no quotation mark astray, and so many fields."""
    repeated = f"{{{width - 1}}}" if width else "*"
    return lines.str.contains(f"^{_FIELD}(?:;{_FIELD}){repeated}$")


def _loose_fields(line: str) -> list[str]:
    """The fields of a line, as far as they can be told apart where a quotation mark stands astray."""
    return [quoted.replace('""', '"') or plain for quoted, plain in _LOOSE_FIELD.findall(line)]


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _fields_of(data: bytes, width: int, *, skip_lines: int, quote_char: str | None = '"') -> pl.DataFrame:
    """The fields of every line as text, in columns 0, 1, 2 ..."""
    return pl.read_csv(
        data,
        separator=";",
        quote_char=quote_char,
        has_header=False,
        skip_lines=skip_lines,
        schema={str(i): pl.String for i in range(width)},
        raise_if_empty=False,
    )


def _csv_header(table: Table, names: list[str]) -> tuple[dict[str, int], list[str]]:
    if len(names) > MOST_COLUMNS:
        raise _Unreadable(f"{len(names):,} columns", f"has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.")
    return _header(table, names)


def _from_records(
    table: Table,
    file: str,
    positions: dict[str, int],
    ignored: list[str],
    width: int,
    records: Sequence[Sequence[str | None]],
    lines: Sequence[int],
) -> Extract:
    columns = {name: [record[at] if at < len(record) else None for record in records] for name, at in positions.items()}
    frame = _trimmed(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    fields = pl.Series([None if len(record) == width else len(record) for record in records], dtype=pl.UInt32)
    return _extract(table, file, frame, ignored, pl.Series(lines, dtype=pl.UInt32), fields)


def _trimmed(frame: pl.DataFrame) -> pl.DataFrame:
    """Without blanks (no-break spaces too) at either end; what is empty then is null."""
    return frame.select(pl.all().str.strip_chars()).select(pl.when(pl.all() != "").then(pl.all()))


def _extract(
    table: Table, file: str, frame: pl.DataFrame, ignored: list[str], lines: pl.Series, fields: pl.Series | None = None
) -> Extract:
    frame = frame.select(
        *(column.name for column in table.columns),
        lines.alias(LINE),
        pl.lit(0, pl.UInt16).alias(FILE),
        pl.lit(None, pl.UInt32).alias(FIELDS) if fields is None else fields.alias(FIELDS),
    )
    return Extract(table, [file], frame, [ignored], rows=[frame.height])


# ---------------------------------------------------------------------------------------------- workbooks


def _sheets(path: Path) -> set[str]:
    """The sheets of a workbook, in small letters; none where it cannot be opened."""
    from python_calamine import CalamineWorkbook

    try:
        names = CalamineWorkbook.from_path(str(path)).sheet_names if _is_regular(path) else []
    except Exception:  # reading the file will say so
        names = []
    return {name.strip().lower() for name in names}


def _read_workbook(table: Table, file: str, data: bytes, sheet: str | None) -> Extract:
    """A sheet (by its name in small letters; None: the first) of typed cells, as text like that of the CSV files."""
    from python_calamine import CalamineWorkbook

    if not data:
        raise _Unreadable("no bytes", "is empty.")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [name.strip().lower() for name in workbook.sheet_names]
    except Exception:  # calamine's errors have no common class, and may quote the sheet
        raise _Unreadable("no workbook", "is no workbook that can be opened.") from None
    if sheet is not None and sheet not in names:
        listed = ", ".join(_safe_name(name) for name in workbook.sheet_names)
        raise _Unreadable(f"sheets: {listed}", f"has no sheet {sheet}.")
    at = names.index(sheet) if sheet else 0
    try:
        rows = workbook.get_sheet_by_index(at).to_python(skip_empty_area=False)
        special = _special_cells(data, at)
    except Exception:
        raise _Unreadable("no workbook", "is no workbook that can be read.") from None
    height = max([len(rows), *(at + 1 for at, _ in special)])
    width = max([len(row) for row in rows] + [at + 1 for _, at in special], default=0)
    cells: list[list[Any]] = [[*row, *[""] * (width - len(row))] for row in rows]
    cells += [[""] * width for _ in range(height - len(rows))]
    for (at, place), shown in special.items():
        cells[at][place] = _Special(shown)
    while cells and not any(_is_filled(cell) for cell in cells[-1]):
        cells.pop()
    first = next((i for i, row in enumerate(cells) if any(_is_filled(cell) for cell in row)), None)
    if first is None:
        raise _Unreadable("no cells", "is empty: it has not even a header.")
    positions, ignored = _header(table, [cell if isinstance(cell, str) else "" for cell in cells[first]])
    body = cells[first + 1 :]
    odd: dict[str, list[int]] = {}
    columns: dict[str, list[str | None]] = {}
    for column in table.columns:
        texts = columns.setdefault(column.name, [])
        for i, row in enumerate(body):
            text, fits = _cell(row[positions[column.name]], column.type)
            texts.append(text)
            if not fits:
                odd.setdefault(column.name, []).append(i)
    frame = _trimmed(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    lines = pl.int_range(first + 2, first + 2 + len(body), dtype=pl.UInt32, eager=True)
    extract = _extract(table, file, frame, ignored, lines)
    extract.odd = odd
    return extract


@dataclass(frozen=True)
class _Special:
    """A formula or an error cell."""

    shown: str


def _is_filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _cell(cell: Any, wanted: str) -> tuple[str | None, bool]:
    """A typed cell as the text of a CSV file, and whether its kind fits the column's type."""
    if isinstance(cell, _Special):
        return cell.shown, False
    if isinstance(cell, str):
        return cell, True
    if isinstance(cell, bool):
        return "ja" if cell else "nei", wanted == "boolean"
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            return str(cell), False
        # a comma: in a number that is typed as one, three decimals are not ambiguous
        text = format(Decimal(repr(cell)), "f").replace(".", ",")
        return (text.rstrip("0").rstrip(",") if "," in text else text), wanted in ("integer", "decimal")
    if isinstance(cell, datetime) and cell.time() != datetime.min.time():
        return cell.isoformat(" "), False
    if isinstance(cell, date):
        if wanted == "month" and cell.day == 1:
            return f"{cell:%m.}{cell.year:04d}", True
        return f"{cell:%d.%m.}{cell.year:04d}", wanted == "date"
    return str(cell), False


def _special_cells(data: bytes, sheet: int) -> dict[tuple[int, int], str]:
    """Formula and error cells of a sheet by (row, column) from 0, which calamine does not tell from plain ones."""
    # a workbook is the municipality's own, and expat (2.4.1 on) bounds what entities may swell to
    from xml.etree import ElementTree

    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    found: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        wanted = book.findall(f"{main}sheets/{main}sheet")[sheet].get(relation)
        targets = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        target = next(str(item.get("Target")) for item in targets if item.get("Id") == wanted)
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        row = column = -1
        with archive.open(part) as stream:
            for event, element in ElementTree.iterparse(stream, ("start", "end")):  # noqa: S314
                if event == "start" and element.tag == f"{main}row":
                    row, column = int(element.get("r") or row + 2) - 1, -1
                elif event == "end" and element.tag == f"{main}c":
                    reference = element.get("r")
                    column = _column_number(reference) if reference else column + 1
                    if element.find(f"{main}f") is not None:
                        found[row, column] = "formula"
                    elif element.get("t") == "e":
                        found[row, column] = element.findtext(f"{main}v") or "error"
                    element.clear()
    return found


def _column_number(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


# ---------------------------------------------------------------------------------------------- JSON-stat


def _read_statistics(source: Source, table: Table, file: str, data: bytes) -> Extract:
    """A JSON-stat 2 file of Statistics Norway: one row per region, indicator and year. `_line` counts its figures."""
    try:
        dataset = json.loads(_utf8(data))
        records = list(_figures(source, dataset))
    except _Unreadable:
        raise
    except Exception:
        raise _Unreadable("no JSON-stat", "is no JSON-stat 2 dataset as Statistics Norway's API returns it.") from None
    names = ("region_code", "region_name", "indicator", "year", "value", "source_table")
    positions = {name: at for at, name in enumerate(names)}
    return _from_records(table, file, positions, [], len(names), records, range(1, len(records) + 1))


def _figures(source: Source, dataset: dict[str, Any]) -> Iterator[tuple[str | None, ...]]:
    from pyjstat import pyjstat

    ids, sizes, roles = dataset["id"], dataset["size"], dataset.get("role", {})
    (time,) = roles.get("time") or ["Tid"]
    (contents,) = roles.get("metric") or ["ContentsCode"]
    (region,) = roles.get("geo") or [name for name in ids if "region" in name.lower()]
    for name, size in zip(ids, sizes, strict=True):
        if size != 1 and name not in (time, contents, region):
            raise _Unreadable(
                f"dimension {_safe_name(name)} with {size} values",
                f"breaks its figures down by {_safe_name(name)}; ask for the total alone.",
            )
    decoded = pyjstat.Dataset.read(json.dumps(dataset))
    codes, labels = decoded.write("dataframe", naming="id"), decoded.write("dataframe", naming="label")
    if len(codes) != prod(sizes):
        raise ValueError
    table = str(dataset.get("extension", {}).get("px", {}).get("tableid") or "").strip() or _safe_name(dataset["label"])
    mapping = source.properties.get("contentsCodes", {})
    region_names = labels.iloc[:, ids.index(region)]  # by place: there the columns have the dimensions' labels
    columns = (codes[region], region_names, codes[contents], codes[time], codes["value"])
    for region_code, region_name, code, year, value in zip(*columns, strict=True):
        figure = None
        if value == value:  # pandas has NaN for what is not published
            figure = format(Decimal(repr(float(value))), "f").removesuffix(".0").replace(".", ",")
        yield region_code, region_name, mapping.get(code, code), year, figure, table
