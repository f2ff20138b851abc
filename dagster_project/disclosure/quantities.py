"""What the published figures are made of, and how these quantities hang together.

Belongs here: from rows of the scorecard to quantities (so many of a population at a time) and to the equations
between them, derived from the metric catalogue. Does not belong here: which quantity is hidden (suppression.py).

A quantity is known by what it counts: the mart, the dates that let a row count, the aggregate, the conditions (an
entry's `where` and the value of a dimension alike, as conditions.py reads them) and the time. So the numerator of a
ratio, a metric, and a cell of a breakdown that come to the same conditions are one quantity, and narrower conditions
are a part of wider ones.
"""

import calendar
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from dagster_project.disclosure import OF_HEALTH, conditions
from dagster_project.disclosure.conditions import Condition
from dagster_project.vocabulary import catalogue

Figure = dict[str, Any]
Equation = dict[int, float]

_MONTHS = {"month": 1, "quarter": 3, "tertial": 4, "year": 12}
_WINDOW_EDGE = re.compile(r"measured_end( \+ 1)?((?: [-+] interval '\d+ (?:months|days?)')*)")
_NO_EDGE = "'-infinity'"
_AVERAGE = re.compile(r"overlap_days / days\b")


@dataclass(frozen=True)
class Population:
    """What is counted, whenever it is counted."""

    mart: str
    dates: tuple[str, ...]
    aggregate: str
    conditions: frozenset[Condition]

    @property
    def is_count(self) -> bool:
        """Whether persons, households, dwellings or cases are counted, one by one."""
        return self.aggregate.startswith("count(")

    @property
    def is_of_different(self) -> bool:
        """Whether what is counted in two times or cells may be the same, so that the sum counts it twice."""
        return self.aggregate.startswith("count(distinct")

    def narrowed(self, *more: Condition) -> "Population":
        """The same under more conditions; what a stated value excludes anyway is not said again."""
        every = self.conditions | set(more)
        stated = {column for column, by in (condition.value for condition in every) if by == "="}
        excluded = {each for each in every if each.value[1] == "<>" and each.value[0] in stated}
        return Population(self.mart, self.dates, self.aggregate, frozenset(every - excluded))


@dataclass(frozen=True, order=True)
class Time:
    """When: a moment (`end` is the day after it), or the days from `start` up to but not including `end`.

    What adds up with no other time (a period whose rule is known to a model only) has a label.
    """

    end: date
    start: date | None = None
    label: str = ""

    def is_within(self, other: "Time") -> bool:
        """Whether these days are among the other's."""
        return bool(self.start and other.start and other.start <= self.start and self.end <= other.end)


@dataclass
class Quantity:
    """One number that rows show, or that follows from numbers that they show."""

    population: Population
    time: Time
    value: float | None = None
    rows: list[int] = field(default_factory=list)
    is_of_persons: bool = True
    is_of_health: bool = False
    is_primary: bool = False
    is_known: bool = False
    weight: float = 1.0
    most: float = math.inf
    """As many as it may be thought to be, for all of whom it is a part are told of by a figure that is no secret."""

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number."""
        return self.population.is_count

    def threshold(self, of_all: int) -> int:
        """The smallest number that may be told; `of_all`: of what does not tell of people's health."""
        return max(of_all, OF_HEALTH) if self.is_of_health else of_all


@dataclass
class Row:
    """One row of the figures: the quantities that it shows, and the count that it is built on, if that is one."""

    shows: list[int] = field(default_factory=list)
    built_on: set[int] = field(default_factory=set)
    is_primary: bool = False


@dataclass
class System:
    """The quantities, the rows that show them, and the equations: every sum of factor x quantity is 0.

    Where figures do not add up (people counted once in a year and in two of its quarters), a quantity of its own makes
    up for it: the attacker is taken to know on which side they fail to. Where they do, to know that they do.
    """

    quantities: list[Quantity]
    rows: list[Row]
    equations: list[Equation]


