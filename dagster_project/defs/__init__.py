"""Dagster's room: the way of the data as assets, the nightly job, its schedule.

Belongs here: thin definitions over the other rooms. Does not belong here: SQL of the business, server start-up,
and logic that a test would want without Dagster.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dagster_project.defs import night, operations
from dagster_project.defs.closing import close_period
from dagster_project.defs.dashboards import build_dashboards
from dagster_project.defs.export import build_export
from dagster_project.defs.extracts import extracts
from dagster_project.defs.models import build_models
from dagster_project.defs.outlook import after_publication, outlook, outlook_job
from dagster_project.defs.publication import build_publication, published_municipality
from dagster_project.defs.report import period_report, report
from dagster_project.defs.resources import NightResource
from dagster_project.defs.statistics import fetched_statistics
from dagster_project.settings import Settings


def build_defs(settings: Settings, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions, over the models of this installation; `resource_overrides` is the seam for tests."""
    models, dbt, manifest = build_models(settings)
    publish_gate, publication = build_publication(manifest)
    nightly = dg.define_asset_job(
        "nightly",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(period_report, outlook),
        description="Load the newest deliveries, build, audit, publish.",
        # a process for each step would import everything anew each time, and could not hold the night's lock
        executor_def=dg.in_process_executor,
    )
    dashboards, files = build_dashboards(manifest), build_export(manifest)
    after_batches = dg.define_asset_job(
        "after_batches",
        selection=dg.AssetSelection.assets(dashboards, files),
        description="Bring dashboards and files up to date when all batches of a night are done.",
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions(
        # each leads to the code that makes it
        assets=dg.with_source_code_references(
            [
                fetched_statistics,
                extracts,
                models,
                publication,
                published_municipality(manifest),
                dashboards,
                files,
                period_report,
                outlook,
            ]
        ),
        asset_checks=[publish_gate],
        jobs=[nightly, after_batches, outlook_job, close_period, report, operations.backup_job, operations.prune_job],
        schedules=[night.nightly_schedule, *operations.schedules()],
        sensors=[
            operations.run_failed,
            operations.due_alerts,
            operations.overdue_sessions,
            night.end_of_batches,
            after_publication,
        ],
        resources={"night": NightResource(), "dbt": dbt, **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads; made when it asks, for the models are read from the installation's home."""
    return build_defs(Settings())
