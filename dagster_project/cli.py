"""The command line `bolig`: the same functions as Dagster's, headless.

Belongs here: words, options and how results are shown. Does not belong here: logic of its own.
Imports of other rooms stand inside the commands: `bolig db url` shall not wait for Dagster.
"""

import atexit
import gc
import os
import re
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from dagster_project import BoligError, logs


class _Date(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no date; write it as 2011-01-01.", param, context)


def _municipality(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (len(value) == 4 and value.isdigit()):
        raise click.BadParameter(f"{value} is no municipality number; it has four digits, like 0220.")
    return value


_LANDING = click.option(
    "--landing", type=click.Path(path_type=Path, file_okay=False), help="The landing folder. [default: BOLIG_LANDING]"
)
_OUT_FILE = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The HTML file. [default: in reports in the home]"
)
_MUNICIPALITY = click.option("--municipality", callback=_municipality, help="A municipality's number, like 0220.")


def _acting_user() -> str:
    from dagster_project.operations.audit import operating_user

    return operating_user()


_BY = click.option("--by", "done_by", default=_acting_user, help="Who does it, for the record. [default: the user]")
_BY_NAME = click.option("--by", "done_by", required=True, help="Who does it, for the record: a person's name.")


class _PlainErrors(click.Group):
    """Ends with 1 and the message where a person is to be told something; other errors keep their traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BoligError as error:
            raise click.ClickException(str(error)) from None
        except click.UsageError as error:
            if re.search(r"\d{11}", error.message):
                words = "A person's number is read from standard input; never give it as an argument."
                raise click.UsageError(words, error.ctx) from None
            raise
        except Exception as error:
            from dagster_project import warehouse

            if warehouse.is_lost(error):
                raise click.ClickException(
                    "PostgreSQL does not answer: the server ended, or the connection to it. Nothing of what was under"
                    " way is kept; start the server (the embedded one starts with any command), and try again."
                ) from None
            raise


@click.group(cls=_PlainErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The housing warehouse: extracts in, a published scorecard out.

    BOLIG_HOME is the folder of all that is written (default: .bolig beside the project).
    """
    # what is made here, and by the servers that are started from here, is its user's alone: deliveries, dumps, logs
    os.umask(0o077)
    # not through Settings: `bolig --help` shall not fail on a setting, and the commands hold them all
    logs.configure(as_json=os.environ.get("BOLIG_LOG_FORMAT") == "json")
    # a process that ends need not look for what nobody refers to: a second, with all that a night has loaded
    atexit.register(gc.freeze)


@main.command()
@_LANDING
@click.option("--date", "extract_date", type=_Date(), default="2011-01-01", show_default=True, help="Extract date.")
def demo(landing: Path | None, extract_date: date) -> None:
    """Make the demonstration municipality's delivery (Asker, 0220; synthetic people only)."""
    from dagster_project.demo import extract

    settings = _settings()
    settings.mark_as_demonstration()
    folder = extract.write_delivery(landing or settings.landing, extract_date=extract_date)
    click.echo(f"The demonstration's delivery of {extract_date} lies in {folder}.")
    click.echo("Next: bolig nightly")


@main.command()
@_LANDING
@_MUNICIPALITY
@click.option("--date", "extract_date", type=_Date(), help="The delivery of this extract date. [default: the newest]")
def nightly(landing: Path | None, municipality: str | None, extract_date: date | None) -> None:
    """Load the newest deliveries, build, audit and publish.

    Exit status: 0 published (or published already), 1 not published, 2 wrong use.
    """
    settings = _settings()
    if not (landing or settings.landing).is_dir():
        raise click.UsageError(
            f"There is no landing folder {landing or settings.landing}. Name it with --landing or BOLIG_LANDING; "
            "`bolig demo` makes the demonstration's."
        )
    from dagster_project import watch
    from dagster_project.defs.launch import run_nightly
    from dagster_project.operations import alerts

    def tell_of_the_end(words: str) -> None:
        watch.log.error("%s", words)
        alerts.tell(settings, alerts.Alert("night", "the night ended", words))

    try:
        with watch.until_it_ends(settings, tell_of_the_end):
            outcome = run_nightly(settings, landing, municipality, extract_date)
            try:
                alerts.notify(settings)
            except BoligError as error:
                click.echo(error, err=True)  # the night's own outcome stands
    except BoligError as error:
        # there may be no record of it to tell from: told at once, and again each time
        alerts.tell(settings, alerts.Alert("night", "the night did not start", str(error).splitlines()[0]))
        raise
    click.echo(outcome.message, err=not outcome.published)
    click.echo("Next: bolig scorecard" if outcome.published else "Not all is published. `bolig status` shows what is.")
    sys.exit(0 if outcome.published else 1)


@main.command(hidden=True)
@click.argument("night", type=int)
@_LANDING
@click.option("--date", "extract_date", type=_Date())
def worker(night: int, landing: Path | None, extract_date: date | None) -> None:
    """Run batches of the night NIGHT, until there are none left; `nightly` starts it, and tells what became of them.

    Exit status: 0 published, 1 not all published.
    """
    from dagster_project import watch
    from dagster_project.defs.launch import work

    settings = _settings()
    # whoever started it tells of it
    with watch.until_it_ends(settings, watch.log.debug):
        is_published = work(settings, night, landing, extract_date)
    sys.exit(0 if is_published else 1)


@main.command()
@_LANDING
@_MUNICIPALITY
@click.option("--date", "extract_date", type=_Date(), required=True, help="Extract date of the older delivery.")
def backfill(landing: Path | None, municipality: str | None, extract_date: date) -> None:
    """Load an older delivery into the history, for closing periods; what is published stays.

    Exit status: 0 loaded (or loaded before), 1 not loaded, 2 wrong use.
    """
    from dagster_project.backfill import backfill as load_older

    receipts = load_older(_settings(), extract_date, landing, municipality)
    loaded = all(receipt.status in ("accepted", "unchanged") for receipt in receipts)
    for line in (line for receipt in receipts for line in receipt.lines()):
        click.echo(line, err=not loaded)
    if loaded:
        click.echo(f"Next: bolig close --period ... --date {extract_date} --by ...")
    sys.exit(0 if loaded else 1)


@main.command()
@click.option("--period", required=True, help="A quarter (2010-Q4), a tertial (2010-T3) or a year (2010).")
@_MUNICIPALITY
@click.option(
    "--date",
    "extract_date",
    type=_Date(),
    help="Close on the loaded delivery of this extract date. [default: what is published]",
)
@click.option("--by", "closed_by", required=True, help="Who closes the period: a person's name.")
@click.option("--note", help="What is to be remembered with it.")
def close(period: str, municipality: str | None, extract_date: date | None, closed_by: str, note: str | None) -> None:
    """Freeze a period's figures as reported; closing again makes a new revision and leaves the old.

    Exit status: 0 closed, 1 refused, 2 wrong use.
    """
    from dagster_project import closing, periods
    from dagster_project.report import making

    settings, of = _settings(), periods.parse(period)
    closed = closing.close(settings, of, closed_by, municipality, extract_date, note)
    for line in closed.lines():
        click.echo(line)
    making.make(settings, of, closed.municipality_no)
    click.echo(
        f"Its report is kept with it. Next: bolig report --municipality {closed.municipality_no} --period {of.name}"
    )


@main.command()
@click.option("--period", required=True, help="A quarter (2010-Q4), a tertial (2010-T3) or a year (2010).")
@_MUNICIPALITY
@click.option(
    "--edition",
    type=click.Choice(["intern", "offentlig"]),
    default="intern",
    show_default=True,
    help="intern: for those who may see every figure; offentlig: small counts are suppressed.",
)
@click.option("--revision", type=click.IntRange(min=1), help="An earlier closing of the period. [default: the newest]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder. [default: reports in the home]"
)
def report(
    period: str,
    municipality: str | None,
    edition: Literal["intern", "offentlig"],
    revision: int | None,
    out: Path | None,
) -> None:
    """Write the report on a period, as PDF and XLSX: of a closed one what was reported, else a draft.

    Exit status: 0 written, 1 refused, 2 wrong use.
    """
    from dagster_project import periods
    from dagster_project.report import making

    settings = _settings()
    made = making.make(settings, periods.parse(period), municipality, edition, revision)
    kind = "A draft, for the period is not closed" if made.is_draft else "The report, as it is kept with the closing"
    click.echo(f"{kind}:")
    for path in made.write(out or settings.reports):
        click.echo(f"  {path}")


@main.command()
@_OUT_FILE
def definitions(out: Path | None) -> None:
    """Write the definitions page: every figure with its meaning, source, owner and versions."""
    from dagster_project.report import definitions as definitions_page

    settings = _settings()
    path = out or settings.reports / "definisjoner.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(definitions_page.page(settings), "utf-8")
    click.echo(f"The definitions are {path}.")


@main.command()
@_OUT_FILE
def docs(out: Path | None) -> None:
    """Write dbt's documentation of the published tables and all behind them, for analysts."""
    from dagster_project import transform

    settings = _settings()
    path = out or settings.reports / "dbt.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(transform.docs(settings))
    click.echo(f"The documentation is {path}.")


@main.command()
@click.option("--table", "table_name", required=True, help="A table of the extracts, like dwelling.")
@click.option("--key", multiple=True, required=True, help="The record's key; once for each column of it, in order.")
@_MUNICIPALITY
def history(table_name: str, key: tuple[str, ...], municipality: str | None) -> None:
    """Show every version of a source record, and the deliveries that it was in; nothing personal or restricted.

    Exit status: 0 shown, 1 no such record.
    """
    from dagster_project import source_history, warehouse
    from dagster_project.landing import door

    settings = _settings()
    warehouse.prepare(settings)
    with warehouse.connect(settings) as connection:
        door.prepare(connection)
        name, number, stretches = source_history.trace(connection, table_name, key, municipality)
    click.echo(f"{name} {'/'.join(key)} of {number}, as its deliveries had it:")
    for line in source_history.lines(stretches):
        click.echo(line)


@main.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the backups. [default: BOLIG_BACKUP]",
)
def backup(folder: Path | None) -> None:
    """Back up the warehouse and, in a file apart, the home's secrets; old backups go (BOLIG_KEEP_BACKUP_DAYS).

    Exit status: 0 made, 1 not made.
    """
    from dagster_project.operations import backup as backups
    from dagster_project.operations import retention

    settings = _settings()
    for line in backups.make(settings, folder).lines() + retention.prune_backups(settings):
        click.echo(line)


