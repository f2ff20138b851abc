"""The dbt project as assets: staging, intermediate, marts and scorecard, built beside what is published.

Belongs here: how Dagster runs dbt. Does not belong here: SQL.
"""

import importlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from packaging.version import Version

from dagster_project.defs.resources import NightResource
from dagster_project.night.dbt import DBT, DBT_DIR, environment, manifest, variables
from dagster_project.night.record import progress
from dagster_project.settings import Settings


class _Translator(DagsterDbtTranslator):
    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """A model's group is its room."""
        return str(dbt_resource_props["fqn"][1]) if dbt_resource_props["resource_type"] == "model" else "seeds"


class _Dbt(DbtCliResource):
    """dbt's program, without what Dagster does before each start of it: seconds of every night.

    Dagster starts `dbt --version`, and loads dbt into its own process too, for row counts and column types that are not
    asked for. Both members are Dagster's own: should it rename them, all works as before and is slower.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None


def build_models(settings: Settings) -> tuple[dg.AssetsDefinition, DbtCliResource, dict[str, Any]]:
    """The models' assets, the resource that runs them, and the manifest that both stand on."""
    parsed = manifest(settings)
    project = DbtProject(project_dir=DBT_DIR, target_path=settings.home / "dbt" / "target", profiles_dir=DBT_DIR)

    @dbt_assets(manifest=parsed, project=project, name="models", dagster_dbt_translator=_Translator())
    def models(context: dg.AssetExecutionContext, dbt: DbtCliResource, night: NightResource) -> Iterator[Any]:
        """dbt build: every model and every data test; unit tests are for those who change a model, not for a night."""
        space = night.night.space
        found = environment(night.settings, space)
        os.environ.update(found)
        progress.info("dbt: building and testing the models ...")
        invocation = dbt.cli(
            ["build", "--exclude-resource-type", "unit_test", *variables(space)],
            context=context,
            # one folder for every night: dbt finds what it parsed the night before, and none is left lying about
            target_path=Path(found["DBT_TARGET_PATH"]),
        )
        # the gate's library takes seconds to load: while dbt, in a process of its own, does the same with its own
        importlib.import_module("great_expectations")
        for done, event in enumerate(invocation.stream(), 1):
            if done % 25 == 0:
                progress.info("dbt: %d done", done)
            yield event

    dbt = _Dbt(project_dir=project, dbt_executable=str(DBT))  # type: ignore[arg-type]
    return models, dbt, parsed
