"""Loading an older delivery on purpose: into the history, for closing periods; what is published stays.

Does not belong here: how a delivery is judged (landing/door.py), and closing (close.py).
"""

from datetime import date
from pathlib import Path

from dagster_project import BoligError
from dagster_project.landing import books, delivery, door
from dagster_project.night import holding
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, municipalities


class NoBackfill(BoligError):
    """The delivery is none that a backfill takes; the message says what to do instead."""


def backfill(
    settings: Settings, extract_date: date, landing: Path | None = None, municipality_no: str | None = None
) -> list[door.Receipt]:
    """Let the deliveries of this date through the door, into history only; the receipts say what became of each.

    Raises NightInProgress, NothingDelivered, NoBackfill and whatever the door raises.
    """
    with holding.lock(settings), holding.opened(settings) as connection:
        found = delivery.find(landing or settings.landing, municipality_no, extract_date)
        for each in found:
            newest = books.newest_accepted(connection, municipalities.numbers_of(each.municipality_no))
            if newest is None or each.extract_date >= newest["extract_date"]:
                loaded = f"the newest one loaded is of {newest['extract_date']}" if newest else "none is loaded yet"
                raise NoBackfill(
                    f"The delivery of {each.municipality_no} of {each.extract_date} is no older one: {loaded}. "
                    "`bolig nightly` loads it. Nothing was done."
                )
        try:
            return [door.receive(connection, each, settings, catalogue.targetable(), backfill=True) for each in found]
        finally:
            # raw is tonight's: nothing of an older delivery may lie there when the next night builds
            door.open_night(connection)
