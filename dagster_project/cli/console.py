"""What a person sees at the terminal: the state of the nights, and the scorecard's main figures.

Belongs here: reading what is recorded and published, and laying it out. Does not belong here: computing a figure.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

import click
from psycopg.rows import dict_row
from rich import box
from rich.console import Console
from rich.table import Table

from dagster_project import warehouse
from dagster_project.night import holding, record
from dagster_project.operations import turns
from dagster_project.settings import Settings
from dagster_project.vocabulary import labels, norwegian


def _console() -> Console:
    """The terminal; where there is none (a file, a log) wide enough that tables are not folded."""
    console = Console()
    return console if console.is_terminal else Console(width=140)


def _print_json(content: object) -> None:
    """As a program reads it; days and times as PostgreSQL writes them."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def print_status(settings: Settings, as_json: bool = False) -> None:
    """The last nights, what is published, and what the door put aside; `as_json`: for a program."""
    console = _console()
    with holding.opened(settings) as connection:
        published = _rows(connection, "select * from scorecard.publication order by municipality_no")
        nights = record.last_nights(connection)
        quarantined = _rows(connection, _QUARANTINED)
        owed = turns.every(connection) if published else []
        if as_json:
            _print_json(
                {"published": published, "nights": nights, "quarantined": quarantined, "turns": list(map(asdict, owed))}
            )
            return
        _show(
            console,
            "Published",
            ["municipality", "as of", "extract", "published", "version", "warnings"],
            (
                (
                    row["municipality_no"],
                    row["as_of"],
                    row["extract_date"],
                    _time(row["published_at"]),
                    row["code_version"],
                    len(row["warnings"]),
                )
                for row in published
            ),
            "Nothing is published yet. `bolig nightly` does it.",
        )
        for row in published:
            for warning in row["warnings"]:
                console.print(f"  warning: {warning}", style="yellow", highlight=False, markup=False)
        _show(
            console,
            "Last nights",
            ["night", "started", "ended", "outcome", "deliveries"],
            (
                (
                    row["night_id"],
                    _time(row["started_at"]),
                    _time(row["finished_at"]),
                    row["outcome"] or "under way, or killed",
                    row["deliveries"],
                )
                for row in nights
            ),
            "No night has run yet.",
        )
        ended = record.outcome_of(connection, nights[0]["night_id"]) if nights else None
        if ended and not ended.is_complete:
            console.print(ended.message, style="red", highlight=False, markup=False)
        _show(
            console,
            "Quarantined rows of the newest accepted delivery",
            ["municipality", "extract", "file", "column", "rule", "rows", "first line", "what"],
            (tuple(row.values()) for row in quarantined),
            "No row is in quarantine.",
        )
        _show(
            console,
            "Whose turn it is before the meeting",
            ["municipality", "whose", "what", "which"],
            ((turn.municipality_no, turn.owner, turn.what, ", ".join(turn.names)) for turn in owed),
            "Every missed target is explained, and no resolution is past its follow-up.",
        )
    console.print(f"All that is written lies in {settings.home}; extracts are taken from {settings.landing}.")


_QUARANTINED = """
    select row.municipality_no, delivery.extract_date, row.file, row.column_name, row.rule,
        count(distinct row.line) as rows, min(row.line) as first_line, min(row.message) as message
    from landing.quarantined_row as row
    inner join landing.delivery on row.municipality_no = delivery.municipality_no and row.load_id = delivery.load_id
    where (row.municipality_no, row.load_id) in (
        select distinct on (municipality_no) municipality_no, load_id from landing.delivery
        where status = 'accepted' and not is_backfill
        order by municipality_no, extract_date desc, load_id desc
    )
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 6 desc
"""


# settings that may hold a secret: it is said that they are set, and not what they are
_SECRET = re.compile("password|key|secret|url|smtp|webhook")


def print_settings(settings: Settings, as_json: bool = False) -> None:
    """Every setting, what it is here (of a secret only that it is set), and what it means; `as_json`: for a program."""
    console = _console()
    found = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value in (None, ()):
            here = None
        elif _SECRET.search(name):
            here = "(set)"
        else:
            here = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        found.append({"variable": str(field.validation_alias), "here": here, "meaning": field.description})
    if as_json:
        _print_json(found)
        return
    table = Table("variable", "here", "meaning", box=box.SIMPLE_HEAD)
    for row in found:
        table.add_row(row["variable"], row["here"] or norwegian.EMPTY, row["meaning"])
    console.print(table, markup=False)


