"""Closing periods: what is frozen stays, what differs later is told with its reason, and older deliveries serve too."""

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dagster_project import BoligError, warehouse
from dagster_project.closing import backfill, close
from dagster_project.night import dbt
from dagster_project.reported import source_history
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, contracts, municipalities, periods
from tests.conftest import BOLIG
from tests.deliveries import Row, person, write_delivery
from tests.pipeline.conftest import Ask, Publish, swap_in

NUMBER = "1506"
OTHER = "1508"
# delivers what the first does, key by key, but corrects nothing
TWIN = "1514"
FIRST, SECOND, THIRD = date(2011, 1, 1), date(2011, 2, 1), date(2011, 3, 1)
YEAR = periods.parse("2010")

APPLICATIONS: list[Row] = [{}, {}, {}, {}]
# an offer that came to nothing: without any, what counts offers besides the queue would be of the as-of year only
REFUSED: list[Row] = [{"tildelt_dato": date(2010, 1, 10), "svar": "avslatt", "svar_dato": date(2010, 1, 12)}]
ENTRIES: list[Row] = [
    {},
    {"soknad_id": "S2"},
    {"soknad_id": "S3", "ut_dato": date(2010, 11, 1), "ut_arsak": "trukket"},
]
# the first entry left the queue before the year was over, the second was deleted, a fourth came late
CORRECTED: list[Row] = [
    {"ut_dato": date(2010, 12, 1), "ut_arsak": "bortfalt"},
    {"venteliste_id": "VL3", **ENTRIES[2]},
    {"venteliste_id": "VL4", "soknad_id": "S4"},
]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module's deliveries are put."""
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def closed(settings: Settings, landing: Path, publish: Publish) -> close.Closing:
    """The year 2010, closed on the delivery that was published: of three in the queue two still wait."""
    # of which no delivery has a row unless it is given
    bare = {name for name, table in contracts.tables().items() if table.may_be_missing or table.source == "governance"}
    read = {name.partition("/")[2] for entry in catalogue.metrics().values() for name in entry.sources}
    registers: dict[str, list[Row]] = {name: [{}] for name in bare & read} | {
        "forutsetning": [{}, {"kode": "befolkningsvekst", "verdi": 0.01}],
    }
    for number in (NUMBER, TWIN):
        registers["kostra"] = [
            {"region_code": number, "indicator": indicator, "year": year, "value": value}
            for indicator, year, value in (
                ("population", 2005, 48_000), ("population", 2010, 50_000), ("homeless_persons", 2010, 40),
            )
        ]  # fmt: skip
        write_delivery(
            landing,
            number,
            FIRST,
            {"application": APPLICATIONS, "allocation": REFUSED, "waitlist_entry": ENTRIES, **registers},
        )
    publish(landing)
    close.close(settings, YEAR, "Kari Nordmann", TWIN)
    return close.close(settings, YEAR, "Kari Nordmann", NUMBER, note="Årsrapport")


@pytest.fixture(scope="module")
def corrected(settings: Settings, landing: Path, publish: Publish, closed: close.Closing) -> close.Closing:
    """After the closing the source corrected its queue, and that is published."""
    for number, entries in ((NUMBER, CORRECTED), (TWIN, ENTRIES)):
        write_delivery(
            landing, number, SECOND, {"application": APPLICATIONS, "allocation": REFUSED, "waitlist_entry": entries}
        )
    publish(landing)
    return closed


def _reported(ask: Ask, revision: int, metric_id: str = "queue_waiting") -> float:
    ((value,),) = ask(
        "select value from scorecard.reported where municipality_no = %s and period_type = 'year' and revision = %s"
        " and period_start = '2010-01-01' and metric_id = %s and dimension = 'total'",
        NUMBER, revision, metric_id,
    )  # fmt: skip
    return value


_REVISED = (
    "select reported_value, value_now, difference, reason, rows_added, rows_changed, rows_deleted, source_tables,"
    " explanation_no from scorecard.revision where municipality_no = %s and period_type = 'year'"
    " and metric_id = %s and dimension = 'total'"
)


