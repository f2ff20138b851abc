"""Running the nightly job from a process of its own, and where Dagster keeps its records.

Belongs here: the environment that Dagster's processes need, and one headless run.
Does not belong here: the command line (cli/), and what the job does.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.serving import dagster_home
from dagster_project.settings import Settings
from dagster_project.warehouse import rights

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Outcome:
    """How a nightly run ended: what an operator is told, and whether all that was asked for is published."""

    published: bool
    message: str
    run_id: str | None = None


def run_nightly(
    settings: Settings,
    landing: Path | None = None,
    municipality_no: str | None = None,
    extract_date: date | None = None,
) -> Outcome:
    """Run the nightly job here and now, recorded like any other run; a large night in batches.

    Raises NightInProgress, WarehouseError.
    """
    from dagster_project.night import batches

    with batches.dealt(settings, landing, municipality_no, extract_date) as dealt:
        if dealt:
            from dagster_project.night.dbt import manifest

            # once, before the workers would all do it at once
            dagster_home.prepare_storage(settings)
            manifest(settings)
            ended = batches.run(settings, dealt, landing, extract_date)
            with _records(settings) as instance:
                after = _run_job(settings, instance, "after_batches", "after_batches", {}, {})
            messages = [ended.message] if after.published else [ended.message, after.message]
            return Outcome(ended.is_complete and after.published, "\n".join(messages))
    config = _config(landing, municipality_no, extract_date)
    with _records(settings) as instance:
        return _run_job(settings, instance, "nightly", "nightly", config, {})


def work(settings: Settings, part_of: int, landing: Path | None = None, extract_date: date | None = None) -> bool:
    """Run batches of the night here and now while there are any that nobody has taken up; whether all is published.

    Raises WarehouseError, and LockHeld where the night is being ended.
    """
    from dagster_project import logs
    from dagster_project.night import holding, record
    from dagster_project.night.record import progress

    config = _config(landing, None, extract_date)
    is_published = True
    with _records(settings) as instance, warehouse.connect(settings, autocommit=True) as connection:
        holding.be_at_work(connection, part_of)
        while batch := record.take(connection, part_of):
            logs.configure(as_json=settings.log_format == "json", of=f"Batch {batch.number}: ")
            outcome = _run_job(settings, instance, "nightly", f"nightly-{batch.number}", config, batch.tags)
            if not outcome.published:
                progress.warning("%s", outcome.message)
            is_published &= outcome.published
    return is_published


def _config(landing: Path | None, municipality_no: str | None, extract_date: date | None) -> dict[str, str]:
    config = {
        "landing": str(landing) if landing else None,
        "municipality_no": municipality_no,
        "extract_date": extract_date.isoformat() if extract_date else None,
    }
    return {name: value for name, value in config.items() if value}


@cache
def _definitions(settings: Settings) -> Any:
    """Dagster's definitions in this installation; a worker runs many batches by them."""
    from dagster_project.defs import build_defs

    return build_defs(settings)


@contextlib.contextmanager
def _records(settings: Settings) -> Iterator["dg.DagsterInstance"]:
    """Dagster's records, over connections that stay open: Dagster closes them no sooner than the process ends."""
    rights.prepare(settings)
    rights.prepare_records(settings, "dagster")
    os.environ.update(dagster_home.dagster_environment(settings))

    # heavy: only once the environment that it reads is set
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        yield instance


def _run_job(
    settings: Settings,
    instance: "dg.DagsterInstance",
    job: str,
    log_name: str,
    config: Mapping[str, str],
    tags: Mapping[str, str],
) -> Outcome:
    from dagster_project.night import record

    log = settings.home / "logs" / f"{log_name}.log"
    log.parent.mkdir(exist_ok=True)
    # dbt tells of every model on standard output: that is for whoever looks into a night that failed
    # and Dagster of whatever it tries again on standard error, with the statements that it tried
    with log.open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        result = (
            _definitions(settings)
            .resolve_job_def(job)
            .execute_in_process(
                instance=instance,
                run_config={
                    "ops": {name: {"config": dict(config)} for name in ("extracts", "statistics")} if config else {},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                tags=dict(tags),
                raise_on_error=False,
            )
        )
    with warehouse.connect(settings) as connection:
        outcome = record.outcome(connection, result.run_id)
    if result.success:
        if outcome is None:
            return Outcome(True, "", result.run_id)  # a job that is no night
        return Outcome(outcome.is_complete, outcome.message, result.run_id)
    reasons = dict.fromkeys([*_errors(result), *([outcome.message] if outcome else [])])
    if log.stat().st_size:
        reasons[f"dbt's own words: {log}"] = None
    return Outcome(False, "\n".join(reasons), result.run_id)


def _errors(result: "object") -> list[str]:
    """What went wrong, innermost cause first, each once."""
    messages: list[str] = []
    for event in result.all_events:  # type: ignore[attr-defined]
        data = event.event_specific_data
        error = getattr(data, "error", None)
        if event.is_failure and error:
            while error.cause:
                error = error.cause
            message = error.message.strip().partition(": ")[2] or error.message.strip()
            if message not in messages:
                messages.append(message)
    return messages
