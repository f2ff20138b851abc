"""The nightly run as a whole, through Dagster, on small deliveries: what is published, and what is not."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import psutil
import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.landing import delivery, door
from dagster_project.night import dbt, holding
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded
from tests.conftest import BOLIG
from tests.deliveries import path_of, person, write_delivery
from tests.hostile import CASES
from tests.pipeline.conftest import Ask

NEW_YEAR = date(2011, 1, 1)

# by municipality, the worst of them; test_hostile_night.py has all
HOSTILE = {
    "4611": "xlsx: a cell at row 4,000,000,000",
    "4612": "xlsx: two cells with 200 million between them",
    "4613": "gz: 3 GB of separators",
    "4614": "json: 10 to the power of 12 figures",
}
PANICS = "4615"


@pytest.fixture(scope="module")
def night(settings: Settings):
    """Run one night here; gives launch.Outcome."""
    from dagster_project.defs.launch import run_nightly

    return lambda landing, **options: run_nightly(settings, landing, **options)


def waiting(ask: Ask, number: str) -> float:
    ((value,),) = ask(
        "select value from scorecard.metric_value where municipality_no = %s and metric_id = 'queue_waiting'"
        " and period_type = 'year' and period_start = '2010-01-01' and dimension = 'total'",
        number,
    )
    return value


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory, night) -> Path:
    """A landing folder whose delivery is published: two households wait."""
    landing = tmp_path_factory.mktemp("asker")
    write_delivery(landing, "0220", NEW_YEAR, {"application": [{}, {}], "waitlist_entry": [{}, {"soknad_id": "S2"}]})
    outcome = night(landing)
    assert outcome.published, outcome.message
    return landing


def test_a_good_delivery_is_published_and_the_reader_sees_it(asker: Path, ask: Ask) -> None:
    assert waiting(ask, "0220") == 2
    assert ask("select as_of from scorecard.publication where municipality_no = '0220'") == [(date(2010, 12, 31),)]


def test_the_reader_sees_nothing_but_what_is_published_and_cannot_write(asker: Path, ask: Ask) -> None:
    for forbidden in (
        "select * from raw.property__dwelling",
        "select * from history.property__dwelling",
        "select * from landing.quarantined_row",
        "select * from build_marts.dim_dwelling",
        "select * from staging.stg_property__dwelling",
        "select * from operations.night",
        "delete from scorecard.metric_value",
        "create table scorecard.mine (a int)",
        "create table public.mine (a int)",
        "create temporary table mine (a int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(f"set transaction read write; {forbidden}")


def test_no_address_reaches_what_is_published(asker: Path, ask: Ask) -> None:
    assert not ask(
        "select * from information_schema.columns where column_name in ('address', 'adresse', 'fodselsnummer')"
    )


def test_the_same_delivery_again_changes_nothing(asker: Path, night, ask: Ask) -> None:
    before = ask("select * from scorecard.publication")
    outcome = night(asker)
    assert outcome.published
    assert "already" in outcome.message
    assert ask("select * from scorecard.publication") == before


def test_what_hangs_on_the_code_alone_is_made_once_and_anew_where_somebody_else_has_made_it(
    asker: Path, settings: Settings
) -> None:
    def stands(*, make: str = "") -> bool:
        with warehouse.connect(settings) as connection, dbt.standing(connection, warehouse.PLAIN) as found:
            if make:
                dbt.run(settings, "build", *dbt.LEFT_OUT, "--select", *make.split())
        return found

    assert stands()  # as the night has left it
    view = "staging.stg_allocation__decision"
    with warehouse.connect(settings) as connection:
        (written,) = connection.execute("select pg_get_viewdef(%s::regclass)", [view]).fetchone() or ("",)
        connection.execute(f"drop view {view}; create view {view} as {written}".encode())
    # what is made in part is not taken for all of it
    assert not stands(make="path:models/staging")
    assert not stands(make="path:models/staging resource_type:seed")
    assert stands()


def test_a_refused_delivery_leaves_what_was_published_and_says_what_is_wrong(
    asker: Path, tmp_path: Path, night, ask: Ask
) -> None:
    delivery = write_delivery(tmp_path, "0220", date(2011, 1, 2), {"waitlist_entry": [{}]})
    path_of(delivery, "decision").unlink()
    header = path_of(delivery, "allocation")
    header.write_text(header.read_text().replace("tildelingsutvalg", "utvalg"))
    outcome = night(tmp_path)
    assert not outcome.published
    assert "allocation/decision.csv" in outcome.message
    assert "tildelingsutvalg" in outcome.message
    assert waiting(ask, "0220") == 2


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, night):
    """How a night of many municipalities ended: a bad row, no file of dwellings, and files that are made to end it."""
    landing = tmp_path_factory.mktemp("several")
    entries = [{"soknad_id": f"S{n}"} for n in range(1, 61)]
    entries[0]["boligkategori"] = "hybel"
    write_delivery(landing, "0301", NEW_YEAR, {"application": [{} for _ in range(60)], "waitlist_entry": entries})
    for number in ("1103", "5001"):
        write_delivery(landing, number, NEW_YEAR, {"waitlist_entry": [{}]})
    path_of(write_delivery(landing, "4601", NEW_YEAR), "dwelling").unlink()
    for number, case in HOSTILE.items():
        CASES[case].write(write_delivery(landing, number, NEW_YEAR))
    write_delivery(landing, PANICS, NEW_YEAR)

    def panic(given: delivery.Delivery, settings: Settings) -> delivery.Reading:
        if given.municipality_no == PANICS:
            raise pl.exceptions.PanicException("what stands in the file")
        return delivery.read(given, settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "read", panic)
        return night(landing)


@pytest.mark.attack
def test_no_file_whatever_is_in_it_keeps_another_municipality_from_being_published(several, ask: Ask) -> None:
    assert "Published 0301, 1103, 5001" in several.message
    for number in (*HOSTILE, PANICS):
        assert f"The delivery of {number} of 2011-01-01 is refused: 1 fault." in several.message
        assert not ask("select from scorecard.publication where municipality_no = %s", number)
    assert "The door failed (PanicException" in several.message
    assert "what stands in the file" not in several.message


def test_a_bad_row_is_put_aside_and_the_rest_is_published(several, ask: Ask, settings: Settings) -> None:
    assert waiting(ask, "0301") == 59
    with warehouse.connect(settings) as connection:
        aside = connection.execute(
            "select file, line, column_name, rule, value from landing.quarantined_row where municipality_no = '0301'"
        ).fetchall()
    assert aside == [("allocation/waitlist_entry.csv", 2, "boligkategori", "code", "hybel")]


def test_each_municipality_answers_for_its_own_delivery(several, ask: Ask) -> None:
    assert not several.published  # not all of it
    assert "Published 0301, 1103, 5001" in several.message
    assert "property/dwelling.csv is missing" in several.message
    assert waiting(ask, "1103") == 1
    assert not ask("select from scorecard.publication where municipality_no = '4601'")


def test_a_correction_of_the_same_day_is_loaded_anew_and_an_older_delivery_is_not(
    several, tmp_path: Path, night, ask: Ask
) -> None:
    assert waiting(ask, "5001") == 1
    write_delivery(tmp_path, "5001", NEW_YEAR, {"application": [{}, {}], "waitlist_entry": [{}, {"soknad_id": "S2"}]})
    assert night(tmp_path).published
    assert waiting(ask, "5001") == 2
    write_delivery(tmp_path, "5001", date(2010, 12, 1))
    outcome = night(tmp_path, municipality_no="5001", extract_date=date(2010, 12, 1))
    assert not outcome.published
    assert "backfill" in outcome.message
    assert waiting(ask, "5001") == 2


@pytest.fixture
def strict_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A publish gate that warns of one household that waits and of several municipalities, and lets no two wait."""
    from dagster_project.defs import launch
    from expectations import runner

    suite = tmp_path / "suites" / "scorecard.yaml"
    suite.parent.mkdir()
    suite.write_text("""
schema: build_scorecard
expectations:
  - id: nobody_waits
    table: metric_value
    severity: warning
    claim: Nobody waits.
    claim_no: Ingen venter.
    type: UnexpectedRowsExpectation
    query: select municipality_no, metric_id, value from {batch} where metric_id = 'queue_waiting' and value > 0
  - id: no_two_wait
    table: metric_value
    severity: critical
    claim: No two wait.
    claim_no: Ingen to venter.
    type: UnexpectedRowsExpectation
    query: select municipality_no, metric_id, value from {batch} where metric_id = 'queue_waiting' and value > 1
  - id: one_at_a_time
    table: metric_value
    severity: warning
    claim: One municipality at a time.
    claim_no: En kommune om gangen.
    type: UnexpectedRowsExpectation
    query: select count(*) as municipalities from {batch} having count(distinct municipality_no) > 1
""")
    monkeypatch.setattr(runner, "SUITES_DIR", suite.parent)
    # the checks are among Dagster's definitions
    remembered = (runner._suites, runner.expectations, runner.batches, launch._definitions)
    for each in remembered:
        each.cache_clear()
    yield
    for each in remembered:
        each.cache_clear()


