"""A delivery: where it lies, which file is for which table, and what stands in the files, as text.

Belongs here: folders, file formats, encodings, headers, and the faults by which a file cannot be read.
Does not belong here: how large a file may be (opening.py), what is in a workbook's file (workbook.py), what a row must
hold (rules.py), and the warehouse.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import prod
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project import BoligError
from dagster_project.landing import opening, workbook
from dagster_project.landing.contracts import Source, Table, sources
from dagster_project.landing.opening import Unreadable as _Unreadable
from dagster_project.landing.opening import is_plain
from dagster_project.landing.people import lineage, looks_personal, merged_into, numbers_of, written
from dagster_project.settings import Settings

logger = logging.getLogger(__name__)

SUFFIXES = (".csv", ".csv.gz", ".xlsx")
WORKBOOKS = {"governance": "styringsdata.xlsx"}
STATISTICS = {"reference": "kostra"}  # source of JSON-stat files, and the table that they are for

# PxWeb gives no more than this at once, some ten megabytes; a country's figures for ten years are a tenth of it
MOST_FIGURES, MOST_STATISTICS_MB = 800_000, 16
# names that somebody else chose, in a message
MOST_TOLD = 20

LINE, FILE, FIELDS = "_line", "_file", "_fields"


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
    # the listing itself tells what is a folder, and what a link: to ask of each would take most of the time
    with os.scandir(parent) as entries:
        listed = {entry.name: (entry.is_dir(follow_symlinks=False), entry.is_symlink()) for entry in entries}
    is_folder = {name: fits(name) and is_dir for name, (is_dir, _) in listed.items()}
    for name in sorted(is_folder):
        if not is_folder[name] and not name.startswith("."):
            path, is_link = parent / _safe_name(name), listed[name][1]
            if is_link and fits(name):
                # whoever may write here would choose by it what else of this machine is read
                logger.warning("%s is left out: it is a link. Put the folder itself there.", path)
            else:
                logger.warning("%s is left out: its name is not %s.", path, what)
    return sorted(name for name in is_folder if is_folder[name])


# ---------------------------------------------------------------------------------------------- reading


def fingerprint(delivery: Delivery, settings: Settings | None = None) -> str:
    """SHA-256 over the names and bytes of the files that would be read; what cannot be opened counts as empty."""
    limit = (settings or Settings()).max_file_mb
    paths = _inventory(delivery).paths.values()
    return _fingerprint({path: opening.fingerprint(path, limit) for of_source in paths for path in of_source})


def read(delivery: Delivery, settings: Settings | None = None) -> Reading:
    """Read every file of the delivery. Whatever cannot be read is named in `faults`, all of it at once."""
    settings = settings or Settings()
    inventory = _inventory(delivery)
    faults = list(inventory.faults)
    # two at a time: polars leaves the interpreter's lock while it parses
    with ThreadPoolExecutor(2) as pool:
        read_files = list(pool.map(lambda of: _read_files(of[0], of[1], settings), _together(inventory)))
    parts: dict[str, list[Extract]] = {}
    digests: dict[Path, str] = {}
    for files in read_files:
        faults += files.faults
        digests |= files.digests
        for extract in files.extracts:
            parts.setdefault(extract.table.name, []).append(extract)
    extracts_by_table = {}
    for source in sources():
        for table in source.tables:
            if table.name in parts:
                extract = _combined(parts[table.name])
                extracts_by_table[table.name] = extract
                if not table.may_be_empty and not extract.frame.height:
                    faults.append(_empty_table(source, table, extract.files[0]))
    return Reading(extracts_by_table, faults, inventory.ignored, _fingerprint(digests))


def lines_with(delivery: Delivery, number: str, settings: Settings | None = None) -> dict[str, list[int]]:
    """By file the lines (or rows) that hold this number, in whatever column; files that cannot be read are left out."""
    settings = settings or Settings()
    inventory = _inventory(delivery)
    pattern = written(number)
    found: dict[str, list[int]] = {}
    for source in sources():
        for path in inventory.paths.get(source.name, ()):
            try:
                data = opening.content(path, settings.max_file_mb)
                if path.name.endswith((".csv", ".csv.gz")):
                    # a line that is in quarantine, or a column that no contract names, may hold it too
                    lines = _lines(_csv_text(opening.text(data, path.suffix == ".gz", settings)))
                    holding = [lines.filter(pl.col("line").str.contains(pattern))]
                else:
                    holding = [
                        extract.frame.filter(pl.any_horizontal(pl.col(pl.String).str.contains(pattern)))
                        for extract in _read_file(source, path, data, settings)[0]
                    ]
            except _Unreadable:
                continue
            if numbers := [line for frame in holding for line in frame[LINE]]:
                found[_file_name(source, path)] = numbers
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
    inventory.ignored += [_safe_name(name) for name in _names(delivery.path) if name not in known]
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
    # somebody who unpacks an archive in the wrong place shall not fill the receipt
    if len(inventory.ignored) > MOST_TOLD:
        rest = len(inventory.ignored) - MOST_TOLD
        inventory.ignored = [*inventory.ignored[:MOST_TOLD], f"{rest:,} more"]
    return inventory


def _names(folder: Path) -> list[str]:
    """What lies in a folder, in order; nothing where it cannot be looked into: then its files are missing."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _inventory_source(inventory: _Inventory, source: Source, folder: Path) -> None:
    entries = {name: folder / name for name in _names(folder)}
    taken: set[str] = set()
    paths = inventory.paths.setdefault(source.name, [])
    workbook_name = WORKBOOKS.get(source.name)
    workbook_is_there = workbook_name in entries
    for table in source.tables:
        candidates = [name for suffix in SUFFIXES if (name := table.name + suffix) in entries]
        taken.update(candidates)
        if len(candidates) > 1:
            inventory.faults.append(_second_file(source, table, [f"{source.name}/{name}" for name in candidates]))
        if not candidates and not workbook_is_there and not source.may_be_missing:
            name = f"{source.name}/{table.name}.csv"
            inventory.faults.append(Fault(name, None, "no file", f"{name} is missing. " + ask(source)))
        paths += _regular(inventory, source, [entries[name] for name in candidates])
        if source.name in STATISTICS and table.name == STATISTICS[source.name]:
            statistics = [name for name in entries if name.endswith(".json")]
            taken.update(statistics)
            if any(looks_personal(name) for name in statistics):
                # a file that is read is named in messages and in the books
                found = "a personal number in a file's name"
                message = f"A file in {source.name} holds {found}; give it another name. {ask(source)}"
                inventory.faults.append(Fault(source.name, None, found, message))
                statistics = [name for name in statistics if not looks_personal(name)]
            paths += _regular(inventory, source, [entries[name] for name in statistics])
    if workbook_is_there:
        taken.add(str(workbook_name))
        paths += _regular(inventory, source, [entries[str(workbook_name)]])
    inventory.ignored += [f"{source.name}/{_safe_name(name)}" for name in entries if name not in taken]


