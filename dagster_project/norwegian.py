"""Norwegian as figures, dates and periods are written in it (bokmål).

Belongs here: how a value is written. Does not belong here: sentences (report/sentences.py), and which value it is.
"""

from collections.abc import Sequence
from datetime import date

from dagster_project.periods import Period

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
_PERIODS = {"quarter": ("kvartal", "kv."), "tertial": ("tertial", "tert.")}


def figure(value: float | None, unit: str, decimals: int) -> str:
    """A figure as it is shown: decimal comma, thin space between thousands, shares in per cent."""
    if value is None:
        return EMPTY
    value, decimals, is_percent = shown(value, unit, decimals)
    text = f"{value:,.{decimals}f}".replace(",", THIN_SPACE).replace(".", ",").replace("-", MINUS)
    return f"{text}{NO_BREAK}%" if is_percent else text


def shown(value: float, unit: str, decimals: int) -> tuple[float, int, bool]:
    """A value on the scale that it is shown on, its decimals there, and whether that is per cent."""
    is_percent = unit in ("andel", "andel per år")
    return (value * 100, max(decimals - 2, 0), True) if is_percent else (value, decimals, unit == "%")


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
    """«4. kvartal 2010», «3. tertial 2010», «2010»."""
    if of.type == "year":
        return str(of.start.year)
    return f"{of.number}.{NO_BREAK}{_PERIODS[of.type][0]}{NO_BREAK}{of.start.year}"


def short_period(of: Period) -> str:
    """«4. kv. 2010», «3. tert. 2010», «2010»: over a column."""
    if of.type == "year":
        return str(of.start.year)
    return f"{of.number}.{NO_BREAK}{_PERIODS[of.type][1]}{NO_BREAK}{of.start.year}"


def capitalised(text: str) -> str:
    """With a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def in_sentence(name: str) -> str:
    """A name's first letter as it is within a sentence: small, but in an abbreviation (HC-bolig) as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
