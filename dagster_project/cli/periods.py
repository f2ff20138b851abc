"""Periods: closing, the report, what is published as files, the pages of definitions, and what is public.

Belongs here: the words of these commands. Does not belong here: what they do.
"""

from datetime import date
from pathlib import Path
from typing import Literal

import click

from dagster_project import BoligError
from dagster_project.cli.shared import BY, MUNICIPALITY, OUT_FILE, Date, main, the_settings


@main.command()
@click.option("--period", required=True, help="A quarter (2010-Q4), a tertial (2010-T3) or a year (2010).")
@MUNICIPALITY
@click.option(
    "--date",
    "extract_date",
    type=Date(),
    help="Close on the loaded delivery of this extract date. [default: what is published]",
)
@click.option("--by", "closed_by", required=True, help="Who closes the period: a person's name.")
@click.option("--note", help="What is to be remembered with it.")
def close(period: str, municipality: str | None, extract_date: date | None, closed_by: str, note: str | None) -> None:
    """Freeze a period's figures as reported; closing again makes a new revision and leaves the old.

    Exit status: 0 closed, 1 refused, 2 wrong use.

    Example: bolig close --period 2010-Q4 --municipality 0220 --by "Kari Nordmann"
    """
    from dagster_project.closing import close
    from dagster_project.operations import letters
    from dagster_project.report import making
    from dagster_project.vocabulary import periods

    settings, of = the_settings(), periods.parse(period)
    closed = close.close(settings, of, closed_by, municipality, extract_date, note)
    for line in closed.lines():
        click.echo(line)
    making.make(settings, of, closed.municipality_no)
    try:
        for sent in letters.notify(settings):
            click.echo(f"Sent: {sent}.")
    except BoligError as error:
        click.echo(error, err=True)  # the period is closed
    click.echo(
        f"Its report is kept with it. Next: bolig report --municipality {closed.municipality_no} --period {of.name}"
    )


@main.command()
@click.option("--period", required=True, help="A quarter (2010-Q4), a tertial (2010-T3) or a year (2010).")
@MUNICIPALITY
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

    Example: bolig report --period 2010-Q4 --municipality 0220 --edition offentlig
    """
    from dagster_project.report import making
    from dagster_project.vocabulary import periods

    settings = the_settings()
    made = making.make(settings, periods.parse(period), municipality, edition, revision)
    kind = "A draft, for the period is not closed" if made.is_draft else "The report, as it is kept with the closing"
    click.echo(f"{kind}:")
    for path in made.write(out or settings.reports):
        click.echo(f"  {path}")


@main.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the files. [default: BOLIG_EXPORT]",
)
@MUNICIPALITY
@click.option("--edition", type=click.Choice(["intern", "offentlig"]), default="intern", show_default=True)
@click.option("--as", "person", metavar="NAME", help="Only of the municipalities that NAME is granted.")
@BY
def export(
    folder: Path | None,
    municipality: str | None,
    edition: Literal["intern", "offentlig"],
    person: str | None,
    done_by: str,
) -> None:
    """Write what is published as workbooks and Parquet, a folder for each municipality; without one named, of all.

    The edition offentlig is what the public editions of closed periods show that `bolig report` has made.

    Exit status: 0 written, 1 refused, 2 wrong use.

    Example: bolig export --to /srv/filer --municipality 0220
    """
    from dagster_project.export import making

    settings = the_settings()
    to = folder or settings.export_dir
    if to is None:
        raise click.UsageError("Name the folder: --to, or BOLIG_EXPORT.")
    made = making.make(settings, to.absolute(), done_by, municipality_no=municipality, edition=edition, person=person)
    for line in (line for each in made for line in each.lines()):
        click.echo(line)


@main.command()
@OUT_FILE
def definitions(out: Path | None) -> None:
    """Write the definitions page: every figure with its meaning, source, owner and versions.

    Example: bolig definitions --out definisjoner.html
    """
    from dagster_project.report import definitions as definitions_page

    settings = the_settings()
    path = out or settings.reports / "definisjoner.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(definitions_page.page(settings), "utf-8")
    click.echo(f"The definitions are {path}.")


@main.command()
@MUNICIPALITY
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="The folder. [default: public in the home]"
)
def catalogue(municipality: str | None, folder: Path | None) -> None:
    """Write the folder of what a municipality has made public, for machines: with a description for data.norge.no.

    In it are the files of its public editions, the definitions of the figures as a semantic manifest (MetricFlow), and
    catalogue.jsonld, which describes both by DCAT-AP-NO.

    Exit status: 0 written, 1 refused.

    Example: bolig catalogue --municipality 0220 --to /srv/www/bolig
    """
    from dagster_project.report import open_data

    settings = the_settings()
    for path in open_data.gathered(settings, municipality).write(folder or settings.home / "public"):
        click.echo(path)


@main.command()
@OUT_FILE
def docs(out: Path | None) -> None:
    """Write dbt's documentation of the published tables and all behind them, for analysts.

    Example: bolig docs --out dbt.html
    """
    from dagster_project.night import dbt

    settings = the_settings()
    path = out or settings.reports / "dbt.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dbt.docs(settings))
    click.echo(f"The documentation is {path}.")
