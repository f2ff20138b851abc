"""Locks by a name, which hold whole processes apart: they fall with the session that took them, however it ends.

Belongs here: taking one, looking who has one, and the limit of every wait. Does not belong here: what is done under it.

They are PostgreSQL's advisory locks, and of those everybody may take any, who reads a dashboard too. So only the
owner's count: another login's session that has or waits for one is ended, and what cannot be ended is named.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, LiteralString

from dagster_project import BoligError

if TYPE_CHECKING:
    from psycopg import Connection

# what others do under a lock takes them seconds, as a rule
PATIENCE = 300.0
LONGEST_PAUSE = 1.0

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


def is_taken(
    connection: "Connection[Any]", name: str, number: int = 0, *, shared: bool = False, until: Until = "session"
) -> bool:
    """Take a lock if that can be done at once; says whether it was."""
    connection.execute(_END_STRANGERS, [name, number])
    row = connection.execute(_TRY[until, shared], [name, number]).fetchone()
    return row == (True,)


def is_held(connection: "Connection[Any]", name: str, number: int = 0) -> bool:
    """Whether a session of the owner's has the lock."""
    return bool(connection.execute(f"{_HOLDERS} and {_OWNERS} limit 1", [name, number]).rowcount)


def holder(connection: "Connection[Any]", name: str, number: int = 0) -> str | None:
    """Who has the lock, in words."""
    row = connection.execute(_HOLDERS + " order by backend_start limit 1", [name, number]).fetchone()
    return row and f"{row[0]} ({row[1] or 'a program without a name'}, process {row[2]}, since {row[3]:%Y-%m-%d %H:%M})"


_TRY: dict[tuple[Until, bool], LiteralString] = {
    ("session", False): "select pg_try_advisory_lock(hashtext(%s), %s)",
    ("session", True): "select pg_try_advisory_lock_shared(hashtext(%s), %s)",
    ("transaction", False): "select pg_try_advisory_xact_lock(hashtext(%s), %s)",
}

_SESSIONS: LiteralString = """
    from pg_locks
    inner join pg_stat_activity as session using (pid)
    inner join pg_database on pg_locks.database = pg_database.oid
    where locktype = 'advisory' and objsubid = 2 and classid = hashtext(%s)::oid and objid = %s::integer::oid
    and pg_database.datname = current_database()
"""
# whoever asks is the owner, or a superuser who stands in for them
_OWNERS: LiteralString = "(session.usename = current_user or session.usesysid = datdba)"
_HOLDERS: LiteralString = f"select session.usename, application_name, pid, backend_start {_SESSIONS} and granted"
# who waits counts as well: nobody passes by in the queue
_END_STRANGERS: LiteralString = (
    f"select pg_terminate_backend(pid) {_SESSIONS} and not {_OWNERS} and pg_has_role(current_user, usesysid, 'usage')"
)
