"""The semantic manifest, read and compiled by MetricFlow itself, against the scorecard of the demonstration."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from metricflow_semantic_interfaces.parsing.dir_to_model import parse_yaml_files_to_validation_ready_semantic_manifest
from metricflow_semantic_interfaces.parsing.objects import YamlConfigFile
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from dagster_project.report import semantic
from dagster_project.vocabulary import catalogue
from tests.conftest import ASKER, BAERUM, Installation

GRAINS = ("month", "quarter", "year")
Cell = tuple[str, str, date, str]
"""Municipality, metric, first day of the period, value of the dimension."""


class Postgres:
    """As much of a client as MetricFlow wants of one to write SQL and run none."""

    sql_engine_type = SqlEngine.POSTGRES
    sql_plan_renderer = PostgresSQLSqlPlanRenderer()


@pytest.fixture(scope="module")
def manifest() -> PydanticSemanticManifest:
    """The file as MetricFlow's parser reads it; a fault of it fails here."""
    parsed = parse_yaml_files_to_validation_ready_semantic_manifest(
        [YamlConfigFile(filepath="metrics.yaml", contents=semantic.text())]
    )
    assert not parsed.issues.all_issues
    return parsed.semantic_manifest


@pytest.fixture(scope="module")
def engine(manifest: PydanticSemanticManifest) -> MetricFlowEngine:
    return MetricFlowEngine(SemanticManifestLookup(manifest), Postgres())


def test_metricflow_finds_no_fault_with_the_manifest(manifest: PydanticSemanticManifest) -> None:
    found = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(manifest)
    assert not found.errors, [issue.as_readable_str() for issue in found.errors]


def test_every_metric_is_in_the_manifest_or_has_a_reason(manifest: PydanticSemanticManifest) -> None:
    shown = {metric.name for metric in manifest.metrics} & catalogue.metrics().keys()
    assert shown.isdisjoint(semantic.unsayable())
    assert shown | semantic.unsayable().keys() == catalogue.metrics().keys()
    assert len(shown) > 40


@pytest.mark.parametrize("grain", GRAINS)
def test_what_metricflow_asks_gives_the_scorecards_totals(
    engine: MetricFlowEngine, demonstration: Installation, grain: str
) -> None:
    said = sorted(catalogue.metrics().keys() - semantic.unsayable().keys())
    found = _asked(engine, demonstration, said, grain)
    compared = _compare(found, demonstration, grain, "total", said)
    assert {number for number, *_ in compared} == {ASKER, BAERUM}
    assert len({metric_id for _, metric_id, *_ in compared}) > 30, "most figures are there, and not 0"


def test_what_metricflow_asks_gives_the_scorecards_breakdowns(
    engine: MetricFlowEngine, demonstration: Installation, manifest: PydanticSemanticManifest
) -> None:
    compared = set()
    for metric_id, dimension, name in _breakdowns(manifest):
        grain = "year" if catalogue.metrics()[metric_id].periods == "as_of_year" else "quarter"
        found = _asked(engine, demonstration, [metric_id], grain, name)
        compared |= _compare(found, demonstration, grain, dimension, [metric_id])
    assert {number for number, *_ in compared} == {ASKER, BAERUM}
    assert len(compared) > 1_000


def _breakdowns(manifest: PydanticSemanticManifest) -> Iterator[tuple[str, str, str]]:
    """Metric, dimension, and what MetricFlow calls that."""
    entities = {
        measure.name.removesuffix("_rows"): model.primary_entity
        for model in manifest.semantic_models
        for measure in model.measures
    }
    for metric_id in sorted(catalogue.metrics().keys() - semantic.unsayable().keys()):
        entry = catalogue.metrics()[metric_id]
        owners = {entities[part] for part in entry.compute.parts or (metric_id,)}
        for dimension in entry.dimensions:
            (owner,) = owners
            yield metric_id, dimension, f"{owner}__{dimension}"


def _asked(
    engine: MetricFlowEngine, demonstration: Installation, metrics: list[str], grain: str, dimension: str | None = None
) -> dict[Cell, Any]:
    """The figures that the SQL of MetricFlow finds in the published tables."""
    wanted = ["municipality", f"metric_time__{grain}", *([dimension] if dimension else [])]
    told = engine.explain(MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=wanted))
    columns = [*wanted, *metrics]
    sql = told.sql_statement.without_descriptions.sql
    rows = demonstration.ask(f"select {', '.join(columns)} from ({sql}) as asked".replace("%", "%%"))
    return {
        (number, metric_id, start.date(), rest[0] if dimension else "total"): value
        for number, start, *rest in rows
        if start  # a row without the date lies in no period
        for metric_id, value in zip(metrics, rest[-len(metrics) :], strict=True)
    }


def _compare(
    found: dict[Cell, Any], demonstration: Installation, grain: str, dimension: str, metrics: list[str]
) -> set[Cell]:
    """Hold what was found to the scorecard, of periods that are over; the cells in which something stands."""
    rows = demonstration.ask(
        "select municipality_no, metric_id, period_start, dimension_value, value from scorecard.metric_value"
        " where period_type = %s and dimension = %s and metric_id = any(%s) and is_complete",
        grain, dimension, metrics,
    )  # fmt: skip
    assert rows
    for number, metric_id, start, at, value in rows:
        cell = (number, metric_id, start, at)
        # a period in which nothing was counted has no row
        assert float(found.get(cell) or 0) == pytest.approx(value or 0), cell
    return {(number, metric_id, start, at) for number, metric_id, start, at, value in rows if value}
