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
from collections.abc import Iterator

from dagster_project import transform, warehouse
from dagster_project.settings import Settings
from superset_assets import datasets, installation, rest

log = logging.getLogger("bolig.supervision")


def prepare_superset(settings: Settings) -> list[str]:
    """Make Superset ready to be started: its tables, roles, users and dashboards. Repeatable; says what was done.

    Raises NotPrepared, SupersetUnavailable, SupersetRefused or AssetError.
    """
    if installation.is_prepared(settings):
        return ["Superset is prepared already, with these dashboards."]
    log.info("Superset: preparing its tables and permissions ...")
    installation.prepare(settings)
    with serving(settings, workers=1):
        log.info("Superset: importing the dashboards ...")
        return [import_dashboards(settings).line()]


def import_dashboards(settings: Settings) -> rest.Imported:
    """Bring the Superset that answers up to date, and remember with what. Raises as rest.bring_up_to_date does."""
    from dagster_project.defs.models import manifest

    parsed = manifest(settings)
    warehouse.prepare(settings)
    with warehouse.connect(settings, autocommit=True) as connection:
        waiting = datasets.prepare(connection, parsed)
    if waiting:
        log.info("Superset: %d datasets wait for the night that publishes what they show.", len(waiting))
    imported = rest.bring_up_to_date(settings, parsed)
    installation.mark_prepared(settings)
    return imported


@contextlib.contextmanager
def serving(settings: Settings, workers: int | None = None) -> Iterator[None]:
    """A Superset that answers: the one that is up already, or one started for the while.

    `workers`: how many processes it has; default: the setting. Raises SupersetUnavailable.
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
            env=os.environ | installation.environment(settings),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            rest.wait_until_up(address)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def up(settings: Settings) -> int:
    """Start everything, say where it is, and stop everything at Ctrl-C or when one of them ends. Gives an exit status.

    Raises NotPrepared where Superset is not prepared, and WarehouseError.
    """
    from honcho.manager import Manager
    from honcho.printer import Printer

    from dagster_project.defs import launch

    if not installation.is_prepared(settings):
        raise installation.NotPrepared(
            "Superset is not prepared for these dashboards: `bolig superset prepare` does it."
        )
    warehouse.prepare(settings)
    launch.prepare_storage(settings)
    ours = os.environ | launch.dagster_environment(settings) | transform.environment(settings)
    manager = Manager(Printer(sys.stdout, colour=sys.stdout.isatty()))
    for name, command, environment in (
        # what a person at the terminal is to see is that it runs, and what goes wrong
        ("dagster", launch.serve_command(settings, "web", "warning"), ours),
        ("nightly", launch.serve_command(settings, "daemon", "warning"), ours),
        ("superset", installation.serve_command(settings), os.environ | installation.environment(settings)),
    ):
        # exec: the signal that ends it reaches the program, not a shell around it
        manager.add_process(name, "exec " + shlex.join(map(str, command)), env=environment)
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    manager.loop()
    if not settings.database_url:
        warehouse.stop(settings)
    # Ctrl-C is how one stops it
    return 0 if manager.returncode in (None, 0, -signal.SIGINT, 128 + signal.SIGINT, 130) else int(manager.returncode)


def _announce(settings: Settings) -> None:
    """Say where everything is once it answers."""
    try:
        rest.wait_until_up(installation.address(settings))
    except rest.SupersetUnavailable as error:
        log.error("%s", error)
        return
    people = installation.people(settings)
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
