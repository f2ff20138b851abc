"""The dashboards as an asset: what follows a publication in Superset.

Belongs here: the asset. Does not belong here: what is imported, and how (superset_assets).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dagster_project.defs import resources
from dagster_project.night import record
from dagster_project.night.dbt import published_tables
from dagster_project.night.record import progress
from dagster_project.settings import Settings
from superset_assets import bringing, installation, rest


def build_dashboards(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The dashboards, after every published table."""

    @dg.asset(
        key="dashboards",
        group_name="dashboards",
        owners=resources.owners(),
        kinds={"python", "superset"},
        deps=[dg.AssetKey([schema, table]) for schema, table in published_tables(manifest)],
        description="Dashboards, charts, datasets and roles in Superset as git has them, and no figure cached before.",
    )
    def dashboards(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Bring what Superset shows and forget the figures of the night before; every error ends the run."""
        settings = Settings()
        if record.NIGHT_TAG in context.run.tags:
            said = "This run is a batch; the dashboards follow when all batches of the night are done."
        elif not settings.superset_url and not installation.is_installed(settings):
            said = "No Superset is installed here: `bolig superset prepare` does it."
        elif not settings.superset_url and not rest.is_up(installation.address(settings)):
            installation.forget_figures(settings)
            bringing.bring_datasets(settings, manifest)
            said = "Superset is not running; its cached figures are removed."
        else:
            said = bringing.import_dashboards(settings).line()
        progress.info("Dashboards: %s", said)
        return dg.MaterializeResult(metadata={"said": said})

    return dashboards
