"""The publish gate over what is built: where it looks, and what the suites' $names stand for.

Belongs here: what the gate takes from the metric catalogue. Does not belong here: an expectation
(expectations/suites), and what follows from a finding (defs/publication.py, closing.py).
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dagster_project import catalogue, warehouse
from dagster_project.settings import Settings
from expectations import runner

if TYPE_CHECKING:
    from psycopg import Connection

WAREHOUSE_URL = "BOLIG_SQLALCHEMY_URL"


def parameters(published: bool, space: warehouse.BuildSpace = warehouse.PLAIN) -> dict[str, str]:
    """What the suites' $names stand for, from the metric catalogue; `published`: whether a night is published yet."""

    def quoted(names: Sequence[str]) -> str:
        return ", ".join(f"'{name}'" for name in names)

    metrics = catalogue.metrics()
    limits = ", ".join(
        f"('{metric_id}', {low}::float8, {'null' if high is None else high}::float8)"
        for metric_id, (low, high) in catalogue.bounds().items()
    )
    return {
        "bounds": limits,
        "ratios": quoted([metric_id for metric_id, entry in metrics.items() if "ratio" in entry["compute"]]),
        "one_period_only": quoted([metric_id for metric_id, entry in metrics.items() if "periods" in entry]),
        "additive_over_dimensions": quoted(catalogue.additive("at", "at_end", "days")),
        "additive_over_months": quoted(catalogue.additive("at", "days")),
        "space": space.suffix,
        "published_metric_value": f"{'scorecard' if published else space.built('scorecard')}.metric_value",
    }


def audit(
    connection: "Connection[Any]",
    settings: Settings,
    municipality_nos: list[str] | None = None,
    space: warehouse.BuildSpace = warehouse.PLAIN,
) -> list[runner.Finding]:
    """Check every expectation over what is built in this space, for these municipalities or for all."""
    os.environ[WAREHOUSE_URL] = warehouse.sqlalchemy_url(settings)
    (published,) = connection.execute("select to_regclass('scorecard.metric_value') is not null").fetchone() or (False,)
    return runner.audit(WAREHOUSE_URL, parameters(published, space), municipality_nos)
