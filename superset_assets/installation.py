"""Superset on this machine: its environment variables, its users, and how it is prepared and served.

Belongs here: what Superset's processes are given. Does not belong here: what they are told over HTTP (rest.py), their
configuration (server/superset_config.py), and watching over them (dagster_project/serving/supervision.py).
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from dagster_project import BoligError, warehouse
from dagster_project.night import dbt
from dagster_project.settings import PROJECT_DIR, Settings, generated_secret
from dagster_project.warehouse import records, rights
from superset_assets import sign_on

SERVER = Path(__file__).parent / "server"
# which Superset it is
LOCK = PROJECT_DIR / "uv.lock"
IMPORTER = "bolig_import"
# who gets in by a password where people sign on by a provider, for the day when that does not answer
EMERGENCY = "forvalter"

# by name its roles; a demonstration has one person of each, an installation only who lets the others in
PEOPLE: dict[str, tuple[str, ...]] = {
    "forvalter": ("Forvalter",),
    "leder": ("Leder",),
    "saksomrade": ("Saksområde",),
    "analytiker": ("Analytiker",),
}


class NotPrepared(BoligError):
    """Superset is not installed or not prepared here; the message says what to do."""


def address(settings: Settings) -> str:
    """Where Superset answers."""
    return settings.superset_url or f"http://127.0.0.1:{settings.superset_port}"


def is_prepared(settings: Settings) -> bool:
    """Whether this home's Superset has these assets, by this version of Superset, and knows where the warehouse is."""
    mark = _mark(settings)
    return mark.exists() and mark.read_text("ascii") == _state(settings)


def is_installed(settings: Settings) -> bool:
    """Whether this home has ever had a Superset."""
    return _mark(settings).exists()


def mark_prepared(settings: Settings) -> None:
    """Remember with which assets, and which Superset, this home's was brought up to date."""
    _mark(settings).write_text(_state(settings), "ascii")


def _state(settings: Settings) -> str:
    # a home that was moved has its embedded server elsewhere, and Superset has been told where that was
    where = warehouse.url_of(settings.database_url or f"postgresql://{settings.home.resolve()}", "", None)
    return f"{version()} {hashlib.sha256(where.encode()).hexdigest()[:12]}"


def imported(settings: Settings) -> dict[str, list[str]]:
    """By file of an asset what it was when it was imported, and when Superset says that it was: see rest.py."""
    path = _imported(settings)
    known: dict[str, list[str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return known


def remember_imported(settings: Settings, files: Mapping[str, list[str]]) -> None:
    """Remember what is imported."""
    path = _imported(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(files), "utf-8")


def forget_figures(settings: Settings) -> None:
    """Remove the cached figures of a Superset that is not running; one that runs is told over REST."""
    shutil.rmtree(settings.home / "superset" / "cache", ignore_errors=True)


def _mark(settings: Settings) -> Path:
    return settings.home / "superset" / "prepared"


def _imported(settings: Settings) -> Path:
    return settings.home / "superset" / "imported.json"


def version() -> str:
    """A fingerprint of all that decides what Superset shows, but the figures."""
    digest = hashlib.sha256(dbt.code_version().encode())
    ours = (path for path in SERVER.parent.rglob("*") if path.suffix in {".py", ".yaml", ".css", ".json"})
    for path in [LOCK, *sorted(ours)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def people(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The users that are made, with their roles."""
    return PEOPLE if settings.is_demonstration else {EMERGENCY: PEOPLE[EMERGENCY]}


def by_password(settings: Settings) -> tuple[str, ...]:
    """Who of the users that are made logs in by a password. Raises sign_on.NotSetUp."""
    return tuple(people(settings)) if sign_on_told(settings) == "null" else (EMERGENCY,)


def password(settings: Settings, user: str) -> str:
    """A user's first password, made at the first call into a file of the home's secrets; the importer's may be set."""
    if user == IMPORTER and settings.superset_import_password:
        return settings.superset_import_password
    # Superset asks for upper and lower case, digits and signs
    return generated_secret(settings.secrets / f"superset_login_{user}", "BS-bolig-10-")


def sign_on_told(settings: Settings) -> str:
    """What Superset is told of the provider that people sign on by. Raises sign_on.NotSetUp."""
    return sign_on.told(settings, (IMPORTER, EMERGENCY))


def environment(settings: Settings) -> dict[str, str]:
    """The variables of Superset's processes. Raises sign_on.NotSetUp."""
    home = settings.home / "superset"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "SUPERSET_CONFIG_PATH": str(SERVER / "superset_config.py"),
        "PYTHONPATH": str(SERVER),
        "BOLIG_SUPERSET_HOME": str(home),
        "BOLIG_SUPERSET_SECRET_KEY": settings.superset_secret_key
        or generated_secret(settings.secrets / "superset_secret_key"),
        "BOLIG_SUPERSET_DATABASE_URI": warehouse.sqlalchemy_url(settings, "superset"),
        # the rule is that of Dagster's pages, and so are the names
        "BOLIG_SUPERSET_HOSTS": ",".join(sorted(settings.own_names)),
        "BOLIG_SUPERSET_SIGN_ON": sign_on_told(settings),
        "BOLIG_BEHIND_PROXY": "1" if settings.behind_proxy or settings.behind_tls_proxy else "0",
        "BOLIG_BEHIND_TLS_PROXY": "1" if settings.behind_tls_proxy else "0",
    }


def serve_command(settings: Settings, workers: int | None = None) -> list[str]:
    """The command that serves Superset."""
    return [
        str(_program(settings, "gunicorn")),
        f"--config={SERVER / 'gunicorn_config.py'}",
        f"--bind={settings.listen}:{settings.superset_port}",
        f"--workers={workers or settings.superset_workers}",
        "superset.app:create_app()",
    ]


def require_installed(settings: Settings) -> None:
    """Raises NotPrepared where there is no environment of Superset's."""
    _program(settings, "gunicorn")


def preparing(settings: Settings) -> dict[str, str]:
    """The variables by which a Superset prepares its tables, permissions and importer before it serves."""
    return {"BOLIG_SUPERSET_PREPARE": password(settings, IMPORTER)}


def make_room(settings: Settings) -> None:
    """Make what Superset's own tables stand in, and what it asks about whoever asks it."""
    rights.prepare(settings)
    with warehouse.connect(settings, autocommit=True) as connection:
        records.prepare(settings, connection)  # who may see what is asked of them with each query
    rights.prepare_records(settings, "superset")


def prepare_beside(settings: Settings) -> None:
    """Make or migrate the tables, permissions and importer of a Superset that serves already.

    Raises NotPrepared with Superset's last words.
    """
    log = settings.home / "logs" / "superset-prepare.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        result = subprocess.run(
            [_program(settings, "python"), SERVER / "prepare.py"],
            env=os.environ | environment(settings) | preparing(settings),
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        words = log.read_text("utf-8", errors="replace").strip().splitlines()[-10:]
        raise NotPrepared("\n".join(["Superset could not be prepared:", *words, f"All of it: {log}"]))


def _program(settings: Settings, name: str) -> Path:
    program = settings.superset_environment / "bin" / name
    if not program.exists():
        raise NotPrepared(
            f"Superset's environment is not at {settings.superset_environment}. `make install` makes it;"
            " BOLIG_SUPERSET_ENVIRONMENT names another."
        )
    return program
