"""Who waits and who is helped, what a goal takes, and how well it was foreseen."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.outlook import fairness, hindcast, inverse, paths
from dagster_project.outlook.fairness import Coverage
from dagster_project.outlook.levers import let_from
from dagster_project.outlook.paths import Course
from dagster_project.outlook.series import Dwelling, Published, QueueEntry
from tests.outlook_reference import ESTIMATES, EXPECTED, chance, situation

AGES = st.lists(st.integers(0, 200), min_size=1, max_size=60)


@given(ages=AGES, first_come=st.booleans(), number=st.integers(0, 60), month=st.integers(1, 36))
def test_those_of_all_ages_are_the_queue(ages: list[int], first_come: bool, number: int, month: int) -> None:
    from dataclasses import replace

    estimate = replace(ESTIMATES["omsorg_eldre"], waiting=len(ages))
    course = let_from(situation(), month, number)
    found = fairness.waits(estimate, course, np.array(ages), first_come)
    assert found.ages.sum(axis=1) == pytest.approx(paths.expected(estimate, course).queue)
    assert (found.ages >= -1e-9).all()


def test_first_come_first_served_is_the_other_bound() -> None:
    estimate, ages = ESTIMATES["omsorg_eldre"], np.arange(39)
    by_need, by_age = (fairness.waits(estimate, Course.plain(), ages, first) for first in (False, True))
    assert (by_age.share_over_a_year <= by_need.share_over_a_year + 1e-9).all()
    assert by_need.share_over_a_year[0] == pytest.approx(27 / 39)


def entry(category: str, entered: str, exited: str | None = None, reason: str | None = None) -> QueueEntry:
    return QueueEntry(category, date.fromisoformat(entered), date.fromisoformat(exited) if exited else None, reason)


def published(*queue: QueueEntry) -> Published:
    return Published("0220", date(2010, 12, 31), 1, "v", queue, [])


def test_coverage_of_need_is_of_those_who_waited_before_and_those_who_came() -> None:
    of = published(
        entry("omsorg_puh", "2009-01-01"),
        entry("omsorg_puh", "2009-01-01", "2010-01-01", "tildelt"),
        entry("omsorg_puh", "2010-12-31", "2010-12-31", "tildelt"),
        entry("omsorg_puh", "2010-05-01", "2010-06-01", "trukket"),
        entry("omsorg_puh", "2009-01-01", "2009-12-31", "tildelt"),  # before the year
        entry("omsorg_eldre", "2010-05-01", "2010-06-01", "tildelt"),
    )
    assert fairness.coverage(of, "omsorg_puh", date(2010, 12, 31)) == Coverage("omsorg_puh", 2, 4)


def test_parity_leaves_out_groups_in_which_few_have_a_need() -> None:
    of = [Coverage("a", 1, 10), Coverage("b", 5, 10), Coverage("c", 9, 9)]
    found = fairness.parity(of)
    assert found
    assert (found.value, found.smallest.category, found.largest.category) == (pytest.approx(0.2), "a", "b")
    assert fairness.parity(of[1:]) is None
    none = fairness.parity([Coverage("a", 0, 10), Coverage("b", 0, 12)])
    assert none
    assert none.value == 1.0


def test_two_or_ten() -> None:
    """The cheap ones win on years, by construction; what the others are left with stands beside it."""
    years = {}
    for category, number in (("omsorg_puh", 2), ("omsorg_eldre", 10)):
        luck = chance(category)
        with_it, without = (luck.queues(each) for each in (let_from(situation(), 12, number), Course.plain()))
        years[category] = fairness.years_averted(with_it, without)
    assert years == pytest.approx({"omsorg_puh": 4.3, "omsorg_eldre": 20.5}, abs=0.1)


@pytest.mark.parametrize("month", [12, 24, 36])
def test_how_many_dwellings_make_57_into_20(month: int) -> None:
    wanted = EXPECTED["levers"]["solve omsorg_puh <= 20 by month 36"][f"let from month {month}"]
    found = inverse.solve(
        ESTIMATES["omsorg_puh"], chance("omsorg_puh"), lambda number: let_from(situation(), month, number), 20, 36
    )
    assert (found.expected, found.by_confidence[0.5], found.by_confidence[0.8]) == tuple(wanted.values())
    assert found.without == (57, 73)


def test_how_many_keep_the_queue_of_today() -> None:
    found = inverse.solve(
        ESTIMATES["omsorg_eldre"], chance("omsorg_eldre"), lambda number: let_from(situation(), 12, number), 39, 36
    )
    assert found.by_confidence[0.5] == 10


def test_what_the_lever_alone_cannot_do_is_said_with_the_best_that_it_gives() -> None:
    found = inverse.solve(
        ESTIMATES["omsorg_puh"], chance("omsorg_puh"), lambda number: let_from(situation(), 12, number), 20, 36, most=46
    )
    assert found.by_confidence == {0.5: 43, 0.8: None}
    assert 0.5 < found.best[0.8] < 0.8


def test_beyond_the_horizon_there_is_only_a_sum() -> None:
    """Equal batches each December for sixteen years: 80 dwellings are enough for 20, 64 are not."""
    estimate, months = ESTIMATES["omsorg_puh"], 204
    of = situation(horizon=months)

    def course_of(a_year: int) -> Course:
        course = of.plain()
        for year in range(16):
            course = course.and_then(let_from(of, 12 + 12 * year, a_year))
        return course

    assert paths.expected(estimate, course_of(5)).queue[-1] == pytest.approx(3.8, abs=0.05)
    assert paths.expected(estimate, course_of(4)).queue[-1] > 20
    assert paths.expected(estimate, of.plain()).queue[-1] == pytest.approx(98, abs=0.5)
    found = inverse.solve(estimate, chance("omsorg_puh"), course_of, 20, months, most=50)
    assert (found.expected, found.by_confidence) == (5, {})
    with pytest.raises(ValueError, match="36"):
        chance("omsorg_puh").queues(of.plain())


@given(reached=st.integers(0, 300), most=st.integers(1, 200))
def test_the_smallest_that_reaches_it(reached: int, most: int) -> None:
    assert inverse.smallest(lambda value: value >= reached, most) == (reached if reached <= most else None)


def test_green_is_up_to_its_limit_and_red_from_its_own() -> None:
    total = np.array([10, 20, 30, 40])
    assert inverse.reach(total, 20, 40) == inverse.Reach(0.5, 0.75)
    assert inverse.reach(total, 9, 10) == inverse.Reach(0.0, 0.0)


def test_a_total_is_of_paths_of_equal_index() -> None:
    assert inverse.summed([np.array([[1, 2]]), np.array([[10, 20]])]).tolist() == [[11, 22]]


def naive_crps(sample: list[int], fact: float) -> float:
    apart = np.mean([abs(a - b) for a in sample for b in sample])
    return float(np.mean([abs(a - fact) for a in sample]) - apart / 2)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.integers(0, 50))
def test_crps_is_the_sample_formula(sample: list[int], fact: int) -> None:
    assert hindcast.crps(np.array(sample), fact) == pytest.approx(naive_crps(sample, fact))


def housed(year: int, month: int, until: int) -> str | None:
    """Half a year later, where that has come."""
    later = date(year + (month > 6), (month + 5) % 12 + 1, 15)
    return f"{later}" if later.year <= until else None


def history(until: int = 2010, breaks: tuple[date, ...] = (), **more: Any) -> Published:
    """A queue into which two come each month, and of which one is housed after half a year."""
    queue = [
        entry(
            "trygdebolig", f"{year}-{month:02}-{day}", f"{year + (month > 6)}-{(month + 5) % 12 + 1:02}-15", "tildelt"
        )
        if day == 10
        else entry("trygdebolig", f"{year}-{month:02}-{day}")
        for year in range(2005, until + 1)
        for month in range(1, 13)
        for day in (10, 20)
    ]
    queue = [
        each if each.exited_on is None or each.exited_on.year <= until else each._replace(exited_on=None)
        for each in queue
    ]
    dwellings = [Dwelling("trygdebolig", date(2000, 1, 1), None)] * 20
    return Published("3203", date(until, 12, 31), 1, "v", queue, dwellings, breaks=breaks, **more)


def test_origins_have_two_years_before_and_one_after() -> None:
    found = hindcast.origins(history())
    # the first exit is in July 2005
    assert (found[0], found[-1], len(found)) == (date(2007, 6, 30), date(2009, 12, 31), 11)
    assert hindcast.origins(history(breaks=(date(2007, 7, 1),)))[0] == date(2009, 6, 30)


def test_quality_counts_what_came() -> None:
    of = history()
    found = {each.horizon: each for each in hindcast.quality(of) if each.category == "trygdebolig"}
    assert {horizon: each.n for horizon, each in found.items()} == {3: 11, 6: 11, 12: 11}
    assert not found[12].known_then
    # the queue grows by one a month
    assert found[12].mae_no_change == pytest.approx(12)
    assert found[12].skill
    assert found[12].skill > 0.5
    assert 0 < found[12].crps < 12


def test_what_was_delivered_then_goes_before_todays_rows() -> None:
    of, asked = history(), list[date]()

    def known(origin: date) -> Published | None:
        asked.append(origin)
        return history(origin.year) if origin.month == 12 else None

    every = hindcast.quality(of, known)
    assert asked == hindcast.origins(of)
    assert not any(each.known_then for each in every)
    only = hindcast.quality(of, lambda origin: of)
    assert all(each.known_then for each in only)