def read(figures: list[Figure], known: list[Figure], threshold: int) -> System:
    """The system of quantities behind rows of the scorecard, with what is too small to be shown marked as primary.

    What `known` rows show with the value that it has in the figures is marked as known.
    """
    reader = _Reader(figures)
    reader.read_rows()
    reader.read_known(known)
    reader.relate_equals()
    reader.follow_states()
    reader.relate_differences_and_sums()
    reader.open_windows()
    reader.divide_time()
    reader.add_up_dimensions()
    reader.relate_conditions()
    reader.relate_ratios()
    reader.relate_included()
    reader.find_values()
    reader.leave_out_what_is_nothing()
    reader.bound_parts()
    reader.mark_primaries(threshold)
    return System(reader.quantities, reader.rows, reader.equations)


class _Reader:
    """Builds the system; every step adds quantities and equations, and none takes any away."""

    def __init__(self, figures: list[Figure]) -> None:
        self.figures = figures
        self.quantities: list[Quantity] = []
        self.rows: list[Row] = []
        self.equations: list[Equation] = []
        self.number: dict[tuple[Population, Time], int] = {}
        self.times: dict[Population, set[Time]] = defaultdict(set)
        # by what is broken down and the dimension: the population of each value
        self.breakdowns: dict[tuple[Population, str], dict[str, Population]] = defaultdict(dict)
        self.is_related: set[tuple[int, int]] = set()
        # what lies before the first that is shown: where it counts nothing, the series had not begun
        self.leading: set[int] = set()

    def quantity(self, population: Population, time: Time) -> int:
        """The number of a quantity, which is made where it does not exist yet."""
        if (population, time) not in self.number:
            self.number[population, time] = len(self.quantities)
            self.times[population].add(time)
            quantity = Quantity(population, time, is_of_persons=population.mart != "difference")
            quantity.is_of_health = bool({population.mart, *population.dates} & _of_health())
            self.quantities.append(quantity)
        return self.number[population, time]

    # -- the rows

    def read_rows(self) -> None:
        for figure in self.figures:
            row = Row()
            for measure_id, value in _parts(figure):
                if _is_sensitive(measure_id) and (_is_additive(measure_id) or _is_mean_of_known(measure_id, figure)):
                    row.shows.append(self._shown(measure_id, figure, value, row=len(self.rows)))
            self.rows.append(row)

    def _shown(self, measure_id: str, figure: Figure, value: float | None, row: int) -> int:
        number = self._of_row(measure_id, figure)
        quantity = self.quantities[number]
        quantity.rows.append(row)
        if figure["dimension"] == catalogue.TOTAL:
            quantity.weight = 3.0
        if value is not None:
            quantity.value = value * _exposure(measure_id, figure)
        return number

    def _of_row(self, measure_id: str, figure: Figure) -> int:
        population = _own_population(measure_id, figure)
        if figure["dimension"] != catalogue.TOTAL:
            values = self.breakdowns[_population(measure_id, figure), figure["dimension"]]
            values[figure["dimension_value"]] = population
        return self.quantity(population, _time(measure_id, figure))

    def read_known(self, known: list[Figure]) -> None:
        for figure in known:
            for measure_id, value in _parts(figure):
                if value is not None and _is_sensitive(measure_id) and _is_additive(measure_id):
                    quantity = self.quantities[self._of_row(measure_id, figure)]
                    value *= _exposure(measure_id, figure)
                    # where no row of the figures shows it, what was shown before is what is known of it
                    quantity.value = value if quantity.value is None else quantity.value
                    quantity.is_known = quantity.is_known or math.isclose(quantity.value, value, rel_tol=1e-9)

    # -- the equations

    def relate_equals(self) -> None:
        """What an entry says that it is the same as has its value, and it tells of health no more than that does."""
        for one, other, is_whole in self._same():
            if is_whole:
                self.quantities[one].is_of_health = self.quantities[other].is_of_health
                self.equations.append({one: 1.0, other: -1.0})

    def _same(self) -> Iterator[tuple[int, int, bool]]:
        """What is the same as another entry, with that one, and whether it is all of it or the cell of a breakdown that
        the other does not have."""
        for figure in self.figures:
            for measure_id, _ in _parts(figure):
                if same_as := catalogue.entries()[measure_id].same_as:
                    is_whole = figure["dimension"] in (catalogue.TOTAL, *catalogue.metrics()[same_as].dimensions)
                    of = figure if is_whole else figure | {"dimension": catalogue.TOTAL}
                    yield self._of_row(measure_id, figure), self._of_row(same_as, of), is_whole

    def follow_states(self) -> None:
        """What is there at a moment is what was there before, and what has come since, less what has gone."""
        for population in list(self.times):
            match population.dates:
                case ("at_end", came, went) if not any(condition.day for condition in population.conditions):
                    comings = Population(population.mart, ("at", came), population.aggregate, population.conditions)
                    goings = Population(population.mart, ("at", went), population.aggregate, population.conditions)
                case _:
                    continue
            moments = sorted(time for time in self.times[population] if not time.label)
            self._begin_state(population, comings, goings, moments[0])
            for before, after in pairwise(moments):
                between = Time(after.end, before.end)
                if self._touches(comings, between) or self._touches(goings, between):
                    self.equations.append(
                        {
                            self.quantity(population, after): 1,
                            self.quantity(population, before): -1,
                            self.quantity(comings, between): -1,
                            self.quantity(goings, between): 1,
                        }
                    )

    def _begin_state(self, population: Population, comings: Population, goings: Population, first: Time) -> None:
        """Where a series begins nothing was there before: what is there at the end of its first time came in it."""
        for time in sorted(self.times.get(comings, set()) & self.times.get(goings, set())):
            if time.start and not time.label and time.end == first.end:
                numbers = [self.quantity(each, time) for each in (comings, goings)]
                there = self.quantity(population, first)
                came, went = (self.quantities[number].value for number in numbers)
                if came is not None and went is not None and self.quantities[there].value == came - went:
                    self.equations.append({there: 1.0, numbers[0]: -1.0, numbers[1]: 1.0})

    def _touches(self, population: Population, interval: Time) -> bool:
        assert interval.start
        return any(
            time.start and time.start < interval.end and interval.start < time.end
            for time in self.times.get(population, ())
        )

    def relate_differences_and_sums(self) -> None:
        """A difference is its first part less its second, a sum both together."""
        for figure, row in zip(self.figures, self.rows, strict=True):
            for (measure_id, _), shown in zip(_parts(figure), row.shows, strict=False):
                compute = catalogue.entries()[measure_id].compute
                if made_of := compute.difference or compute.sum:
                    equation = {shown: 1.0}
                    for part, factor in zip(made_of, (-1.0, 1.0 if compute.difference else -1.0), strict=True):
                        equation[self.quantity(_own_population(part, figure), _time(part, figure))] = factor
                    self.equations.append(equation)

    def open_windows(self) -> None:
        """Who is left of a window's events at its end, or meets more conditions, is a part of all its events. No row
        shows these for the window itself, but for shorter times that it falls into."""
        alike: dict[Any, list[Population]] = defaultdict(list)
        for population in self.times:
            if population.is_count:
                alike[population.mart, population.dates].append(population)
        for populations in alike.values():
            for population in populations:
                times = sorted(time for time in self.times[population] if time.start and not time.label)
                shown = [time for time in times if self._is_shown(population, time)]
                wider = [other for other in populations if shown and _is_wider(other, population)]
                for whole in wider:
                    if any(_is_wider(whole, third) for third in wider):
                        continue
                    is_of_persons = whole.aggregate == population.aggregate
                    for time in shown:
                        if not self._is_shown(whole, time) and self._touches(whole, time):
                            numbers = self.quantity(whole, time), self.quantity(population, time)
                            self._rest(*numbers, is_of_persons=is_of_persons)

    def divide_time(self) -> None:
        """Events and days of a longer time are those of the shorter times that it falls into."""
        for population in list(self.times):
            intervals = sorted(time for time in self.times[population] if time.start and not time.label)
            if population.is_of_different:
                self._cover(population, intervals)
                continue
            edges = sorted({edge for time in intervals for edge in (time.start, time.end) if edge})
            segments = [Time(end, start) for start, end in pairwise(edges)]
            leading = {segment for segment in segments if self._is_leading(population, segment, intervals)}
            for time in intervals:
                within = [segment for segment in segments if segment.is_within(time)]
                if len(within) > 1:
                    parts = dict.fromkeys((self.quantity(population, segment) for segment in within), -1.0)
                    self.equations.append({self.quantity(population, time): 1.0} | parts)
                    self.leading |= {self.quantity(population, segment) for segment in leading.intersection(within)}

    def _is_leading(self, population: Population, segment: Time, intervals: list[Time]) -> bool:
        """Whether no row shows the segment, and none shows anything from before it."""
        return all(
            segment.end <= (time.start or time.end) or (segment.is_within(time) and segment != time)
            for time in intervals
            if self._is_shown(population, time)
        )

    def _is_shown(self, population: Population, time: Time) -> bool:
        number = self.number.get((population, time))
        return number is not None and (bool(self.quantities[number].rows) or self.quantities[number].is_known)

    def _cover(self, population: Population, intervals: list[Time]) -> None:
        """The different people of a time are no fewer than those of a part of it, and no more than those of the parts
        that cover it: all of it, or as much as is not before the series began."""
        for time in intervals:
            inside = [part for part in intervals if part != time and part.is_within(time)]
            whole = self.quantity(population, time)
            for cover in _covers(time, inside):
                parts = [self.quantity(population, part) for part in cover]
                if cover[0].start != time.start and not (
                    self._is_leading(population, Time(cover[0].start or time.end, time.start), intervals)
                    and (self.quantities[whole].value or 0) <= sum(self.quantities[part].value or 0 for part in parts)
                ):
                    continue
                self.equations.append({whole: 1.0} | dict.fromkeys(parts, -1.0))
            for part in inside:
                self._rest(whole, self.quantity(population, part))

    def add_up_dimensions(self) -> None:
        """The values of a dimension add up to the whole, and to the values of a dimension that it is a part of."""
        for (base, dimension), values in self.breakdowns.items():
            # also where no row shows the whole: two breakdowns of one whole come to the same
            for time in sorted({time for part in values.values() for time in self.times[part]}):
                self._add_up(base, values.values(), time)
            for whole, belongs in catalogue.dimensions()[dimension].part_of.items():
                for value, population in self.breakdowns.get((base, whole), {}).items():
                    parts = [part for name, part in values.items() if belongs.get(name) == value]
                    for time in sorted(self.times[population]):
                        self._add_up(population, parts, time)

    def _add_up(self, whole: Population, parts: Iterable[Population], time: Time) -> None:
        present = [self.number[part, time] for part in parts if (part, time) in self.number]
        if present:
            number = self.quantity(whole, time)
            self.equations.append({number: 1.0} | dict.fromkeys(present, -1.0))
            self.is_related.update((number, part) for part in present)

    def relate_conditions(self) -> None:
        """Who meets more conditions is among those who meet fewer: the rest is a quantity too."""
        alike: dict[Any, list[int]] = defaultdict(list)
        for number, quantity in enumerate(self.quantities):
            if quantity.is_count and quantity.rows:
                alike[quantity.population.mart, quantity.population.dates, quantity.time].append(number)
        for numbers in alike.values():
            for number in numbers:
                self._relate_alternatives(number, numbers)
                wider = [
                    other
                    for other in numbers
                    if _is_wider(self.quantities[other].population, self.quantities[number].population)
                ]
                for other in wider:
                    nearest = not any(
                        _is_wider(self.quantities[other].population, self.quantities[third].population)
                        for third in wider
                    )
                    if nearest:
                        # of rows less persons nobody can say whom the rest counts
                        wide, narrow = self.quantities[other].population, self.quantities[number].population
                        self._rest(other, number, is_of_persons=wide.aggregate == narrow.aggregate)
                self._relate_same(number, numbers)

    def _relate_same(self, number: int, numbers: list[int]) -> None:
        for other in numbers:
            a, b = self.quantities[number].population, self.quantities[other].population
            if a.conditions == b.conditions and a.aggregate > b.aggregate:
                self.equations.append({number: 1.0, other: -1.0})

    def _relate_alternatives(self, number: int, numbers: list[int]) -> None:
        population = self.quantities[number].population
        for condition in sorted(population.conditions):
            if alternatives := condition.alternatives:
                rest = Population(
                    population.mart, population.dates, population.aggregate, population.conditions - {condition}
                )
                bound = [
                    {each.on(condition.day) if condition.day else each for each in alternative}
                    for alternative in alternatives
                ]
                wanted = {rest.narrowed(*alternative) for alternative in bound}
                found = [other for other in numbers if self.quantities[other].population in wanted]
                if len(found) == len(alternatives):
                    self.equations.append({number: 1.0} | dict.fromkeys(found, -1.0))
                    for other in found:
                        self._rest(number, other)

    def _rest(self, whole: int, part: int, *, is_of_persons: bool = True) -> None:
        if (whole, part) not in self.is_related:
            rest = self._nameless(f"{whole} without {part}", whole)
            rest.is_of_persons = is_of_persons
            self.equations.append({whole: 1.0, part: -1.0, len(self.quantities) - 1: -1.0})
            self.is_related.add((whole, part))

    def _nameless(self, name: str, like: int) -> Quantity:
        """A new quantity that no entry of the catalogue names, of the same unit as another."""
        of = self.quantities[like]
        aggregate = "count(*)" if of.is_count else of.population.aggregate
        nameless = self.quantities[self.quantity(Population(name, (), aggregate, frozenset()), of.time)]
        nameless.is_of_health = of.is_of_health
        return nameless

    def relate_ratios(self) -> None:
        """The numerator of a share is a part of its denominator."""
        shares = {metric_id for metric_id, limits in catalogue.bounds().items() if limits == (0, 1)}
        for figure, row in zip(self.figures, self.rows, strict=True):
            if figure["metric_id"] in shares and len(row.shows) == 2:
                part, whole = row.shows
                if part != whole and not self._is_within(whole, part):
                    self._rest(whole, part)

    def relate_included(self) -> None:
        """What an entry says that it includes is a part of it; so it is where the entry is one of two in a sum."""
        for figure, row in zip(self.figures, self.rows, strict=True):
            for measure_id, _ in _parts(figure)[: len(row.shows)]:
                for whole_id in (measure_id, *(catalogue.entries()[measure_id].compute.sum or ())):
                    for part_id in catalogue.entries()[whole_id].includes:
                        whole, part = (
                            self.number.get((_own_population(each, figure), _time(each, figure)))
                            for each in (whole_id, part_id)
                        )
                        if whole is not None and part is not None:
                            self._rest(whole, part)

    def _is_within(self, whole: int, part: int) -> bool:
        a, b = self.quantities[whole], self.quantities[part]
        same = (a.population.mart, a.population.dates, a.time) == (b.population.mart, b.population.dates, b.time)
        return same and a.population.conditions < b.population.conditions

    # -- the values

    def find_values(self) -> None:
        """The value of what no row shows, where the equations give it."""
        waiting = list(self.equations)
        while True:
            undecided = []
            for equation in waiting:
                unknown = [number for number in equation if self.quantities[number].value is None]
                if len(unknown) > 1:
                    undecided.append(equation)
                elif unknown:
                    rest = sum(f * (self.quantities[n].value or 0) for n, f in equation.items() if n != unknown[0])
                    self.quantities[unknown[0]].value = -rest / equation[unknown[0]]
            if len(undecided) == len(waiting):
                break
            waiting = undecided
        for equation in self.equations:
            values = [self.quantities[number].value for number in equation]
            if None not in values:
                self._even_out(equation)

    def _even_out(self, equation: Equation) -> None:
        """Where figures do not add up, let it be known on which side, and not by how much."""
        terms = [factor * (self.quantities[number].value or 0) for number, factor in equation.items()]
        left = math.fsum(terms)
        if abs(left) > 1e-6 * max(1.0, *(abs(term) for term in terms)):
            slack = self._nameless(f"slack {len(self.quantities)}", next(iter(equation)))
            slack.value = abs(left)
            slack.is_of_persons = False
            equation[len(self.quantities) - 1] = -math.copysign(1, left)

    def leave_out_what_is_nothing(self) -> None:
        """Take what counts nothing before the first that is shown out of the equations: it is known to be nothing."""
        for equation in self.equations:
            size = max(abs(self.quantities[number].value or 0) for number in equation)
            for number in self.leading.intersection(equation):
                value = self.quantities[number].value
                if value is not None and abs(value) <= 1e-9 * max(1.0, size):
                    del equation[number]
        self.equations = [equation for equation in self.equations if equation]

    def bound_parts(self) -> None:
        """Nobody takes a part for more than the whole that another figure tells of, and whose secret it is not."""
        for part, whole, is_whole in self._same():
            if not is_whole and (value := self.quantities[whole].value) is not None:
                self.quantities[part].most = value

    def mark_primaries(self, threshold: int) -> None:
        """Counts under the threshold, and whatever is built on so few, or on nobody knows how many."""
        for quantity in self.quantities:
            if quantity.is_count and quantity.is_of_persons and quantity.value is not None:
                quantity.is_primary = 0.5 < abs(quantity.value) < quantity.threshold(threshold) - 0.5
        for figure, row in zip(self.figures, self.rows, strict=True):
            for measure_id, value in _parts(figure):
                if _is_sensitive(measure_id) and not _is_count(measure_id) and _aggregate(measure_id) != "difference":
                    self._mark_built(measure_id, figure, value, row, threshold)

    def _mark_built(self, measure_id: str, figure: Figure, value: float | None, row: Row, threshold: int) -> None:
        """A sum, a mean, a median or a percentile goes with the count that it is built on."""
        entry = catalogue.metrics()[figure["metric_id"]]
        threshold = max(threshold, OF_HEALTH) if entry.is_of_health else threshold
        behind = entry.built_on or measure_id
        units = figure.get("units")
        number = self.number.get((_own_population(behind, figure), _time(behind, figure)))
        if number is not None and self.quantities[number].rows:
            row.built_on.add(number)
            units = self.quantities[number].value if units is None else units
        is_nothing = value is None or (value == 0 and not units)
        if not is_nothing and (units is None or units < threshold):
            row.is_primary = True
            for shown in row.shows:
                quantity = self.quantities[shown]
                quantity.is_primary = quantity.is_primary or not quantity.is_count


