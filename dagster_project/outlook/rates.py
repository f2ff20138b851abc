"""How fast a queue fills and empties, and whether enough has happened in it to say so.

Belongs here: the window, the break rule, states and refusals, rates with what is uncertain in them. Does not belong
here: where the months come from (series.py), and what follows from the rates (paths.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import expm1
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# The categories that have a queue, in the order of the seeds: refugees are housed outside it.
CATEGORIES = (
    "okonomisk_sosialt",
    "trygdebolig",
    "servicebolig",
    "omsorg_eldre",
    "omsorg_psykiatri",
    "omsorg_puh",
    "hc_bolig",
)

LONGEST_WINDOW, SHORTEST_WINDOW, RECENT = 36, 24, 12
FEWEST_EVENTS, ENOUGH_EVENTS = 12, 30
BREAK = 0.02
# the ends of the interval that is shown
TENTHS = np.array([0.1, 0.9])
# the narrowest that a month may be drawn: less would be a category in which nearly nothing happens, and then everything
LEAST_DISPERSION = 0.5

State = Literal["ok", "svak", "for_tynn"]


@dataclass(frozen=True)
class Months:
    """What happened in a category's queue, a month each; `waiting` begins with the month end before the first."""

    intake: Counts
    allocated: Counts
    other_exits: Counts
    waiting: Counts
    stock: Counts

    def last(self, months: int) -> "Months":
        """The last so many of them."""
        first = len(self.intake) - months
        return Months(
            self.intake[first:], self.allocated[first:], self.other_exits[first:],
            self.waiting[first:], self.stock[first:],
        )  # fmt: skip

    @property
    def events(self) -> int:
        return int(self.intake.sum() + self.allocated.sum() + self.other_exits.sum())


@dataclass(frozen=True)
class Rate:
    """A rate as it is believed after the window: Gamma with this shape, over so much time."""

    shape: float
    exposure: float

    @property
    def mean(self) -> float:
        return self.shape / self.exposure if self.exposure else 0.0

    def at(self, share: Numbers | float) -> Numbers:
        """The rate below which this share of the belief lies."""
        if not self.exposure:
            return np.zeros_like(np.asarray(share, dtype=float))
        return np.asarray(stats.gamma.ppf(share, self.shape, scale=1 / self.exposure))


@dataclass(frozen=True)
class Estimate:
    """What a category's window says."""

    category: str
    state: State
    reason: str
    flags: tuple[str, ...]
    window_months: int
    waiting: int
    counts: tuple[int, int, int]
    """Intake, allocations and other exits in the window."""
    mean_stock: float
    break_p: tuple[float, float]
    """Of intake and of allocations: how likely their last twelve months are, if nothing changed."""
    dispersion: tuple[float | None, float | None]
    """Of intake and of allocations: k of the negative binomial months; None where they are Poisson's."""
    intake: Rate
    allocated: Rate
    attrition: Rate
    """A household-month; the others a month."""
    before: tuple[float, float] = (0.0, 0.0)
    """Of intake and of allocations: how many a month there were before the last twelve."""
    turnover: float = 0.0
    """Allocations a month for each dwelling in stock."""

    @property
    def is_refused(self) -> bool:
        return self.state == "for_tynn"

    @property
    def leaving(self) -> float:
        """The share of those waiting that gives up in a month, as expected."""
        return -expm1(-self.attrition.mean)


def estimates(months: Mapping[str, Months], available: int) -> dict[str, Estimate]:
    """What the windows of a municipality's categories say; `available` is how many whole months history has.

    A category without stock turns over as those with stock do together.
    """
    found = {name: _estimate(name, months[name], available) for name in CATEGORIES if name in months}
    stocked = [each for each in found.values() if each.mean_stock > 0]
    stock = sum(each.mean_stock for each in stocked)
    pooled = sum(each.allocated.mean for each in stocked) / stock if stock else 0.0
    return {
        name: replace(each, turnover=each.allocated.mean / each.mean_stock if each.mean_stock else pooled)
        for name, each in found.items()
    }


def _estimate(category: str, months: Months, available: int) -> Estimate:
    length = min(LONGEST_WINDOW, available)
    window = months.last(length)
    flows = (window.intake, window.allocated)
    break_p = tuple(_break(flow) for flow in flows)
    flags = [
        f"nivaskifte_{name}"
        for name, p in zip(("tilgang", "tildeling"), break_p, strict=True)
        if length > RECENT and p < BREAK
    ]
    used = [flow[-RECENT:] if length > RECENT and p < BREAK else flow for flow, p in zip(flows, break_p, strict=True)]
    households = float(((window.waiting[:-1] + window.waiting[1:]) / 2).sum())
    state, reason = _state(window.events, length)
    earlier = max(length - RECENT, 0)
    before = [float(flow[:earlier].sum()) / earlier if earlier else 0.0 for flow in flows]
    return Estimate(
        category=category,
        state=state,
        reason=reason,
        flags=tuple(flags),
        window_months=length,
        waiting=int(window.waiting[-1]),
        counts=(int(window.intake.sum()), int(window.allocated.sum()), int(window.other_exits.sum())),
        mean_stock=float(window.stock.mean()) if length else 0.0,
        break_p=(break_p[0], break_p[1]),
        dispersion=(_dispersion(window.intake), _dispersion(window.allocated)),
        intake=Rate(float(used[0].sum()) + 0.5, float(len(used[0]))),
        allocated=Rate(float(used[1].sum()) + 0.5, float(len(used[1]))),
        attrition=Rate(float(window.other_exits.sum()) + 0.5, households),
        before=(before[0], before[1]),
    )


def _state(events: int, length: int) -> tuple[State, str]:
    if length < SHORTEST_WINDOW:
        return "for_tynn", f"{length} måneder historikk, minst {SHORTEST_WINDOW}"
    if events < FEWEST_EVENTS:
        return "for_tynn", f"{events} hendelser, minst {FEWEST_EVENTS}"
    return ("svak" if events < ENOUGH_EVENTS else "ok"), ""


def _break(flow: Counts) -> float:
    """How likely it is that the last twelve months hold this much of the window, if nothing changed in it."""
    whole = int(flow.sum())
    if not whole or len(flow) <= RECENT:
        return 1.0
    return float(stats.binomtest(int(flow[-RECENT:].sum()), whole, RECENT / len(flow)).pvalue)


def _dispersion(flow: Counts) -> float | None:
    """How uneven the quarters are, as k of a negative binomial month; None where no more than chance has it."""
    quarters = len(flow) // 3
    if quarters < 2:
        return None
    sums = flow[len(flow) - 3 * quarters :].reshape(quarters, 3).sum(axis=1)
    mean, variance = float(sums.mean()), float(sums.var(ddof=1))
    if mean == 0 or variance <= mean:
        return None
    return max(mean**2 / (variance - mean) / 3, LEAST_DISPERSION)


def order(categories: Sequence[str]) -> list[str]:
    """These categories in the seeds' order."""
    return sorted(categories, key=CATEGORIES.index)
