"""Who waits, and who is helped: waits of over a year, coverage of need by group, and two or ten for the same money.

Belongs here: what a figure of the whole queue does not show. Does not belong here: an index, a ranking, a single score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from dagster_project.outlook.paths import Course, Expected, Simulated, expected
from dagster_project.outlook.rates import Counts, Estimate, Numbers
from dagster_project.outlook.series import ALLOCATED, Published, month_end

YEAR = 12
FEWEST_IN_NEED = 10


@dataclass(frozen=True)
class Waits:
    """The expected queue by age: months ahead by months waited."""

    ages: Numbers

    def longer_than(self, months: int) -> Numbers:
        """The households that have waited so many months and more, by month ahead."""
        return np.asarray(self.ages[:, months:].sum(axis=1))

    @property
    def share_over_a_year(self) -> Numbers:
        whole = self.ages.sum(axis=1)
        return np.asarray(np.divide(self.longer_than(YEAR), whole, out=np.zeros_like(whole), where=whole > 0))


def waits(estimate: Estimate, course: Course, ages: npt.NDArray[np.int64], first_come: bool = False) -> Waits:
    """The expected path by age, where lettings go to anybody on the list alike, or to who has waited longest.

    Allocation is by need: among those on the list the age decides nothing. First come, first served is the other bound.
    """
    path = expected(estimate, course)
    longest = int(ages.max(initial=0)) + course.months + 2
    now = np.bincount(ages, minlength=longest).astype(float)
    rows = [now]
    for month in range(course.months):
        now = now * (1 - estimate.leaving)
        now = np.concatenate(([path.intake[month]], now[:-1]))
        let = path.lettings[month]
        if first_come:
            older = np.cumsum(now[::-1])[::-1] - now
            now = np.clip(now - np.clip(let - older, 0.0, None), 0.0, None)
        else:
            there = now.sum()
            now = now * (1 - let / there) if there > 0 else now
        rows.append(now)
    return Waits(np.stack(rows))


def waiting_over_a_year(simulated: Simulated, ages: npt.NDArray[np.int64]) -> Numbers:
    """Households that have waited a year and more, by month ahead and path, where lettings go to anybody alike.

    Within a path each age loses the same share: which of them it is, is not drawn.
    """
    # one place for each month waited, the last for a year and more
    at = np.zeros((YEAR + 1, simulated.queue.shape[1]))
    at += np.bincount(np.minimum(ages, YEAR), minlength=YEAR + 1)[:, None]
    found = [at[-1]]
    for month in range(len(simulated.lettings)):
        before, let = simulated.queue[month], simulated.lettings[month]
        stays = np.divide(before - simulated.left[month], before, out=np.zeros(len(before)), where=before > 0)
        waiting = simulated.queue[month + 1] + let
        unhoused = np.divide(simulated.queue[month + 1], waiting, out=np.zeros(len(before)), where=waiting > 0)
        at = at * stays
        comes = waiting - at.sum(axis=0)
        at = np.concatenate((comes[None], at[:-2], at[-2:].sum(axis=0)[None])) * unhoused
        found.append(at[-1])
    return np.stack(found)


@dataclass(frozen=True)
class Coverage:
    """Of those who needed a dwelling in twelve months, how many came into one."""

    category: str
    housed: int
    needed: int

    @property
    def share(self) -> float | None:
        return self.housed / self.needed if self.needed else None


def coverage(published: Published, category: str, end: date) -> Coverage:
    """Allocated in the twelve months up to this month end, over who waited before and who came."""
    begins = month_end(end, -YEAR)
    own = [entry for entry in published.queue if entry.category == category]
    housed = sum(
        entry.exit_reason == ALLOCATED and entry.exited_on is not None and begins < entry.exited_on <= end
        for entry in own
    )
    came = sum(begins < entry.entered_on <= end for entry in own)
    return Coverage(category, housed, published.waiting(category, begins) + came)


@dataclass(frozen=True)
class Parity:
    """The smallest coverage over the largest, and of which two categories they are."""

    value: float
    smallest: Coverage
    largest: Coverage


def parity(of: Sequence[Coverage]) -> Parity | None:
    """How far apart the groups are, of those in which enough have a need; None where that are not two."""
    counted = [each for each in of if each.needed >= FEWEST_IN_NEED]
    if len(counted) < 2:
        return None
    smallest = min(counted, key=lambda each: each.housed / each.needed)
    largest = max(counted, key=lambda each: each.housed / each.needed)
    top = largest.housed / largest.needed
    return Parity(smallest.housed / smallest.needed / top if top else 1.0, smallest, largest)


def years_averted(with_it: Counts, without: Counts) -> float:
    """Years of waiting that a scenario averts: the mean difference of the paired paths, over the months."""
    return float((without[1:] - with_it[1:]).mean(axis=1).sum() / YEAR)


def long_years_averted(with_it: Waits, without: Waits, beyond: int = 2 * YEAR) -> float:
    """The same of the expected path, only of waiting beyond the second year: the longest waits count."""
    return float((without.longer_than(beyond)[1:] - with_it.longer_than(beyond)[1:]).sum() / YEAR)


@dataclass(frozen=True)
class Alternative:
    """One side of the card «to eller ti»: no score and no rank, all of it to be seen."""

    name: str
    housed: float
    """Households that get a dwelling and otherwise would not, within the horizon."""
    years_averted: float
    long_years_averted: float
    smallest_coverage: Coverage | None
    left_waiting: Mapping[str, float]
    """Who still waits at the horizon, by category."""
    cost_a_year_nok: float | None


def more_housed(with_it: Expected, without: Expected) -> float:
    """Lettings more than there would be."""
    return float((with_it.lettings - without.lettings).sum())
