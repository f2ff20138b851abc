"""What the families of commands share: the program, its options, and how an error is told.

Belongs here: words and options that several of them use. Does not belong here: a command.
"""

import atexit
import gc
import os
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project import BoligError, logs

if TYPE_CHECKING:
    from dagster_project.settings import Settings


class Date(click.ParamType[date]):
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


LANDING = click.option(
    "--landing", type=click.Path(path_type=Path, file_okay=False), help="The landing folder. [default: BOLIG_LANDING]"
)
OUT_FILE = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The HTML file. [default: in reports in the home]"
)
MUNICIPALITY = click.option("--municipality", callback=_municipality, help="A municipality's number, like 0220.")


def _acting_user() -> str:
    from dagster_project.operations.audit import operating_user

    return operating_user()


JSON = click.option("--json", "as_json", is_flag=True, help="As a program reads it.")
BY = click.option("--by", "done_by", default=_acting_user, help="Who does it, for the record. [default: the user]")
BY_NAME = click.option("--by", "done_by", required=True, help="Who does it, for the record: a person's name.")


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
@click.version_option(package_name="boligstrategi")
def main() -> None:
    """The housing warehouse: extracts in, a published scorecard out.

    BOLIG_HOME is the folder of all that is written (default: .bolig in the repository; of an installed
    package .bolig where you are).
    """
    # what is made here, and by the servers that are started from here, is its user's alone: deliveries, dumps, logs
    os.umask(0o077)
    # not through Settings: `bolig --help` shall not fail on a setting, and the commands hold them all
    logs.configure(as_json=os.environ.get("BOLIG_LOG_FORMAT") == "json")
    # a process that ends need not look for what nobody refers to: a second, with all that a night has loaded
    atexit.register(gc.freeze)


def the_settings() -> "Settings":
    """The installation's settings; one that does not fit is a wrong use of the program."""
    from pydantic import ValidationError

    from dagster_project.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise click.UsageError(f"A setting does not fit. {faults}") from None
