"""Nights and what they leave: deliveries in, figures out.

Belongs here: the words of these commands. Does not belong here: what they do.
"""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dagster_project import BoligError
from dagster_project.cli.shared import JSON, LANDING, MUNICIPALITY, Date, main, the_settings

if TYPE_CHECKING:
    from dagster_project.settings import Settings


@main.command()
@LANDING
@click.option("--date", "extract_date", type=Date(), default="2011-01-01", show_default=True, help="Extract date.")
@click.option("--history", is_flag=True, help="Load two earlier deliveries too, since which plans have moved.")
def demo(landing: Path | None, extract_date: date, history: bool) -> None:
    """Make the demonstration municipality's delivery (Asker, 0220; synthetic people only).

    Example: bolig demo --date 2011-01-01
    """
    from dagster_project import demo as demonstration
    from dagster_project.closing.backfill import backfill as load_older

    settings = the_settings()
    settings.mark_as_demonstration()
    place = landing or settings.landing
    folder = demonstration.write_delivery(place, extract_date=extract_date)
    click.echo(f"The demonstration's delivery of {extract_date} lies in {folder}.")
    for day in demonstration.EARLIER if history else ():
        demonstration.write_delivery(place, extract_date=day)
        for receipt in load_older(settings, day, place, demonstration.MUNICIPALITY_NO):
            click.echo("\n".join(receipt.lines()))
    click.echo("Next: bolig nightly")


@main.command()
@LANDING
@MUNICIPALITY
@click.option("--date", "extract_date", type=Date(), help="The delivery of this extract date. [default: the newest]")
def nightly(landing: Path | None, municipality: str | None, extract_date: date | None) -> None:
    """Load the newest deliveries, build, audit and publish.

    Exit status: 0 published (or published already), 1 not published, 2 wrong use.

    Example: bolig nightly --municipality 0220
    """
    settings = the_settings()
    if not (landing or settings.landing).is_dir():
        raise click.UsageError(
            f"There is no landing folder {landing or settings.landing}. Name it with --landing or BOLIG_LANDING; "
            "`bolig demo` makes the demonstration's."
        )
    from dagster_project.defs.launch import run_nightly
    from dagster_project.night import watch
    from dagster_project.operations import alerts, letters

    def tell_of_the_end(words: str) -> None:
        watch.log.error("%s", words)
        alerts.tell(settings, alerts.Alert("night", "the night ended", words))

    try:
        with watch.until_it_ends(settings, tell_of_the_end):
            outcome = run_nightly(settings, landing, municipality, extract_date)
            try:
                alerts.notify(settings)
                letters.notify(settings)
            except BoligError as error:
                click.echo(error, err=True)  # the night's own outcome stands
    except BoligError as error:
        # there may be no record of it to tell from: told at once, and again each time
        alerts.tell(settings, alerts.Alert("night", "the night did not start", str(error).splitlines()[0]))
        raise
    click.echo(outcome.message, err=not outcome.published)
    _look_ahead(settings)
    click.echo("Next: bolig scorecard" if outcome.published else "Not all is published. `bolig status` shows what is.")
    sys.exit(0 if outcome.published else 1)


def _look_ahead(settings: "Settings") -> None:
    """Work out outlook and needs of what is published now. What fails is told, and is no failure of the night."""
    from dagster_project.needs import kept
    from dagster_project.night import holding
    from dagster_project.operations import alerts

    try:
        with holding.opened(settings) as connection:
            done = kept.look_ahead(connection)
        if done.failed:
            told = alerts.Alert(f"outlook:{sorted(done.failed)}", "the outlook failed", "\n".join(done.lines()))
            alerts.notify(settings, [told])
    except BoligError as error:
        click.echo(error, err=True)  # the night's own outcome stands
        return
    for line in done.lines() if done.has_trouble else ():
        click.echo(line, err=True)


@main.command(hidden=True)
@click.argument("night", type=int)
@LANDING
@click.option("--date", "extract_date", type=Date())
def worker(night: int, landing: Path | None, extract_date: date | None) -> None:
    """Run batches of the night NIGHT, until there are none left; `nightly` starts it, and tells what became of them.

    Exit status: 0 published, 1 not all published.

    Example: bolig worker 12
    """
    from dagster_project.defs.launch import work
    from dagster_project.night import watch

    settings = the_settings()
    # whoever started it tells of it
    with watch.until_it_ends(settings, watch.log.debug):
        is_published = work(settings, night, landing, extract_date)
    sys.exit(0 if is_published else 1)


@main.command()
@LANDING
@MUNICIPALITY
@click.option("--date", "extract_date", type=Date(), required=True, help="Extract date of the older delivery.")
def backfill(landing: Path | None, municipality: str | None, extract_date: date) -> None:
    """Load an older delivery into the history, for closing periods; what is published stays.

    Exit status: 0 loaded (or loaded before), 1 not loaded, 2 wrong use.

    Example: bolig backfill --municipality 0220 --date 2010-10-01
    """
    from dagster_project.closing.backfill import backfill as load_older

    receipts = load_older(the_settings(), extract_date, landing, municipality)
    loaded = all(receipt.status in ("accepted", "unchanged") for receipt in receipts)
    for line in (line for receipt in receipts for line in receipt.lines()):
        click.echo(line, err=not loaded)
    if loaded:
        click.echo(f"Next: bolig close --period ... --date {extract_date} --by ...")
    sys.exit(0 if loaded else 1)


@main.command()
@click.option("--table", "table_name", required=True, help="A table of the extracts, like dwelling.")
@click.option("--key", multiple=True, required=True, help="The record's key; once for each column of it, in order.")
@MUNICIPALITY
def history(table_name: str, key: tuple[str, ...], municipality: str | None) -> None:
    """Show every version of a source record, and the deliveries that it was in; nothing personal or restricted.

    Exit status: 0 shown, 1 no such record.

    Example: bolig history --municipality 0220 --table dwelling --key B0001
    """
    from dagster_project.night import holding
    from dagster_project.reported import source_history

    settings = the_settings()
    with holding.opened(settings) as connection:
        name, number, stretches = source_history.trace(connection, table_name, key, municipality)
    click.echo(f"{name} {'/'.join(key)} of {number}, as its deliveries had it:")
    for line in source_history.lines(stretches):
        click.echo(line)


@main.command()
@JSON
def status(as_json: bool) -> None:
    """Show the last nights, what is published, and what is quarantined.

    Example: bolig status --json
    """
    from dagster_project.cli import console

    console.print_status(the_settings(), as_json)


@main.command("governance-template")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def governance_template(path: Path) -> None:
    """Write an empty workbook of targets, measures and challenges to PATH, for the boligstrategiorgan to fill in.

    Example: bolig governance-template styringsdata.xlsx
    """
    from dagster_project.landing import governance_form

    if path.suffix != ".xlsx":
        raise click.UsageError(f"{path} is no name of a workbook; it must end in .xlsx.")
    if path.exists():
        raise click.UsageError(f"{path} is there already, and may be filled in. Name another file, or remove it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(governance_form.template())
    click.echo(f"The empty workbook is {path}.")
    click.echo(f"Next: fill it in and put it into a delivery as {governance_form.SOURCE}/{governance_form.FILE_NAME}.")


@main.command()
@MUNICIPALITY
def scorecard(municipality: str | None) -> None:
    """Show the scorecard's main figures, and whether the published figures of the report come out.

    Example: bolig scorecard --municipality 0220
    """
    from dagster_project.cli import console

    console.print_scorecard(the_settings(), municipality)
