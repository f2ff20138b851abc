"""Transform: the whole dbt build over one municipality and over many, and a night of one among many.

Belongs here: time, memory and size of a build, and of a publication. Does not belong here: what is built.

Raw holds the deliveries of one night, so a build costs what is delivered, and a night on which one municipality
delivers builds one; more than BOLIG_BATCH are built as a night builds them, batch after batch. What of it could still
grow with the country is the publication: measured in a warehouse of one and of many. Nothing delivered at all (raw
emptied) is what dbt costs by itself: start-up, and every model and test once.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import country
from bench.measuring import median, peak_memory, processor_seconds
from bench.table import Row
from dagster_project import warehouse
from dagster_project.night import dbt, publication, record
from dagster_project.night.dbt import manifest, published_tables
from dagster_project.settings import Settings

EXPONENT = 1.05

BUILT = (
    "select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relnamespace = any(%s::regnamespace[])"
)
BUILD_SCHEMAS = ["raw", "intermediate", "build_marts", "build_scorecard"]


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """Builds of every size, then nights."""
    sizes = country.sizes("1,10")
    settings = country.demonstration(scratch.parent / "country")
    alone = country.demonstration(scratch / "alone")
    yield from _builds(settings, sizes, runs)
    yield from _publications(alone, country.published(settings.home, sizes[-1]), sizes[-1], runs)


def _builds(settings: Settings, sizes: list[int], runs: int) -> Iterator[Row]:
    own = _median([_build(settings, 0) for _ in range(runs)])
    what = f"dbt build, nothing delivered ({own.server:.1f} processor seconds of the server)"
    yield Row("transform", what, own.clock, "s", runs)
    before: tuple[int, Built] | None = None
    for size in sizes:
        with peak_memory(settings) as peak:
            builds = [_build(settings, size) for _ in range(country.runs_of(size, runs))]
        built, clocks = _median(builds), [build.clock for build in builds]
        of = f"{size} municipalities" + (f" in {built.batches} batches" if built.batches > 1 else "")
        what = f"dbt build, {of} ({built.server:,.0f} processor seconds of the server)"
        if before is None:
            yield Row("transform", what, built.clock, "s", len(builds), lowest=min(clocks), highest=max(clocks))
        else:
            smaller, less = before
            growth = math.log(size / smaller)
            by_clock, by_server = (
                math.log((now - one * built.batches) / (then - one * less.batches)) / growth
                for now, then, one in (
                    (built.clock, less.clock, own.clock),
                    (built.server, less.server, own.server),
                )
            )
            yield Row(
                "transform",
                f"{what}: exponent without dbt's own {by_clock:.2f}, of processor seconds {by_server:.2f}",
                built.clock,
                "s",
                len(builds),
                against=f"{smaller} municipalities",
                other=less.clock,
                ratio=built.clock / less.clock,
                lowest=min(clocks) / less.clock,
                highest=max(clocks) / less.clock,
                goal=f"exponent at most {EXPONENT}",
                met=by_clock <= EXPONENT,
            )
        programs = ", ".join(
            f"{name} {used / 2**20:,.0f}" for name, used in sorted(peak.by_program.items(), key=lambda item: -item[1])
        )
        yield Row("transform", f"{of}: memory of all processes ({programs} MiB)", peak.total / 2**20, "MiB")
        with warehouse.connect(settings) as connection:
            (held,) = connection.execute(BUILT, [BUILD_SCHEMAS]).fetchone() or (0,)
        yield Row("transform", f"{of}: what is built holds on disk", float(held) / 2**20, "MiB")
        before = size, built


@dataclass(frozen=True)
class Built:
    """What builds took, one after the other: seconds by the clock, and processor seconds of the server."""

    clock: float
    server: float
    batches: int


def _median(builds: Sequence[Built]) -> Built:
    clock, server = (median(getattr(build, name) for build in builds) for name in ("clock", "server"))
    return Built(clock, server, builds[0].batches)


def _build(settings: Settings, size: int) -> Built:
    """Build all that so many municipalities deliver, with its data tests."""
    numbers = country.numbers(size)
    batches = math.ceil(size / settings.batch_size) or 1
    clock = server = 0.0
    for batch in range(batches):
        with warehouse.connect(settings, autocommit=True) as connection:
            country.clone_raw(connection, numbers[batch::batches])
        before = processor_seconds(settings)
        clock += _seconds(lambda: dbt.build(settings))
        server += processor_seconds(settings) - before
    return Built(clock, server, batches)


def _publications(alone: Settings, among: Settings, count: int, runs: int) -> Iterator[Row]:
    """One municipality's publication in a warehouse of one, and in one of many."""
    for settings in (alone, among):
        _build(settings, 1)
    seconds = [[_publish(settings, count_) for settings, count_ in ((alone, 1), (among, count))] for _ in range(runs)]
    ratios = [many / one for one, many in seconds]
    yield Row(
        "transform",
        f"publication of one municipality among {count}",
        median(many for _, many in seconds),
        "s",
        runs,
        against="in a warehouse of one",
        other=median(one for one, _ in seconds),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
    )


def _publish(settings: Settings, count: int) -> float:
    """Seconds of publishing what is built."""
    tables = published_tables(manifest(settings))
    with warehouse.connect(settings, autocommit=True) as connection:
        night = record.begin(connection, f"bench-{count}-{time.time_ns()}")
        seconds = _seconds(lambda: publication.publish(connection, night, tables, [country.DEMONSTRATION]))
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
