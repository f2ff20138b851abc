"""Starting the embedded server, also one that was killed: it recovers first, however long that takes.

Belongs here: the server's processes and files. Does not belong here: whom it lets in, and what is in it (warehouse.py).

The package that brings the server waits ten seconds for it, and takes any process of the number that a killed server
had for that server. On a machine that starts anew, such a process is somebody else's.
"""

import fcntl
import logging
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

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
