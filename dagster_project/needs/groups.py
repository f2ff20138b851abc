"""Whom a need is of: which group, which kind of dwelling and which ages each housing category stands for.

Belongs here: the seed need_group.csv, in which a municipality may have rows of its own, each with its reason. Does not
belong here: counting (counting.py). Who waits in which queue is counted by category, so that another grouping moves
figures and never changes their sum.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = Path(__file__).with_name("need_group.csv")
# what has no queue of its own: who stays in temporary housing, by any name a category of the seed
TEMPORARY = "temporary_stay"
REFUGEES = "flyktning"
# a part of the others, counted beside them and never added
FAMILIES, ANY_DWELLING = "barnefamilie", "alle"


@dataclass(frozen=True)
class Group:
    """What a category is counted as, and whose number its intake follows."""

    category: str
    name: str
    dwelling_type: str
    age_from: int | None = None
    age_to: int | None = None
    reason: str = ""


class GroupsUnfit(ValueError):
    """The seed cannot be used; the message says which row."""


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def by_category(municipality_no: str, rows: Iterable[dict[str, str]] | None = None) -> dict[str, Group]:
    """The group of each category, in the seed's order: a municipality's own row takes the place of the common one.

    Raises GroupsUnfit.
    """
    found: dict[str, Group] = {}
    for row in sorted(_rows() if rows is None else rows, key=lambda row: bool(row["municipality_no"])):
        if row["municipality_no"] not in ("", municipality_no):
            continue
        if row["municipality_no"] and not (row["reason"] and row["housing_category"] in found):
            raise GroupsUnfit(f"{row['municipality_no']}, {row['housing_category']}: no such category, or no reason.")
        first, last = (int(row[name]) if row[name] else None for name in ("age_from", "age_to"))
        found[row["housing_category"]] = Group(
            row["housing_category"], row["need_group"], row["need_dwelling_type"], first, last, row["reason"]
        )
    return found


def home_of(need_group: str) -> str:
    """The category whose queue a group of the need register belongs to, as the common rows have it."""
    return next(
        row["housing_category"] for row in _rows() if not row["municipality_no"] and row["need_group"] == need_group
    )
