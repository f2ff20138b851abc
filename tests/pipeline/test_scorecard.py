"""The scorecard against an independent calculation, value by value, over random small municipalities."""

import math
import random
from datetime import date, timedelta
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from dagster_project import warehouse
from dagster_project.landing import delivery, door, history
from dagster_project.night import gate
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue
from dagster_project.warehouse import records
from tests.oracle import figures, municipality

# one night for all: each stands alone under its own number, at its own as-of date; the registers of two were begun at
# different times
MUNICIPALITIES = {
    "0220": (1, date(2011, 1, 1), False),
    "0301": (2, date(2012, 3, 1), True),
    "1103": (3, date(2010, 11, 16), False),
    "4601": (4, date(2013, 5, 1), True),
}


# the two that were let in before, so that there is something to have changed since
BEFORE = {"0220": (date(2010, 1, 1), date(2010, 10, 2)), "4601": (date(2013, 3, 1),)}


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory, settings: Settings, build) -> Path:
    """Four random municipalities, let in and built."""
    folder = tmp_path_factory.mktemp("landing")
    for number, (seed, extract_date, begins_late) in MUNICIPALITIES.items():
        as_of = date.fromordinal(extract_date.toordinal() - 1)
        tables = municipality.random_municipality(
            random.Random(seed), as_of=as_of, size=30, years=3, municipality_no=number, begins_late=begins_late
        )
        municipality.write(tables, folder, number, extract_date)
        chance = random.Random(seed)
        for day in reversed(BEFORE.get(number, ())):
            tables = municipality.delivered_before(chance, tables)
            municipality.write(tables, folder / "before", number, day)
    _let_in(settings, folder / "before")
    receipts = build(folder)
    assert [receipt.status for receipt in receipts] == ["accepted"] * len(MUNICIPALITIES)
    assert all(receipt.rows_quarantined == 0 for receipt in receipts)
    return folder


def _let_in(settings: Settings, before: Path) -> None:
    """Let what was delivered before in, some of it after what follows it, and build nothing of it."""
    with warehouse.connect(settings) as connection:
        records.prepare(settings, connection)
        history.prepare(connection)
        connection.commit()
        door.open_night(connection)
        for number, days in BEFORE.items():
            for day in reversed(days):
                (found,) = delivery.find(before, number, day)
                receipt = door.receive(connection, found, settings, catalogue.targetable(), backfill=True)
                assert receipt.status == "accepted", receipt.lines()


@pytest.mark.parametrize("number", MUNICIPALITIES)
def test_every_figure_is_what_plain_python_makes_of_the_extracts(
    landing: Path, settings: Settings, number: str
) -> None:
    _, extract_date, _ = MUNICIPALITIES[number]
    _agrees(settings, landing / number / extract_date.isoformat(), extract_date - timedelta(days=1), number)


def _agrees(settings: Settings, folder: Path, as_of: date, number: str) -> None:
    earlier = [
        (day - timedelta(days=1), figures.read_delivery(folder.parents[1] / "before" / number / day.isoformat()))
        for day in BEFORE.get(number, ())
    ]
    expected = figures.compute(figures.read_delivery(folder), as_of, number, earlier=earlier)
    with warehouse.connect(settings) as connection:
        rows = connection.execute(
            "select metric_id, period_type, period_start, dimension, dimension_value, value, numerator, denominator,"
            " period_end, is_ripe from build_scorecard.metric_value where municipality_no = %s",
            [number],
        ).fetchall()
    found = {tuple(row[:5]): tuple(row[5:8]) for row in rows}
    for metric_id, period_end, is_ripe in {(row[0], *row[8:]) for row in rows}:
        assert is_ripe == figures.is_ripe(metric_id, period_end, as_of), (metric_id, period_end)
    differing = [
        (key, expected.get(key), found.get(key))
        for key in sorted(expected.keys() | found.keys())
        if key not in expected or key not in found or not _same(expected[key], found[key])
    ]
    assert not differing, f"{len(differing)} of {len(expected)} differ, by metric: {_by_metric(differing)}"


def test_the_identities_hold_that_the_publish_gate_checks(landing: Path, settings: Settings) -> None:
    # the queue's in less out is its change; breakdowns add up to totals and months to years; parts to their whole
    with warehouse.connect(settings) as connection:
        findings = gate.audit(connection, settings)
    assert not [finding.line() for finding in findings if finding.blocks]
    assert len([finding for finding in findings if finding.expectation.severity == "critical"]) >= 8


@hypothesis.settings(
    max_examples=2,  # each is a whole build
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(
    seed=st.integers(0, 2**32), as_of=st.dates(date(2004, 1, 1), date(2019, 12, 31)), size=st.integers(3, 25)
)
def test_any_small_municipality_holds_the_identities_and_agrees_with_plain_python(
    settings: Settings, build, tmp_path_factory: pytest.TempPathFactory, seed: int, as_of: date, size: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    number = str(5000 + seed % 400)
    tables = municipality.random_municipality(
        random.Random(seed), as_of=as_of, size=size, municipality_no=number, begins_late=True
    )
    municipality.write(tables, folder, number, as_of + timedelta(days=1))
    (receipt,) = build(folder)
    delivered = sum(count.rows_delivered for count in receipt.files)
    assert delivered == receipt.rows_loaded + receipt.rows_quarantined == sum(map(len, tables.values()))
    with warehouse.connect(settings) as connection:
        findings = gate.audit(connection, settings)
    assert not [finding.line() for finding in findings if finding.blocks]
    _agrees(settings, folder / number / (as_of + timedelta(days=1)).isoformat(), as_of, number)


def test_a_night_rebuilt_is_the_night_as_it_was(landing: Path, settings: Settings, build_models) -> None:
    figures_of = (
        "select municipality_no, metric_id, period_type, period_start, dimension, dimension_value, is_complete,"
        " is_ripe, value, numerator, denominator from build_scorecard.metric_value order by 1, 2, 3, 4, 5, 6"
    )
    with warehouse.connect(settings, autocommit=True) as connection:
        before = connection.execute(figures_of).fetchall()
        loads = connection.execute("select load_id from raw.scope order by 1").fetchall()
        door.open_night(connection)
        for (load_id,) in loads:
            door.restore(connection, load_id)
        build_models()
        again = connection.execute(figures_of).fetchall()
    # rows come back in another order, and a sum's last digit is that of the order in which it was made
    differing = [(a, b) for a, b in zip(before, again, strict=True) if a[:8] != b[:8] or not _same(a[8:], b[8:])]
    assert not differing


def _same(one: tuple[float | None, ...], other: tuple[float | None, ...]) -> bool:
    return all(
        a is b is None or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9))
        for a, b in zip(one, other, strict=True)
    )


def _by_metric(differing: list) -> dict:
    first: dict = {}
    for key, expected, found in differing:
        first.setdefault(key[0], []).append((key[1:], expected, found))
    return {metric: (len(rows), rows[:2]) for metric, rows in first.items()}