def test_a_failed_expectation_leaves_the_readers_on_the_last_good_night(
    strict_gate: None, asker: Path, tmp_path: Path, night, ask: Ask
) -> None:
    landing = tmp_path / "landing"
    write_delivery(landing, "0220", date(2011, 2, 1), {"application": [{}, {}], "waitlist_entry": [{}, {}]})
    outcome = night(landing)
    assert not outcome.published
    assert "no_two_wait" in outcome.message
    assert "queue_waiting" in outcome.message, "an example of a row that breaks it"
    assert waiting(ask, "0220") == 2
    assert ask("select as_of from scorecard.publication where municipality_no = '0220'") == [(date(2010, 12, 31),)]


def test_what_the_gate_finds_of_one_municipality_is_told_of_no_other(
    strict_gate: None, tmp_path: Path, night, ask: Ask
) -> None:
    for households, number in enumerate(("1120", "1121", "1122")):
        queue = [{"soknad_id": f"S{place}"} for place in range(1, households + 1)]
        write_delivery(tmp_path / "landing", number, NEW_YEAR, {"application": [{}, {}], "waitlist_entry": queue})
    outcome = night(tmp_path / "landing")
    assert not outcome.published  # not all of it
    assert "The publish gate holds 1122 back:\n  no_two_wait (critical)" in outcome.message
    published = ask("select municipality_no, warnings from scorecard.publication where municipality_no like '112_'")
    told = {number: [warning.partition(" ")[0] for warning in warnings] for number, warnings in published}
    # that there are several is of none alone, and so of all
    assert told == {"1120": ["one_at_a_time"], "1121": ["nobody_waits", "one_at_a_time"]}
    assert "1122" not in str(dict(published)["1121"])


