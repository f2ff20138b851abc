"""Claims about the public edition of the demonstration municipality's figures."""

import random
from datetime import date

import polars as pl
import pytest

from dagster_project import disclosure
from dagster_project.report import facts, outlook
from dagster_project.vocabulary import catalogue, periods
from tests.attacker import Attacker, Found, fewest, small_cells
from tests.conftest import ASKER, Installation

COLUMNS = (
    "metric_id", "period_type", "period_start", "dimension", "dimension_value", "value", "numerator", "denominator",
    "units", "as_of",
)  # fmt: skip


@pytest.fixture(scope="module")
def truth(demonstration: Installation) -> pl.DataFrame:
    """What a quarterly report holds, and more: nine quarters, the months of the last and the years that they lie in."""
    rows = demonstration.ask(
        f"""
        select {", ".join(COLUMNS)} from scorecard.metric_value
        left join scorecard.figure_units
            using (municipality_no, metric_id, period_type, period_start, dimension, dimension_value)
        where municipality_no = %s and (
            (period_type = 'quarter' and period_start >= '2008-10-01')
            or (period_type = 'year' and period_start >= '2009-01-01')
            or (period_type = 'month' and period_start >= '2010-10-01')
        )
        """,
        ASKER,
    )
    return pl.DataFrame(rows, schema=list(COLUMNS), orient="row", infer_schema_length=None)


@pytest.fixture(scope="module")
def published(truth: pl.DataFrame) -> pl.DataFrame:
    return disclosure.protect(truth)


def test_no_small_count_of_the_demonstration_can_be_worked_out(truth: pl.DataFrame, published: pl.DataFrame) -> None:
    attacker = Attacker(published)
    small = sorted(small_cells(truth))
    assert len(small) > 1000

    def is_hidden(found: Found) -> bool:
        return found.lowest <= 1 and found.highest >= fewest(found.cell, disclosure.THRESHOLD) - 1

    for cell in random.Random(1).sample(small, 300):
        found = attacker.find(cell, is_hidden)
        assert is_hidden(found), found


def test_most_of_the_figures_are_still_there(published: pl.DataFrame) -> None:
    assert published["is_suppressed"].mean() < 0.4
    last = published.filter(
        pl.col("period_type") == "quarter", pl.col("period_start") == date(2010, 10, 1), dimension="total"
    )
    assert last["is_suppressed"].mean() < 0.25


def test_every_figure_that_needs_it_says_how_many_it_is_built_on(truth: pl.DataFrame) -> None:
    told = set(truth.filter(pl.col("units").is_not_null())["metric_id"])
    untold = set(truth.filter(pl.col("units").is_null())["metric_id"])
    built = {metric_id for metric_id, entry in catalogue.metrics().items() if entry.built_on}
    assert told == built
    assert not untold & built


@pytest.mark.parametrize(
    ("metric_id", "count"),
    [
        (
            "relet_days_mean",
            "count(*) from marts.fct_vacancy where let_on between '2010-10-01' and '2010-12-31'"
            " and not is_first_letting and not has_rehabilitation",
        ),
        (
            "rent_per_m2",
            "count(*) from marts.fct_contract where started_on <= '2010-12-31'"
            " and (superseded_on is null or superseded_on > '2010-12-31') and usable_area_m2 is not null",
        ),
        (
            "vacancy_loss",
            "count(distinct dwelling_id) from marts.fct_vacancy where vacant_from_on <= '2010-12-31'"
            " and vacant_to_on > '2010-10-01'",
        ),
    ],
)
def test_the_units_are_those_of_the_figure(
    demonstration: Installation, truth: pl.DataFrame, metric_id: str, count: str
) -> None:
    figure = truth.filter(
        pl.col("period_start") == date(2010, 10, 1), metric_id=metric_id, period_type="quarter", dimension="total"
    )
    assert figure["units"].to_list() == [demonstration.ask(f"select {count} and municipality_no = %s", ASKER)[0][0]]


def test_the_phases_of_a_vacancy_are_part_of_who_is_responsible_as_the_catalogue_says(truth: pl.DataFrame) -> None:
    belongs = catalogue.dimensions()["phase"].part_of["responsible"]
    days = truth.filter(metric_id="vacant_days")
    by_phase = days.filter(dimension="phase").with_columns(pl.col("dimension_value").replace_strict(belongs))
    key = ("period_type", "period_start", "dimension_value")
    given = by_phase.group_by(key).agg(pl.col("value").sum()).sort(key)
    assert given.equals(days.filter(dimension="responsible").select(*key, "value").sort(key))


def test_no_forecast_is_public_that_is_made_of_a_hidden_count(demonstration: Installation) -> None:
    """Twelve quarters of the queues made public at once: the most that a forecast could be shown with."""
    flows = ["queue_inflow", "queue_outflow", "queue_allocated"]
    rows = demonstration.ask(
        f"""
        select {", ".join(COLUMNS)} from scorecard.metric_value
        left join scorecard.figure_units
            using (municipality_no, metric_id, period_type, period_start, dimension, dimension_value)
        where municipality_no = %s and period_type = 'quarter' and period_start between '2008-01-01' and '2010-10-01'
            and metric_id = any(%s) and dimension in ('total', 'housing_category')
        """,
        ASKER,
        ["queue_waiting", *flows],
    )
    truth = pl.DataFrame(rows, schema=list(COLUMNS), orient="row", infer_schema_length=None)
    every = sorted(set(truth.filter(dimension="housing_category")["dimension_value"]))
    content = {
        "outlook": [{"scenario_id": "som_i_dag", "origin": "2010-12-31", "said": []}],
        "outlook_queue": [
            {"scenario_id": "som_i_dag", "housing_category": category, "expected": None, "p10": 1.0, "p90": 2.0}
            for category in (*every, "alle")
        ],
    }

    def told(shown: pl.DataFrame) -> set[str]:
        figures = facts.figures_of(shown.with_columns(pl.col("period_start").cast(pl.String)).to_dicts())
        public = outlook.public(content, figures, periods.parse("2010-Q4"))
        return {row["housing_category"] for row in public["outlook_queue"]}

    # were nothing hidden, those with a small sum would be: few were housed there, and few left
    enough = {"okonomisk_sosialt", "trygdebolig", "servicebolig", "omsorg_eldre", "omsorg_psykiatri"}
    assert told(truth) == enough
    published = disclosure.protect(truth)
    hidden = {cell[4] for cell in Attacker(published).cells - Attacker(published).known.keys()}
    # each of them has a quarter in which few were housed
    assert told(published) == enough - hidden == set()
