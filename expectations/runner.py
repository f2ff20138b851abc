"""Runs the publish gate's suites with Great Expectations, over tables that are built and not yet published.

Belongs here: reading the suites and turning their results into findings that a person can act on.
Does not belong here: what follows from a finding (the nightly run decides), and any expectation (suites/).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

SUITES_DIR = Path(__file__).parent / "suites"

MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Expectation:
    """One entry of a suite: what is claimed of which table, and how it is seen."""

    id: str
    schema: str
    table: str
    severity: str
    claim: str
    claim_no: str
    type: str
    arguments: dict[str, Any]
    # of a warning: what was found, in Norwegian, for the report
    found_no: str = ""


@dataclass(frozen=True)
class Finding:
    """What came of one expectation: `examples` are rows that break it, `error` is set where it could not be run."""

    expectation: Expectation
    success: bool
    found: int
    examples: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether it keeps the night from being published."""
        return not self.success and self.expectation.severity == "critical"

    def line(self) -> str:
        """The finding in one sentence, with examples."""
        if self.success:
            return f"{self.expectation.id}: holds."
        what = f"{self.expectation.id} ({self.expectation.severity}): does not hold: {self.expectation.claim}"
        if self.error:
            return f"{what} It could not be checked: {self.error}"
        rows = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in self.examples)
        return f"{what} {self.found} found" + (f", for example: {rows}." if rows else ".")


def read_back(line: str) -> tuple[Expectation | None, int | None]:
    """The expectation that a finding's line tells of, if it still is, and how many rows the line says were found."""
    by_id = {expectation.id: expectation for expectation in expectations()}
    count = re.search(r" (\d+) found(?:\.$|, for example: )", line)
    return by_id.get(line.partition(" ")[0]), int(count[1]) if count else None


@cache
def expectations() -> tuple[Expectation, ...]:
    """Every expectation of every suite. Raises KeyError or TypeError where a suite is not written as it should be."""
    import yaml

    found = []
    for path in sorted(SUITES_DIR.glob("*.yaml")):
        suite = yaml.safe_load(path.read_text("utf-8"))
        for entry in suite["expectations"]:
            query = entry.pop("query", None)
            arguments = entry.pop("arguments", {}) | ({"unexpected_rows_query": query} if query else {})
            found.append(Expectation(schema=suite["schema"], arguments=arguments, **entry))
    return tuple(found)


def audit(
    url_variable: str,
    parameters: Mapping[str, str],
    municipality_nos: list[str] | None = None,
    only: Collection[Expectation] | None = None,
) -> list[Finding]:
    """Check every expectation, or only these, over the built tables, for these municipalities or for all.

    `url_variable` names the environment variable that holds the warehouse's SQLAlchemy URL: Great Expectations
    refuses a URL without a host, and its results then hold no secret. `parameters` fill in the suites' $names; among
    them is `space`, which the schemas of the run's build space end in.
    """
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_postgres("warehouse", connection_string="${" + url_variable + "}")
    batches: dict[tuple[str, str], Any] = {}
    findings = []
    for expectation in expectations() if only is None else only:
        where = (expectation.schema, expectation.table)
        if where not in batches:
            query = f"select * from {expectation.schema}{parameters['space']}.{expectation.table}"
            if municipality_nos is not None:
                # the numbers come from folder names that the door has held against its pattern of four digits
                query += f" where municipality_no in ({', '.join(repr(no) for no in municipality_nos)})"
            asset = source.add_query_asset("__".join(where), query=query)
            batches[where] = asset.add_batch_definition("tonight")
        findings.append(_check(gx, batches[where], expectation, parameters))
    return findings


def _check(gx: Any, batch: Any, expectation: Expectation, parameters: Mapping[str, str]) -> Finding:
    arguments = {
        name: Template(value).substitute(parameters) if isinstance(value, str) else value
        for name, value in expectation.arguments.items()
    }
    claim = getattr(gx.expectations, expectation.type)(**arguments, severity=expectation.severity)
    result = batch.get_batch().validate(claim, result_format="COMPLETE")
    error = (result.exception_info or {}).get("exception_message")
    if error is None and result.exception_info and not result.success:
        raised = [
            info for info in result.exception_info.values() if isinstance(info, dict) and info.get("raised_exception")
        ]
        error = raised[0]["exception_message"] if raised else None
    details = result.result or {}
    rows = (details.get("details") or {}).get("unexpected_rows") or []
    observed = details.get("observed_value")
    return Finding(
        expectation=expectation,
        success=bool(result.success),
        found=observed if isinstance(observed, int) else len(rows),
        examples=tuple(rows[:MAX_EXAMPLES]),
        error=error,
    )
