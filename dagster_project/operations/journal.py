"""Who was erased, kept beside the backups: a backup restored later shall not bring anybody back.

Belongs here: the journal's file. Does not belong here: erasing (persons.py), and restoring (backup.py).

It holds pseudonyms and dates, and is readable by its owner only. It lies in the backups' own folder, because after a
loss of everything else that folder is what there is.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from dagster_project.landing import books, people
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

FILE_NAME = "erasures.json"


def write(settings: Settings, connection: "Connection[Any]") -> None:
    """Write the journal anew; where no backup was ever made there is nothing to keep anybody out of.

    Whom the journal names and the database does not know stays in it: another program may have brought the database
    back to before. Raises PersonalKeyError where the database's keys are not the journal's, nor later ones.
    """
    if not settings.backups.is_dir():
        return
    with connection.cursor(row_factory=dict_row) as cursor:
        persons = cursor.execute(
            "select municipality_no, person_id, erased_at::text, gone_from::text from landing.erased_person"
            " order by 1, 2"
        ).fetchall()
    known = {(each["municipality_no"], each["person_id"]) for each in persons}
    before = _named_before(settings, connection)
    persons += [each for each in before if (each["municipality_no"], each["person_id"]) not in known]
    descriptor, draft = tempfile.mkstemp(dir=settings.backups)  # mkstemp gives owner-only rights
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"keys": books.key_fingerprint(connection), "persons": persons}, file, indent=1)
    os.replace(draft, settings.backups / FILE_NAME)


def _named_before(settings: Settings, connection: "Connection[Any]") -> list[dict[str, Any]]:
    """The persons of the journal that lies there, by their pseudonyms in the database."""
    path = settings.backups / FILE_NAME
    journal = json.loads(path.read_text("ascii")) if path.exists() else {"persons": []}
    fingerprint = books.key_fingerprint(connection)
    if not journal["persons"] or journal["keys"] == fingerprint:
        return list(journal["persons"])
    keys = people.personal_keys(settings)
    named = read(settings.backups, keys)
    if people.key_fingerprint(keys) != fingerprint:
        raise people.PersonalKeyError(
            f"{path} names erased persons by keys that came after the database's, and was not changed: `bolig person"
            " reapply` brings the database to them, and erases these persons again."
        )
    return named


def read(folder: Path, keys: people.Keys) -> list[dict[str, Any]]:
    """The persons of the journal in this folder, by their pseudonyms under these keys; none where there is no journal.

    Raises PersonalKeyError where it was written under other keys.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return []
    journal = json.loads(path.read_text("ascii"))
    if not journal["persons"]:
        return []
    for n in range(1, len(keys) + 1):
        if people.key_fingerprint(keys[:n]) == journal["keys"]:
            later = keys[n:]
            return [each | {"person_id": people.renamed(each["person_id"], later)} for each in journal["persons"]]
    raise people.PersonalKeyError(
        f"{path} names erased persons by other keys than those that are set. Set the keys of the installation that "
        "wrote it."
    )
