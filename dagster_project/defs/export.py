"""What is published as files, as an asset: what follows a publication where BOLIG_EXPORT names a folder.

Belongs here: the asset. Does not belong here: what is written, and how (dagster_project/export).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dagster_project import BoligError
from dagster_project.defs import resources
from dagster_project.export import making
from dagster_project.night import record
from dagster_project.night.dbt import published_tables
from dagster_project.night.record import progress
from dagster_project.settings import Settings


def build_export(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The files, after every published table."""

    @dg.asset(
        key="files",
        group_name="dashboards",
        owners=resources.owners(),
        kinds={"python"},
        deps=[dg.AssetKey([schema, table]) for schema, table in published_tables(manifest)],
        description="What is published as workbooks and Parquet, a folder for each municipality, in BOLIG_EXPORT.",
    )
    def files(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Write them; a failure ends the run with its reason, and what was published stays so."""
        settings = Settings()
        if settings.export_dir is None:
            said = ["BOLIG_EXPORT names no folder: no files are written."]
        elif record.NIGHT_TAG in context.run.tags:
            said = ["This run is a batch; the files follow when all batches of the night are done."]
        else:
            try:
                made = making.make_all(settings, settings.export_dir, "bolig nightly")
            except BoligError as refusal:
                raise dg.Failure(description=str(refusal), allow_retries=False) from None
            said = [line for each in made for line in each.lines()]
            for line in said:
                progress.info("Files: %s", line)
        return dg.MaterializeResult(metadata={"said": "\n".join(said)})

    return files
