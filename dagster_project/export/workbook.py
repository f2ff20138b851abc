"""An area as a workbook: a sheet for each dataset, under the headings that the dashboards have.

Belongs here: how a cell is written and shown. Does not belong here: which sheets there are (areas.py).

As in the report's workbook, cells are written as text or as numbers, never guessed: what looks like a formula in
somebody's text stays text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars

from dagster_project.export.areas import Area, Sheet
from dagster_project.vocabulary import norwegian

ABOUT = "Om arbeidsboken"
# of what a sheet takes: rows without the heading, and characters in a cell
MOST_ROWS, LONGEST_TEXT = 1_048_575, 32_767
# before it a spreadsheet knows no days
FIRST_DAY = date(1900, 3, 1)
HERE = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True)
class About:
    """What must be known with the figures: whose they are, and of which day."""

    municipality_no: str
    municipality: str
    as_of: date
    extract_date: date
    published_at: datetime


def write(path: Path, area: Area, frames: Mapping[str, polars.DataFrame], about: About) -> list[str]:
    """Write the workbook; gives what did not fit on a sheet, in plain words."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": "Arial", "font_size": 10},
    }
    with xlsxwriter.Workbook(path, options) as book:
        created = about.published_at.astimezone(HERE).replace(tzinfo=None)
        book.set_properties({"title": area.title, "author": "Boligstrategi", "created": created})
        cut = {sheet.title for sheet in area.sheets if frames[sheet.dataset].height > MOST_ROWS}
        writer = _Writer(book)
        writer.about(area, about, cut)
        for sheet in area.sheets:
            writer.sheet(sheet, frames[sheet.dataset])
    return [f"{path.name}: a sheet takes {MOST_ROWS} rows, and {title} has more" for title in sorted(cut)]


class _Writer:
    def __init__(self, book: Any) -> None:
        self.book = book
        self.plain = book.add_format({"valign": "top"})
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#12355b"})
        self.head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#e8eef4", "valign": "top"})
        self.day = book.add_format({"num_format": "dd.mm.yyyy", "align": "left", "valign": "top"})
        self.moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm", "align": "left", "valign": "top"})
        self.fraction = book.add_format({"num_format": "#,##0.00##", "valign": "top"})
        self.grouped = book.add_format({"num_format": "#,##0", "valign": "top"})
        self.integer = book.add_format({"num_format": "0", "valign": "top"})

    def about(self, area: Area, about: About, cut: set[str]) -> None:
        """The first sheet: what the workbook is, and what the others are."""
        sheet = self.book.add_worksheet(ABOUT)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 100)
        sheet.write_string(0, 0, area.title, self.title)
        lines: list[tuple[str, str | date]] = [
            ("Innhold", area.description),
            ("Kommune", about.municipality),
            ("Kommunenummer", about.municipality_no),
            ("Data til og med", about.as_of),
            ("Uttrekksdato", about.extract_date),
            ("Publisert", about.published_at),
            ("Utgave", "Intern: bare for dem som kan se kommunens egne tall"),
        ]
        lines += [
            (each.title, each.description + (f" Bare de første {MOST_ROWS} radene." if each.title in cut else ""))
            for each in area.sheets
        ]
        for row, (label, value) in enumerate(lines, 2):
            sheet.write_string(row, 0, label, self.bold)
            self.cell(sheet, row, 1, value)

    def sheet(self, of: Sheet, frame: polars.DataFrame) -> None:
        """A dataset's rows under its headings."""
        sheet = self.book.add_worksheet(of.title)
        shown = frame.select(list(of.headings))
        for place, (column, heading) in enumerate(of.headings.items()):
            longest = max((len(str(value)) for value in shown[column].head(1000)), default=0)
            sheet.set_column(place, place, min(max(len(heading) + 4, longest + 2), 50))
            sheet.write_string(0, place, heading, self.head)
        for row, cells in enumerate(islice(shown.iter_rows(), MOST_ROWS), 1):
            for place, value in enumerate(cells):
                self.cell(sheet, row, place, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, min(max(shown.height, 1), MOST_ROWS), len(of.headings) - 1)

    def cell(self, sheet: Any, row: int, place: int, value: Any) -> None:
        """A value as what it is; nothing where there is none."""
        match value:
            case None:
                pass
            case bool():
                sheet.write_string(row, place, "Ja" if value else "Nei", self.plain)
            case datetime():
                local = value.astimezone(HERE).replace(tzinfo=None) if value.tzinfo else value
                sheet.write_datetime(row, place, local, self.moment)
            case date() if value >= FIRST_DAY:
                sheet.write_datetime(row, place, value, self.day)
            case date():
                sheet.write_string(row, place, norwegian.short_day(value), self.plain)
            case int():
                # years among them: no sign between thousands
                sheet.write_number(row, place, value, self.integer)
            case float():
                sheet.write_number(row, place, value, self.grouped if value.is_integer() else self.fraction)
            case _:
                sheet.write_string(row, place, str(value)[:LONGEST_TEXT], self.plain)
