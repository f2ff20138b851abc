"""The record of what was done to stored data by hand or by rule: who, when, what, how many rows.

Belongs here: the table operations.audit.
Does not belong here: the acts, and the record of nights (night/record.py).

A person stands in it by a hash of the pseudonym, so that a question ("was this person erased?") can be answered by
whoever has the number and the keys, and by nobody else.
"""

import getpass
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from psycopg import Connection


Act = Literal[
    "shown",
    "erased",
    "corrected",
    "keys rotated",
    "pruned",
    "restored",
    "granted",
    "revoked",
    "login made",
    "login removed",
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


def subject(person_id: str) -> str:
    """How the record names the person of a pseudonym."""
    return hashlib.sha256(person_id.encode()).hexdigest()[:16]


def operating_user() -> str:
    """Who acts where nobody is named: the operating system's user."""
    return getpass.getuser()
