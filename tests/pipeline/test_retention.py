"""What is kept no longer is deleted, and what must stay stays and is said.

Two municipalities share the warehouse, whose deliveries are the same in everything but the number.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.landing import door
from dagster_project.landing.delivery import Delivery
from dagster_project.night import holding
from dagster_project.operations import backup, retention
from dagster_project.settings import Settings
from dagster_project.vocabulary.contracts import tables
from tests.deliveries import Row, person, write_delivery

TODAY = date(2011, 6, 30)
HERE, TWIN = "0220", "0301"
DAYS = [date(2011, month, 1) for month in (1, 2, 3, 4, 5, 6)]


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Settings:
    """Six monthly deliveries of each: the number of rooms changes every month, the person in March, one row is bad."""
    here = settings.model_copy(update={"landing_dir": tmp_path, "max_shrink_share": 1, "backup_dir": tmp_path / "b"})
    with holding.opened(here) as connection:
        history = ", ".join(f"history.{table.raw_name}" for table in tables().values())
        connection.execute(
            "truncate landing.delivery, landing.delivery_file, landing.quarantined_row, scorecard.publication,"
            f" operations.audit, {history}".encode()
        )
        connection.execute("alter table scorecard.closing disable trigger user")
        connection.execute("delete from scorecard.closing")
        for n, day in enumerate(DAYS):
            given: dict[str, list[Row]] = {
                "dwelling": [{"antall_rom": n + 1}],
                "tenancy": [{"fodselsnummer": person(1 if n < 2 else 2)}],
                "startlan": [{"formal": "hytte"}],
            }
            if n == 0:
                given |= {"target": [{}]}
            folder = write_delivery(tmp_path, HERE, day, given)
            shutil.copytree(folder, tmp_path / TWIN / folder.name)
            for number in (HERE, TWIN):
                found = Delivery(number, day, tmp_path / number / folder.name)
                assert door.receive(connection, found, here, None).status == "accepted"
        connection.execute("update landing.delivery set received_at = extract_date")
    return here


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with warehouse.connect(settings) as connection:
        return connection.execute(query.encode()).fetchall()


def rooms(settings: Settings, number: str) -> list[int]:
    """By how many rooms history knows the municipality's dwelling."""
    query = f"select antall_rom from history.property__dwelling where municipality_no = '{number}' order by 1"
    return [rooms for (rooms,) in ask(settings, query)]


def forget_targets(settings: Settings, number: str) -> None:
    """Make it that no delivery of the municipality has brought targets."""
    with warehouse.connect(settings) as connection:
        connection.execute(
            "delete from landing.delivery_file where table_name = 'target' and municipality_no = %s", [number]
        )


def test_without_a_limit_nothing_is_deleted(kept: Settings) -> None:
    assert "nothing is deleted" in retention.prune(kept, "Kari", TODAY)[0]
    for number in (HERE, TWIN):
        assert rooms(kept, number) == [1, 2, 3, 4, 5, 6]
        assert len(list((kept.landing / number).iterdir())) == 6


def test_old_deliveries_go_from_the_landing_folder_but_the_newest_never(kept: Settings) -> None:
    limited = kept.model_copy(update={"keep_landing_months": 2})
    shutil.rmtree(kept.landing / TWIN / "2011-06-01")
    said = retention.prune(limited, "Kari", TODAY)
    assert sorted(path.name for path in (kept.landing / HERE).iterdir()) == ["2011-05-01", "2011-06-01"]
    assert said == ["Deleted: 8 deliveries in the landing folder from before 2011-04-30."]
    said = retention.prune(limited, "Kari", TODAY + timedelta(days=900))
    for number, day in ((HERE, "2011-06-01"), (TWIN, "2011-05-01")):
        assert [path.name for path in (kept.landing / number).iterdir()] == [day]
        assert f"Kept though older: the newest delivery of {number}, of {day}." in said


def test_old_quarantined_rows_go_but_those_of_the_newest_load_stay(kept: Settings) -> None:
    limited = kept.model_copy(update={"keep_quarantine_months": 2})
    retention.prune(limited, "Kari", TODAY + timedelta(days=900))
    assert ask(
        kept,
        "select row.municipality_no, extract_date from landing.quarantined_row as row"
        " inner join landing.delivery using (load_id) order by 1",
    ) == [(HERE, DAYS[-1]), (TWIN, DAYS[-1])]
    assert ask(kept, "select count(*) from landing.delivery_file where rows_quarantined > 0") == [(12,)], "counts stay"


