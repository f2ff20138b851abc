"""The door: takes a delivery in, or refuses it, and says which and why.

Belongs here: the decision, the thresholds, and the one transaction that writes a delivery.
Does not belong here: how files are read (delivery.py, files/), what a row must hold (rules.py), and SQL (raw.py,
history.py, books.py).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from dagster_project import BoligError
from dagster_project.landing import books, history, people, raw
from dagster_project.landing.delivery import Delivery, Reading, fingerprint, read
from dagster_project.landing.files.extract import FILE, LINE, Fault, ask
from dagster_project.landing.raw import Connection
from dagster_project.landing.rules import Judged, Metrics, judge
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from dagster_project.vocabulary.contracts import Source, sources, tables
from dagster_project.warehouse import building

Status = Literal["accepted", "unchanged", "refused", "too_old"]


class DoorError(BoligError):
    """The door itself failed, not the delivery; nothing of it was written. The message quotes no data."""


@dataclass(frozen=True)
class FileCount:
    """What became of one file's rows for one table; loaded + quarantined = delivered."""

    source: str
    table: str
    file: str
    rows_delivered: int
    rows_loaded: int
    rows_quarantined: int
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What the door says to a delivery.

    `load_id`: the load that raw now holds; of a refused delivery the number of the refusal, else None.
    `standing_load_id`: the newest accepted load of the municipality before this one, None where there is none.
    """

    status: Status
    delivery: Delivery
    load_id: int | None = None
    standing_load_id: int | None = None
    files: list[FileCount] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ignored_files: list[str] = field(default_factory=list)
    is_backfill: bool = False

    @property
    def rows_loaded(self) -> int:
        return sum(file.rows_loaded for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        return sum(file.rows_quarantined for file in self.files)

    def lines(self) -> list[str]:
        """The receipt in plain words, line by line."""
        what = f"The delivery of {self.delivery.municipality_no} of {self.delivery.extract_date}"
        if self.status == "too_old":
            return [
                f"{what} is older than the newest one loaded; it was left where it is. "
                "Load it with a backfill if its figures are wanted."
            ]
        if self.status == "unchanged":
            return [f"{what} was loaded before (load {self.load_id}); nothing has changed."]
        if self.status == "refused":
            return [f"{what} is refused: {_count(len(self.faults), 'fault')}."] + [
                f"- {fault.message}" for fault in self.faults
            ]
        kind = " as a backfill" if self.is_backfill else ""
        lines = [
            f"{what} is loaded{kind} (load {self.load_id}): {_count(self.rows_loaded, 'row')} "
            f"from {_count(len(self.files), 'file')}, {_count(self.rows_quarantined, 'row')} in quarantine."
        ]
        for file in self.files:
            if file.rows_quarantined:
                lines.append(
                    f"- {file.file}: {file.rows_quarantined:,} of {_count(file.rows_delivered, 'row')} of {file.table} "
                    "in quarantine; `bolig status` says why."
                )
            if file.ignored_columns:
                lines.append(f"- {file.file}: not in the contract, ignored: {', '.join(file.ignored_columns)}.")
        lines += [f"- {name}: not in any contract, ignored." for name in self.ignored_files]
        return lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def open_night(connection: Connection) -> None:
    """Empty raw: tonight's run begins with nothing in scope."""
    with connection.transaction():
        raw.empty_raw(connection)


def analyze_raw(connection: Connection) -> None:
    """Let the planner know what raw holds. To be called when all of tonight's deliveries are in."""
    raw.analyze_raw(connection)


def index_history(connection: Connection) -> None:
    """Let history's indexes know what was added. To be called when all of tonight's deliveries are in."""
    history.index_history(connection)


def leave_out(connection: Connection, municipality_no: str) -> None:
    """Take a municipality out of raw and of tonight's scope; its history stays."""
    with connection.transaction():
        raw.leave_scope(connection, municipality_no)


def restore(connection: Connection, load_id: int) -> Delivery:
    """Put an accepted load back into raw as it was, and into tonight's scope. Raises DoorError for any other number."""
    with connection.transaction():
        row = connection.execute(
            "select municipality_no, extract_date from landing.delivery where load_id = %s and status = 'accepted'",
            [load_id],
        ).fetchone()
        if row is None:
            raise DoorError(f"There is no accepted load {load_id}; landing.delivery lists them.")
        raw.restore(connection, connection, municipalities.numbers_of(row[0]), row[0], load_id)
    return Delivery(row[0], row[1], Path())


