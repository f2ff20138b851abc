"""A delivery: where it lies, which file is for which table, and what stands in the files, as text.

Belongs here: folders, file formats, encodings, headers, and the faults by which a file cannot be read.
Does not belong here: how large a file may be (opening.py), what is in a workbook's file (workbook.py), what a row must
hold (rules.py), and the warehouse.
"""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from dagster_project import BoligError
from dagster_project.landing.files import csv, jsonstat, opening, workbook
from dagster_project.landing.files.extract import (
    FILE,
    LINE,
    MOST_TOLD,
    Extract,
    Fault,
    ask,
    extract_of,
    faults_of,
    file_name,
    header,
    safe_name,
    second_file,
    trimmed,
)
from dagster_project.landing.files.opening import Unreadable as _Unreadable
from dagster_project.landing.files.opening import is_plain
from dagster_project.landing.people import looks_personal, written
from dagster_project.settings import Settings
from dagster_project.vocabulary.contracts import Source, Table, sources
from dagster_project.vocabulary.municipalities import lineage, merged_into, numbers_of

logger = logging.getLogger(__name__)

SUFFIXES = (".csv", ".csv.gz", ".xlsx")
WORKBOOKS = {"governance": "styringsdata.xlsx"}
STATISTICS = {"reference": "kostra"}  # source of JSON-stat files, and the table that they are for


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
    # each batch that listed the country would make the night grow with its square; who deals the night lists it
    theirs = [number for number in sorted(families) if not (landing / number).is_symlink()]
    found = [
        Delivery(number, days[-1], landing / number / str(days[-1]))
        for number in (theirs if dealt else _numbers(landing))
        if municipality_no in (None, number)
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
            path, is_link = parent / safe_name(name), listed[name][1]
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
                    lines = csv.lines_of(csv.text_of(opening.text(data, path.suffix == ".gz", settings)))
                    holding = [lines.filter(pl.col("line").str.contains(pattern))]
                else:
                    holding = [
                        extract.frame.filter(pl.any_horizontal(pl.col(pl.String).str.contains(pattern)))
                        for extract in _read_file(source, path, data, settings)[0]
                    ]
            except _Unreadable:
                continue
            if numbers := [line for frame in holding for line in frame[LINE]]:
                found[file_name(source, path)] = numbers
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
    inventory.ignored += [safe_name(name) for name in _names(delivery.path) if name not in known]
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
            inventory.faults.append(second_file(source, table, [f"{source.name}/{name}" for name in candidates]))
        if not (candidates or workbook_is_there or source.may_be_missing or table.may_be_missing):
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
    inventory.ignored += [f"{source.name}/{safe_name(name)}" for name in entries if name not in taken]


def _regular(inventory: _Inventory, source: Source, paths: list[Path]) -> list[Path]:
    """Those of the paths that are plain files; a fault for every other."""
    plain = [path for path in paths if is_plain(path)]
    for path in paths:
        if path not in plain:
            kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "no plain file"
            file = file_name(source, path)
            inventory.faults.append(
                Fault(file, None, kind, f"{file} is {kind}; a file must stand there. " + ask(source))
            )
    return plain


def _fingerprint(digests: Mapping[Path, str]) -> str:
    digest = hashlib.sha256()
    for path, of_file in sorted(digests.items()):
        digest.update(os.fsencode(f"{path.parent.name}/{path.name}\0"))
        digest.update(bytes.fromhex(of_file))
    return digest.hexdigest()


def _empty_table(source: Source, table: Table, file: str) -> Fault:
    return Fault(file, None, "no rows", f"{file} has no rows, and there must be some. " + ask(source))


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
    # its digest costs a large file a tenth of its reading, and can be had beside that
    with ThreadPoolExecutor(1) as beside:
        for path in paths:
            data = b""
            try:
                data = opening.content(path, settings.max_file_mb)
            except _Unreadable as fault:
                files.faults += faults_of(source, file_name(source, path), ExceptionGroup("", [fault]))
                files.digests[path] = hashlib.sha256(data).hexdigest()
            else:
                digest = beside.submit(hashlib.sha256, data)
                extracts, faults = _read_file(source, path, data, settings)
                files.extracts += extracts
                files.faults += faults
                files.digests[path] = digest.result().hexdigest()
            if path.suffix == ".json" and sum(each.frame.height for each in files.extracts) > jsonstat.MOST_FIGURES:
                most = f"over {jsonstat.MOST_FIGURES:,} figures"
                told = f"The statistics hold {most}; more are not read. {ask(source)}"
                files.faults.append(Fault(f"{source.name}/*.json", None, most, told))
                break
    return files


def _read_file(source: Source, path: Path, data: bytes, settings: Settings) -> tuple[list[Extract], list[Fault]]:
    """The tables in one file. Whatever goes wrong becomes a fault: no exception may quote a person's data."""
    file = file_name(source, path)
    try:
        if path.suffix == ".xlsx":
            return _read_workbook(source, path, data, settings)
        (table,) = _tables_in(source, path)
        if path.suffix == ".json":
            return [jsonstat.read(source, table, file, data)], []
        return [csv.read(table, file, opening.text(data, path.suffix == ".gz", settings))], []
    except* _Unreadable as group:
        faults = faults_of(source, file, group)
    except* (Exception, pl.exceptions.PanicException):
        faults = [Fault(file, None, "unreadable", f"{file} cannot be read. {ask(source)}")]
    return [], faults


def _tables_in(source: Source, path: Path) -> list[Table]:
    """Which tables a file is for: one, or those of a workbook that have no file of their own."""
    if path.name == WORKBOOKS.get(source.name):
        return [table for table in source.tables if not _own_file(path, table)]
    name = STATISTICS[source.name] if path.suffix == ".json" else path.name.split(".")[0]
    return [table for table in source.tables if table.name == name]


# ---------------------------------------------------------------------------------------------- workbooks


def _read_workbook(source: Source, path: Path, data: bytes, settings: Settings) -> tuple[list[Extract], list[Fault]]:
    """The tables in a workbook: one in its first sheet, or governance's, each in a sheet of its name."""
    file = file_name(source, path)
    is_shared = path.name == WORKBOOKS.get(source.name)
    in_it = _tables_in(source, path)
    wanted = [
        (table.name if is_shared else None, {column.name: column.type for column in table.columns}) for table in in_it
    ]
    book = workbook.read(data, wanted, settings)
    named = [name.strip().lower() for name in book.names]
    extracts: list[Extract] = []
    faults = [
        second_file(source, table, [f"{source.name}/{_own_file(path, table)}", file])
        for table in source.tables
        if is_shared and table not in in_it and table.name in named
    ]
    for table, sheet in zip(in_it, book.sheets, strict=True):
        if sheet is None and table.may_be_missing:
            continue
        try:
            if sheet is None:
                listed = ", ".join(safe_name(name) for name in book.names[:MOST_TOLD])
                raise _Unreadable(f"sheets: {listed}", f"has no sheet {table.name}.")
            if not sheet.header:
                raise _Unreadable("no cells", "is empty: it has not even a header.")
            positions, ignored = header(table, sheet.header)
            frame = trimmed(sheet.cells.select(pl.col(str(at)).alias(name) for name, at in positions.items()))
            extract = extract_of(table, file, frame, ignored, sheet.lines)
            extract.odd = {name: sheet.odd[at] for name, at in positions.items() if at in sheet.odd}
            extracts.append(extract)
        except* _Unreadable as group:
            faults += faults_of(source, file, group)
    return extracts, faults


def _own_file(path: Path, table: Table) -> str | None:
    """The name of the table's own file beside a workbook of several tables."""
    names = (f"{table.name}{suffix}" for suffix in SUFFIXES)
    return next((name for name in names if os.path.lexists(path.with_name(name))), None)
