"""The record of what was done: to stored data by hand or by rule, and by people in the dashboards.

Belongs here: the table operations.audit, and what is told of it and of Superset's own record, side by side.
Does not belong here: the acts, and the record of nights (night/record.py).

A person stands in it by a hash of the pseudonym, so that a question ("was this person erased?") can be answered by
whoever has the number and the keys, and by nobody else.
"""

import getpass
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from psycopg.types.json import Jsonb

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import records

if TYPE_CHECKING:
    from psycopg import Connection


Act = Literal[
    "shown",
    "erased",
    "corrected",
    "keys rotated",
    "pruned",
    "restored",
    "erased again",
    "granted",
    "revoked",
    "login made",
    "login removed",
    "exported",
]


def record(
    connection: "Connection[Any]",
    act: Act,
    done_by: str,
    rows: Mapping[str, Any],
    *,
    municipality_no: str | None = None,
    person_id: str | None = None,
    note: str | None = None,
) -> None:
    """Record an act, in the transaction that does it."""
    connection.execute(
        "insert into operations.audit (done_by, act, municipality_no, subject, rows, note)"
        " values (%s, %s, %s, %s, %s, %s)",
        [done_by, act, municipality_no, subject(person_id) if person_id else None, Jsonb(dict(rows)), note],
    )


SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Entry:
    """That somebody did something."""

    at: datetime
    who: str
    what: str
    municipality_no: str | None
    detail: str | None

    def line(self) -> str:
        """The entry in one line."""
        of = f" ({self.municipality_no})" if self.municipality_no else ""
        return f"{self.at:%Y-%m-%d %H:%M}  {self.who}: {self.what}{of}{f': {self.detail}' if self.detail else ''}"


def listed(settings: Settings, since: date, name: str | None = None, municipality_no: str | None = None) -> list[Entry]:
    """Who did what since a day, oldest first; of everybody or of one, and of those who see a municipality.

    Commands and persons asked for are in the warehouse's record; log-ins, opened dashboards and rows, files and SQL in
    Superset's, where it has one. A number of eleven digits in somebody's SQL is not told.
    """
    from psycopg.rows import class_row

    with warehouse.connect(settings) as connection:
        records.prepare(settings, connection)
        query = warehouse.statement(SQL / "audit_of_commands.sql")
        if connection.execute("select to_regclass('superset.logs') is not null").fetchone() == (True,):
            query += b" union all " + warehouse.statement(SQL / "audit_of_dashboards.sql")
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            terms = {"since": since, "name": name, "number": municipality_no}
            return cursor.execute(query + b" order by 1", terms).fetchall()


def prune(connection: "Connection[Any]", before: date) -> dict[str, int]:
    """Delete what is older, but what was done to persons and keys: a restored backup is to have that done again."""
    rows = {
        "operations.audit": connection.execute(
            "delete from operations.audit where done_at < %s and act <> all(%s)",
            [before, ["erased", "corrected", "keys rotated"]],
        ).rowcount
    }
    if connection.execute("select to_regclass('superset.logs') is not null").fetchone() == (True,):
        rows["superset.logs"] = connection.execute("delete from superset.logs where dttm < %s", [before]).rowcount
    return {table: count for table, count in rows.items() if count}


def subject(person_id: str) -> str:
    """How the record names the person of a pseudonym."""
    return hashlib.sha256(person_id.encode()).hexdigest()[:16]


def operating_user() -> str:
    """Who acts where nobody is named: the operating system's user."""
    return getpass.getuser()
