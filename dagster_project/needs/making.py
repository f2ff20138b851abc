"""Making an overview of needs: from the command to its files.

Belongs here: freezing a version, and which files an edition has; they are kept when they are first made, and are the
same ever after. Does not belong here: what stands in them.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.needs import kept
from dagster_project.night import holding
from dagster_project.reported.kept import only_one
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.needs.kept import Overview

EDITIONS = ("intern", "offentlig")


@dataclass(frozen=True)
class Made:
    """An edition's files by name."""

    municipality_no: str
    version: int
    edition: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> list[Path]:
        """Write the files into a folder, which is made where it is not there; says where they are."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, made in self.files.items():
            (folder / name).write_bytes(made)
        return [folder / name for name in self.files]


def make(settings: Settings, on: date, by: str, edition: str = "intern", municipality_no: str | None = None) -> Made:
    """Freeze the need at the end of a day, where it is not frozen so already, and give the edition's files.

    Raises NeedsRefused, report.document.ReportNotMade, disclosure.FiguresUnfit, WarehouseError.
    """
    with holding.opened(settings) as connection:
        number = municipality_no or only_one(connection)
        version = kept.freeze(connection, number, on, by)
        with connection.transaction():
            of = kept.overview(connection, number, version)
            files = kept.files(connection, of, edition)
            if not files:
                files = rendered(of, edition)
                kept.keep_files(connection, of, edition, files)
        return Made(number, version, edition, files)


def rendered(of: "Overview", edition: str) -> dict[str, bytes]:
    """The files of an edition, by name: of what is kept only, so that they can be made again."""
    from dagster_project.needs import dataset, document

    made = dataset.edition(of, edition)
    name = f"behov-{of.municipality_no}-{of.need_date}-v{of.version}-{edition}"
    return {
        f"{name}.pdf": document.pdf(made),
        f"{name}.xlsx": dataset.as_xlsx(made),
        f"{name}.csv": dataset.as_csv(made),
        f"{name}.json": dataset.as_json(made),
    }
