"""The inverse question: how much of a lever a goal takes; and how likely a target is reached.

Belongs here: the search over whole numbers, and chances read from the paths. Does not belong here: the paths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.outlook.paths import HORIZON, Chance, Course, expected
from dagster_project.outlook.rates import Counts, Estimate, Numbers

MOST = 200
CONFIDENCES = (0.5, 0.8)


@dataclass(frozen=True)
class Solution:
    """The smallest values that do it; None where the lever alone does not."""

    expected: int | None
    by_confidence: dict[float, int | None]
    best: dict[float, float]
    """The chance with the most of the lever that there may be."""
    later: dict[float, tuple[float, float]]
    """By confidence: the queue's p10 and p90 twelve months after the day, if nothing more is done."""
    without: tuple[float, float]
    """p10 and p90 on the day with nothing done."""


def smallest(reaches: Callable[[int], bool], most: int) -> int | None:
    """The smallest whole number that reaches it, where more never reaches less; None where `most` does not."""
    if not reaches(most):
        return None
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        if reaches(middle):
            high = middle
        else:
            low = middle
    return high


def solve(
    estimate: Estimate, chance: Chance, course_of: Callable[[int], Course], goal: float, month: int, most: int = MOST
) -> Solution:
    """How much of a lever it takes for a queue of at most the goal in a month; `course_of` is the lever at a value.

    Beyond the horizon there is only the expected path.
    """

    def is_expected(value: int) -> bool:
        # the float path that should end on a whole number may end a hair above it
        return bool(expected(estimate, course_of(value)).queue[month] <= goal + 1e-9)

    found, best, later = dict[float, int | None](), dict[float, float](), dict[float, tuple[float, float]]()
    kept: dict[int, Counts] = {}

    def queues(value: int) -> Counts:
        if value not in kept:
            kept[value] = chance.queues(course_of(value))
        return kept[value]

    without = (np.nan, np.nan)
    if month <= HORIZON:
        low, high = np.quantile(queues(0)[month], [0.1, 0.9])
        without = (float(low), float(high))
        for confidence in CONFIDENCES:
            least = smallest(lambda value, c=confidence: share_at_most(queues(value)[month], goal) >= c, most)  # type: ignore[misc]
            found[confidence] = least
            best[confidence] = share_at_most(queues(most)[month], goal)
            after = month + 12
            if least is not None and after <= HORIZON:
                low, high = np.quantile(queues(least)[after], [0.1, 0.9])
                later[confidence] = (float(low), float(high))
    return Solution(smallest(is_expected, most), found, best, later, without)


def share_at_most(queue: Counts | Numbers, goal: float) -> float:
    """The share of paths with at most so many."""
    return float((queue <= goal).mean())


@dataclass(frozen=True)
class Reach:
    """How likely a target's figure is green, and not red, at a period's end."""

    green: float
    not_red: float


def reach(total: Counts | Numbers, green: float, red: float) -> Reach:
    """Of the paths of a queue at one month end: a queue is better the shorter it is."""
    is_green = total <= green
    return Reach(float(is_green.mean()), float((is_green | (total < red)).mean()))


def summed(paths: Sequence[Counts]) -> Counts:
    """A total's paths: those of equal index together, for categories are independent."""
    return np.asarray(np.sum(np.stack(list(paths)), axis=0))
