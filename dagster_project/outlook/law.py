"""The numbers of the law that come with this version, each from a day on (dbt/seeds/law_parameter.csv).

Belongs here: which number holds when. Does not belong here: what is computed of it (rent.py, the publish gate), and
anything heavy: the night asks too.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dagster_project.settings import PROJECT_DIR

LAW_PARAMETERS = PROJECT_DIR / "dbt" / "seeds" / "law_parameter.csv"


@dataclass(frozen=True)
class Parameter:
    """A number of the law, from a day on."""

    code: str
    valid_from: date
    value: float
    source: str


def law_parameters() -> list[Parameter]:
    """The numbers of the law that come with this version."""
    with LAW_PARAMETERS.open(encoding="utf-8", newline="") as file:
        return [
            Parameter(row["code"], date.fromisoformat(row["valid_from"]), float(row["value"]), row["source"])
            for row in csv.DictReader(file)
        ]


def in_force(parameters: Iterable[Parameter], code: str, on: date) -> Parameter | None:
    """The parameter that holds on a day; the earliest known one before its first day."""
    of = sorted((each for each in parameters if each.code == code), key=lambda each: each.valid_from)
    held = [each for each in of if each.valid_from <= on]
    return held[-1] if held else next(iter(of), None)
