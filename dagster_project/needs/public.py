"""What of an overview may be shown to everybody.

Belongs here: which groups a public edition shows, and the sums over them. Does not belong here: which of several cells
is hidden with a small one (the disclosure room chooses), and how an edition looks.

Of a group only the uncovered need is shown, in whole households, and none of what it is made of. It is hidden where any
count behind it is small: the queue of a category may be public already, so what is left of a need when the queue is
taken off must be no small number either. Years ahead are a function of the queue and of who came and left: they are
shown where these counts are not small, and their sums only where every group is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dagster_project.disclosure import THRESHOLD, suppression
from dagster_project.disclosure.conditions import Condition
from dagster_project.disclosure.quantities import Population, Quantity, Row, System, Time
from dagster_project.needs.content import Content
from dagster_project.needs.groups import FAMILIES
from dagster_project.needs.reckoning import ALTERNATIVES, HORIZONS, MAIN, UNCOVERED, Component
from dagster_project.outlook.series import half_up

TOTAL = "total"
# what is counted of persons, one by one
_COUNTED = ("venteliste", "midlertidig", "skjult_register")
HIDDEN = "Skjult: tallet er lite, eller røper et som er det."


@dataclass(frozen=True)
class Sum:
    """The uncovered need of all groups of a kind of dwelling, or of all; None where an edition hides it."""

    dwelling_type: str
    horizon_years: int
    alternative: str
    value: float | None
    without: float | None = None
    """Were nothing done; of a public edition it is not told."""


def is_small(count: float | None) -> bool:
    """Whether a count is of few, and not of nobody."""
    return bool(count) and 0 < (count or 0) < THRESHOLD


def protected(rows: Sequence[Component], content: Content, on: date) -> tuple[list[Component], list[Sum]]:
    """The rows that a public edition has (empty where hidden), and its sums."""
    by_cell: dict[tuple[str, str, int, str], dict[str, Component]] = {}
    for row in rows:
        by_cell.setdefault(row.cell, {})[row.component] = row
    cells = [cell[:2] for cell in by_cell if cell[2:] == (0, MAIN.name) and cell[0] != FAMILIES]
    now = {cell: half_up(by_cell[*cell, 0, MAIN.name][UNCOVERED].value or 0.0) for cell in cells}
    small = {cell for cell in cells if is_small(now[cell]) or _has_small_part(by_cell, cell)}
    hidden_cells, hidden_sums = _hidden(now, small, on)
    ahead = {cell for cell in cells if cell not in hidden_cells and not _leaks(cell, content)}
    shown: list[Component] = []
    sums: list[Sum] = []
    for horizon in HORIZONS:
        for alternative in ALTERNATIVES:
            values: dict[tuple[str, str], int | None] = {}
            for cell in cells:
                row = by_cell[*cell, horizon, alternative.name][UNCOVERED]
                # of today there is one number: the alternatives differ by what nobody confirmed, which is few
                value = now[cell] if horizon == 0 else half_up(row.value or 0.0)
                is_shown = cell not in hidden_cells if horizon == 0 else cell in ahead
                values[cell] = value if is_shown else None
                shown.append(_told(row, values[cell]))
            sums += _sums(now if horizon == 0 else values, horizon, alternative.name, hidden_sums)
    for alternative in ALTERNATIVES:
        families = by_cell.get((FAMILIES, "alle", 0, alternative.name), {}).get(UNCOVERED)
        if families:
            value = half_up(families.value or 0.0)
            shown.append(_told(families, None if is_small(value) else value))
    return shown, sums


def _told(row: Component, value: float | None) -> Component:
    note = HIDDEN if value is None else row.note if row.need_group == FAMILIES else ""
    return replace(
        row, value=None if value is None else float(value), numerator=None, denominator=None, note=note,
        is_estimate=False,
    )  # fmt: skip


def _has_small_part(by_cell: dict[tuple[str, str, int, str], dict[str, Component]], cell: tuple[str, str]) -> bool:
    """Whether any count behind a need is small, in any alternative."""
    for alternative in ALTERNATIVES:
        parts = by_cell[*cell, 0, alternative.name]
        counts = [parts[name].value for name in _COUNTED if name in parts]
        # of applications how many there are, not what they weigh; of several categories only the weight is known
        undecided = parts["ubehandlet"]
        counts.append(undecided.value if undecided.numerator is None else undecided.numerator)
        if any(map(is_small, counts)):
            return True
    register = [by_cell[*cell, 0, each.name]["skjult_register"].value or 0.0 for each in ALTERNATIVES]
    return is_small(max(register) - min(register))


def _leaks(cell: tuple[str, str], content: Content) -> bool:
    """Whether the path of a group gives away a small count of who waits, came, was housed or left."""
    categories = {
        each["housing_category"]
        for each in content["groups"]
        if (each["need_group"], each["need_dwelling_type"]) == cell
    }
    return any(
        is_small(count)
        for each in content["rates"]
        if each["housing_category"] in categories and each["state"] != "for_tynn"
        for count in (each["waiting"], *each["counts"])
    )


def _hidden(
    now: dict[tuple[str, str], int], small: set[tuple[str, str]], on: date
) -> tuple[set[tuple[str, str]], set[str]]:
    """Which groups are hidden so that the small ones cannot be worked out, and which sums."""
    time = Time(date.fromordinal(on.toordinal() + 1))
    quantities: list[Quantity] = []
    place: dict[object, int] = {}

    def add(name: object, value: int, is_primary: bool, weight: float) -> None:
        of = Population("need", (), "count(*)", frozenset({Condition(str(name))}))
        place[name] = len(quantities)
        quantities.append(
            Quantity(of, time, float(value), rows=[len(quantities)], is_primary=is_primary, weight=weight)
        )

    for cell, value in now.items():
        add(cell, value, cell in small, 1.0)
    kinds = sorted({kind for _, kind in now})
    for kind in kinds:
        value = sum(each for (_, of), each in now.items() if of == kind)
        add(kind, value, is_small(value), 2.0)
    add(TOTAL, sum(now.values()), is_small(sum(now.values())), 3.0)
    equations = [{place[kind]: -1.0, **{place[cell]: 1.0 for cell in now if cell[1] == kind}} for kind in kinds]
    equations.append({place[TOTAL]: -1.0, **{place[kind]: 1.0 for kind in kinds}})
    rows = [Row(shows=[number], is_primary=each.is_primary) for number, each in enumerate(quantities)]
    hidden = suppression.choose(System(quantities, rows, equations), THRESHOLD)
    return {cell for cell in now if place[cell] in hidden}, {name for name in (*kinds, TOTAL) if place[name] in hidden}


def _sums(
    values: dict[tuple[str, str], int] | dict[tuple[str, str], int | None],
    horizon: int,
    alternative: str,
    hidden: set[str],
) -> Iterator[Sum]:
    for kind in (*sorted({kind for _, kind in values}), TOTAL):
        parts = [value for (_, of), value in values.items() if kind in (of, TOTAL)]
        # today's are chosen with the groups; of years ahead a sum goes with the first of its parts
        is_hidden = kind in hidden if horizon == 0 else None in parts
        yield Sum(kind, horizon, alternative, None if is_hidden else float(sum(each or 0 for each in parts)))


def sums(rows: Sequence[Component]) -> list[Sum]:
    """The sums of an edition that hides nothing: ordinary and adapted dwellings, and both together."""
    found: dict[tuple[str, int, str], list[float]] = {}
    place = {UNCOVERED: 0, "udekket_uten_tiltak": 1}
    for row in rows:
        if row.need_group != FAMILIES and row.component in place:
            for kind in (row.dwelling_type, TOTAL):
                of = found.setdefault((kind, row.horizon_years, row.alternative), [0.0, 0.0])
                of[place[row.component]] += row.value or 0.0
    return [Sum(*key, *values) for key, values in found.items()]