def _is_wider(wide: Population, narrow: Population) -> bool:
    """Whether all of the one are among the other, of the same mart and dates, and not the other way round."""
    # rows are at least as many as the different persons or cases among them
    is_comparable = wide.aggregate in {narrow.aggregate, "count(*)"}
    return is_comparable and wide.conditions < narrow.conditions


# -- what the catalogue says of a measure


@cache
def _of_health() -> frozenset[str]:
    """The marts, and where a model makes them the measures, that figures of people's health are made of."""
    every = catalogue.entries()
    made_of = {
        part
        for metric_id, entry in catalogue.metrics().items()
        if entry.is_of_health
        for part in (*(entry.compute.parts or (metric_id,)), *filter(None, [entry.built_on]))
    }
    return frozenset(every[part].compute.mart or part for part in made_of)


def _parts(figure: Figure) -> list[tuple[str, float | None]]:
    """What a row shows: the two parts of a ratio, else its value."""
    ratio = catalogue.metrics()[figure["metric_id"]].compute.ratio
    if not ratio:
        return [(figure["metric_id"], figure["value"])]
    return [(ratio[0], figure["numerator"]), (ratio[1], figure["denominator"])]


@cache
def _is_sensitive(measure_id: str) -> bool:
    return catalogue.entries()[measure_id].is_sensitive


