"""The report as a PDF: tagged for screen readers, in Norwegian, with its font embedded.

Belongs here: what stands where in the document. Does not belong here: how it looks (report.typ), words (sentences.py).
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster_project import BoligError
from dagster_project.report import agenda, charts, outlook, sentences
from dagster_project.report.facts import STAR, Facts, Figure, Line, Metric
from dagster_project.vocabulary import labels, municipalities, norwegian
from dagster_project.vocabulary.periods import period_of

TEMPLATE = Path(__file__).with_name("report.typ")
LOOK = Path(__file__).with_name("look.typ")
AUTHOR = "Boligstrategi"
MISSING = "?"

# lines of the scorecard, its headings among them, that fill the first page beside the findings
FIRST_PAGE = range(16, 29)
# definitions that a page has room for
DEFINITIONS_A_PAGE = 60

_SECTIONS = (
    ("Køen", "Husstander i kø ved periodens slutt", sentences.queue, charts.queue),
    ("Fornyelser og nye tildelinger", "Tildelinger i perioden", sentences.allocations, charts.allocations),
    ("Ledige boliger og hvem som har ansvaret", "Ledige døgn i perioden", sentences.vacancy, charts.vacancy),
    ("Startlån etter formål", "Utbetalt i perioden, mill. kr", sentences.startlan, charts.startlan),
)


class ReportNotMade(BoligError):
    """The document could not be set; the message has the typesetter's words."""


def pdf(facts: Facts) -> bytes:
    """The document as PDF/UA-1; the same facts give the same bytes. Raises ReportNotMade."""
    return typeset(TEMPLATE, _data(facts), facts.moment)


def typeset(template: Path, data: dict[str, Any], moment: datetime) -> bytes:
    """A template with its data as PDF/UA-1; the same data give the same bytes. Raises ReportNotMade."""
    import typst

    with TemporaryDirectory() as folder:
        source = Path(folder, template.name)
        for file in (template, LOOK):
            shutil.copy(file, folder)
        Path(folder, "data.json").write_text(json.dumps(_settable(data), ensure_ascii=False), "utf-8")
        try:
            made, warnings = typst.compile_with_warnings(
                source,
                root=Path(folder),
                font_paths=[charts.FONTS],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=["ua-1"],
                timestamp=moment,
            )
        except typst.TypstError as error:
            raise ReportNotMade(f"The report could not be set: {error.message} {' '.join(error.hints)}") from error
    if warnings:
        # a layout that does not settle has wrong page numbers, a missing face other letters: no page for a meeting
        raise ReportNotMade(f"The report was set with faults: {'; '.join(str(warning) for warning in warnings)}")
    assert isinstance(made, bytes)
    return made


def _settable(value: Any) -> Any:
    """The data with a question mark for each character that the font lacks: one must not keep the report away."""
    if isinstance(value, str):
        return "".join(letter if ord(letter) in _letters() or letter == "\n" else MISSING for letter in value)
    if isinstance(value, dict):
        return {key: _settable(part) for key, part in value.items()}
    return [_settable(part) for part in value] if isinstance(value, list | tuple) else value


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    return frozenset.intersection(*(frozenset(TTFont(path).getBestCmap()) for path in charts.FONTS.glob("*.ttf")))


