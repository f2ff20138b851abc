"""Of every figure of the demonstration: it begins with its records, has every period from then on, and ripens."""

from datetime import date
from typing import Any

import pytest
from psycopg import sql
from psycopg.rows import dict_row

from dagster_project import warehouse
from dagster_project.vocabulary import contracts
from tests.conftest import ASKER, BAERUM, Installation
from tests.oracle import figures

Rows = dict[str, list[dict[str, Any]]]
Found = dict[tuple[str, str, date], tuple[date, bool]]
"""By metric, type and first day of a period: its last day, and whether it is ripe."""
AS_OF = {ASKER: date(2010, 12, 31), BAERUM: date(2010, 8, 31)}


@pytest.fixture(scope="module", params=AS_OF)
def number(request: pytest.FixtureRequest) -> str:
    """One of the two municipalities of the night."""
    return str(request.param)


@pytest.fixture(scope="module")
def delivered(demonstration: Installation, number: str) -> Rows:
    """The dates by which the tables of its delivery begin, and what parts them."""
    tables = {}
    with warehouse.connect(demonstration.settings) as connection, connection.cursor(row_factory=dict_row) as cursor:
        for name, table in contracts.tables().items():
            wanted = {figures.FIRST_DATE.get(name), "kravtype", "ordning", "periode"}
            columns = [column.name for column in table.columns if column.name in wanted]
            query = sql.SQL("select {} from {} where municipality_no = %s").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("raw", table.raw_name)
            )
            tables[name] = cursor.execute(query, [number]).fetchall()
    return tables


@pytest.fixture(scope="module")
def found(demonstration: Installation, number: str) -> Found:
    """Every total, with what its period is."""
    rows = demonstration.ask(
        "select metric_id, period_type, period_start, period_end, is_ripe from scorecard.metric_value"
        " where municipality_no = %s and dimension = 'total'",
        number,
    )
    return {(metric_id, type_, start): (end, is_ripe) for metric_id, type_, start, end, is_ripe in rows}


def test_no_series_shows_anything_from_before_its_records_and_each_has_every_period_since(
    demonstration: Installation, number: str, delivered: Rows, found: Found
) -> None:
    periods = demonstration.ask(
        "select period_type, period_start, period_end from marts.dim_period where municipality_no = %s", number
    )
    as_of = AS_OF[number]
    expected = {
        (metric_id, type_, start)
        for metric_id in figures.BEGINS_WITH
        if (known_from := figures.begins(delivered, metric_id, as_of))
        for type_, start, end in periods
        if known_from <= end
        and (not figures.METRICS[metric_id].once or (type_, start) == ("year", date(as_of.year, 1, 1)))
        and (not figures.METRICS[metric_id].yearly or type_ == "year")
    }
    assert found.keys() == expected
    # what stood at 0 in 2006 and jumped in 2007
    late = ("bostotte_households", "arrears", "repayment_plans_active", "vacancy_rent_booked")
    assert {min(start for metric, _, start in found if metric == metric_id) for metric_id in late} == {date(2007, 1, 1)}


def test_breakdowns_begin_with_the_total_and_have_every_value_in_every_period(demonstration: Installation) -> None:
    uneven = demonstration.ask(
        """
        with series as (
            select municipality_no, metric_id, dimension, dimension_value,
            array_agg(period_type || period_start order by period_type, period_start) as periods
            from scorecard.metric_value group by municipality_no, metric_id, dimension, dimension_value
        )
        select part.* from series as part
        inner join series as whole using (municipality_no, metric_id)
        where whole.dimension = 'total' and part.periods <> whole.periods
        """
    )
    assert not uneven


def test_what_is_not_ripe_is_marked_and_not_judged(demonstration: Installation, number: str, found: Found) -> None:
    for (metric_id, _, _), (end, is_ripe) in found.items():
        assert is_ripe == figures.is_ripe(metric_id, end, AS_OF[number]), (metric_id, end)
    young = demonstration.ask(
        "select distinct metric_id, status, development from scorecard.status"
        " where municipality_no = %s and not is_ripe order by 1",
        number,
    )
    assert young == [(metric_id, "none", "none") for metric_id in sorted(figures.RIPENS_AFTER_MONTHS)]
    told = demonstration.ask(
        "select distinct status_no, change_no from scorecard.key_figure where municipality_no = %s and not is_ripe",
        number,
    )
    assert told == [("– Foreløpig", "–")]


def test_what_the_plans_tell_is_held_against_the_years_target_at_every_period_type(
    demonstration: Installation, number: str
) -> None:
    judged = demonstration.ask(
        "select metric_id, count(*) from scorecard.key_figure where municipality_no = %s and perspective = 'laering'"
        " and metric_id in (select metric_id from marts.fct_target where period_type = 'year')"
        " and period_type <> 'year' and status <> 'none'"
        " group by metric_id order by metric_id",
        number,
    )
    assert judged == [
        ("challenges_not_reviewed", 3),
        ("measure_dwellings_delivered_rate", 3),
        ("measures_behind_share", 3),
    ]