def print_findings(settings: Settings, as_json: bool = False) -> bool:
    """What doctor found, check by check as it is found; says whether there is no fault. `as_json`: for a program."""
    from dagster_project.operations import doctor

    if as_json:
        found = [{"check": check, **asdict(finding)} for check, finding in doctor.examine(settings)]
        _print_json(found)
        return not any(row["state"] == "fault" for row in found)
    console = _console()
    colours = {"ok": "green", "warning": "yellow", "fault": "red"}
    faults = warnings = 0
    for check, finding in doctor.examine(settings):
        faults += finding.state == "fault"
        warnings += finding.state == "warning"
        console.print(f"[{colours[finding.state]}]{finding.state:<8}[/] {check:<15}", end="")
        console.print(finding.what, highlight=False, markup=False, soft_wrap=True)
        if finding.to_do:
            console.print(f"{'':<25}{finding.to_do}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"{faults} faults, {warnings} warnings.")
    return not faults


def print_scorecard(settings: Settings, municipality_no: str | None) -> None:
    """Every metric's total for the last three years, and the verdict of the reconciliation."""
    console = _console()
    with warehouse.connect(settings, "reader") as connection:
        if connection.execute("select to_regclass('scorecard.metric_value')").fetchone() == (None,):
            console.print("Nothing is published yet. `bolig nightly` does it.")
            return
        municipalities = _rows(
            connection,
            "select municipality_no, as_of from scorecard.publication"
            " where municipality_no = coalesce(%s, municipality_no) order by 1",
            [municipality_no],
        )
        for municipality in municipalities:
            _print_figures(console, connection, municipality["municipality_no"], municipality["as_of"])
            _print_reconciliation(console, connection, municipality["municipality_no"])
    console.print(f"Every figure: table scorecard.metric_value in {settings.home} (`bolig db url --role reader`).")


def _print_figures(console: Console, connection: Any, municipality_no: str, as_of: Any) -> None:
    figures = _rows(
        connection,
        """
        select definition.*, figure.period_start, figure.value, figure.is_ripe
        from scorecard.metric_definition as definition
        inner join scorecard.metric_value as figure using (metric_id)
        where figure.municipality_no = %(no)s and figure.period_type = 'year' and figure.dimension = 'total'
        and figure.period_start > %(as_of)s - interval '3 years'
        order by definition.sort_order, figure.period_start
        """,
        {"no": municipality_no, "as_of": as_of},
    )
    years = sorted({row["period_start"].year for row in figures})
    name = next((row["name"] for row in _rows(connection, _NAME, [municipality_no])), None)
    whose = f"{name} kommune ({municipality_no})" if name else f"kommune {municipality_no}"
    title = f"Styringskort for {whose}, kjent {as_of:%d.%m.%Y}"
    # of a year that is not over all is preliminary: its head says so
    part = as_of.year if as_of != date(as_of.year, 12, 31) else None
    is_preliminary = part in years or any(not row["is_ripe"] for row in figures)
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, caption="* foreløpig" if is_preliminary else None,
        caption_justify="left",
    )  # fmt: skip
    table.add_column("Styringstall")
    table.add_column("enhet")
    for year in years:
        table.add_column(f"{year}{'*' if year == part else ''}", justify="right")
    by_metric: dict[str, dict[int, dict[str, Any]]] = {}
    for row in figures:
        by_metric.setdefault(row["metric_id"], {})[row["period_start"].year] = row
    perspective = None
    for found in by_metric.values():
        metric = next(iter(found.values()))
        if metric["perspective"] != perspective:
            perspective = metric["perspective"]
            table.add_section()
            table.add_row(f"[bold]{labels.label('perspective', perspective)}[/bold]")
        scale = norwegian.scale_of((row["value"] for row in found.values()), metric["unit"], metric["decimals"])
        cells = [norwegian.EMPTY] * len(years)
        for year, row in found.items():
            is_marked = row["value"] is not None and not row["is_ripe"] and year != part
            cells[years.index(year)] = f"{scale.text(row['value'])}{'*' if is_marked else ''}"
        table.add_row(metric["name_no"], metric["unit"] if scale.is_percent else scale.unit, *cells)
    console.print(table)


_NAME = "select name from marts.dim_municipality where municipality_no = %s and is_present and name is not null"


def _print_reconciliation(console: Console, connection: Any, municipality_no: str) -> None:
    verdicts = dict(
        connection.execute(
            "select verdict, count(*) from scorecard.reconciliation where municipality_no = %s group by 1",
            [municipality_no],
        ).fetchall()
    )
    if not verdicts:
        return
    console.print(
        "Reconciliation with the report of 2011: "
        + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        + " (table scorecard.reconciliation)."
    )


def _rows(connection: Any, query: str, parameters: Any = None) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()  # type: ignore[no-any-return]


def _show(console: Console, title: str, columns: list[str], rows: Iterable[tuple[Any, ...]], empty: str) -> None:
    found = [[norwegian.EMPTY if value is None else str(value) for value in row] for row in rows]
    if not found:
        console.print(empty)
        return
    table = Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in found:
        table.add_row(*row)
    console.print(table)


def _time(moment: Any) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else None
