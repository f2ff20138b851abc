"""The publish gate and what is published once it is passed.

Belongs here: expectations as asset checks, and the published tables as assets.
Does not belong here: an expectation (expectations/suites), and the swap itself (night/publication.py).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from dagster_project import warehouse
from dagster_project.defs import resources
from dagster_project.defs.resources import NightResource
from dagster_project.landing import raw
from dagster_project.night import gate, publication, record
from dagster_project.night.dbt import published_tables
from dagster_project.night.record import progress
from expectations import runner
from superset_assets import bringing

PUBLISHED_MUNICIPALITY = dg.AssetKey(["published", "municipality"])
MUNICIPALITIES = dg.DynamicPartitionsDefinition(name="municipality")


def build_publication(manifest: Mapping[str, Any]) -> tuple[dg.AssetChecksDefinition, dg.AssetsDefinition]:
    """The gate's checks on the built tables, and the published tables that wait for them."""
    tables = published_tables(manifest)

    @dg.multi_asset_check(
        name="publish_gate",
        specs=[
            dg.AssetCheckSpec(
                expectation.id,
                asset=dg.AssetKey([expectation.schema, expectation.table]),
                description=expectation.claim,
                blocking=expectation.severity == "critical",
            )
            for expectation in runner.expectations()
        ],
    )
    def publish_gate(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        progress.info("Gate: checking %d expectations ...", len(runner.expectations()))
        told_on = datetime.now(ZoneInfo("Europe/Oslo")).date()
        with night.connect() as connection:
            with night.building(connection) as build:
                numbers = raw.in_scope(build)
            findings = gate.audit(connection, night.settings, space=night.night.space)
            of_each = gate.audit_each(connection, night.settings, numbers, findings, night.night.space)
            withheld = record.judge(connection, night.night, of_each)
            record.keep_data_docs(connection, night.night, gate.pages(numbers, findings, of_each, told_on))
            for finding in findings:
                record.record_finding(connection, night.night, finding)
                if not finding.success:
                    progress.warning("  %s", finding.line())
            if len(withheld) == len(numbers):
                reasons = [finding.line() for finding in findings if finding.blocks]
                message = "\n".join(
                    ["The publish gate holds the night back; readers stay on the last good one.", *reasons]
                )
                record.finish(connection, night.night.run_id, "not_published", message)
        for finding in findings:
            # where some municipality holds, the night goes on without those that do not
            blocks = finding.blocks and len(withheld) == len(numbers)
            yield dg.AssetCheckResult(
                check_name=finding.expectation.id,
                asset_key=dg.AssetKey([finding.expectation.schema, finding.expectation.table]),
                passed=finding.success,
                severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
                description=finding.line(),
                metadata={"found": finding.found, "withheld": ", ".join(withheld)},
            )

    @dg.multi_asset(
        name="publication",
        specs=[
            dg.AssetSpec(
                dg.AssetKey([schema, table]),
                deps=[dg.AssetKey([warehouse.BUILD_PREFIX + schema, table])],
                group_name="published",
                owners=resources.owners(),
                kinds={"postgres"},
                description="What readers see of the table of the same name.",
            )
            for schema, table in tables
        ],
    )
    def published(context: dg.AssetExecutionContext, night: NightResource) -> Iterator[dg.MaterializeResult[None]]:
        """Swap the night in."""
        progress.info("Publishing %d tables ...", len(tables))
        with night.connect(autocommit=True) as connection:
            with night.building(connection) as build:
                numbers = record.publishable(connection, night.night, raw.in_scope(build))
                rows = publication.publish(connection, night.night, tables, numbers, build)
            unmade = bringing.make_datasets(connection, manifest)
        progress.info("Published %s.", ", ".join(numbers))
        context.instance.add_dynamic_partitions(MUNICIPALITIES.name, numbers)
        for number in numbers:
            context.log_event(dg.AssetMaterialization(PUBLISHED_MUNICIPALITY, partition=number))
        for (schema, table), count in rows.items():
            yield dg.MaterializeResult(asset_key=dg.AssetKey([schema, table]), metadata={"dagster/row_count": count})
        if unmade:
            raise dg.Failure(f"Published, but these datasets of the dashboards could not be made: {', '.join(unmade)}.")

    return publish_gate, published


def published_municipality(manifest: Mapping[str, Any]) -> dg.AssetSpec:
    """The published municipalities, a partition each: Dagster shows when each was last published, and by which run.

    The tables themselves are no partitioned assets. A run loads any selection of municipalities, and some of them are
    refused or held back; Dagster's run over several partitions is a range of them, all of which it takes for made.
    """
    return dg.AssetSpec(
        PUBLISHED_MUNICIPALITY,
        partitions_def=MUNICIPALITIES,
        deps=[dg.AssetKey([schema, table]) for schema, table in published_tables(manifest)],
        group_name="published",
        owners=resources.owners(),
        kinds={"postgres"},
        description="A municipality's figures, as readers see them.",
    )
