"""Watching the warehouse's server while a night runs: where it ends, the night ends with it, and says so.

Belongs here: noticing, and ending the process. Does not belong here: starting a server (warehouse/), and what a night
holds (holding.py).

A night that lost its sessions has lost its locks, and another may begin: it may not go on. Nor can it end in order:
Dagster keeps its records on the same server, and asks for it at every step, a dozen seconds each time.
"""

import contextlib
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger("bolig.night")

# what a server that is there answers within
SECONDS = 10

_watched = threading.Event()


def lost(settings: Settings) -> str:
    """What is told where the server has ended."""
    to_do = (
        "Start the server, and run the night again."
        if settings.database_url
        else f"Run the night again: that starts it. Its log is {embedded.server_log(settings)}."
    )
    return (
        "PostgreSQL does not answer: the server ended, or the connection to it, and the night with it. The published"
        f" figures stay as they are. {to_do}"
    )


@contextlib.contextmanager
def until_it_ends(settings: Settings, tell: Callable[[str], object]) -> Iterator[None]:
    """For the time of a night: where the server ends, tell it once and end this process with 1.

    Within another watch of the same process nothing is done: that one tells it. Raises WarehouseError.
    """
    if _watched.is_set():
        yield
        return
    # a network that is cut says nothing of it
    patience: dict[str, Any] = {"keepalives_idle": SECONDS, "keepalives_interval": 5, "tcp_user_timeout": 30_000}
    with warehouse.connect(settings, autocommit=True, **patience) as connection:
        is_over, ending = threading.Event(), threading.Lock()

        def end() -> None:
            ending.acquire()  # whoever comes second waits for the end
            try:
                tell(lost(settings))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(1)  # it ends no one else's work: what else runs here waits for the server too

        watching = threading.Thread(target=_wait, args=(connection, is_over, end), daemon=True)
        watching.start()
        _watched.set()
        try:
            yield
        except BaseException:
            # whoever asked the server first has noticed it first
            if not _answers(connection):
                end()
            raise
        finally:
            _watched.clear()
            is_over.set()
            watching.join()


def _wait(connection: "psycopg.Connection[Any]", is_over: threading.Event, end: Callable[[], None]) -> None:
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    quiet = 0.0
    while not is_over.is_set():
        # a server that ends closes the connection; one that is cut off, or a proxy, may not
        quiet += 0.25
        if waiting.poll(250) or quiet > SECONDS:
            quiet = 0.0
            if not _answers(connection):
                end()


def _answers(connection: "psycopg.Connection[Any]") -> bool:
    import psycopg

    try:
        connection.execute("select 1")
    except psycopg.Error:
        return False
    return True