@cache
def _aggregate(measure_id: str) -> str:
    """The SQL aggregate; a ratio's parts that a model of its own yields are counts (see metric_value.sql)."""
    compute = catalogue.entries()[measure_id].compute
    if compute.difference:
        return "difference"
    if compute.value:
        return conditions.aggregate(compute.value, measure_id)
    return "model" if measure_id in catalogue.metrics() else f"count({measure_id})"


@cache
def _is_count(measure_id: str) -> bool:
    return _aggregate(measure_id).startswith("count(")


@cache
def _is_additive(measure_id: str) -> bool:
    return re.match(r"count\(|sum\(|difference", _aggregate(measure_id)) is not None


def _is_mean_of_known(measure_id: str, figure: Figure) -> bool:
    """A mean of so many is a sum to whoever knows how many."""
    return _aggregate(measure_id).startswith("avg(") and figure.get("units") is not None


def _exposure(measure_id: str, figure: Figure) -> float:
    """What makes a figure add up over time and dimension: an average over days by the days, a mean by its units."""
    aggregate = _aggregate(measure_id)
    if aggregate.startswith("avg("):
        return float(figure["units"])
    return _days(figure) if _AVERAGE.search(aggregate) else 1.0


def _population(measure_id: str, figure: Figure) -> Population:
    compute = catalogue.entries()[measure_id].compute
    aggregate = _aggregate(measure_id)
    if not compute.mart:
        mart = "difference" if compute.difference else "model"
        return Population(mart, (measure_id,), "count(*)" if mart == "difference" else aggregate, frozenset())
    last = _measured_to(figure) - timedelta(days=1)
    bound = frozenset(condition.on(last) for condition in conditions.read(compute.where or "", measure_id))
    return Population(compute.mart, (str(compute.kind), *compute.dates), aggregate, bound).narrowed()


