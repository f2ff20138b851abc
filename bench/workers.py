"""A large night from the landing folder to what is published, by one worker and by two.

Belongs here: nights of many real deliveries. Does not belong here: how they are dealt (night/batches.py).

Every night is the first of its deliveries, in a warehouse of its own that has the demonstration published.
"""

import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench import country
from bench.measuring import median, peak_memory, ratios
from bench.table import Row
from dagster_project.settings import Settings

BATCHES = 4


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Nights of every size."""
    for size in country.sizes("4"):
        batch = min(Settings().batch_size, math.ceil(size / BATCHES))
        seconds: dict[int, list[float]] = {1: [], 2: []}
        peaks = dict.fromkeys(seconds, 0)
        for _ in range(country.runs_of(size, runs)):
            for workers, taken in seconds.items():
                settings = country.demonstration(scratch / "home")
                deliver(settings, size)
                with peak_memory(settings) as peak:
                    taken.append(_night(settings, workers, batch))
                peaks[workers] = max(peaks[workers], peak.total)
                country.bolig(settings, "db", "stop")
                shutil.rmtree(settings.home)
        speed_up = ratios(seconds[2], seconds[1])
        yield Row(
            "workers",
            f"a night of {size} municipalities in batches of {batch}, two workers",
            median(seconds[2]),
            "s",
            len(seconds[2]),
            "one worker",
            median(seconds[1]),
            median(speed_up),
            min(speed_up),
            max(speed_up),
        )
        what = f"a night of {size} municipalities, two workers: memory of all processes, the server's too"
        yield Row("workers", what, peaks[2] / 2**20, "MiB", against="one worker", other=peaks[1] / 2**20)


def deliver(settings: Settings, size: int) -> None:
    """Put the demonstration's delivery there once more under so many other numbers."""
    delivered = settings.landing / country.DEMONSTRATION
    for number in country.numbers(size + 1)[1:]:
        shutil.copytree(delivered, settings.landing / number, copy_function=os.link)


def _night(settings: Settings, workers: int, batch: int) -> float:
    os.environ |= {"BOLIG_WORKERS": str(workers), "BOLIG_BATCH": str(batch)}
    began = time.perf_counter()
    country.bolig(settings, "nightly")
    return time.perf_counter() - began
