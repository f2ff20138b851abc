"""The command `python -m bench` (`make bench`): measure, show a table, write JSON.

A part is a module of this folder that has a function run; it is imported when its turn comes.
"""

import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console

from bench import table
from bench.measuring import circumstances
from bench.table import Row
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded

FOLDER = Path(__file__).parent

Run = Callable[[int, Path], Iterator[Row]]


def parts() -> list[str]:
    """The parts that the folder has, by name."""
    return sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if path != Path(__file__) and re.search(r"^def run\(", path.read_text("utf-8"), re.MULTILINE)
    )


def measurements(part: str) -> Run:
    """A part's function run: runs and a folder for what it writes in, rows out."""
    run: Run = importlib.import_module(f"bench.{part}").run
    return run


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("chosen", metavar="[PART ...]", nargs=-1, type=click.Choice(parts()))
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help="Runs of each side.")
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".bolig/bench.json"),
    show_default=True,
    help="The file for the results.",
)
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to measure in, which is kept. [default: one of the system's own, which is deleted]",
)
def main(chosen: tuple[str, ...], runs: int, json_path: Path, scratch: Path | None) -> None:
    """Measure the parts named, or all, on embedded servers of their own."""
    # a bench that ran on the municipality's own warehouse would load into it
    for name in ("DATABASE_URL", "BOLIG_LANDING"):
        os.environ.pop(name, None)
    folder = (scratch or Path(tempfile.mkdtemp(prefix="bolig-bench-"))).absolute()
    console = Console() if sys.stdout.isatty() else Console(width=200)
    rows, where = list[Row](), circumstances()
    try:
        for part in chosen or parts():
            console.print(f"[bold]{part}[/bold] ...")
            here = folder / part
            here.mkdir(parents=True, exist_ok=True)
            for row in measurements(part)(runs, here):
                rows.append(row)
                # after every row: hours of measuring are not lost to what comes after
                table.write(json_path, rows, where)
                console.print("  " + " · ".join(filter(None, table.cells(row)[1:])), highlight=False)
    finally:
        # here and not by the parts: some share a server, and a process cannot start one again that it has stopped
        for server in folder.glob("**/postgresql/postmaster.pid"):
            embedded.stop(Settings(BOLIG_HOME=server.parents[1]))  # type: ignore[call-arg]
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    console.print(table.table(rows))
    console.print(f"Written: {json_path}")


if __name__ == "__main__":
    main()
