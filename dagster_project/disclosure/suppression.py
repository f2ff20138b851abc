"""Which quantities to hide, so that what is too small cannot be worked out from what is shown.

Belongs here: the choice, by linear programming over the system of quantities. Does not belong here: what the
quantities are (quantities.py), and the rows that readers see (the package).

How it is safe: a primary quantity counts as protected only when other figures have been found, whole numbers and none
negative, that agree with everything shown and have it at least as high as the protection interval reaches, and
others that have it as low. Such figures are kept as evidence; what is hidden later leaves them valid.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

import highspy
import numpy as np
from highspy._core import _Highs as Solver  # highspy.Highs() writes a banner to standard output

from dagster_project.disclosure.quantities import Equation, System

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Interval:
    """How far the attacker's interval must reach below and above the true value."""

    down: float
    up: float


def required(value: float, *, is_count: bool, threshold: int) -> Interval:
    """The protection interval: a count's must hold 1 to threshold - 1, a sum's half of it up and half of it down."""
    if is_count:
        return Interval(max(value - 1, 0), max(threshold - 1 - value, 0))
    return Interval(abs(value) / 2, abs(value) / 2)


def choose(system: System, threshold: int) -> set[int]:
    """The numbers of the quantities to hide, primaries among them.

    Counts come first: what is built on a hidden count is hidden with it, and is then protected as a primary.
    """
    hidden = {number for number, quantity in enumerate(system.quantities) if quantity.is_primary}
    parts = _components(system)
    for of_counts in (True, False):
        for numbers, equations in parts:
            if any(system.quantities[number].is_count for number in numbers) == of_counts:
                _hide_with_their_counts(system, hidden, numbers)
                targets = [n for n in numbers if n in hidden and _is_target(system, n)]
                if targets:
                    hidden |= _Component(system, numbers, equations, hidden, threshold).protect(targets)
    return hidden


def hidden_rows(system: System, hidden: set[int]) -> list[bool]:
    """For each row whether it may not be shown."""
    return [
        row.is_primary or not hidden.isdisjoint(row.shows) or not hidden.isdisjoint(row.built_on) for row in system.rows
    ]


def _is_target(system: System, number: int) -> bool:
    quantity = system.quantities[number]
    return not quantity.is_known and quantity.value is not None


def _hide_with_their_counts(system: System, hidden: set[int], numbers: list[int]) -> None:
    for number in numbers:
        quantity = system.quantities[number]
        if not quantity.is_count and any(not hidden.isdisjoint(system.rows[row].built_on) for row in quantity.rows):
            hidden.add(number)


