"""Whose turn it is before the meeting: missed targets that nobody has explained, and resolutions past their day.

Belongs here: what is still to be said or looked at, of what is published. Does not belong here: how it is told
(alerts.py, cli/console.py), and what is written in the workbook (readers see that in the dashboards and the report).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Turn:
    """What one office owes of one municipality: figures of a period to explain, or resolutions to look at.

    `is_used`: whether the municipality writes comments at all; one that does not is not to be reminded of it.
    """

    municipality_no: str
    what: str
    owner: str
    names: tuple[str, ...]
    is_used: bool


def every(connection: "Connection[Any]") -> list[Turn]:
    """Every turn of what is published, by municipality and owner; none where a version before these published it."""
    if connection.execute("select to_regclass('marts.fct_resolution') is null").fetchone() == (True,):
        return []
    return [Turn(number, what, owner, tuple(names), used) for number, what, owner, names, used in _read(connection)]


def _read(connection: "Connection[Any]") -> list[tuple[str, str, str, list[str], bool]]:
    # of the quarter alone: the body meets on it, and a tertial or a year that ends, ends with one or soon after
    return connection.execute("""
        select
            card.municipality_no, format('not explained, %s', period_no), coalesce(target_owner, '-'),
            array_agg(name_no order by sort_order),
            exists (select from marts.fct_comment as said where said.municipality_no = card.municipality_no)
        from scorecard.key_figure as card
        where is_unexplained and is_on_scorecard and period_type = 'quarter'
        group by card.municipality_no, period_no, target_owner
        union all
        select municipality_no, 'past its follow-up', resolution_owner, array_agg(title order by follow_up_on), true
        from marts.fct_resolution
        where is_past_follow_up
        group by municipality_no, resolution_owner
        order by 1, 2, 3
    """).fetchall()
