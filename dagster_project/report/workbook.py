"""The figures behind a report, as a workbook: real numbers, every definition and every note.

Belongs here: what stands on which sheet, and how it is formatted. Does not belong here: words of the report itself.

Cells are written as text or as numbers, never guessed: what looks like a formula in somebody's text stays text.
"""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from dagster_project.report import sentences
from dagster_project.report.facts import STAR, TOTAL, Facts, Figure, Metric
from dagster_project.reported.content import CHARTED, EARLIER
from dagster_project.vocabulary import norwegian
from dagster_project.vocabulary.periods import period_of

FIGURES, TRENDS, DEFINITIONS, NOTES = "Styringstall", "Utvikling", "Definisjoner", "Merknader"
SUPPRESSED = ":"
LINE = 12.75  # points of a line of text

Cell = str | float | date | Figure | None


@dataclass(frozen=True)
class _Column:
    title: str
    width: float
    wraps: bool = False
    is_number: bool = False


_FIRST = _Column("", 0)


def xlsx(facts: Facts) -> bytes:
    """The workbook; the same facts give the same bytes."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": "Arial", "font_size": 10},
        },
    )
    book.set_properties(
        {"title": sentences.title(facts), "author": "Boligstrategi", "created": facts.moment.replace(tzinfo=None)}
    )
    writer = _Writer(book, facts)
    writer.sheet(FIGURES, *_figures(facts))
    if facts.shows_earlier:
        writer.sheet(TRENDS, *_trends(facts))
    writer.sheet(DEFINITIONS, *_definitions(facts))
    writer.sheet(NOTES, *_notes(facts))
    book.close()
    return file.getvalue()


class _Writer:
    """Sheets with the same head: what the figures are, of when, and who may have them."""

    def __init__(self, book: Any, facts: Facts) -> None:
        self.book, self.facts = book, facts
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", **properties})
        return self.formats[key]

    def sheet(
        self, name: str, columns: Sequence[_Column], rows: Iterable[tuple[Metric | None, Sequence[Cell]]]
    ) -> None:
        """A sheet with its head block and one table; a row's metric says how its figures are formatted."""
        sheet = self.book.add_worksheet(name)
        facts = self.facts
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer(f"&L{sentences.edition(facts)}&CSide &P av &N")
        sheet.set_row(0, 21)
        sheet.write_string(0, 0, sentences.title(facts), self.format(bold=True, font_size=14, font_color="#12355b"))
        if facts.is_draft:
            sheet.set_header('&C&"Arial,Bold"&14UTKAST')
        block: list[tuple[str, str | date]] = [
            ("Kommune", facts.municipality),
            ("Kommunenummer", facts.municipality_no),
            ("Periode", f"{norwegian.period(facts.period)} ({facts.period.name})"),
            ("Data til og med", facts.as_of),
            ("Utgave", sentences.edition(facts)),
            ("Følsomhet", sentences.sensitivity(facts)),
            ("Status", sentences.standing(facts)),
        ]
        for row, (label, value) in enumerate(block, 1):
            sheet.write_string(row, 0, label, self.format(bold=True))
            if isinstance(value, date):
                sheet.write_datetime(row, 1, value, self.format(num_format="dd.mm.yyyy", align="left"))
            else:
                sheet.write_string(row, 1, value, self.format())
        head = len(block) + 2
        # text beside a number that stands to the right, or beside text that fills its cell, needs air
        indents = [
            int((before.is_number or before.wraps) and not column.is_number)
            for before, column in pairwise([_FIRST, *columns])
        ]
        for place, (column, indent) in enumerate(zip(columns, indents, strict=True)):
            sheet.set_column(place, place, column.width)
            align = "right" if column.is_number else "left"
            head_format = self.format(
                bold=True, bottom=1, bg_color="#e8eef4", text_wrap=True, align=align, indent=indent
            )
            sheet.write_string(head, place, column.title, head_format)
        last = head
        for last, (metric, cells) in enumerate(rows, head + 1):
            if (height := _lines(columns, cells)) > 1:
                sheet.set_row(last, LINE * height + 3)
            for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                self._write(sheet, last, place, cell, metric, column.wraps, indents[place])
        sheet.freeze_panes(head + 1, min(2, len(columns) - 1))
        sheet.repeat_rows(head)
        if last > head:
            sheet.autofilter(head, 0, last, len(columns) - 1)

    def _write(
        self, sheet: Any, row: int, place: int, cell: Cell, metric: Metric | None, wraps: bool, indent: int
    ) -> None:
        if isinstance(cell, Figure):
            if cell.is_suppressed:
                sheet.write_string(row, place, SUPPRESSED, self.format(align="right"))
            elif cell.value is not None:
                sheet.write_number(row, place, cell.value, self.format(num_format=number_format(metric, cell)))
        elif isinstance(cell, date):
            sheet.write_datetime(row, place, cell, self.format(num_format="dd.mm.yyyy", align="left"))
        elif isinstance(cell, float):
            sheet.write_number(row, place, cell, self.format(num_format="#,##0" if cell.is_integer() else "#,##0.00"))
        elif cell:
            sheet.write_string(row, place, cell, self.format(text_wrap=wraps, align="left", indent=indent))


