"""The publish gate over what is built: where it looks, and what the suites' $names stand for.

Belongs here: what the gate takes from the metric catalogue and the law. Does not belong here: an expectation
(expectations/suites), and what follows from a finding (defs/publication.py, closing/).
"""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.outlook.law import law_parameters
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue
from dagster_project.warehouse import building
from expectations import data_docs, runner

if TYPE_CHECKING:
    from psycopg import Connection

WAREHOUSE_URL = "BOLIG_SQLALCHEMY_URL"


def parameters(published: bool, space: warehouse.BuildSpace = warehouse.PLAIN) -> dict[str, str]:
    """What the suites' $names stand for, from the metric catalogue and the numbers of the law; `published`: whether a
    night is published yet."""

    def quoted(names: Sequence[str]) -> str:
        return ", ".join(f"'{name}'" for name in names)

    metrics = catalogue.metrics()
    limits = ", ".join(
        f"('{metric_id}', {low}::float8, {'null' if high is None else high}::float8)"
        for metric_id, (low, high) in catalogue.bounds().items()
    )
    return {
        "bounds": limits,
        "ratios": quoted([metric_id for metric_id, entry in metrics.items() if entry.compute.ratio]),
        "of_health": quoted([metric_id for metric_id, entry in metrics.items() if entry.is_of_health]),
        "shares_of_health": quoted(
            [
                name
                for name, entry in metrics.items()
                if entry.is_of_health and entry.compute.ratio and not entry.built_on
            ]
        ),
        "one_period_only": quoted([metric_id for metric_id, entry in metrics.items() if entry.periods]),
        "additive_over_dimensions": quoted(catalogue.additive("at", "at_end", "days")),
        "additive_over_months": quoted(catalogue.additive("at", "days")),
        "allowance_shares": _allowance_shares(),
        "space": space.suffix,
        "published_metric_value": f"{building.kept(space) if published else space.built('scorecard')}.metric_value",
    }


def _allowance_shares() -> str:
    """The share of the cost that statlig bostøtte covers, as rows of first day, day after the last, and share."""
    shares = [each for each in law_parameters() if each.code == "bostotte_dekning"]
    shares.sort(key=lambda each: each.valid_from)
    begins = ["-infinity", *(each.valid_from.isoformat() for each in shares[1:]), "infinity"]
    return ", ".join(
        f"('{first}'::date, '{after}'::date, {each.value}::numeric)"
        for each, (first, after) in zip(shares, pairwise(begins), strict=True)
    )


def audit(
    connection: "Connection[Any]",
    settings: Settings,
    municipality_nos: list[str] | None = None,
    space: warehouse.BuildSpace = warehouse.PLAIN,
    only: Collection[runner.Expectation] | None = None,
) -> list[runner.Finding]:
    """Check every expectation, or only these, over what is built in this space, for these municipalities or for all."""
    os.environ[WAREHOUSE_URL] = warehouse.sqlalchemy(space.server or warehouse.database_url(settings))
    (published,) = connection.execute("select to_regclass('scorecard.metric_value') is not null").fetchone() or (False,)
    return runner.audit(WAREHOUSE_URL, parameters(published, space), municipality_nos, only)


def audit_each(
    connection: "Connection[Any]",
    settings: Settings,
    municipality_nos: Sequence[str],
    findings: Sequence[runner.Finding],
    space: warehouse.BuildSpace = warehouse.PLAIN,
) -> dict[str, list[runner.Finding]]:
    """By municipality what does not hold there, of what `findings` say does not hold over all of them.

    Each answers for its own figures only. What is of nobody in particular is of all.
    """
    failed = {finding.expectation.id: finding for finding in findings if not finding.success}
    if len(municipality_nos) == 1 or not failed:
        return {number: list(failed.values()) for number in municipality_nos}
    asked = [finding.expectation for finding in failed.values()]
    of_each = {
        number: [found for found in audit(connection, settings, [number], space, asked) if not found.success]
        for number in municipality_nos
    }
    of_somebody = {found.expectation.id for of_one in of_each.values() for found in of_one}
    of_nobody = [finding for name, finding in failed.items() if name not in of_somebody]
    return {number: [*of_one, *of_nobody] for number, of_one in of_each.items()}


def pages(
    municipality_nos: Sequence[str],
    findings: Sequence[runner.Finding],
    of_each: Mapping[str, Sequence[runner.Finding]],
    told_on: date,
) -> dict[str, str]:
    """By municipality its Data Docs: what does not hold there, and beside it what does.

    What was counted over several stands on nobody's page.
    """

    def of_one(broken: Mapping[str, runner.Finding], finding: runner.Finding) -> runner.Finding:
        own = broken.get(finding.expectation.id)
        if len(municipality_nos) == 1 or (own and own is not finding):
            return own or finding
        return runner.Finding(finding.expectation, success=own is None, found=0, error=own.error if own else None)

    return {
        number: data_docs.page(
            f"Kontroller før publisering: kommune {number}, {told_on:%d.%m.%Y}",
            [of_one({found.expectation.id: found for found in of_each[number]}, finding) for finding in findings],
        )
        for number in municipality_nos
    }
