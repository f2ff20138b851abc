"""Statistics Norway's figures as an asset: fetched before the deliveries are let in.

Belongs here: the asset. Does not belong here: fetching, and where the figures go (landing/statistics.py).
"""

import dagster as dg

from dagster_project.defs import resources
from dagster_project.defs.extracts import STATISTICS, NightConfig
from dagster_project.defs.resources import NightResource
from dagster_project.landing import delivery, statistics
from dagster_project.night.record import progress


@dg.asset(
    key=STATISTICS,
    group_name="raw",
    owners=resources.owners(),
    kinds={"python"},
    description="Figures of Statistics Norway for deliveries that bring none themselves.",
)
def fetched_statistics(
    context: dg.AssetExecutionContext, config: NightConfig, night: NightResource
) -> dg.MaterializeResult[None]:
    """Fetch what BOLIG_SSB_URLS names; without it, and where fetching fails, the last accepted stand goes on."""
    settings = night.settings
    if not settings.statistics_urls:
        said = ["BOLIG_SSB_URLS is not set; nothing is fetched."]
    else:
        try:
            with night.connect() as connection:
                said = statistics.bring(
                    connection,
                    config.deliveries(night),
                    settings.statistics_urls,
                    settings.statistics_regions,
                    klass_urls=settings.klass_urls,
                    neighbours=dict(settings.neighbours),
                )
            for line in said:
                progress.info("Statistics Norway: %s", line)
        except delivery.NothingDelivered:
            said = ["No delivery to fetch for."]  # the door says more of it
        except Exception as error:
            # whatever it is: figures of others must not keep a municipality's own from being published
            reason = str(error) if isinstance(error, statistics.StatisticsUnavailable) else type(error).__name__
            said = [f"{reason} The last accepted figures of Statistics Norway go on."]
            context.log.warning(said[0])
            progress.warning("Statistics Norway: %s", said[0])
    return dg.MaterializeResult(metadata={"said": "\n".join(said)})
