"""What a report tells: figures beside their targets and earlier figures, their status, and the changes that matter.

Belongs here: the facts of one edition, and the rules by which status and changes are judged.
Does not belong here: words (sentences.py), pictures (charts.py), and how pages look.

Everything that a public edition shows is derived from its figures here, after disclosure control: what is suppressed
is gone before a status, a comparison, a sentence or a chart could tell of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from dagster_project.reported.content import EARLIER, Content
from dagster_project.reported.kept import Closing
from dagster_project.vocabulary import norwegian
from dagster_project.vocabulary.periods import MONTHS, Period, period_of

Edition = Literal["intern", "offentlig"]
Row = dict[str, Any]
Status = Literal["green", "yellow", "red", "none"]

TOTAL = "total"
# periods that the trend of a metric shows, the report's own among them
TREND = 8
# a development has at least so many
FEWEST_PERIODS = 2
# fewer earlier changes than this tell nothing of what is usual
FEWEST_CHANGES = 4
# how unlike the usual the first change ever counts
FIRST_CHANGE = 3.0
# a change less unlike the usual than this is none
UNUSUAL = 1.5
# a group that so many wait for has a long queue
LONG_QUEUE = 10
# findings: at most so many, and so many where there is that much to say
FINDINGS_SHOWN = 5
FEWEST_FINDINGS = 3


@dataclass(frozen=True)
class Figure:
    """A value as it may be shown; numerator and denominator of a ratio."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    is_suppressed: bool = False
    # false: what it counts goes on coming in after the period (metric_definition.ripens_after_months)
    is_ripe: bool = True

    @property
    def is_known(self) -> bool:
        """Whether there is a value, and it may be shown."""
        return self.value is not None and not self.is_suppressed

    @property
    def is_preliminary(self) -> bool:
        """Whether a value is shown that is not ripe."""
        return self.is_known and not self.is_ripe


NOTHING = Figure()
# of a figure that is preliminary, as Statistics Norway marks it
STAR = "*"


@dataclass(frozen=True)
class Target:
    """What is aimed at, and the limit where it is missed."""

    green: float
    red: float
    valid_from: date
    owner: str
    source: str

    @property
    def way(self) -> float:
        """The way between the limits; where they are one, the target's own size."""
        return abs(self.green - self.red) or abs(self.green) or 1


@dataclass(frozen=True)
class Metric:
    """How a metric is named, shown and judged."""

    metric_id: str
    name: str
    unit: str
    direction: str
    decimals: int
    perspective: str
    definition: str
    source: str
    caveat: str
    version: str
    ripens_after_months: int

    def scale(self, *beside: Figure, is_sentence: bool = False) -> norwegian.Scale:
        """How these figures are written beside each other."""
        values = [figure.value for figure in beside if figure.is_known]
        return norwegian.scale_of(values, self.unit, self.decimals, is_sentence=is_sentence)

    def text(self, figure: Figure, scale: norwegian.Scale | None = None) -> str:
        """The figure as it is shown, alone or on the scale of those beside it; «:» where it is suppressed."""
        return ":" if figure.is_suppressed else (scale or self.scale(figure)).text(figure.value)

    def rounded(self, value: float) -> float:
        """The value as it is shown, as a number: what the shown decimals do not show is no change."""
        return norwegian.scale(self.unit, self.decimals).rounded(value)

    def status(self, value: float | None, target: Target | None) -> Status:
        """As scorecard.status judges it."""
        if value is None or target is None or self.direction == "none":
            return "none"
        sign = 1 if self.direction == "up" else -1
        if sign * value >= sign * target.green:
            return "green"
        return "red" if sign * value <= sign * target.red else "yellow"


