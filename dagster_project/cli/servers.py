"""The servers: PostgreSQL, Dagster and Superset.

Belongs here: the words of these commands. Does not belong here: what they do.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from dagster_project import BoligError
from dagster_project.cli.shared import main, the_settings


@main.group()
def db() -> None:
    """The warehouse's PostgreSQL."""


@db.command()
@click.option("--role", type=click.Choice(["owner", "reader"]), default="owner", show_default=True)
def url(role: str) -> None:
    """Print a libpq URL; starts the embedded server where it is not running, and leaves it up.

    Example: bolig db url --role reader
    """
    from dagster_project import warehouse
    from dagster_project.warehouse import rights

    settings = the_settings()
    rights.prepare(settings)
    click.echo(warehouse.database_url(settings, role))  # type: ignore[arg-type]


@db.command()
def stop() -> None:
    """Stop the embedded server.

    Example: bolig db stop
    """
    from dagster_project.warehouse import building, embedded

    settings = the_settings()
    if building.stop(settings):
        click.echo("The embedded build server is stopped.")
        if settings.database_url:
            return
    stopped = embedded.stop(settings)
    click.echo("The embedded PostgreSQL is stopped." if stopped else "The embedded PostgreSQL was not running.")


@db.command()
@click.argument("name")
def developer(name: str) -> None:
    """Make a developer's own login and schemas over today's extracts; prints what dbt needs, for a shell to evaluate.

    eval "$(bolig db developer anna)" and then dbt build --project-dir dbt -s fct_vacancy+ (docs/developers.md).

    Example: bolig db developer kari
    """
    from dagster_project.operations import developer

    _export(developer.prepare(the_settings(), name))


@db.command("prepare")
def prepare_database() -> None:
    """Bring the database to this version: roles, rights, tables, and Dagster's records. Repeatable.

    While a night is under way, a version that would change its tables is refused.

    Exit status: 0 done, 1 not done (a night is under way, and tables would change; or the server does not answer).

    Example: bolig db prepare
    """
    from dagster_project import warehouse
    from dagster_project.night import holding
    from dagster_project.serving import dagster_home
    from dagster_project.warehouse import records

    settings = the_settings()
    try:
        with holding.lock(settings), holding.opened(settings):
            pass  # that is all: to open it is to bring it to this version
        dagster_home.prepare_storage(settings)
    except holding.NightInProgress:
        # on another machine, or it goes on while the services are started again, which wait for this
        with warehouse.connect(settings, autocommit=True) as connection:
            if records.stored(connection) != records.newest():
                raise
        with holding.opened(settings):
            click.echo("A night, or what holds the warehouse like one, is under way; nothing here has to wait for it.")
    click.echo(f"The database {warehouse.database_name(settings)} is as this version needs it.")
    click.echo("Next: bolig superset prepare, bolig doctor")


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@db.command()
@_DRY_RUN
def distribute(dry_run: bool) -> None:
    """Spread history over the machines that Citus has, each municipality's rows on one of them. Repeatable.

    What is published, the records and the dashboards stay on the coordinator (docs/scaling.md, Citus).

    Exit status: 0 spread (or nothing to do), 1 not (no Citus here, or a night is under way).

    Example: bolig db distribute --dry-run
    """
    from dagster_project.operations import distribution

    for line in distribution.distribute(the_settings(), dry_run=dry_run):
        click.echo(line)


@db.command()
@_DRY_RUN
def rebalance(dry_run: bool) -> None:
    """Make the machines' shares of history alike, after one was added. Repeatable.

    Exit status: 0 alike, 1 not (no Citus here, or a night is under way).

    Example: bolig db rebalance --dry-run
    """
    from dagster_project.operations import distribution

    for line in distribution.rebalance(the_settings(), dry_run=dry_run):
        click.echo(line)


@main.group()
def dagster() -> None:
    """Dagster's servers, each in a process of its own (`bolig up` starts them all on a machine with a desk)."""


_CHECK = click.option("--check", is_flag=True, help="Do not serve: end with 0 where the one on this machine is well.")


@dagster.command()
@_CHECK
def code(check: bool) -> None:
    """Serve the code that runs the nights, at BOLIG_DAGSTER_CODE, until it is stopped.

    Example: bolig dagster code --check
    """
    from dagster_project.night import dbt
    from dagster_project.serving import dagster_home, ports

    settings = the_settings()
    command = dagster_home.check_command(settings, "code") if check else dagster_home.serve_command(settings, "code")
    if not check:
        ports.require_free(settings, ["code"])
    _become(command, dagster_home.dagster_environment(settings) | dbt.environment(settings))


@dagster.command()
@_CHECK
@click.option("--log-level", type=click.Choice(["info", "warning"]), default="info", hidden=True)
def web(check: bool, log_level: str) -> None:
    """Serve Dagster's web interface to its own pages only. It has no login: let only a proxy with one reach it.

    Example: bolig dagster web
    """
    from dagster_project.serving import dagster_home, ports

    settings = the_settings()
    if check:
        _require_answer(settings.listen, settings.dagster_port, "/server_info")
        return
    ports.require_free(settings, ["dagster"])
    os.environ.update(dagster_home.dagster_environment(settings))  # Dagster reads it when it is imported
    from dagster_project.serving import dagster_web

    dagster_web.serve(settings, log_level)


