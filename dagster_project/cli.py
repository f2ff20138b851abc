"""The command line `bolig`: the same functions as Dagster's, headless.

Belongs here: words, options and how results are shown. Does not belong here: logic of its own.
Imports of other rooms stand inside the commands: `bolig db url` shall not wait for Dagster.
"""

import logging
import sys
from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from dagster_project import BoligError


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


class _PlainErrors(click.Group):
    """Ends with 1 and the message where a person is to be told something; other errors keep their traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BoligError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_PlainErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The housing warehouse: extracts in, a published scorecard out.

    BOLIG_HOME is the folder of all that is written (default: .bolig beside the project).
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("bolig")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    # Dagster records its own log; here it would only say again what a person is told already
    logging.getLogger("dagster").setLevel(logging.CRITICAL)


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
    from dagster_project.defs.launch import run_nightly

    outcome = run_nightly(settings, landing, municipality, extract_date)
    click.echo(outcome.message, err=not outcome.published)
    click.echo("Next: bolig scorecard" if outcome.published else "Not all is published. `bolig status` shows what is.")
    sys.exit(0 if outcome.published else 1)


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
    click.echo(f"Its report is kept with it. Next: bolig report --period {of.name}")


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


@main.command()
def env() -> None:
    """Print the variables by which Dagster's and dbt's own programs find this installation, for a shell to evaluate."""
    import shlex

    from dagster_project import warehouse
    from dagster_project.defs.launch import dagster_environment
    from dagster_project.transform import environment

    settings = _settings()
    warehouse.prepare(settings)
    for name, value in (dagster_environment(settings) | environment(settings)).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.command()
def status() -> None:
    """Show the last nights, what is published, and what is quarantined."""
    from dagster_project import console

    console.print_status(_settings())


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
