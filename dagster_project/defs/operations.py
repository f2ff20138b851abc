"""Operations on Dagster's clock: alerts, backup, retention.

Belongs here: thin jobs, schedules and sensors. Does not belong here: what they do (dagster_project/operations).
"""

from collections.abc import Callable

import dagster as dg

from dagster_project import BoligError, warehouse
from dagster_project.night import holding
from dagster_project.operations import alerts, backup, letters, retention
from dagster_project.settings import Settings
from dagster_project.warehouse import rights

DONE_BY = "Dagster"

# a night of many municipalities may still be on: until people come to work
TRIES_AGAIN, SECONDS_BETWEEN = 6, 1800


def _done(context: dg.OpExecutionContext, act: Callable[[], list[str]]) -> None:
    try:
        for line in act():
            context.log.info(line)
    except holding.NightInProgress as refusal:
        raise dg.RetryRequested(TRIES_AGAIN, SECONDS_BETWEEN) from refusal
    except BoligError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None


@dg.op(description="Back up the warehouse and the home's secrets; delete backups that are too old.")
def make_backup(context: dg.OpExecutionContext) -> None:
    """As `bolig backup`."""
    settings = Settings()
    _done(context, lambda: backup.make(settings).lines() + retention.prune_backups(settings))


@dg.op(description="Delete what is older than the BOLIG_KEEP_... settings say.")
def delete_what_is_old(context: dg.OpExecutionContext) -> None:
    """As `bolig prune`."""
    _done(context, lambda: retention.prune(Settings(), DONE_BY))


@dg.job(name="backup", description="Back up the installation.", executor_def=dg.in_process_executor)
def backup_job() -> None:
    """One step."""
    make_backup()


@dg.job(name="prune", description="Delete what is kept no longer.", executor_def=dg.in_process_executor)
def prune_job() -> None:
    """One step."""
    delete_what_is_old()


@dg.run_failure_sensor(
    description="Alert: a run failed.",
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=True,
)
def run_failed(context: dg.RunFailureSensorContext) -> None:
    """Tell it, with whatever else is due."""
    run = context.dagster_run
    alerts.notify(Settings(), [alerts.failed_run(run.run_id, run.job_name)])


@dg.sensor(
    description=(
        "Alerts: a night that failed or is late, a delivery that is not published, a source that is stale; and the"
        " letters to those who do not log in."
    ),
    minimum_interval_seconds=600,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def due_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell what is due; it never starts a run."""
    told = [alert.subject for alert in alerts.notify(Settings())] + letters.notify(Settings())
    return dg.SkipReason(f"Told: {', '.join(told)}" if told else "Nothing new to tell.")


@dg.sensor(
    description="Sessions of readers that last longer than they may are ended.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def overdue_sessions(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End them; it never starts a run."""
    settings = Settings()
    with warehouse.connect(settings, autocommit=True) as connection:
        ended = rights.end_overdue(connection, settings)
    return dg.SkipReason(f"Ended: {'; '.join(ended)}" if ended else "None lasts too long.")


def schedules() -> list[dg.ScheduleDefinition]:
    """The backup after every night, before people work; retention once a month, after a backup."""
    return [
        dg.ScheduleDefinition(
            job=job,
            cron_schedule=cron,
            execution_timezone="Europe/Oslo",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for job, cron in ((backup_job, "0 5 * * *"), (prune_job, "30 5 1 * *"))
    ]
