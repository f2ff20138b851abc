"""Fixtures that several test rooms share: a warehouse of their own on a real embedded PostgreSQL."""

import os
from collections.abc import Iterator

import pytest

from dagster_project import warehouse
from dagster_project.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of an installation in a folder of its own, its embedded server running; one for each test module.

    Modules may deliver the same municipality: in a shared warehouse one's delivery would make another's too old.
    """
    home = tmp_path_factory.mktemp("home")
    os.environ["BOLIG_HOME"] = str(home)  # for the processes that a test starts, and for Dagster's resources
    os.environ.pop("DATABASE_URL", None)
    settings = Settings()
    warehouse.prepare(settings)
    yield settings
    warehouse.stop(settings)