def test_a_second_night_is_refused_with_a_clear_word(asker: Path, settings: Settings) -> None:
    with holding.lock(settings):
        second = subprocess.run([BOLIG, "nightly", "--landing", asker], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "Another nightly run" in second.stderr


def test_a_killed_night_leaves_what_was_published_and_the_next_one_completes(
    tmp_path: Path, night, ask: Ask, settings: Settings
) -> None:
    write_delivery(tmp_path, "1804", NEW_YEAR, {"waitlist_entry": [{}]})
    process = psutil.Popen([BOLIG, "nightly", "--landing", tmp_path], stderr=subprocess.PIPE, text=True)
    assert any("dbt: building" in line for line in process.stderr)
    with warehouse.connect(settings, autocommit=True) as connection:
        while not connection.execute("select from pg_stat_activity where application_name = 'dbt'").rowcount:
            assert process.poll() is None
            time.sleep(0.1)
    started = process.children(recursive=True)
    process.kill()
    process.wait()
    # what it had started would build into the next night's tables
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert not ask("select from scorecard.publication where municipality_no = '1804'")
    assert night(tmp_path).published
    assert waiting(ask, "1804") == 1


def end_server(settings: Settings, how: signal.Signals) -> None:
    server, _ = embedded.running(embedded.server_log(settings).parent)
    server.send_signal(how)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("number", "at", "how"),
    [
        ("1811", "dbt: building", signal.SIGKILL),
        *(
            pytest.param(number, at, how, marks=pytest.mark.thorough)
            for number, at, how in (
                ("1812", "Door: reading", signal.SIGKILL),
                ("1813", "Door: reading", signal.SIGQUIT),
                ("1814", "dbt: 50 done", signal.SIGQUIT),
                ("1815", "Gate: checking", signal.SIGKILL),
                ("1816", "Gate: checking", signal.SIGQUIT),
                ("1817", "Publishing", signal.SIGKILL),
                ("1818", "Publishing", signal.SIGQUIT),
            )
        ),
    ],
)
def test_where_the_server_dies_the_night_says_so_once_and_the_next_one_starts_it_and_publishes(
    asker: Path, tmp_path: Path, night, ask: Ask, settings: Settings, number: str, at: str, how: signal.Signals
) -> None:
    for each in (number, str(int(number) + 100)):
        write_delivery(tmp_path, each, NEW_YEAR, {"waitlist_entry": [{}]})
    process = subprocess.Popen([BOLIG, "nightly", "--landing", tmp_path], stderr=subprocess.PIPE, text=True)
    assert any(at in line for line in process.stderr)
    end_server(settings, how)
    _, told = process.communicate(timeout=60)  # of tries to reach it again Dagster alone makes them for minutes
    said = [line for line in told.splitlines() if "Door: " not in line and "loaded" not in line and "dbt: " not in line]
    assert process.returncode == 1
    assert len(said) == 1 and "PostgreSQL does not answer" in said[0], told
    assert night(tmp_path).published
    assert waiting(ask, number) == waiting(ask, str(int(number) + 100)) == 1
    assert waiting(ask, "0220") == 2, "what was published before"