@dataclass(frozen=True)
class Line:
    """A line of the scorecard: a figure that has a target."""

    metric: Metric
    name: str
    dimension: str
    dimension_value: str
    now: Figure
    before: Figure
    year_before: Figure
    trend: tuple[Figure, ...]
    target: Target
    status: Status
    status_before: Status

    @property
    def is_comparable(self) -> bool:
        """Whether the figure and that of the period before are known, and neither will change as more comes in."""
        return all(figure.is_known and figure.is_ripe for figure in (self.now, self.before))

    @property
    def has_changed(self) -> bool:
        """Whether the figure reads otherwise than that of the period before; both are known."""
        return self.metric.rounded(self.now.value or 0) != self.metric.rounded(self.before.value or 0)

    @property
    def has_trend(self) -> bool:
        """Whether enough of it is known to tell of a development."""
        return sum(figure.is_known for figure in self.trend) >= FEWEST_PERIODS

    @property
    def shown(self) -> tuple[Figure, ...]:
        """The figures that the scorecard shows of it."""
        return (self.now, self.before, self.year_before, *self.trend)

    @property
    def missed_by(self) -> float:
        """How far the figure lies from its target, as a multiple of the way between the target's limits."""
        return abs((self.now.value or 0) - self.target.green) / self.target.way

    def scale(self, *, is_sentence: bool = False) -> norwegian.Scale:
        """How the figures of the line are written, its target among them."""
        beside = (self.now, self.before, self.year_before, Figure(self.target.green))
        return self.metric.scale(*beside, is_sentence=is_sentence)


@dataclass(frozen=True)
class Change:
    """A line that changed since the period before: how much of the way between its limits, and how unlike the usual."""

    line: Line
    by: float
    of_target: float
    of_usual: float | None

    @property
    def weight(self) -> float:
        """How much it matters: the product of both; a change of which the usual is not known counts as usual."""
        return self.of_target * (1.0 if self.of_usual is None else self.of_usual)

    @property
    def is_better(self) -> bool:
        """Whether it went the way that is good."""
        return (self.by > 0) == (self.line.metric.direction == "up")


@dataclass(frozen=True)
class Standstill:
    """A housing category with a long queue, of whom nobody was allocated a dwelling in the period."""

    metric: Metric
    category: str
    name: str
    waiting: Figure
    allocated: Figure
    over_one_year: Figure


@dataclass(frozen=True)
class Missed:
    """A line that stands on the wrong side of its red limit, and has not changed more than usual."""

    line: Line


Finding = Standstill | Change | Missed