def test_row_versions_that_no_kept_load_has_are_deleted(kept: Settings) -> None:
    limited = kept.model_copy(update={"keep_history_months": 2})
    forget_targets(kept, TWIN)
    said = retention.prune(limited, "Kari", TODAY)
    # January's load stays: it is the last that brought targets; the other municipality has none
    accepted = (
        "select extract_date from landing.delivery where status = 'accepted' and municipality_no = '{}' order by 1"
    )
    assert ask(kept, accepted.format(HERE)) == [(DAYS[0],), (DAYS[4],), (DAYS[5],)]
    assert ask(kept, accepted.format(TWIN)) == [(DAYS[4],), (DAYS[5],)]
    assert (rooms(kept, HERE), rooms(kept, TWIN)) == ([1, 5, 6], [5, 6])
    tenancies = "select municipality_no, count(*) from history.property__tenancy group by 1 order by 1"
    assert ask(kept, tenancies) == [(HERE, 2), (TWIN, 1)]
    assert said == [
        "Kept though older: the load of 0220 of 2011-01-01, the newest, or the last that brought a table (targets, "
        "statistics) which later ones go without.",
        "Deleted: 7 loads from before 2011-04-30, with the 8 row versions that no later load has.",
    ]
    ((done_by, act, rows),) = ask(kept, "select done_by, act, rows from operations.audit")
    assert (done_by, act, rows["history.property__dwelling"]) == ("Kari", "pruned", 7)


def test_what_is_kept_can_still_be_rebuilt_and_what_is_not_says_so(kept: Settings) -> None:
    limited = kept.model_copy(update={"keep_history_months": 2})
    loads_here = f"select load_id from landing.delivery where municipality_no = '{HERE}' order by 1"
    loads = [load_id for (load_id,) in ask(kept, loads_here)]
    retention.prune(limited, "Kari", TODAY)
    tenancies = "select count(*) from raw.property__tenancy"
    with warehouse.connect(kept) as connection:
        for load_id, count in ((loads[0], 1), (loads[4], 5), (loads[5], 6)):
            door.restore(connection, load_id)
            for query, expected in (("select antall_rom from raw.property__dwelling", count), (tenancies, 1)):
                assert connection.execute(f"{query} where municipality_no = '{HERE}'".encode()).fetchall() == [
                    (expected,)
                ]
        with pytest.raises(door.DoorError, match="no accepted load"):
            door.restore(connection, loads[2])
        # the next delivery goes on from what is left
        day = date(2011, 7, 1)
        found = Delivery(HERE, day, write_delivery(kept.landing, HERE, day, {"dwelling": [{"antall_rom": 6}]}))
        assert door.receive(connection, found, kept, None).status == "accepted"
    assert (rooms(kept, HERE), rooms(kept, TWIN)) == ([1, 5, 6], [1, 5, 6])


def test_the_load_that_a_closed_period_was_reported_on_stays_and_is_said(kept: Settings) -> None:
    with warehouse.connect(kept) as connection:
        connection.execute(
            "insert into scorecard.closing select municipality_no, 'quarter', '2011-01-01', '2011-01-31', 1, 'Kari',"
            " now(), as_of, extract_date, load_id, null, null, '', '{}', null from landing.delivery"
            " where extract_date = %s and municipality_no = %s",
            [DAYS[2], HERE],
        )
    said = retention.prune(kept.model_copy(update={"keep_history_months": 2}), "Kari", TODAY)
    assert "Kept though older: the load of 0220 of 2011-03-01, which a closed period was reported on." in said
    assert (rooms(kept, HERE), rooms(kept, TWIN)) == ([1, 3, 5, 6], [1, 5, 6]), "of the other none is closed"


def test_deleted_rows_leave_the_servers_files(kept: Settings) -> None:
    (path,) = ask(kept, "select pg_relation_filepath('history.property__tenancy')")
    former = "select fodselsnummer from history.property__tenancy where not upper_inf(loads) and municipality_no = '{}'"
    ((pseudonym,),) = ask(kept, former.format(HERE))
    file = kept.home / "postgresql" / path[0]
    forget_targets(kept, HERE)
    retention.prune(kept.model_copy(update={"keep_history_months": 2}), "Kari", TODAY)
    (now,) = ask(kept, "select pg_relation_filepath('history.property__tenancy')")
    assert now != path, "the table was written anew"
    assert not file.exists() or pseudonym.encode() not in file.read_bytes()
    assert ask(kept, f"select count(*) from history.property__tenancy where fodselsnummer = '{pseudonym}'") == [(0,)]
    assert len(ask(kept, former.format(TWIN))) == 1, "whose January is the last that brought targets"


