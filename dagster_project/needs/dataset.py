"""An overview of needs as data: a table as CSV and XLSX, and JSON for the planning system (behov.schema.json).

Belongs here: which columns and keys there are. Does not belong here: figures, and what an edition shows (public.py).
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.needs import public, words
from dagster_project.needs.kept import Overview
from dagster_project.needs.public import Sum
from dagster_project.needs.reckoning import Component

SCHEMA = Path(__file__).with_name("behov.schema.json")
FORMAT = "behov-1"


@dataclass(frozen=True)
class Edition:
    """An edition of an overview: its rows and sums; of a public one those that are hidden are empty."""

    of: Overview
    name: str
    rows: Sequence[Component]
    sums: Sequence[Sum]

    @property
    def is_public(self) -> bool:
        """Whether everybody may have it."""
        return self.name == "offentlig"


def edition(of: Overview, name: str) -> Edition:
    """The edition of this name."""
    if name == "offentlig":
        return Edition(of, name, *public.protected(of.rows, of.content, of.need_date))
    return Edition(of, name, of.rows, public.sums(of.rows))


OF_A_ROW = (
    "need_group", "need_dwelling_type", "horizon_years", "alternative", "component", "value", "numerator",
    "denominator", "source", "method", "is_estimate", "note",
)  # fmt: skip
HEADER = ("municipality_no", "need_version", "need_date", *OF_A_ROW)


def table(made: Edition) -> list[tuple[Any, ...]]:
    """The rows under HEADER."""
    of = made.of
    return [
        (
            of.municipality_no, of.version, of.need_date, row.need_group, row.dwelling_type, row.horizon_years,
            row.alternative, row.component, row.value, row.numerator, row.denominator, row.source, row.method,
            row.is_estimate, row.note,
        )
        for row in made.rows
    ]  # fmt: skip


def as_csv(made: Edition) -> bytes:
    """The table as CSV: semicolons, points for decimals, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(["" if cell is None else cell for cell in row] for row in table(made))
    return text.getvalue().encode()


def as_xlsx(made: Edition) -> bytes:
    """The table as a workbook, with what must be known of it; somebody's text stays text."""
    import xlsxwriter

    of = made.of
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": words.TITLE, "author": of.made_by or "", "created": of.moment.replace(tzinfo=None)})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
    about = book.add_worksheet("Om oversikten")
    about.set_column(0, 0, 120)
    lines = [words.TITLE, of.content["municipality"], words.made(of), words.EDITIONS[made.name]]
    lines += ["", *words.assumptions(of, is_public=made.is_public), "", *words.LIMITS]
    for place, line in enumerate(lines):
        about.write_string(place, 0, line, bold if place == 0 else None)
    sheet = book.add_worksheet("Behov")
    sheet.write_row(0, 0, HEADER, bold)
    rows = table(made)
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if column == HEADER.index("need_date"):
                sheet.write_datetime(place, column, cell, day)
            elif isinstance(cell, bool):
                sheet.write_boolean(place, column, cell)
            elif isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif cell is not None:
                sheet.write_number(place, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(HEADER) - 1)
    book.close()
    return content.getvalue()


def as_json(made: Edition) -> bytes:
    """The overview for machines, by behov.schema.json."""
    of = made.of
    whole = {
        "format": FORMAT,
        "law": words.LAW,
        "municipality_no": of.municipality_no,
        "municipality": of.content["municipality"],
        "need_version": of.version,
        "need_date": of.need_date.isoformat(),
        "as_of": of.as_of.isoformat(),
        "made_by": of.made_by,
        "made_on": of.moment.date().isoformat(),
        "method_version": of.method_version,
        "code_version": of.code_version,
        "edition": made.name,
        "assumptions": list(words.assumptions(of, is_public=made.is_public)),
        "limits": list(words.LIMITS),
        "parties": [{"name": each["party_name"], "role": each["party_role"]} for each in of.content["parties"]],
        # what is of the whole overview stands above
        "needs": [dict(zip(OF_A_ROW, row[-len(OF_A_ROW) :], strict=True)) for row in table(made)],
        "sums": [
            {
                "need_dwelling_type": each.dwelling_type, "horizon_years": each.horizon_years,
                "alternative": each.alternative, "udekket": each.value, "udekket_uten_tiltak": each.without,
            }
            for each in made.sums
        ],
    }  # fmt: skip
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
