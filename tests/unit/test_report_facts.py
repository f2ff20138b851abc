"""What a report says: figures and periods in Norwegian, status, the choice of changes, sentences, pictures."""

import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dagster_project.report import charts, document, facts, headline, making, sentences, workbook
from dagster_project.report.facts import TOTAL, Facts, Figure
from dagster_project.reported import kept
from dagster_project.vocabulary import catalogue, labels, norwegian, periods

QUARTER = periods.parse("2010-Q4")
NB, THIN = norwegian.NO_BREAK, norwegian.THIN_SPACE

Key = tuple[str, str, str]
Series = dict[str | Key, list[float | Figure | None]]


def made(
    series: Series, targets: dict[str, tuple[float, float]] | None = None, period: periods.Period = QUARTER, **more: Any
) -> Facts:
    """Facts of series that end with the period, oldest first; a name alone is a total."""
    figures = {}
    for key, values in series.items():
        whole = (key, TOTAL, TOTAL) if isinstance(key, str) else key
        for back, value in enumerate(reversed(values)):
            figure = value if isinstance(value, Figure) else Figure(value)
            figures[(*whole, period.earlier(back).start)] = figure
    rows: dict[str, list[dict[str, Any]]] = {
        "municipality": [{"number": "0220", "name": "Asker"}],
        "definition": [
            {**entry.model_dump(), "definition_version": "v1"}
            for entry in catalogue.metrics().values()
        ],
        "label": [
            {**row, "sort_order": int(row["sort_order"])} for row in labels.rows()
        ],
        "target": [
            {
                "metric_id": metric_id, "dimension": TOTAL, "dimension_value": TOTAL, "valid_from": "2009-01-01",
                "green": green, "red": red, "target_owner": "Boligkoordinator", "target_source": "Planen",
            }
            for metric_id, (green, red) in (targets or {}).items()
        ],
        **{name: [] for name in ("measure", "challenge", "revision", "warning", "quarantine")},
    }  # fmt: skip
    content = rows | more.pop("content", {})
    edition = more.pop("edition", "intern")
    closing = more.pop("closing", None)
    as_of = more.pop("as_of", period.end)
    assert not more
    return Facts("0220", period, edition, as_of, date(2011, 1, 1), period.end <= as_of, closing, content, figures)


def closing(by: str = "Kari Nordmann") -> kept.Closing:
    return kept.Closing(
        "0220", QUARTER, 1, by, datetime(2011, 1, 20, 9, 30), QUARTER.end, date(2011, 1, 1), None  # noqa: DTZ001
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ Norwegian and periods


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (2308785.2, "kr", 0, f"2{THIN}308{THIN}785"),
        (0.229, "andel", 2, f"23{NB}%"),
        (0.0386, "andel", 3, f"3,9{NB}%"),
        (-7, "husstander", 0, f"{norwegian.MINUS}7"),
        (0.157, "andel per år", 2, "16\u00a0%"),
        (None, "dager", 0, "–"),
    ],
)
def test_a_figure_is_written_as_norwegians_write_it(value: float, unit: str, decimals: int, text: str) -> None:
    assert norwegian.figure(value, unit, decimals) == text


def test_small_numbers_of_things_are_words_and_agree_with_what_is_counted() -> None:
    counted = [norwegian.count(n, "tiltak", "tiltak", is_neuter=True) for n in (0, 1, 2, 13)]
    assert counted == ["ingen tiltak", "ett tiltak", "to tiltak", "13 tiltak"]
    assert norwegian.count(1, "rad", "rader") == "én rad"


@given(st.integers(2001, 2199), st.sampled_from(["", *(f"-Q{n}" for n in range(1, 5)), *(f"-T{n}" for n in (1, 2, 3))]))
def test_periods_follow_each_other_without_a_gap_and_are_named_as_they_are_read(year: int, part: str) -> None:
    period = periods.parse(f"{year}{part}")
    assert period.name == f"{year}{part}"
    assert (period.start - period.earlier(1).end).days == 1
    assert period.earlier(12).earlier(-12) == period
    assert str(year) in norwegian.period(period)


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e9)), max_size=8))
def test_percentages_of_one_whole_add_up_to_100_and_each_is_its_share_to_the_next_whole(parts: list[float]) -> None:
    shares = norwegian.percentages(parts)
    if not sum(parts):
        assert shares == [0] * len(parts)
        return
    assert sum(shares) == 100
    for part, share in zip(parts, shares, strict=True):
        assert abs(share - part / sum(parts) * 100) < 1 + 1e-9
    assert [share for _, share in sorted(zip(parts, shares, strict=True))] == sorted(shares)