# -------------------------------------------------------------------------------------- (1) closed on what is published


def test_what_is_closed_is_what_was_published_figure_by_figure(closed: close.Closing, ask: Ask) -> None:
    columns = "metric_id, dimension, dimension_value, value, numerator, denominator, period_end, as_of, is_ripe"
    where = "municipality_no = %s and period_type = 'year' and period_start = '2010-01-01' order by 1, 2, 3"
    published = ask(f"select {columns} from scorecard.metric_value where {where}", NUMBER)
    assert ask(f"select {columns} from scorecard.reported where {where}", NUMBER) == published
    assert closed.figures == len(published) > 150
    assert {row[0] for row in published} == catalogue.metrics().keys()
    assert _reported(ask, 1) == 2


def test_what_is_not_ripe_is_frozen_all_the_same_with_the_mark(closed: close.Closing, ask: Ask) -> None:
    young = ask(
        "select distinct metric_id from scorecard.reported where not is_ripe and period_type = 'year' order by 1"
    )
    unripe = (
        "complaints_upheld_rate",
        "new_tenancies_with_followup",
        "offers_refused_rate",
        "promised_followup_share",
        "renewal_rate",
    )
    assert young == [(metric_id,) for metric_id in unripe]


def test_who_closed_when_and_on_what_stands_with_it(closed: close.Closing, ask: Ask, settings: Settings) -> None:
    ((by, note, extract_date, load_id, code_version, night_id, run_id),) = ask(
        "select closed_by, note, extract_date, load_id, code_version, night_id, run_id from scorecard.closing"
        " where municipality_no = %s and period_type = 'year' and revision = 1",
        NUMBER,
    )
    assert (by, note, extract_date, run_id) == ("Kari Nordmann", "Årsrapport", FIRST, None)
    assert (load_id, code_version) == (closed.load_id, dbt.code_version())
    with warehouse.connect(settings) as connection:
        assert connection.execute("select from operations.night where night_id = %s", [night_id]).rowcount
    definitions = dict(ask("select distinct metric_id, definition_version from scorecard.reported where revision = 1"))
    assert definitions == {metric_id: catalogue.definition_version(metric_id) for metric_id in catalogue.metrics()}
    assert not ask("select from scorecard.revision where municipality_no = %s", NUMBER)


