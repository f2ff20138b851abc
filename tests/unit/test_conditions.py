"""Claims about conditions: protection hangs on what a condition says, not on how it is written."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from dagster_project import disclosure
from dagster_project.disclosure import conditions, quantities
from dagster_project.vocabulary import catalogue
from tests.unit.test_disclosure import QUARTERS, TOTAL, YEAR, frame

YEAR_2010 = {"period_type": "year", "period_start": date(2010, 1, 1)} | dict.fromkeys(
    ("dimension", "dimension_value"), "total"
)


def read(text: str) -> frozenset[conditions.Condition]:
    return conditions.read(text, "new")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("is_in_queue and exit_reason = 'tildelt'", "is_in_queue AND exit_reason='tildelt'"),
        ("is_in_queue and exit_reason = 'tildelt'", "(Exit_Reason = 'tildelt')  and ((IS_IN_QUEUE))"),
        ("exit_reason = 'tildelt'", "'tildelt' = exit_reason"),
        ("exit_reason = 'tildelt'", "exit_reason in ('tildelt')"),
        ("exit_reason <> 'tildelt'", "exit_reason != 'tildelt'"),
        ("exit_reason <> 'tildelt'", "not exit_reason = 'tildelt'"),
        ("is_in_queue", "is_in_queue = true"),
        ("is_in_queue", "is_in_queue is true"),
        ("not is_in_queue", "is_in_queue = false"),
        ("not is_in_queue", "is_in_queue is false"),
        ("is_in_queue", "not not is_in_queue"),
        ("not a and not b", "not (a or b)"),
        ("not a or not b", "not (a and b)"),
        ("answer is not null", "not (answer is null)"),
        ("a or b or c", "(c or a) or b"),
        ("a = 'x' or a = 'y'", "a in ('y', 'x')"),
        ("a <> 'x' and a <> 'y'", "a not in ('y', 'x')"),
        ("days_open >= 1 and days_open <= 9", "days_open between 1 and 9"),
        ("days_open < 1 or days_open > 9", "days_open not between 1 and 9"),
        ("measured_end - entered_on > 365", "entered_on < measured_end - 365"),
        ("measured_end - started_on > 10 * 365.25", "3652.5 < -started_on + measured_end"),
        ("name = 'L''Abri'", "name in ('L''Abri')"),
    ],
)
def test_what_says_the_same_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert read(one) == read(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exit_reason = 'tildelt'", "exit_reason = 'Tildelt'"),
        ("vacant_days > 90", "vacant_days >= 90"),
        ("vacant_days > 90", "vacant_days < 90"),
        ("measured_end - entered_on > 365", "entered_on - measured_end > 365"),
        ("a is null", "a is not null"),
        ("a and b", "a or b"),
        # who is unknown is neither
        ("not a", "a is not true"),
        ("2 * a > b", "a > 2 * b"),
    ],
)
def test_what_says_another_thing_is_another(one: str, other: str) -> None:
    assert read(one) != read(other)


def test_what_an_alternative_may_be_is_read_in_whatever_brackets_it_stands() -> None:
    (condition,) = read("(is_new_allocation or (is_renewal and answer is null))")
    assert set(condition.alternatives) == {read("is_new_allocation"), read("is_renewal and answer is null")}


def test_a_condition_of_the_period_says_another_thing_in_another_period() -> None:
    (of_period,), (of_row,) = read("Measured_End - entered_on > 365"), read("vacant_days > 90")
    assert of_period.on(date(2010, 12, 31)) != of_period.on(date(2011, 12, 31))
    assert of_row.on(date(2010, 12, 31)) == of_row


@pytest.mark.parametrize(
    "text",
    [
        "coalesce(exit_reason, 'ukjent') = 'tildelt'", "exit_reason like 'til%'", "exists (select 1)", "1 = 1",
        "exit_reason in (select code from other)", "a and", "a; drop table b", "other.exit_reason = 'tildelt'",
        "a * b > 2", "exit_reason is distinct from 'tildelt'", "entered_on > current_date", "a group by b",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_entry_and_its_words(text: str) -> None:
    with pytest.raises(conditions.ConditionNotUnderstood) as refused:
        read(text)
    assert str(refused.value).startswith(f"new counts where {text}, which the protection")
    assert isinstance(refused.value, disclosure.FiguresUnfit)


def respelt(monkeypatch: pytest.MonkeyPatch, measure_id: str, **compute: Any) -> None:
    """Let one entry of the catalogue be written otherwise."""
    entry = catalogue.entries()[measure_id]
    changed = entry.model_copy(update={"compute": entry.compute.model_copy(update=compute)})
    entries = catalogue.entries() | {measure_id: changed}
    monkeypatch.setattr(catalogue, "entries", lambda: entries)
    monkeypatch.setattr(
        catalogue,
        "metrics",
        lambda: {name: each for name, each in entries.items() if isinstance(each, catalogue.Metric)},
    )
    monkeypatch.setattr(
        catalogue, "aggregates", lambda: {n: e.compute.value for n, e in entries.items() if e.compute.value}
    )
    for asked in (quantities._aggregate, quantities._is_sensitive, quantities._is_count, quantities._is_additive):
        asked.cache_clear()


@pytest.fixture(autouse=True)
def forget_what_was_respelt() -> Any:
    yield
    for asked in (quantities._aggregate, quantities._is_sensitive, quantities._is_count, quantities._is_additive):
        asked.cache_clear()


def test_twins_in_other_letters_are_one_population(monkeypatch: pytest.MonkeyPatch) -> None:
    # queue_outflow's cell exit_reason = tildelt, and the measure that counts the same
    cell = YEAR_2010 | {"dimension": "exit_reason", "dimension_value": "tildelt"}
    before = quantities._own_population("queue_outflow", cell)
    assert quantities._population("queue_left_allocated", YEAR_2010) == before
    respelt(monkeypatch, "queue_left_allocated", where="EXIT_REASON='tildelt'  AND (is_in_queue)", value="COUNT( * )")
    assert quantities._population("queue_left_allocated", YEAR_2010) == before


def refused() -> pl.DataFrame:
    """Decisions of four quarters and their year: who is refused, as a cell and as the numerator of a share."""
    rows: list[Any] = []
    for period, granted, no in [*zip(QUARTERS, (20, 30, 25, 40), (9, 7, 3, 8), strict=True), (YEAR, 115, 27)]:
        rows += [("decisions_made", period, TOTAL, granted + no), ("rejection_rate", period, TOTAL, no, granted + no)]
        rows += [("decisions_made", period, ("outcome", "innvilget"), granted)]
        rows += [("decisions_made", period, ("outcome", "avslag"), no)]
    return frame(*rows)


def test_what_is_hidden_does_not_hang_on_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = disclosure.protect(refused())
    assert shown.filter(metric_id="rejection_rate", period_start=date(2010, 7, 1))["is_suppressed"].all()
    respelt(monkeypatch, "decisions_rejected", where="Outcome IN ('avslag')")
    assert disclosure.protect(refused()).equals(shown)


def test_a_condition_that_is_not_understood_protects_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    respelt(monkeypatch, "decisions_rejected", where="lower(outcome) = 'avslag'")
    with pytest.raises(disclosure.FiguresUnfit, match="decisions_rejected counts where lower"):
        disclosure.protect(refused())


def test_a_window_that_is_not_understood_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    respelt(monkeypatch, "queue_allocated_12_months", during=("measured_end - interval '1 year'", "measured_end"))
    with pytest.raises(conditions.ConditionNotUnderstood, match="queue_allocated_12_months counts in a window"):
        quantities._time("queue_allocated_12_months", YEAR_2010)