@pytest.mark.parametrize(
    ("values", "unit", "written"),
    [
        ([642_576], "kr", f"643{THIN}000 kr"),
        ([2_308_785.2, 650_000], "kr", "2,31 mill. kr"),
        ([8_742_000], "kr", "8,74 mill. kr"),
        ([999_600], "kr", "1,00 mill. kr"),
        ([-12_345], "kr", f"{norwegian.MINUS}12{THIN}300 kr"),
        ([9_876.4], "kr", f"9{THIN}876 kr"),
        ([731], "dager", "2,0 år"),
        ([730], "dager", "730 dager"),
        ([240, 1_204], "dager", "0,7 år"),
        ([4_160], "døgn", f"4{THIN}160 døgn"),
        ([0.229], "andel", f"23{NB}% %"),
    ],
)
def test_in_a_sentence_money_has_three_figures_and_a_wait_over_two_years_is_told_in_years(
    values: list[float], unit: str, written: str
) -> None:
    scale = norwegian.scale_of(values, unit, 2 if unit == "andel" else 0, is_sentence=True)
    assert f"{scale.text(values[0])} {scale.unit}" == written.replace("mill. kr", norwegian.MILLIONS)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=4), st.sampled_from(["kr", "dager"]), st.booleans())
def test_what_is_not_alike_does_not_read_alike_beside_each_other(values: list[int], unit: str, is_said: bool) -> None:
    scale = norwegian.scale_of(values, unit, 0, is_sentence=is_said)
    assert len({scale.text(value) for value in values}) == len(set(values))
    if unit == "kr" and not is_said:
        assert scale == norwegian.scale(unit, 0)


# ---------------------------------------------------------------------------------------------- status and the changes


@pytest.mark.parametrize(
    ("metric_id", "value", "status"),
    [
        ("queue_waiting", 140, "green"),
        ("queue_waiting", 141, "yellow"),
        ("queue_waiting", 175, "red"),
        ("startlan_loans", 20, "green"),
        ("startlan_loans", 14, "red"),
        ("startlan_loans", None, "none"),
    ],
)
def test_status_is_judged_by_the_side_that_is_good(metric_id: str, value: float | None, status: str) -> None:
    shown = made({metric_id: [value]}, {"queue_waiting": (140, 175), "startlan_loans": (20, 14)})
    (line,) = shown.lines()
    assert line.status == status


def test_the_weightiest_change_is_large_beside_its_target_and_unlike_the_usual() -> None:
    steady = [100.0, 102, 100, 102, 100, 102]
    shown = made(
        {
            # 10 of 35 between the limits, five times the usual 2
            "queue_waiting": [*steady, 112],
            # as large beside its target, but no more than usual
            "queue_allocated": [20, 30, 20, 30, 20, 30, 20],
            # unlike the usual, but hardly anything beside its target
            "processing_days_median": [30, 30, 30, 30, 30, 31],
            "holdover_tenancies": [10, 10, 10, 10, 10, 10],
        },
        {
            "queue_waiting": (140, 175), "queue_allocated": (60, 25), "processing_days_median": (30, 330),
            "holdover_tenancies": (10, 30),
        },
    )  # fmt: skip
    found = [(change.line.metric.metric_id, round(change.weight, 3)) for change in shown.changes()]
    assert found == [("queue_waiting", 1.429), ("processing_days_median", 0.01)]


def test_a_change_as_large_as_usual_is_none_and_is_said_to_be_so() -> None:
    shown = made({"queue_allocated": [20, 30, 20, 30, 20, 30, 20]}, {"queue_allocated": (10, 5)})
    assert not shown.findings()
    assert "er endret mer enn vanlig siden" in sentences.changes_intro(shown, shown.changes())
    still = made({"queue_allocated": [20, 20]}, {"queue_allocated": (10, 5)})
    assert "er endret siden" in sentences.changes_intro(still, still.changes())


def test_a_long_queue_of_whom_nobody_was_housed_comes_first_and_what_is_missed_fills_up() -> None:
    def housed(code: str, number: float | Figure) -> Series:
        return {("queue_allocated", "housing_category", code): [number]}

    codes = [code for code in labels.of("housing_category") if code != "flyktning"][:3]
    waiting: Series = {
        ("queue_waiting", "housing_category", code): [n] for code, n in zip(codes, (57, 12, 9), strict=True)
    }
    long: Series = {("queue_waiting_over_one_year", "housing_category", codes[0]): [19]}
    none = housed(codes[0], 0) | housed(codes[1], 0) | housed(codes[2], 0)
    steady: Series = {"vacancy_rate": [0.05, 0.05], "arrears": [9e6, 9e6], "queue_waiting": [200, 200]}
    targets = {"vacancy_rate": (0.03, 0.04), "arrears": (1e6, 2e6), "queue_waiting": (140, 175)}
    shown = made(waiting | long | none | steady, targets)
    said = [sentences.finding(shown, found) for found in shown.findings()]
    names = labels.of("housing_category")
    assert [each.name for each in said] == [f"{names[codes[0]]}:", f"{names[codes[1]]}:", "Restanser"]
    assert said[0].text == f"57{NB}husstander venter, og ingen fikk bolig i 4.{NB}kvartal{NB}2010."
    assert said[0].more == "19 av dem har ventet over ett år."
    assert said[2].more.startswith("Målet er høyst 1,00")
    # one that got a dwelling, or may not be known, is no standstill
    for other in (1, Figure(is_suppressed=True)):
        assert [found.category for found in made(waiting | none | housed(codes[0], other)).standstills()] == [codes[1]]


