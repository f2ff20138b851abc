"""A country's landing folder through dealing, locks and records, without data: what a municipality costs of each.

Belongs here: what is done once for each municipality or batch beside loading and building. Does not belong here: nights
with deliveries (workers.py).

The folders of the deliveries are empty, and what the door and the publication would record of them is written as they
write it. So what grows with the square of the number of municipalities is seen, and nothing hides it. Processor seconds
of this process and of the server: most of the clock's are the disk's, which each record waits for.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench.country import sizes
from bench.measuring import processor_seconds
from bench.table import Row
from dagster_project import warehouse
from dagster_project.landing import delivery
from dagster_project.night import batches, holding, publication, record
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

DAY = date(2011, 1, 1)
MOST_GROWTH = 1.5


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Each size once, in a warehouse and a landing folder of its own."""
    smallest: dict[str, float] = {}
    for size in sizes("100,1000,10000"):
        for what, seconds in measured(scratch / str(size), size).items():
            each = seconds * 1000 / size
            first = smallest.setdefault(what, each)
            yield Row(
                "dealing",
                f"{size} municipalities, each: {what}",
                each,
                "ms",
                against="of the smallest country",
                other=first,
                ratio=each / first,
                goal=f"at most {MOST_GROWTH} ×",
                met=each / first <= MOST_GROWTH,
            )


def measured(scratch: Path, size: int) -> dict[str, float]:
    """Processor seconds of each step of two nights of so many: one that delivered, and one with nothing new."""
    settings = Settings(BOLIG_HOME=scratch / "home")  # type: ignore[call-arg]
    landing = scratch / "landing"
    # of 10,000 all that there can be: what was renumbered since is one municipality under its newest number
    for number in range(10_000 - size, 10_000):
        (landing / f"{number:04}" / DAY.isoformat()).mkdir(parents=True)
    seconds: dict[str, float] = {}

    def spent() -> float:
        return sum(os.times()[:2]) + processor_seconds(settings)

    def since(what: str, began: float) -> None:
        seconds[what] = spent() - began

    with holding.lock(settings), holding.opened(settings):
        pass
    with psycopg.connect(
        warehouse.database_url(settings).replace("bolig_owner@", "postgres@"), autocommit=True
    ) as root:
        root.execute("alter system set synchronous_commit = off")
        root.execute("select pg_reload_conf()")
    began = spent()
    with batches.dealt(settings, landing) as dealt:
        since("dealt", began)
        began = spent()
        for _ in dealt:
            _batch(settings, landing, dealt[0].part_of)
        since("held, looked up and recorded by its batch", began)
        began = spent()
        with warehouse.connect(settings, autocommit=True) as connection:
            record.settle(connection, dealt[0].part_of)
            ended = record.outcome_of(connection, dealt[0].part_of)
        since("the night ended and told", began)
    assert ended, "the night has not ended"
    assert ended.is_complete, ended.message
    began = spent()
    with batches.dealt(settings, landing) as dealt:
        assert dealt == [], "all of it is published"
    since("found published, the next night", began)
    return seconds


def _batch(settings: Settings, landing: Path, part_of: int) -> None:
    """What a worker does of a batch beside loading, building and publishing."""
    with warehouse.connect(settings, autocommit=True) as connection:
        batch = record.take(connection, part_of)
        assert batch, "another has taken it"
        with holding.lock_batch(settings, batch) as space:
            night = record.begin_batch(connection, f"{part_of}, {batch.number}", batch, space)
            delivery.find(landing, dealt=batch.municipality_nos)  # once more: for Statistics Norway's figures
            for found in delivery.find(landing, dealt=batch.municipality_nos):
                publication.published_load(connection, found, night.code_version)
                _take(connection, night, found)
            record.finish(connection, night.run_id, "published", "Published.")
        record.is_all_taken(connection, part_of)


def _take(connection: "Connection[Any]", night: record.Night, found: delivery.Delivery) -> None:
    """Record a delivery as accepted and published."""
    number, day = found.municipality_no, found.extract_date
    (load_id,) = connection.execute(
        "insert into landing.delivery"
        " (municipality_no, extract_date, as_of, status, is_backfill, content_sha256, faults)"
        " values (%s, %s, %s, 'accepted', false, %s, '[]') returning load_id",
        [number, day, found.as_of, delivery.fingerprint(found)],
    ).fetchone() or (0,)
    record.record_delivery(connection, night, number, day, load_id, "accepted", "Loaded.")
    connection.execute(
        "insert into scorecard.publication values (%s, %s, %s, %s, %s, now(), %s, '{}')",
        [number, found.as_of, day, load_id, night.night_id, night.code_version],
    )
