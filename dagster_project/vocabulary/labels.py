"""What codes are called where people read them: the seed dbt/seeds/code_label.csv, which dbt publishes as dim_code.

Belongs here: the Norwegian label of every code that stands in a published table. Does not belong here: the words of
what is recorded and not published as a code (quality.py: the door's rules and verdicts), and what an edition of a
report called a code when it was closed (its own content has that).
"""

import csv
from functools import cache

from dagster_project.settings import PROJECT_DIR

SEED = PROJECT_DIR / "dbt" / "seeds" / "code_label.csv"


@cache
def rows() -> list[dict[str, str]]:
    """The seed's rows: dimension, code, name_no, name_en, sort_order; in the order in which codes are shown."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def every() -> dict[tuple[str, str], str]:
    """Every label by dimension and code, in that order."""
    return {(row["dimension"], row["code"]): row["name_no"] for row in rows()}


def of(dimension: str) -> dict[str, str]:
    """The labels of a dimension, or of a column of the scorecard, by code."""
    return {code: name for (named, code), name in every().items() if named == dimension}


def label(dimension: str, code: str) -> str:
    """What a code is called. A code without a label is a KeyError: nobody is shown one."""
    return every()[dimension, code]
