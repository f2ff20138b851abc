"""What the pipeline's tests share: a night without Dagster, on the session's real PostgreSQL."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project import catalogue, nights, warehouse
from dagster_project.defs.models import DBT_DIR, environment
from dagster_project.landing import delivery, door
from dagster_project.settings import Settings

Build = Callable[[Path], list[door.Receipt]]


@pytest.fixture(scope="session")
def build(settings: Settings) -> Build:
    """Let every newest delivery of a landing folder in, and build the models of them; raises where dbt fails."""
    from dbt.cli.main import dbtRunner

    nights.prepare(settings)
    os.environ.update(environment(settings))

    def run(landing: Path, *arguments: str) -> list[door.Receipt]:
        with warehouse.connect(settings) as connection:
            door.prepare(connection)
            connection.commit()
            door.open_night(connection)
            receipts = [
                door.receive(connection, found, settings, catalogue.targetable()) for found in delivery.find(landing)
            ]
        result = dbtRunner().invoke(
            ["--quiet", "build", "--project-dir", str(DBT_DIR), "--exclude-resource-type", "unit_test", *arguments]
        )
        assert result.success, result.exception or [str(r.message) for r in result.result if r.status == "error"]
        return receipts

    return run