def _data(facts: Facts) -> dict[str, Any]:
    moment = facts.moment
    columns = _columns(facts)
    scorecard = _scorecard(facts, columns)
    has_trends = any(line["trend"] for group in scorecard for line in group["lines"])
    pictures = [draw(facts) for _, _, _, draw in _SECTIONS]
    definitions = [
        {"name": metric.name, "text": metric.definition}
        for metric in dict.fromkeys(line.metric for line in facts.lines())
    ]
    return {
        "title": sentences.title(facts),
        "author": AUTHOR,
        "date": {"year": moment.year, "month": moment.month, "day": moment.day},
        "municipality": facts.municipality,
        "is_draft": facts.is_draft,
        "heading": [
            sentences.standing(facts),
            sentences.figures_are_of(facts),
            f"{sentences.edition(facts)}. {sentences.sensitivity(facts)}",
        ],
        "footer": f"{facts.municipality} · {sentences.edition(facts)}",
        "summary": sentences.summary(facts),
        "columns": [column.title for column in columns],
        "status_colours": {
            status: charts.colour(word) for status, word in labels.of("status").items() if status != "none"
        },
        "has_trends": has_trends,
        "scorecard": scorecard,
        # four sections with their pictures fill a page; where the scorecard leaves room or runs over, or pictures are
        # missing, they follow at once
        "is_scorecard_a_page": all(pictures) and sum(1 + len(group["lines"]) for group in scorecard) in FIRST_PAGE,
        "notes": [*([sentences.trend_note(facts)] if has_trends else []), *sentences.notes(facts)],
        "findings_title": sentences.FINDINGS_TITLE,
        "findings_intro": sentences.changes_intro(facts, facts.changes()),
        "findings": [asdict(sentences.finding(facts, found)) for found in facts.findings()],
        "findings_rule": sentences.FINDINGS_RULE,
        "sections": [
            {"title": title, "sentences": say(facts), "chart": _picture(over, picture)}
            for (title, over, say, _), picture in zip(_SECTIONS, pictures, strict=True)
        ],
        "tables": [asdict(table) for table in (_queues(facts), _comparison(facts)) if table.rows],
        "outlook": {
            "title": outlook.TITLE,
            "sentences": outlook.sentences(facts),
            "tables": [asdict(table) for table in outlook.tables(facts)],
        },
        "in_force": _in_force(facts),
        "matters": {"text": agenda.RULE, "rows": [asdict(matter) for matter in agenda.matters(facts)]},
        "explanations": {"text": sentences.explanations(facts), "rows": _explanations(facts)},
        "resolutions": {"text": sentences.resolutions(facts), "rows": _resolutions(facts)},
        "measures": {"text": sentences.measures(facts), "rows": _measures(facts)},
        "challenges": {"text": sentences.challenges(facts), "rows": _challenges(facts)},
        "revisions": {"text": sentences.revisions(facts), "rows": _revisions(facts)},
        "quality": {"text": sentences.quality_intro(facts), "rows": sentences.quality(facts)},
        "definitions": _halves(definitions),
        "are_definitions_many": len(definitions) > DEFINITIONS_A_PAGE,
    }


def _in_force(facts: Facts) -> dict[str, Any]:
    goals, unmoved = agenda.goals(facts)
    return {"text": agenda.intro(unmoved) if goals or unmoved else "", "rows": [asdict(goal) for goal in goals]}


