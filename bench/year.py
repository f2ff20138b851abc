"""A year of nights: what a night and a backup cost, and how large history is, after 1, 30, 90, 180 and 365 of them.

Belongs here: nights before the one that is measured. Does not belong here: what a night's parts take (night.py).

The nights before are not run: history is given the versions that they would have left, a hundredth of every table's
rows closed and opened by each, in the order in which nights would have written them. The one that is measured is a real
night, of the demonstration's next delivery; the other municipalities deliver nothing on it.
"""

import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

from bench import country
from bench.measuring import processor_seconds
from bench.night import FIRST_DAY
from bench.table import Row
from dagster_project import warehouse
from dagster_project.demo import write_delivery
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts

if TYPE_CHECKING:
    from psycopg import Connection

CHECKPOINTS = (1, 30, 90, 180, 365)
CHANGED = 100  # one row of so many changes in a night
MOST_GROWTH = 1.25

HISTORY = (
    "select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = 'history'::regnamespace"
    " and relkind = 'r'"
)


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Each size once, in a warehouse of its own."""
    for size in country.sizes("1,20"):
        settings = country.demonstration(scratch / str(size) / "home")
        settings.mark_as_demonstration()
        with warehouse.connect(settings, autocommit=True) as connection:
            _spread(connection, country.numbers(size))
        first: dict[str, float] = {}
        for number, nights in enumerate(CHECKPOINTS):
            with warehouse.connect(settings, autocommit=True) as connection:
                _age(connection, CHECKPOINTS[number - 1] if number else 0, nights)
            for what, value, unit, is_flat in _measured(settings, FIRST_DAY + timedelta(days=number + 1)):
                growth = value / first.setdefault(what, value)
                yield Row(
                    "year",
                    f"{what}, {size} municipalities, after {nights} nights",
                    value,
                    unit,
                    against="after the first",
                    other=first[what],
                    ratio=growth,
                    goal=f"at most {MOST_GROWTH} ×" if is_flat else "",
                    met=growth <= MOST_GROWTH if is_flat else None,
                )


def _spread(connection: "Connection[Any]", numbers: list[str]) -> None:
    """Give each municipality the demonstration's history and delivery."""
    for number in numbers[1:]:
        for table in contracts.tables().values():
            columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
            connection.execute(
                sql.SQL(
                    "insert into {0} (municipality_no, {1}, loads) select {2}, {1}, loads from {0}"
                    " where municipality_no = {3}"
                ).format(sql.Identifier("history", table.raw_name), columns, number, country.DEMONSTRATION)
            )
    connection.execute("vacuum (analyze)")


def _age(connection: "Connection[Any]", since: int, until: int) -> None:
    """Leave in history what the nights after `since` and before `until` would have left.

    What a row says stays the same, so a backup presses it more than it would; and a night's number is that of a load
    for all municipalities.
    """
    loads = connection.execute(
        "insert into landing.delivery"
        " (municipality_no, extract_date, as_of, status, is_backfill, content_sha256)"
        " select %s, %s::date - 1000 + n, %s::date - 1001 + n, 'accepted', true, n::text"
        " from generate_series(%s::integer, %s) as n returning load_id",
        [country.DEMONSTRATION, FIRST_DAY, FIRST_DAY, since + 1, until - 1],
    ).fetchall()
    if not loads:
        return
    terms: dict[str, Any] = {"first": min(loads)[0], "last": max(loads)[0], "changed": CHANGED}
    for table in contracts.tables().values():
        names = {
            "history": sql.Identifier("history", table.raw_name),
            "columns": sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
            "key": sql.SQL(", ").join(map(sql.Identifier, table.key)),
            "same": sql.SQL(" and ").join(sql.SQL("h.{0} = v.{0}").format(sql.Identifier(name)) for name in table.key),
        }
        for statement in _VERSIONS:
            connection.execute(sql.SQL(statement).format(**names), terms)
    connection.execute("vacuum (analyze)")


# each row has its night in a hundred; in a year it has three or four
_VERSIONS: tuple[LiteralString, ...] = (
    """create temporary table versions as
    select h.*, load, lead(load) over (partition by place order by load) as next_load
    from (
        select *, row_number() over (order by municipality_no, {key}) as place from {history} where upper_inf(loads)
    ) as h
    cross join generate_series(%(first)s::bigint, %(last)s) as load
    where (place + load) %% %(changed)s = 0""",
    """update {history} as h set loads = h.loads - int8multirange(int8range(v.load, null))
    from (
        select municipality_no, {key}, min(load) as load from versions group by municipality_no, {key}
    ) as v
    where upper_inf(h.loads) and h.municipality_no = v.municipality_no and {same}""",
    """insert into {history} (municipality_no, {columns}, loads)
    select municipality_no, {columns}, int8multirange(int8range(load, next_load)) from versions
    order by load, municipality_no""",
    "drop table versions",
)


def _measured(settings: Settings, day: date) -> Iterator[tuple[str, float, str, bool]]:
    """What is measured with the delivery of this day: what, value, unit, and whether it is to stay as it was."""
    write_delivery(settings.landing, extract_date=day)
    spent, began = processor_seconds(settings), time.perf_counter()
    country.bolig(settings, "nightly")
    yield "a night on which one delivers", time.perf_counter() - began, "s", True
    yield "the same, the server's processor seconds", processor_seconds(settings) - spent, "s", True
    with warehouse.connect(settings) as connection:
        (size,) = connection.execute(HISTORY).fetchone() or (0,)
    yield "history", float(size) / 2**20, "MiB", False
    backups = settings.home / "backups"
    began = time.perf_counter()
    country.bolig(settings, "backup", "--to", str(backups))
    yield "a backup", time.perf_counter() - began, "s", False
    yield "the backup's files", sum(f.stat().st_size for f in backups.rglob("*") if f.is_file()) / 2**20, "MiB", False
    shutil.rmtree(backups)