def _own_population(measure_id: str, figure: Figure) -> Population:
    """The population of a row: the measure's, and where the row is of a breakdown, those with the dimension's value."""
    population = _population(measure_id, figure)
    return population if figure["dimension"] == catalogue.TOTAL else population.narrowed(_condition(measure_id, figure))


def _condition(measure_id: str, figure: Figure) -> Condition:
    columns = catalogue.entries()[measure_id].compute.columns
    return conditions.stated(columns.get(figure["dimension"]) or figure["dimension"], figure["dimension_value"])


# -- periods


def _covers(time: Time, inside: list[Time]) -> list[tuple[Time, ...]]:
    """The ways to cover a time from its end back with times of one length, or longer ones where there are none such;
    each as far back as it goes."""
    ending: dict[date, list[Time]] = defaultdict(list)
    for part in sorted(inside, key=_length):
        ending[part.end].append(part)
    covers = set()
    for last in ending[time.end]:
        cover, length = [last], _length(last)
        while (before := ending.get(cover[0].start or time.end)) and cover[0].start != time.start:
            # months and quarters differ by a few days
            alike = [part for part in before if _length(part) <= length + 3]
            cover.insert(0, alike[-1] if alike else before[0])
            length = max(length, _length(cover[0]))
        covers.add(tuple(cover))
    return sorted(covers)