def receive(
    connection: Connection,
    delivery: Delivery,
    settings: Settings,
    metrics: Metrics | None,
    *,
    backfill: bool = False,
    build: Connection | None = None,
) -> Receipt:
    """Check a delivery and load it into raw and history, or refuse it; all of it or nothing, in one transaction.

    Afterwards raw holds the delivery where it was accepted or unchanged, and is as before where it was refused or
    too old. `metrics`: by metric and dimension the values that governance may name (None: not checked).
    `backfill`: also take a delivery older than the newest one loaded; the current figures are left alone.
    `build`: where raw is, if that is not in the warehouse (warehouse/building.py).
    Raises psycopg.OperationalError where the server is away (a later try may succeed), DoorError where the door
    itself fails, PersonalKeyError where there is no usable key.
    """
    try:
        return _receive(connection, build or connection, delivery, settings, metrics, backfill)
    except (DoorError, people.PersonalKeyError):
        raise
    # a panic of polars is no Exception
    except (Exception, pl.exceptions.PanicException) as error:
        message = f"The door failed ({_place(error)}); nothing of the delivery was written."
        kind = psycopg.OperationalError if isinstance(error, psycopg.OperationalError) else DoorError
    # libraries below may quote rows: raised out here, the error leads back to none of them
    raise kind(message)


def _receive(
    connection: Connection,
    build: Connection,
    delivery: Delivery,
    settings: Settings,
    metrics: Metrics | None,
    backfill: bool,
) -> Receipt:
    number, day = delivery.municipality_no, delivery.extract_date
    numbers = municipalities.numbers_of(number)
    with connection.transaction():
        # what was merged into another municipality is as old as that one's deliveries make it
        newest = books.newest_accepted(connection, [*numbers, *municipalities.merged_into(number)])
        same_day = books.newest_accepted(connection, numbers, until=day)
    standing = newest["load_id"] if newest else None
    is_backfill = newest is not None and day < newest["extract_date"]
    if is_backfill and not backfill:
        return Receipt("too_old", delivery, standing_load_id=standing)
    is_known = same_day is not None and (same_day["municipality_no"], same_day["extract_date"]) == (number, day)
    if same_day and is_known and same_day["content_sha256"] == fingerprint(delivery, settings):
        with building.transactions(connection, build):
            raw.restore(connection, build, numbers, number, same_day["load_id"])
        return Receipt("unchanged", delivery, same_day["load_id"], standing, is_backfill=is_backfill)

    keys = people.personal_keys(settings)
    with connection.transaction():
        _hold_keys_against_warehouse(connection, keys)
        erased = _Erased(books.erased_persons(connection, municipalities.lineage(number), day), keys, number)
    reading = read(delivery, settings)
    faults = list(reading.faults)
    with connection.transaction():
        faults += _shrunk(connection, reading, numbers, day, settings)
        if renaming := municipalities.renaming(number, books.first_number(connection, numbers)):
            faults.append(Fault(str(delivery.path), None, "another first number of the municipality", renaming))
    judged: dict[str, Judged] = {}
    if not faults:
        with connection.transaction():
            unforeseen = books.without_forecast(connection, numbers)
        judged = judge(reading.extracts, tables(), day >= people.RELAXED_FROM, metrics, erased, unforeseen)
        faults += _too_many_bad_rows(judged, settings)
        if settings.is_demonstration:
            faults += _real_people(judged, relaxed=day >= people.RELAXED_FROM)
    if faults:
        with connection.transaction():
            # tonight's refusal of the same bytes takes the place of last night's
            connection.execute(
                "delete from landing.delivery where municipality_no = %s and extract_date = %s"
                " and status = 'refused' and content_sha256 = %s",
                [number, day, reading.sha256],
            )
            load_id = _enter(connection, delivery, "refused", is_backfill, reading.sha256, faults)
        return Receipt(
            "refused",
            delivery,
            load_id,
            standing,
            faults=faults,
            ignored_files=reading.ignored_files,
            is_backfill=is_backfill,
        )

    frames = {name: _pseudonymised(table.accepted(), table, keys, number) for name, table in judged.items()}
    files = [count for table in judged.values() for count in _counts(table)]
    with building.transactions(connection, build):
        history.widen(connection)
        load_id = _enter(connection, delivery, "accepted", is_backfill, reading.sha256, [])
        books.keep_key_fingerprint(connection, people.key_fingerprint(keys))
        books.keep_first_number(connection, number)
        if not is_backfill:
            books.let_go(connection, municipalities.lineage(number), day, sorted(erased.found))
        brought = [f"{table.table.source}/{name}" for name, table in judged.items()]
        raw.enter_scope(connection, build, numbers, number, load_id, brought)
        is_first = history.is_first(connection, number, load_id)
        for name, table in tables().items():
            if name in frames:
                raw.copy_rows(build, table, number, load_id, frames.pop(name))
            else:
                last = books.newest_accepted(connection, numbers, until=day, table_name=name)
                if last:
                    last_load = (last["municipality_no"], last["load_id"])
                    raw.stand_in(connection, build, table, number, load_id, last_load)
            # compared where history is: a row goes there once, of history none comes
            raw.lend(connection, build, table.raw_name, [number])
            history.remember(connection, table, number, load_id, is_first=is_first, is_backfill=is_backfill)
        raw.bring_versions(connection, build, number)
        _keep_books(connection, number, load_id, judged, files)
    return Receipt(
        "accepted", delivery, load_id, standing, files, ignored_files=reading.ignored_files, is_backfill=is_backfill
    )


