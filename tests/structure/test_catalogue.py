"""The metric catalogue against the public interface, and against itself."""

import re
from pathlib import Path
from unittest.mock import patch

import yaml

from dagster_project.vocabulary import catalogue, contracts
from expectations import runner
from tests.oracle import figures

FIELDS = {
    "metric_id", "name_no", "name_en", "perspective", "unit", "direction", "decimals", "dimensions",
    "definition_no", "definition_en", "source", "caveat_no", "compute",
}  # fmt: skip


def test_the_catalogue_has_every_metric_of_the_public_interface_with_its_dimensions_and_no_other() -> None:
    families = yaml.safe_load((Path(__file__).parent / "metrics.yaml").read_text())
    promised = {metric_id: set(dimensions) for family in families.values() for metric_id, dimensions in family.items()}
    assert {metric_id: set(entry["dimensions"]) for metric_id, entry in catalogue.metrics().items()} == promised


def test_every_series_begins_with_the_tables_that_its_definition_names_and_no_others(models) -> None:
    # what the catalogue says, or its source, against what another reader of the page made of it
    stated = models["metric_begin"]["compiled_code"].partition("values")[2].partition("\n)\n")[0]
    begins: dict[str, set[str]] = {}
    for metric_id, record in re.findall(r"\('(\w+)', '([\w/]+)'\)", stated):
        begins.setdefault(metric_id, set()).add(record.partition("/")[2].replace("/", ":"))
    assert begins == {metric_id: set(tables) for metric_id, tables in figures.BEGINS_WITH.items()}
    for metric_id, entry in catalogue.metrics().items():
        for part in entry["compute"].get("ratio") or entry["compute"].get("difference") or []:
            assert begins.get(part, set()) <= begins[metric_id], f"{metric_id} begins before {part}"


def test_readers_are_told_what_a_series_begins_with_and_when_it_is_ripe(models) -> None:
    told = re.findall(
        r"'(\w+)' as metric_id.*?(\d+) as ripens_after_months,\s+'([^']+)' as begins_with",
        models["metric_definition"]["compiled_code"],
        re.DOTALL,
    )
    table = {name: f"{table.source}/{name}" for name, table in contracts.tables().items()}
    assert {metric_id: (int(months), set(names.split(", "))) for metric_id, months, names in told} == {
        metric_id: (
            figures.RIPENS_AFTER_MONTHS.get(metric_id, 0),
            {table[named.partition(":")[0]] for named in tables},
        )
        for metric_id, tables in figures.BEGINS_WITH.items()
    }


def test_every_table_with_a_date_has_a_first_record(models) -> None:
    stated = models["fct_first_record"]["compiled_code"].partition("known (record")[2].partition("found as")[0]
    known = {name for _, name in re.findall(r"'([\w/]+)', '(\w+/\w+)',", stated)}
    every = {f"{table.source}/{name}" for name, table in contracts.tables().items()}
    # targets are no records, and statistics are of years
    assert known == every - {"governance/target", "reference/kostra"}


def test_what_a_metric_goes_without_is_a_value_of_a_dimension_of_its_own() -> None:
    for metric_id, entry in catalogue.metrics().items():
        for dimension, values in entry.get("without", {}).items():
            assert dimension in entry["dimensions"], metric_id
            assert set(values) <= catalogue.dimension_values(dimension), metric_id


def test_when_a_figure_is_there_at_all_is_no_part_of_what_it_means() -> None:
    # else every closed figure would be told as one whose definition has changed
    entry = catalogue.metrics()["renewal_rate"]
    before = catalogue.meaning("renewal_rate")
    later = {"begins_with": ["property/dwelling"], "ripens_after_months": 12, "without": {"housing_category": ["a"]}}
    with patch.dict(entry, later):
        catalogue.meaning.cache_clear()
        assert catalogue.meaning("renewal_rate") == before
    catalogue.meaning.cache_clear()


