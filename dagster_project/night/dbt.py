"""Running dbt outside Dagster: where it is, and the environment that it needs.

Belongs here: dbt's program, folders and variables. Does not belong here: SQL, and dbt as Dagster's assets (defs/).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import BoligError, warehouse
from dagster_project.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    import psycopg

DBT_DIR = PROJECT_DIR / "dbt"
DBT = Path(sys.executable).with_name("bolig-dbt")
# of a build: unit tests are for those who change a model, and of exposures nothing is built
LEFT_OUT = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
# views of raw and seeds hang on the code alone: a third of all nodes, which a build leaves out where they stand. A data
# test that reads a view would be left out with it, so none does (tests/structure/test_models.py)
MADE_ONCE = ("staging", "seeds")
_STANDING = ["--exclude", "path:models/staging", "--exclude-resource-type", "seed"]


class BuildFailed(BoligError):
    """dbt did not build everything; the message has its last words."""


def environment(settings: Settings, space: warehouse.BuildSpace = warehouse.PLAIN) -> dict[str, str]:
    """The environment variables by which dbt finds the warehouse and the folders that it may write to.

    Each build space has a folder of its own: dbt parses everything anew where its variables are not those of last time.
    """
    folder = settings.home / "dbt"
    where = warehouse.libpq_variables(space.server) if space.server else warehouse.libpq_environment(settings)
    return where | {
        "DBT_PROFILES_DIR": str(DBT_DIR),
        "DBT_TARGET_PATH": str(folder / f"target{space.suffix}"),
        "DBT_LOG_PATH": str(folder / f"logs{space.suffix}"),
        "DBT_BUILD_SPACE": space.suffix,
        # what dbt did, and what failed; every statement besides took a tenth of its time
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def run(settings: Settings, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
    """Run one dbt command, as the nights do or with these variables. Raises BuildFailed with its last words."""
    result = subprocess.run(
        [DBT, "--quiet", *arguments, "--project-dir", DBT_DIR],
        env={**os.environ, **(variables or environment(settings))},
        cwd=DBT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        words = (result.stdout + result.stderr).strip().splitlines()[-20:]
        raise BuildFailed("\n".join([f"dbt {arguments[0]} failed:", *words]))


def docs(settings: Settings) -> bytes:
    """dbt's documentation of every model and column as one HTML page. Raises BuildFailed."""
    run(settings, "docs", "generate", "--static")
    return (settings.home / "dbt" / "target" / "static_index.html").read_bytes()


def build(settings: Settings) -> None:
    """Build every model over what raw holds, and run every data test. Raises BuildFailed."""
    with warehouse.connect(settings) as connection, standing(connection, warehouse.PLAIN) as stands:
        run(settings, "build", *left_out(stands=stands))


def left_out(*, stands: bool) -> list[str]:
    """The arguments by which a build does without what it need not make."""
    return [*LEFT_OUT, *(_STANDING if stands else ())]


@contextmanager
def standing(connection: "psycopg.Connection[Any]", space: warehouse.BuildSpace) -> Iterator[bool]:
    """Whether what is made once for each version stands in this space; where it did not, and all of it is made
    meanwhile, it stands afterwards.

    Of which version it is, and which objects, says the comment of the schema staging: what somebody has made anew
    since, or taken away, is another. `connection`: to where the space is, with no transaction open.
    """
    from psycopg import sql

    schemas = [f"{schema}{space.suffix}" for schema in MADE_ONCE]
    names = {path.stem for of in ("models/staging/**/*.sql", "seeds/*.csv") for path in DBT_DIR.glob(of)}

    def objects() -> dict[str, int]:
        found = connection.execute(
            "select relname, oid::bigint from pg_class where relname = any(%s)"
            " and relkind in ('r', 'v') and relnamespace in (to_regnamespace(%s), to_regnamespace(%s))",
            [list(names), *schemas],
        )
        return dict(found.fetchall())

    def told(of: Mapping[str, int]) -> str:
        digest = hashlib.sha256(repr(sorted(of.items())).encode()).hexdigest()[:12]
        return f"The extracts of tonight's run by their names in the warehouse; version {code_version()}, {digest}"

    with connection.transaction():
        before = objects()
        said = connection.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", schemas[:1]).fetchone()
    stands = said == (told(before),)
    yield stands
    if not stands:
        with connection.transaction():
            made = objects()
            # a run of some assets only leaves others as another version had them
            if made.keys() == names and not set(made.values()) & set(before.values()):
                connection.execute(
                    sql.SQL("comment on schema {} is {}").format(sql.Identifier(schemas[0]), sql.Literal(told(made)))
                )


# the words of what a night says of its figures (report/headline.py)
WORDS = [PROJECT_DIR / "dagster_project" / "report" / name for name in ("facts.py", "headline.py", "sentences.py")]


def code_version() -> str:
    """A fingerprint of everything that decides what is published: models, catalogue, contracts, suites, words."""
    digest = hashlib.sha256()
    for path in WORDS:
        digest.update(path.read_bytes())
    for room in ("dbt", "expectations"):
        for path in sorted((PROJECT_DIR / room).rglob("*")):
            relative = path.relative_to(PROJECT_DIR)
            if path.name == "exposures.yml":
                continue  # what reads the figures decides none
            if path.suffix in {".sql", ".yml", ".yaml", ".csv"} and "target" not in relative.parts:
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def manifest(settings: Settings) -> dict[str, Any]:
    """dbt's manifest, parsed anew where the project is newer. Raises BuildFailed."""
    folder = settings.home / "dbt"
    path, stamp = folder / "manifest.json", folder / "code_version"
    version = code_version()
    if not path.exists() or not stamp.exists() or stamp.read_text("ascii") != version:
        run(settings, "parse")
        # a copy, and put there at once: dbt writes its own again in every build, while others may read
        draft = path.with_name(f"manifest.{os.getpid()}")
        shutil.copyfile(folder / "target" / path.name, draft)
        draft.replace(path)
        stamp.write_text(version, "ascii")
    return json.loads(path.read_bytes())  # type: ignore[no-any-return]


def published_tables(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(schema, table) of every model that readers see, as they know it."""
    return sorted(
        (node["schema"].removeprefix(warehouse.BUILD_PREFIX), node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"].startswith(warehouse.BUILD_PREFIX)
    )
