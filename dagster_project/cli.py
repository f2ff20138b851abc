"""The command line `bolig`: the same functions as Dagster's, headless.

Belongs here: words, options and how results are shown. Does not belong here: logic of its own.
Imports of other rooms stand inside the commands: `bolig db url` shall not wait for Dagster.
"""

import logging
import sys
from datetime import date, datetime
from pathlib import Path

import click




class _Date(click.ParamType):
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
_MUNICIPALITY = click.option("--municipality", callback=_municipality, help="A municipality's number, like 0220.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The housing warehouse: extracts in, a published scorecard out.

    BOLIG_HOME is the folder of all that is written (default: .bolig beside the project).
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("bolig")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


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
def status() -> None:
    """Show the last nights, what is published, and what is quarantined."""
    from dagster_project import console

    console.print_status(_settings())


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
