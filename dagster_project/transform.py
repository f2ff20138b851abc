"""Running dbt outside Dagster: where it is, and the environment that it needs.

Belongs here: dbt's program, folders and variables. Does not belong here: SQL, and dbt as Dagster's assets (defs/).
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dagster_project import BoligError, warehouse
from dagster_project.settings import PROJECT_DIR, Settings

DBT_DIR = PROJECT_DIR / "dbt"
DBT = Path(sys.executable).with_name("bolig-dbt")


class BuildFailed(BoligError):
    """dbt did not build everything; the message has its last words."""


def environment(settings: Settings, space: warehouse.BuildSpace = warehouse.PLAIN) -> dict[str, str]:
    """The environment variables by which dbt finds the warehouse and the folders that it may write to.

    Each build space has a folder of its own: dbt parses everything anew where its variables are not those of last time.
    """
    folder = settings.home / "dbt"
    return warehouse.libpq_environment(settings) | {
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
    run(settings, "build", "--exclude-resource-type", "unit_test")
