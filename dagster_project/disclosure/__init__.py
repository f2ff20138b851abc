"""The disclosure room: what of the figures may be shown to the public.

Belongs here: the suppression of small counts, and of whatever would give them back. Plain Python over frames and the
metric catalogue. Does not belong here: which figures an edition holds, and how it looks (the report).
"""

from typing import TYPE_CHECKING

from dagster_project import BoligError
from dagster_project.vocabulary import catalogue

if TYPE_CHECKING:
    import polars

THRESHOLD = 5
OF_HEALTH = 10
"""The threshold of what tells of people's health (is_of_health), where the edition's own is not higher."""

_KEY = ("metric_id", "period_type", "period_start", "dimension", "dimension_value")
_SHOWN = ("value", "numerator", "denominator")


class FiguresUnfit(BoligError):
    """The figures cannot be protected as they are; the message says why."""


def protect(
    figures: "polars.DataFrame", threshold: int = THRESHOLD, known: "polars.DataFrame | None" = None
) -> "polars.DataFrame":
    """The same rows in the same order, without what may not be shown, and with the column is_suppressed.

    figures: one municipality's rows of scorecard.metric_value, every row that the edition shows and those only. The
    columns metric_id, period_type, period_start, dimension, dimension_value, value, numerator and denominator must be
    there; as_of is used where it is there.
    known: rows of earlier public editions (the same columns, suppressed ones left out). What they show with the value
    that it has today can no longer be hidden, and counts as known to whoever works the rest out.

    Raises FiguresUnfit where a column is missing, a row stands twice, or a metric is not in the catalogue.
    """
    import polars as pl

    from dagster_project.disclosure import quantities, suppression

    in_order = _fit(figures).with_row_index("_row").sort(_KEY)  # so that the same rows in another order give the same
    before = [] if known is None else _fit(known).sort(_KEY).to_dicts()
    system = quantities.read(in_order.to_dicts(), before, threshold)
    is_hidden = suppression.hidden_rows(system, suppression.choose(system, threshold))
    is_suppressed = pl.Series("is_suppressed", is_hidden, dtype=pl.Boolean).gather(in_order["_row"].arg_sort())
    return figures.with_columns(is_suppressed).with_columns(
        pl.when(pl.col("is_suppressed")).then(None).otherwise(pl.col(column)).alias(column) for column in _SHOWN
    )


def _fit(figures: "polars.DataFrame") -> "polars.DataFrame":
    """The figures, where they can be read: each column there, each figure once, each metric known."""
    missing = [column for column in (*_KEY, *_SHOWN) if column not in figures.columns]
    if missing:
        raise FiguresUnfit(f"The figures to protect lack the column {', '.join(missing)}; pass rows of metric_value.")
    twice = figures.filter(figures.select(_KEY).is_duplicated())
    if twice.height:
        metric_id, period_type, start, dimension, value = twice.select(_KEY).row(0)
        raise FiguresUnfit(
            f"The figure {metric_id}, {period_type} from {start}, {dimension} {value} stands twice among those to"
            " protect. Pass one municipality's figures, of one as-of date."
        )
    unknown = sorted(set(figures["metric_id"]) - catalogue.metrics().keys())
    if unknown:
        raise FiguresUnfit(f"The metric catalogue has no {', '.join(unknown)}, so what hangs together is not known.")
    return figures
