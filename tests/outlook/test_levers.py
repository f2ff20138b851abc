"""The levers: what each does to a course, its limits, and the values that were worked out by hand or elsewhere."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.outlook import paths, rates
from dagster_project.outlook.facts import Facts, Own
from dagster_project.outlook.levers import (
    DEFAULTS,
    KINDS,
    Assumption,
    Assumptions,
    Kind,
    Lever,
    LeverRefused,
    Plan,
    Situation,
    let_from,
    plan,
    shorter_vacancy,
)  # fmt: skip
from dagster_project.outlook.paths import Chance, Course
from dagster_project.outlook.rates import Estimate, Rate
from tests.outlook_reference import ESTIMATES, EXPECTED, FACTS, ORIGIN, chance, check, situation

START = date(2011, 1, 1)


def lever(kind: Kind, value: float, month: int = 1, **more: object) -> Lever:
    from_on = date(2011 + (month - 1) // 12, (month - 1) % 12 + 1, 15)
    return Lever(kind, value, from_on, **more)  # type: ignore[arg-type]


def planned(*levers: Lever, of: Situation | None = None, given: tuple[Assumption, ...] = ()) -> Plan:
    return plan(of or situation(), levers, Assumptions(given))


@pytest.mark.parametrize("number", [10, 20, 30, 40, 50])
def test_new_dwellings_let_from_a_month(number: int) -> None:
    check(
        ESTIMATES["omsorg_puh"],
        let_from(situation(), 24, number),
        EXPECTED["levers"][f"L1 omsorg_puh {number} dwellings let from month 24"],
    )


@pytest.mark.parametrize(("days", "month"), [(30.0, 25), (0.0, 24), (45.0, 25), (45.7, 26), (106.5, 27)])
def test_new_dwellings_are_let_when_they_are_ready_and_a_first_letting_has_passed(days: float, month: int) -> None:
    of = situation(facts={**situation().facts, "omsorg_puh": Facts(first_letting_days=days)})
    found = planned(lever("nye_boliger", 10, 24, category="omsorg_puh"), of=of).courses["omsorg_puh"]
    assert np.flatnonzero(found.first).tolist() == [month - 1]
    assert found.first.sum() == found.dwellings.sum() == 10


def test_less_intake() -> None:
    found = planned(lever("tilgang", 1.1, category="omsorg_eldre"))
    check(ESTIMATES["omsorg_eldre"], found.courses["omsorg_eldre"], EXPECTED["levers"]["L9 omsorg_eldre intake x 1.1"])
    same = planned(lever("tilgang", ESTIMATES["omsorg_eldre"].intake.mean / 10, category="omsorg_eldre", mode="antall"))
    assert same.courses["omsorg_eldre"].inflow == pytest.approx(found.courses["omsorg_eldre"].inflow)
    twice = planned(*[lever("tilgang", 1.1, category="omsorg_eldre")] * 2)
    assert twice.courses["omsorg_eldre"].inflow == pytest.approx(np.full(36, 1.21))


def test_dwellings_that_are_lost_send_their_tenants_into_the_queue() -> None:
    found = planned(lever("avgang_boliger", 5, 6, category="servicebolig"))
    check(
        ESTIMATES["servicebolig"],
        found.courses["servicebolig"],
        EXPECTED["levers"]["L2 servicebolig 5 dwellings lost in month 6, all occupied"],
    )


@pytest.mark.parametrize("category", ["okonomisk_sosialt", "omsorg_eldre"])
def test_shorter_vacancy(category: str) -> None:
    wanted = EXPECTED["levers"][f"L4 {category} 30 days"]
    facts = FACTS[category]
    assert (facts.relets, facts.relet_days, facts.stay_days) == pytest.approx(
        (wanted["relets_a_month"], wanted["mean_relet_days"], wanted["mean_stay_days"])
    )
    effect = shorter_vacancy(facts, 30)
    assert (effect.once, effect.a_month) == pytest.approx((wanted["once"], wanted["a_month"]), abs=1e-9)
    check(ESTIMATES[category], planned(lever("kortere_dodtid", 30, category=category)).courses[category], wanted)


def test_no_more_days_are_saved_than_a_relet_waits() -> None:
    found = planned(lever("kortere_dodtid", 60, category="okonomisk_sosialt", waits_for="eiendom"))
    same = planned(lever("kortere_dodtid", 44.3, category="okonomisk_sosialt"))
    assert found.courses["okonomisk_sosialt"].extra == pytest.approx(same.courses["okonomisk_sosialt"].extra)
    assert any("bare kortes med 44 døgn i eiendom" in said for said in found.said)
    # the one-off is spread over the months that the days are
    assert np.count_nonzero(np.diff(found.courses["okonomisk_sosialt"].extra)) == 1


def test_a_surplus_moves_and_the_queue_that_it_leaves_is_the_same_in_every_path() -> None:
    wanted = EXPECTED["levers"]["L3 trygdebolig overskudd, 20 dwellings"]
    convert = lever("omdisponering", 20, from_category="trygdebolig", category="omsorg_puh", mode="overskudd")
    found = planned(convert)
    moved = found.figures["trygdebolig", "omdisponert"]
    assert moved == pytest.approx(wanted["free_by_month"], abs=1e-9)
    assert f"måned {wanted['reached_in_month']}." in found.said[0]
    assert (
        chance("trygdebolig").queues(found.courses["trygdebolig"]) == chance("trygdebolig").queues(Course.plain())
    ).all()
    arrived = found.courses["omsorg_puh"]
    assert arrived.extra[6:] == pytest.approx(moved[:-6])
    assert not arrived.extra[:6].any()
    # path by path they are whole, and right in the mean
    whole = chance("omsorg_puh").whole(arrived.extra)
    assert whole.sum(axis=0).mean() == pytest.approx(arrived.extra.sum(), abs=0.05)
    assert whole.max() <= 2


@pytest.mark.parametrize(("number", "month"), [(5, 11), (10, 15), (20, 22), (30, 29)])
def test_when_a_surplus_is_free(number: int, month: int) -> None:
    convert = lever("omdisponering", number, from_category="trygdebolig", category="omsorg_puh")
    assert f"nås i måned {month}." in planned(convert).said[0]


def test_a_surplus_is_given_away_once_and_only_what_is_left_when_all_have_acted() -> None:
    one = lever("omdisponering", 30, from_category="trygdebolig", category="omsorg_puh", number=1)
    two = lever("omdisponering", 30, from_category="trygdebolig", category="omsorg_eldre", number=2)
    both = planned(one, two)
    unused = paths.expected(ESTIMATES["trygdebolig"], Course.plain()).unused
    assert both.figures["trygdebolig", "omdisponert"].sum() == pytest.approx(unused.sum())
    assert unused.sum() == pytest.approx(39.66, abs=0.01)
    assert "ikke nådd" in both.said[-1]
    more = planned(one, lever("tilgang", 3, category="trygdebolig", number=3))
    assert more.figures["trygdebolig", "omdisponert"].sum() < both.figures["trygdebolig", "omdisponert"].sum()


def test_all_that_becomes_vacant_moves_and_the_queue_that_it_leaves_grows() -> None:
    convert = lever("omdisponering", 10, from_category="omsorg_eldre", category="omsorg_puh", mode="alle")
    found = planned(convert, given=(Assumption("ombygging_mnd", 0, "test"),))
    course = found.courses["omsorg_eldre"]
    estimate = ESTIMATES["omsorg_eldre"]
    first, second = found.figures["omsorg_eldre", "omdisponert"][:2]
    assert first == pytest.approx(estimate.allocated.mean)
    assert second == pytest.approx(estimate.allocated.mean - estimate.turnover * first)
    assert course.dwellings.sum() == pytest.approx(-10)
    assert paths.expected(estimate, course).queue[-1] > paths.expected(estimate, Course.plain()).queue[-1] + 9
    assert found.courses["omsorg_puh"].extra == pytest.approx(-course.extra)


def test_fewer_renewals() -> None:
    facts = Facts(relet_days=60.9, renewed=(5, 10), expiring={3: (10, 4)})
    of = situation(facts={**situation().facts, "okonomisk_sosialt": facts})
    found = planned(lever("fornyelsesandel", 0.3, category="okonomisk_sosialt"), of=of)
    course = found.courses["okonomisk_sosialt"]
    assert [(month + 1, amount) for month, amount in enumerate(course.extra) if amount] == [(5, pytest.approx(2))]
    assert [(month + 1, amount) for month, amount in enumerate(course.rehoused) if amount] == [(3, pytest.approx(0.5))]
    assert found.figures["okonomisk_sosialt", "husstander_som_ma_flytte"].sum() == pytest.approx(2)
    assert found.figures["okonomisk_sosialt", "husstander_med_barn_som_ma_flytte"].sum() == pytest.approx(0.8)
    assert "må 2 flere husstander flytte, 1 av dem med barn; 25 prosent antas" in found.said[0]


def test_the_first_hand_fixture() -> None:
    """Ten wait, two come and three dwellings a month; five new dwellings are let in the third."""
    estimate = replace(
        ESTIMATES["okonomisk_sosialt"],
        waiting=10, intake=Rate(2, 1), allocated=Rate(3, 1), attrition=Rate(-np.log(0.9), 1), turnover=0.02,
    )  # fmt: skip
    found = paths.expected(estimate, let_from(situation(horizon=4), 3, 5))
    assert found.queue == pytest.approx([10, 8, 6.2, 0, 0])
    assert found.unused == pytest.approx([0, 0, 0.42, 1.1])
    assert found.lettings == pytest.approx([3, 3, 7.58, 2])


def test_refugees_take_dwellings_and_those_settled_before_come_into_the_queue_after_five_years() -> None:
    of = situation(own=Own(0.5, 0.4, {2: 3}, 0.6))
    found = planned(lever("bosetting_flyktninger", 60, category=None), of=of)
    course = found.courses["okonomisk_sosialt"]
    assert course.extra == pytest.approx(np.full(36, -60 * 0.5 * 0.4 / 12))
    assert course.rehoused[1] == pytest.approx(1.8)
    assert course.rehoused.sum() == pytest.approx(1.8)
    assert not found.figures["okonomisk_sosialt", "flyktninger_ikke_bosatt"].any()
    many = planned(lever("bosetting_flyktninger", 1200), of=of)
    short = many.figures["okonomisk_sosialt", "flyktninger_ikke_bosatt"]
    assert short == pytest.approx(np.full(36, 20 - ESTIMATES["okonomisk_sosialt"].allocated.mean))
    assert (chance("okonomisk_sosialt").run(many.courses["okonomisk_sosialt"]).lettings >= 0).all()


def test_a_tenant_who_buys_elsewhere_leaves_a_dwelling_and_one_who_buys_the_own_does_not() -> None:
    away = planned(lever("startlan_til_leietaker", 12, category="okonomisk_sosialt"))
    course = away.courses["okonomisk_sosialt"]
    assert course.extra == pytest.approx([0, 0, 0] + [1] * 33)
    own = planned(lever("startlan_til_leietaker", 12, category="okonomisk_sosialt", mode="kjoper_egen_bolig"))
    course = own.courses["okonomisk_sosialt"]
    assert not course.extra.any()
    assert course.dwellings == pytest.approx(-np.ones(36))
    estimate = ESTIMATES["okonomisk_sosialt"]
    assert paths.expected(estimate, course).queue[-1] >= paths.expected(estimate, Course.plain()).queue[-1]
    assert any("over det som har vært nådd" in said for said in own.said)


def test_what_ends_acts_until_then_and_what_is_past_acts_from_the_first_month() -> None:
    ends = lever("tilgang", 2, 3, category="omsorg_eldre", to_on=date(2011, 5, 31))
    assert np.flatnonzero(planned(ends).courses["omsorg_eldre"].inflow == 2).tolist() == [2, 3, 4]
    past = Lever("tilgang", 2, date(2001, 1, 1), category="omsorg_eldre")
    assert (planned(past).courses["omsorg_eldre"].inflow == 2).all()
    over = Lever("tilgang", 2, date(2001, 1, 1), category="omsorg_eldre", to_on=date(2010, 12, 31))
    assert (planned(over).courses["omsorg_eldre"].inflow == 1).all()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lever("nye_boliger", 5, category="hc_bolig"), "ingen prognose for hc_bolig: 7 hendelser, minst 12"),
        (lever("nye_boliger", 5), "mangler boligkategori"),
        (lever("nye_boliger", 2.5, category="omsorg_puh"), "ikke et helt tall"),
        (lever("nye_boliger", 501, category="omsorg_puh"), "fra 0 til 500"),
        (lever("avgang_boliger", 31, category="omsorg_puh"), "fra 0 til 30"),
        (lever("omdisponering", 1, category="omsorg_puh", from_category="omsorg_puh"), "alt i omsorg_puh"),
        (lever("omdisponering", 1, category="omsorg_puh"), "mangler boligkategori"),
        (lever("omdisponering", 1, category="omsorg_puh", from_category="hc_bolig"), "ingen prognose for hc_bolig"),
        (lever("omdisponering", 1, category="omsorg_puh", from_category="trygdebolig", mode="noe"), "har modus noe"),
        (lever("fornyelsesandel", 1.1, category="okonomisk_sosialt"), "fra 0 til 1"),
        (lever("leie_av_marked", 1.3), "fra 0 til 1.2"),
        (lever("startlan_til_leietaker", 169, category="okonomisk_sosialt"), "har 168 leietakere"),
        (lever("tilgang", -1, category="okonomisk_sosialt"), "ikke være negativ"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_with_its_reason(wrong: Lever, why: str) -> None:
    with pytest.raises(LeverRefused, match=why):
        planned(wrong)


def test_every_lever_has_an_effect_or_says_that_it_has_none() -> None:
    of = situation(own=Own(0.5, 0.5, {1: 1}, 0.5), facts={
        name: replace(FACTS["okonomisk_sosialt"], renewed=(1, 2), expired_a_month=1.0) for name in ESTIMATES
    })  # fmt: skip
    values: dict[Kind, float] = {"fornyelsesandel": 0.1, "leie_av_marked": 0.8, "tilgang": 0.9}
    for kind in KINDS:
        found = planned(
            lever(kind, values.get(kind, 6), category="okonomisk_sosialt", from_category="trygdebolig"), of=of
        )
        moved = any(
            (getattr(course, name) != getattr(Course.plain(), name)).any()
            for course in found.courses.values()
            for name in ("inflow", "rehoused", "first", "extra", "dwellings")
        )
        assert moved or found.said, kind


def test_what_was_assumed_is_remembered_and_the_municipalitys_own_word_goes_first() -> None:
    given = (
        Assumption("retur_andel", 0.5, "NAV", valid_from=date(2010, 1, 1)),
        Assumption("retur_andel", 0.4, "NAV, ny", valid_from=date(2011, 1, 1)),
        Assumption("retur_andel", 0.1, "eldre", "omsorg_eldre"),
        Assumption("retur_andel", 0.9, "senere", valid_from=date(2012, 1, 1)),
    )
    held = Assumptions(given)
    assert held.find("retur_andel", "okonomisk_sosialt", START) == 0.4
    assert held.find("retur_andel", "omsorg_eldre", START) == 0.1
    assert {assumption.source for assumption in held.used.values()} == {"NAV, ny", "eldre"}
    none = Assumptions()
    assert none.find("retur_andel", None, START) == 0.25
    assert list(none.used.values()) == [each for each in DEFAULTS if each.code == "retur_andel"]
    assert none.find("rente", None, START) is None
    with pytest.raises(LeverRefused, match="rente mangler"):
        none.get("rente", None, START)


@given(
    category=st.sampled_from([name for name, each in ESTIMATES.items() if not each.is_refused]),
    fewer=st.integers(0, 60),
    more=st.integers(0, 60),
    month=st.integers(1, 36),
)
@settings(max_examples=60)
def test_more_dwellings_make_no_queue_longer_in_any_path_or_month(
    category: str, fewer: int, more: int, month: int
) -> None:
    few, many = (chance(category).queues(let_from(situation(), month, fewer + added)) for added in (0, more))
    assert (many <= few).all()


RATE = st.floats(0.01, 60)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    dispersion = st.none() | st.floats(0.5, 400)
    return replace(
        ESTIMATES["okonomisk_sosialt"],
        waiting=draw(st.integers(0, 400)), intake=Rate(draw(RATE), draw(RATE)), allocated=Rate(draw(RATE), draw(RATE)),
        attrition=Rate(draw(st.floats(0.5, 50)), draw(st.floats(0.5, 5000))),
        mean_stock=draw(st.sampled_from([0.0, 8.0, 300.0])),
        dispersion=(draw(dispersion), draw(dispersion)), turnover=draw(st.floats(0, 0.3)),
    )  # fmt: skip


@given(estimate=estimates(), fewer=st.integers(0, 60), more=st.integers(0, 60), month=st.integers(1, 36))
@settings(max_examples=25)
def test_so_it_is_in_any_municipality(estimate: Estimate, fewer: int, more: int, month: int) -> None:
    luck = Chance(estimate, paths.uniforms("3203", ORIGIN, "omsorg_puh"))
    few, many = (luck.queues(let_from(situation(), month, fewer + added)) for added in (0, more))
    assert (many <= few).all()
    assert (many >= 0).all()
    for course in (let_from(situation(), month, fewer), Course.plain()):
        found = paths.expected(estimate, course)
        assert (found.queue >= 0).all()
        assert (found.unused >= 0).all()


@given(
    shares=st.lists(st.floats(0.0001, 0.9999), min_size=1, max_size=5),
    mean=st.floats(0.001, 900),
    k=st.none() | st.floats(0.5, 500),
)
@settings(max_examples=100)
def test_draws_are_those_of_scipy(shares: list[float], mean: float, k: float | None) -> None:
    from scipy import stats

    found = paths.flow_quantile(np.array(shares)[:, None], np.array([mean]), k)[:, 0]
    wanted = stats.poisson.ppf(shares, mean) if k is None else stats.nbinom.ppf(shares, k, k / (k + mean))
    assert found.tolist() == wanted.tolist()


@given(share=st.floats(0.0001, 0.9999), attrition=st.floats(1e-9, 50), queue=st.integers(0, 3000))
@settings(max_examples=200)
def test_those_who_give_up_are_scipys_too(share: float, attrition: float, queue: int) -> None:
    from scipy import stats

    found = paths.Leaving(np.array([attrition])).draw(np.array([share]), np.array([queue]))
    assert found.tolist() == [int(stats.binom.ppf(share, queue, -np.expm1(-attrition)))]


def test_a_rate_of_nothing_draws_nothing() -> None:
    assert not paths.flow_quantile(np.array([[0.5]]), np.array([0.0]), None).any()
    assert Rate(0.5, 0.0).at(0.5).tolist() == 0.0
    assert rates.Rate(0.5, 0.0).mean == 0.0
