"""A backup, brought back into an empty home: the same figures, the same reports, the same people."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.night import holding
from dagster_project.operations import backup, doctor, keys, persons
from dagster_project.warehouse import rights
from tests.conftest import Installation
from tests.deliveries import person, write_delivery

NEW_YEAR, NEXT_DAY = date(2011, 1, 1), date(2011, 1, 2)
PEOPLE = {
    "application": [{}, {}, {}],
    "waitlist_entry": [{}, {"soknad_id": "S2"}, {"soknad_id": "S3"}],
    "bostotte": [{"fodselsnummer": person(n)} for n in (1, 2, 3)],
}
ERASED = person(3)


def published(installation: Installation) -> dict[str, list[str]]:
    """Every row that readers see, by table and view, as text."""
    tables = installation.ask(
        "select oid::regclass::text from pg_class"
        " where relkind in ('r', 'v') and relnamespace::regnamespace::text = any(%s)",
        list(warehouse.PUBLISHED_SCHEMAS),
    )
    return {
        name: [row for (row,) in installation.ask(f"select row_to_json(t)::text from {name} as t order by 1")]
        for (name,) in tables
    }


def versions(installation: Installation) -> list[tuple[int, int]]:
    with warehouse.connect(installation.settings) as connection:
        return connection.execute(
            "select count(*), count(distinct fodselsnummer) from history.allocation__application"
        ).fetchall()


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def original(install, landing: Path) -> Installation:
    """An installation that has published and closed a year, with a backup of that."""
    installation = install()
    write_delivery(landing, "0220", NEW_YEAR, PEOPLE)
    installation.nightly(landing)
    assert installation.bolig("close", "--period", "2010", "--by", "Kari").returncode == 0
    rights.prepare_records(installation.settings, "superset")
    with warehouse.connect(installation.settings, "superset") as connection:
        connection.execute("create type state as enum ('on', 'off')")
        connection.execute("create table slice (id serial primary key, state state)")
        connection.execute("create sequence tag_seq")
        connection.execute("insert into slice (state) values ('on')")
    made = installation.bolig("backup")
    assert made.returncode == 0, made.stderr
    assert "Keep the two apart" in made.stdout
    return installation


@pytest.fixture(scope="module")
def made(original: Installation) -> Path:
    (found,) = backup.every(original.settings.backups)
    return found.path


@pytest.fixture(scope="module")
def secrets(original: Installation, made: Path) -> Path:
    """The archive that has the keys."""
    return backup.secrets_of(original.settings, made)


@pytest.fixture(scope="module")
def restored(install, made: Path, secrets: Path) -> Installation:
    installation = install(is_new=True)
    result = installation.bolig("restore", made, "--secrets", secrets, "--by", "Kari")
    assert result.returncode == 0, result.stderr
    return installation


def test_everything_that_readers_see_comes_back(original: Installation, restored: Installation) -> None:
    before = published(original)
    assert len(before["scorecard.reported"]) > 100
    assert published(restored) == before


def test_supersets_and_dagsters_records_are_theirs_again(restored: Installation) -> None:
    prepared = restored.bolig("db", "prepare")
    assert prepared.returncode == 0, prepared.stderr
    rights.prepare_records(restored.settings, "superset")
    with warehouse.connect(restored.settings, "superset") as connection:
        connection.execute("insert into slice (state) values ('off')")
        connection.execute("alter table slice add column name text")
        connection.execute("alter sequence tag_seq restart")
        connection.execute("alter type state add value 'broken'")
        assert connection.execute("select id, state::text from slice order by 1").fetchall() == [(1, "on"), (2, "off")]
    with warehouse.connect(restored.settings, "dagster") as connection:
        (runs,) = connection.execute("select count(*) from runs").fetchone() or (0,)
        connection.execute("alter table runs add column remark text")
        assert runs == 1


def test_people_are_the_same_after_it(restored: Installation, landing: Path) -> None:
    before = versions(restored)
    assert "already" in restored.night(landing)
    write_delivery(landing, "0220", NEXT_DAY, PEOPLE | {"dwelling": [{"omrade": "Nesbru"}]})
    restored.night(landing)
    assert versions(restored) == before == [(3, 3)], "no row of a person has changed"
    assert restored.ask("select extract_date from scorecard.publication") == [(NEXT_DAY,)]


@pytest.mark.attack
def test_only_its_owner_may_read_a_backup_and_dump_and_keys_lie_apart(
    original: Installation, made: Path, secrets: Path
) -> None:
    assert {path.name for path in made.iterdir()} == {backup.DUMP, backup.MANIFEST}
    assert secrets.parent not in (made, *made.parents)
    written = (made.parent, made, *made.iterdir(), secrets.parent, secrets)
    assert not [path for path in written if path.stat().st_mode & 0o077]
    key = original.settings.pseudonym_key_file.read_bytes().strip()
    assert [path for path in (*made.iterdir(), secrets) if key in path.read_bytes()] == [secrets]


def test_a_home_that_is_not_empty_is_not_overwritten(original: Installation, made: Path) -> None:
    result = original.bolig("restore", made)
    assert result.returncode == 1
    assert "is not empty" in result.stderr


def test_a_damaged_backup_is_refused(install, made: Path, tmp_path: Path) -> None:
    damaged = tmp_path / made.name
    subprocess.run(["/bin/cp", "-r", made, damaged], check=True)
    dump = damaged / backup.DUMP
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    result = install(is_new=True).bolig("restore", damaged)
    assert (result.returncode, "cannot be trusted" in result.stderr) == (1, True)


def test_without_its_keys_a_backup_is_refused_and_with_them_from_elsewhere_or_beside_it_taken(
    install, made: Path, secrets: Path, tmp_path: Path
) -> None:
    # beside the dump, as earlier versions left them
    old = tmp_path / made.name
    subprocess.run(["/bin/cp", "-r", made, old], check=True)
    installation = install(is_new=True)
    without = installation.bolig("restore", old)
    assert (without.returncode, "--secrets" in without.stderr) == (1, True)
    (old / backup.SECRETS).write_bytes(secrets.read_bytes()[:-1] + b"x")
    damaged = installation.bolig("restore", old)
    assert (damaged.returncode, "cannot be trusted" in damaged.stderr) == (1, True)
    (old / backup.SECRETS).write_bytes(secrets.read_bytes())
    result = installation.bolig("restore", old)
    assert result.returncode == 0, result.stderr


@pytest.mark.attack
def test_a_large_object_that_somebody_made_breaks_no_backup(original: Installation) -> None:
    with warehouse.connect(original.settings, "superset", autocommit=True) as connection:
        connection.execute("select lo_create(4242)")
    try:
        made = backup.make(original.settings, original.settings.home / "elsewhere")
        found = [finding.what for name, finding in doctor.examine(original.settings) if name == "server"]
        assert ["1 large objects (bolig_superset)" in what for what in found] == [True]
        assert made.size > 10_000
    finally:
        with warehouse.connect(original.settings, "superset", autocommit=True) as connection:
            connection.execute("select lo_unlink(4242)")


def test_nobody_who_was_erased_comes_back_with_an_older_backup(install, original: Installation, made: Path) -> None:
    before = len(original.ask("select * from marts.fct_application"))
    persons.erase(original.settings, ERASED, "Kari")
    keys.rotate(original.settings, "Kari")
    installation = install(is_new=True)
    # the keys as they are now: the backup's own are the first of them
    installation.settings.pseudonym_key_file.write_bytes(original.settings.pseudonym_key_file.read_bytes())
    result = installation.bolig("restore", made)
    assert result.returncode == 0, result.stderr
    assert versions(installation) == [(2, 2)]
    assert len(installation.ask("select * from marts.fct_application")) == before - 1
    assert published(installation)["scorecard.reported"] == published(original)["scorecard.reported"]


def test_nobody_who_was_erased_stays_where_another_program_brought_the_server_back(
    install, original: Installation, made: Path, secrets: Path, tmp_path: Path
) -> None:
    # a server's own recovery knows no journal: neither does this copy of the backup
    without_journal = shutil.copytree(made, tmp_path / made.name)
    installation = install(is_new=True)
    assert installation.bolig("restore", without_journal, "--secrets", secrets).returncode == 0
    assert versions(installation) == [(3, 3)], "the person is back, under the former keys"
    nobody = installation.bolig("person", "reapply")
    assert (nobody.returncode, "names nobody" in nobody.stdout) == (0, True), nobody.stderr
    installation.settings.backups.mkdir()
    shutil.copy(original.settings.backups / "erasures.json", installation.settings.backups)
    refused = installation.bolig("person", "reapply")
    assert refused.returncode == 1, "the journal names people by keys that came later"
    assert versions(installation) == [(3, 3)]
    installation.settings.pseudonym_key_file.write_bytes(original.settings.pseudonym_key_file.read_bytes())
    journal = installation.settings.backups / "erasures.json"
    named = journal.read_bytes()
    too_early = installation.bolig("backup")
    assert (too_early.returncode, "person reapply" in too_early.stderr, journal.read_bytes()) == (1, True, named)
    result = installation.bolig("person", "reapply", "--by", "Kari")
    assert result.returncode == 0, result.stderr
    assert "1 persons were erased" in result.stdout
    assert versions(installation) == [(2, 2)]
    with warehouse.connect(installation.settings) as connection:
        done = connection.execute("select done_by from operations.audit where act = 'erased again' order by done_at")
        assert [who for (who,) in done][-1] == "Kari"


def test_dagsters_jobs_do_what_the_commands_do(original: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project.defs import operations

    monkeypatch.setenv("BOLIG_HOME", str(original.settings.home))
    before = len(backup.every(original.settings.backups))
    assert operations.backup_job.execute_in_process().success
    assert operations.prune_job.execute_in_process().success
    assert len(backup.every(original.settings.backups)) == before + 1
    monkeypatch.setattr(operations, "SECONDS_BETWEEN", 0)
    with holding.lock(original.settings):
        failed = operations.backup_job.execute_in_process(raise_on_error=False)
    assert not failed.success
    assert len([event for event in failed.all_events if event.is_step_up_for_retry]) == operations.TRIES_AGAIN
    assert len(backup.every(original.settings.backups)) == before + 1


def test_a_backup_that_fails_leaves_nothing_half_made(original: Installation, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    result = original.bolig("backup", "--to", blocked / "below")
    assert (result.returncode, "cannot be written" in result.stderr) == (1, True)
    assert not [path for path in original.settings.backups.iterdir() if path.name.startswith(".")]


def test_a_manifest_says_what_the_backup_was_made_of_and_no_key(made: Path) -> None:
    manifest = json.loads((made / backup.MANIFEST).read_text())
    assert set(manifest) == {
        "made_at", "database", "server_version", "code_version", "keys", "is_demonstration", "sha256",
    }  # fmt: skip
    assert len(manifest["keys"]) == 16
