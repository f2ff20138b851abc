"""The state of an installation as figures for Prometheus.

Belongs here: figures over the records of nights, deliveries and backups. Does not belong here: the scorecard's metrics
(dbt), and a server: the text goes to node_exporter's textfile collector, or to whoever asks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, LiteralString

from dagster_project.night import holding
from dagster_project.operations import alerts, backup
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

# name: what it is, its labels, and the query that gives them with the value last
_QUERIES: dict[str, tuple[str, tuple[str, ...], LiteralString]] = {
    "bolig_last_good_night_timestamp_seconds": (
        "When a night last ended well",
        (),
        "select extract(epoch from max(finished_at)) from operations.night"
        " where outcome in ('published', 'unchanged') and part_of is null",
    ),
    "bolig_last_night_duration_seconds": (
        "How long the last night took that published",
        (),
        "select extract(epoch from finished_at - started_at) from operations.night"
        " where outcome = 'published' and part_of is null order by night_id desc limit 1",
    ),
    "bolig_nights": (
        "Nights by their outcome",
        ("outcome",),
        "select coalesce(outcome, 'unfinished'), count(*) from operations.night where part_of is null group by 1",
    ),
    "bolig_last_night_batches": (
        "Batches of the last night by their outcome, where it was dealt to batches",
        ("outcome",),
        "select coalesce(outcome, 'unfinished'), count(*) from operations.night where part_of = ("
        "   select max(night_id) from operations.night where part_of is null"
        " ) group by 1",
    ),
    "bolig_published_as_of_timestamp_seconds": (
        "The day that the published figures are of",
        ("municipality_no",),
        "select municipality_no, extract(epoch from as_of::timestamp) from scorecard.publication",
    ),
    "bolig_publish_warnings": (
        "Warnings of the publish gate in what is published",
        ("municipality_no",),
        "select municipality_no, cardinality(warnings) from scorecard.publication",
    ),
    "bolig_revised_figures": (
        "Reported figures that today's data would report otherwise",
        ("municipality_no",),
        "select municipality_no, count(*) from scorecard.revision group by 1",
    ),
    "bolig_quarantined_rows": (
        "Rows of the published load that are in quarantine",
        ("municipality_no", "source"),
        "select municipality_no, source, sum(rows_quarantined) from landing.delivery_file"
        " inner join scorecard.publication using (municipality_no, load_id) group by 1, 2",
    ),
}


def text(settings: Settings) -> str:
    """Every figure in Prometheus' text format. Raises WarehouseError."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    with holding.opened(settings) as connection:
        for name, (what, labels, query) in _QUERIES.items():
            rows = connection.execute(query).fetchall()
            _gauge(registry, name, what, labels, rows)
        received = [
            (number, source.name, received_at.timestamp())
            for number, source, received_at, _ in alerts.newest_by_source(connection)
        ]
    what = "When the newest accepted extract of a source was taken in"
    _gauge(registry, "bolig_source_received_timestamp_seconds", what, ("municipality_no", "source"), received)
    backups = [(found.made_at.timestamp(),) for found in backup.every(settings.backups)[-1:]]
    _gauge(registry, "bolig_last_backup_timestamp_seconds", "When the newest backup was made", (), backups)
    return generate_latest(registry).decode()


def _gauge(
    registry: "CollectorRegistry", name: str, what: str, labels: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    from prometheus_client import Gauge

    rows = [row for row in rows if row[-1] is not None]
    if not rows:
        return  # unknown, which 0 would not say
    gauge = Gauge(name, what, labels, registry=registry)
    for *values, value in rows:
        (gauge.labels(*values) if values else gauge).set(float(str(value)))
