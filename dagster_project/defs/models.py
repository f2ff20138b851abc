"""The dbt project as assets: staging, intermediate, marts and scorecard, built beside what is published.

Belongs here: how Dagster runs dbt. Does not belong here: SQL.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_shared.libraries import DagsterLibraryRegistry
from packaging.version import Version
from pydantic import PrivateAttr

from dagster_project.defs.resources import NightResource, owners
from dagster_project.night.dbt import DBT, DBT_DIR, environment, left_out, manifest, standing
from dagster_project.night.dbt_program import loading
from dagster_project.night.record import progress
from dagster_project.report import headline
from dagster_project.settings import Settings


@contextmanager
def _unseen(module: str) -> Iterator[None]:
    """Have a module that is not found meanwhile, whether it is loaded or not."""
    loaded = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
        if loaded:
            sys.modules[module] = loaded


# Where Dagster finds dbt in its own environment it loads half of it, and has it say which nodes a manifest holds: a
# second of each start. Where dbt is a program only, as the newer engine is, it knows both by itself, and so here.
with _unseen("dbt.version"):
    from dagster_dbt import (
        DagsterDbtTranslator,
        DagsterDbtTranslatorSettings,
        DbtCliInvocation,
        DbtCliResource,
        DbtProject,
        dbt_assets,
    )
DagsterLibraryRegistry.register("dbt-core", metadata.version("dbt-core"), is_dagster_package=False)

# what dbt says of a table or a seed that is made: PostgreSQL's word for it, with the number of rows; a view has none
WROTE = re.compile(r"(?:SELECT|INSERT 0|CREATE) (\d+)")
# each model leads to its file
_CODE = DagsterDbtTranslatorSettings(enable_code_references=True)


class _Translator(DagsterDbtTranslator):
    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """A model's group is its room."""
        return str(dbt_resource_props["fqn"][1]) if dbt_resource_props["resource_type"] == "model" else "seeds"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """A model is its dbt group's; seeds are the body's."""
        group = dbt_resource_props.get("group")
        return owners([group["owner"]["name"]]) if group else owners()


class _Dbt(DbtCliResource):
    """dbt's program, without what Dagster does before each start of it: seconds of every night.

    Dagster starts `dbt --version`, and loads dbt into its own process too, for row counts and column types that are not
    asked for. Both members are Dagster's own: should it rename them, all works as before and is slower.

    And it is loaded when the run begins, while the door is at work.
    """

    _loaded: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def loaded(self) -> dict[str, str]:
        """The variables by which the program finds the one that is loaded."""
        return self._loaded

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["_Dbt"]:
        """Load it, and let go of it when the run is done."""
        with loading(DBT) as self._loaded, super().yield_for_execution(context):
            yield self

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None


def _counted(invocation: DbtCliInvocation) -> Iterator[Any]:
    """What Dagster makes of dbt's events, with the number of rows that PostgreSQL told dbt it wrote.

    Dagster's own `fetch_row_counts` loads dbt into this process too, and counts each table anew.
    """
    for said in invocation.stream_raw_events():
        wrote = WROTE.fullmatch(said.raw_event["data"].get("status") or "")
        for event in said.to_default_asset_events(
            manifest=invocation.manifest,
            dagster_dbt_translator=invocation.dagster_dbt_translator,
            context=invocation.context,
            target_path=invocation.target_path,
            project=invocation.project,
        ):
            if wrote and isinstance(event, dg.Output):
                event = event.with_metadata({**event.metadata, "dagster/row_count": int(wrote[1])})
            yield event


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What a program that is started meanwhile finds in its environment; libpq's own variables are for no other."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def build_models(settings: Settings) -> tuple[dg.AssetsDefinition, DbtCliResource, dict[str, Any]]:
    """The models' assets, the resource that runs them, and the manifest that both stand on."""
    parsed = manifest(settings)
    project = DbtProject(project_dir=DBT_DIR, target_path=settings.home / "dbt" / "target", profiles_dir=DBT_DIR)

    @dbt_assets(manifest=parsed, project=project, name="models", dagster_dbt_translator=_Translator(_CODE))
    def models(context: dg.AssetExecutionContext, dbt: _Dbt, night: NightResource) -> Iterator[Any]:
        """dbt build: every model and every data test.

        The headlines' model is made without rows; they are written as soon as what they tell of is built.
        """
        variables = environment(night.settings, night.night.space)
        progress.info("dbt: building and testing the models ...")
        with (
            night.connect() as connection,
            night.building(connection) as build,
            standing(build, night.night.space) as stands,
        ):
            # of what types a model's columns are hangs on its code, so a night need not ask: see the macros of
            # dbt/macros/materializations.sql
            with _environment(variables | dbt.loaded | {"DBT_CONTRACTS": "known"}):
                invocation = dbt.cli(
                    # what it would write of what it did is a twentieth of its time, and Dagster has it from its events;
                    # who asks for some of the assets gets those
                    ["build", *left_out(stands=stands and not context.is_subset), "--no-write-json"],
                    context=context,
                    # one folder for every night: dbt finds what it parsed the night before, and none is left lying
                    # about
                    target_path=Path(variables["DBT_TARGET_PATH"]),
                )
            # the gate's library takes seconds to load: while dbt, in a process of its own, does the same with its own
            importlib.import_module("great_expectations")
            for done, event in enumerate(_counted(invocation), 1):
                if done % 25 == 0:
                    progress.info("dbt: %d done", done)
                yield event
        with night.connect() as connection, night.building(connection) as build:
            headline.write(build, night.night.space, night.night.code_version)

    dbt = _Dbt(project_dir=project, dbt_executable=str(DBT))  # type: ignore[arg-type]
    return models, dbt, parsed