@main.command()
@click.argument("path", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The archive of the backup's secrets, where it is kept elsewhere.",
)
@_BY
def restore(path: Path, secrets: Path | None, done_by: str) -> None:
    """Bring the backup PATH back, into an empty database and a home of its own (BOLIG_HOME).

    Exit status: 0 restored, 1 refused.
    """
    from dagster_project.operations import backup as backups

    for line in backups.restore(_settings(), path, done_by, secrets):
        click.echo(line)


@main.command()
@_BY
def prune(done_by: str) -> None:
    """Delete what is older than the BOLIG_KEEP_... settings say.

    Delivered files, quarantined rows, row versions, Dagster's runs, backups.

    Exit status: 0 deleted (or nothing to delete), 1 not all could be deleted.
    """
    from dagster_project.operations import retention

    for line in retention.prune(_settings(), done_by):
        click.echo(line)


@main.command("rotate-key")
@_BY
def rotate_key(done_by: str) -> None:
    """Give every stored person a new pseudonym, under a new key that comes after the present one.

    Exit status: 0 rotated, 1 refused.
    """
    from dagster_project.operations import keys

    for line in keys.rotate(_settings(), done_by).lines():
        click.echo(line)


@main.group()
def person() -> None:
    """The rights of a person in one municipality: --municipality names it where several are loaded.

    The number is read from standard input, a line; never give it as an argument.
    """


