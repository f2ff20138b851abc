"""Claims about disclosure control: whoever knows every shown cell and every definition learns no small count."""

import csv
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project import disclosure
from dagster_project.settings import PROJECT_DIR
from tests.attacker import AMOUNTS, MONTHS, RATIOS, Attacker, small_cells
from tests.oracle.figures import add_months, compute
from tests.oracle.municipality import random_municipality

SCHEMA = {
    "metric_id": pl.String, "period_type": pl.String, "period_start": pl.Date, "dimension": pl.String,
    "dimension_value": pl.String, "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64,
}  # fmt: skip
YEAR, TOTAL = ("year", date(2010, 1, 1)), ("total", "total")


def frame(*rows: Any) -> pl.DataFrame:
    """Figures of rows (metric_id, (period_type, period_start), (dimension, value), figure or numerator and denominator)."""
    full = []
    for metric_id, period, cell, *shown in rows:
        numerator, denominator = shown if len(shown) == 2 else (None, None)
        figure = shown[0] if len(shown) == 1 else numerator / denominator if denominator else None
        full.append((metric_id, *period, *cell, figure, numerator, denominator))
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def tabell_7() -> pl.DataFrame:
    """Tabell 7 of the report of 2011 with the row that its print leaves out, as its totals give it."""
    waiting, allocated, rows = {}, {}, []
    with (PROJECT_DIR / "dbt" / "seeds" / "published_figures.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["place_in_report"] == "Tabell 7" and line["unit"] == "antall":
                at = ("year", date(int(line["year"]), 1, 1)), (line["dimension"], line["dimension_value"])
                (waiting if line["figure"] == "queue_waiting" else allocated)[at] = float(line["value"])
    for at in waiting:
        rows += [("queue_waiting", *at, waiting[at]), ("queue_allocated", *at, allocated[at])]
        rows.append(("queue_allocation_rate", *at, allocated[at], waiting[at]))
    return frame(*rows)


def hide_only(is_small: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What a hurried hand does: hide the small cells and nothing else."""
    return lambda figures: figures.with_columns(is_suppressed=is_small)


def assert_nothing_small_is_learnt(truth: pl.DataFrame, published: pl.DataFrame, threshold: int = 5) -> None:
    attacker = Attacker(published)
    for cell in small_cells(truth, threshold):
        found = attacker.find(cell)
        assert found.lowest <= 1 and found.highest >= threshold - 1, found


# -- Tabell 7


def test_tabell_7_gives_its_missing_row_away_where_only_small_counts_are_hidden() -> None:
    truth = tabell_7()
    parts = [truth["value"], truth["numerator"], truth["denominator"]]
    assert sum(part.is_between(1, 4).sum() for part in parts[:1]) > 0
    hurried = hide_only((pl.col("dimension_value") == "hc_bolig") | pl.col("value").is_between(1, 4, closed="both"))(
        truth
    )
    found = Attacker(hurried).find(("queue_waiting", *YEAR, "housing_category", "hc_bolig"))
    assert (found.lowest, found.highest) == (1, 1)


def test_tabell_7_in_the_public_edition_gives_away_neither_its_missing_row_nor_any_other() -> None:
    truth = tabell_7()
    published = disclosure.protect(truth)
    assert_nothing_small_is_learnt(truth, published)
    hidden = published.filter(pl.col("is_suppressed"))
    assert hidden.filter(
        (pl.col("dimension_value") == "hc_bolig") & (pl.col("period_start") == date(2010, 1, 1))
    ).height
    shown = published.filter(~pl.col("is_suppressed") & (pl.col("dimension") == "total"))
    assert shown.height >= 6, "totals are the last to go"
