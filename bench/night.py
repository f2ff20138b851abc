"""The night: `bolig nightly` on the demonstration, where its time goes, and what its statements alone take.

Belongs here: nights that all have something to do, and their split. Does not belong here: what a night does, and one
without its engines (limit.py).
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from bench import limit
from bench.measuring import median, peak_memory, ratios
from bench.table import Row
from dagster_project.demo import write_delivery
from dagster_project.night.dbt import manifest
from dagster_project.settings import Settings

FIRST_DAY = date(2011, 1, 1)

# Dagster's steps by what a person would call them; what is before the first of them is start-up
STAGES = {
    "statistics": "door",
    "extracts": "door",
    "models": "dbt",
    "publish_gate": "gate",
    "publication": "publish",
    "dashboards": "dashboards",
    "files": "dashboards",
}
START_UP, BETWEEN = "start-up", "between the steps"
# readers see what is new, and do not wait for it
AFTER = "after the last step: what lies ahead of what is published, and the process's end"


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Nights one after the other, each with the delivery of the day after; the first is not counted."""
    os.environ["BOLIG_HOME"] = str(scratch / "home")
    settings = Settings()
    settings.mark_as_demonstration()
    _night(settings, FIRST_DAY)
    without = Settings(BOLIG_HOME=scratch / "limit")  # type: ignore[call-arg]
    without.mark_as_demonstration()
    limit.keep_statements(without, scratch / "statements.json")
    statements = limit.Statements.read(scratch / "statements.json", manifest(without))
    _limit(without, statements, settings.landing)
    nights, limits = [], []
    for number in range(1, runs + 1):
        nights.append(_night(settings, FIRST_DAY + timedelta(days=number)))
        limits.append(_limit(without, statements, settings.landing))
    # to look at all processes' memory five times a second keeps them waiting: a night of its own
    with peak_memory(settings) as peak:
        _night(settings, FIRST_DAY + timedelta(days=runs + 1))
    whole = [sum(night.values()) - night[AFTER] for night in nights]
    yield Row(
        "night",
        "bolig nightly, warm, on the demonstration, until all is published and shown",
        median(whole),
        "s",
        runs,
        lowest=min(whole),
        highest=max(whole),
        goal="under 20 s on 2 cores",
        met=median(whole) < 20,
    )
    shares = ratios(whole, limits)
    yield Row(
        "night",
        "the same",
        median(whole),
        "s",
        runs,
        "its limit: the same statements, door and swap, without dbt, Dagster and gate",
        median(limits),
        median(shares),
        min(shares),
        max(shares),
        "at most 1.5 times",
        median(shares) <= 1.5,
    )
    for stage in (START_UP, *dict.fromkeys(STAGES.values()), BETWEEN, AFTER):
        seconds = [night[stage] for night in nights]
        shares = ratios(seconds, whole)
        yield Row(
            "night",
            stage,
            median(seconds),
            "s",
            runs,
            "the night until then",
            median(whole),
            median(shares),
            min(shares),
            max(shares),
            "under a third of it" if stage == START_UP else "",
            median(shares) < 1 / 3 if stage == START_UP else None,
        )
    yield Row("night", "peak memory of all processes, the server's too", peak.total / 2**20, "MiB")


def _night(settings: Settings, day: date) -> dict[str, float]:
    """Seconds by stage of the night with the delivery of this day. Raises CalledProcessError where it fails."""
    write_delivery(settings.landing, extract_date=day)
    began = time.time()
    command = [str(Path(sys.executable).with_name("bolig")), "nightly"]
    subprocess.run(command, env=os.environ | {"BOLIG_HOME": str(settings.home)}, check=True, capture_output=True)
    ended = time.time()
    steps = _steps(settings)
    stages = {START_UP: min(start for _, start, _ in steps) - began} | dict.fromkeys(STAGES.values(), 0.0)
    for name, start, end in steps:
        stages[STAGES[name]] += end - start
    last = max(end for _, _, end in steps)
    return stages | {BETWEEN: last - began - sum(stages.values()), AFTER: ended - last}


def _limit(settings: Settings, statements: limit.Statements, landing: Path) -> float:
    """Seconds of the same night by its statements alone."""
    with patch.dict(os.environ, {"BOLIG_HOME": str(settings.home)}):
        began = time.time()
        outcome = limit.night(settings, statements, landing, audited=False)
        assert outcome.is_complete, outcome.message
        return time.time() - began


def _steps(settings: Settings) -> list[tuple[str, float, float]]:
    """Name, start and end (seconds since 1970) of the steps of the newest run, by Dagster's own records."""
    # heavy, and Dagster reads the environment
    from dagster_project.serving.dagster_home import dagster_environment

    os.environ.update(dagster_environment(settings))

    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        (newest,) = instance.get_runs(dg.RunsFilter(job_name="nightly"), limit=1)
        steps = instance.get_run_step_stats(newest.run_id)
    return [(step.step_key, step.start_time, step.end_time) for step in steps if step.start_time and step.end_time]
