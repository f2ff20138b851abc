"""What Dagster shows of the way of the data, and its own program over a fresh clone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner
from dagster._core.launcher.base import RunLauncher
from dagster._serdes import ConfigurableClassData
from dagster_docker import DockerRunLauncher

from bench.night import STAGES
from dagster_project.cli import main
from dagster_project.serving import dagster_home
from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.vocabulary import contracts
from tests.conftest import NewHome

DG = Path(sys.executable).with_name("dg")
KINDS = {"python", "dbt", "postgres", "superset"}


@pytest.fixture(scope="module")
def settings(new_home: NewHome) -> Settings:
    """Settings of an installation that has never been started: what there is to do is known without its server."""
    home = new_home(is_new=True)
    os.environ["BOLIG_HOME"] = str(home)
    return Settings()


@pytest.fixture(scope="module")
def specs(settings: Settings) -> dict[str, dg.AssetSpec]:
    """Every asset by its key."""
    from dagster_project.defs import build_defs

    return {spec.key.to_user_string(): spec for spec in build_defs(settings).resolve_all_asset_specs()}


def test_every_asset_says_what_it_is_whose_and_of_which_kind(specs: dict[str, dg.AssetSpec]) -> None:
    for key, spec in specs.items():
        assert spec.owners and spec.description and spec.group_name not in (None, "default"), key
        assert spec.kinds and spec.kinds <= KINDS | {"table", "view", "seed"}, (key, spec.kinds)
    assert "superset" in specs["dashboards"].kinds
    assert {"dbt", "postgres"} <= specs["build_marts/fct_vacancy"].kinds
    assert specs["build_scorecard/metric_value"].owners == ["team:Boligstrategiorganet"]


def test_dagster_knows_every_model_and_seed_of_dbt_and_loads_none_of_it(settings: Settings) -> None:
    asked = """
import sys
from dagster_project.defs.models import build_models
from dagster_project.settings import Settings
models, _, parsed = build_models(Settings())
assert not [name for name in sys.modules if name.split(".")[0] in ("dbt", "dbt_common")]
told = {metadata["dagster_dbt/unique_id"] for metadata in models.metadata_by_key.values()}
assert told == {name for name, node in parsed["nodes"].items() if node["resource_type"] != "test"}, told
import dbt.version
"""
    environment = os.environ | {"BOLIG_HOME": str(settings.home)}
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]


def test_every_asset_that_is_made_leads_to_its_code(specs: dict[str, dg.AssetSpec]) -> None:
    without = {key for key, spec in specs.items() if "dagster/code_references" not in spec.metadata}
    # what is told of, and made by no function of its own
    assert without == {"published/municipality"}
    (model,) = (
        reference
        for reference in specs["build_marts/fct_vacancy"].metadata["dagster/code_references"].code_references
        if isinstance(reference, dg.LocalFileCodeReference) and reference.file_path.endswith("fct_vacancy.sql")
    )
    assert Path(model.file_path).is_file()


def test_the_bench_knows_every_step_of_a_night(settings: Settings) -> None:
    from dagster_project.defs import build_defs

    job = build_defs(settings).resolve_job_def("nightly")
    assert {node.name for node in job.nodes} == STAGES.keys()


def test_an_extract_is_its_offices_and_as_fresh_as_its_contract_promises(specs: dict[str, dg.AssetSpec]) -> None:
    for source in contracts.sources():
        for table in source.tables:
            spec = specs[f"{source.name}/{table.name}"]
            assert spec.owners == [f"team:{office}" for office in source.owners]
            policy: Any = spec.freshness_policy
            assert (policy.fail_window.to_timedelta() if policy else None) == source.latency


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "list"])
def test_dagsters_own_program_finds_the_definitions(settings: Settings, command: str) -> None:
    environment = os.environ | {"BOLIG_HOME": str(settings.home), "COLUMNS": "300"}
    done = subprocess.run(
        [DG, command, "defs"], cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
    assert ("All definitions loaded" if command == "check" else "metric_value") in done.stdout


def test_runs_start_beside_the_code_or_in_containers_as_strict_as_those_of_compose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def configured(**given: str) -> dict[str, Any]:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        dagster_home.dagster_environment(Settings())
        return yaml.safe_load((tmp_path / "dagster" / "dagster.yaml").read_text("utf-8"))

    plain = configured(BOLIG_HOME=str(tmp_path), DATABASE_URL="postgresql://bolig_owner@localhost/bolig")
    assert "run_launcher" not in plain
    with pytest.raises(dagster_home.NoImage, match="BOLIG_LAUNCHER_IMAGE"):
        configured(BOLIG_LAUNCHER="docker")
    told = configured(
        BOLIG_LAUNCHER="docker",
        BOLIG_LAUNCHER_IMAGE="boligstrategi/warehouse:local",
        BOLIG_LAUNCHER_NETWORKS="database, outward",
        BOLIG_LAUNCHER_VOLUMES="/srv/bolig/run:/run/secrets:ro",
    )
    launcher = told.pop("run_launcher")
    assert told == plain
    made = ConfigurableClassData(launcher["module"], launcher["class"], yaml.safe_dump(launcher["config"]))
    docker = made.rehydrate(as_type=RunLauncher)
    assert isinstance(docker, DockerRunLauncher)
    assert (docker.image, docker.networks) == ("boligstrategi/warehouse:local", ["database", "outward"])
    assert not docker.env_vars, "everybody at the engine reads a container's environment"
    service = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text("utf-8"))["x-service"]
    for name in ("init", "read_only", "cap_drop", "security_opt"):
        assert docker.container_kwargs[name] == service[name]
    assert docker.container_kwargs["volumes"] == ["/var/lib/bolig", "/srv/bolig/run:/run/secrets:ro"]
    # what the launcher gives the container to run is run by its entry point
    name, *rest = docker.container_kwargs["entrypoint"]
    result = CliRunner().invoke(main, [*rest, "--help"])
    assert name == "bolig" and not result.exit_code, result.output


def test_the_first_page_asks_for_no_address_and_nothing_is_reported_home() -> None:
    configured = yaml.safe_load((PROJECT_DIR / "dagster_project" / "serving" / "dagster.yaml").read_text("utf-8"))
    assert not configured["nux"]["enabled"] and not configured["telemetry"]["enabled"]
    assert configured["freshness"]["enabled"]
