"""A large night, dealt to batches: runs of their own, so many at once as there are workers.

Belongs here: which deliveries make a batch, and running batches from the command line.
Does not belong here: what a batch locks and records (holding.py, record.py), what it does (defs/), and Dagster's
daemon, which runs the same batches from its queue (defs/night.py).

One run would need the memory and disk of the whole country, one failure would stop all, and one core would do it.
"""

import heapq
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dagster_project import warehouse
from dagster_project.landing import delivery
from dagster_project.night import dbt, holding, publication, record
from dagster_project.night.record import progress
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


@contextmanager
def dealt(
    settings: Settings,
    landing: Path | None = None,
    municipality_no: str | None = None,
    extract_date: date | None = None,
) -> Iterator[list[record.Batch]]:
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
    with holding.lock_for_batches(settings), holding.opened(settings) as connection:
        version = dbt.code_version()
        pending = [each for each in found if publication.published_load(connection, each, version) is None]
        if len(pending) <= settings.batch_size:
            yield []
        else:
            weights = {each.municipality_no: _weight(each) for each in pending}
            dealt_to = deal(weights, settings.batch_size, settings.workers)
            yield record.plan(connection, f"batches-{uuid4()}", dealt_to)


def deal(weights: Mapping[str, int], size: int, workers: int) -> list[list[str]]:
    """Municipalities by weight, in batches that weigh about the same: the heaviest first, each to the lightest batch.

    Batches of about `size`, and as many as keep all workers at work to the end: of 5 for two, the last would be one's
    alone.
    """
    rounds = math.ceil(len(weights) / size / workers)
    batches: list[list[str]] = [[] for _ in range(min(rounds * workers, len(weights)))]
    heap = [(0, place) for place in range(len(batches))]
    for number in sorted(weights, key=lambda number: (-weights[number], number)):
        weight, place = heap[0]
        batches[place].append(number)
        heapq.heapreplace(heap, (weight + weights[number], place))
    return [sorted(batch) for batch in batches]


def _weight(each: delivery.Delivery) -> int:
    """What a delivery costs, in bytes: something, however little it holds."""
    return 100_000 + sum(path.stat().st_size for path in each.path.rglob("*") if path.is_file())


def run(
    settings: Settings, batches: Sequence[record.Batch], landing: Path | None = None, extract_date: date | None = None
) -> record.NightOutcome:
    """Run the batches in as many processes as there are workers, each one batch after the other; gives how it ended.

    A batch that fails leaves the others as they are. Where a worker is killed, its batch has failed, and another worker
    takes up the rest. Raises LockHeld where somebody elsewhere is at work on one for too long.
    """
    part_of = batches[0].part_of
    command = [str(Path(sys.executable).with_name("bolig")), "worker", str(part_of)]
    command += ["--landing", str(landing)] if landing else []
    command += ["--date", extract_date.isoformat()] if extract_date else []

    def work(connection: "Connection[Any]") -> bool:
        is_well = True
        # each of them takes up one batch at least, or there is something that another try would not mend
        for _ in batches:
            done = subprocess.run(command, env=os.environ | {"BOLIG_HOME": str(settings.home)}, check=False)
            is_well &= done.returncode == 0
            if done.returncode not in (0, 1):
                progress.warning("A worker ended with %d; Dagster and the log say more.", done.returncode)
            if record.is_all_taken(connection, part_of):
                break
        return is_well

    with ExitStack() as open_until_the_end:
        connections = [
            open_until_the_end.enter_context(warehouse.connect(settings, autocommit=True))
            for _ in range(min(settings.workers, len(batches)))
        ]
        progress.info("%d batches, %d at once ...", len(batches), len(connections))
        with ThreadPoolExecutor(len(connections)) as workers:
            is_well = all(list(workers.map(work, connections)))
        # on other machines others may have taken up some (`bolig worker`)
        holding.wait_for_workers(connections[0], part_of)
        record.settle(connections[0], part_of)
        outcome = record.outcome_of(connections[0], part_of)
    assert outcome
    if outcome.is_complete and not is_well:
        message = f"{outcome.message}\nAll is published, but a worker failed; what it said stands above."
        return replace(outcome, message=message, is_complete=False)
    return outcome
