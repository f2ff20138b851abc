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
from tests.attacker import AMOUNTS, RATIOS, Attacker, small_cells
from tests.oracle.figures import compute
from tests.oracle.municipality import random_municipality

SCHEMA = {
    "metric_id": pl.String, "period_type": pl.String, "period_start": pl.Date, "dimension": pl.String,
    "dimension_value": pl.String, "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64,
}  # fmt: skip
YEAR, TOTAL = ("year", date(2010, 1, 1)), ("total", "total")


def frame(*rows: Any) -> pl.DataFrame:
    """Figures of rows: metric_id, (period_type, period_start), (dimension, value), and the value or a ratio's parts."""
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


# -- random tables


QUARTERS = [("quarter", date(2010, month, 1)) for month in (1, 4, 7, 10)]
CATEGORIES = ("okonomisk_sosialt", "servicebolig", "hc_bolig")


@st.composite
def queues(draw: st.DrawFn) -> pl.DataFrame:
    """The queue of a year: each household's category, and the quarters of coming (-1: before) and going (4: not)."""
    stays = st.tuples(
        st.sampled_from(CATEGORIES), st.integers(-1, 3), st.integers(0, 4), st.sampled_from(["tildelt", "dod"])
    )
    repeated = st.tuples(stays, st.integers(1, draw(st.sampled_from([1, 9]))))
    return queue([(who, times) for who, times in draw(st.lists(repeated, max_size=25)) if who[1] <= who[2]])


def queue(stays: list[tuple[tuple[str, int, int, str], int]]) -> pl.DataFrame:
    """The figures of the queue for the quarters of 2010 and the year."""
    rows = []
    for number, period in enumerate([*QUARTERS, YEAR]):
        first, last = (number, number) if number < 4 else (0, 3)
        for dimension, value in [TOTAL, *(("housing_category", category) for category in CATEGORIES)]:
            own = [(came, left, n) for (category, came, left, _), n in stays if value in {category, "total"}]
            inflow = sum(n for came, _, n in own if first <= came <= last)
            outflow = sum(n for _, left, n in own if first <= left <= last)
            waiting = sum(n for came, left, n in own if came <= last < left)
            at = period, (dimension, value)
            rows += [("queue_inflow", *at, inflow), ("queue_outflow", *at, outflow)]
            rows += [("queue_net_change", *at, inflow - outflow), ("queue_waiting", *at, waiting)]
        for reason in ("tildelt", "dod"):
            gone = sum(n for (_, _, left, why), n in stays if first <= left <= last and why == reason)
            rows.append(("queue_outflow", period, ("exit_reason", reason), gone))
    return frame(*rows)


@st.composite
def lendings(draw: st.DrawFn) -> pl.DataFrame:
    """The loans of a year: quarter, purpose, recipient group, refinancing or not, to a tenant or not, amount."""
    loan = st.tuples(
        st.integers(0, 3), st.sampled_from(["kjop", "utbedring", "refinansiering"]),
        st.sampled_from(["forstegangsetablering", "flyktning", "funksjonshemmet"]), st.booleans(), st.booleans(),
        st.integers(100_000, 3_000_000),
    )  # fmt: skip
    repeated = st.tuples(loan, st.integers(1, draw(st.sampled_from([1, 9]))))
    return lending([one for one, times in draw(st.lists(repeated, max_size=25)) for _ in range(times)])


def lending(loans: list[tuple[int, str, str, bool, bool, int]]) -> pl.DataFrame:
    """The figures of loans for the quarters of 2010 and the year."""
    rows: list[Any] = []
    cells = [TOTAL, *(("purpose", p) for p in ("kjop", "utbedring", "refinansiering"))]
    cells += [("recipient_group", group) for group in ("forstegangsetablering", "flyktning", "funksjonshemmet")]
    for number, period in enumerate([*QUARTERS, YEAR]):
        within = [loan for loan in loans if number == 4 or loan[0] == number]
        for dimension, value in cells:
            own = [loan for loan in within if value in {"total", *loan[1:3]}]
            rows.append(("startlan_loans", period, (dimension, value), len(own)))
            rows.append(("startlan_amount", period, (dimension, value), sum(loan[5] for loan in own)))
            if dimension != "purpose":
                rows.append(("startlan_refinancing", period, (dimension, value), sum(loan[3] for loan in own)))
        first_time = sum(loan[2] == "forstegangsetablering" for loan in within)
        rows.append(("startlan_first_time_share", period, TOTAL, first_time, len(within)))
        buyers = sum(loan[4] and loan[1] == "kjop" for loan in within)
        rows.append(("startlan_tenant_buyers", period, TOTAL, buyers))
    return frame(*rows)


tables = st.one_of(queues(), lendings())


