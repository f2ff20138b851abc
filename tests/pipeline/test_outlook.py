"""The outlook of two municipalities: worked out once for each delivery, kept by version, frozen for ever."""

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.rows import dict_row
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from dagster_project import cli, warehouse
from dagster_project.closing import close
from dagster_project.needs.kept import look_ahead
from dagster_project.outlook import facts, kept, running, runs, told
from dagster_project.outlook.levers import Lever
from dagster_project.outlook.runs import OutlookRefused
from dagster_project.outlook.working import Scenario, at_own_pace
from dagster_project.report import making
from dagster_project.reported import kept as reported_kept
from dagster_project.settings import Settings
from dagster_project.vocabulary import periods
from dagster_project.warehouse import border
from tests.deliveries import Row, write_delivery
from tests.pipeline.conftest import Ask, Publish

NUMBER, OTHER = "1506", "1508"
FIRST, SECOND = date(2011, 1, 1), date(2011, 2, 1)
TABLES = ("run", "result", "difference", "finance", "reach", "solution", "card")


def queue(a_month: int, until: date) -> list[Row]:
    """So many come each month since 2006, of whom the first is housed after half a year."""
    return [
        {"inn_dato": date(year, month, 5 + place), **(_housed(year, month, until) if not place else {})}
        for year in range(2006, 2011)
        for month in range(1, 13)
        for place in range(a_month)
    ]


def _housed(year: int, month: int, until: date) -> Row:
    day = date(year + (month > 6), (month + 5) % 12 + 1, 15)
    return {"ut_dato": day, "ut_arsak": "tildelt"} if day < until else {}


SCENARIOS: list[Row] = [
    {"scenario_id": "planen", "navn": "Planen", "status": "vedtatt"},
    {"scenario_id": "utkastet", "navn": "=1+1", "horisont_mnd": 24, "budsjett": 40_000_000},
    {"scenario_id": "umulig", "navn": "Umulig"},
    {"scenario_id": "gammelt", "navn": "Gammelt", "status": "arkivert"},
]
LEVERS: list[Row] = [
    {"scenario_id": "planen", "fra_dato": date(2011, 12, 1)},
    {"scenario_id": "planen", "type": "leie_av_marked", "boligkategori": None, "verdi": 0.8, "modus": "straks"},
    {"scenario_id": "utkastet", "type": "tilgang", "verdi": 0.9},
    {"scenario_id": "umulig", "boligkategori": "hc_bolig"},
]
ASSUMED: list[Row] = [
    {},
    {"kode": "levetid", "verdi": 40},
    {"kode": "kostnad_bolig", "verdi": 2_000_000, "kilde": "Eiendom"},
]


