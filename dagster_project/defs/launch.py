"""Running the nightly job from a process of its own, and where Dagster keeps its records.

Belongs here: the environment that Dagster's processes need, and one headless run.
Does not belong here: the command line (cli.py), and what the job does.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Literal

from dagster_project import BoligError, warehouse
from dagster_project.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    import dagster as dg

STORAGE_URL = "BOLIG_DAGSTER_URL"

DEFINITIONS = "dagster_project.defs"


@dataclass(frozen=True)
class Outcome:
    """How a nightly run ended: what an operator is told, and whether all that was asked for is published."""

    published: bool
    message: str
    run_id: str | None = None


def dagster_environment(settings: Settings) -> dict[str, str]:
    """The variables that Dagster's own programs need; makes its home."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    template = (PROJECT_DIR / "dagster_project" / "dagster.yaml").read_text("utf-8")
    configuration = Template(template).substitute(workers=settings.workers).encode()
    path = home / "dagster.yaml"
    # several programs start at once in one home: none may find it half written by another
    if not path.exists() or path.read_bytes() != configuration:
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(configuration)
        draft.replace(path)
    return {
        "DAGSTER_HOME": str(home),
        STORAGE_URL: warehouse.sqlalchemy_url(settings, "dagster"),
        "BOLIG_HOME": str(settings.home),
        # the schedule reads every delivery of a large night, maybe from a slow share; by default it has a minute
        "DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS": "600",
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "600",
    }


def prepare_storage(settings: Settings) -> None:
    """Make Dagster's role and tables, or bring them to its version: its processes, started at once, would all do so."""
    warehouse.prepare_records(settings, "dagster")
    os.environ.update(dagster_environment(settings))
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        instance.upgrade()


class NoCodeAddress(BoligError):
    """The code server was not told where to listen; the message says by which setting."""


def serve_command(
    settings: Settings, program: Literal["code", "web", "daemon"], log_level: str = "info"
) -> list[str | Path]:
    """The command of one of Dagster's servers: the code that runs the nights, the web interface, the clock.

    Raises NoCodeAddress.
    """
    folder = Path(sys.executable).parent
    form = "json" if settings.log_format == "json" else "colored"
    log = ["--log-level", log_level, "--log-format", form]
    if program == "code":
        if not settings.dagster_code:
            raise NoCodeAddress("Set BOLIG_DAGSTER_CODE to the host:port where the code is to answer, like code:4000.")
        where = ["--host", settings.listen, "--port", str(settings.dagster_code[1])]
        return [folder / "dagster", "api", "grpc", "--module-name", DEFINITIONS, *where, *log]
    if program == "web":
        return [folder / "bolig", "dagster", "web", "--log-level", log_level]
    source = ["--module-name", DEFINITIONS]
    if settings.dagster_code:
        host, port = settings.dagster_code
        source = ["--grpc-host", host, "--grpc-port", str(port)]
    return [folder / "dagster-daemon", "run", *source, *log]


def check_command(settings: Settings, program: Literal["code", "daemon"]) -> list[str | Path]:
    """The command that ends with 0 where this server of Dagster's is well. Raises NoCodeAddress."""
    folder = Path(sys.executable).parent
    if program == "daemon":
        return [folder / "dagster-daemon", "liveness-check"]
    if not settings.dagster_code:
        raise NoCodeAddress("BOLIG_DAGSTER_CODE does not say where the code is to answer.")
    host, port = settings.dagster_code
    return [folder / "dagster", "api", "grpc-health-check", "--host", host, "--port", str(port)]


@dataclass(frozen=True)
class Clock:
    """Dagster's daemon: when it was last seen, and which schedules and sensors are switched off."""

    seen_at: datetime | None
    switched_off: tuple[str, ...]


def clock(settings: Settings) -> Clock:
    """What Dagster's own records say of its daemon. Raises WarehouseError."""
    warehouse.prepare_records(settings, "dagster")
    os.environ.update(dagster_environment(settings))

    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
        off = [state.name for state in instance.all_instigator_state() if state.status.value == "STOPPED"]
    return Clock(datetime.fromtimestamp(max(beats), UTC) if beats else None, tuple(sorted(off)))


def run_nightly(
    settings: Settings,
    landing: Path | None = None,
    municipality_no: str | None = None,
    extract_date: date | None = None,
) -> Outcome:
    """Run the nightly job here and now, recorded like any other run; a large night in batches.

    Raises NightInProgress, WarehouseError.
    """
    from dagster_project import batches

    with batches.dealt(settings, landing, municipality_no, extract_date) as dealt:
        if dealt:
            from dagster_project.defs.models import manifest

            # once, before the workers would all do it at once
            prepare_storage(settings)
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

    Raises WarehouseError.
    """
    from dagster_project import logs, nights
    from dagster_project.defs.resources import progress

    config = _config(landing, None, extract_date)
    is_published = True
    with _records(settings) as instance, warehouse.connect(settings, autocommit=True) as connection:
        while batch := nights.take(connection, part_of):
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
    warehouse.prepare(settings)
    warehouse.prepare_records(settings, "dagster")
    os.environ.update(dagster_environment(settings))

    # heavy: only once the environment that it reads is set
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        # by default Dagster opens a connection for every event that it records, hundreds in a night
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=-1, max_overflow=20)
        yield instance


def _run_job(
    settings: Settings,
    instance: "dg.DagsterInstance",
    job: str,
    log_name: str,
    config: Mapping[str, str],
    tags: Mapping[str, str],
) -> Outcome:
    from dagster_project import nights

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
        outcome = nights.outcome(connection, result.run_id)
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
