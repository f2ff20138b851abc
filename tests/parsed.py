"""dbt's project as it stands, parsed and compiled once for all workers, homes and runs of the tests.

Belongs here: keeping it, by a fingerprint of the project and of dbt, and bringing it to a home. Does not belong here:
what dbt makes of it (dagster_project/night/dbt.py).

A home keeps what dbt parsed in it, but a test's home is new: each would parse anew, for five seconds of a processor.
dbt takes another's state where it is of the same connection; that is all by which one home's differs from another's,
and no node has it.
"""

import fcntl
import hashlib
import importlib.metadata
import json
import os
import pprint
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from dagster_project.night.dbt import DBT, DBT_DIR, code_version

STATE = "partial_parse.msgpack"
NOWHERE = Path("/nowhere")


def _variables(home: Path, target: Path) -> dict[str, str]:
    """What night.dbt.environment gives dbt in this home, its embedded server running or not."""
    connection = {"PGHOST": str(home / "postgresql"), "PGPORT": "5432", "PGUSER": "bolig_owner", "PGDATABASE": "bolig"}
    folders = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target), "DBT_PROFILES_DIR": str(DBT_DIR)}
    return connection | folders | {"PGPASSWORD": "", "DBT_BUILD_SPACE": ""}


def _mark_of(home: Path) -> bytes:
    """By what dbt tells that its state is of this home's connection: a fingerprint of profiles.yml's fields."""
    from dbt.adapters.postgres import PostgresCredentials

    renderer = jinja2.Environment(autoescape=False)  # noqa: S701  # YAML, and nobody's browser
    renderer.filters["as_number"] = int
    variables = _variables(home, NOWHERE)
    written = (DBT_DIR / "profiles.yml").read_text("utf-8")
    profile = yaml.safe_load(renderer.from_string(written).render(env_var=variables.get))
    fields = {key: value for key, value in profile["bolig"]["outputs"]["warehouse"].items() if key != "threads"}
    credentials = PostgresCredentials.from_dict(PostgresCredentials.translate_aliases(fields))
    return hashlib.sha256(pprint.pformat(sorted(credentials.connection_info())).encode()).hexdigest().encode()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-postgres"):
        digest.update(importlib.metadata.version(package).encode())
    for path in sorted(DBT_DIR.rglob("*")):
        relative = path.relative_to(DBT_DIR)
        if path.is_file() and relative.parts[0] not in ("target", "logs"):
            digest.update(str(relative).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Parsed:
    """The project in a folder beside pytest's cache; the first who asks makes it, and others wait."""

    def __init__(self, config: pytest.Config) -> None:
        kept = config.cache.mkdir("dbt")  # type: ignore[union-attr]
        self._folder = kept / _fingerprint()
        with (kept / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (self._folder / "compiled.json").exists():
                for other in kept.iterdir():
                    if other.is_dir():
                        shutil.rmtree(other)
                self._make()

    def _make(self) -> None:
        self._dbt("parse", "parsed.json")
        # or every home would parse anew, and only be slower
        assert _mark_of(NOWHERE) in (self._folder / STATE).read_bytes(), "dbt keeps its state otherwise than it did"
        self._dbt("compile", "compiled.json", "--no-introspect")

    def _dbt(self, command: str, kept_as: str, *options: str) -> None:
        arguments = [DBT, "--quiet", "--no-populate-cache", command, *options, "--project-dir", DBT_DIR]
        subprocess.run(arguments, env=os.environ | _variables(NOWHERE, self._folder), check=True)
        (self._folder / "manifest.json").replace(self._folder / kept_as)

    def manifest(self) -> dict[str, Any]:
        """The manifest with the SQL of every model, compiled without a database."""
        return json.loads((self._folder / "compiled.json").read_bytes())

    def bring_to(self, home: Path) -> None:
        """Make this home one in which dbt has parsed the project already."""
        folder = home / "dbt"
        (folder / "target").mkdir(parents=True)
        shutil.copy(self._folder / "parsed.json", folder / "manifest.json")
        (folder / "code_version").write_text(code_version(), "ascii")
        state = (self._folder / STATE).read_bytes()
        (folder / "target" / STATE).write_bytes(state.replace(_mark_of(NOWHERE), _mark_of(home)))
