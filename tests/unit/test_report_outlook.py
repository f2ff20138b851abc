"""What a report tells of the time ahead, and which of it is public."""

from datetime import date
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dagster_project.disclosure import THRESHOLD
from dagster_project.report import outlook
from dagster_project.report.facts import Figure
from dagster_project.vocabulary import norwegian, periods
from tests.unit.test_report_facts import closing, made

QUARTER = periods.parse("2010-Q4")
CATEGORIES = ("trygdebolig", "servicebolig")
NB = norwegian.NO_BREAK

Flows = dict[str, list[int | None]]
"""Of a queue: who came, left and was housed in each of twelve quarters; None where the edition hides it."""


def run(scenario_id: str, **more: Any) -> dict[str, Any]:
    return {
        "scenario_id": scenario_id, "name": "Som i dag", "version": 1, "made_by": "Datavarehuset",
        "made_on": "2010-12-31", "scenario_status": "vedtatt", "as_of": "2010-12-31", "origin": "2010-12-31",
        "said": ["Hva som kommer: 57–73.", "Hvor sikkert det er.", "Hva som endrer det.", "Og mer."],
    } | more  # fmt: skip


def point(scenario_id: str, category: str, month: int, **more: Any) -> dict[str, Any]:
    return {
        "scenario_id": scenario_id, "housing_category": category, "month": month,
        "month_end": f"{2010 + month // 12}-12-31", "expected": 10.4, "p10": 8.5, "p90": 12.0, "difference": None,
        "difference_p10": None, "difference_p90": None,
    } | more  # fmt: skip


def content(categories: tuple[str, ...] = CATEGORIES, origin: str = "2010-12-31") -> dict[str, Any]:
    change = {"difference": -3.2, "difference_p10": -5.0, "difference_p90": -1.0}
    return {
        "outlook": [
            run("som_i_dag", origin=origin),
            run("ti", name="=Ti", made_by="Boligkoordinator", made_on="2010-12-20", origin=origin),
        ],
        "outlook_queue": [
            point(scenario_id, category, month, **(change if scenario_id == "ti" and month else {}))
            for scenario_id in ("som_i_dag", "ti")
            for category in (*categories, "alle")
            for month in (0, 12, 24, 36)
        ],
        "outlook_reach": [
            {
                "scenario_id": scenario_id, "housing_category": category, "period_end": "2013-12-31", "green": 9.0,
                "p_green": chance,
            }
            for scenario_id, chance in (("som_i_dag", 0.0), ("planen", 0.42))
            for category in categories
        ],
        "outlook_solution": [
            {
                "scenario_id": "som_i_dag", "housing_category": categories[0], "target": 9.0, "confidence": confidence,
                "value": value, "by_on": "2013-12-31", "ready_on": "2011-12-31",
            }
            for confidence, value in ((0.0, 4.0), (0.5, 4.0), (0.8, None))
        ],
        "outlook_card": [
            {
                "scenario_id": "ti", "housing_category": categories[0], "alternative": "10 trygdebolig", "housed": 9.5,
                "years_averted": 4.25, "years_p10": 3.0, "years_p90": 6.5, "long_years_averted": 1.0, "left_p10": 2.0,
                "left_p90": 7.0, "cost_a_year_nok": 1_436_862.9,
            }
        ],
    }  # fmt: skip


def figures(waiting: dict[str, int | None], flows: dict[str, Flows]) -> dict[tuple[str, str, str, date], Figure]:
    """The edition's figures of each queue."""

    def shown(value: int | None) -> Figure:
        return Figure(is_suppressed=True) if value is None else Figure(float(value))

    found = {
        ("queue_waiting", "housing_category", category, QUARTER.start): shown(value)
        for category, value in waiting.items()
    }
    for category, of in flows.items():
        for metric_id, values in of.items():
            for back, value in enumerate(values):
                found[metric_id, "housing_category", category, QUARTER.earlier(back).start] = shown(value)
    return found


@st.composite
def a_flow(draw: st.DrawFn) -> Flows:
    # most are shown in whole, so that it is the sums that hide
    cell = st.sampled_from(
        [0, 0, 1, 3, None] if draw(st.integers(0, 3)) == 0 else draw(st.sampled_from([[0], [0, 1, 5]]))
    )
    housed = draw(st.lists(cell, min_size=12, max_size=12))
    others = draw(st.lists(st.sampled_from([0, 0, 1, 6]), min_size=12, max_size=12))
    return {
        "queue_inflow": draw(st.lists(cell, min_size=12, max_size=12)),
        "queue_allocated": housed,
        "queue_outflow": [None if of is None else of + more for of, more in zip(housed, others, strict=True)],
    }


