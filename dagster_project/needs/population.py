"""How a part of the population grows: Statistics Norway's figures and projections, as far as they were delivered.

Belongs here: reading `population_<from>_<to>` and `population_<alternative>_<from>_<to>` (`plus` where no age is the
last) as figures of 1 January, and what lies between two of them. Does not belong here: whose number a group follows
(groups.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from dagster_project.outlook.rates import Numbers
from dagster_project.outlook.series import month_end

# no alternative: what was counted
FACT = ""
INDICATOR = re.compile(r"population(?:_(?P<alternative>[A-Z]{4}))?(?:_(?P<first>\d+)_(?P<last>\d+|plus))?")

Ages = tuple[int | None, int | None]


@dataclass(frozen=True)
class Population:
    """By alternative and year: persons by ages, (first, last); (None, None) is everybody."""

    figures: Mapping[tuple[str, int], Mapping[Ages, float]] = field(default_factory=dict)

    def of(self, alternative: str, year: int, ages: Ages) -> float | None:
        """How many are of these ages on 1 January, counted or else projected; None where that was not delivered."""
        for of in (FACT, alternative):
            bands = self.figures.get((of, year), {})
            if ages in bands:
                return bands[ages]
            if (found := _tiled(bands, ages)) is not None:
                return found
        return None

    def growth(self, origin: date, months: int, alternative: str, ages: Ages) -> tuple[Numbers, int | None]:
        """The number at each month end over that at the origin, and the last year that is known of it.

        Where no year after the origin is known nobody becomes more or fewer (the year is None); after the last known
        year they stay as many as then.
        """
        last = month_end(origin, months).year + 1
        known = {
            year: value
            for year in range(origin.year, last + 1)
            if (value := self.of(alternative, year, ages)) is not None
        }
        if not known or max(known) <= origin.year or not min(known.values()):
            return np.ones(months), None
        ends = [origin, *(month_end(origin, month) for month in range(1, months + 1))]
        at = np.interp([_year(day) for day in ends], list(known), list(known.values()))
        return at[1:] / at[0], max(known)


def read(rows: Mapping[tuple[str, int], float]) -> Population:
    """Figures by indicator and year as what they tell of; other indicators are left out."""
    figures: dict[tuple[str, int], dict[Ages, float]] = {}
    for (indicator, year), value in rows.items():
        if found := INDICATOR.fullmatch(indicator):
            last = found["last"]
            ages = (int(found["first"]), None if last == "plus" else int(last)) if last else (None, None)
            figures.setdefault((found["alternative"] or FACT, year), {})[ages] = value
    return Population(figures)


def _year(day: date) -> float:
    """A day as a fraction of its year; the end of a year is the next year's first of January."""
    begins = date(day.year, 1, 1)
    return day.year + ((day - begins).days + 1) / (date(day.year + 1, 1, 1) - begins).days


def _tiled(bands: Mapping[Ages, float], ages: Ages) -> float | None:
    """The sum of the bands that lie side by side from the first age to the last; None where they do not."""
    at, last = ages[0] or 0, ages[1]
    total = 0.0
    while True:
        fits = [
            (to, value)
            for (first, to), value in bands.items()
            if first == at and (last is None or (to is not None and to <= last))
        ]
        if not fits:
            return None
        # the narrowest: what is wider may reach over what is asked for
        to, value = min(fits, key=lambda each: (each[0] is None, each[0] or 0))
        total += value
        if to is None or to == last:
            return total
        at = to + 1
