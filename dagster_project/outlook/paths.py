"""How a queue goes on: the expected path, and two thousand that chance could make of it.

Belongs here: the month-by-month model, expected and simulated. Does not belong here: where rates come from (rates.py),
and what a lever does to a course (levers.py).

The simulated paths are made by inverse transforms of one table of uniforms, whose seed knows the municipality, the
origin and the category and nothing else. So two scenarios are compared path by path, with the same luck in each: a
lever that adds dwellings never shows a longer queue by chance. And the same uniforms give the same whole numbers
everywhere. The quantiles of a month's draws are read from tables that all paths and months share: scipy's own `ppf`
gives the same numbers (a test holds that) and takes fifteen times as long, which a grid of scenarios would not bear.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]

from dagster_project.outlook.rates import CATEGORIES, Counts, Estimate, Numbers

HORIZON = 36
PATHS = 2000
# rates, and three for each month; the last row rounds what is fractional
_RATES, _EACH_MONTH = 3, 3
INTAKE, ATTRITION, SUPPLY = range(3)
# beyond this the chance that nobody leaves is no number any more: scipy's own way then
_LARGEST_EXPONENT = 600.0


@dataclass(frozen=True)
class Course:
    """What is done to a category, by month (place 0 is month 1). Nothing is: `Course.plain`."""

    inflow: Numbers
    """The factor on the intake."""
    rehoused: Numbers
    """Intake that no rate drives: households that must be housed again."""
    first: Numbers
    """First lettings of new dwellings, whole."""
    extra: Numbers
    """Other lettings more (or fewer) than the category has by itself; may be fractional."""
    dwellings: Numbers
    """Net dwellings added in the month; they turn over from the next one on."""

    @classmethod
    def plain(cls, months: int = HORIZON) -> "Course":
        """As today."""
        return cls(np.ones(months), *(np.zeros(months) for _ in range(4)))

    @property
    def months(self) -> int:
        return len(self.inflow)

    @property
    def added(self) -> Numbers:
        """h: net dwellings added before each month."""
        return np.concatenate(([0.0], np.cumsum(self.dwellings)[:-1]))

    def and_then(self, other: "Course") -> "Course":
        """Both: levers add up, and two factors on the intake multiply."""
        return Course(
            self.inflow * other.inflow, self.rehoused + other.rehoused, self.first + other.first,
            self.extra + other.extra, self.dwellings + other.dwellings,
        )  # fmt: skip

    def longer(self, months: int) -> "Course":
        """The same, with nothing more done until this month."""
        more = Course.plain(max(months - self.months, 0))
        return replace(
            self,
            **{
                name: np.concatenate((getattr(self, name), getattr(more, name)))[:months]
                for name in ("inflow", "rehoused", "first", "extra", "dwellings")
            },
        )


@dataclass(frozen=True)
class Expected:
    """The expected path: the queue from month 0 (the fact), the rest from month 1."""

    queue: Numbers
    lettings: Numbers
    unused: Numbers
    """Lettings that nobody waits for: capacity that becomes vacancy."""
    intake: Numbers
    unhoused: Numbers
    """What the levers took beyond the supply: lettings that they need and do not find."""


def supply(estimate: Estimate, course: Course) -> tuple[Numbers, Numbers]:
    """What the category's dwellings give each month, as expected; and what was taken beyond it."""
    wanted = estimate.allocated.mean + estimate.turnover * course.added + course.first + course.extra
    return np.maximum(wanted, 0.0), np.maximum(-wanted, 0.0)


def expected(estimate: Estimate, course: Course) -> Expected:
    """The path of the rates' means."""
    offered, unhoused = supply(estimate, course)
    # a fractional lever may send back fewer than it takes: nobody comes in a negative number
    intake = np.maximum(estimate.intake.mean * course.inflow + course.rehoused, 0.0)
    stays = 1 - estimate.leaving
    queue, lettings = [float(estimate.waiting)], []
    for comes, can in zip(intake, offered, strict=True):
        waiting = queue[-1] * stays + comes
        lettings.append(min(can, waiting))
        queue.append(waiting - lettings[-1])
    let = np.asarray(lettings)
    return Expected(np.asarray(queue), let, offered - let, intake, unhoused)


@lru_cache(maxsize=32)
def uniforms(municipality_no: str, origin: date, category: str) -> Numbers:
    """The table of chance of a category: drawn once for the whole horizon, whatever of it is used."""
    seed = np.random.SeedSequence([int(municipality_no), int(f"{origin:%Y%m%d}"), CATEGORIES.index(category)])
    table = np.random.Generator(np.random.PCG64(seed)).random((_RATES + _EACH_MONTH * HORIZON + 1, PATHS))
    table.flags.writeable = False  # shared by all who ask
    return table


@dataclass(frozen=True)
class Simulated:
    """What chance made of a course, months by paths: the queue from month 0 (the fact), the others from month 1."""

    queue: Counts
    lettings: Counts
    left: Counts


