"""New keys for the pseudonyms, without losing a join.

Belongs here: the rotation. Does not belong here: what a pseudonym is (landing/people.py), and where keys are kept
(settings.py).

A pseudonym cannot be turned back into its number, and the files with the numbers are not kept for ever; so a new key
does not take the old one's place but comes after it: the new pseudonym is the HMAC of the old one. The door does the
same, key after key, to every number that comes in. Whoever has the old key only can name no stored person any more;
the warehouse needs the whole chain, and each rotation makes it longer by one.

What must change together does not lie together: the keys in a file or in the environment, their fingerprint in the
warehouse beside the pseudonyms. So the new key is written first, and everything in the warehouse follows in one
transaction. A rotation killed between the two is told by the fingerprint: the door refuses, and the next
`bolig rotate-key` completes it.
"""

import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from dagster_project.landing import books, people
from dagster_project.night import holding
from dagster_project.operations import audit, journal
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Rotation:
    """A rotation that was done: persons that have another pseudonym now, and rows by table."""

    persons: int
    rows: Mapping[str, int]

    def lines(self) -> list[str]:
        """The rotation in plain words."""
        return [
            f"{self.persons:,} pseudonyms are new, in {sum(self.rows.values()):,} rows of {len(self.rows)} tables.",
            "Every join is as before. The former key alone names nobody in the warehouse any more; the door needs all"
            " keys, so keep them all.",
            "Backups made before hold the former pseudonyms: make a new one (`bolig backup`), and delete those.",
        ]


def rotate(settings: Settings, done_by: str) -> Rotation:
    """Add a key (or take up one that was added) and give every stored person a new pseudonym.

    Raises PersonalKeyError where the keys come from the environment and none was added, NightInProgress.
    """
    with holding.lock(settings), holding.opened(settings) as connection:
        keys = people.personal_keys(settings)
        known = books.key_fingerprint(connection)
        if known == people.key_fingerprint(keys) or (known is None and len(keys) == 1):
            keys = _with_another(settings, keys)
        rotation = bring_up_to_date(connection, keys, done_by)
        journal.write(settings, connection)
        return rotation


def bring_up_to_date(connection: "Connection[Any]", keys: people.Keys, done_by: str) -> Rotation:
    """Bring the stored pseudonyms to the last of the keys, from whichever of them they stand at.

    Raises PersonalKeyError where they were made with none of them.
    """
    known = books.key_fingerprint(connection)
    at = [n for n in range(1, len(keys) + 1) if people.key_fingerprint(keys[:n]) == known]
    if known is None:
        at = [len(keys) - 1]
    if not at:
        raise people.PersonalKeyError(
            "The stored pseudonyms were made with another key than those that are set; nothing was changed. "
            "Put the former key back, and the new one after it."
        )
    with connection.transaction():
        connection.execute(
            "create temporary table renaming (municipality_no text, old text, new text,"
            " primary key (municipality_no, old)) on commit drop"
        )
        columns = person_columns(connection)
        found = {row for name, column in columns for row in connection.execute(_distinct(name, column))}
        with connection.cursor().copy("copy renaming from stdin") as copy:
            for municipality_no, pseudonym in found:
                copy.write_row((municipality_no, pseudonym, people.renamed(pseudonym, keys[at[0] :])))
        connection.execute("analyze renaming")
        rows = rename(connection, columns)
        books.keep_key_fingerprint(connection, people.key_fingerprint(keys))
        audit.record(connection, "keys rotated", done_by, rows)
    compact(connection, rows)
    return Rotation(len({pseudonym for _, pseudonym in found}), rows)


def _with_another(settings: Settings, keys: people.Keys) -> people.Keys:
    """The keys and a new one after them, in their file."""
    if settings.pseudonym_key:
        raise people.PersonalKeyError(
            "The keys come from BOLIG_PSEUDONYM_KEY, which cannot be written from here: put a new key of at least 32 "
            "characters after the present one, with a blank between, and run `bolig rotate-key` again."
        )
    keys = (*keys, secrets.token_hex(32).encode())
    file = settings.pseudonym_key_file
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mkstemp gives owner-only rights
    with os.fdopen(descriptor, "wb") as written:
        written.write(b"\n".join(keys) + b"\n")
        written.flush()
        os.fsync(written.fileno())
    os.replace(draft, file)
    return keys


# ---------------------------------------------------------------------------------------------- renaming

Columns = list[tuple[str, str]]
"""(schema.table, column) of the columns that hold pseudonyms."""


def person_columns(connection: "Connection[Any]") -> Columns:
    """Every column of a table that holds pseudonyms: they are known by the names that the contracts give them."""
    names = {
        name
        for table in contracts.tables().values()
        for column in table.columns
        if column.personal
        for name in (column.name, column.business_name)
    }
    return connection.execute(
        """
        select format('%%I.%%I', relation.relnamespace::regnamespace, relation.relname), attribute.attname
        from pg_attribute as attribute
        inner join pg_class as relation on attribute.attrelid = relation.oid
        where
            relation.relkind = 'r' and relation.relpersistence <> 't' and attribute.attname = any(%s)
            and not attribute.attisdropped
        order by 1, 2
        """,
        [sorted(names)],
    ).fetchall()


def rename(connection: "Connection[Any]", columns: Columns) -> dict[str, int]:
    """Give the persons of the temporary table renaming (municipality_no, old, new) their new pseudonyms; rows changed
    by table."""
    changed: dict[str, int] = {}
    for name, column in columns:
        table = sql.SQL(name)  # type: ignore[arg-type]
        statement = sql.SQL(
            "update {0} as t set {1} = new from renaming"
            " where t.municipality_no = renaming.municipality_no and t.{1} = old"
        ).format(table, sql.Identifier(column))
        if rows := connection.execute(statement).rowcount:
            changed[name] = changed.get(name, 0) + rows
    return changed


def _distinct(name: str, column: str) -> sql.Composed:
    return sql.SQL("select distinct municipality_no, {0} from {1} where {0} is not null").format(
        sql.Identifier(column),
        sql.SQL(name),  # type: ignore[arg-type]
    )


def compact(connection: "Connection[Any]", names: Iterable[str]) -> None:
    """Write the tables anew without what was deleted: a plain vacuum would leave its bytes in their pages.

    A published table that somebody reads all the while gets the plain one; the next nights write over the rest.
    """
    connection.execute("set lock_timeout = '60s'")
    for name in names:
        table = sql.SQL(name)  # type: ignore[arg-type]
        try:
            connection.execute(sql.SQL("vacuum (full, analyze) {}").format(table))
        except psycopg.errors.LockNotAvailable:
            connection.execute(sql.SQL("vacuum (analyze) {}").format(table))
    connection.execute("reset lock_timeout")