@settings(max_examples=60, deadline=None)
@given(tables)
def test_no_small_count_of_a_random_table_can_be_worked_out(truth: pl.DataFrame) -> None:
    assert_nothing_small_is_learnt(truth, disclosure.protect(truth))


@settings(max_examples=30, deadline=None)
@given(tables)
def test_nothing_that_is_hidden_can_be_worked_out_exactly(truth: pl.DataFrame) -> None:
    published = disclosure.protect(truth)
    attacker = Attacker(published)
    for row in published.filter("is_suppressed", ~pl.col("metric_id").is_in(list(RATIOS))).iter_rows(named=True):
        cell = (row["metric_id"], row["period_type"], row["period_start"], row["dimension"], row["dimension_value"])
        found = attacker.find(cell)
        assert found.highest - found.lowest >= 1, found


@settings(max_examples=30, deadline=None)
@given(lendings())
def test_the_amount_of_a_few_loans_is_known_to_no_tenth(truth: pl.DataFrame) -> None:
    published = disclosure.protect(truth)
    attacker = Attacker(published)
    counts = {row[1:5]: row[5] for row in truth.filter(metric_id="startlan_loans").iter_rows()}
    for row in truth.filter(metric_id="startlan_amount").iter_rows():
        if 0 < counts[row[1:5]] < 5:
            found = attacker.find(row[:5])
            assert found.lowest <= row[5] / 2 and found.highest >= row[5] * 1.099, found


@settings(max_examples=30, deadline=None)
@given(tables)
def test_what_is_shown_is_true_and_in_its_place_and_no_small_count_is_among_it(truth: pl.DataFrame) -> None:
    published = disclosure.protect(truth)
    assert published.select(truth.columns[:5]).equals(truth.select(truth.columns[:5]))
    shown = ~published["is_suppressed"]
    assert published.drop("is_suppressed").filter(shown).equals(truth.filter(shown))
    assert (
        published.filter(~shown).select(pl.col("value", "numerator", "denominator").is_null().all()).row(0)
        == (True,) * 3
    )
    is_count = ~pl.col("metric_id").is_in(["queue_net_change", *RATIOS, *AMOUNTS])
    assert not published.filter(is_count, pl.col("value").is_between(1, 4)).height


@settings(max_examples=30, deadline=None)
@given(tables)
def test_where_no_count_is_small_nothing_is_hidden(truth: pl.DataFrame) -> None:
    # five times as many of everybody
    numbers = ("value", "numerator", "denominator")
    is_share = pl.col("numerator").is_not_null()
    large = truth.with_columns(
        pl.when(is_share & (pl.lit(name) == "value")).then(pl.col(name)).otherwise(pl.col(name) * 5).alias(name)
        for name in numbers
    )
    assert not disclosure.protect(large)["is_suppressed"].any()


@settings(max_examples=30, deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_the_same_figures_in_any_order_give_the_same_edition(truth: pl.DataFrame, chance: random.Random) -> None:
    order = chance.sample(range(truth.height), truth.height)
    published = disclosure.protect(truth)
    assert disclosure.protect(truth).equals(published)
    assert disclosure.protect(truth[order]).equals(published[order])


@settings(max_examples=30, deadline=None)
@given(tables)
def test_a_higher_threshold_hides_every_count_that_a_lower_one_finds_too_small(truth: pl.DataFrame) -> None:
    low, high = disclosure.protect(truth, threshold=3), disclosure.protect(truth, threshold=6)
    is_small = (pl.col("value").is_between(1, 2)) & ~pl.col("metric_id").is_in(["queue_net_change", *RATIOS])
    assert low.filter(truth.select(is_small).to_series())["is_suppressed"].all()
    assert high.filter(truth.select(is_small).to_series())["is_suppressed"].all()
    assert_nothing_small_is_learnt(truth, low, threshold=3)
    assert_nothing_small_is_learnt(truth, high, threshold=6)


@pytest.mark.parametrize("seed", [0, 4])
def test_no_small_count_of_a_random_municipality_can_be_worked_out(seed: int) -> None:
    chance, as_of = random.Random(seed), date(2010, 12, 31)
    found = compute(random_municipality(chance, as_of=as_of, size=25), as_of, "0220")
    rows = [
        (*key, *shown)
        for key, shown in found.items()
        if (key[1] == "quarter" and key[2] >= date(2009, 7, 1)) or (key[1] == "year" and key[2] >= date(2009, 1, 1))
    ]
    truth = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    published = disclosure.protect(truth)
    attacker = Attacker(published)
    small = list(small_cells(truth))
    for cell in chance.sample(small, min(100, len(small))):
        learnt = attacker.find(cell)
        assert learnt.lowest <= 1 and learnt.highest >= 4, learnt


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