def _regular(inventory: _Inventory, source: Source, paths: list[Path]) -> list[Path]:
    """Those of the paths that are plain files; a fault for every other."""
    plain = [path for path in paths if is_plain(path)]
    for path in paths:
        if path not in plain:
            kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "no plain file"
            file = _file_name(source, path)
            inventory.faults.append(
                Fault(file, None, kind, f"{file} is {kind}; a file must stand there. " + ask(source))
            )
    return plain


def _second_file(source: Source, table: Table, files: Sequence[str]) -> Fault:
    names = " and ".join(files)
    return Fault(
        f"{source.name}/{table.name}",
        None,
        names,
        f"There is more than one file for {source.name}/{table.name}: {names}. Remove all but one. " + ask(source),
    )


def _fingerprint(digests: Mapping[Path, str]) -> str:
    digest = hashlib.sha256()
    for path, of_file in sorted(digests.items()):
        digest.update(os.fsencode(f"{path.parent.name}/{path.name}\0"))
        digest.update(bytes.fromhex(of_file))
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


def _file_name(source: Source, path: Path) -> str:
    """A file as it is named in messages and books; statistics are called as their sender likes."""
    return f"{source.name}/{_safe_name(path.name)}"


def _together(inventory: _Inventory) -> list[tuple[Source, list[Path]]]:
    """What is read after one another: each file alone, but all statistics, which share what they may hold."""
    work: list[tuple[Source, list[Path]]] = []
    for source in sources():
        paths = inventory.paths.get(source.name, [])
        work += [(source, [path]) for path in paths if path.suffix != ".json"]
        if statistics := [path for path in paths if path.suffix == ".json"]:
            work.append((source, statistics))
    return work


@dataclass
class _Files:
    """What was read of some files, and the SHA-256 of each."""

    extracts: list[Extract] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    digests: dict[Path, str] = field(default_factory=dict)


def _read_files(source: Source, paths: Sequence[Path], settings: Settings) -> _Files:
    """Read files one after the other, each let go before the next. Whatever goes wrong becomes a fault."""
    files = _Files()
    for path in paths:
        data = b""
        try:
            data = opening.content(path, settings.max_file_mb)
        except _Unreadable as fault:
            files.faults += _faults(source, _file_name(source, path), ExceptionGroup("", [fault]))
        else:
            extracts, faults = _read_file(source, path, data, settings)
            files.extracts += extracts
            files.faults += faults
        files.digests[path] = hashlib.sha256(data).hexdigest()
        if path.suffix == ".json" and sum(extract.frame.height for extract in files.extracts) > MOST_FIGURES:
            told = f"The statistics hold over {MOST_FIGURES:,} figures; more are not read. {ask(source)}"
            files.faults.append(Fault(f"{source.name}/*.json", None, f"over {MOST_FIGURES:,} figures", told))
            break
    return files


