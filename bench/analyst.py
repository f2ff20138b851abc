"""The analyst: the twenty questions of docs/analysts.md, as the reader, on a country.

Belongs here: asking them. Does not belong here: the questions, which are the page's.

Each run asks for another municipality, as the dashboards' part does.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench import country
from bench.measuring import median, percentile_95
from bench.table import Row
from dagster_project import warehouse
from dagster_project.settings import PROJECT_DIR

QUESTION = re.compile(r"^### (\d+)\. (.+?)\n.*?^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """The questions at the greatest of the sizes."""
    count = country.sizes("10")[-1]
    settings = country.published(scratch.parent / "country", count)
    page = (PROJECT_DIR / "docs" / "analysts.md").read_text("utf-8")
    numbers = country.some(count, runs)
    every: list[float] = []
    with warehouse.connect(settings, "reader", autocommit=True) as connection:
        connection.prepare_threshold = None
        for number, title, query in QUESTION.findall(page):
            seconds = []
            for municipality_no in numbers:
                asked = query.replace(f"'{country.DEMONSTRATION}'", f"'{municipality_no}'").encode()
                began = time.perf_counter()
                connection.execute(asked).fetchall()
                seconds.append(time.perf_counter() - began)
            every += seconds
            yield Row(
                "analyst",
                f"{number}. {title}, {count} municipalities",
                median(seconds) * 1000,
                "ms",
                runs,
                lowest=min(seconds) * 1000,
                highest=max(seconds) * 1000,
            )
    yield Row(
        "analyst",
        f"all questions, {count} municipalities: p95",
        percentile_95(every) * 1000,
        "ms",
        runs,
        against="median",
        other=median(every) * 1000,
        lowest=min(every) * 1000,
        highest=max(every) * 1000,
    )
