"""When a night begins, and when a night of batches has ended.

Belongs here: the nightly schedule, and the sensor that closes a night whose batches Dagster's queue has run.
Does not belong here: how a night is dealt to batches (night/batches.py), and what a run does (the assets).
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.night import batches, holding, record
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

# the run that follows a night of batches: of which night
AFTER_TAG = "bolig/after"


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
            requests = [
                dg.RunRequest(run_key=f"night {batch.part_of}, batch {batch.number}", tags=batch.tags)
                for batch in dealt
            ]
    except holding.NightInProgress as refusal:
        return dg.SkipReason(str(refusal))
    return requests or [dg.RunRequest()]


@dg.sensor(
    job_name="after_batches",
    description="A night of batches has ended: its outcome, and the dashboards.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def end_of_batches(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
    """Dagster's runs tell whether all batches of a night are done: a killed one records nothing itself.

    First the dashboards' run is asked for, and the night is ended when Dagster has it: however this is interrupted,
    neither is lost. A night that began a day ago, and of which nothing is under way, lacks runs that never were made.
    """
    instance = context.instance
    with holding.opened(Settings()) as connection:
        _fail_killed(instance, connection)
        for night_id, count, is_old in holding.unsettled(connection):
            runs = instance.get_runs(dg.RunsFilter(tags={record.NIGHT_TAG: str(night_id)}))
            # a batch that was run again counts once
            done = {run.tags[record.BATCH_TAG] for run in runs if run.is_finished}
            is_going = any(not run.is_finished for run in runs)
            if is_going or not (is_old or len(done) == count):
                continue
            asked_for = {AFTER_TAG: str(night_id)}
            if not instance.get_runs(dg.RunsFilter(tags=asked_for), limit=1):
                return dg.RunRequest(run_key=f"night {night_id}", tags=asked_for)
            record.settle(connection, night_id)
    return dg.SkipReason("No night of batches has ended.")


def _fail_killed(instance: dg.DagsterInstance, connection: "Connection[Any]") -> None:
    """Tell Dagster of batches whose process is gone: it would wait for them, and let no other out of its queue."""
    started = instance.get_runs(dg.RunsFilter(job_name="nightly", statuses=[dg.DagsterRunStatus.STARTED]))
    killed = holding.killed(connection, [run.run_id for run in started])
    for run in started:
        if run.run_id in killed:
            instance.report_run_failed(run, "The run's process was killed.")