@dagster.command()
@_CHECK
def daemon(check: bool) -> None:
    """Run the schedules and the alerts.

    Example: bolig dagster daemon
    """
    from dagster_project.serving import dagster_home

    settings = the_settings()
    command = (
        dagster_home.check_command(settings, "daemon") if check else dagster_home.serve_command(settings, "daemon")
    )
    _become(command, dagster_home.dagster_environment(settings))


@dagster.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_(command: tuple[str, ...]) -> None:
    """Run a command of Dagster's own with this installation's records: how a launcher starts a run in a container.

    Example: bolig dagster run dagster instance info
    """
    from dagster_project.serving import dagster_home

    program = Path(sys.executable).with_name(command[0])
    _become([program, *command[1:]], dagster_home.dagster_environment(the_settings()))


def _become(command: Sequence[str | Path], variables: dict[str, str]) -> None:
    """Let a server take this process's place: a signal to it is a signal to that."""
    os.execve(command[0], [str(word) for word in command], os.environ | variables)  # noqa: S606


def _require_answer(listening: str, port: int, path: str) -> None:
    import httpx

    host = "127.0.0.1" if listening == "0.0.0.0" else listening  # noqa: S104
    url = f"http://{host}:{port}{path}"
    try:
        httpx.get(url, timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        raise BoligError(f"{url} does not answer: {error}") from None


@main.group()
def superset() -> None:
    """The dashboards."""


@superset.command()
@click.option("--check", is_flag=True, help="Do not prepare: end with 0 where it could be started for that.")
def prepare(check: bool) -> None:
    """Make Superset ready to be started: its tables, roles, first users and dashboards.

    Example: bolig superset prepare
    """
    from dagster_project.serving import supervision

    settings = the_settings()
    supervision.require_startable(settings)
    if check:
        return
    for line in supervision.prepare_superset(settings):
        click.echo(line)
    click.echo("Next: bolig up")


@superset.command()
@_CHECK
def serve(check: bool) -> None:
    """Serve Superset until it is stopped.

    Example: bolig superset serve
    """
    from dagster_project.serving import ports
    from superset_assets import installation

    settings = the_settings()
    if check:
        _require_answer(settings.listen, settings.superset_port, "/health")
        return
    ports.require_free(settings, ["superset"])
    _become(installation.serve_command(settings), installation.environment(settings))


@superset.command("import")
def import_() -> None:
    """Bring the running Superset to what git has: dashboards, roles, and no figure cached before.

    Example: bolig superset import
    """
    from superset_assets import bringing

    click.echo(bringing.import_dashboards(the_settings()).line())


@superset.command()
def validate() -> None:
    """Walk dashboard, chart, dataset and column without a server.

    Exit status: 0 all hangs together, 1 something is unknown, unused or undescribed.

    Example: bolig superset validate
    """
    from dagster_project.night.dbt import manifest
    from superset_assets import checks
    from superset_assets.derive import dashboards

    assets = dashboards.read(manifest(the_settings()))
    faults = checks.faults(assets)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    counts = f"{len(assets.dashboards)} dashboards, {len(assets.charts)} charts and {len(assets.datasets)} datasets"
    click.echo(f"{counts} hang together.")


@superset.command()
@click.argument("name")
def password(name: str) -> None:
    """Show the first password of NAME (forvalter; in a demonstration also leder, saksomrade, analytiker).

    Example: bolig superset password leder
    """
    from superset_assets import installation

    settings = the_settings()
    people = installation.by_password(settings)
    if name not in people:
        raise click.UsageError(f"{name} is none of the first users who log in by a password: {', '.join(people)}.")
    click.echo(installation.password(settings, name))


@main.command()
@click.option("--check", is_flag=True, help="Do not start: end with 0 where the ports are free.")
def up(check: bool) -> None:
    """Start PostgreSQL, Dagster and Superset, and stop them with Ctrl-C.

    Example: bolig up
    """
    from dagster_project.serving import ports

    settings = the_settings()
    ports.require_free(settings, ["superset", "dagster"])
    if check:
        return
    from dagster_project.serving import supervision

    sys.exit(supervision.up(settings))


@main.command()
def env() -> None:
    """Print the variables by which Dagster's and dbt's own programs find this installation, for a shell to evaluate.

    Example: bolig env
    """
    from dagster_project.night.dbt import environment
    from dagster_project.serving.dagster_home import dagster_environment
    from dagster_project.warehouse import rights

    settings = the_settings()
    rights.prepare(settings)
    _export(dagster_environment(settings) | environment(settings))


def _export(variables: dict[str, str]) -> None:
    import shlex

    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