def test_every_entry_is_complete() -> None:
    for metric_id, entry in catalogue.metrics().items():
        assert entry.keys() >= FIELDS, metric_id
        assert all(str(entry[field]).strip() for field in FIELDS - {"dimensions"}), metric_id
        assert entry["perspective"] in {"brukere", "interne_prosesser", "okonomi", "samfunn", "laering"}, metric_id
        assert entry["direction"] in {"up", "down", "none"}, metric_id


def test_every_dimension_has_an_origin_and_is_used() -> None:
    used = {dimension for entry in catalogue.metrics().values() for dimension in entry["dimensions"]}
    assert used == catalogue.dimensions().keys()


def test_the_parts_of_ratios_and_differences_exist() -> None:
    known = catalogue.measure_ids()
    for metric_id, entry in catalogue.metrics().items():
        for part in entry["compute"].get("ratio") or entry["compute"].get("difference") or []:
            assert part in known, f"{metric_id}: {part}"


def test_every_measure_serves_a_metric() -> None:
    parts = {
        part
        for entry in catalogue.metrics().values()
        for part in [
            *(entry["compute"].get("ratio") or entry["compute"].get("difference") or []),
            entry.get("built_on"),
        ]
    }
    assert catalogue.measure_ids() - catalogue.metrics().keys() <= parts


def test_every_figure_about_people_that_is_no_count_says_which_count_it_is_built_on() -> None:
    metrics, entries, aggregates = catalogue.metrics(), catalogue.entries(), catalogue.aggregates()
    for metric_id, entry in metrics.items():
        parts = entry["compute"].get("ratio") or entry["compute"].get("difference") or [metric_id]
        told = [part for part in parts if entries[part].get("is_sensitive", True)]
        # the parts that a model of its own yields are counts
        is_built = any(
            not aggregates.get(part, "count(" if part != metric_id else "").startswith("count(") for part in told
        )
        assert is_built == ("built_on" in entry), metric_id
        assert aggregates.get(entry.get("built_on"), "count(").startswith("count("), metric_id


def test_what_an_entry_includes_is_a_count_that_exists() -> None:
    for measure_id, entry in catalogue.entries().items():
        for part in entry.get("includes", []):
            assert catalogue.aggregates()[part].startswith("count("), f"{measure_id}: {part}"


def test_what_a_dimension_is_a_part_of_is_a_dimension_with_that_value() -> None:
    for dimension in catalogue.dimensions():
        for whole, belongs in catalogue.dimensions()[dimension].get("part_of", {}).items():
            assert belongs.keys() == catalogue.dimension_values(dimension)
            assert set(belongs.values()) == catalogue.dimension_values(whole)


def test_every_expectation_has_a_name_of_its_own_and_a_severity() -> None:
    expectations = runner.expectations()
    assert len({expectation.id for expectation in expectations}) == len(expectations)
    assert {expectation.severity for expectation in expectations} == {"critical", "warning"}


def test_every_warning_is_said_in_norwegian_and_is_read_back_from_its_line() -> None:
    for expectation in runner.expectations():
        assert bool(expectation.found_no) == (expectation.severity == "warning"), expectation.id
        for examples in ((), ({"dwelling_id": "B1"},)):
            line = runner.Finding(expectation, success=False, found=1204, examples=examples).line()
            assert runner.read_back(line) == (expectation, 1204)
        error = runner.Finding(expectation, success=False, found=0, error="no such table").line()
        assert runner.read_back(error) == (expectation, None)


def test_a_conflict_of_goals_is_said_once_in_words_between_metrics_that_can_become_worse() -> None:
    metrics = catalogue.metrics()
    pairs = [{metric_id, other} for metric_id, entry in metrics.items() for other in entry.get("conflicts_with", [])]
    assert all(len(pair) == 2 and pairs.count(pair) == 1 for pair in pairs)
    for metric_id, entry in metrics.items():
        assert ("conflicts_with" in entry) == bool(entry.get("conflict_no", "").strip()), metric_id
        in_conflict = any(metric_id in pair for pair in pairs)
        assert ("better_in_conflict" in entry) == (in_conflict and entry["direction"] == "none"), metric_id
        assert entry.get("better_in_conflict", "up") in {"up", "down"}, metric_id
    assert set().union(*pairs) <= metrics.keys()
