"""A country to measure on: the demonstration's municipality many times over, each under a number of its own.

Belongs here: making it. Does not belong here: what is measured on it.

The copies are set-based: a table's rows of the demonstration once more under each number, a municipality after the
other as the nights would have written them. Their figures are all the same; only how many there are counts.
"""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import warehouse
from dagster_project.night.dbt import manifest, published_tables
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from dagster_project.vocabulary.municipalities import MUNICIPALITY_NUMBERS

if TYPE_CHECKING:
    from psycopg import Connection

BOLIG = Path(sys.executable).with_name("bolig")
DEMONSTRATION = "0220"
FIRST_NUMBER = 1101
OFTEN = 10


def sizes(default: str) -> list[int]:
    """How many municipalities to measure with, from BENCH_SIZES or this; each size once, the smallest first."""
    return sorted({int(size) for size in os.environ.get("BENCH_SIZES", default).split(",")})


def runs_of(size: int, runs: int) -> int:
    """How often a country of this size is measured: what disturbs a short run is little of a long one."""
    return runs if size <= OFTEN else 1


def numbers(count: int) -> list[str]:
    """So many numbers, the demonstration's first; none of the others was merged or renumbered."""
    with MUNICIPALITY_NUMBERS.open(encoding="utf-8", newline="") as file:
        known = {row["municipality_no"] for row in csv.DictReader(file)}
    others = (str(number) for number in range(FIRST_NUMBER, 10000) if str(number) not in known)
    return list(islice([DEMONSTRATION, *others], count))


def some(count: int, wanted: int) -> list[str]:
    """As many numbers of a country of `count` as are wanted, from all over it; the same each time."""
    every = numbers(count)
    return [every[place * count // wanted] for place in range(wanted)]


def demonstration(home: Path) -> Settings:
    """A home with the demonstration published, made by the commands where it is not there; its server fit for many."""
    settings = Settings(BOLIG_HOME=home)  # type: ignore[call-arg]
    if not (home / "published").exists():
        bolig(settings, "demo")
        bolig(settings, "nightly")
        _tune(settings)
        (home / "published").touch()
    return settings


def bolig(settings: Settings, *arguments: str) -> str:
    """Run a command of the warehouse in this home, and give what it prints. Raises CalledProcessError."""
    environment = os.environ | {"BOLIG_HOME": str(settings.home)}
    return subprocess.run([BOLIG, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


# What a server of many municipalities would be given, and that of one need not be; nothing that a crash would be paid
# with. Without replicas, a table that is filled in the transaction that empties it need not be logged.
SERVER = {
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


def _tune(settings: Settings) -> None:
    """Give the server its settings, by its superuser, and start it with them."""
    import psycopg

    # by commands: this process would remember the server that it stops
    superuser = bolig(settings, "db", "url").strip().replace("bolig_owner@", "postgres@", 1)
    with psycopg.connect(superuser, autocommit=True) as connection:
        for name, value in SERVER.items():
            connection.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    bolig(settings, "db", "stop")
    bolig(settings, "db", "url")


def published(home: Path, count: int) -> Settings:
    """A home with so many municipalities published; made anew only where it has another number of them."""
    settings = demonstration(home)
    with warehouse.connect(settings, autocommit=True) as connection:
        (present,) = connection.execute("select count(*) from scorecard.publication").fetchone() or (0,)
        if present != count:
            clone_published(connection, published_tables(manifest(settings)), numbers(count))
    return settings


def clone_raw(connection: "Connection[Any]", municipality_nos: Sequence[str]) -> None:
    """Make raw, and the scope of the night, that of these municipalities."""
    for name in [*(table.raw_name for table in contracts.tables().values()), "scope"]:
        _clone(connection, "raw", name, municipality_nos)


def clone_published(
    connection: "Connection[Any]", tables: Iterable[tuple[str, str]], municipality_nos: Sequence[str]
) -> None:
    """Publish these municipalities: `tables` that models build, and what says which are published."""
    for schema, name in [*tables, ("scorecard", "publication")]:
        _clone(connection, schema, name, municipality_nos)


def _clone(connection: "Connection[Any]", schema: str, name: str, municipality_nos: Sequence[str]) -> None:
    """Give a table the demonstration's rows under each of these numbers, and no others."""
    table = sql.Identifier(schema, name)
    columns = [
        column.name
        for column in connection.execute(sql.SQL("select * from {} limit 0").format(table)).description or ()
    ]
    if "municipality_no" not in columns:
        return
    others = sql.SQL(", ").join(sql.Identifier(column) for column in columns if column != "municipality_no")
    one = sql.Identifier("bench", f"{schema}_{name}")
    with connection.transaction():
        # kept: a country of none has no rows to make another of
        connection.execute("create schema if not exists bench")
        connection.execute(
            sql.SQL("create table if not exists {} as select * from {} where municipality_no = {}").format(
                one, table, DEMONSTRATION
            )
        )
        connection.execute(sql.SQL("truncate {}").format(table))
        for number in municipality_nos:
            connection.execute(
                sql.SQL("insert into {} (municipality_no, {others}) select {}, {others} from {}").format(
                    table, number, one, others=others
                )
            )
    connection.execute(sql.SQL("vacuum (analyze) {}").format(table))