def _read_file(source: Source, path: Path, data: bytes, settings: Settings) -> tuple[list[Extract], list[Fault]]:
    """The tables in one file. Whatever goes wrong becomes a fault: no exception may quote a person's data."""
    file = _file_name(source, path)
    try:
        if path.suffix == ".xlsx":
            return _read_workbook(source, path, data, settings)
        (table,) = _tables_in(source, path)
        if path.suffix == ".json":
            return [_read_statistics(source, table, file, data)], []
        return [_read_csv(table, file, opening.text(data, path.suffix == ".gz", settings))], []
    except* _Unreadable as group:
        faults = _faults(source, file, group)
    except* (Exception, pl.exceptions.PanicException):
        faults = [Fault(file, None, "unreadable", f"{file} cannot be read. {ask(source)}")]
    return [], faults


def _faults(source: Source, file: str, group: "BaseExceptionGroup[_Unreadable]") -> list[Fault]:
    """What is told of a file for everything that is the matter with it, each once."""
    found = [fault for fault in group.exceptions if isinstance(fault, _Unreadable)]
    return list(
        dict.fromkeys(
            Fault(file, fault.column, fault.found, f"{file} {fault.message} {ask(source)}") for fault in found
        )
    )


def _tables_in(source: Source, path: Path) -> list[Table]:
    """Which tables a file is for: one, or those of a workbook that have no file of their own."""
    if path.name == WORKBOOKS.get(source.name):
        return [table for table in source.tables if not _own_file(path, table)]
    name = STATISTICS[source.name] if path.suffix == ".json" else path.name.split(".")[0]
    return [table for table in source.tables if table.name == name]


# ---------------------------------------------------------------------------------------------- headers


