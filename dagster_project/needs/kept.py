"""Overviews of needs that are kept: one of the newest delivery, and those that a person has frozen.

Belongs here: working an overview out and keeping it, its versions and its files. Does not belong here: the tables
(warehouse/tables.py), what guards them (the migration), and what stands in them (reckoning.py, content.py).
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from dagster_project import BoligError
from dagster_project.needs import content, reading
from dagster_project.needs.content import Content
from dagster_project.needs.reckoning import METHOD_VERSION, Component, Reckoning
from dagster_project.outlook import running, series
from dagster_project.outlook.kept import published_numbers
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger("bolig.needs")

LOCK = "bolig.needs"
# of the newest delivery, and nobody's
NEWEST = 0


class NeedsRefused(BoligError):
    """No overview can be made; the message says why. Nothing was written."""


@dataclass(frozen=True)
class Overview:
    """An overview as it is kept."""

    municipality_no: str
    version: int
    need_date: date
    as_of: date
    code_version: str
    method_version: str
    made_by: str | None
    made_at: datetime
    content: Content
    rows: tuple[Component, ...]

    @property
    def moment(self) -> datetime:
        """What its files say of when they were made."""
        return self.made_at.astimezone(UTC).replace(microsecond=0)


def look_ahead(
    connection: "Connection[Any]", municipality_nos: Sequence[str] | None = None, *, again: bool = False
) -> running.Done:
    """Work out the outlook and the needs of these municipalities (of all that are published)."""
    done = running.all_of(connection, municipality_nos, again=again)
    for number, why in work_out_all(connection, municipality_nos).items():
        done.failed.setdefault(number, f"needs: {why}")
    return done


def work_out_all(connection: "Connection[Any]", municipality_nos: Sequence[str] | None = None) -> dict[str, str]:
    """Work out what is not yet of the newest delivery of these municipalities (of all); of which it failed, and how.

    Each in a transaction of its own: one municipality's failure is no other's.
    """
    failed = {}
    for number in municipality_nos or published_numbers(connection):
        try:
            work_out(connection, number)
        except Exception as error:
            if connection.broken:
                raise
            # without its words, which may quote rows
            failed[number] = type(error).__name__
            log.error("The overview of needs of %s failed: %s", number, failed[number])
    return failed


def work_out(connection: "Connection[Any]", municipality_no: str) -> bool:
    """Keep the overview of what is published, in place of the delivery before; False where that is done already."""
    with locks.held(connection, LOCK), connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        published = _published(connection, municipality_no)
        if connection.execute(
            "select from scenario.need_overview where municipality_no = %s and need_version = %s and load_id = %s"
            " and code_version = %s and method_version = %s",
            [municipality_no, NEWEST, published.load_id, published.code_version, METHOD_VERSION],
        ).rowcount:
            return False
        connection.execute(
            "delete from scenario.need_overview where municipality_no = %s and need_version = %s",
            [municipality_no, NEWEST],
        )
        _keep(connection, Reckoning(reading.read(connection, published, published.as_of), published.as_of), None)
    return True


def freeze(connection: "Connection[Any]", municipality_no: str, on: date, by: str) -> int:
    """Keep the need at the end of a day for ever, as the one who signs it has it; gives its version.

    The same figures of the same day by the same person are the same version. Raises NeedsRefused.
    """
    if not by.strip():
        raise NeedsRefused("Who makes it must be named: an overview is signed by a person.")
    with locks.held(connection, LOCK), connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        published = _published(connection, municipality_no)
        if on > published.as_of:
            raise NeedsRefused(
                f"What is published of {municipality_no} tells of the time until {published.as_of}, and not of {on}."
            )
        if not published.history_from or on < published.history_from:
            raise NeedsRefused(
                f"The queues of {municipality_no} are known from {published.history_from or 'no day'} on, not on {on}."
            )
        return _keep(connection, Reckoning(reading.read(connection, published, on), on), by.strip())


def _published(connection: "Connection[Any]", municipality_no: str) -> series.Published:
    published = series.read(connection, municipality_no)
    if published is None:
        raise NeedsRefused(f"Nothing of {municipality_no} is published; `bolig nightly` does it.")
    return published


def _keep(connection: "Connection[Any]", reckoned: Reckoning, by: str | None) -> int:
    of, rows = reckoned.basis.published, reckoned.components()
    said = content.gather(connection, reckoned)
    number = of.municipality_no
    whole = {
        "on": reckoned.on, "as_of": of.as_of, "by": by, "method": METHOD_VERSION, "code": of.code_version,
        # what was said before another one changes nothing in it
        "content": {name: part for name, part in said.items() if name != "earlier"},
        "rows": [astuple(row) for row in rows],
    }  # fmt: skip
    fingerprint = hashlib.sha256(json.dumps(whole, default=str, ensure_ascii=False).encode()).hexdigest()
    version = NEWEST
    if by:
        there = connection.execute(
            "select need_version from scenario.need_overview where municipality_no = %s and need_version > %s"
            " and content_hash = %s",
            [number, NEWEST, fingerprint],
        ).fetchone()
        if there:
            return int(there[0])
        (version,) = connection.execute(
            "select coalesce(max(need_version), 0) + 1 from scenario.need_overview where municipality_no = %s", [number]
        ).fetchone() or (1,)
    connection.execute(
        "insert into scenario.need_overview (municipality_no, need_version, need_date, as_of, load_id, code_version,"
        " method_version, made_by, content_hash, content) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            number, version, reckoned.on, of.as_of, of.load_id, of.code_version, METHOD_VERSION, by, fingerprint,
            Jsonb(said),
        ],
    )  # fmt: skip
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy scenario.need (municipality_no, need_version, {_COLUMNS}) from stdin".encode()) as copy,
    ):
        for row in rows:
            copy.write_row((number, version, *astuple(row)))
    return int(version)


_COLUMNS = ", ".join(each.name for each in fields(Component)).replace("dwelling_type", "need_dwelling_type")


def overview(connection: "Connection[Any]", municipality_no: str, version: int) -> Overview:
    """A kept overview. Raises NeedsRefused."""
    found = connection.execute(
        "select need_date, as_of, code_version, method_version, made_by, made_at, content from scenario.need_overview"
        " where municipality_no = %s and need_version = %s",
        [municipality_no, version],
    ).fetchone()
    if found is None:
        raise NeedsRefused(f"{municipality_no} has no overview of needs, version {version}.")
    rows = connection.execute(
        f"select {_COLUMNS} from scenario.need where municipality_no = %s and need_version = %s"
        " order by horizon_years, need_dwelling_type, need_group, alternative, component".encode(),
        [municipality_no, version],
    )
    on, as_of, code_version, method_version, by, at, said = found
    parts = tuple(Component(*row) for row in rows)
    return Overview(municipality_no, version, on, as_of, code_version, method_version, by, at, said, parts)


def files(connection: "Connection[Any]", of: Overview, edition: str) -> dict[str, bytes]:
    """The files of an edition as they were first made, by name; none where it was not made yet."""
    found = connection.execute(
        "select file, content from scenario.need_file where municipality_no = %s and need_version = %s and edition = %s"
        " order by file",
        [of.municipality_no, of.version, edition],
    )
    return {name: bytes(made) for name, made in found}


def keep_files(connection: "Connection[Any]", of: Overview, edition: str, made: dict[str, bytes]) -> None:
    """Keep the files of an edition: what was handed on once stays the same."""
    connection.cursor().executemany(
        "insert into scenario.need_file (municipality_no, need_version, edition, file, content)"
        " values (%s, %s, %s, %s, %s)",
        [(of.municipality_no, of.version, edition, name, content) for name, content in made.items()],
    )
