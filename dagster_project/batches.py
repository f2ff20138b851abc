"""A large night, dealt to batches: runs of their own, so many at once as there are workers.

Belongs here: which deliveries make a batch, and running batches from the command line.
Does not belong here: what a batch locks and records (nights.py), what it does (defs/), and Dagster's daemon, which runs
the same batches from its queue (defs/night.py).

One run would need the memory and disk of the whole country, one failure would stop all, and one core would do it.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

from dagster_project import nights, quality, warehouse
from dagster_project.landing import delivery, door
from dagster_project.settings import Settings

progress = logging.getLogger("bolig.night")


@contextmanager
def dealt(
    settings: Settings,
    landing: Path | None = None,
    municipality_no: str | None = None,
    extract_date: date | None = None,
) -> Iterator[list[nights.Batch]]:
    """The night's batches, as they are recorded, and the warehouse held for them; none where one run can do it.

    What is published already, as it stands in the landing folder, is in none of them. Raises NightInProgress,
    WarehouseError.
    """
    try:
        found = delivery.find(landing or settings.landing, municipality_no, extract_date)
    except delivery.NothingDelivered:
        found = []  # the run says more of it
    if len(found) <= settings.batch_size:
        yield []
        return
    warehouse.prepare(settings)
    nights.prepare(settings)
    with nights.lock_for_batches(settings), warehouse.connect(settings, autocommit=True) as connection:
        door.prepare(connection)
        quality.prepare(connection)
        version = nights.code_version()
        pending = [each for each in found if nights.published_load(connection, each, version) is None]
        if len(pending) <= settings.batch_size:
            yield []
        else:
            yield nights.plan(connection, f"batches-{uuid4()}", _dealt(pending, settings.batch_size))


def _dealt(deliveries: Sequence[delivery.Delivery], size: int) -> list[list[str]]:
    """Their numbers in batches that take about as long each: the largest delivery first, each to the lightest batch."""
    batches: list[list[str]] = [[] for _ in range(-(-len(deliveries) // size))]
    weights = [0] * len(batches)
    # every municipality costs something, however little it delivers
    weight = {each.municipality_no: 100_000 + _bytes(each.path) for each in deliveries}
    for number in sorted(weight, key=lambda number: (-weight[number], number)):
        lightest = weights.index(min(weights))
        batches[lightest].append(number)
        weights[lightest] += weight[number]
    return [sorted(batch) for batch in batches]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run(
    settings: Settings, batches: Sequence[nights.Batch], landing: Path | None = None, extract_date: date | None = None
) -> nights.NightOutcome:
    """Run the batches in processes of their own, so many at once as there are workers; how the night ended.

    A batch that fails, or whose process is killed, leaves the others as they are.
    """
    of_all = ["--landing", str(landing)] if landing else []
    of_all += ["--date", extract_date.isoformat()] if extract_date else []

    def one(batch: nights.Batch) -> None:
        numbers = f"{len(batch.municipality_nos)} municipalities"
        progress.info("Batch %d of %d begins: %s.", batch.number, len(batches), numbers)
        bolig = str(Path(sys.executable).with_name("bolig"))
        command = [bolig, "batch", str(batch.part_of), str(batch.number), *of_all]
        done = subprocess.run(command, env=os.environ | {"BOLIG_HOME": str(settings.home)}, check=False)
        ended = {0: "all published", 1: "not all published"}.get(done.returncode, f"ended with {done.returncode}")
        progress.info("Batch %d of %d: %s.", batch.number, len(batches), ended)

    with ThreadPoolExecutor(settings.workers) as workers:
        list(workers.map(one, batches))
    with warehouse.connect(settings, autocommit=True) as connection:
        nights.settle(connection, batches[0].part_of)
        outcome = nights.outcome_of(connection, batches[0].part_of)
    assert outcome
    return outcome
