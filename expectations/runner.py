"""Runs the publish gate's suites with Great Expectations, over tables that are built and not yet published.

Belongs here: reading the suites and turning their results into findings that a person can act on.
Does not belong here: what follows from a finding (the nightly run decides), and any expectation (suites/).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

SUITES_DIR = Path(__file__).parent / "suites"

MAX_EXAMPLES = 5

# what Great Expectations counts, as against what it saw: of a row no value is among them
COUNTS = ("element_count", "missing_count", "missing_percent", "unexpected_count", "unexpected_percent")
# what these observe is a number of rows; others observe values
COUNTING = ("ExpectTableRowCountToBeBetween", "UnexpectedRowsExpectation")


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
    # which columns of a row that breaks it are told, besides its municipality; a query says so itself
    shown: tuple[str, ...] = ()
    # the query that has its rows, where those are not all of the table
    batch: str = ""

    @property
    def suite(self) -> str:
        """The suite that it is of: that of the rows which it is asked of."""
        return f"{self.schema}.{self.batch or self.table}"


@dataclass(frozen=True)
class Finding:
    """What came of one expectation: `examples` are rows that break it, `error` is set where it could not be run.

    `counts`: what Great Expectations counted for it (COUNTS), and what it observed where that is a number of rows.
    """

    expectation: Expectation
    success: bool
    found: int
    examples: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    counts: Mapping[str, float] = field(default_factory=dict)

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
def _suites() -> tuple[dict[str, Any], ...]:
    import yaml

    return tuple(yaml.safe_load(path.read_text("utf-8")) for path in sorted(SUITES_DIR.glob("*.yaml")))


@cache
def expectations() -> tuple[Expectation, ...]:
    """Every expectation of every suite. Raises KeyError or TypeError where a suite is not written as it should be."""
    found = []
    for suite in _suites():
        for entry in suite["expectations"]:
            written = {name: value for name, value in entry.items() if name not in ("query", "arguments", "shown")}
            query = {"unexpected_rows_query": entry["query"]} if "query" in entry else {}
            found.append(
                Expectation(
                    schema=suite["schema"],
                    arguments=entry.get("arguments", {}) | query,
                    shown=tuple(entry.get("shown", ())),
                    **written,
                )
            )
    return tuple(found)


@cache
def batches() -> dict[str, str]:
    """By suite the query of the rows that its expectations are asked of, where those are not a table's own."""
    return {
        f"{suite['schema']}.{name}": query for suite in _suites() for name, query in suite.get("batches", {}).items()
    }


def audit(
    url_variable: str,
    parameters: Mapping[str, str],
    municipality_nos: list[str] | None = None,
    only: Collection[Expectation] | None = None,
) -> list[Finding]:
    """Check every expectation, or only these, over the built tables, for these municipalities or for all.

    What is expected of the same rows is a suite; one checkpoint validates all.

    `url_variable` names the environment variable that holds the warehouse's SQLAlchemy URL: Great Expectations
    refuses a URL without a host, and its results then hold no secret. `parameters` fill in the suites' $names; among
    them is `space`, which the schemas of the run's build space end in.
    """
    import great_expectations as gx

    asked = list(expectations() if only is None else only)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_postgres("warehouse", connection_string="${" + url_variable + "}")
    validations = []
    for name in dict.fromkeys(expectation.suite for expectation in asked):
        suite = gx.ExpectationSuite(
            name, expectations=[claim(expectation, parameters) for expectation in asked if expectation.suite == name]
        )
        asset = _asset(source, name, parameters, municipality_nos)
        validation = gx.ValidationDefinition(
            name=name, data=asset.add_batch_definition("tonight"), suite=context.suites.add(suite)
        )
        validations.append(context.validation_definitions.add(validation))
    # whole rows, for examples: an operator looks for the keys
    checkpoint = gx.Checkpoint(
        name="publish_gate",
        validation_definitions=validations,
        result_format={"result_format": "COMPLETE", "include_unexpected_rows": True},
    )
    outcome = context.checkpoints.add(checkpoint).run()
    results: dict[str, Any] = {
        (result.expectation_config.meta or {})["id"]: result
        for validated in outcome.run_results.values()
        for result in validated.results
        if result.expectation_config
    }
    return [finding(expectation, results[expectation.id]) for expectation in asked]


def claim(expectation: Expectation, parameters: Mapping[str, str] | None = None) -> Any:
    """An expectation as Great Expectations has it; without `parameters` for showing it only."""
    import great_expectations as gx

    arguments = {
        name: Template(value).substitute(parameters) if parameters and isinstance(value, str) else value
        for name, value in expectation.arguments.items()
    }
    return getattr(gx.expectations, expectation.type)(
        **arguments, severity=expectation.severity, description=expectation.claim_no, meta={"id": expectation.id}
    )


def _asset(source: Any, suite: str, parameters: Mapping[str, str], municipality_nos: list[str] | None) -> Any:
    """What a suite is asked of: a table, a part of it, or a query's rows."""
    schema, _, table = suite.partition(".")
    schema += parameters["space"]
    if municipality_nos is None and suite not in batches():
        # of a query Great Expectations learns the columns by fetching all of its rows
        return source.add_table_asset(suite, table_name=table, schema_name=schema)
    query = f"({Template(batches()[suite]).substitute(parameters)})" if suite in batches() else f"{schema}.{table}"
    query = f"select * from {query} as {table}"
    if municipality_nos is not None:
        # the numbers come from folder names that the door has held against its pattern of four digits
        query += f" where municipality_no in ({', '.join(repr(no) for no in municipality_nos)})"
    return source.add_query_asset(suite, query=query)


def finding(expectation: Expectation, result: Any) -> Finding:
    """What a validation result says of its expectation."""
    error = (result.exception_info or {}).get("exception_message")
    if error is None and result.exception_info and not result.success:
        raised = [
            info for info in result.exception_info.values() if isinstance(info, dict) and info.get("raised_exception")
        ]
        error = raised[0]["exception_message"] if raised else None
    details = result.result or {}
    # a query's rows stand among the details, those of Great Expectations' own beside them
    rows = (details.get("details") or details).get("unexpected_rows") or []
    observed = details.get("observed_value")
    counted = details.get("unexpected_count")
    counts = {name: details[name] for name in COUNTS if details.get(name) is not None}
    if expectation.type in COUNTING and isinstance(observed, int):
        counts["observed_value"] = observed
    return Finding(
        expectation=expectation,
        success=bool(result.success),
        found=next((number for number in (observed, counted) if isinstance(number, int)), len(rows)),
        examples=tuple(_shown(expectation, row) for row in rows[:MAX_EXAMPLES]),
        error=error,
        counts=counts,
    )


def _shown(expectation: Expectation, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is told of a row that breaks an expectation."""
    return {name: row[name] for name in ("municipality_no", *expectation.shown)} if expectation.shown else row