def test_old_backups_go_but_the_newest_never(settings: Settings, tmp_path: Path) -> None:
    kept = settings.model_copy(update={"backup_dir": tmp_path})
    for name in ("2011-01-01T020000Z", "2011-06-01T020000Z", "2011-06-29T020000Z"):
        (kept.backups / name).mkdir(parents=True)
        (kept.backups / name / backup.MANIFEST).write_text("{}")
    retention.prune_backups(kept, TODAY)
    assert [found.path.name for found in backup.every(kept.backups)] == ["2011-06-01T020000Z", "2011-06-29T020000Z"]
    retention.prune_backups(kept, TODAY + timedelta(days=900))
    assert [found.path.name for found in backup.every(kept.backups)] == ["2011-06-29T020000Z"]


def test_dagsters_old_runs_go_but_not_the_last_of_a_municipality(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from dagster_project.defs.publication import MUNICIPALITIES, PUBLISHED_MUNICIPALITY
    from dagster_project.serving import dagster_home

    kept = settings.model_copy(update={"landing_dir": tmp_path, "backup_dir": tmp_path})
    for name in ("DAGSTER_HOME", dagster_home.STORAGE_URL):
        monkeypatch.setenv(name, "")  # put back afterwards
    dagster_home.prepare_storage(kept)

    @dg.asset(
        key=PUBLISHED_MUNICIPALITY,
        partitions_def=MUNICIPALITIES,
        check_specs=[dg.AssetCheckSpec("holds", asset=PUBLISHED_MUNICIPALITY)],
    )
    def published() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    def partitions(instance: dg.DagsterInstance) -> dict[str, str]:
        records = [
            instance.fetch_materializations(dg.AssetRecordsFilter(PUBLISHED_MUNICIPALITY, asset_partitions=[number]), 1)
            for number in instance.get_materialized_partitions(PUBLISHED_MUNICIPALITY)
        ]
        return {str(found.records[0].partition_key): found.records[0].run_id for found in records}

    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions(MUNICIPALITIES.name, ["0220", "0301"])
        runs = [
            dg.materialize([published], instance=instance, partition_key=number).run_id
            for number in ("0220", "0301", "0220", "0220")
        ]
        before = partitions(instance)
        assert before == {"0220": runs[3], "0301": runs[1]}
        assert "nothing is deleted" in retention.prune(kept, "Kari")[0], "no run is old"
        with warehouse.connect(kept) as connection:
            connection.execute(
                "update dagster.runs set create_timestamp = create_timestamp - interval '91 d' where run_id <> %s",
                [runs[3]],
            )
        said = retention.prune(kept, "Kari")
        assert [line.split(" from")[0] for line in said] == [
            "Deleted: 2 runs of Dagster",
            "Kept though older: 1 runs of Dagster, the last that made something.",
        ]
        assert set(instance.get_run_ids()) == {runs[1], runs[3]}
        assert partitions(instance) == before
    for table in ("event_logs", "asset_check_executions"):
        left = {run_id for (run_id,) in ask(kept, f"select distinct run_id from dagster.{table}")}
        assert left == {runs[1], runs[3]}, table
    folders = {path.name for path in (kept.home / "dagster" / "storage").iterdir()}
    assert folders & set(runs) == {runs[1], runs[3]}


def test_months_are_counted_by_the_calendar() -> None:
    assert retention.months_before(date(2011, 3, 31), 1) == date(2011, 2, 28)
    assert retention.months_before(date(2011, 1, 15), 1) == date(2010, 12, 15)
    assert retention.months_before(date(2012, 2, 29), 12) == date(2011, 2, 28)


def test_who_did_what_goes_in_its_time_but_what_was_done_to_persons_stays(kept: Settings) -> None:
    with warehouse.connect(kept, autocommit=True) as connection:
        for act in ("granted", "erased"):
            for day in (TODAY - timedelta(days=kept.keep_audit_days + 1), TODAY):
                connection.execute(
                    "insert into operations.audit (done_at, done_by, act, rows) values (%s, 'prøve', %s, '{}')",
                    [day, act],
                )
    retention.prune(kept, "prøve", TODAY)
    rest = ask(kept, "select act, count(*) from operations.audit where done_by = 'prøve' and rows = '{}' group by 1")
    assert dict(rest) == {"granted": 1, "erased": 2}
