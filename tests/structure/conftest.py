"""dbt's manifest, compiled without a database."""

from typing import Any

import pytest

from tests.parsed import Parsed


@pytest.fixture(scope="session")
def manifest(parsed: Parsed) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, with the SQL of every model."""
    return parsed.manifest()


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every model by its name."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