def _lines(columns: Sequence[_Column], cells: Sequence[Cell]) -> int:
    """How many lines the fullest wrapping cell of a row takes: a column is as wide as so many digits."""
    texts = [(cell, column.width) for column, cell in zip(columns, cells, strict=True) if column.wraps]
    return max((math.ceil(len(text) / width) for text, width in texts if isinstance(text, str)), default=1)


def number_format(metric: Metric | None, figure: Figure) -> str:
    """How a spreadsheet shows the metric's values; it puts in the reader's own comma and space.

    What is preliminary stays a number, and is shown with its mark.
    """
    if metric is None:
        return "#,##0.##########"
    scale = norwegian.scale(metric.unit, metric.decimals)
    of_share = scale.is_percent and metric.unit != scale.unit
    decimals = "." + "0" * scale.decimals if scale.decimals else ""
    mark = f'"{STAR}"' if figure.is_preliminary else ""
    return f"{'0' if of_share else '#,##0'}{decimals}{' %' if of_share else ''}{mark}"


_Sheet = tuple[list[_Column], list[tuple[Metric | None, Sequence[Cell]]]]


def _figures(facts: Facts) -> _Sheet:
    """Every figure of the period, beside the earlier ones and its target."""
    of_ratio = "Teller", "Nevner"
    earlier = [back for back in dict.fromkeys((1, facts.periods_a_year)) if facts.shows(back)]
    columns = [
        _Column("Perspektiv", 17), _Column("Styringstall", 44), _Column("Fordelt på", 24), _Column("Verdi", 38),
        _Column("Enhet", 24), _Column(norwegian.short_period(facts.period), 14, is_number=True),
        _Column("Merknad", 24), *(_Column(title, 12, is_number=True) for title in of_ratio),
        *(_Column(norwegian.short_period(facts.period.earlier(back)), 14, is_number=True) for back in earlier),
        _Column("Grense nådd", 14, is_number=True), _Column("Grense ikke nådd", 14, is_number=True),
        _Column("Status", 10),
        _Column("Kode", 34), _Column("Kode for verdi", 22),
    ]  # fmt: skip
    lines = {(line.metric.metric_id, line.dimension, line.dimension_value): line for line in facts.lines()}
    rows: list[tuple[Metric | None, Sequence[Cell]]] = []
    for metric, dimension, value in _keys(facts):
        key = (metric.metric_id, dimension, value)
        now, line = facts.figure(*key), lines.get(key)
        rows.append((metric, [
            facts.label("perspective", metric.perspective), metric.name, facts.label("dimension", dimension),
            facts.label(dimension, value), metric.unit, now, _remark(facts, metric, now),
            _count(now.numerator, now), _count(now.denominator, now), *(facts.figure(*key, back) for back in earlier),
            Figure(line.target.green) if line else None, Figure(line.target.red) if line else None,
            facts.label("status", line.status) if line and line.status != "none" else None,
            metric.metric_id, value,
        ]))  # fmt: skip
    return columns, rows


def _remark(facts: Facts, metric: Metric, figure: Figure) -> str:
    """What must be known with the period's figure: that it is preliminary, hidden, or why there is none."""
    if figure.is_suppressed:
        return "skjermet"
    is_preliminary = figure.is_preliminary or (figure.is_known and not facts.is_complete)
    return sentences.PRELIMINARY.lower() if is_preliminary else sentences.nothing(metric, figure)


def _count(value: float | None, figure: Figure) -> Cell:
    """A part of a ratio, which is no share itself."""
    return None if figure.is_suppressed else value


def _keys(facts: Facts) -> list[tuple[Metric, str, str]]:
    """Every figure of the period, in the order of the catalogue and the labels."""
    order = {metric_id: place for place, metric_id in enumerate(facts.metrics)}
    labels = {(row["dimension"], row["code"]): row["sort_order"] for row in facts.content["label"]}
    found = [key[:3] for key in facts.figures if key[3] == facts.period.start and key[0] in order]
    dimensions = {code: place for (dimension, code), place in labels.items() if dimension == "dimension"}
    return [
        (facts.metrics[metric_id], dimension, value)
        for metric_id, dimension, value in sorted(
            found, key=lambda key: (order[key[0]], dimensions.get(key[1], 99), labels.get(key[1:], 99), key[2])
        )
    ]


