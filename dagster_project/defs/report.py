"""The report on a period as a Dagster asset.

Belongs here: the asset, its job and its configuration. Does not belong here: what a report is (dagster_project/report).
"""

from typing import Literal

import dagster as dg

from dagster_project import BoligError
from dagster_project.report import making
from dagster_project.settings import Settings
from dagster_project.vocabulary import periods


class ReportConfig(dg.Config):
    """Which period's report to write into the home, and in which edition."""

    period: str
    edition: Literal["intern", "offentlig"] = "intern"
    municipality_no: str | None = None


@dg.asset(
    key=["report", "period_report"],
    group_name="report",
    deps=[dg.AssetKey(["scorecard", "metric_value"]), dg.AssetKey(["scorecard", "metric_definition"])],
    description="The report on a quarter (2010-Q4), a tertial (2010-T3) or a year (2010): PDF and XLSX.",
)
def period_report(config: ReportConfig) -> dg.MaterializeResult[None]:
    """Write the report: of a closed period what was reported, else a draft; a refusal ends the run with its reason."""
    settings = Settings()
    try:
        made = making.make(settings, periods.parse(config.period), config.municipality_no, config.edition)
    except BoligError as refusal:
        raise dg.Failure(description=str(refusal), allow_retries=False) from None
    paths = made.write(settings.reports)
    return dg.MaterializeResult(
        metadata={
            "is_draft": made.is_draft,
            **{path.suffix.lstrip("."): dg.MetadataValue.path(path) for path in paths},
        }
    )


report = dg.define_asset_job(
    "report",
    selection=dg.AssetSelection.assets(period_report),
    description="Write the report on a period.",
    executor_def=dg.in_process_executor,
)
