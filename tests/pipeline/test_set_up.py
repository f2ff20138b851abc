"""The check of a set-up, the log and the figures for a monitor: on installations that are right, and that are not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.landing import books, history
from dagster_project.night import holding
from dagster_project.operations import doctor
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from dagster_project.warehouse import ddl, embedded, rights
from superset_assets import installation as superset
from superset_assets.derive import written
from tests.conftest import Installation
from tests.deliveries import write_delivery

Found = Callable[..., list[doctor.Finding]]


@pytest.fixture
def ready(settings: Settings, tmp_path: Path) -> Settings:
    """The module's installation, with its tables and a landing folder with a delivery."""
    write_delivery(tmp_path, "0220", date(2011, 1, 1))
    with holding.opened(settings):
        pass
    return settings.model_copy(update={"landing_dir": tmp_path})


@pytest.fixture
def execute(settings: Settings):
    def run(statement: str) -> None:
        with warehouse.connect(settings, autocommit=True) as connection:
            connection.execute(statement.encode())

    return run


def found(settings: Settings, check: str) -> list[tuple[str, str]]:
    """State and words of what a check finds."""
    return [
        (finding.state, f"{finding.what} {finding.to_do}")
        for name, finding in doctor.examine(settings)
        if name == check
    ]


def faults(settings: Settings) -> list[str]:
    return [finding.what for _, finding in doctor.examine(settings) if finding.state == "fault"]


# -------------------------------------------------------------------------------------------------- doctor


def test_a_set_up_that_is_right_has_no_fault(ready: Settings) -> None:
    assert faults(ready) == []
    assert {name for name, _ in doctor.examine(ready)} >= {"database", "rights", "landing folder", "disk", "alerts"}


def test_every_finding_that_is_not_ok_says_what_to_do(ready: Settings) -> None:
    for name, finding in doctor.examine(ready):
        assert finding.state == "ok" or finding.to_do, name


@pytest.mark.parametrize(
    ("damage", "repair", "word"),
    [
        ("grant usage on schema history to {0}", "revoke usage on schema history from {0}", "use schema history"),
        ("grant delete on scorecard.publication to {0}", "revoke delete on scorecard.publication from {0}", "write to"),
        ("grant create on schema marts to {0}", "revoke create on schema marts from {0}", "create in schema marts"),
        (
            "grant temporary on database bolig to public",
            "revoke all on database bolig from public",
            "create in database",
        ),
        (
            "revoke select on scorecard.closing from {0}",
            "grant select on scorecard.closing to {0}",
            "cannot read scorecard.clos",
        ),
        ("alter role {0} nologin", "alter role {0} login", "may not log in"),
    ],
)
def test_rights_that_are_not_as_they_should_be_are_named(ready: Settings, execute, damage, repair, word) -> None:
    execute(damage.format(warehouse.role_name(ready, "reader")))
    try:
        ((state, text),) = found(ready, "rights")
    finally:
        execute(repair.format(warehouse.role_name(ready, "reader")))
    assert (state, word in text) == ("fault", True), text
    assert [state for state, _ in found(ready, "rights")] == ["ok"]


@pytest.mark.parametrize(
    ("keeper", "damage", "repair", "word"),
    [
        ("dagster", "grant usage on schema access to {0}", "revoke usage on schema access from {0}", "reaches access"),
        ("superset", "grant usage on schema history to {0}", "revoke usage on schema history from {0}", "history"),
        ("superset", "grant select on access.login to {0}", "revoke all on access.login from {0}", "reaches access"),
        (
            "superset",
            "grant execute on function access.signature to {0}",
            "revoke all on function access.signature from {0}",
            "reaches access",
        ),
    ],
)
def test_who_keeps_records_has_its_schema_and_what_tells_of_persons(
    ready: Settings, execute, keeper, damage, repair, word
) -> None:
    for each in warehouse.RECORD_KEEPERS:
        rights.prepare_records(ready, each)
    assert [state for state, _ in found(ready, "records")] == ["ok", "ok"]
    execute(damage.format(warehouse.role_name(ready, keeper)))
    try:
        ((_, text),) = [each for each in found(ready, "records") if each[0] == "fault"]
    finally:
        execute(repair.format(warehouse.role_name(ready, keeper)))
    assert warehouse.role_name(ready, keeper) in text and word in text


def test_a_key_that_others_may_read_or_that_is_another_one_is_a_fault(ready: Settings) -> None:
    key = ready.pseudonym_key_file
    key.write_text("k" * 40)
    key.chmod(0o644)
    assert [state for state, _ in found(ready, "secrets")] == ["ok", "fault"]
    key.chmod(0o600)
    with warehouse.connect(ready, autocommit=True) as connection:
        books.keep_key_fingerprint(connection, "another")
        assert "another than the one" in found(ready, "secrets")[0][1]
        connection.execute("delete from landing.pseudonym_key")


