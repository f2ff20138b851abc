"""The report's drafts on the demonstration: they judge and show what the scorecard does, and fit their pages."""

import io

import pytest
from pypdf import PdfReader

from dagster_project import warehouse
from dagster_project.report import facts, making
from dagster_project.vocabulary import periods
from tests.conftest import ASKER, BAERUM

JUDGED = """
    select {} from scorecard.status
    where municipality_no = %s and period_type = %s and green is not null
    order by metric_id, dimension, dimension_value
"""


@pytest.fixture(scope="module", params=[(ASKER, "2010-Q4"), (ASKER, "2010-T3"), (ASKER, "2010"), (BAERUM, "2010-Q2")])
def demonstrated(request: pytest.FixtureRequest, demonstration) -> facts.Facts:
    """What a draft of a municipality's newest whole period tells."""
    number, period = request.param
    with warehouse.connect(demonstration.settings) as connection:
        return making._draft(connection, number, periods.parse(period))


def test_the_report_judges_as_the_scorecard_does(demonstration, demonstrated: facts.Facts) -> None:
    columns = "metric_id, dimension, dimension_value, value, is_ripe, value_year_before, green, status"
    judged = demonstration.ask(JUDGED.format(columns), demonstrated.municipality_no, demonstrated.period.type)
    assert judged
    assert judged == sorted(
        (
            line.metric.metric_id, line.dimension, line.dimension_value, line.now.value, line.now.is_ripe,
            line.year_before.value, line.target.green, line.status,
        )
        for line in demonstrated.lines()
    )  # fmt: skip


def test_the_trend_is_the_scorecards(demonstration, demonstrated: facts.Facts) -> None:
    trends = demonstration.ask(
        JUDGED.format("metric_id, dimension, dimension_value, trend"),
        demonstrated.municipality_no,
        demonstrated.period.type,
    )
    told = {
        (line.metric.metric_id, line.dimension, line.dimension_value): [
            # the scorecard's ends with what is ripe
            figure.value if figure.is_ripe else None
            for figure in line.trend
        ]
        for line in demonstrated.lines()
    }
    for metric_id, dimension, value, trend in trends:
        assert told[metric_id, dimension, value][-len(trend) :] == trend, metric_id


def test_the_report_fits_its_pages(demonstrated: facts.Facts) -> None:
    pdf = next(made for name, made in making.rendered(demonstrated).items() if name.endswith(".pdf"))
    # a year has most targets, and so most to explain; what holds now and what is to be agreed on take a page
    assert 3 <= len(PdfReader(io.BytesIO(pdf)).pages) <= (6 if demonstrated.period.type == "year" else 5)
