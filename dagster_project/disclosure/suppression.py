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
import numpy.typing as npt
from highspy._core import _Highs as Solver  # highspy.Highs() writes a banner to standard output

from dagster_project.disclosure.quantities import Equation, Quantity, System

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TOLERANCE = 1e-6


def required(quantity: Quantity, threshold: int) -> tuple[float, float]:
    """The protection interval of a hidden quantity: how far above its value and how far below it must be possible.

    A count's interval holds 1 to its threshold - 1, or to as many as all are of whom it is a part, where another figure
    tells of them. A sum's reaches down to half of it and up by a tenth, as the p%
    rule has it; a sum that is hidden only because its count is reaches down to half of it.
    """
    value = quantity.value or 0.0
    if quantity.is_count:
        return max(min(quantity.threshold(threshold) - 1, quantity.most) - value, 0), max(value - 1, 0)
    return abs(value) / 10 if quantity.is_primary else 0.0, abs(value) / 2


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


@dataclass
class _Evidence:
    """Other figures that agree with all that is shown: by how much each quantity differs in them."""

    change: Floats
    moved: Mask


class _Component:
    """Quantities that hang together, as a linear program over how far each may differ from its true value.

    Every quantity has two columns, what is added to it and what is taken from it; at most what is there can be taken.
    A quantity without a value (no row shows it, and no equation gives it) is its first column itself.
    """

    def __init__(
        self, system: System, numbers: list[int], equations: list[Equation], hidden: set[int], threshold: int
    ) -> None:
        self.system = system
        self.numbers = numbers
        self.hidden = hidden & set(numbers)
        self.place = {number: place for place, number in enumerate(numbers)}
        quantities = [system.quantities[number] for number in numbers]
        values = np.array([quantity.value or 0.0 for quantity in quantities])
        self.is_count = np.array([quantity.is_count for quantity in quantities])
        self.is_unknown = np.array([quantity.value is None for quantity in quantities])
        self.scale = 1.0 if self.is_count.any() else max(float(np.abs(values).max()) / 1000, 1e-9)
        self.values = values / self.scale
        reaches = {number: required(system.quantities[number], threshold) for number in numbers}
        self.reach = {number: (up / self.scale, down / self.scale) for number, (up, down) in reaches.items()}
        # totals are missed more than parts, and a large figure more than a small one
        self.cost = np.array(
            [q.weight * (1 + math.log1p(abs(v))) for q, v in zip(quantities, self.values, strict=True)]
        )
        is_fixed = np.array([quantity.is_known for quantity in quantities])
        self.has_known = bool(is_fixed.any())
        # What follows from figures that do not add up may come out below nothing; it does not go further down.
        is_signed = np.array(
            [
                quantity.population.mart == "difference"
                or (value < 0 and bool(quantity.rows) and not quantity.is_count)
                for quantity, value in zip(quantities, values, strict=True)
            ]
        )
        most_taken = np.where(is_signed, np.inf, np.maximum(self.values, 0))
        self.upper = np.concatenate(
            [np.where(is_fixed, 0, np.inf), np.where(is_fixed | self.is_unknown, 0, most_taken)]
        )
        self.solver = self._model(equations)
        self.evidence: list[_Evidence] = []

    def _model(self, equations: list[Equation]) -> Solver:
        solver = _solver()
        solver.setOptionValue("mip_rel_gap", 0.25)  # any whole figures prove it: the very nearest are not worth a wait
        count = len(self.numbers)
        none = np.zeros(0, dtype=np.int32)
        solver.addCols(2 * count, np.ones(2 * count), np.zeros(2 * count), self.upper, 0, none, none, np.zeros(0))
        starts: list[int] = []
        indices: list[int] = []
        factors: list[float] = []
        for equation in equations:
            starts.append(len(indices))
            for number, factor in equation.items():
                indices += [self.place[number], count + self.place[number]]
                factors += [factor, -factor]
        sums = self._sums_of_unknowns(equations)
        self.equation_of = np.repeat(np.arange(len(equations)), [len(equation) for equation in equations])
        self.place_of = np.array(indices[::2], dtype=np.int32)
        self.factor_of = np.array(factors[::2])
        self.sums = sums
        solver.addRows(
            len(equations), sums, sums, len(indices),
            np.array(starts, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(factors),
        )  # fmt: skip
        return solver

    def _sums_of_unknowns(self, equations: list[Equation]) -> Floats:
        """What each equation's unknown quantities come to in the true figures, as nearly as any values allow."""
        sums = np.zeros(len(equations))
        unknown = np.flatnonzero(self.is_unknown)
        column = {self.numbers[place]: at for at, place in enumerate(unknown)}
        with_unknown = [
            (at, equation) for at, equation in enumerate(equations) if not column.keys().isdisjoint(equation)
        ]
        if not with_unknown:
            return sums
        solver = _solver()
        none = np.zeros(0, dtype=np.int32)
        # two columns more for each equation: by how much it fails
        count = len(unknown) + 2 * len(with_unknown)
        costs = np.concatenate([np.zeros(len(unknown)), np.ones(2 * len(with_unknown))])
        solver.addCols(count, costs, np.zeros(count), np.full(count, np.inf), 0, none, none, np.zeros(0))
        for row, (_, equation) in enumerate(with_unknown):
            given = sum(f * self.values[self.place[n]] for n, f in equation.items() if n not in column)
            terms = {column[n]: f for n, f in equation.items() if n in column}
            terms |= {len(unknown) + 2 * row: 1.0, len(unknown) + 2 * row + 1: -1.0}
            places, factors = np.array(list(terms), dtype=np.int32), np.array(list(terms.values()))
            solver.addRow(-given, -given, len(terms), places, factors)
        solver.run()
        found = np.array(solver.getSolution().col_value)
        for at, equation in with_unknown:
            sums[at] = sum(factor * found[column[n]] for n, factor in equation.items() if n in column)
        return sums

    def protect(self, targets: list[int]) -> set[int]:
        """Hide until every target is protected, then show again whatever need not be hidden for that.

        What earlier editions showed may bound a target already: it is then protected as far as they leave room. Should
        a target be out of reach for any other reason, nothing of the component is shown.
        """
        aims = [(n, sign) for n in sorted(targets, key=lambda n: (-self.values[self.place[n]], n)) for sign in (1, -1)]
        for aim in aims:
            if not self._has_evidence(*aim):
                found = self._search(*aim, self._shown(), may_hide=True)
                if found is None and not self.has_known:
                    return set(self.numbers)
                if found is None:
                    found = self._search_nearer(*aim)
                if found is not None:
                    self.hidden |= {self.numbers[place] for place in np.flatnonzero(found.moved & self._shown())}
                    self.evidence.append(found)
        self._show_again(set(targets), aims)
        return self.hidden

    def _search_nearer(self, number: int, sign: int) -> _Evidence | None:
        """Figures that have the target less far off than it should be, which is all that is asked for from now on."""
        up, down = self.reach[number]
        need = up if sign > 0 else down
        nearer = (
            np.arange(math.ceil(need) - 1, 0, -1) if self.is_count[self.place[number]] else need * np.array([0.5, 0.1])
        )
        for less in [*map(float, nearer), 0.0]:
            self.reach[number] = (less, down) if sign > 0 else (up, less)
            found = self._search(number, sign, self._shown(), may_hide=True) if less else None
            if found is not None:
                return found
        return None

    def _show_again(self, targets: set[int], aims: list[tuple[int, int]]) -> None:
        for number in sorted(self.hidden - targets, key=lambda n: (-self.cost[self.place[n]], n)):
            hidden, evidence = self.hidden, self.evidence
            self.hidden = hidden - {number}
            shown = self._shown()
            self.evidence = [found for found in evidence if not (found.moved & shown).any()]
            for aim in aims:
                if not self._has_evidence(*aim):
                    found = self._search(*aim, shown, may_hide=False)
                    if found is None:
                        self.hidden, self.evidence = hidden, evidence
                        break
                    self.evidence.append(found)

    def _has_evidence(self, number: int, sign: int) -> bool:
        place, (up, down) = self.place[number], self.reach[number]
        need = up if sign > 0 else down
        return need <= 0 or any(sign * found.change[place] > need - _TOLERANCE for found in self.evidence)

    def _search(self, number: int, sign: int, shown: Mask, *, may_hide: bool) -> _Evidence | None:
        """The figures nearest to the true ones that have the target far enough off; None where there are none.

        Where nothing more may be hidden, nothing shown may differ in them.
        """
        place, count = self.place[number], len(self.numbers)
        up, down = self.reach[number]
        lower, upper = np.zeros(2 * count), self.upper.copy()
        if not may_hide:
            upper[np.concatenate([shown, shown])] = 0
        column, other, need = (place, place + count, up) if sign > 0 else (place + count, place, down)
        lower[column], upper[column], upper[other] = need, max(need, upper[column]), 0
        columns = np.arange(2 * count, dtype=np.int32)
        self.solver.changeColsBounds(2 * count, columns, lower, upper)
        costs = np.where(shown, self.cost, 1e-4)
        self.solver.changeColsCost(2 * count, columns, np.concatenate([costs, costs]))
        change = self._solve()
        if change is None or not self._holds(change):
            return None
        return _Evidence(change, (np.abs(change) > _TOLERANCE) & ~self.is_unknown)

    def _holds(self, change: Floats) -> bool:
        """Whether the figures hold by the equations and none is less than nothing: no solver is taken at its word."""
        terms = self.factor_of * change[self.place_of]
        sums = np.bincount(self.equation_of, terms, minlength=len(self.sums))
        size = max(1.0, float(np.abs(change).max()))
        count = len(self.numbers)
        return bool(
            np.all(np.abs(sums - self.sums) < _TOLERANCE * size)
            and np.all(-change < self.upper[count:] + _TOLERANCE * size)
            and np.all(change < self.upper[:count] + _TOLERANCE * size)
        )

    def _solve(self) -> Floats | None:
        """The cheapest change, in whole numbers where counts change; None where there is none."""
        change = self._solved()
        if change is not None and not _is_whole(change[self.is_count]):
            columns = np.arange(2 * len(self.numbers), dtype=np.int32)
            kinds = np.where(np.concatenate([self.is_count, self.is_count]), 1, 0).astype(np.uint8)
            self.solver.changeColsIntegrality(len(columns), columns, kinds)
            change = self._solved()
            self.solver.changeColsIntegrality(len(columns), columns, np.zeros_like(kinds))
        if change is not None:
            change[self.is_count] = np.round(change[self.is_count])
        return change

    def _solved(self) -> Floats | None:
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        count = len(self.numbers)
        solution: Floats = np.array(self.solver.getSolution().col_value)
        return solution[:count] - solution[count:]

    def _shown(self) -> Mask:
        """Which quantities some row shows."""
        rows = self.system.rows
        return np.array(
            [
                any(
                    not rows[row].is_primary and self.hidden.isdisjoint(rows[row].shows)
                    for row in self.system.quantities[number].rows
                )
                for number in self.numbers
            ]
        )


def _solver() -> Solver:
    """A solver that works by itself and quietly. One that were left to choose its threads would choose them for all
    of the process: every other would refuse to run, and what it was asked about would be hidden."""
    solver = Solver()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def _is_whole(numbers: Floats) -> bool:
    return bool(np.all(np.abs(numbers - np.round(numbers)) < _TOLERANCE))