def _hold_keys_against_warehouse(connection: Connection, keys: people.Keys) -> None:
    """Other keys would make other people of everybody, and say nothing. Raises PersonalKeyError."""
    known = books.key_fingerprint(connection)
    if known in (None, people.key_fingerprint(keys)):
        return
    if any(known == people.key_fingerprint(keys[:n]) for n in range(1, len(keys))):
        raise people.PersonalKeyError(
            "A key was added to the pseudonyms' keys, and the warehouse does not know it yet. Run `bolig rotate-key`; "
            "nothing was loaded."
        )
    raise people.PersonalKeyError(
        "The pseudonyms' key is another than the one that this warehouse was loaded with: the same people would get "
        "other pseudonyms. Put the former key back (BOLIG_PSEUDONYM_KEY, or the file pseudonym_key in the home's "
        "secrets, which a backup's secrets have); nothing was loaded."
    )


@dataclass
class _Erased:
    """Says which numbers are of erased persons, and remembers which of them it was asked about."""

    pseudonyms: frozenset[str]
    keys: people.Keys
    municipality_no: str
    found: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.pseudonyms)

    def __call__(self, numbers: pl.Series) -> pl.Series:
        distinct = numbers.drop_nulls().unique()
        names = people.pseudonyms(distinct.to_list(), self.keys, self.municipality_no)
        erased = [name in self.pseudonyms for name in names]
        self.found |= self.pseudonyms.intersection(names)
        return numbers.is_in(distinct.filter(pl.Series(erased, dtype=pl.Boolean)).implode()).fill_null(False)


