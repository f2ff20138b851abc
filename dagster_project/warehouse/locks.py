"""Locks by a name, which hold whole processes apart: they fall with the session that took them, however it ends.

Belongs here: taking one, looking who has one, and the limit of every wait. Does not belong here: what is done under it.

They are PostgreSQL's advisory locks, and of those everybody may take any, who reads a dashboard too. So only the
owner's count: another login's session that has or waits for one is ended, and what cannot be ended is named.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, LiteralString

from dagster_project import BoligError

if TYPE_CHECKING:
    from psycopg import Connection

# what others do under a lock takes them seconds, as a rule
PATIENCE = 300.0
LONGEST_PAUSE = 1.0
# that a session which is ended takes to be gone
LONGEST_ENDING = 10.0

Until = Literal["session", "transaction"]


class LockHeld(BoligError):
    """Somebody has had a lock for longer than one waits for it; the message says who."""


def take(
    connection: "Connection[Any]",
    name: str,
    number: int = 0,
    *,
    shared: bool = False,
    until: Until = "session",
    seconds: float = PATIENCE,
) -> None:
    """Take a lock, until the session or the transaction ends; waits for those who have it. Raises LockHeld."""
    give_up = time.monotonic() + seconds
    pause = 0.01
    while not is_taken(connection, name, number, shared=shared, until=until):
        if time.monotonic() > give_up:
            raise LockHeld(
                f"{name.removeprefix('bolig.')} {number or ''}".strip()
                + f" is held by {holder(connection, name, number) or 'somebody who let go just now'}, and was not let"
                f" go within {seconds:,.0f} seconds. Wait for it to end, or end it, and start again."
            )
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


@contextmanager
def held(connection: "Connection[Any]", name: str) -> Iterator[None]:
    """Hold a lock for a while. Raises LockHeld."""
    take(connection, name)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(hashtext(%s), 0)", [name])


def let_go(connection: "Connection[Any]") -> None:
    """End what this session holds now: with the session it ends a moment later, in which the next one is refused."""
    from psycopg import OperationalError

    with suppress(OperationalError):  # a session that is lost holds nothing
        connection.execute("select pg_advisory_unlock_all()")


def is_taken(
    connection: "Connection[Any]", name: str, number: int = 0, *, shared: bool = False, until: Until = "session"
) -> bool:
    """Take a lock if that can be done at once, or as soon as strangers' sessions are ended; says whether it was."""
    # who waits counts as well: nobody passes by in the queue
    strangers = {each.pid for each in _sessions(connection, name, number) if not each.is_owners and each.can_be_ended}
    if strangers:
        connection.execute("select pg_terminate_backend(pid) from unnest(%s::integer[]) as pid", [list(strangers)])
        # a session that is told to end has its locks for a moment yet; until then whoever asks once would be refused
        give_up = time.monotonic() + LONGEST_ENDING
        while time.monotonic() < give_up and strangers & {each.pid for each in _sessions(connection, name, number)}:
            time.sleep(0.01)
    row = connection.execute(_TRY[until, shared], [name, number]).fetchone()
    return row == (True,)


def is_held(connection: "Connection[Any]", name: str, number: int = 0) -> bool:
    """Whether a session of the owner's has the lock."""
    return any(each.is_owners and each.has_it for each in _sessions(connection, name, number))


def holder(connection: "Connection[Any]", name: str, number: int = 0) -> str | None:
    """Who has the lock, in words."""
    for each in _sessions(connection, name, number):
        if each.has_it:
            program = each.program or "a program without a name"
            return f"{each.login} ({program}, process {each.pid}, since {each.since:%Y-%m-%d %H:%M})"
    return None


@dataclass(frozen=True)
class _Session:
    """A session that has a lock or waits for it."""

    pid: int
    login: str
    program: str
    since: datetime
    has_it: bool
    is_owners: bool
    can_be_ended: bool


def _sessions(connection: "Connection[Any]", name: str, number: int) -> list[_Session]:
    """Who has the lock or waits for it, the longest session first."""
    return [_Session(*row) for row in connection.execute(_SESSIONS, [name, number])]


# whoever asks is the owner, or a superuser who stands in for them
_SESSIONS: LiteralString = """
    select
        session.pid, session.usename, session.application_name, session.backend_start, pg_locks.granted,
        session.usename = current_user or session.usesysid = pg_database.datdba,
        pg_has_role(current_user, session.usesysid, 'usage')
    from pg_locks
    inner join pg_stat_activity as session on pg_locks.pid = session.pid
    inner join pg_database on pg_locks.database = pg_database.oid
    where pg_locks.locktype = 'advisory' and pg_locks.objsubid = 2
    and pg_locks.classid = hashtext(%s)::oid and pg_locks.objid = %s::integer::oid
    and pg_database.datname = current_database()
    order by session.backend_start
"""

_TRY: dict[tuple[Until, bool], LiteralString] = {
    ("session", False): "select pg_try_advisory_lock(hashtext(%s), %s)",
    ("session", True): "select pg_try_advisory_lock_shared(hashtext(%s), %s)",
    ("transaction", False): "select pg_try_advisory_xact_lock(hashtext(%s), %s)",
}