@pytest.mark.parametrize(
    "statement",
    [
        "update scorecard.reported set value = 0",
        "update scorecard.closing set closed_by = 'someone else'",
        "delete from scorecard.reported",
        "delete from scorecard.closing",
        "truncate scorecard.reported",
        "truncate scorecard.closing cascade",
        "insert into scorecard.reported select municipality_no, period_type, period_start, period_end, revision,"
        " metric_id, dimension, 'added later', value, numerator, denominator, as_of, definition_version"
        " from scorecard.reported limit 1",
    ],
)
def test_not_even_the_owner_changes_what_is_closed(closed: close.Closing, settings: Settings, statement: str) -> None:
    with (
        warehouse.connect(settings) as connection,
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="never changes"),
    ):
        connection.execute(statement)
    with warehouse.connect(settings, "reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("set transaction read write")  # which a session may
        connection.execute(statement)


@pytest.mark.parametrize(
    ("period", "number", "extract_date", "by", "word"),
    [
        ("2011", NUMBER, None, "Kari", "not complete"),
        ("2011-Q1", NUMBER, None, "Kari", "not complete"),
        ("1999", NUMBER, None, "Kari", "has no 1999"),
        ("2010-12", NUMBER, None, "Kari", "months are not closed"),
        ("2010-Q5", NUMBER, None, "Kari", "is no period"),
        ("2010", "4601", None, "Kari", "Nothing of 4601 is published"),
        ("2010", NUMBER, date(2010, 5, 1), "Kari", "bolig backfill --date 2010-05-01"),
        ("2010", NUMBER, None, " ", "Who closes"),
    ],
)
def test_what_cannot_be_closed_is_refused_with_a_word(
    corrected: close.Closing, settings: Settings, ask: Ask, period: str, number: str,
    extract_date: date | None, by: str, word: str,
) -> None:  # fmt: skip
    before = ask("select count(*) from scorecard.closing")
    with pytest.raises(BoligError, match=word):
        close.close(settings, periods.parse(period), by, number, extract_date)
    assert ask("select count(*) from scorecard.closing") == before


def test_a_name_is_required_at_the_command_line(settings: Settings) -> None:
    result = subprocess.run([BOLIG, "close", "--period", "2010"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--by" in result.stderr


# ----------------------------------------------------------------------------------------------- (2) corrected later


def test_a_correction_is_told_with_its_rows_and_leaves_what_was_reported(corrected: close.Closing, ask: Ask) -> None:
    assert _reported(ask, 1) == 2
    ((reported, now, difference, reason, *rows, tables, explanation),) = ask(_REVISED, NUMBER, "queue_waiting")
    assert (reported, now, difference, reason) == (2, 1, -1, "data endret")
    assert rows == [1, 1, 1]
    assert tables == ["allocation/waitlist_entry"]
    assert explanation == (
        "Rader i kildene siden leveransen 01.01.2011: allocation/waitlist_entry: 1 nye, 1 endret, 1 borte."
    )
    assert ask(
        "select source_table, rows_added, rows_changed, rows_deleted, rows_quarantined_now"
        " from scorecard.revision_source where municipality_no = %s and period_type = 'year'",
        NUMBER,
    ) == [("allocation/waitlist_entry", 1, 1, 1, 0)]


def test_only_what_differs_is_told(corrected: close.Closing, ask: Ask) -> None:
    told = {
        row[:3]
        for row in ask(
            "select metric_id, dimension, dimension_value from scorecard.revision where municipality_no = %s", NUMBER
        )
    }
    differing = ask(
        "select metric_id, dimension, dimension_value from scorecard.reported"
        " inner join scorecard.metric_value as figure"
        " using (municipality_no, period_type, period_start, metric_id, dimension, dimension_value)"
        " where municipality_no = %s and revision = 1 and period_type = 'year'"
        " and reported.value is distinct from figure.value",
        NUMBER,
    )
    # nobody had left the queue for that reason when the year was closed, so it was not listed
    assert told == {*differing, ("queue_outflow", "exit_reason", "bortfalt")}
    assert ("queue_waiting", "total", "total") in told
    assert ("stock_dwellings", "total", "total") not in told
    assert ask("select from scorecard.reported where metric_id = 'measures'"), "reported, and no later night knows it"


def test_another_municipality_with_the_same_keys_has_corrected_nothing(
    corrected: close.Closing, settings: Settings, ask: Ask
) -> None:
    for table in ("revision", "revision_source"):
        assert not ask(f"select from scorecard.{table} where municipality_no = %s", TWIN), table
    with warehouse.connect(settings) as connection:
        (stretch,) = source_history.trace(connection, "waitlist_entry", ["VL2"], TWIN)[2]
        assert [each.extract_date for each in stretch.deliveries] == [FIRST, SECOND]
        loads = [each.load_id for each in stretch.deliveries]
        of_each = "select array_agg(load_id order by load_id) from landing.delivery where municipality_no = %s"
        assert connection.execute(of_each, [TWIN]).fetchone() == (loads,)


def test_every_version_of_a_record_is_shown_with_its_deliveries(corrected: close.Closing, settings: Settings) -> None:
    def trace(key: str) -> list[str]:
        with warehouse.connect(settings) as connection:
            name, number, stretches = source_history.trace(connection, "waitlist_entry", [key], NUMBER)
            assert (name, number) == ("allocation/waitlist_entry", NUMBER)
            return source_history.lines(stretches)

    changed = trace("VL1")
    assert changed[0].startswith("In 2011-01-01 (load ")
    assert "  venteliste_id: VL1" in changed
    second = [line.startswith("In 2011-02-01 (load ") for line in changed].index(True)
    assert changed[second + 1 :] == ["  ut_dato: (empty) → 2010-12-01", "  ut_arsak: (empty) → bortfalt"]
    deleted = trace("VL2")
    assert deleted[-1].startswith("Not in 2011-02-01 (load ")
    assert deleted[-1].endswith("deleted at the source.")
    assert trace("VL4")[0].startswith("In 2011-02-01 (load ")
    assert len([line for line in trace("VL3") if line.startswith("In ")]) == 1


def test_nothing_personal_or_restricted_is_shown_of_a_record(corrected: close.Closing, settings: Settings) -> None:
    for table, key in (("application", "S1"), ("dwelling", "B1"), ("tenancy", "K1")):
        shown = subprocess.run(
            [BOLIG, "history", "--table", table, "--key", key, "--municipality", NUMBER],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for column in contracts.tables()[table].columns:
            assert (f"  {column.name}: " in shown) == (not column.personal and not column.restricted), column.name
    with warehouse.connect(settings) as connection:
        for table, key, word in (
            ("bostotte", [person(1), "2010-01-01", "statlig"], "not shown"),
            ("dwelling", ["B99"], "No delivery"),
            ("dwellings", ["B1"], "no table"),
            ("kostra", ["0220"], "--key 3 times"),
        ):
            with pytest.raises(source_history.UnknownRecord, match=word):
                source_history.trace(connection, table, key, NUMBER)


# ------------------------------------------------------------------------------ (3) closed again, by another definition


def test_closing_again_makes_a_revision_and_a_changed_definition_is_told_as_such(
    corrected: close.Closing, settings: Settings, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(
        "select * from scorecard.reported where municipality_no = %s and revision = 1 order by 6, 7, 8", NUMBER
    )
    again = close.close(settings, YEAR, "Ola Nordmann", NUMBER)
    assert (again.revision, again.revised) == (2, 0)
    assert (_reported(ask, 1), _reported(ask, 2)) == (2, 1)
    assert not ask("select from scorecard.revision where municipality_no = %s", NUMBER)
    after = ask("select * from scorecard.reported where municipality_no = %s and revision = 1 order by 6, 7, 8", NUMBER)
    assert after == before

    # the same rows under a code in which the queue means something else, and stays are computed otherwise
    defined = catalogue.definition_version
    monkeypatch.setattr(
        catalogue, "definition_version", lambda metric_id: f"{defined(metric_id)}{'+' * (metric_id == 'queue_waiting')}"
    )
    monkeypatch.setattr(dbt, "code_version", lambda: "another code")
    with warehouse.connect(settings) as connection:
        connection.execute(
            "update build_scorecard.metric_value set value = value + 5"
            " where municipality_no = %s and metric_id in ('queue_waiting', 'stock_dwellings')",
            [NUMBER],
        )
    swap_in(settings)
    ((_, _, difference, reason, *_, explanation),) = ask(_REVISED, NUMBER, "queue_waiting")
    assert (difference, reason) == (5, "definisjon endret")
    assert explanation == "Definisjonen er endret siden tallet ble rapportert. Ingen rader i kildene er endret."
    ((_, _, difference, reason, *_, explanation),) = ask(_REVISED, NUMBER, "stock_dwellings")
    assert (difference, reason) == (5, "beregning endret")
    assert ask("select distinct is_code_changed from scorecard.revision where municipality_no = %s", NUMBER) == [
        (True,)
    ]
    ((definition,),) = ask(
        "select definition_no from scorecard.reported inner join scorecard.closing"
        " using (municipality_no, period_type, period_start, revision)"
        " inner join scorecard.definition_version using (code_version, metric_id, definition_version)"
        " where municipality_no = %s and revision = 2 and metric_id = 'queue_waiting' and dimension = 'total'",
        NUMBER,
    )
    assert definition == catalogue.metrics()["queue_waiting"].definition_no


# --------------------------------------------------------------------------------- (4) closed on an older delivery


def test_an_older_delivery_is_loaded_and_closed_on_without_touching_what_is_published(
    settings: Settings, landing: Path, publish: Publish, ask: Ask
) -> None:
    dwellings: list[Row] = [{}, {}, {"anskaffet_dato": date(2010, 12, 15)}]
    loan = {"soknad_dato": date(2010, 2, 2), "utbetalt_dato": date(2010, 5, 5), "belop": 1_000_000}
    given: dict[str, list[Row]] = {
        "application": APPLICATIONS,
        "allocation": REFUSED,
        "waitlist_entry": ENTRIES,
        "startlan": [loan],
    }
    write_delivery(landing, OTHER, FIRST, given)
    # of loans nothing is known before 2011 any more, and of measures something for the first time
    given |= {
        "waitlist_entry": CORRECTED,
        "dwelling": dwellings,
        "startlan": [{"soknad_dato": date(2011, 1, 10)}],
        "measure": [{"planlagt_slutt": date(2010, 10, 1), "boliger_planlagt": 4, "boliger_levert": 2}],
    }
    write_delivery(landing, OTHER, THIRD, given)
    publish(landing)
    published = _everything(settings)
    with pytest.raises(close.ClosingRefused, match="is loaded"):
        close.close(settings, YEAR, "Kari Nordmann", OTHER, FIRST)
    with pytest.raises(backfill.NoBackfill, match="bolig nightly"):
        backfill.backfill(settings, THIRD, landing, OTHER)
    with warehouse.connect(settings) as connection:
        # raw is as a version before left it, with nothing in scope and without a table that came since
        connection.execute("truncate raw.scope")
        connection.execute("drop table raw.allocation__application cascade")
        connection.execute("comment on schema raw is 'an earlier version'")
    (receipt,) = backfill.backfill(settings, FIRST, landing, OTHER)
    assert (receipt.status, receipt.is_backfill) == ("accepted", True)
    (again,) = backfill.backfill(settings, FIRST, landing, OTHER)
    assert again.status == "unchanged"

    closed = close.close(settings, YEAR, "Kari Nordmann", OTHER, FIRST)
    assert (closed.load_id, closed.extract_date) == (receipt.load_id, FIRST)
    assert _everything(settings) == published
    ((as_of, night_id),) = ask("select as_of, night_id from scorecard.closing where municipality_no = %s", OTHER)
    assert (as_of, night_id) == (date(2010, 12, 31), None)
    figures = dict(
        ask(
            "select metric_id, value from scorecard.reported where municipality_no = %s and dimension = 'total'"
            " and metric_id in ('queue_waiting', 'stock_dwellings')",
            OTHER,
        )
    )
    assert figures == {"queue_waiting": 2, "stock_dwellings": 1}
    ((_, now, _, reason, *rows, _, _),) = ask(_REVISED, OTHER, "queue_waiting")
    assert (now, reason, rows) == (1, "data endret", [1, 1, 1])
    ((_, now, _, _, *rows, _, _),) = ask(_REVISED, OTHER, "stock_dwellings")
    assert (now, rows) == (3, [2, 0, 0])
    # what was reported and is unknown now is told, but for what was nothing; so is what was unknown and is known now
    ((before, now, _, reason, *_, explanation),) = ask(_REVISED, OTHER, "startlan_loans")
    assert (before, now, reason) == (1, None, "data endret")
    assert explanation.endswith(
        "husbanken/startlan: 0 nye, 1 endret, 0 borte."
        " Perioden ligger nå før den første registreringen i kildene, så tallet er ukjent."
    )
    assert not ask(_REVISED, OTHER, "startlan_refinancing")
    ((before, now, _, reason, *_),) = ask(_REVISED, OTHER, "measure_dwellings_delivered_rate")
    assert (before, now, reason) == (None, 0.5, "data endret")
    with warehouse.connect(settings) as connection:
        assert connection.execute("select count(*) from raw.scope").fetchone() == (0,)


def _everything(settings: Settings) -> dict[str, str]:
    """A fingerprint of every published table but those of the closings."""
    kept = {}
    with warehouse.connect(settings) as connection:
        tables = connection.execute(
            "select schemaname || '.' || tablename from pg_tables where schemaname = any(%s)"
            " and tablename not in ('closing', 'reported', 'revision', 'revision_source', 'report_content')",
            [list(warehouse.PUBLISHED_SCHEMAS)],
        ).fetchall()
        for (table,) in tables:
            row = connection.execute(
                f"select md5(string_agg(line::text, '' order by line::text)) from {table} as line"
            ).fetchone()
            assert row
            kept[table] = row[0]
    return kept


def test_a_figure_that_the_gate_does_not_let_through_is_not_closed(
    settings: Settings, ask: Ask, monkeypatch: pytest.MonkeyPatch, landing: Path
) -> None:
    from dagster_project.night import dbt, gate
    from expectations.runner import Expectation, Finding

    claim = Expectation(
        "nobody_waits", "build_scorecard", "metric_value", "critical", "Nobody waits.", "Ingen venter.", "", {}
    )
    monkeypatch.setattr(dbt, "build", lambda settings: None)
    monkeypatch.setattr(gate, "audit", lambda *_: [Finding(claim, success=False, found=1)])
    before = ask("select count(*) from scorecard.closing")
    with pytest.raises(close.ClosingRefused, match="nobody_waits"):
        close.close(settings, YEAR, "Kari Nordmann", OTHER, FIRST)
    assert ask("select count(*) from scorecard.closing") == before
    with warehouse.connect(settings) as connection:
        assert connection.execute("select count(*) from raw.scope").fetchone() == (0,)


# ------------------------------------------------------------------------------------------------- the same by Dagster


def test_the_dagster_job_closes_by_the_same_function(corrected: close.Closing, ask: Ask) -> None:
    from dagster_project.defs.closing import close_period

    def run(period: str) -> Any:
        config = {"period": period, "closed_by": "Kari Nordmann", "municipality_no": NUMBER}
        return close_period.execute_in_process(run_config={"ops": {"close": {"config": config}}}, raise_on_error=False)

    result = run("2010-T3")
    assert result.success
    assert ask(
        "select period_end, run_id from scorecard.closing where municipality_no = %s and period_type = 'tertial'",
        NUMBER,
    ) == [(date(2010, 12, 31), result.run_id)]
    refused = run("2011-T1")
    assert not refused.success
    assert "not complete" in str([event.event_specific_data for event in refused.all_events if event.is_failure])


# --------------------------------------------------------------------------------------------- (5) by another number


def test_a_merger_ends_the_comparison_and_a_new_number_does_not() -> None:
    assert municipalities.same_municipality("3203") == ["3203", "3025"]
    assert municipalities.same_municipality("3025") == ["3025"]
    assert municipalities.same_municipality("0220") == ["0220"]


# last: it takes away what the others look at
def test_what_was_closed_under_the_former_number_is_compared_with_what_the_new_one_publishes(
    corrected: close.Closing, settings: Settings, tmp_path: Path, publish: Publish, ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    close.close(settings, YEAR, "Kari Nordmann", NUMBER)
    ((before,),) = ask(
        "select value from scorecard.metric_value where municipality_no = %s and metric_id = 'queue_waiting'"
        " and period_type = 'year' and period_start = '2010-01-01' and dimension = 'total'",
        NUMBER,
    )
    renumbered = "1511"
    monkeypatch.setattr(municipalities, "_renumbered", lambda: {renumbered: NUMBER})
    monkeypatch.setattr(municipalities, "gives_way", lambda number: [NUMBER] if number == renumbered else [])
    more = [*CORRECTED, {"venteliste_id": "VL5"}, {"venteliste_id": "VL6"}]
    write_delivery(
        tmp_path, renumbered, THIRD, {"application": APPLICATIONS, "allocation": REFUSED, "waitlist_entry": more}
    )
    publish(tmp_path)
    assert not ask("select from scorecard.publication where municipality_no = %s", NUMBER)
    ((reported, now, _, reason, *_, explanation),) = ask(_REVISED, NUMBER, "queue_waiting")
    assert (reported, now, reason) == (before, 3, "data endret")
    assert "allocation/waitlist_entry: 2 nye, 0 endret, 0 borte" in explanation
