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
    """Write the journal anew; where no backup was ever made there is nothing to keep anybody out of."""
    if not settings.backups.is_dir():
        return
    with connection.cursor(row_factory=dict_row) as cursor:
        persons = cursor.execute(
            "select municipality_no, person_id, erased_at::text, gone_from::text from landing.erased_person"
            " order by 1, 2"
        ).fetchall()
    descriptor, draft = tempfile.mkstemp(dir=settings.backups)  # mkstemp gives owner-only rights
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"keys": books.key_fingerprint(connection), "persons": persons}, file, indent=1)
    os.replace(draft, settings.backups / FILE_NAME)


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