@pytest.mark.attack
@pytest.mark.thorough
def test_where_the_server_dies_a_run_of_dagsters_own_ends_too(
    asker: Path, tmp_path: Path, night, ask: Ask, settings: Settings
) -> None:
    from dagster_project.serving.dagster_home import dagster_environment

    write_delivery(tmp_path, "1821", NEW_YEAR, {"waitlist_entry": [{}]})
    environment = os.environ | dagster_environment(settings) | {"BOLIG_LANDING": str(tmp_path)}
    command = [BOLIG.with_name("dagster"), "job", "execute", "-m", "dagster_project.defs", "-j", "nightly"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert any("models - STEP_START" in line for line in process.stderr)
    end_server(settings, signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.count("PostgreSQL does not answer") == 1
    assert night(tmp_path).published


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--date", "2011-13-01"], "no date"),
        (["--municipality", "Asker"], "four digits"),
        (["--landing", "/nowhere"], "landing folder"),
    ],
)
def test_wrong_use_ends_with_2_and_says_how_it_is_meant(settings: Settings, arguments: list[str], word: str) -> None:
    result = subprocess.run([BOLIG, "nightly", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert word in result.stderr


def test_no_personal_number_is_kept_anywhere(asker: Path, settings: Settings) -> None:
    numbers = [person(n).encode() for n in range(1, 61)]
    with warehouse.connect(settings) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"copy {table} to stdout") as copy:
                content = b"".join(bytes(part) for part in copy)
            assert not [number for number in numbers if number in content], table
    for path in settings.home.rglob("*"):
        if path.is_file() and not path.is_relative_to(settings.home / "postgresql"):
            content = path.read_bytes()
            assert not [number for number in numbers if number in content], path
    log = (settings.home / "postgresql" / "log").read_bytes()
    assert not [number for number in numbers if number in log]