def deliver(landing: Path, number: str, day: date, **more: list[Row]) -> None:
    write_delivery(
        landing,
        number,
        day,
        {
            "dwelling": [{"markedsleie_mnd": 9000, "anskaffet_dato": date(2008, 12, 1)}] * 30,
            "tenancy": [{"bolig_id": f"B{place}", "start_dato": date(2009, 1, 1)} for place in range(1, 21)],
            "waitlist_entry": queue(2 if number == NUMBER else 3, day),
            "target": [{"green": 30, "red": 60}, {"dimension": "housing_category", "dimension_value": "trygdebolig"}],
            "scenario": SCENARIOS,
            "spak": LEVERS,
            "forutsetning": ASSUMED,
            **more,
        },
    )


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    from dagster_project.night import holding

    with holding.opened(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def done(connection: psycopg.Connection[Any], landing: Path, publish: Publish) -> running.Done:
    """Both municipalities, published and worked out."""
    for number in (NUMBER, OTHER):
        deliver(landing, number, FIRST)
    publish(landing)
    return look_ahead(connection)


def test_every_municipality_has_its_own(done: running.Done, ask: Ask) -> None:
    assert [each.municipality_no for each in done.kept] == [NUMBER, OTHER]
    assert not done.failed
    rows = ask(
        "select municipality_no, scenario_id, version from scenario.newest_run where not is_refused order by 1, 2"
    )
    assert rows == [(number, name, 1) for number in (NUMBER, OTHER) for name in ("planen", "som_i_dag", "utkastet")]
    waiting = dict(
        ask(
            "select municipality_no, expected from scenario.queue"
            " where scenario_id = 'som_i_dag' and housing_category = 'trygdebolig' and month = 0"
        )
    )
    facts = dict(
        ask(
            "select municipality_no, count(*)::float8 from marts.fct_queue_entry"
            " where is_in_queue and entered_on <= '2010-12-31' and exited_on is null group by 1"
        )
    )
    assert waiting == facts
    assert waiting[NUMBER] < waiting[OTHER]


def test_what_readers_see_of_a_forecast_has_its_interval_its_date_and_its_author(done: running.Done, ask: Ask) -> None:
    rows = ask(
        "select p10, p90, as_of, made_by, version, difference_p10, difference_p90 from scenario.queue"
        " where municipality_no = %s and scenario_id = 'planen' and housing_category = 'trygdebolig' and month > 0",
        NUMBER,
    )
    assert len(rows) == 36
    assert all(value is not None for row in rows for value in row)
    ((said,),) = ask(
        "select said from scenario.newest_run where municipality_no = %s and scenario_id = 'planen'", NUMBER
    )
    assert "Med «Planen» (versjon 1, Rådmannen, 1. desember 2010) er køen i trygdebolig" in said[0].replace("\xa0", " ")


def test_each_target_is_told_as_it_goes_and_with_the_plan(done: running.Done, ask: Ask) -> None:
    ((said,),) = ask(
        "select said from scenario.newest_run where municipality_no = %s and scenario_id = 'som_i_dag'", NUMBER
    )
    lines = [line.replace("\xa0", " ") for line in said]
    ((as_it_goes, planned),) = ask(
        "select max(p_green) filter (where scenario_id = 'som_i_dag'),"
        " max(p_green) filter (where scenario_id = 'planen')"
        " from scenario.reach inner join scenario.newest_run using (municipality_no, run_id)"
        " where municipality_no = %s and period_end = '2011-12-31' and period_type = 'year'",
        NUMBER,
    )
    assert as_it_goes <= planned < 0.05
    goal = "Målet «høyst 10 i kø til trygdebolig» for 31. desember 2011"
    assert (
        f"{goal} nås med under 1 prosent sannsynlighet slik det går nå, og under 1 prosent med vedtatte tiltak."
        in lines
    )
    assert f"{goal} nås ikke med vedtatte tiltak (sannsynlighet under 5 prosent)." in lines


def test_the_first_three_sentences_are_what_comes_how_sure_that_is_and_what_would_change_it(
    done: running.Done, ask: Ask
) -> None:
    facts = ask(
        "select municipality_no, count(*) from marts.fct_queue_entry"
        " where is_in_queue and entered_on <= '2010-12-31' and exited_on is null group by 1"
    )
    assert [number for number, _ in sorted(facts)] == [NUMBER, OTHER]
    for number, waiting in facts:
        rows = ask(
            "select sentence, made_by, as_of from scenario.told_said"
            " where municipality_no = %s and scenario_id = 'som_i_dag' and sort_order <= 3 order by sort_order",
            number,
        )
        coming, surety, change = (row[0].replace("\xa0", " ") for row in rows)
        assert coming.startswith(
            f"Hva som kommer: Den lengste køen, «Trygdebolig», går fra {waiting} husstander 31. desember 2010 til "
        )
        assert "31. desember 2013" in coming and "80 prosent intervall" in coming
        assert surety.startswith("Hvor sikkert det er: ") and "har for få hendelser" in surety
        assert change.startswith("Hva som endrer det: Målet, høyst 10 husstander 31. desember 2013, nås med under 1 ")
        assert "med planen som vedtatt" in change and "nye boliger, innflyttingsklare 31. desember 2011" in change
        for sentence in (coming, surety, change):
            assert "Datavarehuset, tall per 31. desember 2010" in sentence


def test_what_is_told_has_an_author_and_a_date_in_every_row_and_is_of_the_newest_delivery(
    done: running.Done, ask: Ask
) -> None:
    for name in told.told():
        rows = ask(f"select municipality_no, made_by, as_of from scenario.{name}")
        assert all(by and as_of == date(2010, 12, 31) for _, by, as_of in rows), name
        # nothing has been frozen; each of the others is of both
        assert {number for number, _, _ in rows} == (set() if name == "told_hindsight" else {NUMBER, OTHER}), name
    rows = ask(
        "select told.category_no, told.in_36_no, result.p10, result.p90 from scenario.told_category as told"
        " inner join scenario.newest_run as run on told.municipality_no = run.municipality_no"
        " and run.scenario_id = 'som_i_dag' inner join scenario.result as result"
        " on run.municipality_no = result.municipality_no and run.run_id = result.run_id and result.figure = 'ko'"
        " and result.month = 36 and result.housing_category = 'trygdebolig'"
        " where told.category_no = 'Trygdebolig'"
    )
    assert len(rows) == 2
    assert all(band == f"{math.floor(low + 0.5)}–{math.floor(high + 0.5)}" for _, band, low, high in rows)


def test_the_plan_at_its_own_pace_is_nobodys_decision() -> None:
    plan = Scenario("planen", "Planen", "Rådmannen", FIRST, "vedtatt", levers=(Lever("nye_boliger", 10, FIRST),))
    own = at_own_pace(plan, replace(facts.Own(), delivered_rate=0.5, slip_months=2))
    assert own and (own.status, own.levers[0].value) == ("utkast", 5)


def test_a_total_without_one_of_its_parts_is_not_shown(done: running.Done, ask: Ask) -> None:
    states = dict(ask("select housing_category, state from scenario.estimate where municipality_no = %s", NUMBER))
    assert states["trygdebolig"] == "ok"
    assert {states[name] for name in states if name != "trygdebolig"} == {"for_tynn"}
    assert not ask("select 1 from scenario.queue where housing_category = 'alle' and month > 0")
    assert ask("select 1 from scenario.queue where housing_category = 'alle' and month = 0")
    assert {row[0] for row in ask("select housing_category from scenario.reach")} == {"trygdebolig"}


def test_a_scenario_on_a_refused_category_has_a_sentence_and_no_figure(done: running.Done, ask: Ask) -> None:
    ((is_refused, said),) = ask(
        "select is_refused, said from scenario.newest_run where municipality_no = %s and scenario_id = 'umulig'", OTHER
    )
    assert is_refused
    assert "ingen prognose for HC-bolig: 0 hendelser, minst 12" in said[0]
    assert done.kept[1].refusals.keys() == {"umulig"}
    assert any(line.startswith("- umulig: ") for line in done.lines())


def test_money_comes_from_what_the_municipality_assumes(done: running.Done, ask: Ask) -> None:
    rows = ask(
        "select line, year, amount_nok, payer from scenario.finance inner join scenario.newest_run as run"
        " using (municipality_no, run_id) where run.municipality_no = %s and scenario_id = 'planen' and year = 0",
        NUMBER,
    )
    assert rows == [("investering", 0, -20_000_000, "kommune")]
    assumed = ask(
        "select code, source from scenario.assumption where municipality_no = %s and scenario_id = 'planen' order by 1",
        NUMBER,
    )
    assert ("kostnad_bolig", "Eiendom") in assumed
    assert [code for code, _ in assumed] == ["kommunal_bostotte_andel", "kostnad_bolig", "levetid", "rente"]
    card = ask(
        "select housing_category, dwellings, years_averted from scenario.card where municipality_no = %s", NUMBER
    )
    assert [(category, dwellings) for category, dwellings, _ in card] == [("trygdebolig", 20)]
    assert card[0][2] > 0


def test_the_grid_has_every_lever_and_more_dwellings_never_a_longer_queue(done: running.Done, ask: Ask) -> None:
    levers = {row[0] for row in ask("select lever from scenario.grid where municipality_no = %s", NUMBER)}
    assert levers == {"nye_boliger", "kortere_dodtid", "tilgang", "leie_av_marked"}
    rows = ask(
        "select p90 from scenario.grid where municipality_no = %s and lever = 'nye_boliger' and figure = 'ko'"
        " and month = 36 order by value",
        NUMBER,
    )
    assert len(rows) == 11
    assert rows == sorted(rows, reverse=True)


def test_a_delivery_is_worked_out_once(done: running.Done, connection: psycopg.Connection[Any]) -> None:
    again = running.all_of(connection)
    assert [each.is_new for each in again.kept] == [False, False]
    assert not again.has_trouble


def test_what_fails_in_one_municipality_is_no_others(
    done: running.Done, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    work_out = kept.work_out

    def failing(connection: Any, number: str, *, again: bool) -> Any:
        if number == NUMBER:
            raise ZeroDivisionError("a row's value")
        return work_out(connection, number, again=again)

    monkeypatch.setattr(kept, "work_out", failing)
    before = ask("select count(*) from scenario.result")
    tried = running.all_of(connection)
    assert tried.failed.keys() == {NUMBER}
    assert [each.municipality_no for each in tried.kept] == [OTHER]
    assert "so does what is published" in tried.lines()[-1]
    assert "a row's value" not in "".join(tried.lines())
    assert ask("select count(*) from scenario.result") == before
    assert ask("select count(*) from scorecard.publication") == [(2,)]


def test_nothing_is_worked_out_of_what_is_not_published(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(OutlookRefused, match="Nothing of 0301 is published"):
        running.all_of(connection, ["0301"])


def everything(connection: psycopg.Connection[Any], run_id: int) -> dict[str, list[dict[str, Any]]]:
    """A run and all under it, of the first municipality."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return {
            table: cursor.execute(
                f"select * from scenario.{table} where municipality_no = %s and run_id = %s order by 1, 2, 3, 4, 5",
                [NUMBER, run_id],
            ).fetchall()
            for table in TABLES
        }


@pytest.fixture(scope="module")
def frozen(done: running.Done, connection: psycopg.Connection[Any]) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    run_id = runs.freeze(connection, NUMBER, "planen", "Kari Nordmann", "Sak 12/11")
    return run_id, everything(connection, run_id)


Frozen = tuple[int, dict[str, list[dict[str, Any]]]]


def test_a_frozen_run_says_who_froze_it_and_its_baseline_is_frozen_with_it(frozen: Frozen, ask: Ask) -> None:
    rows = ask(
        "select scenario_id, is_frozen, frozen_by, note from scenario.run where municipality_no = %s order by 1", NUMBER
    )
    assert ("planen", True, "Kari Nordmann", "Sak 12/11") in rows
    assert ("som_i_dag", True, "Kari Nordmann", "Sak 12/11") in rows
    assert ("utkastet", False, None, None) in rows
    assert not ask("select 1 from scenario.run where municipality_no = %s and is_frozen", OTHER)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "delete from scenario.{0} where municipality_no = %(no)s and run_id = %(run)s",
        "update scenario.{0} set run_id = run_id where municipality_no = %(no)s and run_id = %(run)s",
        "truncate scenario.{0} cascade",
    ],
)
def test_the_owners_own_sql_does_not_change_it(
    frozen: Frozen, connection: psycopg.Connection[Any], table: str, statement: str
) -> None:
    run_id, before = frozen
    assert before[table] or table in ("card", "solution")
    if not before[table] and not statement.startswith("truncate"):
        statement = "update scenario.run set note = 'x' where municipality_no = %(no)s and run_id = %(run)s"
    if table == "run" and statement.startswith("update"):
        statement = "update scenario.{0} set is_frozen = false where municipality_no = %(no)s and run_id = %(run)s"
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="never change"):
        connection.execute(statement.format(table).encode(), {"no": NUMBER, "run": run_id})
    assert everything(connection, run_id) == before


def test_nothing_is_added_to_it_and_a_version_stays_as_it_was_delivered(
    frozen: Frozen, connection: psycopg.Connection[Any]
) -> None:
    for statement in (
        "insert into scenario.result (municipality_no, run_id, housing_category, figure, month)"
        " values (%(no)s, %(run)s, 'trygdebolig', 'annet', 1)",
        "update scenario.scenario set name = 'Noe annet' where municipality_no = %(no)s",
        "delete from scenario.lever where municipality_no = %(no)s",
        "update scenario.assumption set value = 0 where municipality_no = %(no)s",
    ):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="never change"):
            connection.execute(statement.encode(), {"no": NUMBER, "run": frozen[0]})


def test_what_is_frozen_or_refused_is_not_frozen_again(frozen: Frozen, connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(OutlookRefused, match="was frozen by Kari Nordmann"):
        runs.freeze(connection, NUMBER, "planen", "Ola", None)
    with pytest.raises(OutlookRefused, match="could not be worked out"):
        runs.freeze(connection, NUMBER, "umulig", "Ola", None)
    with pytest.raises(OutlookRefused, match="must be named"):
        runs.freeze(connection, NUMBER, "utkastet", " ", None)
    with pytest.raises(OutlookRefused, match=r"no run of annet; there are planen, som_i_dag"):
        runs.freeze(connection, NUMBER, "annet", "Ola", None)


@pytest.fixture(scope="module")
def later(frozen: Frozen, connection: psycopg.Connection[Any], landing: Path, publish: Publish) -> running.Done:
    """A month on: the queue has grown, one scenario is another, one lever stands on a category without a forecast."""
    more = [*queue(2, SECOND), {"inn_dato": date(2011, 1, 10)}]
    changed = [{**SCENARIOS[0], "navn": "Planen, revidert"}, *SCENARIOS[1:]]
    deliver(landing, NUMBER, SECOND, waitlist_entry=more, scenario=changed)
    deliver(landing, OTHER, SECOND)
    publish(landing)
    return look_ahead(connection)


def test_the_door_puts_a_lever_on_a_refused_category_aside(later: running.Done, ask: Ask) -> None:
    rows = ask(
        "select file, rule_no, rows from quality.quarantine where municipality_no = %s and rule = 'refused'", NUMBER
    )
    assert [row[1:] for row in rows] == [("Boligkategorien har ingen prognose", 1)]
    assert not later.kept[0].refusals


def test_a_scenario_that_is_changed_is_a_new_version_and_the_old_one_stays(later: running.Done, ask: Ask) -> None:
    names = ask(
        "select version, name from scenario.scenario where municipality_no = %s and scenario_id = 'planen' order by 1",
        NUMBER,
    )
    assert names == [(1, "Planen"), (2, "Planen, revidert")]
    others = ask("select distinct version from scenario.scenario where municipality_no = %s", OTHER)
    # its lever on a category without a forecast was put aside, which is another content
    assert others == [(1,), (2,)]


def test_later_nights_leave_what_is_frozen_as_it_is(
    later: running.Done, frozen: Frozen, connection: psycopg.Connection[Any]
) -> None:
    run_id, before = frozen
    for _ in range(12):
        kept.work_out(connection, NUMBER, again=True)
    assert everything(connection, run_id) == before
    count = connection.execute(
        "select count(*) from scenario.run where municipality_no = %s and not is_frozen", [NUMBER]
    ).fetchone()
    assert count == (4,)


def test_hindsight_holds_what_was_foreseen_against_what_came(later: running.Done, frozen: Frozen, ask: Ask) -> None:
    rows = ask(
        "select scenario_id, month, month_end, fact, is_inside, share_inside from scenario.hindsight"
        " where municipality_no = %s and housing_category = 'trygdebolig' order by 1",
        NUMBER,
    )
    ((fact,),) = ask(
        "select count(*)::float8 from marts.fct_queue_entry where municipality_no = %s and exited_on is null", NUMBER
    )
    assert [row[:4] for row in rows] == [(name, 1, date(2011, 1, 31), fact) for name in ("planen", "som_i_dag")]
    assert {row[4] for row in rows} <= {True, False}


def test_what_was_delivered_then_is_what_was_known(later: running.Done, connection: psycopg.Connection[Any]) -> None:
    then = kept._known(connection, NUMBER, date(2010, 12, 31))
    assert then
    assert (then.waiting("trygdebolig", date(2010, 12, 31)), len(then.dwellings)) == (66, 30)
    assert kept._known(connection, NUMBER, date(2010, 11, 30)) is None


def test_closing_freezes_what_is_decided_on_and_nothing_else(later: running.Done, settings: Settings, ask: Ask) -> None:
    close.close(settings, periods.parse("2010"), "Ola Hansen", OTHER)
    rows = dict(ask("select scenario_id, is_frozen from scenario.newest_run where municipality_no = %s", OTHER))
    assert rows == {"planen": True, "som_i_dag": True, "utkastet": False, "umulig": False}
    ((content,),) = ask("select content from scorecard.report_content where municipality_no = %s", OTHER)
    assert [each["scenario_id"] for each in content["outlook"]] == ["planen", "som_i_dag"]
    assert {each["scenario_id"] for each in content["outlook_queue"]} == {"planen", "som_i_dag"}
    for name in ("outlook_reach", "outlook_solution"):
        assert {each["housing_category"] for each in content[name]} == {"trygdebolig"}, name
    note = ask("select distinct note, frozen_by from scenario.run where municipality_no = %s and is_frozen", OTHER)
    assert note == [("2010, 1", "Ola Hansen")]


def test_the_report_has_a_page_and_a_sheet_of_it_and_the_public_edition_no_number_of_it(
    later: running.Done, settings: Settings
) -> None:
    year = periods.parse("2010")
    if not kept_closings(settings, OTHER):
        close.close(settings, year, "Ola Hansen", OTHER)
    internal, public = (making.make(settings, year, OTHER, edition).files for edition in ("intern", "offentlig"))
    sheets = [sheet(made) for made in (internal, public)]
    assert any("Trygdebolig" in row and "husstander" in row for row in sheets[0])
    assert sheets[1] == []
    pages = [text(made) for made in (internal, public)]
    assert all("Veien videre" in page for page in pages)
    assert "Hva som skal til" in pages[0] and "Prognoser røper tallene" in pages[1]
    assert "Hva som kommer" in pages[0] and "Hva som kommer" not in pages[1]


def kept_closings(settings: Settings, number: str) -> bool:
    with warehouse.connect(settings) as connection:
        return reported_kept.closing(connection, number, periods.parse("2010")) is not None


def sheet(files: dict[str, bytes]) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(next(of for name, of in files.items() if name.endswith("xlsx"))))
    return book.get_sheet_by_name("Veien videre").to_python() if "Veien videre" in book.sheet_names else []


def text(files: dict[str, bytes]) -> str:
    pdf = next(of for name, of in files.items() if name.endswith("pdf"))
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_no_reader_writes_here(later: running.Done, settings: Settings) -> None:
    for role in ("reader", "sqllab", "dashboards"):
        with (
            warehouse.connect(settings, role) as connection,
            pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)),
        ):
            connection.execute("delete from scenario.run")


def command(*words: str) -> str:
    ended = CliRunner().invoke(cli.main, ["outlook", *words])
    assert ended.exit_code == 0, ended.output
    return ended.output.replace("\xa0", " ")


def test_the_commands(later: running.Done, tmp_path: Path) -> None:
    assert "worked out for this delivery already" in command("run", "--municipality", NUMBER)
    listed = command("list", "--municipality", NUMBER)
    assert "frozen by Kari Nordmann" in listed
    assert "Planen, revidert" in listed
    asked = ("solve", "--municipality", NUMBER, "--category", "trygdebolig", "--target", "20")
    told = command(*asked, "--by", "2013-12-31", "--ready", "2012-01-31")
    assert "For at køen skal være høyst 20 31. desember 2013, trengs om lag" in told
    assert "Uten tiltak:" in told
    assert "Regnestykke, ikke prognose" in command(*asked, "--by", "2020-12-31")
    compared = command("compare", "planen", "--municipality", NUMBER)
    assert "«Planen, revidert» (versjon 2, Rådmannen, 1. desember 2010) og «Som i dag»" in compared
    assert "trygdebolig, 31. januar 2012:" in compared
    path = tmp_path / "planen.xlsx"
    command("export", "planen", "--municipality", NUMBER, "--out", str(path))
    book = CalamineWorkbook.from_path(path)
    assert {"lever", "assumption", "result", "run"} <= set(book.sheet_names)
    assert len(book.get_sheet_by_name("lever").to_python()) == 3
    # what looks like a formula in somebody's text is no formula
    command("export", "utkastet", "--municipality", NUMBER, "--out", str(path))
    head, scenario = CalamineWorkbook.from_path(path).get_sheet_by_name("scenario").to_python()
    assert dict(zip(head, scenario, strict=True))["name"] == "=1+1"
    assert "is frozen by Per" in command("freeze", "utkastet", "--by", "Per", "--municipality", NUMBER)


def test_a_refusal_is_a_sentence_and_no_traceback(later: running.Done) -> None:
    ended = CliRunner().invoke(
        cli.main,
        ["outlook", "solve", "--municipality", NUMBER, "--category", "hc_bolig", "--target", "1", "--by", "2013-12-31"],
    )
    assert ended.exit_code == 1
    assert "ingen prognose for hc_bolig" in ended.output


def test_who_sees_one_municipality_sees_the_outlook_of_no_other(
    later: running.Done, connection: psycopg.Connection[Any], ask: Ask
) -> None:
    relations = (
        *("estimate", "quality", "coverage", "scenario", "lever", "assumption", "run", "result", "difference"),
        *("finance", "reach", "solution", "card", "grid", "newest_run", "queue", "hindsight", *told.told()),
    )
    border.revoke(connection, border.SHARED, None)
    border.grant(connection, border.SHARED, [OTHER], "the test")
    try:
        for relation in relations:
            seen = {row[0] for row in ask(f"select distinct municipality_no from scenario.{relation}")}
            assert seen <= {OTHER}, relation
        assert ask("select count(*) > 0 from scenario.queue") == [(True,)]
    finally:
        border.revoke(connection, border.SHARED, None)
        border.grant(connection, border.SHARED, [border.EVERY], "the test")
    numbers = {row[0] for row in ask("select distinct municipality_no from scenario.queue")}
    assert numbers == {NUMBER, OTHER}
