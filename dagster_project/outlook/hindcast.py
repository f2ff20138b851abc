"""How well the engine would have foreseen what came: it is run on what was known then.

Belongs here: origins in the past, and how far the paths were from the fact. Does not belong here: hindsight of frozen
runs, which were really said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.outlook import rates
from dagster_project.outlook.paths import Chance, Course, uniforms
from dagster_project.outlook.rates import CATEGORIES, LONGEST_WINDOW, SHORTEST_WINDOW, Counts
from dagster_project.outlook.series import Published, month_end

HORIZONS = (3, 6, 12)
EVERY = 3
LOW_COVERAGE, FEWEST_ORIGINS = 0.70, 12


@dataclass(frozen=True)
class Quality:
    """Of one category and horizon, over all origins."""

    category: str
    horizon: int
    n: int
    covered: int
    mae: float
    mae_no_change: float
    crps: float
    width: float
    known_then: bool
    """Whether every origin was run on what had been delivered by then; else on today's rows cut there."""

    @property
    def coverage(self) -> float:
        return self.covered / self.n

    @property
    def skill(self) -> float | None:
        """1 - error / error of «som i dag»; None where that was never wrong."""
        return 1 - self.mae / self.mae_no_change if self.mae_no_change else None

    @property
    def is_low(self) -> bool:
        """Whether the interval has been too narrow, over enough origins to say so."""
        return self.horizon == HORIZONS[-1] and self.n >= FEWEST_ORIGINS and self.coverage < LOW_COVERAGE


def origins(published: Published) -> list[date]:
    """Every third month end with enough before it and twelve months of fact after it."""
    last = month_end(published.origin, -HORIZONS[-1])
    found = []
    while published.available(last) >= SHORTEST_WINDOW:
        found.append(last)
        last = month_end(last, -EVERY)
    return found[::-1]


Known = Callable[[date], Published | None]
"""What had been delivered by a month end, where a delivery of that day is kept."""


def quality(published: Published, known: Known = lambda origin: None) -> list[Quality]:
    """How well each category would have been foreseen, at each horizon."""
    seen: dict[tuple[str, int], list[tuple[float, float, float, float, float, bool]]] = {}
    for origin in origins(published):
        snapshot = known(origin)
        then = snapshot or published
        available = then.available(origin)
        if available < SHORTEST_WINDOW:
            continue
        estimates = rates.estimates(then.months(origin, min(LONGEST_WINDOW, available)), available)
        for category, estimate in estimates.items():
            if estimate.is_refused:
                continue
            chance = Chance(estimate, uniforms(published.municipality_no, origin, category))
            paths = chance.queues(Course.plain(HORIZONS[-1]))
            for horizon in HORIZONS:
                fact = published.waiting(category, month_end(origin, horizon))
                low, middle, high = np.quantile(paths[horizon], [0.1, 0.5, 0.9])
                seen.setdefault((category, horizon), []).append(
                    (
                        float(low <= fact <= high), abs(middle - fact), abs(estimate.waiting - fact),
                        crps(paths[horizon], fact), high - low, snapshot is not None,
                    )
                )  # fmt: skip
    return [_of(category, horizon, seen[category, horizon]) for category, horizon in sorted(seen, key=_place)]


def _place(of: tuple[str, int]) -> tuple[int, int]:
    return CATEGORIES.index(of[0]), of[1]


def _of(category: str, horizon: int, rows: Sequence[tuple[float, float, float, float, float, bool]]) -> Quality:
    covered, error, unchanged, score, width, known = zip(*rows, strict=True)
    return Quality(
        category, horizon, len(rows), int(sum(covered)), float(np.mean(error)), float(np.mean(unchanged)),
        float(np.mean(score)), float(np.mean(width)), all(known),
    )  # fmt: skip


def crps(sample: Counts, fact: float) -> float:
    """How far a sample is from what came, in households (the sample formula); of a point it is the distance."""
    ordered = np.sort(sample).astype(float)
    n = len(ordered)
    apart = 2 * np.sum(ordered * (2 * np.arange(1, n + 1) - n - 1)) / n**2
    return float(np.abs(ordered - fact).mean() - apart / 2)


def low_coverage(found: Sequence[Quality]) -> Mapping[str, Quality]:
    """The categories whose interval has been too narrow."""
    return {each.category: each for each in found if each.is_low}
