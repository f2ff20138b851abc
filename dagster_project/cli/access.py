"""Who may see which municipality.

Belongs here: the words of these commands. Does not belong here: what they do.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dagster_project.cli.shared import BY_NAME, JSON, MUNICIPALITY, main, the_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERS = click.option(
    "--municipality", "numbers", multiple=True, help="A municipality's number, or * for every one; may be repeated."
)


@main.group()
def access() -> None:
    """Who may see which municipality, in the dashboards and at the database: a name is the one that logs in.

    Whoever makes an account in the dashboards gives it what they see themselves; these commands change that, at once.
    """


@access.command("grant")
@click.argument("name")
@click.option("--municipality", "numbers", multiple=True, required=True, help="Its number, or * for every one.")
@BY_NAME
def grant(name: str, numbers: "Sequence[str]", done_by: str) -> None:
    """Let NAME see a municipality, or several.

    Exit status: 0 granted, 1 refused.

    Example: bolig access grant kari --municipality 0220 --by "Ola Nordmann"
    """
    from dagster_project.operations import access as act

    new = act.grant(the_settings(), name, numbers, done_by)
    click.echo(f"{name} sees {', '.join(new)} from now on." if new else f"{name} was granted that before.")
    click.echo("Next: bolig access list")


@access.command("revoke")
@click.argument("name")
@NUMBERS
@BY_NAME
def revoke(name: str, numbers: "Sequence[str]", done_by: str) -> None:
    """Let NAME see a municipality no more; without --municipality, none at all.

    Exit status: 0 revoked, 1 refused.

    Example: bolig access revoke kari --municipality 0220 --by "Ola Nordmann"
    """
    from dagster_project.operations import access as act

    taken = act.revoke(the_settings(), name, numbers, done_by)
    click.echo(f"{name} sees {', '.join(taken)} no more, from the next query on.")


@access.command("list")
@MUNICIPALITY
@JSON
def list_(municipality: str | None, as_json: bool) -> None:
    """Show who may see what, of every municipality or of one.

    Example: bolig access list --municipality 0220
    """
    import json
    from dataclasses import asdict

    from dagster_project.operations import access as act

    granted = act.granted(the_settings(), municipality)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in granted], default=str, ensure_ascii=False, indent=2))
        return
    for each in granted:
        click.echo(each.line())


@access.command("files")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder of the files."
)
@click.option("--host", required=True, help="The name by which people's machines reach the database.")
@click.option("--port", type=click.IntRange(1, 65535), default=5432, show_default=True, help="Its port.")
def files(folder: Path, host: str, port: int) -> None:
    """Write the files that open what is published in Excel and Power BI, for whoever has a login of their own.

    They hold no login and no password, and are the same for everybody; the connection is encrypted or is none.
    docs/excel.md says, in Norwegian, what to click.

    Exit status: 0 written, 1 refused, 2 wrong use.

    Example: bolig access files --to til-brukerne --host bolig.asker.kommune.no
    """
    from dagster_project.export import clients

    for line in clients.write(the_settings(), folder, host, port):
        click.echo(line)


@access.command("followup")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take it away again.")
@BY_NAME
def followup(name: str, remove: bool, done_by: str) -> None:
    """Let NAME's own login read about single persons' follow-up (marts.fct_followup*): health data.

    It is for those who follow up, of the municipalities that NAME is granted. Nobody else reads it at the database, and
    the dashboards do not show it to anybody.

    Exit status: 0 done, 1 refused.

    Example: bolig access followup kari --by "Ola Nordmann"
    """
    from dagster_project.operations import access as act

    act.let_follow(the_settings(), name, not remove, done_by)
    click.echo(f"{name} reads about single persons' follow-up {'no more' if remove else 'from now on'}.")


@access.command("login")
@click.argument("name")
@NUMBERS
@click.option("--remove", is_flag=True, help="Take the login away, and end what it has open.")
@BY_NAME
def login(name: str, numbers: "Sequence[str]", remove: bool, done_by: str) -> None:
    """Make NAME a login of their own at the database, for Excel or Power BI, or give it a new password.

    The password is shown once and kept nowhere. The login reads what is published of the municipalities that NAME is
    granted, and nothing else.

    Exit status: 0 done, 1 refused.

    Example: bolig access login kari --municipality 0220 --by "Ola Nordmann"
    """
    from dagster_project.operations import access as act

    settings = the_settings()
    if remove:
        act.remove_login(settings, name, done_by)
        click.echo(f"{name} has no login of their own any more. What is granted stays: bolig access revoke takes it.")
        return
    user, password = act.make_login(settings, name, numbers, done_by)
    click.echo(f"user: {user}\npassword: {password}")
    click.echo("It is shown this once: give it to nobody else. Next: bolig access list", err=True)