def test_a_landing_folder_that_is_not_there_is_a_fault(ready: Settings) -> None:
    ((state, text),) = found(ready.model_copy(update={"landing_dir": Path("/nowhere")}), "landing folder")
    assert (state, "/nowhere" in text) == ("fault", True)


def test_a_database_that_does_not_answer_is_a_fault_of_it_and_the_rest_is_still_looked_at(ready: Settings) -> None:
    away = ready.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/bolig"})
    findings = list(doctor.examine(away))
    assert ("database", "fault") in {(name, finding.state) for name, finding in findings}
    assert ("landing folder", "ok") in {(name, finding.state) for name, finding in findings}


def test_a_country_that_gets_the_statistics_of_all_to_each_is_told(ready: Settings) -> None:
    for number in range(1101, 1111):
        (ready.landing / str(number) / "2011-01-01").mkdir(parents=True)
    country = ready.model_copy(update={"statistics_urls": ("https://data.ssb.no/api",)})
    (_, (state, text)) = found(country, "landing folder")
    assert (state, "of 11 municipalities" in text, "BOLIG_SSB_REGIONS" in text) == ("warning", True, True)
    named = country.model_copy(update={"statistics_regions": ("0",)})
    assert [state for state, _ in found(named, "landing folder")] == ["ok"]


def test_a_contract_that_changed_is_told(ready: Settings, execute) -> None:
    execute("alter table history.property__dwelling drop column antall_rom")
    ((state, text),) = found(ready, "tables")
    assert (state, "property/dwelling has antall_rom" in text) == ("warning", True)
    with holding.opened(ready):
        pass
    assert [state for state, _ in found(ready, "tables")] == ["ok"]


# -------------------------------------------------------------------------------------------------- the server


@pytest.fixture
def killed(settings: Settings, execute) -> Path:
    """The folder of the module's server, which was killed; its log has somebody's statement."""
    with pytest.raises(psycopg.errors.UndefinedColumn):
        execute("select hemmelig")
    pgdata = embedded.server_log(settings).parent
    server, _ = embedded.running(pgdata)
    server.kill()
    server.wait()
    return pgdata


def start(settings: Settings) -> subprocess.CompletedProcess[str]:
    """Start the server by a command, which tells nobody what stands in the log."""
    result = Installation(settings).bolig("db", "url")
    assert "hemmelig" in embedded.server_log(settings).read_text()
    assert "hemmelig" not in result.stdout + result.stderr
    return result


def test_a_server_that_was_killed_is_started_by_the_next_command(killed: Path, settings: Settings) -> None:
    result = start(settings)
    assert (result.returncode, result.stdout.startswith("postgresql://")) == (0, True), result.stderr
    # this process had started the one that was killed
    with warehouse.connect(settings) as connection:
        connection.execute("select")


def test_another_process_of_its_number_is_not_taken_for_the_server(killed: Path, settings: Settings) -> None:
    pid_file = killed / "postmaster.pid"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().splitlines()[1:], ""]))
        assert start(settings).returncode == 0
        assert other.poll() is None
        other.kill()


def test_a_server_that_does_not_start_says_why_in_one_line(killed: Path, settings: Settings) -> None:
    configuration = killed / "postgresql.auto.conf"
    right = configuration.read_text()
    configuration.write_text(f"{right}max_connections = -1\n")
    result = start(settings)
    configuration.write_text(right)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "did not start" in line and "contains errors" in line
    assert start(settings).returncode == 0


@pytest.mark.thorough
def test_recovery_is_waited_for_however_long_it_takes(killed: Path, settings: Settings) -> None:
    configuration = killed / "postgresql.auto.conf"
    right = configuration.read_text()
    # it asks an archive that takes its time for each file that it might have
    configuration.write_text(f"{right}hot_standby = off\nrestore_command = 'sleep 6; false'\n")
    (killed / "recovery.signal").touch()
    result = start(settings)
    configuration.write_text(right)
    assert result.returncode == 0
    assert "PostgreSQL: recovering" in result.stderr


# -------------------------------------------------------------------------------------------------- contracts change


def test_a_column_is_converted_where_every_stored_value_stays_what_it_is(ready: Settings, execute) -> None:
    execute("delete from history.property__dwelling")
    execute("alter table history.property__dwelling alter column byggear type text")
    execute(
        "insert into history.property__dwelling (municipality_no, bolig_id, byggear, loads)"
        " values ('0220', 'B1', '1975', '{}')"
    )
    with warehouse.connect(ready) as connection:
        assert history.behind(connection) == ["property/dwelling: byggear is integer, no longer text"]
        history.prepare(connection)
        assert history.behind(connection) == []
        assert connection.execute("select byggear from history.property__dwelling").fetchall() == [(1975,)]
        connection.execute("select byggear + 1 from raw.property__dwelling")