@person.command("show")
@_MUNICIPALITY
@_BY_NAME
def show_person(municipality: str | None, done_by: str) -> None:
    """Print everything that the municipality holds of the person, as JSON.

    Exit status: 0 shown, 1 refused.
    """
    import json

    from dagster_project.operations import persons

    held = persons.held(_settings(), _number_from_input("The person's number"), done_by, municipality)
    click.echo(json.dumps(held, ensure_ascii=False, indent=2, default=str))


@person.command("erase")
@_MUNICIPALITY
@_BY_NAME
@click.option("--note", help="What is to be remembered with it, like a case number.")
def erase_person(municipality: str | None, done_by: str, note: str | None) -> None:
    """Delete everything that the municipality holds of the person; the door drops what its sources still deliver.

    Exit status: 0 erased, 1 refused.
    """
    from dagster_project.operations import persons

    number = _number_from_input("The person's number")
    for line in persons.erase(_settings(), number, done_by, municipality, note).lines():
        click.echo(line)


@person.command("correct")
@_MUNICIPALITY
@_BY_NAME
@click.option("--note", help="What is to be remembered with it, like a case number.")
def correct_person(municipality: str | None, done_by: str, note: str | None) -> None:
    """Give what the municipality holds under a former number (the first line) to the right one (the second line).

    Exit status: 0 corrected, 1 refused.
    """
    from dagster_project.operations import persons

    former = _number_from_input("The former number")
    right = _number_from_input("The right number")
    for line in persons.correct(_settings(), former, right, done_by, municipality, note).lines():
        click.echo(line)