def test_what_was_closed_before_there_were_comments_tells_of_none() -> None:
    missed: Series = {"vacancy_rate": [0.05]}
    said = made(missed, {"vacancy_rate": (0.03, 0.04)})
    assert (said.explained(), sentences.explanations(said), sentences.resolutions(said)) == ([], "", "")
    none = made(missed, {"vacancy_rate": (0.03, 0.04)}, content={"comment": [], "resolution": []})
    assert sentences.explanations(none) == "Av ett tall som ikke har nådd målet, er ingen forklart."
    assert sentences.resolutions(none) == "Ingen vedtak er levert."


def test_the_screen_says_whose_and_when_how_it_stands_and_what_matters_most() -> None:
    shown = made(
        {"queue_waiting": [200, 150], "vacancy_rate": [0.03, 0.05], "startlan_loans": [20, 20]},
        {"queue_waiting": (140, 175), "vacancy_rate": (0.03, 0.04), "startlan_loans": (20, 14)},
    )
    on_card = {line.metric.metric_id: line.status for line in shown.lines()}
    said = headline.headlines(shown, on_card | {"measures_behind_share": "red", "grants": "none"})
    assert [line.sentence for line in said[:2]] == [
        f"Asker kommune, 4.{NB}kvartal{NB}2010, tall per 31.12.2010",
        f"1{NB}nådd, 1{NB}følg med, 2{NB}ikke nådd; én bedre, én dårligere enn sist.",
    ]
    assert [(line.part, line.metric_id) for line in said[2:4]] == [
        ("finding", "vacancy_rate"), ("finding", "queue_waiting")
    ]  # fmt: skip
    # and the other pages, what the report says of their figures
    assert [(line.part, line.sentence) for line in said[4:]] == [
        (part, sentence) for part, say in headline.PAGES.items() for sentence in say(shown)
    ]
    assert {line.part for line in said[4:]} == {"queue", "allocations", "vacancy", "startlan"}
    assert any(line.part == "queue" and "150 husstander" in line.sentence.replace(NB, " ") for line in said)
    (heading, nothing, *_) = headline.headlines(made({"queue_waiting": [5]}), {})
    assert (heading.part, nothing.part) == ("heading", "finding")
    assert "ingen tidligere" in nothing.sentence


def test_what_the_shown_decimals_do_not_show_is_no_change() -> None:
    assert not made({"vacancy_rate": [0.0432, 0.04321]}, {"vacancy_rate": (0.02, 0.04)}).changes()


def test_a_period_that_is_not_over_is_neither_judged_nor_compared() -> None:
    shown = made({"startlan_loans": [30, 2]}, {"startlan_loans": (20, 14)}, as_of=date(2010, 11, 1))
    assert [line.status for line in shown.lines()] == ["none"]
    assert not shown.changes()
    assert "er ikke over" in sentences.changes_intro(shown, [])


@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), max_size=13))
def test_the_usual_change_lies_between_the_smallest_and_the_largest(values: list[int | None]) -> None:
    steps = [abs(b - a) for a, b in pairwise(values) if a is not None and b is not None]
    usual = facts.usual_change(values)
    if len(steps) < facts.FEWEST_CHANGES:
        assert usual is None
    else:
        assert usual is not None
        assert min(steps) <= usual <= max(steps)


# ------------------------------------------------------------------------------------------------------------ sentences


def test_a_change_is_told_with_its_target_its_status_and_what_is_usual() -> None:
    nights = [300.0, 300, 400, 300, 400, 394, 262]
    shown = made({"temporary_stay_nights": nights}, {"temporary_stay_nights": (175, 300)})
    said = sentences.change(shown.changes()[0])
    assert said.name == "Døgn i midlertidig bolig"
    assert said.text == f"gikk ned fra 394 til 262{NB}døgn."
    assert said.more == (
        "Det er bedre; målet er høyst 175, og status går fra «ikke nådd» til «følg med»."
        f" Endringen er 2,2{NB}ganger så stor som vanlig."
    )


def test_the_queue_is_told_in_two_sentences() -> None:
    shown = made(
        {
            "queue_waiting": [174, 179, 178, 165, 165], "queue_inflow": [37], "queue_outflow": [37],
            "queue_allocated": [25], "queue_waiting_over_one_year": [86],
        }
    )  # fmt: skip
    period = f"4.{NB}kvartal{NB}2010"
    assert sentences.queue(shown) == [
        f"Ved utgangen av {period} sto 165{NB}husstander i kø for kommunal bolig, like mange som ved utgangen av"
        f" 3.{NB}kvartal{NB}2010 og 9 færre enn ett år før.",
        f"I {period} kom 37{NB}nye til og 37 gikk ut; 25{NB}søkere fikk bolig, og 86 har ventet over ett år.",
    ]


def test_one_of_a_kind_is_singular() -> None:
    metric = made({}).metrics["evictions_carried_out"]
    assert sentences.with_unit(metric, Figure(1)) == f"1{NB}sak"
    assert sentences.with_unit(metric, Figure(2)) == f"2{NB}saker"


