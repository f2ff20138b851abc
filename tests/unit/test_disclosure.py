"""Claims about disclosure control: whoever knows every shown cell and every definition learns no small count."""

import csv
import random
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project import disclosure
from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import catalogue
from tests.attacker import AMOUNTS, KNOWN, RATIOS, Attacker, Cell, Found, UnknownMetric, fewest, small_cells
from tests.oracle.figures import compute
from tests.oracle.municipality import random_municipality

SCHEMA = {
    "metric_id": pl.String, "period_type": pl.String, "period_start": pl.Date, "dimension": pl.String,
    "dimension_value": pl.String, "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64,
}  # fmt: skip
YEAR, TOTAL = ("year", date(2010, 1, 1)), ("total", "total")


def frame(*rows: Any) -> pl.DataFrame:
    """Figures of rows: metric_id, (period_type, period_start), (dimension, value), and the value or a ratio's parts."""
    full = []
    for metric_id, period, cell, *shown in rows:
        numerator, denominator = shown if len(shown) == 2 else (None, None)
        figure = shown[0] if len(shown) == 1 else numerator / denominator if denominator else None
        full.append((metric_id, *period, *cell, figure, numerator, denominator))
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def tabell_7() -> pl.DataFrame:
    """Tabell 7 of the report of 2011 with the row that its print leaves out, as its totals give it."""
    waiting, allocated, rows = {}, {}, []
    with (PROJECT_DIR / "dbt" / "seeds" / "published_figures.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["place_in_report"] == "Tabell 7" and line["unit"] == "antall":
                at = ("year", date(int(line["year"]), 1, 1)), (line["dimension"], line["dimension_value"])
                (waiting if line["figure"] == "queue_waiting" else allocated)[at] = float(line["value"])
    for at in waiting:
        rows += [("queue_waiting", *at, waiting[at]), ("queue_allocated", *at, allocated[at])]
        rows.append(("queue_allocation_rate", *at, allocated[at], waiting[at]))
    return frame(*rows)


def hide_only(is_small: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What a hurried hand does: hide the small cells and nothing else."""
    return lambda figures: figures.with_columns(is_suppressed=is_small)


def assert_nothing_small_is_learnt(truth: pl.DataFrame, published: pl.DataFrame, threshold: int = 5) -> None:
    assert_none_is_learnt(Attacker(published), small_cells(truth, threshold), threshold)


def assert_none_is_learnt(attacker: Attacker, cells: Iterable[Cell], threshold: int = 5) -> None:
    def is_hidden(found: Found) -> bool:
        return found.lowest <= 1 and found.highest >= fewest(found.cell, threshold) - 1

    for cell in cells:
        found = attacker.find(cell, is_hidden)
        assert is_hidden(found), found


def test_the_attacker_knows_every_metric_and_fails_on_another() -> None:
    for metric_id in sorted(catalogue.metrics().keys() - KNOWN):
        raise UnknownMetric(metric_id)
    assert catalogue.metrics().keys() >= RATIOS.keys()
    new = frame(("queue_new", YEAR, TOTAL, 3)).with_columns(is_suppressed=pl.lit(False))
    with pytest.raises(UnknownMetric, match="does not know queue_new"):
        Attacker(new)
    with pytest.raises(UnknownMetric, match="does not know queue_new"):
        list(small_cells(new))


# -- random tables


QUARTERS = [("quarter", date(2010, month, 1)) for month in (1, 4, 7, 10)]
CATEGORIES = ("okonomisk_sosialt", "servicebolig", "hc_bolig")


Stays = list[tuple[tuple[str, int, int, str], int]]
Loans = list[tuple[int, str, str, bool, bool, int]]


@st.composite
def stays_of_a_year(draw: st.DrawFn) -> Stays:
    """Each household's category, and the quarters of coming (-1: before) and going (4: not), so many times."""
    stays = st.tuples(
        st.sampled_from(CATEGORIES), st.integers(-1, 3), st.integers(0, 4), st.sampled_from(["tildelt", "dod"])
    )
    repeated = st.tuples(stays, st.integers(1, draw(st.sampled_from([1, 9]))))
    return [(who, times) for who, times in draw(st.lists(repeated, max_size=25)) if who[1] <= who[2]]


def queue(stays: Stays) -> pl.DataFrame:
    """The figures of the queue for the quarters of 2010 and the year."""
    rows = []
    for number, period in enumerate([*QUARTERS, YEAR]):
        first, last = (number, number) if number < 4 else (0, 3)
        for dimension, value in [TOTAL, *(("housing_category", category) for category in CATEGORIES)]:
            own = [(came, left, n) for (category, came, left, _), n in stays if value in {category, "total"}]
            inflow = sum(n for came, _, n in own if first <= came <= last)
            outflow = sum(n for _, left, n in own if first <= left <= last)
            waiting = sum(n for came, left, n in own if came <= last < left)
            at = period, (dimension, value)
            rows += [("queue_inflow", *at, inflow), ("queue_outflow", *at, outflow)]
            rows += [("queue_net_change", *at, inflow - outflow), ("queue_waiting", *at, waiting)]
        for reason in ("tildelt", "dod"):
            gone = sum(n for (_, _, left, why), n in stays if first <= left <= last and why == reason)
            rows.append(("queue_outflow", period, ("exit_reason", reason), gone))
    return frame(*rows)


@st.composite
def loans_of_a_year(draw: st.DrawFn) -> Loans:
    """Quarter, purpose, recipient group, refinancing or not, to a tenant or not, amount."""
    loan = st.tuples(
        st.integers(0, 3), st.sampled_from(["kjop", "utbedring", "refinansiering"]),
        st.sampled_from(["forstegangsetablering", "flyktning", "funksjonshemmet"]), st.booleans(), st.booleans(),
        st.integers(100_000, 3_000_000),
    )  # fmt: skip
    repeated = st.tuples(loan, st.integers(1, draw(st.sampled_from([1, 9]))))
    return [one for one, times in draw(st.lists(repeated, max_size=25)) for _ in range(times)]


def lending(loans: Loans) -> pl.DataFrame:
    """The figures of loans for the quarters of 2010 and the year."""
    rows: list[Any] = []
    cells = [TOTAL, *(("purpose", p) for p in ("kjop", "utbedring", "refinansiering"))]
    cells += [("recipient_group", group) for group in ("forstegangsetablering", "flyktning", "funksjonshemmet")]
    for number, period in enumerate([*QUARTERS, YEAR]):
        within = [loan for loan in loans if number == 4 or loan[0] == number]
        for dimension, value in cells:
            own = [loan for loan in within if value in {"total", *loan[1:3]}]
            rows.append(("startlan_loans", period, (dimension, value), len(own)))
            rows.append(("startlan_amount", period, (dimension, value), sum(loan[5] for loan in own)))
            if dimension != "purpose":
                rows.append(("startlan_refinancing", period, (dimension, value), sum(loan[3] for loan in own)))
        first_time = sum(loan[2] == "forstegangsetablering" for loan in within)
        rows.append(("startlan_first_time_share", period, TOTAL, first_time, len(within)))
        buyers = sum(loan[4] and loan[1] == "kjop" for loan in within)
        rows.append(("startlan_tenant_buyers", period, TOTAL, buyers))
    return frame(*rows)


tables = st.one_of(stays_of_a_year().map(queue), loans_of_a_year().map(lending))


@st.composite
def begun_tables(draw: st.DrawFn) -> pl.DataFrame:
    """Figures of registers that were begun in a quarter of the year: before it there are none."""
    begun = draw(st.integers(1, 3))
    if draw(st.booleans()):
        stays = [
            ((who, max(came, begun), max(left, begun), why), n) for (who, came, left, why), n in draw(stays_of_a_year())
        ]
        figures = queue(stays)
    else:
        figures = lending([(max(quarter, begun), *rest) for quarter, *rest in draw(loans_of_a_year())])
    return figures.filter((pl.col("period_type") == "year") | (pl.col("period_start") >= QUARTERS[begun][1]))


@pytest.mark.slow
@settings(max_examples=30)
@given(tables)
def test_no_small_count_of_a_random_table_can_be_worked_out(truth: pl.DataFrame) -> None:
    assert_nothing_small_is_learnt(truth, disclosure.protect(truth))


@settings(max_examples=15)
@given(begun_tables())
def test_who_knows_when_a_series_began_works_out_no_small_count(truth: pl.DataFrame) -> None:
    assert_none_is_learnt(Attacker(disclosure.protect(truth), knows_begin=True), small_cells(truth))


def test_the_first_period_of_a_series_is_not_given_away_by_there_being_nothing_before_it() -> None:
    # begun in the third quarter: whoever sees the year and the last quarter has the third
    third, last = QUARTERS[2:]
    loans = frame(*(("startlan_loans", at, TOTAL, n) for at, n in ((third, 4), (last, 20), (YEAR, 24))))
    found = Attacker(disclosure.protect(loans), knows_begin=True).find(("startlan_loans", *third, *TOTAL))
    assert found.lowest <= 1 and found.highest >= 4
    # who waits at its end came in it and has not left
    counts = {"queue_inflow": 20, "queue_outflow": 3, "queue_waiting": 17}
    begun = frame(*((metric_id, third, TOTAL, n) for metric_id, n in counts.items()))
    found = Attacker(disclosure.protect(begun), knows_begin=True).find(("queue_outflow", *third, *TOTAL))
    assert found.lowest <= 1 and found.highest >= 4
    # nobody was allocated a dwelling in the twelve months but in its two quarters
    months = (("queue_clearance_months", last, TOTAL, 30, 24),)
    allocated = frame(*(("queue_allocated", at, TOTAL, n) for at, n in ((third, 4), (last, 20))), *months)
    found = Attacker(disclosure.protect(allocated), knows_begin=True).find(("queue_allocated", *third, *TOTAL))
    assert found.lowest <= 1 and found.highest >= 4


@pytest.mark.slow
@settings(max_examples=12)
@given(tables)
def test_nothing_that_is_hidden_can_be_worked_out_exactly(truth: pl.DataFrame) -> None:
    def is_unsure(found: Found) -> bool:
        return found.highest - found.lowest >= 1

    published = disclosure.protect(truth)
    attacker = Attacker(published)
    for row in published.filter("is_suppressed", ~pl.col("metric_id").is_in(list(RATIOS))).iter_rows(named=True):
        cell = (row["metric_id"], row["period_type"], row["period_start"], row["dimension"], row["dimension_value"])
        found = attacker.find(cell, is_unsure)
        assert is_unsure(found), found


@settings(max_examples=12)
@given(loans_of_a_year().map(lending))
def test_the_amount_of_a_few_loans_is_known_to_no_tenth(truth: pl.DataFrame) -> None:
    published = disclosure.protect(truth)
    attacker = Attacker(published)
    counts = {row[1:5]: row[5] for row in truth.filter(metric_id="startlan_loans").iter_rows()}
    for row in truth.filter(metric_id="startlan_amount").iter_rows():
        if 0 < counts[row[1:5]] < 5:
            found = attacker.find(row[:5])
            assert found.lowest <= row[5] / 2 and found.highest >= row[5] * 1.099, found


@settings(max_examples=12)
@given(tables)
def test_what_is_shown_is_true_and_in_its_place_and_no_small_count_is_among_it(truth: pl.DataFrame) -> None:
    published = disclosure.protect(truth)
    assert published.select(truth.columns[:5]).equals(truth.select(truth.columns[:5]))
    shown = ~published["is_suppressed"]
    assert published.drop("is_suppressed").filter(shown).equals(truth.filter(shown))
    assert (
        published.filter(~shown).select(pl.col("value", "numerator", "denominator").is_null().all()).row(0)
        == (True,) * 3
    )
    is_count = ~pl.col("metric_id").is_in(["queue_net_change", *RATIOS, *AMOUNTS])
    assert not published.filter(is_count, pl.col("value").is_between(1, 4)).height


@settings(max_examples=12)
@given(tables)
def test_where_no_count_is_small_nothing_is_hidden(truth: pl.DataFrame) -> None:
    # five times as many of everybody
    numbers = ("value", "numerator", "denominator")
    is_share = pl.col("numerator").is_not_null()
    large = truth.with_columns(
        pl.when(is_share & (pl.lit(name) == "value")).then(pl.col(name)).otherwise(pl.col(name) * 5).alias(name)
        for name in numbers
    )
    assert not disclosure.protect(large)["is_suppressed"].any()


@pytest.mark.slow
@settings(max_examples=12)
@given(tables, st.randoms(use_true_random=False))
def test_the_same_figures_in_any_order_give_the_same_edition(truth: pl.DataFrame, chance: random.Random) -> None:
    order = chance.sample(range(truth.height), truth.height)
    published = disclosure.protect(truth)
    assert disclosure.protect(truth).equals(published)
    assert disclosure.protect(truth[order]).equals(published[order])


@settings(max_examples=12)
@given(tables)
def test_a_higher_threshold_hides_every_count_that_a_lower_one_finds_too_small(truth: pl.DataFrame) -> None:
    low, high = disclosure.protect(truth, threshold=3), disclosure.protect(truth, threshold=6)
    is_small = (pl.col("value").is_between(1, 2)) & ~pl.col("metric_id").is_in(["queue_net_change", *RATIOS])
    assert low.filter(truth.select(is_small).to_series())["is_suppressed"].all()
    assert high.filter(truth.select(is_small).to_series())["is_suppressed"].all()
    assert_nothing_small_is_learnt(truth, low, threshold=3)
    assert_nothing_small_is_learnt(truth, high, threshold=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_no_small_count_of_a_random_municipality_can_be_worked_out(seed: int) -> None:
    chance, as_of = random.Random(seed), date(2010, 12, 31)
    found = compute(random_municipality(chance, as_of=as_of, size=25), as_of, "0220")
    rows = [
        (*key, *shown)
        for key, shown in found.items()
        if (key[1] == "quarter" and key[2] >= date(2009, 7, 1)) or (key[1] == "year" and key[2] >= date(2009, 1, 1))
    ]
    truth = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    published = disclosure.protect(truth)
    attacker = Attacker(published)
    small = list(small_cells(truth))
    assert_none_is_learnt(attacker, chance.sample(small, min(100, len(small))))


def test_what_tells_of_health_is_told_of_ten_at_least() -> None:
    counted = [7, 9, 10, 25]
    kept = [("queue_inflow", QUARTERS[n], TOTAL, value) for n, value in enumerate(counted)]
    health = [("followup_started", QUARTERS[n], TOTAL, value) for n, value in enumerate(counted)]
    published = disclosure.protect(frame(*kept, *health))
    hidden = dict(published.group_by("metric_id").agg(pl.col("is_suppressed").sum()).iter_rows())
    assert hidden["queue_inflow"] == 0
    assert published.filter(pl.col("is_suppressed"))["metric_id"].unique().to_list() == ["followup_started"]
    assert_nothing_small_is_learnt(frame(*kept, *health), published)


def petition_rates(petitions: int, with_followup: int) -> pl.DataFrame:
    """Petitions of a year, and their rate over 400 tenancies, of which 60 with follow-up."""
    rows = [
        ("eviction_petitions", YEAR, TOTAL, petitions),
        ("eviction_petition_rate", YEAR, TOTAL, petitions, 380.5),
        ("eviction_petition_rate", YEAR, ("with_followup", "med"), with_followup, 51.5),
        ("eviction_petition_rate", YEAR, ("with_followup", "uten"), petitions - with_followup, 329.0),
    ]
    return frame(*rows).with_columns(units=pl.Series([None, 400.0, 60.0, 370.0]))


def test_petitions_are_no_secret_of_health_but_who_of_them_was_followed_up_is() -> None:
    # all petitions are told of elsewhere, and the rate of all tells no more than that
    for petitions, with_followup in ((30, 7), (7, 3), (7, 7), (5, 0)):
        truth = petition_rates(petitions, with_followup)
        published = disclosure.protect(truth)
        assert published["is_suppressed"].to_list() == [False, False, True, True], (petitions, with_followup)
        assert_nothing_small_is_learnt(truth, published)
        # each of both may be all of them, or none
        for cell in ("med", "uten"):
            found = Attacker(published).find(("eviction_petitions", *YEAR, "with_followup", cell))
            assert (found.lowest, found.highest) == (0, petitions)
    assert disclosure.protect(petition_rates(4, 2))["is_suppressed"].all()
    assert not disclosure.protect(petition_rates(40, 15))["is_suppressed"].any()


def test_what_is_the_same_is_hidden_with_it() -> None:
    # whoever knows those without follow-up from an earlier edition takes them from all petitions, wherever they stand
    truth = petition_rates(petitions=30, with_followup=7)
    published = disclosure.protect(truth, known=truth[3:])
    assert published["is_suppressed"].to_list()[:3] == [True, True, True]


# -- Tabell 7


def test_tabell_7_gives_its_missing_row_away_where_only_small_counts_are_hidden() -> None:
    truth = tabell_7()
    parts = [truth["value"], truth["numerator"], truth["denominator"]]
    assert sum(part.is_between(1, 4).sum() for part in parts[:1]) > 0
    hurried = hide_only((pl.col("dimension_value") == "hc_bolig") | pl.col("value").is_between(1, 4, closed="both"))(
        truth
    )
    found = Attacker(hurried).find(("queue_waiting", *YEAR, "housing_category", "hc_bolig"))
    assert (found.lowest, found.highest) == (1, 1)


def test_tabell_7_in_the_public_edition_gives_away_neither_its_missing_row_nor_any_other() -> None:
    truth = tabell_7()
    published = disclosure.protect(truth)
    assert_nothing_small_is_learnt(truth, published)
    hidden = published.filter(pl.col("is_suppressed"))
    assert hidden.filter(
        (pl.col("dimension_value") == "hc_bolig") & (pl.col("period_start") == date(2010, 1, 1))
    ).height
    shown = published.filter(~pl.col("is_suppressed") & (pl.col("dimension") == "total"))
    assert shown.height >= 6, "totals are the last to go"


# -- what the catalogue says


PERIOD = QUARTERS[0]


def hidden_cells(published: pl.DataFrame) -> set[tuple[str, str]]:
    """Metric and dimension value of what is hidden."""
    return set(published.filter("is_suppressed").select("metric_id", "dimension_value").iter_rows())


def test_an_amount_goes_with_the_count_of_those_who_received_it() -> None:
    counts, amounts = {"etablering": 2, "tilpasning": 7}, {"etablering": 90_000, "tilpasning": 400_000}
    rows = [("grants", PERIOD, TOTAL, 9), ("grants_amount", PERIOD, TOTAL, 490_000)]
    for kind in counts:
        rows += [("grants", PERIOD, ("grant_type", kind), counts[kind])]
        rows += [("grants_amount", PERIOD, ("grant_type", kind), amounts[kind])]
    hidden = hidden_cells(disclosure.protect(frame(*rows)))
    assert {("grants", "etablering"), ("grants_amount", "etablering")} <= hidden
    assert len(hidden & {("grants", "tilpasning"), ("grants", "total")}) == 1
    assert len(hidden & {("grants_amount", "tilpasning"), ("grants_amount", "total")}) >= 1


def test_a_median_goes_with_the_count_that_it_is_built_on() -> None:
    rows = []
    for value, count in {"servicebolig": 3, "hc_bolig": 20, "omsorg_puh": 30}.items():
        rows += [("queue_waiting", PERIOD, ("housing_category", value), count)]
        rows += [("queue_age_days_median", PERIOD, ("housing_category", value), 400)]
    rows += [("queue_waiting", PERIOD, TOTAL, 53), ("queue_age_days_median", PERIOD, TOTAL, 410)]
    hidden = hidden_cells(disclosure.protect(frame(*rows)))
    assert {value for metric_id, value in hidden if metric_id == "queue_waiting"} == {
        value for metric_id, value in hidden if metric_id == "queue_age_days_median"
    }
    assert ("queue_age_days_median", "servicebolig") in hidden


@pytest.mark.parametrize(("units", "is_hidden"), [(None, True), (4, True), (5, False)])
def test_a_figure_is_shown_where_it_is_known_to_be_built_on_enough(units: float | None, is_hidden: bool) -> None:
    figures = frame(("relet_days_median", PERIOD, TOTAL, 51))
    if units is not None:
        figures = figures.with_columns(units=pl.lit(units, pl.Float64))
    assert disclosure.protect(figures)["is_suppressed"].to_list() == [is_hidden]


def test_a_share_of_all_but_a_few_is_hidden() -> None:
    # 40 of 42 stand in arrears: the two that do not are as few as two that do
    (is_hidden,) = disclosure.protect(frame(("arrears_tenant_share", PERIOD, TOTAL, 40, 42)))["is_suppressed"]
    assert is_hidden
    (is_hidden,) = disclosure.protect(frame(("arrears_tenant_share", PERIOD, TOTAL, 42, 42)))["is_suppressed"]
    assert not is_hidden


def test_two_breakdowns_of_one_whole_come_to_the_same_also_where_the_whole_is_not_shown() -> None:
    figures = frame(
        ("decisions_made", PERIOD, ("outcome", "innvilget"), 17), ("decisions_made", PERIOD, ("outcome", "avslag"), 13),
        ("decisions_made", PERIOD, ("housing_category", "hc_bolig"), 3),
        ("decisions_made", PERIOD, ("housing_category", "servicebolig"), 27),
    )  # fmt: skip
    hidden = hidden_cells(disclosure.protect(figures))
    assert ("decisions_made", "hc_bolig") in hidden
    assert len(hidden) == 2


def test_the_stock_the_plans_and_the_statistics_are_nobodys_affairs() -> None:
    figures = frame(
        ("stock_dwellings", PERIOD, TOTAL, 3), ("stock_per_1000_inhabitants", PERIOD, TOTAL, 3, 55_000),
        ("measures", YEAR, TOTAL, 2), ("challenges_open", YEAR, TOTAL, 1),
    )  # fmt: skip
    assert not disclosure.protect(figures)["is_suppressed"].any()


def test_vacant_days_by_responsible_do_not_give_back_those_by_phase() -> None:
    days = {
        "rehabilitering": (400, 9),
        "klargjoring": (60, 2),
        "tildeling": (300, 12),
        "innflytting": (200, 11),
        "ukjent": (0, 0),
    }
    offices = {"eiendom": (460, 10), "tildeling": (300, 12), "felles": (200, 11), "ukjent": (0, 0)}
    rows = [("vacant_days", PERIOD, TOTAL, 960)]
    rows += [("vacant_days", PERIOD, ("phase", phase), number) for phase, (number, _) in days.items()]
    rows += [("vacant_days", PERIOD, ("responsible", office), number) for office, (number, _) in offices.items()]
    units = [20.0, *(float(units) for _, units in (*days.values(), *offices.values()))]
    figures = frame(*rows).with_columns(units=pl.Series(units))
    published = disclosure.protect(figures)
    found = Attacker(published).find(("vacant_days", *PERIOD, "phase", "klargjoring"))
    assert found.lowest <= 30 and found.highest >= 66


# -- what was published before


def test_what_an_earlier_edition_showed_counts_as_known() -> None:
    rows = [("queue_waiting", PERIOD, TOTAL, 60)]
    counts = {"servicebolig": 3, "hc_bolig": 7, "omsorg_puh": 20, "omsorg_eldre": 30}
    rows += [("queue_waiting", PERIOD, ("housing_category", value), count) for value, count in counts.items()]
    figures = frame(*rows)
    first = disclosure.protect(figures)
    partner = first.filter("is_suppressed", pl.col("dimension_value") != "servicebolig")["dimension_value"].to_list()
    assert partner == ["hc_bolig"], "the smallest figure that will do"
    known = figures.filter(pl.col("dimension_value").is_in(["total", *partner]))
    second = disclosure.protect(figures, known=known)
    told = pl.col("dimension_value").is_in(["total", *partner])
    learnt = figures.with_columns(is_suppressed=second["is_suppressed"] & ~figures.select(told).to_series())
    assert_nothing_small_is_learnt(figures, learnt)


@pytest.mark.slow
@settings(max_examples=12)
@given(tables)
def test_two_editions_after_each_other_give_away_no_more_than_one(truth: pl.DataFrame) -> None:
    is_early = (pl.col("period_type") == "quarter") & (pl.col("period_start") < date(2010, 10, 1))
    early = truth.filter(is_early)
    first = disclosure.protect(early)
    second = disclosure.protect(truth, known=early.filter(~first["is_suppressed"]))
    key = truth.columns[:5]
    seen = first.filter(~pl.col("is_suppressed")).select(key)
    both = second.join(seen.with_columns(was_seen=True), on=key, how="left", maintain_order="left")
    was_seen = both["was_seen"].is_not_null()
    before = Attacker(truth.with_columns(is_suppressed=~was_seen))
    after = Attacker(truth.with_columns(is_suppressed=both["is_suppressed"] & ~was_seen))
    for cell in small_cells(truth):
        # the first may bound what it does not hold: a year's exits are those of two quarters in which somebody left
        already, found = before.find(cell), after.find(cell)
        assert found.lowest <= max(1, already.lowest) and found.highest >= min(fewest(cell) - 1, already.highest), (
            already,
            found,
        )


def test_what_an_earlier_edition_gave_away_is_hidden_all_the_same() -> None:
    figures = frame(("evictions_carried_out", PERIOD, TOTAL, 2))
    assert disclosure.protect(figures, known=figures)["is_suppressed"].all()


# -- figures that cannot be protected


def test_figures_that_cannot_be_read_are_refused_in_plain_words() -> None:
    figures = frame(("evictions_carried_out", PERIOD, TOTAL, 2))
    with pytest.raises(disclosure.FiguresUnfit, match="lack the column value"):
        disclosure.protect(figures.drop("value"))
    with pytest.raises(disclosure.FiguresUnfit, match=r"stands twice.*one as-of date"):
        disclosure.protect(pl.concat([figures, figures]))
    with pytest.raises(disclosure.FiguresUnfit, match="catalogue has no happiness"):
        disclosure.protect(figures.with_columns(metric_id=pl.lit("happiness")))