@settings(max_examples=25)
@given(st.fixed_dictionaries(dict.fromkeys(CATEGORIES, a_flow())), st.sampled_from([0, 2, 5, 30, None]))
def test_a_public_forecast_gives_away_no_count_that_the_edition_does_not_show(
    flows: dict[str, Flows], waiting: int | None
) -> None:
    queues = dict.fromkeys(CATEGORIES, waiting) | {"servicebolig": 12}
    shown = outlook.public(content(), figures(queues, flows), QUARTER)
    told = {row["housing_category"] for row in shown["outlook_queue"]}
    event(f"{len(told)} are told")
    for category in told - {"alle"}:
        came, housed, left = (flows[category][name] for name in ("queue_inflow", "queue_allocated", "queue_outflow"))
        assert None not in [*came, *housed, *left, queues[category]]
        sums = [sum(map(int, values)) for values in (came, housed, left)]  # type: ignore[arg-type]
        for count in (queues[category], sums[0], sums[1], sums[2] - sums[1]):
            assert count == 0 or (count or 0) >= THRESHOLD
    # from the whole and all parts but one that one is known
    assert "alle" not in told or told == {*CATEGORIES, "alle"}
    assert {row["scenario_id"] for row in (*shown["outlook_queue"], *shown["outlook_reach"])} <= {"som_i_dag"}
    assert {row["housing_category"] for row in shown["outlook_reach"]} <= told
    # what must be said is of every queue, and so is what it takes
    assert not [said for row in shown["outlook"] for said in row["said"]]
    assert not shown["outlook_solution"] and not shown["outlook_card"]


MANY: Flows = {"queue_inflow": [4] * 12, "queue_allocated": [2] * 12, "queue_outflow": [3] * 12}


def test_where_all_counts_are_shown_and_large_the_forecast_is_public_in_whole_households() -> None:
    flows = dict.fromkeys(CATEGORIES, MANY)
    shown = outlook.public(content(), figures(dict.fromkeys(CATEGORIES, 20), flows), QUARTER)
    assert {row["housing_category"] for row in shown["outlook_queue"]} == {*CATEGORIES, "alle"}
    assert {(row["expected"], row["p10"], row["p90"]) for row in shown["outlook_queue"]} == {(None, 9, 12)}
    few = flows | {"trygdebolig": MANY | {"queue_inflow": [0] * 10 + [1, 3]}}
    shown = outlook.public(content(), figures(dict.fromkeys(CATEGORIES, 20), few), QUARTER)
    assert {row["housing_category"] for row in shown["outlook_queue"]} == {"servicebolig"}


@pytest.mark.parametrize("origin", ["2010-11-30", "2011-01-31"])
def test_a_forecast_from_another_day_than_the_periods_end_is_not_public(origin: str) -> None:
    given_away = figures(dict.fromkeys(CATEGORIES, 20), dict.fromkeys(CATEGORIES, MANY))
    assert not outlook.public(content(origin=origin), given_away, QUARTER)["outlook_queue"]


def test_a_quarter_too_few_hides_it() -> None:
    short = {name: values[:11] for name, values in MANY.items()}
    given_away = figures(dict.fromkeys(CATEGORIES, 20), dict.fromkeys(CATEGORIES, short))
    assert not outlook.public(content(), given_away, QUARTER)["outlook_queue"]


def test_the_page_has_every_number_with_its_interval_its_date_and_its_author() -> None:
    facts = made({}, content=content())
    assert outlook.sentences(facts)[:3] == run("som_i_dag")["said"][:3]
    assert "på tallene per 31.12.2010" in outlook.sentences(facts)[3]
    queues, changes, takes, card = outlook.tables(facts)
    assert queues.rows[0] == (
        "Trygdebolig", "10", "9–12", "9–12", "9–12", f"≤{NB}9 31.12.2013", f"under 1{NB}%", f"42{NB}%",
    )  # fmt: skip
    assert queues.rows[-1][0] == "Alle køene samlet"
    assert changes.rows[0] == (
        "=Ti (versjon 1, Boligkoordinator, 20.12.2010)", "Trygdebolig", "31.12.2013", "9–12", "3 færre (1–5)",
    )  # fmt: skip
    assert takes.rows == [("Trygdebolig", f"≤{NB}9 31.12.2013", "31.12.2011", "4", "nås ikke")]
    assert card.title == "To eller ti: budsjettet i «=Ti» brukt på ulike grupper"
    assert card.rows[0][:5] == ("10 trygdebolig (Boligkoordinator, 20.12.2010)", "9,5", "4,2 (3,0–6,5)", "1,0", "2–7")
    for row in outlook.rows(facts):
        assert row.scenario and row.made_by and row.made_on


def test_without_an_outlook_there_is_no_page() -> None:
    facts = made({})
    assert not outlook.sentences(facts) and not outlook.tables(facts) and not list(outlook.rows(facts))


def test_the_public_page_says_why_a_queue_is_not_there() -> None:
    hidden = outlook.public(content(), {}, QUARTER)
    facts = made({}, edition="offentlig", closing=closing(), content=hidden)
    assert outlook.sentences(facts)[-1] == outlook.HIDDEN
    assert not outlook.tables(facts)
    assert not list(outlook.rows(facts))