def test_every_unit_is_known_to_have_a_singular_or_none() -> None:
    same = {"andel", "andel per år", "ganger per år", "vedtak", "leieforhold", "år", "døgn", "kr", "tilsagn", "lån",
            "tilskudd", "kr per m² i måneden", "boliger per 1000 innbyggere", "per 100 leieår", "opphold",
            "tiltak"}  # fmt: skip
    units = {entry.unit for entry in catalogue.metrics().values()}
    assert units == same | sentences.SINGULAR.keys()


def test_shares_that_are_told_add_up_to_100_with_what_is_hidden_and_none_is_told_as_nothing() -> None:
    phases = {"eiendom": 484, "tildeling": 313, "felles": 179, "ukjent": 24}
    keys = {("vacant_days", "responsible", code): [days] for code, days in phases.items()}
    told = sentences.vacancy(made({"vacant_days": [1000], **keys}))[1]
    assert sorted(map(int, re.findall(rf"\((\d+){NB}%\)", told))) == [3, 18, 31, 48]
    hidden = made({"vacant_days": [1000], **keys, ("vacant_days", "responsible", "felles"): [SUPPRESSED]})
    assert sum(map(int, re.findall(rf"\((\d+){NB}%\)", sentences.vacancy(hidden)[1]))) == 82
    rare = {("vacant_days", "responsible", "eiendom"): [999], ("vacant_days", "responsible", "ukjent"): [1]}
    assert f"ukjent ansvar{NB}(under 1{NB}%)" in sentences.vacancy(made({"vacant_days": [1000], **rare}))[1]


def test_an_amount_is_told_in_three_figures_and_its_target_as_it_was_set() -> None:
    series: Series = {"vacancy_loss": [600_123, 642_576]}
    (change,) = made(series, {"vacancy_loss": (512_345, 700_000)}).changes()
    said = sentences.change(change)
    assert said.text == f"gikk opp fra 600{THIN}000 til 643{THIN}000{NB}kr."
    assert f"målet er høyst 512{THIN}345{NB}kr." in said.more
    (change,) = made({"vacancy_loss": [1_990_123, 2_642_576]}, {"vacancy_loss": (1_500_000, 3e6)}).changes()
    said = sentences.change(change)
    assert said.text == f"gikk opp fra 1,99 til 2,64{NB}{norwegian.MILLIONS}."
    assert "målet er høyst 1,50." in said.more


def test_a_line_of_waits_over_two_years_is_in_years_whatever_stands_in_it() -> None:
    shown = made({"queue_wait_days_median": [650, 1204]}, {"queue_wait_days_median": (240, 400)})
    (row,) = document._data(shown)["scorecard"][0]["lines"]
    assert (row["unit"], row["figures"]) == ("år", ["3,3", f"≤{NB}0,7 / 1,1", "1,8"])
    assert sentences.change(shown.changes()[0]).text == f"gikk opp fra 1,8 til 3,3{NB}år."


def test_a_figure_of_nobody_says_so() -> None:
    shown = made({"queue_wait_days_median_allocated": [300, None]}, {"queue_wait_days_median_allocated": (240, 400)})
    (row,) = document._data(shown)["scorecard"][0]["lines"]
    assert row["figures"][0] == "ingen fikk bolig"
    # hidden is not nobody
    key = "queue_wait_days_median_allocated"
    (row,) = document._data(made({key: [SUPPRESSED]}, {key: (240, 400)}))["scorecard"][0]["lines"]
    assert row["figures"][0] == ":"


def test_every_figure_that_can_be_of_nothing_has_words_for_that() -> None:
    of_nothing = {
        metric_id
        for metric_id, entry in catalogue.metrics().items()
        if not entry.is_of_health
        and (
            entry.compute.ratio
            or entry.compute.model
            or any(catalogue.entries()[part].compute.model for part in entry.compute.difference or ())
            or catalogue.aggregates().get(metric_id, "").startswith(("percentile", "avg", "max"))
        )
    }
    # of health too few may be behind it; which may be undelivered for a year says that as well
    assert of_nothing | {"respite_nights"} == sentences.NOTHING.keys()


def test_a_figure_of_health_says_that_too_few_are_behind_it() -> None:
    shown = made({"tenancy_sustained_12m": [0.8, None]}, {"tenancy_sustained_12m": (0.9, 0.7)})
    (row,) = document._data(shown)["scorecard"][0]["lines"]
    assert row["figures"][0] == "færre enn fem ligger bak"


SUPPRESSED = Figure(is_suppressed=True)


