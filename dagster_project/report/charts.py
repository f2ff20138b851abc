"""The pictures of a report, as SVG: stacked columns over time, and the small trend lines of the scorecard.

Belongs here: how a chart looks, and the words that stand for it. Does not belong here: which figures it shows.

Colours differ in lightness, so that they can be told apart in grey print too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dagster_project import norwegian
from dagster_project.report.facts import TOTAL, TREND, Facts, Figure, Line

FONT = "Source Sans Pro"
SHADES = ("#12355b", "#4a7fb0", "#a3c4dd", "#d9d9d9", "#7a7a7a")
REST = "Skjermet"
REST_SHADE = "#ffffff"
INK, MUTED = "#1a1a1a", "#595959"
# periods of a chart: two years of quarters, three of tertials, and the one before them
PERIODS = 9
WIDTH, HEIGHT = 324, 110  # points, axes included

_NUMBERS = {
    "decimal": ",",
    "thousands": norwegian.THIN_SPACE,
    "grouping": [3],
    "currency": ["", f"{norwegian.NO_BREAK}kr"],
}


@dataclass(frozen=True)
class Chart:
    """A picture, the same in words, and what its shades stand for."""

    svg: str
    alt: str
    legend: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Part:
    label: str
    values: Sequence[float | None]


def queue(facts: Facts) -> Chart:
    """Who waits at the end of each period, by how long."""
    totals = _series(facts, "queue_waiting")
    long = _series(facts, "queue_waiting_over_one_year")
    short = [None if total is None or over is None else total - over for total, over in zip(totals, long, strict=True)]
    return _columns(
        facts,
        "Husstander i kø ved periodens slutt",
        [_Part("Ventet over ett år", long), _Part("Ventet ett år eller mindre", short)],
        totals,
    )


def allocations(facts: Facts) -> Chart:
    """New allocations and renewals in each period."""
    new, renewed = _series(facts, "allocations_new"), _series(facts, "allocations_renewal")
    totals = [None if a is None or b is None else a + b for a, b in zip(new, renewed, strict=True)]
    return _columns(
        facts, "Tildelinger i perioden", [_Part("Nye tildelinger", new), _Part("Fornyelser", renewed)], totals
    )


def vacancy(facts: Facts) -> Chart:
    """Vacant days in each period, by who answers for them."""
    return _columns(
        facts, "Ledige døgn etter hvem som har ansvaret", _parts(facts, "vacant_days", "responsible"),
        _series(facts, "vacant_days"),
    )  # fmt: skip


def startlan(facts: Facts) -> Chart:
    """Startlån paid out in each period, by purpose, in millions."""
    parts = [
        _Part(part.label, [None if value is None else value / 1e6 for value in part.values])
        for part in _parts(facts, "startlan_amount", "purpose")
    ]
    totals = [None if value is None else value / 1e6 for value in _series(facts, "startlan_amount")]
    return _columns(facts, "Utbetalt startlån etter formål, mill. kr", parts, totals, decimals=1)


def trend(line: Line) -> Chart:
    """A line of the scorecard through its last periods; gaps where nothing is known or shown."""
    known = [figure.value for figure in line.trend if figure.value is not None]
    words = ", ".join(line.metric.text(figure) for figure in line.trend)
    alt = f"{line.name}, de siste {TREND} periodene: {words}"
    width, height, margin = 60.0, 14.0, 2.5
    low, high = (min(known), max(known)) if known else (0.0, 0.0)

    def place(position: int, value: float) -> tuple[float, float]:
        x = margin + position * (width - 2 * margin) / (TREND - 1)
        y = height / 2 if high == low else margin + (high - value) * (height - 2 * margin) / (high - low)
        return round(x, 2), round(y, 2)

    runs: list[list[tuple[float, float]]] = [[]]
    for position, figure in enumerate(line.trend):
        if figure.value is None:
            runs.append([])
        else:
            runs[-1].append(place(position, figure.value))
    drawn = [
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in run)}" fill="none" stroke="{MUTED}" stroke-width="1"'
        ' stroke-linejoin="round" stroke-linecap="round"/>'
        for run in runs
        if len(run) > 1
    ]
    drawn += [f'<circle cx="{run[0][0]}" cy="{run[0][1]}" r="1" fill="{MUTED}"/>' for run in runs if len(run) == 1]
    if line.trend[-1].value is not None:
        x, y = runs[-1][-1]
        drawn.append(f'<circle cx="{x}" cy="{y}" r="1.8" fill="{SHADES[0]}"/>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">{"".join(drawn)}</svg>'
    return Chart(svg, alt)


def _series(facts: Facts, metric_id: str, dimension: str = TOTAL, dimension_value: str = TOTAL) -> list[float | None]:
    return [_shown(facts.figure(metric_id, dimension, dimension_value, back)) for back in reversed(range(PERIODS))]


def _shown(figure: Figure) -> float | None:
    return None if figure.is_suppressed else figure.value


def _parts(facts: Facts, metric_id: str, dimension: str) -> list[_Part]:
    """The values of the dimension that have anything in these periods."""
    parts = [
        _Part(facts.label(dimension, value), _series(facts, metric_id, dimension, value))
        for value in facts.values(metric_id, dimension)
    ]
    return [part for part in parts if any(part.values) or None in part.values]


def _columns(
    facts: Facts, title: str, parts: Sequence[_Part], totals: Sequence[float | None], decimals: int = 0
) -> Chart:
    """Columns stacked of the parts, with the total above each.

    Where a part is suppressed, what the others leave of a total that is shown is drawn as one piece: it can be
    reckoned from the table anyhow. Where the total is suppressed too, «:» stands in the place of the column.
    """
    import altair as alt

    names = [norwegian.short_period(facts.period.earlier(back)) for back in reversed(range(PERIODS))]
    if not facts.is_complete:
        names[-1] = norwegian.NO_BREAK.join(("til", f"{facts.as_of:%d.%m.}", f"{facts.as_of.year}"))
    first = next((place for place, total in enumerate(totals) if _has(facts, place)), 0)
    bars: list[dict[str, Any]] = []
    tops: list[dict[str, Any]] = []
    words: list[str] = []
    for place in range(first, PERIODS):
        total = totals[place]
        pieces = [(part.label, part.values[place], order) for order, part in enumerate(parts)]
        shown = [(label, value, order) for label, value, order in pieces if value]
        known = sum(value for _, value, _ in shown)
        if total is not None and total - known > 1e-6 * max(total, 1):
            shown.append((REST, total - known, len(parts)))
        if total is None and any(value is None for _, value, _ in pieces):
            shown = []
        bars += [
            {"period": names[place], "part": label, "value": value, "order": order} for label, value, order in shown
        ]
        text = norwegian.figure(total, "", decimals) if total is not None else ":" if _has(facts, place) else ""
        tops.append({"period": names[place], "value": total or 0, "text": text})
        told = ", ".join(f"{label.lower()} {norwegian.figure(value, '', decimals)}" for label, value, _ in shown)
        words.append(f"{names[place]}: {text or norwegian.EMPTY}" + (f" ({told})" if told else ""))

    drawn = {bar["part"] for bar in bars}
    labels = [part.label for part in parts if part.label in drawn] + ([REST] if REST in drawn else [])
    shades = [REST_SHADE if label == REST else SHADES[min(n, len(SHADES) - 1)] for n, label in enumerate(labels)]
    x = alt.X(
        "period:N",
        sort=None,
        scale=alt.Scale(domain=names[first:]),
        axis=alt.Axis(
            title=None, labelAngle=0, labelExpr=f"split(datum.label, '{norwegian.NO_BREAK}20').length > 1 ? "
            f"[slice(datum.label, 0, -5), slice(datum.label, -4)] : datum.label",
            ticks=False, domainColor=MUTED, labelPadding=3,
        ),
    )  # fmt: skip
    columns = (
        alt.Chart(alt.InlineData(values=bars))
        .mark_bar(size=22, stroke=MUTED, strokeWidth=0.3)
        .encode(
            x=x,
            y=alt.Y(
                "value:Q",
                stack="zero",
                title=None,
                axis=alt.Axis(tickCount=4, domain=False, ticks=False, format=",~r", minExtent=28, maxExtent=28),
            ),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=labels, range=shades),
                legend=None,
            ),
            order=alt.Order("order:Q"),
        )
    )
    above = (
        alt.Chart(alt.InlineData(values=tops))
        .mark_text(baseline="bottom", dy=-2, fontSize=8, color=INK)
        .encode(x=x, y="value:Q", text="text:N")
    )
    chart = (
        alt.layer(columns, above)
        .properties(width=WIDTH, height=HEIGHT, padding=1, autosize=alt.AutoSizeParams(type="fit", contains="padding"))
        .configure(font=FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=8, labelColor=INK, gridColor="#dcdcdc", gridWidth=0.5, labelLimit=200)
        .configure_axisX(grid=False, labelLineHeight=9)
    )
    legend = [{"label": label, "shade": shade} for label, shade in zip(labels, shades, strict=True)]
    return Chart(_svg(chart.to_dict()), f"Søylediagram. {title}. {'; '.join(words)}.", legend)


def _has(facts: Facts, place: int) -> bool:
    """Whether the municipality has any figures of this period: a series may begin within the chart."""
    start = facts.period.earlier(PERIODS - 1 - place).start
    return any(key[3] == start for key in facts.figures)


def _svg(specification: dict[str, Any]) -> str:
    import vl_convert

    _register_font()
    return str(vl_convert.vegalite_to_svg(specification, format_locale=_NUMBERS, show_warnings=False))


@cache
def _register_font() -> None:
    import font_source_sans_pro
    import vl_convert

    vl_convert.register_font_directory(font_source_sans_pro.font_directory)