def _halves(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Two columns of about the same height, in reading order."""
    lengths = [sum(map(len, row.values())) for row in rows]
    middle = next((n for n in range(len(rows)) if sum(lengths[: n + 1]) >= sum(lengths) / 2), 0) + 1
    return [rows[:middle], rows[middle:]]


def _picture(over: str, picture: charts.Chart | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {"title": f"{over}. Lyse søyler er foreløpige" if picture.is_preliminary else over, **asdict(picture)}


@dataclass(frozen=True)
class _Column:
    """A column of figures of the scorecard: of one period, or the targets."""

    title: str
    figure: Callable[[Line], Figure]
    is_target: bool = False
    # all that stands in it is preliminary: its head says so
    is_of_part: bool = False


def _columns(facts: Facts) -> list[_Column]:
    """The period, the targets, and those earlier periods of which the edition shows anything in the scorecard."""

    def title(back: int) -> str:
        return norwegian.short_period(facts.period.earlier(back))

    star = "" if facts.is_complete else STAR
    earlier = [_Column(title(1), attrgetter("before"))]
    if facts.periods_a_year > 1:
        earlier.append(_Column(title(facts.periods_a_year), attrgetter("year_before")))
    lines = facts.lines()
    return [
        _Column(f"{title(0)}{star}", attrgetter("now"), is_of_part=not facts.is_complete),
        _Column("Mål / rød grense", lambda line: Figure(line.target.green), is_target=True),
        *(column for column in earlier if any(_is_there(column.figure(line)) for line in lines)),
    ]


def _is_there(figure: Figure) -> bool:
    return figure.is_known or figure.is_suppressed


def _scorecard(facts: Facts, columns: Sequence[_Column]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in facts.lines():
        groups.setdefault(facts.label("perspective", line.metric.perspective), []).append(_line(facts, line, columns))
    return [{"perspective": perspective, "lines": lines} for perspective, lines in groups.items()]


def _line(facts: Facts, line: Line, columns: Sequence[_Column]) -> dict[str, Any]:
    scale = line.scale()
    trend = charts.trend(facts, line)
    is_preliminary = line.now.is_preliminary or not facts.is_complete
    return {
        "name": line.name,
        "unit": "" if scale.unit in sentences.UNSAID else scale.unit,
        "status": line.status,
        "word": sentences.PRELIMINARY
        if is_preliminary
        else norwegian.EMPTY
        if line.status == "none"
        else labels.label("status", line.status),
        "figures": [_cell(line, column, scale) for column in columns],
        "trend": asdict(trend) if trend else None,
    }


def _cell(line: Line, column: _Column, scale: norwegian.Scale) -> str:
    figure = column.figure(line)
    text = line.metric.text(figure, scale)
    if column.is_target:
        side = {"up": f"≥{norwegian.NO_BREAK}", "down": f"≤{norwegian.NO_BREAK}", "none": ""}
        # the red limit beside the green one: how far it is from the one to the other
        red = line.metric.text(Figure(line.target.red), scale)
        return f"{side[line.metric.direction]}{text} / {red}"
    if figure is line.now and (why := sentences.nothing(line.metric, figure)):
        return why
    return f"{text}{STAR}" if figure.is_preliminary and not column.is_of_part else text


# what the table of queues shows of each category, and what the column is called
_QUEUE = {
    "queue_waiting": "I kø",
    "queue_waiting_over_one_year": "Over ett år",
    "queue_inflow": "Nye",
    "queue_allocated": "Fikk bolig",
}
# what is compared with other regions, per 1000 inhabitants
_COMPARED = {
    "kommunale_boliger": "Kommunale boliger",
    "bostotte_husstander": "Mottakere av bostøtte",
    "startlan_boliger": "Boliger med startlån",
}


def _queues(facts: Facts) -> outlook.Table:
    """Every group that waits, the longest queue first; what may not be shown stands last."""
    dimension = "housing_category"

    def figures(category: str) -> list[Figure]:
        return [facts.figure(metric_id, dimension, category) for metric_id in _QUEUE]

    found = [(category, figures(category)) for category in facts.values("queue_waiting", dimension)]
    shown = [(category, of) for category, of in found if any(each.value or each.is_suppressed for each in of)]
    shown.sort(key=lambda line: -(line[1][0].value or 0))
    return outlook.Table(
        f"Køen etter boligkategori, {norwegian.short_period(facts.period)}",
        ("Boligkategori", *_QUEUE.values()),
        [
            (
                facts.label(dimension, category),
                *(
                    f"{facts.metrics[metric_id].text(figure)}{STAR if figure.is_preliminary else ''}"
                    for metric_id, figure in zip(_QUEUE, of, strict=True)
                ),
            )
            for category, of in shown
        ],
        1,
    )


def _comparison(facts: Facts) -> outlook.Table:
    """The municipality first, then its neighbours, its county, its KOSTRA group and the country."""
    rows = facts.content.get("comparison", [])  # not kept with what was closed before it was told
    own = set(municipalities.numbers_of(facts.municipality_no))
    # by Statistics Norway's code: a municipality has four figures, a county two, a KOSTRA group begins with letters
    order = {4: 1, 2: 2, 1: 4}
    regions: dict[str, tuple[tuple[int, str], dict[str, float]]] = {}
    for row in rows:
        code = row["region_code"]
        place = 0 if code in own else order.get(len(code), 3) if code.isdigit() else 3
        regions.setdefault(row["region_name"], ((place, code), {}))[1][row["indicator"]] = row["per_1000_inhabitants"]
    lines = sorted(regions.items(), key=lambda region: region[1][0])
    year = f", {rows[0]['year']}" if rows else ""
    return outlook.Table(
        f"Sammenlignet med andre, per 1000 innbyggere{year}",
        ("Område", *_COMPARED.values()),
        # alone the municipality is compared with nobody
        [
            (name, *(norwegian.figure(values.get(indicator), "", 1) for indicator in _COMPARED))
            for name, (_, values) in lines
        ]
        if len(lines) > 1
        else [],
        1,
    )


def _explanations(facts: Facts) -> list[dict[str, str]]:
    return [
        {
            "name": line.name,
            "why": " ".join(filter(None, (comment["comment_cause"], comment["comment_action"])))
            if comment
            else sentences.UNEXPLAINED,
            # whose turn it is: the one who answers for the target
            "owner": comment["comment_owner"] if comment else line.target.owner,
            "due": _date(comment["comment_due_on"]) if comment else norwegian.EMPTY,
        }
        for line, comment in facts.explained()
    ]


def _resolutions(facts: Facts) -> list[dict[str, str]]:
    if facts.comments is None:
        return []
    return [
        {
            "title": row["title"],
            "status": norwegian.in_sentence(labels.label("resolution_status", row["resolution_status"])),
            "resolved": _date(row["resolved_on"]),
            "owner": row["resolution_owner"],
            "follow_up": _date(row["follow_up_on"]),
        }
        for row in facts.content["resolution"]
    ]


def _measures(facts: Facts) -> list[dict[str, str]]:
    return [
        {
            "title": row["title"],
            "status": norwegian.in_sentence(facts.label("measure_status", row["measure_status"])),
            "plan": row["plan"],
            "owner": row["strategic_owner"],
            "unit": row["operative_unit"],
            "first_end": _first_end(row),
            "planned_end": _date(row["planned_end_on"]),
            "dwellings": f"{row['dwellings_delivered'] or 0} av {row['dwellings_planned']}"
            if row["dwellings_planned"]
            else norwegian.EMPTY,
        }
        for row in facts.content["measure"]
        if row["is_behind"]
    ]


def _first_end(measure: dict[str, Any]) -> str:
    """When it was to end before it was put off; nothing where it was not, or nobody knew at the closing."""
    if not measure["planned_end_on"] or not measure.get("slip_days"):
        return norwegian.EMPTY
    return norwegian.short_day(date.fromisoformat(measure["planned_end_on"]) - timedelta(days=measure["slip_days"]))


def _challenges(facts: Facts) -> list[dict[str, str]]:
    """New, closed and forgotten ones; the register is written for the municipality's own use, and stays there."""
    if facts.is_public:
        return []
    reasons = (
        ("is_new", "ny"),
        ("is_closed", "løst eller avkreftet"),
        ("is_not_reviewed", "ikke vurdert på over et år"),
    )
    return [
        {
            "title": row["title"],
            "type": facts.label("challenge_type", row["challenge_type"]),
            "why": norwegian.capitalised(norwegian.listing([why for key, why in reasons if row[key]])),
            "severity": str(row["severity"]),
            "reviewed": _date(row["last_reviewed_on"]),
        }
        for row in facts.content["challenge"]
        if any(row[key] for key, _ in reasons)
    ]


def _revisions(facts: Facts) -> list[dict[str, str]]:
    """Totals that would be reported otherwise; in public their number only: the differences tell of few people."""
    if facts.is_public:
        return []
    return [
        {
            "period": norwegian.short_period(period_of(row["period_type"], date.fromisoformat(row["period_start"]))),
            "name": metric.name,
            "reported": _with_long_waits(metric, row["reported_value"], row["value_now"]),
            "now": _with_long_waits(metric, row["value_now"], row["reported_value"]),
            "reason": norwegian.capitalised(sentences.REASONS[row["reason"]]),
        }
        for row in facts.content["revision"]
        if row["dimension"] == "total" and (metric := facts.metrics.get(row["metric_id"]))
    ][:REVISIONS_SHOWN]


def _with_long_waits(metric: Metric, value: float | None, beside: float | None) -> str:
    """The figure; with its unit where that is not the metric's own."""
    scale = metric.scale(Figure(value), Figure(beside))
    text = metric.text(Figure(value), scale)
    return text if scale.unit in (metric.unit, "%") or value is None else f"{text}{norwegian.NO_BREAK}{scale.unit}"


# the workbook has them all
REVISIONS_SHOWN = 12


def _date(text: str | None) -> str:
    return norwegian.short_day(date.fromisoformat(text)) if text else norwegian.EMPTY