def test_no_sentence_chart_status_or_change_tells_of_a_suppressed_figure() -> None:
    series: Series = {
        "queue_waiting": [9, SUPPRESSED, 9, 9, SUPPRESSED],
        "queue_waiting_over_one_year": [SUPPRESSED, 4, 4, SUPPRESSED, SUPPRESSED],
        "startlan_loans": [8, SUPPRESSED],
        "startlan_amount": [8e6, 7e6],
        ("startlan_amount", "purpose", "kjop"): [5e6, SUPPRESSED],
        ("startlan_amount", "purpose", "utbedring"): [3e6, SUPPRESSED],
    }
    shown = made(series, {"queue_waiting": (5, 8), "startlan_loans": (9, 7)}, edition="offentlig", closing=closing())
    assert {line.status for line in shown.lines()} == {"none"}
    assert not shown.changes()
    assert sentences.queue(shown) == [sentences.TOO_SMALL]
    assert sentences.startlan(shown) == [sentences.TOO_SMALL]
    purposes = charts.startlan(shown)
    assert purposes
    assert "skjermet 7,0" in purposes.alt
    assert [entry["label"] for entry in purposes.legend] == ["Kjøp", "Utbedring", charts.REST]
    queue, trend = charts.queue(shown), charts.trend(shown, shown.lines()[0])
    assert queue
    assert trend
    assert "2010 K4: :" in queue.alt
    assert trend.alt == "Husstander i kø fra 2009 K4: 9, :, 9, 9, :"
    assert b"Kari" not in workbook.xlsx(shown)


# ----------------------------------------------------------------------------------------------------- what is not ripe


@pytest.mark.parametrize("edition", ["intern", "offentlig"])
def test_a_figure_that_is_not_ripe_is_marked_wherever_it_is_shown_and_judged_nowhere(edition: str) -> None:
    series: Series = {
        "renewal_rate": [0.5, 0.4, 0.6, Figure(0.0, 0, 24, is_ripe=False)],
        "contracts_expiring": [20, 22, 21, 24],
    }
    target = {"renewal_rate": (0.5, 0.9), "contracts_expiring": (1.0, 2.0)}
    shown = made(series, target, edition=edition, closing=closing())
    data = document._data(shown)
    row = next(line for group in data["scorecard"] for line in group["lines"] if line["name"].startswith("Andel kontr"))
    assert (row["status"], row["word"], row["figures"][0]) == ("none", "Foreløpig", f"0{NB}%*")
    assert "stroke-dasharray" in row["trend"]["svg"]
    assert row["trend"]["alt"].endswith(f"60{NB}%, 0{NB}% (foreløpig)")
    assert any(note.startswith("«*»") and "tre måneder etter perioden" in note for note in data["notes"])
    assert "Ett tall er foreløpig, og vurderes senere." in data["summary"]
    assert "renewal_rate" not in {change.line.metric.metric_id for change in shown.changes()}
    assert sentences.allocations(shown) == [
        f"Av 24{NB}kontrakter som løp ut, er ingen fornyet så langt, og tallet er foreløpig."
    ]
    later = made({"renewal_rate": [0.0, 0.4, 0.6, Figure(0.5)]}, target, edition=edition, closing=closing())
    assert [line.status for line in later.lines() if line.metric.metric_id == "renewal_rate"] == ["green"]
    assert "foreløpig" not in str(document._data(later))


def test_a_column_of_what_is_not_ripe_is_lighter_and_says_so() -> None:
    whole = made({"queue_waiting": [5, 6, 7], "queue_waiting_over_one_year": [1, 2, 3]})
    unripe = made({"queue_waiting": [5, 6, Figure(7, is_ripe=False)], "queue_waiting_over_one_year": [1, 2, 3]})
    drawn, lighter = charts.queue(whole), charts.queue(unripe)
    assert drawn
    assert lighter
    assert (drawn.is_preliminary, lighter.is_preliminary) == (False, True)
    assert f'opacity="{charts.LIGHTER}"' in lighter.svg
    assert f'opacity="{charts.LIGHTER}"' not in drawn.svg
    assert "2010 K4: 7 (foreløpig) (ventet over ett år 3, ventet ett år eller mindre 4)" in lighter.alt


def test_the_workbook_marks_what_is_not_ripe_and_says_why_a_figure_is_missing() -> None:
    shown = made(
        {"renewal_rate": [0.4, Figure(0.125, 3.0, 24.0, is_ripe=False)], "queue_wait_days_median_allocated": [None]},
        {"renewal_rate": (0.3, 0.5)}, closing=closing(),
    )  # fmt: skip
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.xlsx(shown)))
    table = book.get_sheet_by_name("Styringstall").to_python(skip_empty_area=False)
    head = next(row for row in table if "Merknad" in row)
    rows = {row[head.index("Kode")]: dict(zip(head, row, strict=True)) for row in table[table.index(head) + 1 :]}
    renewals = rows["renewal_rate"]
    # a number still, and the mark in its format
    assert (renewals["2010 K4"], renewals["Merknad"], renewals["2010 K3"]) == (0.125, "foreløpig", 0.4)
    assert rows["queue_wait_days_median_allocated"]["Merknad"] == "ingen fikk bolig"
    metric = shown.metrics["renewal_rate"]
    assert (
        workbook.number_format(metric, Figure(0.1, is_ripe=False))
        == f'{workbook.number_format(metric, Figure(0.1))}"*"'
    )
    notes = [row[1] for row in book.get_sheet_by_name("Merknader").to_python()]
    assert any(str(note).startswith("«*» betyr at tallet er foreløpig") for note in notes)