def _header(table: Table, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each of the table's columns stands, and what no contract names. Raises a group of _Unreadable."""
    given = [name.strip().lower() for name in names]
    wanted = [column.name for column in table.columns]
    faults = []
    for name in wanted:
        if given.count(name) > 1:
            faults.append(
                _Unreadable(f"{given.count(name)} times", f"has the column {name} {given.count(name)} times.", name)
            )
        elif name not in given:
            # where none is known the first line may be a row of people: then nothing of it is quoted
            is_header = any(name in wanted for name in given)
            listed = ", ".join(_safe_name(name) for name in names if name.strip())
            faults.append(
                _Unreadable(
                    f"columns: {listed if is_header else 'no column of this table'}",
                    f"has no column {name}. The first line must name the columns.",
                    name,
                )
            )
    if faults:
        raise ExceptionGroup("header", faults)
    ignored = [_safe_name(name.strip()) for name in names if name.strip() and name.strip().lower() not in wanted]
    return {name: given.index(name) for name in wanted}, ignored


# ---------------------------------------------------------------------------------------------- CSV


def _read_csv(table: Table, file: str, data: bytes) -> Extract:
    data = _csv_text(data)
    if not data or data.isspace():
        raise _Unreadable("no bytes", "is empty: it has not even a header.")
    extract = _read_plain_csv(table, file, data) or _read_any_csv(table, file, data)
    if extract.rows != [extract.frame.height]:  # a row lost without a word would be worse than a file refused
        raise _Unreadable("unreadable", "cannot be read line by line.")
    return extract


def _csv_text(data: bytes) -> bytes:
    """The text in UTF-8, every line of which ends in \\n or \\r\\n: \\r alone is an end too. Raises _Unreadable."""
    data = _utf8(data)
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


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
    positions, ignored = _header(table, names)
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
    lines = _lines(data)
    lines_in_all = lines.height
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
    positions, ignored = _header(table, names)
    is_good = _are_sound(rows["line"], len(names))
    good, bad = rows.filter(is_good), rows.filter(~is_good)
    # each of these lines can be read by itself, so that a parser of whole files finds no other rows
    is_whole = lines_in_all == 1 + good.height
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


def _lines(data: bytes) -> pl.DataFrame:
    """Every line with its number."""
    lines = pl.read_lines(data, row_index_name=LINE, row_index_offset=1)
    if lines.height != _count_lines(data):
        raise _Unreadable("unreadable", "cannot be read line by line.")
    return lines


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


def _read_workbook(source: Source, path: Path, data: bytes, settings: Settings) -> tuple[list[Extract], list[Fault]]:
    """The tables in a workbook: one in its first sheet, or governance's, each in a sheet of its name."""
    file = _file_name(source, path)
    is_shared = path.name == WORKBOOKS.get(source.name)
    in_it = _tables_in(source, path)
    wanted = [
        (table.name if is_shared else None, {column.name: column.type for column in table.columns}) for table in in_it
    ]
    book = workbook.read(data, wanted, settings)
    named = [name.strip().lower() for name in book.names]
    extracts: list[Extract] = []
    faults = [
        _second_file(source, table, [f"{source.name}/{_own_file(path, table)}", file])
        for table in source.tables
        if is_shared and table not in in_it and table.name in named
    ]
    for table, sheet in zip(in_it, book.sheets, strict=True):
        try:
            if sheet is None:
                listed = ", ".join(_safe_name(name) for name in book.names[:MOST_TOLD])
                raise _Unreadable(f"sheets: {listed}", f"has no sheet {table.name}.")
            if not sheet.header:
                raise _Unreadable("no cells", "is empty: it has not even a header.")
            positions, ignored = _header(table, sheet.header)
            frame = _trimmed(sheet.cells.select(pl.col(str(at)).alias(name) for name, at in positions.items()))
            extract = _extract(table, file, frame, ignored, sheet.lines)
            extract.odd = {name: sheet.odd[at] for name, at in positions.items() if at in sheet.odd}
            extracts.append(extract)
        except* _Unreadable as group:
            faults += _faults(source, file, group)
    return extracts, faults


def _own_file(path: Path, table: Table) -> str | None:
    """The name of the table's own file beside a workbook of several tables."""
    names = (f"{table.name}{suffix}" for suffix in SUFFIXES)
    return next((name for name in names if os.path.lexists(path.with_name(name))), None)


# ---------------------------------------------------------------------------------------------- JSON-stat


def _read_statistics(source: Source, table: Table, file: str, data: bytes) -> Extract:
    """A JSON-stat 2 file of Statistics Norway: one row per region, indicator and year. `_line` counts its figures."""
    if len(data) > MOST_STATISTICS_MB * 1_000_000:
        told = f"has over {MOST_STATISTICS_MB} MB; a file of statistics has no more."
        raise _Unreadable(f"over {MOST_STATISTICS_MB} MB", told)
    try:
        dataset = json.loads(_utf8(data))
        columns = _figures(source, dataset)
    except _Unreadable:
        raise
    except Exception:
        raise _Unreadable("no JSON-stat", "is no JSON-stat 2 dataset as Statistics Norway's API returns it.") from None
    frame = _trimmed(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    return _extract(table, file, frame, [], pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True))


def _figures(source: Source, dataset: dict[str, Any]) -> dict[str, list[str | None]]:
    """The columns of a dataset. Raises _Unreadable, and anything where it is not made as it ought to be."""
    from pyjstat import pyjstat

    ids, sizes, roles = dataset["id"], dataset["size"], dataset.get("role", {})
    if not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError
    if prod(sizes) > MOST_FIGURES:
        told = f"declares over {MOST_FIGURES:,} figures; more are not read."
        raise _Unreadable(f"over {MOST_FIGURES:,} figures", told)
    (time,) = roles.get("time") or ["Tid"]
    (contents,) = roles.get("metric") or ["ContentsCode"]
    (region,) = roles.get("geo") or [name for name in ids if "region" in name.lower()]
    for name, size in zip(ids, sizes, strict=True):
        if size != 1 and name not in (time, contents, region):
            raise _Unreadable(
                f"dimension {_safe_name(name)} with {size} values",
                f"breaks its figures down by {_safe_name(name)}; ask for the total alone.",
            )
        # pyjstat multiplies what stands here, whatever the sizes say
        if len(dataset["dimension"][name]["category"].get("index", [0])) != size:
            raise ValueError
    decoded = pyjstat.Dataset.read(json.dumps(dataset))
    codes, labels = decoded.write("dataframe", naming="id"), decoded.write("dataframe", naming="label")
    if len(codes) != prod(sizes):
        raise ValueError
    table = str(dataset.get("extension", {}).get("px", {}).get("tableid") or "").strip() or _safe_name(dataset["label"])
    mapping = source.properties.get("contentsCodes", {})
    return {
        "region_code": codes[region].tolist(),
        "region_name": labels.iloc[:, ids.index(region)].tolist(),  # by place: there columns are called by their labels
        "indicator": [mapping.get(code, code) for code in codes[contents]],
        "year": codes[time].tolist(),
        "value": [_figure(value) for value in codes["value"]],
        "source_table": [table] * len(codes),
    }


def _figure(value: Any) -> str | None:
    """A figure as the text of a CSV file; pandas has NaN for what is not published."""
    return format(Decimal(repr(float(value))), "f").removesuffix(".0").replace(".", ",") if value == value else None
