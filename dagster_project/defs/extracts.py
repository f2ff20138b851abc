"""The extracts: from the landing folder through the door into raw.

Belongs here: the assets that are loaded. Does not belong here: how a delivery is read or judged (the landing room).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg

from dagster_project.defs import resources
from dagster_project.defs.resources import NightResource
from dagster_project.landing import delivery, door, raw
from dagster_project.landing.files.extract import Fault
from dagster_project.night import publication, record
from dagster_project.night.record import progress
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, contracts
from dagster_project.warehouse import building

SCOPE = dg.AssetKey(["night", "scope"])
STATISTICS = dg.AssetKey(["statistics"])
# what the door puts beside tonight's extracts for models that tell what changed: the keys of dbt's sources
REMEMBERED = {
    dg.AssetKey(["history", "delivery"]): "The deliveries of tonight's municipalities.",
    **{dg.AssetKey(["history", name]): f"Every version of the table {name}." for name in raw.FOLLOWED},
}


class NightConfig(dg.Config):
    """Which deliveries to load; by default the newest of every municipality in the landing folder."""

    landing: str | None = None
    municipality_no: str | None = None
    extract_date: str | None = None

    def deliveries(self, night: NightResource) -> list[delivery.Delivery]:
        """The deliveries, of a batch those that it was dealt. Raises NothingDelivered."""
        landing = Path(self.landing) if self.landing else night.settings.landing
        wanted = date.fromisoformat(self.extract_date) if self.extract_date else None
        dealt = night.night.municipality_nos
        try:
            return delivery.find(landing, self.municipality_no, wanted, dealt)
        except delivery.NothingDelivered:
            if not dealt:
                raise
            raise delivery.NothingDelivered(
                f"What was dealt to this batch is no longer there: {', '.join(dealt)}."
            ) from None


def _specs() -> list[dg.AssetSpec]:
    tables = [
        dg.AssetSpec(
            # the key of dbt's source, so that the lineage joins
            dg.AssetKey([table.source, table.name]),
            description=table.description,
            group_name="raw",
            owners=resources.owners(source.owners),
            kinds={"python", "postgres"},
            freshness_policy=dg.FreshnessPolicy.time_window(source.latency) if source.latency else None,
            skippable=True,
            # what is fetched lies in the delivery before the door looks at it
            deps=[STATISTICS] if table.source in delivery.STATISTICS else [],
        )
        for source in contracts.sources()
        for table in source.tables
    ]
    others = [
        dg.AssetSpec(
            key,
            description=description,
            group_name="raw",
            owners=resources.owners(),
            kinds={"python", "postgres"},
            skippable=True,
        )
        for key, description in {SCOPE: "The municipalities of the night.", **REMEMBERED}.items()
    ]
    return [*tables, *others]


@dg.multi_asset(specs=_specs(), name="extracts", can_subset=False)
def extracts(
    context: dg.AssetExecutionContext, config: NightConfig, night: NightResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Let the deliveries in; nothing follows where every delivery is published already."""
    try:
        receipts = _receive(night, config.deliveries(night))
    except psycopg.OperationalError as error:
        # the one trouble at the door that passes by itself: the server restarts, or the network is away
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=20) from error
    except delivery.NothingDelivered as nothing:
        raise _not_published(night, str(nothing)) from None
    admitted = [receipt for receipt in receipts if receipt.status in ("accepted", "unchanged")]
    if not admitted:
        raise _not_published(night, "\n".join(line for receipt in receipts for line in receipt.lines()))
    with night.connect() as connection, night.building(connection) as build:
        pending = build.execute("select count(*) from scope").fetchone()[0]
        if not pending:
            record.finish(connection, night.night.run_id, "unchanged", "Every delivery is published already.")
            progress.info("Every delivery is published already; nothing to do.")
            return
        for table in contracts.tables().values():
            (rows,) = build.execute(f"select count(*) from {table.raw_name}").fetchone()
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([table.source, table.name]), metadata={"dagster/row_count": rows}
            )
    yield dg.MaterializeResult(asset_key=SCOPE, metadata={"dagster/row_count": pending})
    yield from (dg.MaterializeResult(asset_key=key) for key in REMEMBERED)


def _receive(night: NightResource, deliveries: list[delivery.Delivery]) -> list[door.Receipt]:
    receipts = []
    with night.connect() as connection, night.building(connection) as build:
        door.open_night(build)
        connection.commit()
        for found in deliveries:
            progress.info("Door: reading %s of %s ...", found.extract_date, found.municipality_no)
            published = publication.published_load(connection, found, night.night.code_version)
            connection.commit()
            if published:
                receipt = door.Receipt("unchanged", found, published)
            else:
                receipt = _let_in(connection, build, found, night.settings)
            lines = receipt.lines()
            record.record_delivery(
                connection,
                night.night,
                found.municipality_no,
                found.extract_date,
                receipt.load_id,
                receipt.status,
                "\n".join(lines),
            )
            connection.commit()
            for line in lines:
                progress.info("  %s", line)
            receipts.append(receipt)
        door.analyze_raw(build)
        door.index_history(connection)
        building.bring_kept(connection, build, night.night.space, raw.in_scope(build), night.night.code_version)
    return receipts


def _let_in(
    connection: psycopg.Connection[Any], build: psycopg.Connection[Any], found: delivery.Delivery, settings: Settings
) -> door.Receipt:
    """What the door says of a delivery; where it falls over it, that one is refused, and the others come in."""
    try:
        return door.receive(connection, found, settings, catalogue.targetable(), build=build)
    except door.DoorError as failure:
        fault = Fault(str(found.path), None, "the door failed", f"{failure} Tell the developers.")
        return door.Receipt("refused", found, faults=[fault])


def _not_published(night: NightResource, message: str) -> dg.Failure:
    with night.connect() as connection:
        record.finish(connection, night.night.run_id, "not_published", message)
    return dg.Failure(description=message, allow_retries=False)