@dataclass(frozen=True)
class Facts:
    """All that one edition of a report shows."""

    municipality_no: str
    period: Period
    edition: Edition
    as_of: date
    extract_date: date
    is_complete: bool
    closing: Closing | None
    content: Content = field(repr=False)
    figures: dict[tuple[str, str, str, date], Figure]
    metrics: dict[str, Metric] = field(init=False, repr=False)
    labels: dict[tuple[str, str], str] = field(init=False, repr=False)
    targets: dict[tuple[str, str, str], list[Target]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Name what the content tells of."""
        metrics = {
            row["metric_id"]: Metric(
                row["metric_id"], row["name_no"], row["unit"], row["direction"], row["decimals"], row["perspective"],
                row["definition_no"].strip(), row["source"], row["caveat_no"].strip(), row["definition_version"] or "",
                # what was kept before figures were told to ripen says nothing of it
                row.get("ripens_after_months", 0),
            )
            for row in self.content["definition"]
        }  # fmt: skip
        targets: dict[tuple[str, str, str], list[Target]] = {}
        for row in self.content["target"]:
            targets.setdefault((row["metric_id"], row["dimension"], row["dimension_value"]), []).append(
                Target(
                    row["green"], row["red"], date.fromisoformat(row["valid_from"]), row["target_owner"],
                    row["target_source"],
                )
            )  # fmt: skip
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(
            self, "labels", {(row["dimension"], row["code"]): row["name_no"] for row in self.content["label"]}
        )

    @property
    def municipality(self) -> str:
        """«Asker kommune», or «Kommune 1525» where no list has its name."""
        names = [row["name"] for row in self.content["municipality"] if row["name"]]
        return f"{names[0]} kommune" if names else f"Kommune {self.municipality_no}"

    @property
    def is_draft(self) -> bool:
        """Whether the period is not closed: its figures may change any night."""
        return self.closing is None

    @property
    def is_public(self) -> bool:
        """Whether the edition is under disclosure control."""
        return self.edition == "offentlig"

    @property
    def moment(self) -> datetime:
        """What the files say of when they were made: the closing, and of a draft the day that its figures hold for."""
        made = self.closing.closed_at if self.closing else datetime.combine(self.as_of, time())
        return made.replace(microsecond=0, tzinfo=UTC)

    def label(self, dimension: str, code: str) -> str:
        """A code's label; what has none (an area, a manager) is its own."""
        return self.labels.get((dimension, code), code)

    def figure(
        self, metric_id: str, dimension: str = TOTAL, dimension_value: str = TOTAL, periods_before: int = 0
    ) -> Figure:
        """The figure so many periods before, without a value where there is none."""
        start = self.period.earlier(periods_before).start
        return self.figures.get((metric_id, dimension, dimension_value, start), NOTHING)

    @cached_property
    def shown_periods(self) -> frozenset[date]:
        """First days of the periods, the report's own among them, of which the edition shows any figure."""
        return frozenset(key[3] for key, figure in self.figures.items() if figure.is_known)

    def shows(self, periods_before: int) -> bool:
        """Whether the edition shows any figure of the period so many before."""
        return self.period.earlier(periods_before).start in self.shown_periods

    @cached_property
    def reported_periods(self) -> frozenset[Period]:
        """Earlier periods that were closed; of a public edition those of which an edition is public."""
        # what was kept before closings were kept with it has the revised ones only
        rows = [*self.content.get("closing", []), *self.content["revision"]]
        return frozenset(period_of(row["period_type"], date.fromisoformat(row["period_start"])) for row in rows)

    @property
    def shows_earlier(self) -> bool:
        """Whether the edition shows any figure of an earlier period."""
        return any(start < self.period.start for start in self.shown_periods)

    def year_before(self, metric_id: str, dimension: str = TOTAL, dimension_value: str = TOTAL) -> Figure:
        """The figure of the same period a year before."""
        return self.figure(metric_id, dimension, dimension_value, self.periods_a_year)

    @property
    def periods_a_year(self) -> int:
        """How many periods of this type a year has."""
        return 12 // MONTHS[self.period.type]

    def values(self, metric_id: str, dimension: str) -> list[str]:
        """The values of a dimension that the metric has in this period, in the labels' order."""
        order = {row["code"]: row["sort_order"] for row in self.content["label"] if row["dimension"] == dimension}
        found = {
            value
            for (metric, of, value, start) in self.figures
            if metric == metric_id and of == dimension and start == self.period.start
        }
        return sorted(found, key=lambda value: (order.get(value, len(order) + 1), value))

    def target(self, metric_id: str, dimension: str, dimension_value: str, end: date) -> Target | None:
        """The target that holds on this day."""
        held = [
            target
            for target in self.targets.get((metric_id, dimension, dimension_value), [])
            if target.valid_from <= end
        ]
        return held[-1] if held else None

    def shown(self) -> list[Row]:
        """Every figure of the period that the edition shows, as rows of metric_value."""
        return [
            {
                "metric_id": metric_id, "period_type": self.period.type, "period_start": start.isoformat(),
                "dimension": dimension, "dimension_value": value, "value": figure.value, "numerator": figure.numerator,
                "denominator": figure.denominator, "is_ripe": figure.is_ripe,
            }
            for (metric_id, dimension, value, start), figure in self.figures.items()
            if start == self.period.start and not figure.is_suppressed
        ]  # fmt: skip

    def lines(self) -> list[Line]:
        """The scorecard: every figure that has a target for this type of period, in the catalogue's order."""
        order = {metric_id: place for place, metric_id in enumerate(self.metrics)}
        keys = [key for key in self.targets if key[0] in order]
        found = [
            self._line(*key) for key in sorted(keys, key=lambda key: (order[key[0]], key[1] != TOTAL, key[1], key[2]))
        ]
        return [line for line in found if line]

    def preliminary_metrics(self) -> list[Metric]:
        """Metrics of which the edition shows figures that are not ripe."""
        found = {key[0] for key, figure in self.figures.items() if figure.is_preliminary}
        return [metric for metric_id, metric in self.metrics.items() if metric_id in found]

    def without_figure(self) -> list[Metric]:
        """Metrics that have a target for this type of period, and no figure of the period: it is not known."""
        told = {line.metric.metric_id for line in self.lines()}
        return [
            metric
            for metric_id, metric in self.metrics.items()
            if metric_id not in told
            and any(key[0] == metric_id and self.target(*key, self.period.end) for key in self.targets)
        ]

    def _line(self, metric_id: str, dimension: str, dimension_value: str) -> Line | None:
        metric, key = self.metrics[metric_id], (metric_id, dimension, dimension_value)
        target = self.target(*key, self.period.end)
        if target is None or (*key, self.period.start) not in self.figures:
            return None
        now, before = self.figure(*key), self.figure(*key, 1)
        part = "" if dimension == TOTAL else f": {norwegian.in_sentence(self.label(dimension, dimension_value))}"
        return Line(
            metric=metric,
            name=metric.name + part,
            dimension=dimension,
            dimension_value=dimension_value,
            now=now,
            before=before,
            year_before=self.year_before(*key),
            trend=tuple(self.figure(*key, back) for back in reversed(range(TREND))),
            target=target,
            # a count of a part of a period, or of a part of what will come in, cannot be held against the target
            status=metric.status(now.value, target) if self.is_complete and now.is_ripe else "none",
            status_before=metric.status(before.value, self.target(*key, self.period.earlier(1).end))
            if before.is_ripe
            else "none",
        )

    def changes(self) -> list[Change]:
        """The changes since the period before that matter most, the weightiest first; none in a period not over.

        A figure that is not ripe has not changed: it is not there yet. A change that is about as large as usual is
        none.

        Of the lines whose shown figure changed, the weight is the change as a share of the way between the target's
        limits, times the change as a multiple of the mean change from period to period before.
        """
        if not self.is_complete:
            return []
        found = [change for change in map(self._change, self.lines()) if change]
        unusual = [change for change in found if change.of_usual is None or change.of_usual >= UNUSUAL]
        # the sort is stable: of equal weights the catalogue's first
        return sorted(unusual, key=lambda change: -change.weight)

    def standstills(self) -> list[Standstill]:
        """The groups that wait and of whom nobody was allocated a dwelling, the longest queue first."""
        if not self.is_complete:
            return []
        metric, dimension = "queue_waiting", "housing_category"
        found = []
        for category in self.values(metric, dimension):
            waiting = self.figure(metric, dimension, category)
            allocated = self.figure("queue_allocated", dimension, category)
            if waiting.is_known and allocated.is_known and (waiting.value or 0) >= LONG_QUEUE and not allocated.value:
                over_one_year = self.figure("queue_waiting_over_one_year", dimension, category)
                name = self.label(dimension, category)
                found.append(Standstill(self.metrics[metric], category, name, waiting, allocated, over_one_year))
        return sorted(found, key=lambda group: -(group.waiting.value or 0))

    def findings(self) -> list[Finding]:
        """What matters most, at most five: standstills, then changes; what is missed the most where they are few."""
        found: list[Finding] = []
        found += self.standstills()
        found += self.changes()
        found = found[:FINDINGS_SHOWN]
        told = [change.line for change in found if isinstance(change, Change)]
        missed = [line for line in self.lines() if line.status == "red" and line not in told]
        missed.sort(key=lambda line: -line.missed_by)
        return [*found, *map(Missed, missed[: max(FEWEST_FINDINGS - len(found), 0)])]

    @cached_property
    def comments(self) -> dict[tuple[str, str, str], Row] | None:
        """Why figures of the period are as they are, by metric, dimension and value; they stay in the municipality.

        None where they are not told: in public, and of what was closed before there were any.
        """
        if self.is_public or "comment" not in self.content:
            return None
        return {(row["metric_id"], row["dimension"], row["dimension_value"]): row for row in self.content["comment"]}

    def explained(self) -> list[tuple[Line, Row | None]]:
        """The lines whose target is missed, and those that somebody has written of, with what is written."""
        if self.comments is None:
            return []
        found = [
            (line, self.comments.get((line.metric.metric_id, line.dimension, line.dimension_value)))
            for line in self.lines()
        ]
        return [(line, comment) for line, comment in found if comment or line.status == "red"]

    def _change(self, line: Line) -> Change | None:
        now, before = line.now.value, line.before.value
        if not line.is_comparable or now is None or before is None:
            return None
        if not line.has_changed:
            return None
        key = (line.metric.metric_id, line.dimension, line.dimension_value)
        earlier = [self.figure(*key, back) for back in range(1, EARLIER + 1)]
        usual = usual_change([figure.value if figure.is_ripe else None for figure in earlier])
        by = now - before
        return Change(
            line,
            by,
            of_target=abs(by) / line.target.way,
            of_usual=None if usual is None else abs(by) / usual if usual else FIRST_CHANGE,
        )


def usual_change(values: Sequence[float | None]) -> float | None:
    """The mean size of the changes between values that follow each other; None where fewer than four are known."""
    steps = [abs(later - earlier) for earlier, later in pairwise(values) if earlier is not None and later is not None]
    return math.fsum(steps) / len(steps) if len(steps) >= FEWEST_CHANGES else None


def figures_of(rows: Sequence[Row]) -> dict[tuple[str, str, str, date], Figure]:
    """Figures by metric, dimension, value and first day of the period."""
    return {
        (row["metric_id"], row["dimension"], row["dimension_value"], date.fromisoformat(row["period_start"])): Figure(
            row["value"],
            row["numerator"],
            row["denominator"],
            row.get("is_suppressed", False),
            # a figure that was closed before ripeness was told is as it was reported: without a mark
            row.get("is_ripe") is not False,
        )
        for row in rows
    }


def protected(rows: Sequence[Row], period: Period, known: Sequence[Row]) -> list[Row]:
    """The period's rows under disclosure control, all at once: what one cell hides, another must not tell.

    known: what earlier public editions show; it cannot be hidden any more. Raises disclosure.FiguresUnfit.
    """
    import polars as pl

    from dagster_project import disclosure

    def frame(of: Sequence[Row]) -> pl.DataFrame:
        schema: dict[str, Any] = dict.fromkeys(("value", "numerator", "denominator", "units"), pl.Float64)
        schema |= dict.fromkeys(("metric_id", "period_type", "period_start", "dimension", "dimension_value"), pl.String)
        schema["is_ripe"] = pl.Boolean
        return pl.DataFrame(list(of), schema=schema).with_columns(pl.col("period_start").str.to_date())

    own = [{"period_type": period.type, **row} for row in rows]
    now = {_key(row): row["value"] for row in own}
    told: dict[tuple[str, ...], Row] = {}
    for row in known:
        # a figure that editions show differently is known by the value that it has now, if any edition has that
        if _key(row) not in told or told[_key(row)]["value"] != now.get(_key(row)):
            told[_key(row)] = row
    safe = disclosure.protect(frame(own), known=frame(list(told.values())))
    return safe.with_columns(pl.col("period_start").dt.to_string("%Y-%m-%d")).to_dicts()


def public_before(rows: Sequence[Row], period: Period, known: Sequence[Row]) -> list[Row]:
    """Of these rows of earlier periods, those that public editions have shown with the value that they have still."""
    public = {(*_key(row), row["value"]) for row in known}
    return [row for row in rows if (*_key({"period_type": period.type, **row}), row["value"]) in public]


def public_reports(content: Content, known: Sequence[Row]) -> Content:
    """The content with the earlier closings and revised figures only that public editions have shown."""
    public = {(*_key(row), row["value"]) for row in known}
    periods = {(row["period_type"], row["period_start"]) for row in known}
    return content | {
        "closing": [
            row for row in content.get("closing", []) if (row["period_type"], row["period_start"]) in periods
        ],
        "revision": [row for row in content["revision"] if (*_key(row), row["reported_value"]) in public],
    }  # fmt: skip


def _key(row: Row) -> tuple[str, ...]:
    return (row["metric_id"], row["period_type"], row["period_start"], row["dimension"], row["dimension_value"])
