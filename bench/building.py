"""A night built in the warehouse and one built beside it: what the one server is spared.

Belongs here: what each server spends on a night. Does not belong here: how many workers there are (workers.py).

Every night is the first of its deliveries, in a warehouse of its own that has the demonstration published.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench import country, workers
from bench.measuring import median, processor_seconds, ratios
from bench.table import Row
from dagster_project.settings import EMBEDDED
from dagster_project.warehouse import building


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Nights of every size, in turn."""
    for size in country.sizes("4"):
        spent: dict[str, list[float]] = {"": [], EMBEDDED: []}
        taken: dict[str, list[float]] = {"": [], EMBEDDED: []}
        for _ in range(country.runs_of(size, runs)):
            for server in spent:
                settings = country.demonstration(scratch / "home")
                workers.deliver(settings, size)
                if server:
                    os.environ["BOLIG_BUILD_SERVER"] = server
                try:
                    before, began = processor_seconds(settings), time.perf_counter()
                    country.bolig(settings, "nightly")
                    taken[server].append(time.perf_counter() - began)
                    spent[server].append(processor_seconds(settings) - before)
                    building.stop(settings.model_copy(update={"build_server": server or None}))
                finally:
                    os.environ.pop("BOLIG_BUILD_SERVER", None)
                country.bolig(settings, "db", "stop")
                shutil.rmtree(settings.home)
        for what, seconds in (
            (f"a night of {size} municipalities: processor seconds of the warehouse's server", spent),
            (f"a night of {size} municipalities, by the clock on one machine", taken),
        ):
            beside = ratios(seconds[EMBEDDED], seconds[""])
            yield Row(
                "building",
                f"{what}, built beside it",
                median(seconds[EMBEDDED]),
                "s",
                len(beside),
                "built in it",
                median(seconds[""]),
                median(beside),
                min(beside),
                max(beside),
            )