# ------------------------------------------------------------- what is compared exists, and is shown in this edition

# totals that sentences, charts or the scorecard tell of; the last two have a breakdown that is charted
TOLD = (
    "queue_waiting", "queue_waiting_over_one_year", "queue_inflow", "queue_outflow", "queue_allocated",
    "allocations_new", "allocations_renewal", "renewal_share", "contracts_expiring", "renewal_rate",
    "holdover_tenancies", "vacancy_rate", "vacancy_loss", "startlan_loans", "startlan_preapprovals_open",
    "vacant_days", "startlan_amount",
)  # fmt: skip
TARGETS = {
    "queue_waiting": (5.0, 9.0), "renewal_rate": (0.9, 0.1), "vacancy_loss": (1e5, 1e6), "startlan_loans": (9.0, 1.0),
}  # fmt: skip
# public of earlier periods is what was public before: figures of some periods, and hidden ones of none
a_figure = st.one_of(
    st.none(),
    st.just(Figure(None)),
    st.just(Figure(is_suppressed=True)),
    st.builds(Figure, st.sampled_from([0.0, 1, 2, 7, 7.4, 731, 642_576]), is_ripe=st.sampled_from([True, True, False])),
)


@st.composite
def a_report(draw: st.DrawFn) -> Facts:
    """Facts of any edition: of each period and figure something, nothing, or what may not be shown."""
    period = periods.parse(draw(st.sampled_from(["2010-Q4", "2010-T1", "2010"])))
    edition = draw(st.sampled_from(["intern", "offentlig"]))
    backs = draw(
        st.sets(st.sampled_from([1, 2, period_count := {"quarter": 4, "tertial": 3, "year": 1}[period.type], 8]))
    )
    assert period_count
    found: dict[tuple[str, str, str, date], Figure] = {}
    for metric_id in TOLD:
        for back in (0, *backs):
            figure = draw(a_figure)
            if figure is not None and not (back and figure.is_suppressed):
                found[metric_id, TOTAL, TOTAL, period.earlier(back).start] = figure
    reported = [
        {"period_type": period.type, "period_start": period.earlier(back).start.isoformat()}
        for back in draw(st.sets(st.sampled_from([1, 4])))
    ]
    as_of = draw(st.sampled_from([period.end, period.end - timedelta(days=20)])) if edition == "intern" else period.end
    shown = made(
        {}, TARGETS, period, edition=edition, as_of=as_of, content={"closing": reported},
        closing=closing() if edition == "offentlig" else None,
    )  # fmt: skip
    return replace(shown, figures=found)


def every_sentence(shown: Facts) -> list[str]:
    """All that the pages say in words of figures."""
    changes = [sentences.finding(shown, found) for found in shown.findings()]
    return [
        sentences.changes_intro(shown, shown.changes()),
        *(f"{change.name} {change.text} {change.more}" for change in changes),
        sentences.summary(shown),
        *sentences.notes(shown),
        *(told for tell in (sentences.queue, sentences.allocations, sentences.vacancy, sentences.startlan)
          for told in tell(shown)),
        sentences.revisions(shown),
    ]  # fmt: skip


NAMED = re.compile(rf"(?:([1-4])\.{NB}(kvartal|tertial){NB})?(20\d\d)(?: ([KT])([1-4]))?")
DENIED = re.compile("er ikke offentliggjort|finnes ingen tall for|er endret siden de ble offentliggjort")


def periods_named(text: str) -> set[periods.Period]:
    """Quarters, tertials and years that a text names; days left out."""
    text = re.sub(rf"\d+\.{NB}\w+ 20\d\d", "", text)
    found = set()
    for number, kind, year, letter, place in NAMED.findall(text):
        part = f"-{'Q' if (kind or letter) in ('kvartal', 'K') else 'T'}{number or place}" if number or place else ""
        found.add(periods.parse(f"{year}{part}"))
    return found


@given(a_report())
def test_a_sentence_names_another_period_only_where_the_edition_shows_figures_of_it(shown: Facts) -> None:
    """Or to say that it shows none."""
    said = every_sentence(shown)
    for sentence in said:
        for period in periods_named(sentence) - {shown.period}:
            assert (period.start in shown.shown_periods) != bool(DENIED.search(sentence)), sentence
        if "ett år før" in sentence:
            assert shown.year_before("queue_waiting").is_known, sentence
    assert (
        not shown.is_complete
        or shown.shows(1)
        or not re.search(r"gikk (opp|ned) fra|er endret siden \d", " ".join(said[:2]))
    )


@given(a_report())
def test_nothing_is_said_to_be_unchanged_but_what_was_compared_and_is(shown: Facts) -> None:
    intro = sentences.changes_intro(shown, shown.changes())
    compared = [(line, line.now, line.before) for line in shown.lines() if line.now.is_known and line.before.is_known]
    ripe = [(line, now.value, before.value) for line, now, before in compared if now.is_ripe and before.is_ripe]
    if "er endret siden" in intro and "de ble offentliggjort" not in intro:
        assert ripe
        assert all(line.metric.text(Figure(now)) == line.metric.text(Figure(before)) for line, now, before in ripe)
        assert ("som kan sammenlignes" in intro) == (len(ripe) < len(shown.lines()))
    if not shown.is_complete:
        assert not shown.changes()


