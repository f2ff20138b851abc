"""Municipalities by number: renumbered, merged, and known by their first number.

Belongs here: which numbers are of one municipality. Does not belong here: what is stored of it.
"""

import csv
from collections import Counter
from functools import cache

from dagster_project.settings import PROJECT_DIR

MUNICIPALITY_NUMBERS = PROJECT_DIR / "dbt" / "seeds" / "municipality_number.csv"


def same_municipality(municipality_no: str) -> list[str]:
    """The number and the earlier numbers of which it is a new number only, newest first."""
    numbers = [municipality_no]
    while (earlier := _renumbered().get(numbers[-1])) is not None:
        numbers.append(earlier)
    return numbers


@cache
def _renumbered() -> dict[str, str]:
    """The earlier number by the later, where nothing but the number changed: no other became a part of it."""
    earlier_numbers = Counter(later for later, _ in _numbers().values())
    return {later: earlier for earlier, (later, _) in _numbers().items() if earlier_numbers[later] == 1}


@cache
def _numbers() -> dict[str, tuple[str, bool]]:
    """By number the one that took its place, and whether the municipality ended then, merged into another."""
    with MUNICIPALITY_NUMBERS.open(encoding="utf-8", newline="") as file:
        return {
            row["municipality_no"]: (row["successor_no"], row["is_break"] == "true")
            for row in csv.DictReader(file)
            if row["successor_no"]
        }


@cache
def _predecessors() -> dict[str, str]:
    return {later: earlier for earlier, (later, is_merged) in _numbers().items() if not is_merged}


def lineage(municipality_no: str) -> str:
    """The municipality's first number: what it is known by through renumberings (3203, 3025 and 0220 are 0220)."""
    while municipality_no in _predecessors():
        municipality_no = _predecessors()[municipality_no]
    return municipality_no


def renaming(municipality_no: str, first_no: str | None) -> str | None:
    """Why the people of a municipality would get other pseudonyms than they have; None where they would not.

    `first_no`: what those that are stored hang on, None where none are.
    """
    now = lineage(municipality_no)
    if first_no in (None, now):
        return None
    return (
        f"The pseudonyms of {municipality_no} hang on its first number: {first_no} when its first delivery was"
        f" accepted, and {now} by dbt/seeds/{MUNICIPALITY_NUMBERS.name} now. Every person would become another."
        f" Take back what makes {now} the first in that file; no earlier number than {first_no} is needed, for nothing"
        " came under it."
    )


def numbers_of(municipality_no: str) -> list[str]:
    """Every number that the municipality has had or will have, first to last."""
    successors = {earlier: later for later, earlier in _predecessors().items()}
    numbers = [lineage(municipality_no)]
    while numbers[-1] in successors:
        numbers.append(successors[numbers[-1]])
    return numbers


def merged_into(municipality_no: str) -> list[str]:
    """The numbers of the municipality that this one was merged into, and of those that came after; often none."""
    later: list[str] = []
    number, has_ended = municipality_no, False
    while number in _numbers():
        number, is_merged = _numbers()[number]
        has_ended = has_ended or is_merged
        if has_ended:
            later.append(number)
    return later


def gives_way(municipality_no: str) -> list[str]:
    """The numbers whose figures give way to a delivery under this one: the municipality's others, and those of every
    municipality that was merged into it."""
    others = set(numbers_of(municipality_no)) - {municipality_no}
    # of one family: a municipality merged into another that was merged into this one later is gone too
    return sorted(others | {number for number in _numbers() if municipality_no in merged_into(number)})


def known() -> list[str]:
    """Every number that is told of: has been, is, or will be a municipality's."""
    return sorted({*_numbers(), *(later for later, _ in _numbers().values())})


def seen_with(municipality_no: str) -> list[str]:
    """The numbers whose figures are for whoever may see this one's: the municipality's all, and those of every
    municipality merged into it, whose duties it took over. Not the other way: one that was merged sees its own."""
    own = numbers_of(municipality_no)
    return sorted({*own, *(number for number in _numbers() if set(own) & set(merged_into(number)))})
