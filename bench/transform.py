"""Transform: the whole dbt build over one municipality and over many, and a night of one among many.

Belongs here: time, memory and size of a build, and of a publication. Does not belong here: what is built.

Raw holds the deliveries of one night, so a build costs what is delivered, and a night on which one municipality
delivers builds one. What of it could still grow with the country is the publication: measured in a warehouse of one and
of many. Nothing delivered at all (raw emptied) is what dbt costs by itself: start-up, and every model and test once.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import country
from bench.measuring import median, peak_memory, processor_seconds
from bench.table import Row
from dagster_project import nights, transform, warehouse
from dagster_project.defs.models import manifest, published_tables
from dagster_project.settings import Settings

EXPONENT = 1.05
# builds of more than so many municipalities are run once: what disturbs a short run is little of a long one
OFTEN = 10

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
    nothing = _medians([_build(settings, 0) for _ in range(runs)])
    yield Row(
        "transform", f"dbt build, nothing delivered ({nothing.server:.1f} of the server's)", nothing.clock, "s", runs
    )
    before: tuple[int, Taken] | None = None
    for size in sizes:
        often = runs if size <= OFTEN else 1
        with peak_memory(settings) as peak:
            builds = [_build(settings, size) for _ in range(often)]
        taken, clocks = _medians(builds), [build.clock for build in builds]
        what = f"dbt build, {size} municipalities ({taken.server:.1f} processor seconds of the server)"
        if before is None:
            yield Row("transform", what, taken.clock, "s", often, lowest=min(clocks), highest=max(clocks))
        else:
            smaller, less = before

            def exponent(now: float, then: float, own: float, growth: float = math.log(size / smaller)) -> float:
                return math.log((now - own) / (then - own)) / growth

            by_clock = exponent(taken.clock, less.clock, nothing.clock)
            by_server = exponent(taken.server, less.server, nothing.server)
            yield Row(
                "transform",
                f"{what}: exponent without dbt's own {by_clock:.2f}, of processor seconds {by_server:.2f}",
                taken.clock,
                "s",
                often,
                against=f"{smaller} municipalities",
                other=less.clock,
                ratio=taken.clock / less.clock,
                lowest=min(clocks) / less.clock,
                highest=max(clocks) / less.clock,
                goal=f"exponent at most {EXPONENT}",
                met=by_clock <= EXPONENT,
            )
        programs = ", ".join(
            f"{name} {used / 2**20:,.0f}" for name, used in sorted(peak.by_program.items(), key=lambda item: -item[1])
        )
        of = f"dbt build, {size} municipalities"
        yield Row("transform", f"{of}: memory of all processes ({programs} MiB)", peak.total / 2**20, "MiB", often)
        with warehouse.connect(settings) as connection:
            (built,) = connection.execute(BUILT, [BUILD_SCHEMAS]).fetchone() or (0,)
        yield Row("transform", f"{of}: what it holds on disk", float(built) / 2**20, "MiB")
        before = size, taken


@dataclass(frozen=True)
class Taken:
    """What a build took: seconds by the clock, and processor seconds of the server."""

    clock: float
    server: float


def _medians(builds: Sequence[Taken]) -> Taken:
    return Taken(median(build.clock for build in builds), median(build.server for build in builds))


def _build(settings: Settings, size: int) -> Taken:
    """A whole build, with its data tests, of what so many municipalities deliver."""
    with warehouse.connect(settings, autocommit=True) as connection:
        country.clone_raw(connection, country.numbers(size))
    before = processor_seconds(settings)
    clock = _seconds(lambda: transform.build(settings))
    return Taken(clock, processor_seconds(settings) - before)


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
        night = nights.begin(connection, f"bench-{count}-{time.time_ns()}")
        seconds = _seconds(lambda: nights.publish(connection, night, tables, [country.DEMONSTRATION]))
        nights.finish(connection, night.run_id, "published", "Published by the bench.")
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
