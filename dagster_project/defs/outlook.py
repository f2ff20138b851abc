"""The outlook as an asset: what is worked out when something was published.

Belongs here: the asset, its job, and the sensor that starts it. Does not belong here: what is worked out
(dagster_project/outlook, dagster_project/needs).

It is a run of its own and no part of the night: what fails in it leaves the night published, and is told as every run
that fails.
"""

import dagster as dg

from dagster_project.defs import resources
from dagster_project.defs.publication import PUBLISHED_MUNICIPALITY
from dagster_project.night import holding
from dagster_project.settings import Settings


@dg.asset(
    key="outlook",
    group_name="outlook",
    owners=resources.owners(),
    kinds={"python", "postgres"},
    deps=[PUBLISHED_MUNICIPALITY],
    description="Forecasts of the queues, scenarios, what it takes to reach a goal, and needs, on what is published.",
)
def outlook(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Work out what is not yet of a published delivery; where a municipality fails, the others are done first."""
    # numpy and scipy: no other definition needs them
    from dagster_project.needs import kept

    with holding.opened(Settings()) as connection:
        done = kept.look_ahead(connection)
    for line in done.lines():
        context.log.info(line)
    if done.failed:
        raise dg.Failure(description="\n".join(done.lines()), allow_retries=False)
    return dg.MaterializeResult(metadata={"municipalities": sum(each.is_new for each in done.kept)})


outlook_job = dg.define_asset_job(
    "look_ahead",
    selection=dg.AssetSelection.assets(outlook),
    description="Forecasts and scenarios on what is published.",
    executor_def=dg.in_process_executor,
)


@dg.asset_sensor(
    asset_key=PUBLISHED_MUNICIPALITY,
    job=outlook_job,
    description="Something was published: its outlook is worked out, in a run of its own.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def after_publication(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest:
    """One run for all that was published since the last look."""
    return dg.RunRequest(run_key=f"{event.run_id}, {event.timestamp}")
