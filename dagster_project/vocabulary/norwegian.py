"""Norwegian as figures, dates and periods are written in it (bokmål).

Belongs here: how a value is written. Does not belong here: sentences (report/sentences.py), and which value it is.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dagster_project.vocabulary.periods import Period

EMPTY = "–"
# narrow, and no line is broken at it
THIN_SPACE = "\u202f"
MINUS = "\u2212"
# between a figure and its unit: no line break
NO_BREAK = "\u00a0"

_MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
    "desember",
)  # fmt: skip
_WORDS = ("null", "én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv")
_PERIODS = {"quarter": ("kvartal", "K"), "tertial": ("tertial", "T")}

DAYS_A_YEAR = 365.25
# waits over this are told in years, and money from this on in three figures
LONG_WAIT = 2 * DAYS_A_YEAR
ROUND_MONEY = 10_000
FIGURES = 3
MILLIONS = f"mill.{NO_BREAK}kr"


@dataclass(frozen=True)
class Scale:
    """How values are written: their unit, the decimals (-3: whole thousands), and what they are multiplied by."""

    unit: str
    decimals: int
    factor: float = 1

    @property
    def is_percent(self) -> bool:
        """Whether a sign for per cent goes with the figure."""
        return self.unit == "%"

    def rounded(self, value: float) -> float:
        """The value as it is read: what is not shown is left out."""
        return round(value * self.factor, self.decimals)

    def keeps(self, value: float) -> bool:
        """Whether the value is written as it is, and not rounded."""
        return math.isclose(self.rounded(value), value * self.factor, rel_tol=1e-9)

    def text(self, value: float | None) -> str:
        """The value with decimal comma, a thin space between thousands, and the sign for per cent."""
        if value is None:
            return EMPTY
        # + 0.0: a value that rounds to nothing is not written as less than nothing
        text = f"{self.rounded(value) + 0.0:,.{max(self.decimals, 0)}f}"
        text = text.replace(",", THIN_SPACE).replace(".", ",").replace("-", MINUS)
        return f"{text}{NO_BREAK}%" if self.is_percent else text


def scale(unit: str, decimals: int) -> Scale:
    """How a catalogue metric's values are written where nothing else is known of them: shares are per cent."""
    if unit in ("andel", "andel per år"):
        return Scale("%", max(decimals - 2, 0), 100)
    return Scale(unit, decimals)


def scale_of(values: Iterable[float | None], unit: str, decimals: int, *, is_sentence: bool = False) -> Scale:
    """How these values are written beside each other.

    Waits over two years are told in years, and in a sentence money in three figures; but what is not alike does not
    read alike.
    """
    exact = scale(unit, decimals)
    known = [value for value in values if value is not None]
    largest = max(map(abs, known), default=0)
    coarser: list[Scale] = []
    if unit == "dager" and largest > LONG_WAIT:
        coarser = [Scale("år", places, 1 / DAYS_A_YEAR) for places in (1, 2)]
    elif unit == "kr" and is_sentence and largest >= ROUND_MONEY:
        digits = math.floor(math.log10(largest)) + 1
        # 999 600 would be read as 1 000 000
        if round(largest, FIGURES - digits) >= 1e6:
            coarser = [Scale(MILLIONS, max(FIGURES + 6 - max(digits, 7), 0), 1e-6)]
        else:
            coarser = [Scale(unit, FIGURES - digits)]
    unlike = len({exact.text(value) for value in known})
    return next((found for found in coarser if len({found.text(value) for value in known}) == unlike), exact)


def figure(value: float | None, unit: str, decimals: int) -> str:
    """A figure as it is shown alone: decimal comma, thin space between thousands, shares in per cent."""
    return scale(unit, decimals).text(value)


def percentages(parts: Sequence[float]) -> list[int]:
    """The parts of one whole in whole per cent that add up to 100; of nothing each part is 0.

    What rounding down loses is given to the largest remainders.
    """
    whole = math.fsum(parts)
    if not whole:
        return [0 for _ in parts]
    exact = [part / whole * 100 for part in parts]
    found = [math.floor(share) for share in exact]
    for place in sorted(range(len(parts)), key=lambda place: found[place] - exact[place])[: 100 - sum(found)]:
        found[place] += 1
    return found


def count(number: int, one: str, many: str, is_neuter: bool = False) -> str:
    """A number of things in words up to twelve, in figures above: «ett tiltak», «tre tiltak», «1 204 tiltak»."""
    if number == 1 and is_neuter:
        return f"ett {one}"
    return f"{words(number) if number else 'ingen'} {one if number == 1 else many}"


def words(number: int) -> str:
    """A whole number in words up to twelve, in figures above."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else figure(number, "", 0)


def listing(parts: Sequence[str], last: str = "og") -> str:
    """«a», «a og b», «a, b og c»."""
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def day(value: date) -> str:
    """«31. desember 2010»."""
    return f"{value.day}.{NO_BREAK}{_MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """«31.12.2010»."""
    return f"{value:%d.%m.}{value.year:04d}"


def period(of: Period) -> str:
    """«4. kvartal 2010», «3. tertial 2010», «2010», «desember 2010»."""
    if of.type == "year":
        return str(of.start.year)
    if of.type == "month":
        return f"{_MONTHS[of.start.month - 1]}{NO_BREAK}{of.start.year}"
    return f"{of.number}.{NO_BREAK}{_PERIODS[of.type][0]}{NO_BREAK}{of.start.year}"


def short_period(of: Period) -> str:
    """«2010 K4», «2010 T3», «2010», «2010-12»: on an axis and over a column, as the dashboards have it."""
    if of.type in ("year", "month"):
        return of.name
    return f"{of.start.year} {_PERIODS[of.type][1]}{of.number}"


def capitalised(text: str) -> str:
    """With a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def in_sentence(name: str) -> str:
    """A name's first letter as it is within a sentence: small, but in an abbreviation (HC-bolig) as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
