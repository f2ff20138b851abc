"""Synthetic people: fødselsnummer as Skatteetaten's test population has them.

Belongs here: numbers with 80 added to the month and valid check digits, so that they belong to nobody.
Does not belong here: real-looking numbers, D-numbers, DUF numbers, names.
"""

from datetime import date, timedelta
from random import Random

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def _check_digit(digits: str, weights: tuple[int, ...]) -> int:
    return -sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11


class People:
    """Gives out people, each once."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._given: set[str] = set()

    def new(self, earliest: int, latest: int) -> str:
        """The fødselsnummer of a new person born in these years (1900..1999)."""
        while True:
            born = date(earliest, 1, 1) + timedelta(days=self._random.randrange((latest - earliest + 1) * 365))
            nine = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{self._random.randrange(500):03}"
            first = _check_digit(nine, _FIRST)
            second = _check_digit(f"{nine}{first}", _SECOND) if first < 10 else 10
            number = f"{nine}{first}{second}"
            if second < 10 and number not in self._given:
                self._given.add(number)
                return number