def _components(system: System) -> list[tuple[list[int], list[Equation]]]:
    """What hangs together by equations, each with its equations; what no equation names stands alone."""
    parent = list(range(len(system.quantities)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for equation in system.equations:
        first, *others = equation
        for other in others:
            parent[root(other)] = root(first)
    numbers: dict[int, list[int]] = defaultdict(list)
    equations: dict[int, list[Equation]] = defaultdict(list)
    for number in range(len(parent)):
        numbers[root(number)].append(number)
    for equation in system.equations:
        equations[root(next(iter(equation)))].append(equation)
    return [(numbers[key], equations[key]) for key in numbers]


class _Component:
    """Quantities that hang together, as a linear program over how far each may differ from its true value.

    Every quantity has two columns, what is added to it and what is taken from it. Taken can at most be what is there.
    """

    def __init__(
        self, system: System, numbers: list[int], equations: list[Equation], hidden: set[int], threshold: int
    ) -> None:
        self.system = system
        self.numbers = numbers
        self.hidden = hidden & set(numbers)
        self.threshold = threshold
        self.place = {number: place for place, number in enumerate(numbers)}
        quantities = [system.quantities[number] for number in numbers]
        self.values = np.array([q.value or 0.0 for q in quantities])
        self.is_count = np.array([q.is_count for q in quantities])
        self.scale = 1.0 if self.is_count.any() else max(float(np.abs(self.values).max()) / 1000, 1e-9)
        self.is_fixed = np.array([q.is_known for q in quantities])
        self.is_signed = np.array([q.population.mart == "difference" or (q.value or 0) < 0 for q in quantities])
        # totals are missed more than parts, and a large figure more than a small one
        self.cost = np.array([q.weight * (1 + math.log1p(abs(q.value or 0) / self.scale)) for q in quantities])
        self.reach = {
            n: required(self.values[self.place[n]], is_count=bool(self.is_count[self.place[n]]), threshold=threshold)
            for n in numbers
        }
        self.solver = self._model(equations)
        self.lowest = np.zeros(len(numbers))
        self.highest = np.zeros(len(numbers))

    def _model(self, equations: list[Equation]) -> Solver:
        solver = Solver()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 0)
        count = len(self.numbers)
        nothing = np.zeros(0, dtype=np.int32)
        self.upper = np.concatenate(
            [
                np.where(self.is_fixed, 0, highspy.kHighsInf),
                np.where(
                    self.is_fixed,
                    0,
                    np.where(self.is_signed, highspy.kHighsInf, np.maximum(self.values, 0) / self.scale),
                ),
            ]
        )
        solver.addCols(2 * count, np.ones(2 * count), np.zeros(2 * count), self.upper, 0, nothing, nothing, np.zeros(0))
        starts: list[int] = []
        indices: list[int] = []
        factors: list[float] = []
        for equation in equations:
            starts.append(len(indices))
            for number, factor in equation.items():
                indices += [self.place[number], count + self.place[number]]
                factors += [factor, -factor]
        zeros = np.zeros(len(equations))
        solver.addRows(
            len(equations), zeros, zeros, len(indices),
            np.array(starts, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(factors),
        )  # fmt: skip
        return solver

    def protect(self, targets: list[int]) -> set[int]:
        """Hide until every target is protected; what can no longer be (it was published before) is left as it is."""
        targets = sorted(targets, key=lambda n: (-abs(self.values[self.place[n]]), n))
        for number in targets:
            for sign in (1, -1):
                if self._lacks(number, sign):
                    self._hide_cheapest(number, sign)
        return self.hidden

    def _lacks(self, number: int, sign: int) -> bool:
        place, reach = self.place[number], self.reach[number]
        return (
            self.highest[place] < reach.up - _TOLERANCE if sign > 0 else -self.lowest[place] < reach.down - _TOLERANCE
        )

    def _hide_cheapest(self, number: int, sign: int) -> None:
        """Find the figures nearest to the true ones that have the target far enough off, and hide what they change."""
        place, count = self.place[number], len(self.numbers)
        reach = self.reach[number]
        column, other = (place, place + count) if sign > 0 else (place + count, place)
        need = (reach.up if sign > 0 else reach.down) / self.scale
        shown = self._shown()
        costs = np.where(shown, self.cost, 1e-4)
        self.solver.changeColsCost(2 * count, np.arange(2 * count, dtype=np.int32), np.concatenate([costs, costs]))
        self.solver.changeColBounds(column, need, max(need, self.upper[column]))
        self.solver.changeColBounds(other, 0, 0)
        change = self._solve()
        self.solver.changeColBounds(column, 0, self.upper[column])
        self.solver.changeColBounds(other, 0, self.upper[other])
        if change is None:
            return
        moved = np.abs(change) > _TOLERANCE
        self.hidden |= {self.numbers[at] for at in np.flatnonzero(moved & shown)}
        self.lowest = np.minimum(self.lowest, change * self.scale)
        self.highest = np.maximum(self.highest, change * self.scale)

    def _solve(self) -> np.ndarray | None:
        """The cheapest change of the figures, whole where counts are changed; None where there is none."""
        count = len(self.numbers)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        change = self._change()
        if not self._is_whole(change):
            columns = np.flatnonzero(np.concatenate([self.is_count, self.is_count])).astype(np.int32)
            self._set_kind(columns, highspy.HighsVarType.kInteger)
            self.solver.run()
            found = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            change = self._change()
            self._set_kind(np.arange(2 * count, dtype=np.int32), highspy.HighsVarType.kContinuous)
            if not found:
                return None
        change[self.is_count] = np.round(change[self.is_count])
        return change

    def _set_kind(self, columns: np.ndarray, kind: highspy.HighsVarType) -> None:
        for column in columns:
            self.solver.changeColIntegrality(int(column), kind)

    def _change(self) -> np.ndarray:
        solution = np.array(self.solver.getSolution().col_value)
        count = len(self.numbers)
        return solution[:count] - solution[count:]

    def _is_whole(self, change: np.ndarray) -> bool:
        counts = change[self.is_count]
        return bool(np.all(np.abs(counts - np.round(counts)) < _TOLERANCE))

    def _shown(self) -> np.ndarray:
        """Which quantities some row shows."""
        rows = self.system.rows
        return np.array(
            [
                number not in self.hidden
                and any(
                    self.hidden.isdisjoint(rows[row].shows) and not rows[row].is_primary
                    for row in self.system.quantities[number].rows
                )
                for number in self.numbers
            ]
        )