def _number_from_input(asked: str) -> str:
    """A line of standard input; at a terminal it is asked for and not shown."""
    if sys.stdin.isatty():
        return str(click.prompt(asked, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()


@main.group()
def db() -> None:
    """The warehouse's PostgreSQL."""


@db.command()
@click.option("--role", type=click.Choice(["owner", "reader"]), default="owner", show_default=True)
def url(role: str) -> None:
    """Print a libpq URL; starts the embedded server where it is not running, and leaves it up."""
    from dagster_project import warehouse

    settings = _settings()
    warehouse.prepare(settings)
    click.echo(warehouse.database_url(settings, role))  # type: ignore[arg-type]


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from dagster_project import warehouse

    stopped = warehouse.stop(_settings())
    click.echo("The embedded PostgreSQL is stopped." if stopped else "The embedded PostgreSQL was not running.")


@db.command()
@click.argument("name")
def developer(name: str) -> None:
    """Make a developer's own login and schemas over today's extracts; prints what dbt needs, for a shell to evaluate.

    eval "$(bolig db developer anna)" and then dbt build --project-dir dbt -s fct_vacancy+ (docs/developers.md).
    """
    from dagster_project.operations import developer

    _export(developer.prepare(_settings(), name))


@db.command("prepare")
def prepare_database() -> None:
    """Bring the database to this version: roles, rights, tables, and Dagster's records. Repeatable.

    Exit status: 0 done, 1 not done (a night is under way, or the server does not answer).
    """
    from dagster_project import quality, warehouse
    from dagster_project.defs import launch
    from dagster_project.operations import audit

    settings = _settings()
    with audit.held_warehouse(settings) as connection:
        quality.prepare(connection)
    launch.prepare_storage(settings)
    click.echo(f"The database {warehouse.database_name(settings)} is as this version needs it.")
    click.echo("Next: bolig superset prepare, bolig doctor")


@main.group()
def dagster() -> None:
    """Dagster's servers, each in a process of its own (`bolig up` starts them all on a machine with a desk)."""


_CHECK = click.option("--check", is_flag=True, help="Do not serve: end with 0 where the one on this machine is well.")


@dagster.command()
@_CHECK
def code(check: bool) -> None:
    """Serve the code that runs the nights, at BOLIG_DAGSTER_CODE, until it is stopped."""
    from dagster_project import ports, transform
    from dagster_project.defs import launch

    settings = _settings()
    command = launch.check_command(settings, "code") if check else launch.serve_command(settings, "code")
    if not check:
        ports.require_free(settings, ["code"])
    _become(command, launch.dagster_environment(settings) | transform.environment(settings))


@dagster.command()
@_CHECK
@click.option("--log-level", type=click.Choice(["info", "warning"]), default="info", hidden=True)
def web(check: bool, log_level: str) -> None:
    """Serve Dagster's web interface to its own pages only. It has no login: let only a proxy with one reach it."""
    from dagster_project import ports
    from dagster_project.defs import launch

    settings = _settings()
    if check:
        _require_answer(settings.listen, settings.dagster_port, "/server_info")
        return
    ports.require_free(settings, ["dagster"])
    os.environ.update(launch.dagster_environment(settings))  # Dagster reads it when it is imported
    from dagster_project import dagster_web

    dagster_web.serve(settings, log_level)


@dagster.command()
@_CHECK
def daemon(check: bool) -> None:
    """Run the schedules and the alerts."""
    from dagster_project.defs import launch

    settings = _settings()
    command = launch.check_command(settings, "daemon") if check else launch.serve_command(settings, "daemon")
    _become(command, launch.dagster_environment(settings))


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
    """Make Superset ready to be started: its tables, roles, first users and dashboards."""
    from dagster_project import supervision

    settings = _settings()
    supervision.require_startable(settings)
    if check:
        return
    for line in supervision.prepare_superset(settings):
        click.echo(line)
    click.echo("Next: bolig up")


@superset.command()
@_CHECK
def serve(check: bool) -> None:
    """Serve Superset until it is stopped."""
    from dagster_project import ports
    from superset_assets import installation

    settings = _settings()
    if check:
        _require_answer(settings.listen, settings.superset_port, "/health")
        return
    ports.require_free(settings, ["superset"])
    _become(installation.serve_command(settings), installation.environment(settings))


@superset.command("import")
def import_() -> None:
    """Bring the running Superset to what git has: dashboards, roles, and no figure cached before."""
    from dagster_project import supervision

    click.echo(supervision.import_dashboards(_settings()).line())


@superset.command()
def validate() -> None:
    """Walk dashboard, chart, dataset and column without a server.

    Exit status: 0 all hangs together, 1 something is unknown, unused or undescribed.
    """
    from dagster_project.defs.models import manifest
    from superset_assets import checks, tree

    assets = tree.read(manifest(_settings()))
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
    """Show the first password of NAME (forvalter; in a demonstration also leder, saksomrade, analytiker)."""
    from superset_assets import installation

    settings = _settings()
    people = installation.people(settings)
    if name not in people:
        raise click.UsageError(f"{name} is none of the first users: {', '.join(people)}.")
    click.echo(installation.password(settings, name))


@main.command()
@click.option("--check", is_flag=True, help="Do not start: end with 0 where the ports are free.")
def up(check: bool) -> None:
    """Start PostgreSQL, Dagster and Superset, and stop them with Ctrl-C."""
    from dagster_project import ports

    settings = _settings()
    ports.require_free(settings, ["superset", "dagster"])
    if check:
        return
    from dagster_project import supervision

    sys.exit(supervision.up(settings))


@main.command()
def env() -> None:
    """Print the variables by which Dagster's and dbt's own programs find this installation, for a shell to evaluate."""
    from dagster_project import warehouse
    from dagster_project.defs.launch import dagster_environment
    from dagster_project.transform import environment

    settings = _settings()
    warehouse.prepare(settings)
    _export(dagster_environment(settings) | environment(settings))


def _export(variables: dict[str, str]) -> None:
    import shlex

    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.command()
def status() -> None:
    """Show the last nights, what is published, and what is quarantined."""
    from dagster_project import console

    console.print_status(_settings())


@main.command()
def settings() -> None:
    """Show every setting: its variable, what it is here (not where it is secret), and what it means."""
    from dagster_project import console

    console.print_settings(_settings())


@main.command()
def doctor() -> None:
    """Check the set-up: database, rights, secrets, folders, nights, schedule, backups, alerts; each with what to do.

    Exit status: 0 no fault, 1 a fault.
    """
    from dagster_project import console

    sys.exit(0 if console.print_findings(_settings()) else 1)


@main.command()
def metrics() -> None:
    """Print the installation's state as Prometheus reads it, for a textfile collector or an exporter of one's own."""
    from dagster_project.operations import metrics as state

    click.echo(state.text(_settings()), nl=False)


@main.command("governance-template")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def governance_template(path: Path) -> None:
    """Write an empty workbook of targets, measures and challenges to PATH, for the boligstrategiorgan to fill in."""
    from dagster_project import governance

    if path.suffix != ".xlsx":
        raise click.UsageError(f"{path} is no name of a workbook; it must end in .xlsx.")
    if path.exists():
        raise click.UsageError(f"{path} is there already, and may be filled in. Name another file, or remove it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(governance.template())
    click.echo(f"The empty workbook is {path}.")
    click.echo(f"Next: fill it in and put it into a delivery as {governance.SOURCE}/{governance.FILE_NAME}.")


@main.command()
@_MUNICIPALITY
def scorecard(municipality: str | None) -> None:
    """Show the scorecard's main figures, and whether the published figures of the report come out."""
    from dagster_project import console

    console.print_scorecard(_settings(), municipality)


def _settings() -> "Settings":  # type: ignore[name-defined]  # noqa: F821
    from pydantic import ValidationError

    from dagster_project.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise click.UsageError(f"A setting does not fit. {faults}") from None
