"""The outlook: forecasts and scenarios on what is published, and the overview of needs.

Belongs here: the words of these commands. Does not belong here: what they do (dagster_project/outlook, needs).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from dagster_project.cli.shared import BY_NAME, MUNICIPALITY, Date, main, the_settings

if TYPE_CHECKING:
    from psycopg import Connection


@main.group()
def outlook() -> None:
    """Forecasts of the queues, scenarios, and what it takes to reach a goal.

    Example: bolig outlook run --municipality 0220
    """


@contextmanager
def _opened(municipality: str | None) -> "Iterator[tuple[Connection[Any], str]]":
    """The warehouse, and the municipality that is meant."""
    from dagster_project.night import holding
    from dagster_project.reported import kept

    with holding.opened(the_settings()) as connection:
        yield connection, municipality or kept.only_one(connection)


@outlook.command()
@MUNICIPALITY
@click.option("--again", is_flag=True, help="Also where it is worked out for this delivery already.")
def run(municipality: str | None, again: bool) -> None:
    """Work out forecasts, scenarios, the grid and the needs of what is published; of all where none is named.

    Exit status: 0 worked out (or before), 1 a scenario is refused or a municipality failed.

    Example: bolig outlook run --municipality 0220
    """
    from dagster_project.needs import kept
    from dagster_project.night import holding

    with holding.opened(the_settings()) as connection:
        done = kept.look_ahead(connection, [municipality] if municipality else None, again=again)
    for line in done.lines():
        click.echo(line)
    sys.exit(1 if done.has_trouble else 0)


@outlook.command("list")
@MUNICIPALITY
def list_runs(municipality: str | None) -> None:
    """Show the scenarios that are worked out, and what is frozen.

    Example: bolig outlook list --municipality 0220
    """
    from dagster_project.outlook import runs

    with _opened(municipality) as (connection, number):
        found = runs.listing(connection, number)
    for each in found:
        state = f"frozen by {each['frozen_by']}" if each["is_frozen"] else "refused" if each["is_refused"] else "newest"
        click.echo(
            f"{each['scenario_id']:<20} version {each['version']}  {each['scenario_status']:<15} as of {each['as_of']}"
            f"  {state:<24} {each['name']}"
        )
    if not found:
        click.echo(f"Nothing is worked out of {number}. Next: bolig outlook run --municipality {number}")


@outlook.command()
@MUNICIPALITY
@click.option("--category", required=True, help="A housing category, like omsorg_puh.")
@click.option("--target", type=click.FloatRange(min=0), required=True, help="How long the queue may be.")
@click.option("--by", "by_on", type=Date(), required=True, help="By the end of this day's month.")
@click.option("--ready", type=Date(), help="The month in which the dwellings are first let. [default: a year ahead]")
def solve(municipality: str | None, category: str, target: float, by_on: date, ready: date | None) -> None:
    """Say how many new dwellings it takes for a queue to be no longer than a goal.

    Exit status: 0 answered, 1 refused.

    Example: bolig outlook solve --category omsorg_puh --target 20 --by 2013-12-31 --ready 2012-12-01
    """
    from dagster_project.outlook import running

    with _opened(municipality) as (connection, number):
        for line in running.solve(connection, number, category, target, by_on, ready):
            click.echo(line)


@outlook.command()
@MUNICIPALITY
@click.argument("scenario")
@click.argument("other", default="som_i_dag")
def compare(municipality: str | None, scenario: str, other: str) -> None:
    """Show the queues of SCENARIO beside those of OTHER (where none is named: nothing is done).

    Exit status: 0 shown, 1 there is no run of one of them.

    Example: bolig outlook compare planen som_i_dag --municipality 0220
    """
    from dagster_project.outlook import kept

    with _opened(municipality) as (connection, number):
        for line in kept.compared(connection, number, scenario, other):
            click.echo(line)


@outlook.command()
@MUNICIPALITY
@click.argument("scenario")
@BY_NAME
@click.option("--note", help="What is to be remembered with it.")
def freeze(municipality: str | None, scenario: str, done_by: str, note: str | None) -> None:
    """Keep the newest run of SCENARIO as it is, for ever.

    Exit status: 0 frozen, 1 refused.

    Example: bolig outlook freeze planen --by "Kari Nordmann" --note "Sak 12/11"
    """
    from dagster_project.outlook import runs

    with _opened(municipality) as (connection, number):
        run_id = runs.freeze(connection, number, scenario, done_by, note)
    click.echo(f"Run {run_id} of {scenario} of {number} is frozen by {done_by}; nothing changes it any more.")


@outlook.command()
@MUNICIPALITY
@click.argument("scenario")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The workbook. [default: in the home]")
def export(municipality: str | None, scenario: str, out: Path | None) -> None:
    """Write the newest run of SCENARIO as a workbook: assumptions, levers, all results.

    Exit status: 0 written, 1 there is no run of it.

    Example: bolig outlook export planen --out planen.xlsx
    """
    from dagster_project.outlook import kept

    with _opened(municipality) as (connection, number):
        content = kept.workbook(connection, number, scenario)
    path = out or the_settings().reports / f"{number}_{scenario}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    click.echo(f"The scenario is {path}.")


@main.command()
@MUNICIPALITY
@click.option("--date", "on", type=Date(), required=True, help="The day at the end of which the need is told.")
@BY_NAME
@click.option(
    "--edition",
    type=click.Choice(["intern", "offentlig"]),
    default="intern",
    show_default=True,
    help="intern: for those who may see every figure; offentlig: small counts are suppressed.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder. [default: reports in the home]"
)
def behov(
    municipality: str | None, on: date, done_by: str, edition: Literal["intern", "offentlig"], out: Path | None
) -> None:
    """Freeze the overview of needs (boligsosialloven § 5) as PDF, XLSX, CSV and JSON, signed by who makes it.

    The same figures of the same day by the same person are the same version, with the files that were made first.

    Exit status: 0 written, 1 refused.

    Example: bolig behov --date 2010-12-31 --by "Kari Nordmann" --municipality 0220 --edition offentlig
    """
    from dagster_project.needs import making

    settings = the_settings()
    made = making.make(settings, on, done_by, edition, municipality)
    click.echo(f"Version {made.version} of the needs of {made.municipality_no} on {on}; nothing changes it any more:")
    for path in made.write(out or settings.reports):
        click.echo(f"  {path}")
