"""When a night begins, and when a night of batches has ended.

Belongs here: the nightly schedule, and the sensor that closes a night whose batches Dagster's queue has run.
Does not belong here: how a night is dealt to batches (batches.py), and what a run does (the assets).
"""

import dagster as dg

from dagster_project import batches, nights, warehouse
from dagster_project.settings import Settings


@dg.schedule(
    job_name="nightly",
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/Oslo",
    description="One run, or, where many municipalities have delivered, one for each batch.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly_schedule() -> list[dg.RunRequest] | dg.SkipReason:
    """Deal the night; so many batches as there are workers are at work at once, the others wait in Dagster's queue."""
    try:
        with batches.dealt(Settings()) as dealt:
            requests = [dg.RunRequest(tags=batch.tags) for batch in dealt]
    except nights.NightInProgress as refusal:
        return dg.SkipReason(str(refusal))
    return requests or [dg.RunRequest()]


@dg.sensor(
    job_name="after_batches",
    description="A night of batches has ended: its outcome, and the dashboards.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def end_of_batches(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
    """Dagster's runs tell whether all batches of a night are done: a killed one records nothing itself."""
    nights.prepare(Settings())
    with warehouse.connect(Settings(), autocommit=True) as connection:
        for night_id, count in nights.unsettled(connection):
            runs = context.instance.get_runs(dg.RunsFilter(tags={nights.NIGHT_TAG: str(night_id)}))
            # a batch that was run again counts once
            done = {run.tags[nights.BATCH_TAG] for run in runs if run.is_finished}
            is_going = any(not run.is_finished for run in runs)
            if len(done) == count and not is_going and nights.settle(connection, night_id):
                return dg.RunRequest(run_key=f"night {night_id}")
    return dg.SkipReason("No night of batches has ended.")
