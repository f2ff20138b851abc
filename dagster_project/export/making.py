"""Writing what is published as files, a folder for each municipality and edition.

Belongs here: which files there are, that a folder is whole or as it was, and the record of it.
Does not belong here: how rows are read (reading.py), and what a workbook looks like (workbook.py).

    FOLDER/0220/intern/boligko.xlsx, ...                      a workbook for each dashboard, with its figures
    FOLDER/0220/intern/parquet/marts.fct_queue_entry.parquet  every published table, and the dashboards' datasets
    FOLDER/0220/offentlig/offentlige_tall.parquet             what the public editions of closed periods show
    FOLDER/0220/offentlig/rapport-0220-2010-Q4-offentlig.xlsx the workbooks of these editions, as they are kept
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import warehouse
from dagster_project.export import areas, reading, workbook
from dagster_project.export.reading import ExportRefused
from dagster_project.night import dbt, holding
from dagster_project.operations import audit
from dagster_project.report.facts import Edition
from dagster_project.settings import Settings
from dagster_project.warehouse import border
from superset_assets.derive import dashboards

if TYPE_CHECKING:
    import polars
    from psycopg import Connection


# writes an edition's files into a folder; gives their rows, and what did not fit, in plain words
Write = Callable[[Path], tuple[dict[str, int], list[str]]]


@dataclass(frozen=True)
class Export:
    """What was written of one municipality."""

    municipality_no: str
    edition: Edition
    folder: Path
    rows: dict[str, int]  # by file
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The export in plain words."""
        return [f"{self.municipality_no}, {self.edition}: {len(self.rows)} files in {self.folder}.", *self.notes]


def make(
    settings: Settings,
    folder: Path,
    done_by: str,
    *,
    municipality_no: str | None = None,
    edition: Edition = "intern",
    person: str | None = None,
) -> list[Export]:
    """Write the files of a municipality, or of every one that is published; `person`: that this person may see.

    Raises ExportRefused, WarehouseError.
    """
    with holding.opened(settings) as owner:
        numbers = _asked_for(owner, municipality_no, person)
        made = [_made(settings, owner, folder, number, edition, done_by) for number in numbers]
    found = [each for each in made if each]
    if not found:
        raise ExportRefused(
            f"No public edition is made of {', '.join(numbers)}: nothing is written. `bolig report --period ..."
            " --edition offentlig` makes one of a closed period."
        )
    return found


def make_all(settings: Settings, folder: Path, done_by: str) -> list[Export]:
    """Write both editions of every published municipality, the public one of those that have one."""
    with holding.opened(settings) as owner:
        numbers = _published(owner)
        editions: tuple[Edition, ...] = ("intern", "offentlig")
        made = [_made(settings, owner, folder, number, each, done_by) for number in numbers for each in editions]
    return [each for each in made if each]


def _published(owner: "Connection[Any]") -> list[str]:
    return [number for (number,) in owner.execute("select municipality_no from scorecard.publication order by 1")]


def _asked_for(owner: "Connection[Any]", municipality_no: str | None, person: str | None) -> list[str]:
    numbers = _published(owner)
    if municipality_no:
        if municipality_no not in numbers:
            raise ExportRefused(f"Nothing of {municipality_no} is published; `bolig status` says what is.")
        numbers = [municipality_no]
    if person:
        name = border.person_of(person)
        (seen,) = owner.execute("select access.visible_to(%s)", [name]).fetchone() or ([],)
        numbers = [number for number in numbers if number in seen]
        if not numbers:
            raise ExportRefused(f"{name} is granted none of that: nothing is written. `bolig access list` shows what.")
    if not numbers:
        raise ExportRefused("Nothing is published; `bolig nightly` does it.")
    return numbers


