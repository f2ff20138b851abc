"""The program bolig-dbt: dbt, which ends with the run that starts it, keeps its connections, does without what is in
vain, and may be started early.

Belongs here: that it does. Does not belong here: anything else, for it is read before dbt at every start.

What a killed night left behind would build into the next one's tables: it asks for a new connection where one is gone,
so that to end those that it has does not stop it.

dbt takes seconds to load, as long as the door does with what it lets in. So a night has one loaded when it begins
(`loading`), and what is started as bolig-dbt later lets that one do its work: it hands over its output, arguments,
environment and folder, and ends as that one ends.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LOADED = "BOLIG_DBT_LOADED"
# what an unprivileged process may ask for by Linux's default; a build of all models says a quarter of it
PIPE_BYTES = 1 << 20


def main() -> None:
    """Run dbt with the arguments given. Elsewhere than on Linux it ends by itself only."""
    _end_with_parent()
    _widen_pipe()
    if sys.argv[1:2] == ["--load"]:
        _take_over(Path(sys.argv[2]))
    if path := os.environ.pop(LOADED, None):
        with socket.socket(socket.AF_UNIX) as loaded:
            # where it is not there, or has its work already, this one loads dbt itself
            if not loaded.connect_ex(path):
                sys.exit(_hand_over(loaded))
    _run()


@contextmanager
def loading(program: Path) -> Iterator[dict[str, str]]:
    """Have this program load dbt meanwhile in a process of its own; gives the variables by which it is found, once."""
    with tempfile.TemporaryDirectory(prefix="bolig-dbt-") as folder:
        path = Path(folder, "socket")
        with subprocess.Popen([program, "--load", path], stdin=subprocess.DEVNULL) as process:
            try:
                yield {LOADED: str(path)}
            finally:
                process.kill()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was asked for
            sys.exit(1)


def _widen_pipe() -> None:
    """Have room for all that a build says: whoever reads it does other things meanwhile, and models waited for them."""
    if sys.platform == "linux":
        with suppress(OSError):  # it is no pipe, or the machine grants no such one
            fcntl.fcntl(sys.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _run() -> None:
    keep_connections()
    leave_what_is_in_vain()
    from dbt.cli.main import cli

    cli()


def _hand_over(loaded: socket.socket) -> int:
    """Have the loaded one do this one's work; gives its exit code, 1 where it was killed."""
    what = {"arguments": sys.argv, "environment": dict(os.environ), "folder": os.getcwd()}
    socket.send_fds(loaded, [b"."], [sys.stdout.fileno(), sys.stderr.fileno()])
    loaded.sendall(json.dumps(what).encode() + b"\n")
    return int(loaded.makefile().readline() or 1)


def _take_over(path: Path) -> None:
    """Load dbt, and do the work of the first who asks."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        keep_connections()
        # what the command would load when it is given
        import dbt.adapters.factory
        import dbt.adapters.postgres
        import dbt.cli.main
        import dbt.task.build

        leave_what_is_in_vain()
        of, _ = listener.accept()
    _, (out, error), _, _ = socket.recv_fds(of, 1, 2)
    what = json.loads(of.makefile().readline())
    os.dup2(out, sys.stdout.fileno())
    os.dup2(error, sys.stderr.fileno())
    os.chdir(what["folder"])
    os.environ.clear()
    os.environ.update(what["environment"])
    sys.argv = what["arguments"]
    threading.Thread(target=_end_with, args=(of,), daemon=True).start()
    code: Any = 1
    try:
        dbt.cli.main.cli()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        of.sendall(f"{code}\n".encode())
    sys.exit(code)


def _end_with(of: socket.socket) -> None:
    """End where the one whose work this is has ended."""
    of.recv(1)
    os._exit(1)


def keep_connections() -> None:
    """Have dbt go on with a connection that it has done with; by itself it opens one for every model and every test.

    Each would cost the server a process, and both sides a handshake: a tenth of a small night.
    """
    import psycopg2
    from psycopg2.extensions import connection

    idle: list[connection] = []
    connect = psycopg2.connect

    class Kept(connection):  # type: ignore[misc]
        """A connection that is there for the next who asks, unless it is broken."""

        def close(self) -> None:
            """Undo what was not committed, and wait."""
            if self.closed:
                return
            try:
                self.rollback()
            except psycopg2.Error:  # the server has ended it
                super().close()
            else:
                idle.append(self)

    def kept(**how: Any) -> connection:
        # all of one profile: each is asked for in the same way
        return idle.pop() if idle else connect(connection_factory=Kept, **how)

    psycopg2.connect = kept


def leave_what_is_in_vain() -> None:
    """Have dbt do without what costs it a quarter of its time in a small night, and is for nobody.

    It writes each line in full for each of its logs, some forty for a model and nearly all for its makers, of which the
    log drops those by their level. It makes a table of no rows after each statement, with a parser of dates for it. And
    it writes the file of every statement anew, whatever stands in it, and waits for a disk that the server keeps busy.
    """
    from dbt.contracts.graph import nodes
    from dbt_common.clients import agate_helper
    from dbt_common.clients.system import write_file
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    say = EventManager.fire_event

    def said(self: EventManager, e: BaseEvent, level: EventLevel | None = None, *others: Any, **more: Any) -> None:
        # who else listens, dbt's own look for changed behaviour, hears warnings only
        if (level or e.level_tag()) != EventLevel.DEBUG or any(log.level == EventLevel.DEBUG for log in self.loggers):
            say(self, e, level, *others, **more)

    EventManager.fire_event = said  # type: ignore[method-assign]
    agate_helper.empty_table = cache(agate_helper.empty_table)

    def written(path: str, contents: str = "") -> bool:
        file = Path(path)
        return (file.is_file() and file.read_bytes() == contents.encode()) or bool(write_file(path, contents))

    nodes.write_file = written  # type: ignore[attr-defined]
