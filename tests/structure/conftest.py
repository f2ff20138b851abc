"""dbt's manifest, compiled without a database."""

import json
import os
import subprocess
from typing import Any

import pytest

from dagster_project.night.dbt import DBT, DBT_DIR


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, with the SQL of every model."""
    target = tmp_path_factory.mktemp("target")
    variables = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target), "DBT_PROFILES_DIR": str(DBT_DIR)}
    command = [DBT, "--quiet", "--no-populate-cache", "compile", "--no-introspect", "--project-dir", DBT_DIR]
    subprocess.run(command, env=os.environ | variables, check=True)
    return json.loads((target / "manifest.json").read_bytes())


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every model by its name."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