def _length(time: Time) -> int:
    return (time.end - (time.start or time.end)).days


def _time(measure_id: str, figure: Figure) -> Time:
    compute = catalogue.entries()[measure_id].compute
    start, end = figure["period_start"], _measured_to(figure)
    if compute.at_end:
        return Time(end)
    if not compute.mart:
        return Time(end, start, f"{figure['period_type']} {measure_id}")
    if compute.during:
        first, last = (_edge(text, end, measure_id) for text in compute.during)
        if first is None or last is None:
            return Time(end, start, f"{figure['period_type']} {measure_id}")
        return Time(last + timedelta(days=1), first)
    return Time(end, start)


def _edge(text: str, end: date, measure_id: str) -> date | None:
    """A window's edge as a date; None where the window has none on this side. Raises ConditionNotUnderstood."""
    written = " ".join(text.split()).lower()
    found = _WINDOW_EDGE.fullmatch(written)
    if written == _NO_EDGE:
        return None
    if not found:
        raise conditions.ConditionNotUnderstood(
            f"{measure_id} counts in a window with the edge {written}, which the protection of small figures does not"
            f" understand. Say it as measured_end, as measured_end + 1 - interval '12 months' - interval '1 day', or as"
            f" measured_end + interval '12 months';"
            f" {_NO_EDGE} is none."
        )
    edge = end if found[1] else end - timedelta(days=1)
    for sign, number, unit in re.findall(r"([-+]) interval '(\d+) (months|days?)'", found[2]):
        ahead = int(f"{sign}{number}")
        edge = _shifted(edge, ahead) if unit == "months" else edge + timedelta(days=ahead)
    return edge


def _shifted(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _measured_to(figure: Figure) -> date:
    """The day after the period's last day, or after the as-of date where that comes first."""
    end = _shifted(figure["period_start"], _MONTHS[figure["period_type"]])
    as_of = figure.get("as_of")
    return min(end, as_of + timedelta(days=1)) if as_of else end


def _days(figure: Figure) -> float:
    return float((_measured_to(figure) - figure["period_start"]).days)