@pytest.mark.parametrize("stored", ["01.02.2010", "ukjent", "2010"])
def test_a_column_whose_values_would_be_read_otherwise_is_left_and_said(ready: Settings, execute, stored: str) -> None:
    execute("delete from history.property__dwelling")
    execute("alter table history.property__dwelling alter column anskaffet_dato type text")
    execute(
        "insert into history.property__dwelling (municipality_no, bolig_id, anskaffet_dato, loads)"
        f" values ('0220', 'B1', '{stored}', '{{}}')"
    )
    with (
        warehouse.connect(ready) as connection,
        pytest.raises(history.ContractChanged, match="anskaffet_dato date") as said,
    ):
        history.prepare(connection)
    assert stored not in str(said.value)
    with warehouse.connect(ready) as connection:
        assert connection.execute("select anskaffet_dato from history.property__dwelling").fetchall() == [(stored,)]
    execute("delete from history.property__dwelling")
    with holding.opened(ready):
        pass


def test_the_contracts_types_are_spelled_as_the_server_spells_them(ready: Settings) -> None:
    with warehouse.connect(ready) as connection:
        assert history.behind(connection) == []
    assert {column.sql_type for table in contracts.tables().values() for column in table.columns}


# -------------------------------------------------------------------------------------------------- log and figures


@pytest.fixture(scope="module")
def told(install, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, list[dict[str, str]]]:
    """An installation with one bad row and no way to Statistics Norway, and what its first night told a machine.

    Its Superset was prepared before there was anything to be shown, and does not run.
    """
    installation: Installation = install()
    (installation.settings.home / "superset").mkdir()
    superset.mark_prepared(installation.settings)
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing, "0220", date(2011, 1, 1), {"startlan": [{"formal": "hytte"}]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOLIG_LOG_FORMAT", "json")
        # nobody listens at port 9
        patch.setenv("BOLIG_SSB_URLS", "https://127.0.0.1:9/api/pxwebapi/v2/tables/06913/data")
        night = installation.bolig("nightly", "--landing", landing)
    assert night.returncode == 0, night.stderr
    return installation, [json.loads(line) for line in night.stderr.splitlines()]


def test_a_night_goes_on_without_statistics_norway(told) -> None:
    installation, events = told
    (said,) = [event["message"] for event in events if "cannot be reached" in event["message"]]
    assert "last accepted figures" in said
    assert installation.ask("select municipality_no from scorecard.publication") == [("0220",)]


def test_what_dashboards_stand_on_is_there_though_superset_was_prepared_before_the_first_night(told) -> None:
    installation, events = told
    assert any("Superset is not running" in event["message"] for event in events)
    with warehouse.connect(installation.settings) as connection:
        made = ddl.views(connection, warehouse.DATASETS)
    assert made == {path.stem for path in (written.ASSETS / "datasets").glob("*.yaml")}


def test_the_log_and_the_figures_can_be_read_by_machines(told, monkeypatch: pytest.MonkeyPatch) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    installation, events = told
    monkeypatch.setenv("BOLIG_LOG_FORMAT", "json")
    assert all({"message", "level", "logger", "timestamp"} <= event.keys() for event in events)
    assert any("is loaded" in event["message"] for event in events)

    figures = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(installation.bolig("metrics").stdout)
        for sample in family.samples
    }
    assert figures["bolig_nights", "published"] == 1
    assert figures["bolig_quarantined_rows", "0220", "husbanken"] == 1
    assert figures["bolig_published_as_of_timestamp_seconds", "0220"] == 1293753600
    assert ("bolig_last_backup_timestamp_seconds",) not in figures, "there is none"

    examined = installation.bolig("doctor")
    assert examined.returncode == 1, "its landing folder is not there"
    assert "published" in examined.stdout and "There is no landing folder" in examined.stdout
    assert os.environ["BOLIG_LOG_FORMAT"] == "json"

    state = json.loads(installation.bolig("status", "--json").stdout)
    assert [row["municipality_no"] for row in state["published"]] == ["0220"]
    assert [night["outcome"] for night in state["nights"]] == ["published"]
    assert [(row["file"], row["rule"], row["rows"]) for row in state["quarantined"]] == [
        ("husbanken/startlan.csv", "code", 1)
    ]
    assert "fault" in {row["state"] for row in json.loads(installation.bolig("doctor", "--json").stdout)}
    monkeypatch.setenv("BOLIG_PSEUDONYM_KEY", "k" * 32)
    shown = installation.bolig("settings", "--json").stdout
    assert "k" * 32 not in shown
    assert {row["variable"]: row["here"] for row in json.loads(shown)}["BOLIG_PSEUDONYM_KEY"] == "(set)"


def test_the_owner_is_no_superuser_and_readers_are_held_by_the_server(ready: Settings) -> None:
    with warehouse.connect(ready) as connection:
        assert connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
    with warehouse.connect(ready, "reader") as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from scorecard.publication")
