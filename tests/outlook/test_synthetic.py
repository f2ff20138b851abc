"""Municipalities that are not there: does the band hold what comes, and does a month's model do what days do?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import simpy

from dagster_project.outlook import paths, rates
from dagster_project.outlook.facts import Facts
from dagster_project.outlook.levers import let_from, shorter_vacancy
from dagster_project.outlook.paths import Chance, Course
from dagster_project.outlook.rates import Estimate, Months, Rate
from tests.outlook_reference import ESTIMATES, situation

# waiting, dwellings, allocations a month, share that gives up in a month; the intake keeps the queue as it is
LIKE = (
    (27, 180, 2.5, 0.06),
    (15, 278, 1.7, 0.02),
    (23, 88, 1.4, 0.02),
    (39, 157, 2.3, 0.016),
    (8, 42, 0.35, 0.015),
    (57, 30, 0.3, 0.003),
)


def lived(rng: np.random.Generator, of: tuple[int, int, float, float], month: Callable[[float], int]) -> Months:
    """Sixty stationary months of a category; the last twelve are what came."""
    queue, stock, supply, gives_up = of
    waiting, flows = [queue], []
    for _ in range(72):
        leaves = rng.binomial(queue, gives_up)
        comes = month(supply + gives_up * of[0])
        queue += comes - leaves
        let = min(rng.poisson(supply), queue)
        queue -= let
        waiting.append(queue)
        flows.append((comes, let, leaves))
    intake, allocated, left = np.array(flows).T
    return Months(intake, allocated, left, np.array(waiting), np.full(72, stock)).last(60)


@pytest.mark.parametrize(("is_uneven", "low", "high"), [(False, 0.80, 0.93), (True, 0.72, 0.90)])
def test_the_band_holds_four_of_five(is_uneven: bool, low: float, high: float) -> None:
    rng = np.random.default_rng(2011)

    def month(mean: float) -> int:
        return int(rng.poisson(mean * (rng.gamma(4) / 4 if is_uneven else 1)))

    held = []
    for number in range(60):
        for category, of in zip(rates.CATEGORIES, LIKE, strict=False):
            whole = lived(rng, of, month)
            known = Months(
                *(flow[:-12] for flow in (whole.intake, whole.allocated, whole.other_exits, whole.waiting, whole.stock))
            )
            estimate = rates.estimates({category: known}, 48)[category]
            if estimate.is_refused:
                continue
            luck = Chance(estimate, paths.uniforms(f"{3000 + number}", date(2010, 12, 31), category))
            p10, p90 = np.quantile(luck.queues(Course.plain(12))[12], [0.1, 0.9])
            held.append(p10 <= whole.waiting[-1] <= p90)
    assert len(held) > 300
    assert low <= np.mean(held) <= high


STAY, RELET, DWELLINGS, WAITING, INTAKE, ATTRITION = 50.0, 2.0, 104, 80, 2.5, 0.01
MONTHS, TIMES = 36, 200


class Municipality:
    """Households and dwellings by the day: nobody counts months here. Time is in months."""

    def __init__(self, seed: int, relet: float = RELET, more: tuple[float, int] = (0, 0)) -> None:
        self.rng, self.relet = np.random.default_rng(seed), relet
        self.env = simpy.Environment()
        self.queue: set[int] = set()
        self.vacant: list[Any] = []
        self.let, self.came = 0, 0
        for _ in range(WAITING):
            self._join()
        share = STAY / (STAY + RELET)
        for number in range(DWELLINGS):
            # in the steady state: so many are let, the others are somewhere in their vacancy
            rest = None if number < DWELLINGS * share else self.rng.uniform(0, RELET)
            self.env.process(self._dwelling(rest))
        for _ in range(more[1]):
            self.env.process(self._dwelling(more[0]))
        self.env.process(self._arrivals())

    def _join(self) -> None:
        household, self.came = self.came, self.came + 1
        self.queue.add(household)
        self.env.process(self._waits(household))
        if self.vacant:
            self.vacant.pop().succeed()

    def _waits(self, household: int) -> Any:
        yield self.env.timeout(self.rng.exponential(1 / ATTRITION))
        self.queue.discard(household)

    def _arrivals(self) -> Any:
        while True:
            yield self.env.timeout(self.rng.exponential(1 / INTAKE))
            self._join()

    def _dwelling(self, vacant_for: float | None) -> Any:
        """A dwelling that is let, or is vacant for so long yet."""
        if vacant_for is not None:
            yield self.env.timeout(vacant_for)
            yield from self._house()
        while True:
            yield self.env.timeout(self.rng.exponential(STAY))
            yield self.env.timeout(self.relet)
            yield from self._house()

    def _house(self) -> Any:
        while not self.queue:
            ready = self.env.event()
            self.vacant.append(ready)
            yield ready
        self.queue.remove(self.rng.choice(sorted(self.queue)))
        self.let += 1

    def waiting(self) -> list[int]:
        """The queue at each month's end."""
        found = [len(self.queue)]
        for month in range(1, MONTHS + 1):
            self.env.run(until=month)
            found.append(len(self.queue))
        return found


def estimate() -> Estimate:
    return replace(
        ESTIMATES["okonomisk_sosialt"], waiting=WAITING, intake=Rate(INTAKE, 1), attrition=Rate(ATTRITION, 1),
        allocated=Rate(DWELLINGS / (STAY + RELET), 1), turnover=1 / (STAY + RELET), mean_stock=DWELLINGS,
    )  # fmt: skip


def by_the_day(**more: Any) -> tuple[np.ndarray, np.ndarray, float]:
    runs = [Municipality(seed, **more) for seed in range(TIMES)]
    waiting = np.array([run.waiting() for run in runs])
    return waiting.mean(axis=0), waiting.std(axis=0) / np.sqrt(TIMES), float(np.mean([run.let for run in runs]))


def test_the_monthly_model_is_what_households_and_dwellings_do() -> None:
    mean, error, _ = by_the_day()
    model = paths.expected(estimate(), Course.plain()).queue
    # a tenth of a household for what a month's model rounds off (who comes may leave in the same month)
    assert (np.abs(mean - model) <= 3.5 * error + 0.1).all()


def test_new_dwellings_do_by_the_day_what_the_lever_says() -> None:
    mean, error, _ = by_the_day(more=(11.5, 20))
    model = paths.expected(estimate(), let_from(situation(), 12, 20)).queue
    # they turn over from the next month on in the model, and with the first tenants' leaving here
    assert (np.abs(mean - model)[[6, 11, 12, 24, 36]] <= 3.5 * error[[6, 11, 12, 24, 36]] + 0.4).all()


def test_shorter_vacancies_give_lettings_once_and_few_for_good() -> None:
    _, _, before = by_the_day()
    _, _, after = by_the_day(relet=RELET - 1)
    days = 30.4375
    effect = shorter_vacancy(
        Facts(relet_days=RELET * days, relets=DWELLINGS / (STAY + RELET), stay_days=STAY * days, waited_days={}), days
    )
    assert after - before == pytest.approx(effect.once + MONTHS * effect.a_month, abs=1.5)