class Chance:
    """A category's luck: its rates as drawn, and its draws of intake and supply, which scenarios share."""

    def __init__(self, estimate: Estimate, table: Numbers) -> None:
        self.estimate, self.table = estimate, table
        self.intake, self.allocated, self.attrition = (
            rate.at(row)
            for rate, row in zip((estimate.intake, estimate.allocated, estimate.attrition), table, strict=False)
        )
        self._drawn: dict[tuple[int, float], Counts] = {}

    def _months(self, what: int) -> Numbers:
        return self.table[_RATES + what : -1 : _EACH_MONTH]

    def _flow(self, what: int, scale: Numbers) -> Counts:
        """Draws of a flow, months by paths, where each month's rate is the drawn one at this scale.

        Supply of a category without stock does not scale but adds: its scale is what is added, and the rate stays.
        """
        rates, k = (
            (self.intake, self.estimate.dispersion[0])
            if what == INTAKE
            else (self.allocated, self.estimate.dispersion[1])
        )
        drawn = np.empty((len(scale), self.table.shape[1]), dtype=np.int64)
        for value in np.unique(scale):
            if (what, value) not in self._drawn:
                adds = what == SUPPLY and not self.estimate.mean_stock
                mean = np.maximum(rates + value if adds else rates * value, 0.0)
                self._drawn[what, value] = flow_quantile(self._months(what), mean, k)
            months = scale == value
            drawn[months] = self._drawn[what, value][: len(scale)][months]
        return drawn

    def queues(self, course: Course) -> Counts:
        """The simulated queues, months (from 0, the fact) by paths."""
        return self.run(course).queue

    def run(self, course: Course) -> "Simulated":
        """The simulated paths of a course."""
        estimate, months = self.estimate, course.months
        if months > HORIZON:
            raise ValueError(f"Nothing is simulated beyond {HORIZON} months")
        comes = self._flow(INTAKE, course.inflow) + self.whole(course.rehoused)
        added = course.added
        scale = 1 + added / estimate.mean_stock if estimate.mean_stock else estimate.turnover * added
        offered = self._flow(SUPPLY, scale) + self.whole(course.first + course.extra)
        np.maximum(comes, 0, out=comes)
        np.maximum(offered, 0, out=offered)
        leaving = Leaving(self.attrition)
        queues = np.empty((months + 1, self.table.shape[1]), dtype=np.int64)
        lettings, left = np.empty_like(queues[1:]), np.empty_like(queues[1:])
        queues[0] = estimate.waiting
        for month in range(months):
            left[month] = leaving.draw(self._months(ATTRITION)[month], queues[month])
            waiting = queues[month] - left[month] + comes[month]
            lettings[month] = np.minimum(offered[month], waiting)
            queues[month + 1] = waiting - lettings[month]
        return Simulated(queues, lettings, left)

    def whole(self, amounts: Numbers) -> Counts:
        """Fractional amounts as whole ones, path by path: right in the mean, and no sum jumps twice."""
        if not amounts.any():
            return np.zeros((len(amounts), 1), dtype=np.int64)
        # the sums' own dust must not tip a whole number over
        running = np.round(np.concatenate(([0.0], np.cumsum(amounts))), 9)[:, None] + self.table[-1]
        return np.asarray(np.diff(np.floor(running), axis=0), dtype=np.int64)


def flow_quantile(shares: Numbers, means: Numbers, k: float | None) -> Counts:
    """The quantiles of shares (months by paths) of Poisson, or of the negative binomial of dispersion k.

    `means` is by path. What `scipy.stats.poisson.ppf` and `nbinom.ppf` give, from one table of sums for each path.
    """
    highest = float(means.max(initial=0.0))
    if highest == 0.0:
        return np.zeros(shares.shape, dtype=np.int64)
    top = float(shares.max())
    last = int(stats.poisson.ppf(top, highest) if k is None else stats.nbinom.ppf(top, k, k / (k + highest))) + 1
    numbers = np.arange(last + 1, dtype=float)
    means = np.maximum(means, np.finfo(float).tiny)
    # in logarithms: what is far out would be no number otherwise
    if k is None:
        chance = numbers * np.log(means)[:, None] - means[:, None] - special.gammaln(numbers + 1)
    else:
        ways = special.gammaln(numbers + k) - special.gammaln(k) - special.gammaln(numbers + 1)
        fails, comes = np.log(k) - np.log(k + means), np.log(means) - np.log(k + means)
        chance = ways + k * fails[:, None] + numbers * comes[:, None]
    sums = np.cumsum(np.exp(chance), axis=1)
    found = np.zeros(shares.shape, dtype=np.int64)
    for number in range(last + 1):
        found += sums[:, number] < shares
    return found


class Leaving:
    """How many of a queue give up in a month: binomial, at each path's own rate."""

    def __init__(self, attrition: Numbers) -> None:
        self.attrition = attrition
        self.leaves = -np.expm1(-attrition)
        self.odds = np.expm1(attrition)

    def draw(self, shares: Numbers, queue: Counts) -> Counts:
        """What `scipy.stats.binom.ppf` gives for queues of these lengths."""
        exponent = queue * self.attrition
        if exponent.max(initial=0.0) > _LARGEST_EXPONENT:
            return np.asarray(stats.binom.ppf(shares, queue, self.leaves)).astype(np.int64)
        chance = np.exp(-exponent)
        total = chance.copy()
        left = np.zeros_like(queue)
        beyond = np.flatnonzero((total < shares) & (left < queue))
        # only the paths that are not there yet go on
        chance, total = chance[beyond], total[beyond]
        number = 0
        while len(beyond):
            number += 1
            chance = chance * (queue[beyond] - number + 1) / number * self.odds[beyond]
            total = total + chance
            left[beyond] = number
            on = (total < shares[beyond]) & (number < queue[beyond])
            beyond, chance, total = beyond[on], chance[on], total[on]
        return left


@dataclass(frozen=True)
class Band:
    """What is shown of simulated paths, by month."""

    p10: Numbers
    p50: Numbers
    p90: Numbers
    mean: Numbers


def band(paths: Counts) -> Band:
    """Quantiles (linear between two paths) and mean, of months by paths."""
    low, middle, high = np.quantile(paths, [0.1, 0.5, 0.9], axis=1)
    return Band(low, middle, high, paths.mean(axis=1))