@given(a_report())
def test_what_is_not_ripe_is_said_to_be_preliminary_and_gets_no_colour(shown: Facts) -> None:
    unripe = {key[0] for key, figure in shown.figures.items() if key[3] == shown.period.start and figure.is_preliminary}
    for line in shown.lines():
        assert line.status == "none" or line.now.is_ripe
    assert not {change.line.metric.metric_id for change in shown.changes()} & unripe
    if unripe and shown.is_complete:
        # one figure at a time, so that each is the reason for its own words
        for metric_id in unripe & set(SAID_ALONE):
            key = (metric_id, TOTAL, TOTAL, shown.period.start)
            told = " ".join(SAID_ALONE[metric_id](replace(shown, figures={key: shown.figures[key]})))
            assert "foreløpig" in told or "ingen tall for" in told, told


SAID_ALONE = {
    "queue_waiting": sentences.queue, "queue_allocated": sentences.queue, "holdover_tenancies": sentences.allocations,
    "renewal_share": sentences.allocations, "vacant_days": sentences.vacancy, "startlan_loans": sentences.startlan,
    "vacancy_loss": sentences.vacancy, "startlan_preapprovals_open": sentences.startlan,
    "contracts_expiring": sentences.allocations,
}  # fmt: skip


@pytest.mark.parametrize("metric_id", SAID_ALONE)
def test_none_that_is_not_ripe_is_said_to_be_preliminary(metric_id: str) -> None:
    told = " ".join(SAID_ALONE[metric_id](made({metric_id: [Figure(0.0, is_ripe=False)]})))
    assert "foreløpig" in told or "ingen tall for" in told, told


def test_that_nobody_was_housed_is_said_to_be_preliminary_where_it_is() -> None:
    waiting, allocated = (("queue_waiting", "housing_category", "puh"), ("queue_allocated", "housing_category", "puh"))
    (found,) = made({waiting: [Figure(57.0)], allocated: [Figure(0.0, is_ripe=False)]}).findings()
    said = sentences.finding(made({}), found).text
    assert "ingen fikk bolig i 4." in said and "(foreløpig)" in said, said


@settings(max_examples=25)
@given(a_report())
def test_columns_charts_and_trends_are_of_periods_that_the_edition_shows(shown: Facts) -> None:
    data = document._data(shown)
    pictures = [section["chart"] for section in data["sections"] if section["chart"]]
    trends = [line["trend"] for group in data["scorecard"] for line in group["lines"] if line["trend"]]
    for text in (*data["columns"], *data["notes"], *(picture["alt"] for picture in pictures + trends)):
        assert {period.start for period in periods_named(text)} <= shown.shown_periods | {shown.period.start}, text
    for picture in trends:
        assert len(re.findall(r"[\d,]+", picture["alt"].partition(": ")[2])) >= 2
    if shown.is_public and not shown.shows_earlier:
        assert (pictures, trends, data["has_trends"]) == ([], [], False)
        assert data["columns"] in ([norwegian.short_period(shown.period), "Mål / rød grense"],)
    is_colour = {line["word"] for group in data["scorecard"] for line in group["lines"] if line["status"] != "none"}
    assert is_colour <= {"Nådd", "Følg med", "Ikke nådd"}


def test_every_group_has_its_queue_and_the_municipality_stands_first_among_those_it_is_compared_with() -> None:
    category = "housing_category"
    shown = made(
        {
            ("queue_waiting", category, "servicebolig"): [8],
            ("queue_waiting", category, "omsorg_puh"): [57],
            ("queue_allocated", category, "omsorg_puh"): [0],
            ("queue_waiting", category, "hc_bolig"): [Figure(None, is_suppressed=True)],
            ("queue_waiting", category, "trygdebolig"): [0],
        },
        content={
            "comparison": [
                {"region_code": code, "region_name": name, "indicator": "kommunale_boliger", "year": 2010,
                 "value": 1, "per_1000_inhabitants": per_1000}
                for code, name, per_1000 in (
                    ("0", "Norge", 20.5), ("02", "Akershus", 13.7), ("0219", "Bærum", 16.5), ("0220", "Asker", 15.5),
                    ("EKG13", "KOSTRA-gruppe 13", 18.6),
                )
            ]
        },
    )  # fmt: skip
    queues, comparison = document._data(shown)["tables"]
    assert [(row[0], row[1], row[4]) for row in queues["rows"]] == [
        ("Omsorgsbolig, utviklingshemmede", "57", "0"),
        ("Servicebolig", "8", "–"),
        ("HC-bolig", ":", "–"),
    ]
    assert [row[:2] for row in comparison["rows"]] == [
        ("Asker", "15,5"), ("Bærum", "16,5"), ("Akershus", "13,7"), ("KOSTRA-gruppe 13", "18,6"), ("Norge", "20,5"),
    ]  # fmt: skip
    # closed before it was kept, and of nobody but the municipality itself: nothing is compared
    for rows in ([], [{**shown.content["comparison"][3]}]):
        assert document._data(made({}, content={"comparison": rows}))["tables"] == []