def _trends(facts: Facts) -> _Sheet:
    """The totals, and what the charts break down, through the periods that are kept."""
    backs = [back for back in range(EARLIER, -1, -1) if facts.shows(back)]
    columns = [
        _Column("Perspektiv", 17), _Column("Styringstall", 44), _Column("Fordelt på", 24), _Column("Verdi", 30),
        _Column("Enhet", 24),
        *(_Column(norwegian.short_period(facts.period.earlier(back)), 13, is_number=True) for back in backs),
    ]  # fmt: skip
    with_target = {(line.metric.metric_id, line.dimension, line.dimension_value) for line in facts.lines()}
    rows: list[tuple[Metric | None, Sequence[Cell]]] = []
    for metric, dimension, value in _keys(facts):
        key = (metric.metric_id, dimension, value)
        if dimension == TOTAL or key[:2] in CHARTED or key in with_target:
            rows.append((metric, [
                facts.label("perspective", metric.perspective), metric.name, facts.label("dimension", dimension),
                facts.label(dimension, value), metric.unit, *(facts.figure(*key, back) for back in backs),
            ]))  # fmt: skip
    return columns, rows


def _definitions(facts: Facts) -> _Sheet:
    columns = [
        _Column("Styringstall", 44), _Column("Definisjon", 60, wraps=True),
        _Column("Forbehold", 44, wraps=True),
        _Column("Enhet", 24), _Column("Retning", 18), _Column("Kilde", 30, wraps=True), _Column("Eier av målet", 24),
        _Column("Målet er satt i", 34), _Column("Kode", 34), _Column("Versjon", 14),
    ]  # fmt: skip
    owners: dict[str, list[str]] = {}
    origins: dict[str, list[str]] = {}
    for (metric_id, dimension, value), _ in sorted(facts.targets.items()):
        target = facts.target(metric_id, dimension, value, facts.period.end)
        if target:
            owners.setdefault(metric_id, []).append(target.owner)
            origins.setdefault(metric_id, []).append(target.source)
    return columns, [
        (metric, [
            metric.name, metric.definition, metric.caveat, metric.unit, facts.label("direction", metric.direction),
            metric.source, ", ".join(dict.fromkeys(owners.get(metric_id, []))),
            ", ".join(dict.fromkeys(origins.get(metric_id, []))), metric_id, metric.version,
        ])
        for metric_id, metric in facts.metrics.items()
    ]  # fmt: skip


def _notes(facts: Facts) -> _Sheet:
    """What must be known with the figures: the closing, faults of the data, revisions, rules."""
    notes: list[tuple[str, str]] = [("Perioden", sentences.standing(facts))]
    if facts.closing and facts.closing.note and not facts.is_public:
        notes.append(("Perioden", facts.closing.note))
    notes.append(("Data", sentences.quality_intro(facts)))
    notes += [("Datakvalitet", said) for said in sentences.quality(facts)]
    notes += [("Tiltak", sentences.measures(facts)), ("Utfordringer", sentences.challenges(facts))]
    notes.append(("Endringer i tidligere tall", sentences.revisions(facts)))
    if not facts.is_public:
        notes += [("Endringer i tidligere tall", _revision(facts, row)) for row in facts.content["revision"]]
    if facts.preliminary_metrics() or not facts.is_complete:
        notes.append(("Tegn", sentences.preliminary_note(facts)))
    if facts.is_public:
        notes.append(("Tegn", sentences.SUPPRESSED_NOTE))
    return [_Column("Gjelder", 26), _Column("Merknad", 120, wraps=True)], [(None, note) for note in notes]


def _revision(facts: Facts, row: dict[str, Any]) -> str:
    metric = facts.metrics.get(row["metric_id"])
    name = metric.name if metric else row["metric_id"]
    part = "" if row["dimension"] == TOTAL else f", {facts.label(row['dimension'], row['dimension_value'])}"
    values = row["reported_value"], row["value_now"]
    scale = metric.scale(*map(Figure, values)) if metric else norwegian.scale("", 2)
    reported, now = (
        sentences.with_unit(metric, Figure(value), scale) if metric and value is not None else scale.text(value)
        for value in values
    )
    period = norwegian.period(period_of(row["period_type"], date.fromisoformat(row["period_start"])))
    return (
        f"{norwegian.capitalised(period)}: {name}{part} ble rapportert som {reported}, og ville nå vært {now}."
        f" {row['explanation_no']}"
    )
