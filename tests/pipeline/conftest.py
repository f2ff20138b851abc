"""What the pipeline's tests share: a night without Dagster, on the module's real PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dagster_project import catalogue, nights, warehouse
from dagster_project.landing import delivery, door
from dagster_project.settings import Settings
from dagster_project.transform import DBT_DIR, environment

Build = Callable[[Path], list[door.Receipt]]

BOLIG = Path(sys.executable).with_name("bolig")


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
        build_models()
        return receipts

    return run


@dataclass(frozen=True)
class Installation:
    """An installation with a home and a server of its own, run as an operator runs it.

    For tests whose municipality is another test's too: a newer delivery, or a number that came later, would make the
    other's delivery too old.
    """

    settings: Settings

    def bolig(self, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command line in this home; `given` is its standard input."""
        environment = os.environ | {"BOLIG_HOME": str(self.settings.home)}
        return subprocess.run(
            [BOLIG, *arguments], input=given, capture_output=True, text=True, check=False, env=environment
        )

    def night(self, landing: Path) -> None:
        """Run a night that publishes all that lies in the landing folder."""
        result = self.bolig("nightly", "--landing", landing)
        assert result.returncode == 0, result.stderr

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the published tables as the reader does."""
        with warehouse.connect(self.settings, "reader") as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


Install = Callable[[], Installation]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Make an installation of one's own; its server is stopped when the session ends."""
    made: list[Installation] = []

    def run() -> Installation:
        home = tmp_path_factory.mktemp("installation")
        made.append(Installation(Settings(BOLIG_HOME=home)))  # type: ignore[call-arg]
        return made[-1]

    yield run
    for installation in made:
        warehouse.stop(installation.settings)


@pytest.fixture(scope="session")
def demonstration(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demonstration municipality, published by a night of its own."""
    from dagster_project.demo import write_delivery

    installation = install()
    installation.settings.mark_as_demonstration()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing)
    installation.night(landing)
    return installation
