"""The overview of needs: who is counted, once; components that add up; growth; another grouping of the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dagster_project.needs import counting, groups, population, reckoning
from dagster_project.needs.counting import Applied, Coefficient, Records, Registered, Staying, Vacant, Waiting
from dagster_project.needs.groups import by_category
from dagster_project.needs.reckoning import HIGH, LOW, MAIN, NEW, OWN_PACE, SUM, UNCOVERED, WITHOUT, Basis, Component
from dagster_project.outlook import paths
from dagster_project.outlook.paths import Course
from dagster_project.outlook.rates import CATEGORIES
from dagster_project.outlook.series import Dwelling, Published, QueueEntry, Settlement
from dagster_project.vocabulary import contracts
from tests.outlook_reference import ESTIMATES

ON = date(2010, 12, 31)
LONG_AGO = date(2010, 1, 1)
GROUPS = by_category("0220")
TYPES = {category: each.dwelling_type for category, each in GROUPS.items()}
PUH = ("omsorg_puh", None)


def waits(person: str, category: str = "omsorg_puh", until: date | None = None) -> Waiting:
    return Waiting(person, category, LONG_AGO, until, False)


def applied(person: str, outcome: str | None = None, category: str = "trygdebolig", children: bool = False) -> Applied:
    return Applied(person, category, date(2010, 6, 1), date(2010, 7, 1) if outcome else None, outcome, children)


def noted(person: str | None, **other: object) -> Registered:
    row = Registered(person, "utviklingshemming", "tilpasset", LONG_AGO, "meldt", date(2010, 6, 1))
    return row._replace(**other)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------ counting


def test_a_person_is_counted_once_by_the_first_that_is_known() -> None:
    found = counting.count(
        Records(
            waiting=[waits("a"), waits("a", "hc_bolig"), waits("gone", until=ON)],
            staying=[Staying("a", LONG_AGO, None), Staying("b", LONG_AGO, None), Staying("left", LONG_AGO, ON)],
            applied=[applied("a"), applied("b"), applied("c"), applied("c")],
            registered=[noted("a"), noted("b"), noted("c"), noted("d"), noted("d"), noted(None), noted(None)],
        ),
        ON,
        TYPES,
    )
    assert found[PUH].waiting + found["hc_bolig", None].waiting == 1
    assert found["temporary_stay", None].temporary == 1
    assert found["trygdebolig", None].undecided == 1
    # d once; of those without a name each row is somebody
    assert found[PUH].registered == 3


def test_who_waits_in_a_temporary_dwelling_is_in_the_queue_and_not_among_the_homeless() -> None:
    found = counting.count(Records(waiting=[waits("a")], staying=[Staying("a", LONG_AGO, None)]), ON, TYPES)
    assert (found[PUH].waiting, found["temporary_stay", None].temporary) == (1, 0)


def test_applications_count_by_the_share_that_is_granted_of_all_where_a_category_has_few_decisions() -> None:
    decided = [applied(f"y{n}", "innvilget" if n < 5 else "avslag") for n in range(20)]
    other = [applied(f"h{n}", "innvilget", "hc_bolig") for n in range(19)]
    records = Records(applied=[*decided, *other, applied("t", children=True), applied("h", category="hc_bolig")])
    found = counting.count(records, ON, TYPES)
    assert found["trygdebolig", None].expected_grants == 0.25
    assert found["trygdebolig", None].families == 0.25
    assert found["hc_bolig", None].expected_grants == pytest.approx(24 / 39)
    later = counting.count(records, date(2010, 6, 30), TYPES)
    assert later["trygdebolig", None].undecided == 21  # nobody had decided by then
    assert later["trygdebolig", None].expected_grants == 0


def test_the_register_counts_what_is_needed_by_the_day_and_confirmed() -> None:
    found = counting.count(
        Records(
            registered=[
                noted(None), noted(None, wanted_from_on=date(2011, 1, 1)), noted(None, status="sokt"),
                noted(None, status="dekket"), noted(None, confirmed_on=date(2008, 12, 30)),
                noted(None, dwelling_type="ordinar"), noted(None, need_group="bevegelse", status="bortfalt"),
            ]
        ),
        ON,
        TYPES,
    )  # fmt: skip
    assert (found[PUH].registered, found[PUH].unconfirmed) == (1, 1)
    assert found["omsorg_puh", "ordinar"].registered == 1
    # that nobody of a group is in need is known of a group that stands in the register, and of no other
    assert found["hc_bolig", None].registered == 0
    assert found["omsorg_eldre", None].registered is None
    missing = counting.count(Records(), ON, TYPES)
    assert missing[PUH].registered is None


def test_a_month_without_the_day_has_its_last() -> None:
    assert counting.months_before(date(2012, 2, 29), 24) == date(2010, 2, 28)
    assert counting.months_before(date(2010, 12, 31), 1) == date(2010, 11, 30)


# -------------------------------------------------------------------------------------------------------------- growth


def projected(growth: float, alternative: str = "MMMM") -> population.Population:
    return population.read(
        {(f"population_{alternative}_18_66", year): 1000 * (1 + growth) ** (year - 2011) for year in range(2010, 2025)}
    )


@pytest.mark.parametrize(
    ("growth", "years", "need"),
    [(0, 4, 67.7), (0.009, 4, 68.1), (0.015, 4, 68.3), (0, 12, 87.2), (0.009, 12, 90.3), (0.015, 12, 92.4)],
)
def test_the_need_of_utviklingshemmede_in_years(growth: float, years: int, need: float) -> None:
    factors, last = projected(growth).growth(ON, 12 * years, "MMMM", (18, 66))
    assert last == 2011 + years
    estimate = reckoning.at(ESTIMATES["omsorg_puh"], MAIN)
    path = paths.expected(estimate, replace(Course.plain(12 * years), inflow=factors))
    assert round(float(path.queue[0])) == 57
    assert round(float(path.queue[-1]), 1) == need


def test_ages_are_added_up_where_they_lie_side_by_side() -> None:
    rows = {
        ("population_MMMM_18_66", 2011): 50.0, ("population_MMMM_67_79", 2011): 10.0,
        ("population_MMMM_80_plus", 2011): 5.0, ("population_67_79", 2011): 9.0, ("population", 2011): 80.0,
        ("population_MMMM_18_66", 2012): 52.0, ("dwellings_blokk", 2011): 1.0,
    }  # fmt: skip
    found = population.read(rows)
    assert found.of("MMMM", 2011, (18, None)) == 65
    assert found.of("MMMM", 2011, (67, 79)) == 9  # counted goes before projected
    assert found.of("MMMM", 2011, (62, None)) is None
    assert found.of("MMMM", 2011, (None, None)) == 80
    assert found.of("LLML", 2011, (18, 66)) is None


def test_without_a_projection_nobody_becomes_more_and_after_it_they_stay() -> None:
    factors, last = population.Population().growth(ON, 48, "MMMM", (18, 66))
    assert (set(factors), last) == ({1.0}, None)
    short = population.read({("population_MMMM_18_66", 2011): 100.0, ("population_MMMM_18_66", 2012): 110.0})
    factors, last = short.growth(ON, 48, "MMMM", (18, 66))
    assert last == 2012
    assert factors[11] == factors[47] == pytest.approx(1.1)


def test_the_alternatives_take_the_ends_of_the_belief() -> None:
    estimate = ESTIMATES["omsorg_puh"]
    low, main, high = (reckoning.at(estimate, each) for each in (LOW, MAIN, HIGH))
    assert low.intake.mean < main.intake.mean < high.intake.mean
    assert low.allocated.mean > main.allocated.mean > high.allocated.mean
    assert low.turnover > main.turnover > high.turnover
    assert main == estimate


# ---------------------------------------------------------------------------------------------------------- components


def published(a_month: int, housed: int, refugees: int = 0) -> Published:
    """So many come each month of four years, of whom so many are housed, in every category but hc_bolig."""
    queue = []
    for category in CATEGORIES[:-1]:
        for month in range(48):
            day = date(2007 + month // 12, month % 12 + 1, 5)
            queue += [
                QueueEntry(
                    category, day, day + timedelta(15) if n < housed else None, "tildelt" if n < housed else None
                )
                for n in range(a_month)
            ]
    dwellings = [Dwelling(category, date(2000, 1, 1), None) for category in CATEGORIES for _ in range(10)]
    settled = [Settlement(date(2010, 5, 1), True, "flyktning")] * refugees
    return Published("0220", ON, 1, "", queue, dwellings, settlements=settled)


def reckoned(basis: Basis) -> dict[tuple[str, str, int, str], dict[str, Component]]:
    found: dict[tuple[str, str, int, str], dict[str, Component]] = {}
    for row in reckoning.Reckoning(basis, ON).components():
        assert row.component not in found.setdefault(row.cell, {})
        found[row.cell][row.component] = row
    return found


counts = st.integers(0, 12)


@st.composite
def bases(draw: st.DrawFn) -> Basis:
    categories = draw(st.lists(st.sampled_from(list(CATEGORIES)), max_size=12))
    return Basis(
        published(draw(st.integers(1, 2)), draw(st.integers(0, 2)), draw(st.integers(0, 3))),
        Records(
            waiting=[waits(f"w{n}", category) for n, category in enumerate(categories)],
            staying=[Staying(f"s{n}", LONG_AGO, None) for n in range(draw(counts))],
            applied=[applied(f"a{n}", category=category) for n, category in enumerate(categories)]
            + [applied(f"d{n}", "innvilget" if n % 3 else "avslag") for n in range(24)],
            registered=draw(st.one_of(st.none(), st.lists(
                st.builds(noted, st.none(), need_group=st.sampled_from(["utviklingshemming", "bostedslos", "trygd"]),
                          dwelling_type=st.sampled_from(["ordinar", "tilpasset"])), max_size=8))),
            vacant=[Vacant(category, f"B{n}") for n, category in enumerate(categories * draw(st.integers(0, 3)))],
            tenants={"hc_bolig": 2},
            coefficients=[Coefficient("bevegelse", 0.01, None, 0.02, 1.0, "en kilde", LONG_AGO)],
        ),
        GROUPS,
        population.read({("population", year): 1000.0 + 10 * (year - 2010) for year in range(2010, 2024)}),
        [reckoning.Measure("omsorg_puh", draw(counts), date(2012, 6, 1)),
         reckoning.Measure("hc_bolig", draw(counts), date(2013, 6, 1))],
        draw(st.one_of(st.none(), st.just(20.0))),
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=4, phases=[Phase.generate])
@given(bases())
def test_the_components_add_up_and_nothing_is_below_nothing(basis: Basis) -> None:
    for cell, row in reckoned(basis).items():
        if cell[0] == groups.FAMILIES:
            continue
        value = {name: each.value for name, each in row.items()}
        total = sum(sign * (value[name] or 0.0) for name, sign in SUM.items())
        assert value[UNCOVERED] == pytest.approx(total, abs=1e-9), cell
        assert value[WITHOUT] == pytest.approx((value[UNCOVERED] or 0.0) + (value["vedtatte_tiltak"] or 0.0)), cell
        assert min(value[name] or 0.0 for name in (UNCOVERED, WITHOUT, "overskudd")) >= 0, cell
        assert all(each.note for each in row.values() if each.value is None), cell


def moved(row: dict[str, str]) -> list[dict[str, str]]:
    return [*groups._rows(), {"municipality_no": "0220", **row}]


@pytest.mark.slow
@settings(max_examples=2, phases=[Phase.generate])
@given(bases())
def test_another_grouping_moves_needs_and_never_changes_their_sum(basis: Basis) -> None:
    own = moved({
        "housing_category": "trygdebolig", "need_group": "eldre_service", "need_dwelling_type": "tilpasset",
        "age_from": "62", "age_to": "", "reason": "Trygdeboligene er tilpasset",
    })  # fmt: skip
    before, after = reckoned(basis), reckoned(replace(basis, groups=by_category("0220", own)))
    assert ("trygd", "ordinar", 0, "hoved") in before
    assert ("trygd", "ordinar", 0, "hoved") not in after

    def total(of: dict[tuple[str, str, int, str], dict[str, Component]], horizon: int, component: str) -> float:
        return sum(
            row[component].value or 0.0
            for (group, _, years, alternative), row in of.items()
            if (years, alternative) == (horizon, "hoved") and group != groups.FAMILIES
        )

    for horizon in reckoning.HORIZONS:
        for component in (UNCOVERED, *SUM):
            assert total(before, horizon, component) == pytest.approx(total(after, horizon, component)), component


def test_a_row_of_a_municipalitys_own_has_a_reason_and_is_no_other_municipalitys() -> None:
    own = {
        "housing_category": "trygdebolig", "need_group": "eldre_service", "need_dwelling_type": "tilpasset",
        "age_from": "", "age_to": "", "reason": "",
    }  # fmt: skip
    with pytest.raises(groups.GroupsUnfit, match="0220, trygdebolig"):
        by_category("0220", moved(own))
    assert by_category("0219", moved(own)) == by_category("0219")


def test_the_seed_has_the_registers_groups_and_every_category() -> None:
    column = contracts.tables()["need_register"].column("gruppe")
    assert {each.name for each in GROUPS.values()} == set(column.codes)
    assert set(GROUPS) == {*CATEGORIES, "flyktning", "temporary_stay"}
    assert {groups.home_of(code) for code in column.codes} == set(GROUPS)


def one(basis: Basis, group: str, horizon: int = 0, alternative: str = "hoved") -> dict[str, Component]:
    (cell,) = [
        row for (name, _, years, which), row in reckoned(basis).items()
        if (name, years, which) == (group, horizon, alternative)
    ]  # fmt: skip
    return cell


def basis_of(records: Records, measures: Sequence[reckoning.Measure] = (), **other: object) -> Basis:
    return Basis(published(2, 1), records, GROUPS, population.Population(), measures, **other)  # type: ignore[arg-type]


def test_what_is_vacant_beyond_the_need_is_told_and_houses_nobody_else() -> None:
    basis = basis_of(
        Records(waiting=[waits("a", "trygdebolig")], vacant=[Vacant("trygdebolig", f"B{n}") for n in "123"])
    )
    row = one(basis, "trygd")
    assert (row[UNCOVERED].value, row["overskudd"].value) == (0, 2)


def test_an_estimate_needs_a_source_a_population_and_no_register_and_is_never_in_the_low() -> None:
    found = [Coefficient("bevegelse", 0.01, None, 0.02, 0.5, "Godkjent av rådmannen", LONG_AGO)]
    basis = replace(
        basis_of(Records(coefficients=found, tenants={"hc_bolig": 3})),
        population=population.read({("population", 2010): 1000.0}),
    )
    values = {each.name: one(basis, "bevegelse", alternative=each.name)["skjult_anslag"] for each in (LOW, MAIN, HIGH)}
    assert {name: each.value for name, each in values.items()} == {"lav": 0, "hoved": 2, "hoy": 7}
    assert values["hoved"].is_estimate
    assert "rådmannen" in values["hoved"].note
    registered = replace(basis, records=replace(basis.records, registered=[noted(None, need_group="bevegelse")]))
    assert one(registered, "bevegelse")["skjult_anslag"].value == 0
    assert one(basis_of(Records(coefficients=found)), "bevegelse")["skjult_anslag"].value is None
    assert one(basis_of(Records()), "bevegelse")["skjult_anslag"].value == 0


def test_rows_that_nobody_confirmed_count_in_the_high_alternative_only() -> None:
    basis = basis_of(Records(registered=[noted(None), noted(None, confirmed_on=date(2008, 1, 1))]))
    assert [one(basis, "utviklingshemming", alternative=each)["skjult_register"].value for each in ("lav", "hoy")] == [
        1,
        2,
    ]


def test_a_register_that_was_never_delivered_is_not_one_without_anybody() -> None:
    missing, empty = one(basis_of(Records()), "bevegelse"), one(basis_of(Records(registered=[])), "bevegelse")
    assert missing["skjult_register"].value is None
    assert "ikke levert" in missing["skjult_register"].note
    assert empty["skjult_register"].value is None
    assert "står ikke" in empty["skjult_register"].note


def test_adopted_measures_come_off_within_the_horizon_and_no_further_than_nothing() -> None:
    two = Records(waiting=[waits("a", "hc_bolig"), waits("b", "hc_bolig")])
    measure = reckoning.Measure("hc_bolig", 1, date(2015, 6, 1))
    basis = basis_of(two, [measure])
    assert [one(basis, "bevegelse", years)[UNCOVERED].value for years in (4, 12)] == [2, 1]
    assert one(basis, "bevegelse", 12)[NEW].value == 1
    many = one(basis_of(two, [replace(measure, dwellings=9)]), "bevegelse", 12)
    assert (many[UNCOVERED].value, many["vedtatte_tiltak"].value, many["vedtatte_tiltak"].numerator) == (0, 2, 9)
    assert many[OWN_PACE].value is None  # nothing was due before


def test_what_it_takes_leaves_no_more_than_a_years_wait_allows() -> None:
    row = one(basis_of(Records(waiting=[waits(f"p{n}") for n in range(30)])), "utviklingshemming", 4)
    goal = row[NEW].numerator
    assert goal == pytest.approx(6.04, abs=0.01)  # a month's intake times twelve over four
    assert 0 < (row[NEW].value or 0) < (row[reckoning.NEW_FOR_NONE].value or 0)


def test_refugees_follow_what_was_agreed() -> None:
    agreed = replace(basis_of(Records()), published=published(2, 1, refugees=3), settled_a_year=20.0)
    row = one(agreed, "flyktning", 4)
    assert (row["ny_tilgang"].value, row[UNCOVERED].value) == (80, 80)
    unknown = one(basis_of(Records()), "flyktning", 4)
    assert unknown["ny_tilgang"].value is None
    assert "ikke levert" in unknown["ny_tilgang"].note


def test_families_are_a_part_of_the_others() -> None:
    child = Waiting("a", "okonomisk_sosialt", LONG_AGO, None, True)
    basis = basis_of(Records(waiting=[child, waits("b")]))
    assert one(basis, groups.FAMILIES)[UNCOVERED].value == 1
