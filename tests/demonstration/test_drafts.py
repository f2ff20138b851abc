"""The report's drafts on the demonstration: they judge and show what the scorecard does, and fit their pages."""

import io

import pytest
from pypdf import PdfReader

from dagster_project import periods, warehouse
from dagster_project.report import content, facts, making
from tests.conftest import ASKER


@pytest.fixture(scope="module", params=["2010-Q4", "2010-T3", "2010"])
def demonstrated(request: pytest.FixtureRequest, demonstration) -> facts.Facts:
    """What a draft of the demonstration's newest period of each type tells."""
    period = periods.parse(request.param)
    with warehouse.connect(demonstration.settings) as connection:
        row = connection.execute(
            "select load_id, code_version, warnings, as_of, extract_date from scorecard.publication"
            " where municipality_no = %s",
            [ASKER],
        ).fetchone()
        assert row
        load_id, version, warnings, as_of, extract_date = row
        origin = content.Origin("", ASKER, load_id, version, tuple(warnings))
        shown = content.read(connection, origin, period)
        rows = content.figures(connection, ASKER, period) + shown["earlier_figure"]
    return facts.Facts(
        ASKER, period, "intern", as_of, extract_date, True, None, shown, facts.figures_of(rows)
    )  # fmt: skip


def test_the_report_judges_as_the_scorecard_does(demonstration, demonstrated: facts.Facts) -> None:
    judged = demonstration.ask(
        "select metric_id, dimension, dimension_value, value, value_year_before, green, status from scorecard.status"
        " where municipality_no = %s and period_type = %s and green is not null order by 1, 2, 3",
        ASKER,
        demonstrated.period.type,
    )
    assert judged == sorted(
        (
            line.metric.metric_id, line.dimension, line.dimension_value, line.now.value, line.year_before.value,
            line.target.green, line.status,
        )
        for line in demonstrated.lines()
    )  # fmt: skip


def test_the_trend_is_the_scorecards(demonstration, demonstrated: facts.Facts) -> None:
    trends = demonstration.ask(
        "select metric_id, dimension, dimension_value, trend from scorecard.status"
        " where municipality_no = %s and period_type = %s and green is not null",
        ASKER,
        demonstrated.period.type,
    )
    told = {
        (line.metric.metric_id, line.dimension, line.dimension_value): [figure.value for figure in line.trend]
        for line in demonstrated.lines()
    }
    for metric_id, dimension, value, trend in trends:
        assert told[metric_id, dimension, value][-len(trend) :] == trend, metric_id


def test_the_report_fits_its_pages(demonstrated: facts.Facts) -> None:
    pdf = next(made for name, made in making.rendered(demonstrated).items() if name.endswith(".pdf"))
    assert 2 <= len(PdfReader(io.BytesIO(pdf)).pages) <= 4
