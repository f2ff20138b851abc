"""Dagster's home: its configuration, its records, and the commands of its servers.

Belongs here: what Dagster's processes need to be started and asked. Does not belong here: the definitions (defs/).
"""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Literal

from dagster_project import BoligError, warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import rights

STORAGE_URL = "BOLIG_DAGSTER_URL"

DEFINITIONS = "dagster_project.defs"


def dagster_environment(settings: Settings) -> dict[str, str]:
    """The variables that Dagster's own programs need; makes its home."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    template = Path(__file__).with_name("dagster.yaml").read_text("utf-8")
    configuration = (Template(template).substitute(workers=settings.workers) + _run_launcher(settings)).encode()
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


class NoImage(BoligError):
    """Runs are to be started in containers, and nothing says of which image; the message says by which setting."""


def _run_launcher(settings: Settings) -> str:
    """The part of Dagster's configuration that says where runs are started: nothing where that is beside the code.

    A container has its settings, the secret ones too, from files of their names in the folder that is mounted for it,
    and none in its environment, which everybody at the engine can read. Its home is a volume of its own, which goes
    with it: dbt's folders, and a build server. Raises NoImage.
    """
    if settings.launcher == "local":
        return ""
    if not settings.launcher_image:
        raise NoImage("BOLIG_LAUNCHER is docker: set BOLIG_LAUNCHER_IMAGE to the image that runs are started in.")
    import yaml

    launcher = {
        "module": "dagster_docker",
        "class": "DockerRunLauncher",
        "config": {
            "image": settings.launcher_image,
            "networks": list(settings.launcher_networks),
            # as strict as the services of docker-compose.yml
            "container_kwargs": {
                "entrypoint": ["bolig", "dagster", "run"],
                "volumes": [str(CONTAINER_HOME), *settings.launcher_volumes],
                "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108
                # what the processes of a query on the build server share; as much as the warehouse's server has
                "shm_size": 512 << 20,
                "init": True,
                "read_only": True,
                "cap_drop": ["ALL"],
                "security_opt": ["no-new-privileges:true"],
                "auto_remove": True,
            },
        },
    }
    return yaml.safe_dump({"run_launcher": launcher}, sort_keys=False)


# the home that the image has (containers/Dockerfile)
CONTAINER_HOME = Path("/var/lib/bolig")


def prepare_storage(settings: Settings) -> None:
    """Make Dagster's role and tables, or bring them to its version: its processes, started at once, would all do so."""
    rights.prepare_records(settings, "dagster")
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
    rights.prepare_records(settings, "dagster")
    os.environ.update(dagster_environment(settings))

    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
        off = [state.name for state in instance.all_instigator_state() if state.status.value == "STOPPED"]
    return Clock(datetime.fromtimestamp(max(beats), UTC) if beats else None, tuple(sorted(off)))