def _place(error: BaseException) -> str:
    """An error's class and place, without its words."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    state = f", SQLSTATE {error.sqlstate}" if isinstance(error, psycopg.Error) and error.sqlstate else ""
    return f"{type(error).__name__}{state} at {place}"


def _enter(
    connection: Connection, delivery: Delivery, status: Status, is_backfill: bool, sha256: str, faults: list[Fault]
) -> int:
    row = connection.execute(
        "insert into landing.delivery"
        " (municipality_no, extract_date, as_of, status, is_backfill, content_sha256, faults)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning load_id",
        [
            delivery.municipality_no,
            delivery.extract_date,
            delivery.as_of,
            status,
            is_backfill,
            sha256,
            Jsonb([asdict(fault) for fault in faults]),
        ],
    ).fetchone()
    assert row
    return int(row[0])


def _source(name: str) -> Source:
    return next(source for source in sources() if source.name == name)


# ---------------------------------------------------------------------------------------------- thresholds


def _shrunk(connection: Connection, reading: Reading, numbers: list[str], day: date, settings: Settings) -> list[Fault]:
    """A fault for every table with far fewer rows than in the last accepted delivery of this date or before."""
    faults = []
    for name, extract in reading.extracts.items():
        last = books.newest_accepted(connection, numbers, until=day, table_name=name)
        if last is None:
            continue
        before = books.rows_delivered(connection, last["municipality_no"], last["load_id"])[name]
        now = extract.frame.height
        if before - now > settings.max_shrink_share * before:
            faults.append(
                Fault(
                    extract.files[0],
                    None,
                    f"{now} rows, {before} before",
                    f"{extract.files[0]} has {_count(now, 'row')}; "
                    f"the delivery of {last['extract_date']} had {before:,}. "
                    f"A file that lost over {settings.max_shrink_share:.0%} of its rows is taken for incomplete. "
                    "If it is complete, raise BOLIG_MAX_SHRINK_SHARE for one run. "
                    + ask(_source(extract.table.source)),
                )
            )
    return faults


def _too_many_bad_rows(judged: Mapping[str, Judged], settings: Settings) -> list[Fault]:
    """A fault for every file with too many rows that break a rule of their own (`parent` and `erased` do not count)."""
    faults = []
    for table in judged.values():
        if not table.marks:
            continue
        own = [(rule, column, rows) for rule, column, rows in table.marks if rule not in ("parent", "erased")]
        files, lines = table.extract.frame[FILE], table.extract.frame[LINE]
        bad = (
            pl.concat([rows.cast(pl.UInt32) for _, _, rows in own]).unique() if own else pl.Series([], dtype=pl.UInt32)
        )
        bad_by_file = dict(files[bad].value_counts().iter_rows())
        for at, file in enumerate(table.extract.files):
            count, delivered = bad_by_file.get(at, 0), table.extract.rows[at]
            if count < settings.max_bad_rows or count <= settings.max_bad_share * delivered:
                continue
            details = []
            for rule, column, rows in own:
                here = lines[rows].filter(files[rows] == at)
                if len(here):
                    of = f" in {column}" if column else ""
                    details.append(f"{len(here):,} × {rule}{of} (first on line {here.sort()[0]})")
            faults.append(
                Fault(
                    file,
                    None,
                    f"{count} bad rows of {delivered}",
                    f"{file}: {count:,} of {_count(delivered, 'row')} break a rule: {'; '.join(details)}. "
                    + ask(_source(table.table.source)),
                )
            )
    return faults


def _real_people(judged: Mapping[str, Judged], relaxed: bool) -> list[Fault]:
    """In a demonstration: a fault for every column that holds a possible number of a real person."""
    faults = []
    for table in judged.values():
        elsewhere = {column for rule, column, _ in table.marks if rule == "personal"}
        for column in table.table.columns:
            numbers = table.extract.frame[column.name]
            if column.personal:
                distinct = numbers.drop_nulls().unique()
                held = distinct.filter(people.kinds(distinct, relaxed=relaxed) != "synthetic")
            elif column.name in elsewhere:
                within = people.kinds_within(numbers, relaxed=relaxed)
                held = within.filter(pl.col("kind") != "synthetic")["text"]
            else:
                continue
            if len(held):
                real = table.extract.frame.select(FILE, LINE).filter(numbers.is_in(held.implode()))
                file = table.extract.files[real[FILE][0]]
                faults.append(
                    Fault(
                        file,
                        column.name,
                        f"{real.height} numbers that are not synthetic, first on line {real[LINE][0]}",
                        f"{file} holds {_count(real.height, 'number')} in {column.name} that may belong to real people "
                        f"(first on line {real[LINE][0]}). A demonstration takes synthetic numbers only (80 added "
                        "to the month); real data belongs in an installation of its own. Nothing was loaded.",
                    )
                )
    return faults


# ---------------------------------------------------------------------------------------------- writing


def _pseudonymised(frame: pl.DataFrame, judged: Judged, keys: people.Keys, municipality_no: str) -> pl.DataFrame:
    """The rows with a pseudonym for every personal number."""
    for column in judged.table.columns:
        if column.personal:
            distinct = frame[column.name].drop_nulls().unique()
            names = pl.Series(people.pseudonyms(distinct.to_list(), keys, municipality_no), dtype=pl.String)
            frame = frame.with_columns(pl.col(column.name).replace_strict(distinct, names, return_dtype=pl.String))
    return frame


def _counts(judged: Judged) -> list[FileCount]:
    """What became of each file's rows: each number is counted for itself, and the table of the books adds them up."""
    loaded, quarantined = (
        dict(judged.frame[FILE].filter(rows).value_counts().iter_rows())
        for rows in (~judged.quarantined, judged.quarantined)
    )
    return [
        FileCount(
            judged.table.source,
            judged.table.name,
            file,
            delivered,
            loaded.get(at, 0),
            quarantined.get(at, 0),
            tuple(judged.extract.ignored[at]),
        )
        for at, (file, delivered) in enumerate(zip(judged.extract.files, judged.extract.rows, strict=True))
    ]


def _keep_books(
    connection: Connection, number: str, load_id: int, judged: Mapping[str, Judged], files: list[FileCount]
) -> None:
    books.copy_books(
        connection,
        "delivery_file",
        "municipality_no load_id source table_name file rows_delivered rows_loaded rows_quarantined ignored_columns",
        [
            (number, load_id, f.source, f.table, f.file)
            + (f.rows_delivered, f.rows_loaded, f.rows_quarantined, list(f.ignored_columns))
            for f in files
        ],
    )
    for table in judged.values():
        books.copy_books(
            connection,
            "quarantined_row",
            "municipality_no load_id source table_name file line column_name rule value message",
            [
                [number, load_id, table.table.source, table.table.name, table.extract.files[file], line, *rest]
                for _, file, line, *rest in table.faults().iter_rows()
            ],
        )
