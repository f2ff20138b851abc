"""The pictures of a report, as SVG: stacked columns over time, and the small trend lines of the scorecard.

Belongs here: how a chart looks, and the words that stand for it. Does not belong here: which figures it shows, and
what colour a meaning has (superset_assets/assets/colours.yaml: the same on the dashboards).

A picture tells of a development: where fewer than two periods are shown there is none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.report.facts import FEWEST_PERIODS, NOTHING, STAR, TOTAL, TREND, Facts, Figure, Line
from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import norwegian

FONT = "Source Sans Pro"
# Source Sans Pro, as Adobe gives it away (OFL.txt beside it): the same letters in the charts and in the document
FONTS = Path(__file__).with_name("fonts")
COLOURS = PROJECT_DIR / "superset_assets" / "assets" / "colours.yaml"
REST = "Skjermet"
REST_SHADE = "#ffffff"
INK, MUTED, RULE = "#1a1a1a", "#595959", "#c9c9c9"
# of what is preliminary
LIGHTER = 0.45
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
    """A picture, the same in words, what its shades stand for, and whether some of it is preliminary."""

    svg: str
    alt: str
    legend: list[dict[str, str]] = field(default_factory=list)
    is_preliminary: bool = False


@dataclass(frozen=True)
class _Part:
    label: str
    figures: Sequence[Figure]


@cache
def colours() -> dict[str, str]:
    """What colour each meaning has, by its label."""
    import yaml

    found = yaml.safe_load(COLOURS.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def colour(label: str) -> str:
    """The colour of what has this label; grey where it is kept with a closing, and has another name by now."""
    return colours().get(label, MUTED)


def queue(facts: Facts) -> Chart | None:
    """Who waits at the end of each period, by how long."""
    totals = _series(facts, "queue_waiting")
    long = _series(facts, "queue_waiting_over_one_year")
    return _columns(
        facts,
        "Husstander i kø ved periodens slutt",
        [
            _Part("Ventet over ett år", long),
            _Part("Ventet ett år eller mindre", _combined(lambda total, over: total - over, totals, long)),
        ],
        totals,
    )


def allocations(facts: Facts) -> Chart | None:
    """New allocations and renewals in each period."""
    new, renewed = _series(facts, "allocations_new"), _series(facts, "allocations_renewal")
    return _columns(
        facts,
        "Tildelinger i perioden",
        [_Part("Nye tildelinger", new), _Part("Fornyelser", renewed)],
        _combined(lambda a, b: a + b, new, renewed),
    )


def vacancy(facts: Facts) -> Chart | None:
    """Vacant days in each period, by who answers for them."""
    return _columns(
        facts, "Ledige døgn etter hvem som har ansvaret", _parts(facts, "vacant_days", "responsible"),
        _series(facts, "vacant_days"),
    )  # fmt: skip


def startlan(facts: Facts) -> Chart | None:
    """Startlån paid out in each period, by purpose, in millions."""

    def in_millions(figures: Sequence[Figure]) -> list[Figure]:
        return _combined(lambda value: value / 1e6, figures)

    parts = [_Part(part.label, in_millions(part.figures)) for part in _parts(facts, "startlan_amount", "purpose")]
    totals = in_millions(_series(facts, "startlan_amount"))
    return _columns(facts, "Utbetalt startlån etter formål, mill. kr", parts, totals, decimals=1)


def trend(facts: Facts, line: Line) -> Chart | None:
    """A line of the scorecard through its last periods, over nothing; gaps where nothing is known or shown.

    Every line begins and ends with the same periods, and stands on nothing: so one that hardly moves looks so.
    """
    if not line.has_trend:
        return None
    known = [figure.value for figure in line.trend if figure.is_known and figure.value is not None]
    first = next(place for place, figure in enumerate(line.trend) if figure.is_known or figure.is_suppressed)
    scale = line.metric.scale(*line.trend)
    words = ", ".join(
        line.metric.text(figure, scale) + (" (foreløpig)" if figure.is_preliminary else "")
        for figure in line.trend[first:]
    )
    alt = f"{line.name} fra {norwegian.short_period(facts.period.earlier(TREND - 1 - first))}: {words}"
    width, height, margin = 60.0, 14.0, 2.5
    low, high = min(0.0, *known), max(0.0, *known)

    def place(position: int, value: float) -> tuple[float, float]:
        x = margin + position * (width - 2 * margin) / (TREND - 1)
        share = (value - low) / (high - low) if high > low else 0.0
        return round(x, 2), round(height - margin - share * (height - 2 * margin), 2)

    runs: list[list[tuple[tuple[float, float], bool]]] = [[]]
    for position, figure in enumerate(line.trend):
        if figure.is_known and figure.value is not None:
            runs[-1].append((place(position, figure.value), figure.is_ripe))
        else:
            runs.append([])
    _, nothing = place(0, 0.0)
    drawn = [f'<line x1="0" x2="{width:g}" y1="{nothing}" y2="{nothing}" stroke="{RULE}" stroke-width="0.6"/>']
    for run in runs:
        # what is ripe comes first: later periods ripen later
        ripe = [point for point, is_ripe in run if is_ripe]
        unripe = ripe[-1:] + [point for point, is_ripe in run if not is_ripe]
        drawn += [
            f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" fill="none" stroke="{MUTED}"'
            f' stroke-width="1" stroke-linejoin="round" stroke-linecap="round"{dashes}/>'
            for points, dashes in ((ripe, ""), (unripe, ' stroke-dasharray="1.5 2"'))
            if len(points) > 1
        ]
        if len(run) == 1:
            ((x, y), _) = run[0]
            drawn.append(f'<circle cx="{x}" cy="{y}" r="1" fill="{MUTED}"/>')
    if runs[-1]:
        (x, y), is_ripe = runs[-1][-1]
        fill = f'fill="{INK}"' if is_ripe else f'fill="#ffffff" stroke="{INK}" stroke-width="0.7"'
        drawn.append(f'<circle cx="{x}" cy="{y}" r="1.8" {fill}/>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">{"".join(drawn)}</svg>'
    return Chart(svg, alt)


def _series(facts: Facts, metric_id: str, dimension: str = TOTAL, dimension_value: str = TOTAL) -> list[Figure]:
    return [facts.figure(metric_id, dimension, dimension_value, back) for back in reversed(range(PERIODS))]


def _combined(combine: Callable[..., float], *series: Sequence[Figure]) -> list[Figure]:
    """Figures made of others, period by period: suppressed where one of them is, and ripe where all are."""

    def made(*figures: Figure) -> Figure:
        if any(figure.is_suppressed for figure in figures):
            return Figure(is_suppressed=True)
        values = [figure.value for figure in figures]
        if None in values:
            return NOTHING
        return Figure(combine(*values), is_ripe=all(figure.is_ripe for figure in figures))

    return [made(*figures) for figures in zip(*series, strict=True)]


def _parts(facts: Facts, metric_id: str, dimension: str) -> list[_Part]:
    """The values of the dimension that have anything in these periods."""
    parts = [
        _Part(facts.label(dimension, value), _series(facts, metric_id, dimension, value))
        for value in facts.values(metric_id, dimension)
    ]
    return [part for part in parts if any(figure.value or figure.is_suppressed for figure in part.figures)]


def _columns(
    facts: Facts, title: str, parts: Sequence[_Part], totals: Sequence[Figure], decimals: int = 0
) -> Chart | None:
    """Columns stacked of the parts, with the total above each, from the first period that there is; lighter where
    preliminary. None where no two periods can be shown, or all is nothing.

    Where a part is suppressed, what the others leave of a total that is shown is drawn as one piece: it can be
    reckoned from the table anyhow. Where the total is suppressed too, «:» stands in the place of the column.
    """
    import altair as alt

    there = [
        place
        for place in range(PERIODS)
        if any(_is_there(figure) for figure in (totals[place], *(part.figures[place] for part in parts)))
    ]
    if sum(totals[place].is_known for place in there) < FEWEST_PERIODS or not any(total.value for total in totals):
        return None
    names = [norwegian.short_period(facts.period.earlier(back)) for back in reversed(range(PERIODS))]
    if not facts.is_complete:
        names[-1] += STAR
    bars: list[dict[str, Any]] = []
    tops: list[dict[str, Any]] = []
    words: list[str] = []
    for place in range(there[0], PERIODS):
        total = totals[place]
        pieces = [(part.label, part.figures[place].value, order) for order, part in enumerate(parts)]
        shown = [(label, value, order) for label, value, order in pieces if value]
        known = math.fsum(value for _, value, _ in shown)
        if total.value is not None and total.value - known > 1e-6 * max(total.value, 1):
            shown.append((REST, total.value - known, len(parts)))
        if not total.is_known:
            shown = []
        is_last_of_part = place == PERIODS - 1 and not facts.is_complete
        is_preliminary = total.is_preliminary or is_last_of_part
        bars += [
            {
                "period": names[place], "part": label, "value": value, "order": order,
                "opacity": LIGHTER if is_preliminary else 1.0,
            }
            for label, value, order in shown
        ]  # fmt: skip
        text = ":" if total.is_suppressed else norwegian.figure(total.value, "", decimals)
        tops.append({"period": names[place], "value": total.value or 0, "text": text})
        if place in there:
            told = ", ".join(f"{label.lower()} {norwegian.figure(value, '', decimals)}" for label, value, _ in shown)
            mark = " (foreløpig)" if is_preliminary else ""
            words.append(f"{names[place]}: {text}{mark}" + (f" ({told})" if told else ""))
    first = there[0]

    drawn = {bar["part"] for bar in bars}
    labels = [part.label for part in parts if part.label in drawn] + ([REST] if REST in drawn else [])
    shades = [REST_SHADE if label == REST else colour(label) for label in labels]
    x = alt.X(
        "period:N",
        sort=None,
        scale=alt.Scale(domain=names[first:]),
        axis=alt.Axis(title=None, labelAngle=0, labelOverlap=False, ticks=False, domainColor=MUTED, labelPadding=3),
    )
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
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
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
    is_preliminary = any(bar["opacity"] < 1 for bar in bars)
    return Chart(_svg(chart.to_dict()), f"Søylediagram. {title}. {'; '.join(words)}.", legend, is_preliminary)


def _is_there(figure: Figure) -> bool:
    return figure.is_known or figure.is_suppressed


def _svg(specification: dict[str, Any]) -> str:
    import vl_convert

    _register_font()
    return str(vl_convert.vegalite_to_svg(specification, format_locale=_NUMBERS, show_warnings=False))


@cache
def _register_font() -> None:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
