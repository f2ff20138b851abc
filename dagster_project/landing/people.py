"""Numbers of people: whether one is possible, of which kind it is, and the pseudonym that takes its place.

Belongs here: everything that looks at a personal number. Does not belong here: storing, logging or quoting one;
and nothing here derives sex, age or century from it (numbers issued from 2032 on tell neither).
"""

import csv
import hmac
import re
from collections.abc import Iterable
from datetime import date
from functools import cache

import polars as pl

from dagster_project import BoligError
from dagster_project.settings import PROJECT_DIR, Settings, generated_secret

MUNICIPALITY_NUMBERS = PROJECT_DIR / "dbt" / "seeds" / "municipality_number.csv"

# Skatteetaten's rule for numbers issued from 2032 on: the weighted sum with the first check digit may leave 0 to 3
# (skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032); the second stays strict.
RELAXED_FROM = date(2032, 1, 1)
_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF = (4, 6, 3, 2, 4, 6, 3, 2, 7, 5)

_RUN_OF_DIGITS = re.compile(r"(?<!\d)\d{11,12}(?!\d)")


Keys = tuple[bytes, ...]
"""The keys of the pseudonyms, oldest first: each renames what the keys before it made (operations/keys.py)."""


class PersonalKeyError(BoligError):
    """The pseudonym key of the installation cannot be used; the message says what to do."""


def kinds(numbers: pl.Series, *, relaxed: bool = False) -> pl.Series:
    """The kind of each number: birth, d, synthetic or duf; null where it is none of them (or null itself).

    `relaxed`: also take numbers as they are issued from 2032 on.
    """
    digits = pl.col("n").str.contains("^[0-9]{11}$")
    duf = pl.col("n").str.contains("^[0-9]{12}$")
    frame = numbers.rename("n").to_frame().with_columns(number=pl.col("n").cast(pl.Int64, strict=False))
    day = pl.col("day") - pl.when(pl.col("day") > 40).then(40).otherwise(0)
    month = pl.col("month") - pl.when(pl.col("month") > 80).then(80).otherwise(0)
    # the century is not known; what a year's last two digits decide alone is whether it may have a 29 February
    february = pl.when(pl.col("year") % 4 == 0).then(29).otherwise(28)
    days = pl.when(month == 2).then(february).when(month.is_in([4, 6, 9, 11])).then(30).otherwise(31)
    possible = day.is_between(1, days) & month.is_between(1, 12)
    first = _weighted(_FIRST, 11) % 11
    checked = (first <= 3 if relaxed else first == 0) & (_weighted(_SECOND, 11) % 11 == 0)
    return (
        frame.with_columns(
            day=pl.col("number") // 10**9, month=pl.col("number") // 10**7 % 100, year=pl.col("number") // 10**5 % 100
        )
        .select(
            pl.when(duf & (_weighted(_DUF, 12) % 11 == pl.col("number") % 100))
            .then(pl.lit("duf"))
            .when(digits & possible & checked)
            .then(
                pl.when(pl.col("month") > 80)
                .then(pl.lit("synthetic"))
                .when(pl.col("day") > 40)
                .then(pl.lit("d"))
                .otherwise(pl.lit("birth"))
            )
            .alias(numbers.name)
        )
        .to_series()
    )


def _weighted(weights: tuple[int, ...], length: int) -> pl.Expr:
    digits = (pl.col("number") // 10 ** (length - 1 - i) % 10 for i in range(len(weights)))
    return pl.sum_horizontal(digit * weight for digit, weight in zip(digits, weights, strict=True))


def looks_personal(text: str) -> bool:
    """Whether a text that should hold no personal number holds one (blanks, points and hyphens aside)."""
    runs = _RUN_OF_DIGITS.findall(text) + _RUN_OF_DIGITS.findall(re.sub(r"(?<=\d)[\s.\-](?=\d)", "", text))
    return bool(runs) and kinds(pl.Series(runs, dtype=pl.String), relaxed=True).is_not_null().any()


def personal_keys(settings: Settings) -> Keys:
    """The secret keys of the pseudonyms, oldest first. Raises PersonalKeyError where one is too short."""
    written = settings.pseudonym_key or generated_secret(settings.pseudonym_key_file)
    keys = tuple(key.encode() for key in written.split())
    if not keys or any(len(key) < 32 for key in keys):
        raise PersonalKeyError(
            "Every key in BOLIG_PSEUDONYM_KEY must have at least 32 characters (blanks stand between keys)."
        )
    return keys


def renamed(pseudonym: str, keys: Keys) -> str:
    """What a pseudonym becomes under keys that came after it."""
    for key in keys:
        pseudonym = hmac.digest(key, pseudonym.encode(), "sha256").hex()
    return pseudonym


def key_fingerprint(keys: Keys) -> str:
    """By what a warehouse knows the keys that its pseudonyms were made with; it does not give them away."""
    return renamed("bolig: the keys of this warehouse", keys)[:16]


def pseudonyms(numbers: Iterable[str], keys: Keys, municipality_no: str) -> list[str]:
    """The pseudonym of each number: 64 hexadecimal digits, the same for the same person in one municipality.

    It stays when the municipality is renumbered, and differs between municipalities, so that two data
    controllers who share an installation cannot join their people.
    """
    scope = f"{lineage(municipality_no)}:"
    return [renamed(scope + number, keys) for number in numbers]


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
