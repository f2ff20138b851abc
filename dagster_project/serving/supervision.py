"""Everything that serves, started together and stopped together: PostgreSQL, Dagster and Superset on one machine.

Belongs here: which processes there are, and watching over them. Does not belong here: what they do.
In production each is a service of its own (README); this is for the machine on a desk.
"""

import contextlib
import logging
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import psutil

from dagster_project import warehouse
from dagster_project.night import dbt
from dagster_project.serving import ports
from dagster_project.settings import Settings
from dagster_project.warehouse import building, embedded, rights
from superset_assets import bringing, installation, rest

log = logging.getLogger("bolig.supervision")

# so long nothing at all is seen of a program that starts only where it has stopped
STANDSTILL = 60


def require_startable(settings: Settings) -> None:
    """Look whether Superset can be started, or answers already. Raises NotPrepared, PortTaken.

    One that answers where this home never had one is another installation's.
    """
    installation.require_installed(settings)
    if not (installation.is_installed(settings) and rest.is_up(installation.address(settings))):
        ports.require_free(settings, ["superset"])


def prepare_superset(settings: Settings) -> list[str]:
    """Make Superset ready to be started: its tables, roles, users and dashboards. Repeatable; says what was done.

    A night may be under way: what it publishes is shown, whoever of the two is done first. Raises NotPrepared,
    SupersetUnavailable, SupersetRefused or AssetError.
    """
    if installation.is_prepared(settings):
        return ["Superset is prepared already, with these dashboards."]
    log.info("Superset: preparing its tables and permissions ...")
    installation.make_room(settings)
    if rest.is_up(installation.address(settings)):
        installation.prepare_beside(settings)
    elif not settings.superset_url:
        # where nobody comes in before it is prepared, and no night takes it for one that stays
        settings = settings.model_copy(update={"listen": "127.0.0.1", "superset_port": ports.any_free()})
    with serving(settings, workers=1, more=installation.preparing(settings)):
        log.info("Superset: importing the dashboards ...")
        return [bringing.import_dashboards(settings).line()]


@contextlib.contextmanager
def serving(
    settings: Settings, workers: int | None = None, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """A Superset that answers: the one that is up already, or one started for the while.

    `workers`: how many processes it has; default: the setting. `more`: variables for one that is started. Raises
    SupersetUnavailable.
    """
    address = installation.address(settings)
    if rest.is_up(address):
        yield
        return
    path = settings.home / "logs" / "superset.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        process = subprocess.Popen(
            installation.serve_command(settings, workers),
            env={**os.environ, **installation.environment(settings), **more},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            rest.wait_until_up(address, _Progress(process, path).require)
            yield
        finally:
            process.terminate()
            process.wait()  # gunicorn lets nobody keep it for longer than graceful_timeout


class _Progress:
    """Whether a process that is waited for goes on: it runs, and works, or writes to its log.

    A number of seconds would be too few on some machine, or on any that is busy.
    """

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self._process, self._log_file = process, log_file
        self._seen: tuple[float, int] = (0.0, 0)
        self._since = time.monotonic()

    def require(self) -> None:
        """Raises SupersetUnavailable where it has ended, or has stood still for STANDSTILL seconds."""
        if self._process.poll() is not None:
            raise self._unavailable(f"Superset ended with {self._process.returncode} before it answered.")
        seen = (_processor_seconds(self._process.pid), self._log_file.stat().st_size)
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > STANDSTILL:
            raise self._unavailable(
                f"Superset runs, but has done nothing for {STANDSTILL} seconds, and does not answer."
            )

    def _unavailable(self, what: str) -> rest.SupersetUnavailable:
        words = self._log_file.read_text("utf-8", errors="replace").strip().splitlines()[-10:]
        return rest.SupersetUnavailable("\n".join([what, *words, f"All of it: {self._log_file}"]))


def _processor_seconds(pid: int) -> float:
    """What a process and all that it started have used of the processor."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for each in (parent := psutil.Process(pid), *parent.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                total += times.user + times.system
    return total


def up(settings: Settings) -> int:
    """Start everything, say where it is, and stop everything at Ctrl-C or when one of them ends. Gives an exit status.

    Raises NotPrepared where Superset is not prepared, and WarehouseError.
    """
    from honcho.manager import Manager
    from honcho.printer import Printer

    from dagster_project.serving import dagster_home

    if not installation.is_prepared(settings):
        raise installation.NotPrepared(
            "Superset is not prepared for these dashboards: `bolig superset prepare` does it."
        )
    rights.prepare(settings)
    dagster_home.prepare_storage(settings)
    ours = os.environ | dagster_home.dagster_environment(settings) | dbt.environment(settings)
    manager = Manager(Printer(sys.stdout, colour=sys.stdout.isatty()))
    for name, command, environment in (
        # what a person at the terminal is to see is that it runs, and what goes wrong
        ("dagster", dagster_home.serve_command(settings, "web", "warning"), ours),
        ("nightly", dagster_home.serve_command(settings, "daemon", "warning"), ours),
        ("superset", installation.serve_command(settings), os.environ | installation.environment(settings)),
    ):
        # exec: the signal that ends it reaches the program, not a shell around it
        manager.add_process(name, "exec " + shlex.join(map(str, command)), env=environment)
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    is_over = threading.Event()
    keeping = threading.Thread(target=_keep_server_up, args=(settings, is_over))
    keeping.start()
    manager.loop()
    is_over.set()
    keeping.join()
    building.stop(settings)
    if not settings.database_url:
        embedded.stop(settings)
    # Ctrl-C is how one stops it
    return 0 if manager.returncode in (None, 0, -signal.SIGINT, 128 + signal.SIGINT, 130) else int(manager.returncode)


def _keep_server_up(settings: Settings, is_over: threading.Event) -> None:
    """Start the embedded server again where it has died: those who ask it next know nothing of it."""
    while not (settings.database_url or is_over.wait(5)):
        try:
            if not embedded.is_running(settings):
                log.warning("PostgreSQL has ended; it is started again.")
                warehouse.database_url(settings)
        except warehouse.WarehouseError as error:
            log.error("%s", error)


def _announce(settings: Settings) -> None:
    """Say where everything is once it answers."""
    # where it ends before it answers everything is stopped
    rest.wait_until_up(installation.address(settings), lambda: None)
    people = installation.by_password(settings)
    for line in (
        "",
        f"Dashboards: {installation.address(settings)}",
        f"  log in as {', '.join(people)}; `bolig superset password NAME` shows the first password of each",
        f"Dagster:    http://127.0.0.1:{settings.dagster_port}",
        "SQL:        `bolig db url --role reader`",
        "Stop with Ctrl-C.",
        "",
    ):
        log.info("%s", line)