def test_the_public_edition_names_nobody_and_counts_no_small_faults() -> None:
    faults = [{"file": "allocation/application", "rule": "person", "rows": 2}]
    public = made({}, edition="offentlig", closing=closing(), content={"quarantine": faults})
    internal = made({}, closing=closing(), content={"quarantine": faults})
    assert "Kari" in sentences.standing(internal)
    assert "Kari" not in sentences.standing(public)
    assert sentences.quality(public) == [
        "Noen få rader fra Tildeling (søknader) er holdt utenfor: ugyldig personnummer."
    ]
    assert sentences.quality(internal) == ["To rader fra Tildeling (søknader) er holdt utenfor: ugyldig personnummer."]


# ------------------------------------------------------------------------------------------------- pictures and files


def test_a_gap_in_a_trend_is_a_gap_in_its_line() -> None:
    shown = made({"queue_waiting": [1, 2, None, 4, 5, 6]}, {"queue_waiting": (5, 8)})
    trend = charts.trend(shown, shown.lines()[0])
    assert trend
    assert trend.svg.count("<polyline") == 2


@pytest.mark.parametrize("values", [[5, 5, 5], [0.0, None, 1e9], [0, 0, 3], [-4.0, 4.0]])
def test_a_chart_and_a_trend_can_be_drawn_of_any_figures(values: list[float | None]) -> None:
    shown = made({"queue_waiting": values, "queue_waiting_over_one_year": values}, {"queue_waiting": (5, 8)})
    for chart in (charts.queue(shown), charts.trend(shown, shown.lines()[0])):
        assert chart
        assert chart.svg.startswith("<svg")
        assert "NaN" not in chart.svg


@pytest.mark.parametrize("values", [[], [None], [7], [SUPPRESSED, 7], [None, 7], [0, 0, 0]])
def test_of_fewer_than_two_periods_or_of_nothing_no_chart_is_drawn(values: list[float | Figure | None]) -> None:
    shown = made({"queue_waiting": values, "queue_waiting_over_one_year": values}, {"queue_waiting": (5, 8)})
    assert charts.queue(shown) is None
    if len(values) < 3:
        assert [charts.trend(shown, line) for line in shown.lines()] in ([None], [])
    assert document.pdf(shown).startswith(b"%PDF-1.7")


def test_each_meaning_that_the_report_draws_has_a_colour_of_its_own() -> None:
    named = {*labels.of("responsible").values(), *labels.of("purpose").values()}
    drawn = named | {
        "Ventet over ett år",
        "Ventet ett år eller mindre",
        "Nye tildelinger",
        "Fornyelser",
    }
    known = {label for label in drawn if not label.startswith("Ukjent")} | {"Nådd", "Følg med", "Ikke nådd"}
    assert (drawn | known) <= charts.colours().keys()
    colours = [charts.colour(label).lower() for label in known]
    assert len(set(colours)) == len(colours)
    assert not {charts.colour(label).lower() for label in drawn - known} & set(colours)


def test_every_trend_stands_on_nothing() -> None:
    """So that a figure that hardly moves looks so, beside one that doubles."""
    shown = made(
        {"queue_waiting": [98, 99], "vacancy_rate": [0.02, 0.04]}, {"queue_waiting": (5, 8), "vacancy_rate": (1, 2)}
    )
    rises = []
    for line in shown.lines():
        trend = charts.trend(shown, line)
        assert trend
        (base,) = re.findall(r'y1="([\d.]+)"', trend.svg)
        ((first, last),) = re.findall(r'points="[\d.]+,([\d.]+) [\d.]+,([\d.]+)"', trend.svg)
        rises.append((float(base) - float(last)) / (float(base) - float(first)))
    assert rises == [pytest.approx(99 / 98, abs=0.01), pytest.approx(2)]
    assert "grunnlinjen er null" in sentences.trend_note(shown)


def test_a_report_on_next_to_nothing_is_a_report_all_the_same() -> None:
    shown = made({"queue_waiting": [0]})
    assert document.pdf(shown).startswith(b"%PDF-1.7")
    assert sentences.summary(shown) == "Ingen mål er satt for kvartalet."
    assert document.pdf(shown) == document.pdf(shown)
    assert making.file_name(shown) == "rapport-0220-2010-Q4-intern-utkast"


def test_a_character_that_the_font_lacks_does_not_keep_the_report_away() -> None:
    measure = {
        "title": "Boliger 😀 i Guovdageaidnu", "plan": "P", "operative_unit": "E", "strategic_owner": "R",
        "planned_end_on": "2010-06-01", "measure_status": "forsinket", "is_open": True, "is_behind": True,
        "dwellings_planned": None, "dwellings_delivered": None, "status_on": "2010-12-31",
    }  # fmt: skip
    assert document.pdf(made({}, content={"measure": [measure]})).startswith(b"%PDF-1.7")