def _made(
    settings: Settings, owner: "Connection[Any]", folder: Path, municipality_no: str, edition: Edition, done_by: str
) -> Export | None:
    """One municipality's files; None where there is nothing that is public."""
    read = _read_public if edition == "offentlig" else _read_internal
    place = folder / municipality_no / edition
    draft = place.with_name(f".{edition}-{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        try:
            with reading.bound(settings, owner, municipality_no) as connection:
                write = read(settings, connection, municipality_no)
            if not write:
                return None
            # afterwards: the database ends a reader's transaction in which it is asked nothing for a while
            rows, notes = write(draft)
            _put(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise ExportRefused(f"The files of {municipality_no} could not be written to {place}: {error}.") from error
    total = {"edition": edition, "files": len(rows), "rows": sum(rows.values())}
    audit.record(owner, "exported", done_by, total, municipality_no=municipality_no)
    return Export(municipality_no, edition, place, rows, tuple(notes))


def _put(draft: Path, place: Path) -> None:
    """Let the draft take the place of what was there; whoever has a file of that open keeps it."""
    before = draft.with_name(f"{draft.name}-before")
    if place.exists():
        place.rename(before)
    try:
        draft.rename(place)
    except OSError:
        if before.exists():
            before.rename(place)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _read_internal(settings: Settings, connection: "Connection[Any]", municipality_no: str) -> Write:
    manifest = dbt.manifest(settings)
    tree = dashboards.read(manifest)
    # in the one order that the datasets' names have, and the tables'
    names = [f"{schema}.{table}" for schema, table in dbt.published_tables(manifest)]
    datasets = [f"{warehouse.DATASETS}.{slug}" for slug in tree.datasets]
    frames = {name: reading.table(connection, name) for name in [*names, *datasets]}
    about = _about(connection, municipality_no)

    def write(folder: Path) -> tuple[dict[str, int], list[str]]:
        rows, notes = {}, []
        (folder / "parquet").mkdir()
        for name, frame in frames.items():
            frame.write_parquet(folder / "parquet" / f"{name}.parquet")
            rows[f"parquet/{name}.parquet"] = frame.height
        for area in areas.every(tree):
            shown = {sheet.dataset: _rows_of(sheet, frames[sheet.relation]) for sheet in area.sheets}
            notes += workbook.write(folder / f"{area.name}.xlsx", area, shown, about)
            rows[f"{area.name}.xlsx"] = sum(frame.height for frame in shown.values())
        return rows, notes

    return write


def _rows_of(sheet: areas.Sheet, frame: "polars.DataFrame") -> "polars.DataFrame":
    """What a sheet has of a dataset: of figures those that its area is about."""
    return frame if sheet.metrics is None else frame.filter(frame["metric_id"].is_in(list(sheet.metrics)))


def _about(connection: "Connection[Any]", municipality_no: str) -> workbook.About:
    found = connection.execute(
        "select coalesce(place.name, published.municipality_no), published.as_of, published.extract_date,"
        " published.published_at from scorecard.publication as published left join marts.dim_municipality as place"
        " on published.municipality_no = place.municipality_no and place.is_present"
        " where published.municipality_no = %s",
        [municipality_no],
    ).fetchone()
    if found is None:
        raise ExportRefused(f"Nothing of {municipality_no} is published any more: nothing is written.")
    return workbook.About(municipality_no, *found)


PUBLIC = sql.SQL(
    """
    select edition.municipality_no, edition.period_type, edition.period_start, edition.revision, figure.metric_id,
        definition.name_no, definition.unit, figure.dimension, figure.dimension_value, figure.value,
        figure.numerator, figure.denominator, figure.is_ripe
    from scorecard.report_public_figure as edition
    cross join jsonb_to_recordset(edition.figures) as figure (
        metric_id text, dimension text, dimension_value text, value float8, numerator float8, denominator float8,
        is_ripe boolean
    )
    left join scorecard.metric_definition as definition on figure.metric_id = definition.metric_id
    where not exists (
        select from scorecard.report_public_figure as later
        where later.municipality_no = edition.municipality_no and later.period_type = edition.period_type
        and later.period_start = edition.period_start and later.revision > edition.revision
    )
    """
)


def _read_public(settings: Settings, connection: "Connection[Any]", municipality_no: str) -> Write | None:
    """What the public editions show that were made; no other is made here: what is once public stays so."""
    figures = reading.rows(connection, PUBLIC)
    if not figures.height:
        return None
    kept = connection.execute(
        "select distinct on (municipality_no, period_type, period_start) file_name, content from scorecard.report_file"
        " where edition = 'offentlig' and file_name like '%.xlsx'"
        " order by municipality_no, period_type, period_start, revision desc"
    ).fetchall()

    def write(folder: Path) -> tuple[dict[str, int], list[str]]:
        figures.write_parquet(folder / "offentlige_tall.parquet")
        for name, content in kept:
            (folder / name).write_bytes(content)
        return {"offentlige_tall.parquet": figures.height} | {name: 1 for name, _ in kept}, []

    return write
