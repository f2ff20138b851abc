"""Numbers of people: whether one is possible, of which kind it is, and the pseudonym that takes its place.

Belongs here: everything that looks at a personal number. Does not belong here: storing, logging or quoting one;
and nothing here derives sex, age or century from it (numbers issued from 2032 on tell neither).
"""

import hmac
from collections.abc import Iterable
from datetime import date

import polars as pl

from dagster_project import BoligError
from dagster_project.settings import Settings, generated_secret
from dagster_project.vocabulary import municipalities

# Skatteetaten's rule for numbers issued from 2032 on: the weighted sum with the first check digit may leave 0 to 3
# (skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032); the second stays strict.
RELAXED_FROM = date(2032, 1, 1)
_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF = (4, 6, 3, 2, 4, 6, 3, 2, 7, 5)

# What may stand between the digits of one number: blanks, hyphens (also those that nobody sees), points, a slash.
_BETWEEN = r"[\s\p{Pd}\p{Cf}\p{Cc}\x{2212}./\\\x{b7}_]{0,3}"
_ELEVEN_DIGITS = f"[0-9](?:{_BETWEEN}[0-9]){{10}}"
_STRETCH = f"[0-9](?:{_BETWEEN}[0-9])*"

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


def kinds_within(texts: pl.Series, *, relaxed: bool = False) -> pl.DataFrame:
    """The texts that hold a personal number, each once for every `kind` that it holds.

    A number stands alone or among other text, its digits together or apart (_BETWEEN), but no further digits at them:
    so many keys of more digits would hold one by chance. For the same reason the year that a DUF number begins with
    has to be one.
    """
    candidates = (
        texts.filter(texts.str.contains(_ELEVEN_DIGITS)).unique().rename("text").to_frame().with_row_index("of")
    )
    # most are keys: of those with one group of digits, which may be a million, no more is to be asked
    is_one = pl.col("text").str.contains("^[^0-9]*[0-9]+[^0-9]*$")
    alone = candidates.filter(is_one).select(
        "of", number=pl.col("text").str.extract("(?:^|[^0-9])([0-9]{11,12})(?:[^0-9]|$)")
    )
    numbers = alone.drop_nulls().vstack(_in_groups(candidates.filter(~is_one)))
    kind = kinds(numbers["number"], relaxed=relaxed)
    is_year = numbers["number"].str.contains("^(?:19|20)")
    found = numbers.select("of", kind=kind).filter(kind.is_not_null() & ((kind != "duf") | is_year)).unique()
    return found.join(candidates, on="of").select("text", "kind")


def _in_groups(texts: pl.DataFrame) -> pl.DataFrame:
    """Whatever groups of digits in a text make a number of eleven or twelve when they are read as one."""
    groups = (
        texts.select("of", stretch=pl.col("text").str.extract_all(_STRETCH))
        .explode("stretch")
        .with_row_index("at")
        .select("of", "at", group=pl.col("stretch").str.extract_all("[0-9]+"))
        .explode("group")
    )
    at, group = groups["at"], groups["group"]
    number, found = group, [groups.select("of", number="group").clear()]
    for ahead in range(1, 13):
        length = number.str.len_bytes()
        found.append(groups.select("of", number=number).filter(length.is_between(11, 12)))
        if not (length < 12).any():
            break
        number = number.set(length >= 12, None) + group.shift(-ahead).set(
            (at.shift(-ahead) != at).fill_null(True), None
        )
    return pl.concat(found)


def hold_numbers(texts: pl.Series, *, relaxed: bool = False) -> pl.Series:
    """Which texts hold a personal number (kinds_within)."""
    # most columns hold nothing that is long enough, or no eleven digits: that costs next to nothing to learn
    if (texts.str.len_bytes() >= 11).any() and texts.str.contains(_ELEVEN_DIGITS).any():
        found = kinds_within(texts, relaxed=relaxed)["text"]
        return texts.is_in(found.implode()).fill_null(False)
    return pl.repeat(False, len(texts), eager=True)


def written(number: str) -> str:
    """The pattern of this number in a text, its digits together or apart."""
    return f"(?:^|[^0-9]){_BETWEEN.join(number)}(?:[^0-9]|$)"


def looks_personal(text: str) -> bool:
    """Whether a text that should hold no personal number holds one."""
    # a file's name may hold bytes that are no text
    return hold_numbers(pl.Series([text.encode(errors="replace").decode()]), relaxed=True).any()


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
    scope = f"{municipalities.lineage(municipality_no)}:"
    return [renamed(scope + number, keys) for number in numbers]
