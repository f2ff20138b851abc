"""Loading an older delivery on purpose: into the history, for closing periods and for what changed since; what is
published stays.

Those of before the first night are loaded before it, the newest of them first: each that follows must be older.

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
            # before the first night all of them are older ones: what plans and challenges were then is history to it
            if newest and each.extract_date >= newest["extract_date"]:
                raise NoBackfill(
                    f"The delivery of {each.municipality_no} of {each.extract_date} is no older one: the newest one "
                    f"loaded is of {newest['extract_date']}. `bolig nightly` loads it. Nothing was done."
                )
        # after an upgrade raw is still the version's before
        door.open_night(connection)
        try:
            return [door.receive(connection, each, settings, catalogue.targetable(), backfill=True) for each in found]
        finally:
            # raw is tonight's: nothing of an older delivery may lie there when the next night builds
            door.open_night(connection)
