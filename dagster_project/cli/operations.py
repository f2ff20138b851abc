"""What an operator does: backups, pruning, keys, persons, and looking after it all.

Belongs here: the words of these commands. Does not belong here: what they do.
"""

import sys
from datetime import date, timedelta
from pathlib import Path

import click

from dagster_project.cli.shared import BY, BY_NAME, JSON, MUNICIPALITY, Date, main, the_settings


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

    Example: bolig backup --to /var/backups/bolig
    """
    from dagster_project.operations import backup as backups
    from dagster_project.operations import retention

    settings = the_settings()
    for line in backups.make(settings, folder).lines() + retention.prune_backups(settings):
        click.echo(line)


@main.command()
@click.argument("path", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The archive of the backup's secrets, where it is kept elsewhere.",
)
@BY
def restore(path: Path, secrets: Path | None, done_by: str) -> None:
    """Bring the backup PATH back, into an empty database and a home of its own (BOLIG_HOME).

    Exit status: 0 restored, 1 refused.

    Example: bolig restore /var/backups/bolig/2026-11-28 --by "Kari Nordmann"
    """
    from dagster_project.operations import backup as backups

    for line in backups.restore(the_settings(), path, done_by, secrets):
        click.echo(line)


@main.command()
@BY
def prune(done_by: str) -> None:
    """Delete what is older than the BOLIG_KEEP_... settings say.

    Delivered files, quarantined rows, row versions, Dagster's runs, backups.

    Exit status: 0 deleted (or nothing to delete), 1 not all could be deleted.

    Example: bolig prune --by drift
    """
    from dagster_project.operations import retention

    for line in retention.prune(the_settings(), done_by):
        click.echo(line)


@main.group()
def audit() -> None:
    """Who did what: logged in, opened rows, took a file, asked for a person, granted, erased, pruned."""


@audit.command("list")
@click.option("--since", type=Date(), help="The first day that is told of. [default: 30 days ago]")
@click.option("--person", "name", help="Of one person only, by the name that logs in.")
@MUNICIPALITY
@JSON
def list_audit(since: date | None, name: str | None, municipality: str | None, as_json: bool) -> None:
    """Show who did what, oldest first.

    Example: bolig audit list --since 2026-11-01 --person kari
    """
    import json
    from dataclasses import asdict

    from dagster_project.operations import audit as record

    since = since or date.today() - timedelta(days=30)  # noqa: DTZ011, the day here
    entries = record.listed(the_settings(), since, name, municipality)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in entries], default=str, ensure_ascii=False, indent=2))
        return
    for each in entries:
        click.echo(each.line())
    click.echo(f"{len(entries)} entries since {since}. BOLIG_KEEP_AUDIT_DAYS says how long they are kept.", err=True)


@main.command("rotate-key")
@BY
def rotate_key(done_by: str) -> None:
    """Give every stored person a new pseudonym, under a new key that comes after the present one.

    Exit status: 0 rotated, 1 refused.

    Example: bolig rotate-key --by "Kari Nordmann"
    """
    from dagster_project.operations import keys

    for line in keys.rotate(the_settings(), done_by).lines():
        click.echo(line)


@main.group()
def person() -> None:
    """The rights of a person in one municipality: --municipality names it where several are loaded.

    The number is read from standard input, a line; never give it as an argument.
    """


@person.command("show")
@MUNICIPALITY
@BY_NAME
def show_person(municipality: str | None, done_by: str) -> None:
    """Print everything that the municipality holds of the person, as JSON.

    Exit status: 0 shown, 1 refused.

    Example: bolig person show --municipality 0220 --by "Kari Nordmann"
    """
    import json

    from dagster_project.operations import persons

    held = persons.held(the_settings(), _number_from_input("The person's number"), done_by, municipality)
    click.echo(json.dumps(held, ensure_ascii=False, indent=2, default=str))


@person.command("erase")
@MUNICIPALITY
@BY_NAME
@click.option("--note", help="What is to be remembered with it, like a case number.")
def erase_person(municipality: str | None, done_by: str, note: str | None) -> None:
    """Delete everything that the municipality holds of the person; the door drops what its sources still deliver.

    Exit status: 0 erased, 1 refused.

    Example: bolig person erase --municipality 0220 --by "Kari Nordmann" --note "sak 26/123"
    """
    from dagster_project.operations import persons

    number = _number_from_input("The person's number")
    for line in persons.erase(the_settings(), number, done_by, municipality, note).lines():
        click.echo(line)


@person.command("correct")
@MUNICIPALITY
@BY_NAME
@click.option("--note", help="What is to be remembered with it, like a case number.")
def correct_person(municipality: str | None, done_by: str, note: str | None) -> None:
    """Give what the municipality holds under a former number (the first line) to the right one (the second line).

    Exit status: 0 corrected, 1 refused.

    Example: bolig person correct --municipality 0220 --by "Kari Nordmann"
    """
    from dagster_project.operations import persons

    former = _number_from_input("The former number")
    right = _number_from_input("The right number")
    for line in persons.correct(the_settings(), former, right, done_by, municipality, note).lines():
        click.echo(line)


@person.command("reapply")
@BY
def reapply_erasures(done_by: str) -> None:
    """Erase again whoever was erased after the moment that the server was brought back to, by another than bolig.

    The journal beside the backups (BOLIG_BACKUP) tells who. Run it before anything else: until then the person is there
    again.

    Exit status: 0 erased (or nobody to erase), 1 refused.

    Example: bolig person reapply --by "Kari Nordmann"
    """
    from dagster_project.operations import backup as backups

    for line in backups.reapply(the_settings(), done_by):
        click.echo(line)


def _number_from_input(asked: str) -> str:
    """A line of standard input; at a terminal it is asked for and not shown."""
    if sys.stdin.isatty():
        return str(click.prompt(asked, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()


@main.command()
@JSON
def settings(as_json: bool) -> None:
    """Show every setting: its variable, what it is here (not where it is secret), and what it means.

    Example: bolig settings --json
    """
    from dagster_project.cli import console

    console.print_settings(the_settings(), as_json)


@main.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check the set-up: database, rights, secrets, folders, nights, schedule, backups, alerts; each with what to do.

    Exit status: 0 no fault, 1 a fault.

    Example: bolig doctor --json
    """
    from dagster_project.cli import console

    sys.exit(0 if console.print_findings(the_settings(), as_json) else 1)


@main.command()
def metrics() -> None:
    """Print the installation's state as Prometheus reads it, for a textfile collector or an exporter of one's own.

    Example: bolig metrics
    """
    from dagster_project.operations import metrics as state

    click.echo(state.text(the_settings()), nl=False)
