"""What the pipeline's tests share: a night without Dagster, on the module's real PostgreSQL."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project import catalogue, nights, warehouse
from dagster_project.landing import delivery, door
from dagster_project.settings import Settings
from dagster_project.transform import DBT_DIR, environment

Build = Callable[[Path], list[door.Receipt]]


@pytest.fixture(scope="module")
def build_models(settings: Settings) -> Callable[[], None]:
    """Build the models of what raw holds; raises where dbt fails."""
    from dbt.cli.main import dbtRunner

    os.environ.update(environment(settings))

    def run() -> None:
        result = dbtRunner().invoke(
            ["--quiet", "build", "--project-dir", str(DBT_DIR), "--exclude-resource-type", "unit_test"]
        )
        assert result.success, result.exception or [str(r.message) for r in result.result if r.status == "error"]

    return run


@pytest.fixture(scope="module")
def build(settings: Settings, build_models: Callable[[], None]) -> Build:
    """Let every newest delivery of a landing folder in, and build the models of them."""
    nights.prepare(settings)

    def run(landing: Path) -> list[door.Receipt]:
        with warehouse.connect(settings) as connection:
            door.prepare(connection)
            connection.commit()
            door.open_night(connection)
            receipts = [
                door.receive(connection, found, settings, catalogue.targetable()) for found in delivery.find(landing)
            ]
            door.analyze_raw(connection)
        build_models()
        return receipts

    return run
