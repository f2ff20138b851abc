"""dbt's unit tests: the logic of each model, written beside it."""

import os
from datetime import date
from pathlib import Path

import pytest

from dagster_project.night.dbt import DBT_DIR, environment
from dagster_project.settings import Settings
from tests.deliveries import write_delivery


def test_every_models_unit_tests_hold(
    settings: Settings, build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.cli.main import dbtRunner

    write_delivery(tmp_path, "0220", date(2011, 1, 1))
    build(tmp_path)  # dbt reads the inputs' types from the tables
    for name, value in environment(settings).items():
        monkeypatch.setitem(os.environ, name, value)
    result = dbtRunner().invoke(["--quiet", "test", "--project-dir", str(DBT_DIR), "--select", "test_type:unit"])
    results = {outcome.node.name: (outcome.status, outcome.message) for outcome in result.result}
    failed = {name: message for name, (status, message) in results.items() if status != "pass"}
    assert not failed
    assert results
