"""The metric catalogue against another reading of the public interface (the oracle), and against itself."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dagster_project.disclosure import conditions, quantities
from dagster_project.report import sentences
from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import catalogue, contracts
from expectations import runner
from tests.oracle import figures

ADD = (
    "{name} stands in the catalogue and not in the oracle. The oracle is written by hand from docs/definitions.md, so"
    " that two readings stand against each other. Add to tests/oracle/figures.py a function @metric({dimensions})"
    " def {name}(...) beside its family, and {name} to NAMED under the tables that its definition names (and to"
    " RIPENS_AFTER_MONTHS where a period becomes another after its end)."
)


def test_the_oracle_reads_every_metric_with_its_dimensions_and_no_other() -> None:
    for name, entry in catalogue.metrics().items():
        said = ", ".join(f'"{dimension}"' for dimension in entry.dimensions)
        assert name in figures.METRICS and name in figures.BEGINS_WITH, ADD.format(name=name, dimensions=said)
        assert set(figures.METRICS[name].dimensions) == set(entry.dimensions), (
            f"The catalogue and tests/oracle/figures.py give {name} other dimensions; docs/definitions.md says which"
            " are right."
        )
    gone = (figures.METRICS.keys() | figures.BEGINS_WITH.keys()) - catalogue.metrics().keys()
    assert not gone, f"{', '.join(sorted(gone))}: in tests/oracle/figures.py, and not in the catalogue."


def test_dbt_and_python_read_the_same_families(models) -> None:
    # dbt names each family in macros/metric_catalogue.sql, and Python reads every file
    told = re.findall(r"'(\w+)' as metric_id", models["metric_definition"]["compiled_code"])
    assert set(told) == catalogue.metrics().keys()


def test_every_series_begins_with_the_tables_that_its_definition_names_and_no_others(models) -> None:
    # what the catalogue says, or its source, against what another reader of the page made of it
    stated = models["metric_begin"]["compiled_code"].partition("values")[2].partition("\n)\n")[0]
    begins: dict[str, set[str]] = {}
    for metric_id, record in re.findall(r"\('(\w+)', '([\w/]+)'\)", stated):
        begins.setdefault(metric_id, set()).add(record.partition("/")[2].replace("/", ":"))
    assert begins == {metric_id: set(tables) for metric_id, tables in figures.BEGINS_WITH.items()}
    for metric_id, entry in catalogue.metrics().items():
        for part in entry.compute.parts:
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
    # targets, scenarios, comments, decisions and needs are no records, and no figure is of reviews
    told = ("target", "scenario", "spak", "kommentar", "vedtak")
    told += ("need_register", "need_coefficient", "behov")
    wanted = {f"governance/{name}" for name in told}
    assert known == every - wanted - {"followup/followup_review"}


def test_what_a_metric_goes_without_is_a_value_of_a_dimension_of_its_own() -> None:
    for metric_id, entry in catalogue.metrics().items():
        for dimension, values in entry.without.items():  # the dimension itself is looked at where the entry is read
            assert set(values) <= catalogue.dimension_values(dimension), metric_id


def test_when_a_figure_is_there_at_all_is_no_part_of_what_it_means() -> None:
    # else every closed figure would be told as one whose definition has changed
    entry = catalogue._entries_as_written()["renewal_rate"]
    before = catalogue.meaning("renewal_rate")
    later = {"begins_with": ["property/dwelling"], "ripens_after_months": 12, "without": {"housing_category": ["a"]}}
    with patch.dict(entry, later):
        catalogue.meaning.cache_clear()
        assert catalogue.meaning("renewal_rate") == before
    catalogue.meaning.cache_clear()


def test_every_dimension_has_an_origin_and_is_used() -> None:
    used = {dimension for entry in catalogue.metrics().values() for dimension in entry.dimensions}
    assert used == catalogue.dimensions().keys()


def test_every_measure_serves_a_metric() -> None:
    parts = {part for entry in catalogue.metrics().values() for part in [*entry.compute.parts, entry.built_on]}
    parts |= {part for entry in catalogue.entries().values() if entry.id in parts for part in entry.compute.parts}
    assert catalogue.entries().keys() - catalogue.metrics().keys() <= parts


def test_every_figure_about_people_that_is_no_count_says_which_count_it_is_built_on() -> None:
    metrics, entries, aggregates = catalogue.metrics(), catalogue.entries(), catalogue.aggregates()
    for metric_id, entry in metrics.items():
        parts = entry.compute.parts or (metric_id,)
        told = [part for part in parts if entries[part].is_sensitive]
        # the parts that a model of its own yields are counts
        is_built = any(
            not aggregates.get(part, "count(" if part != metric_id else "").startswith("count(") for part in told
        )
        assert is_built == bool(entry.built_on), metric_id
        assert aggregates.get(str(entry.built_on), "count(").startswith("count("), metric_id


def test_what_an_entry_includes_is_a_count_that_exists() -> None:
    for measure_id, entry in catalogue.entries().items():
        for part in entry.includes:
            assert catalogue.aggregates()[part].startswith("count("), f"{measure_id}: {part}"


def test_what_is_the_same_as_a_metric_is_a_count_as_that_one_is() -> None:
    for measure_id, entry in catalogue.entries().items():
        for name in filter(None, (measure_id if entry.same_as else None, entry.same_as)):
            assert catalogue.aggregates()[name].startswith("count("), name


def test_what_a_dimension_is_a_part_of_is_a_dimension_with_that_value() -> None:
    for dimension in catalogue.dimensions():
        for whole, belongs in catalogue.dimensions()[dimension].part_of.items():
            assert belongs.keys() == catalogue.dimension_values(dimension)
            assert set(belongs.values()) == catalogue.dimension_values(whole)


def test_every_unit_of_several_has_a_word_for_one() -> None:
    """«1 sak» and not «1 saker»; a word that is the same for one (lån, tiltak) needs none."""
    macro = (PROJECT_DIR / "dbt" / "macros" / "norwegian.sql").read_text("utf-8").partition("norwegian_unit")[2]
    of_one = dict(re.findall(r"when '(\w[^']*)' then '([^']+)'", macro.partition("endmacro")[0]))
    units = {entry.unit for entry in catalogue.metrics().values()}
    assert {unit for unit in units if re.match(r"\w+er\b(?<!per)(?<!ganger)", unit)} == of_one.keys()
    assert not [word for unit, word in of_one.items() if unit.partition(" ")[2] != word.partition(" ")[2]]
    # and the report says the same
    assert {unit: word for unit, word in of_one.items() if " " not in unit} == sentences.SINGULAR


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
    pairs = [{metric_id, other} for metric_id, entry in metrics.items() for other in entry.conflicts_with]
    assert all(len(pair) == 2 and pairs.count(pair) == 1 for pair in pairs)
    for metric_id, entry in metrics.items():
        assert bool(entry.conflicts_with) == bool(entry.conflict_no), metric_id
        in_conflict = any(metric_id in pair for pair in pairs)
        assert bool(entry.better_in_conflict) == (in_conflict and entry.direction == "none"), metric_id


# ------------------------------------------------------------------------------------------------ what is refused


METRIC = {
    "metric_id": "new", "name_no": "Ny", "name_en": "New", "perspective": "brukere", "unit": "saker",
    "direction": "none", "decimals": 0, "dimensions": ["housing_category"], "definition_no": "N", "definition_en": "E",
    "source": "allocation/waitlist_entry", "caveat_no": "M",
    "compute": {"from": "fct_queue_entry", "at": "entered_on", "value": "count(*)", "where": "is_in_queue"},
}  # fmt: skip


def read_anew(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """The catalogue of one metric with these changes; a change of None leaves the key out."""
    compute = {**METRIC["compute"], **changes.pop("compute", {})}
    entry = {key: value for key, value in {**METRIC, "compute": compute, **changes}.items() if value is not None}
    monkeypatch.setattr(catalogue, "_families", lambda: {Path("family.sql"): {"metrics": [entry]}})
    return catalogue.entries.__wrapped__()


def test_an_entry_that_says_what_it_may_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_anew(monkeypatch)["new"].compute.where == "is_in_queue"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compute": {"wher": "is_in_queue"}}, "family.sql: new compute wher: there is no such key"),
        ({"build_on": "queue_waiting"}, "family.sql: new build_on: there is no such key"),
        ({"include": ["queue_waiting"]}, "family.sql: new include: there is no such key"),
        ({"built_on": "queue_wating"}, "new: built_on names queue_wating, which is no metric or measure"),
        ({"includes": ["queue_wating"]}, "new: includes names queue_wating, which is no metric or measure"),
        ({"dimensions": ["housing"]}, "new: dimensions names housing, which is no dimension"),
        ({"same_as": "queue_wating"}, "new: same_as names queue_wating, which is no metric of the catalogue"),
        ({"conflicts_with": ["nothing"]}, "new: conflicts_with names nothing, which is no metric of"),
        ({"caveat_no": None}, "family.sql: new caveat_no: is missing"),
        ({"caveat_no": " "}, "family.sql: new caveat_no: cannot be ' '"),
        ({"direction": "sideways"}, "family.sql: new direction: Input should be 'up', 'down' or 'none'"),
        (
            {"compute": {"ratio": ["new", "new"]}},
            "family.sql: new compute: one of from, ratio, difference, sum, model is",
        ),
        ({"compute": {"days": ["entered_on", "exited_on"]}}, "one of at, at_end and days"),
        ({"compute": {"factor": 12}}, "factor does not stand beside from"),
        ({"compute": {"value": "COUNT( * )"}}, "family.sql: new compute value: cannot be 'COUNT( * )'"),
        ({"compute": {"columns": {"housing": "category"}}}, "new: columns names housing, which is no dimension"),
    ],
)
def test_a_slip_of_the_pen_in_an_entry_is_refused_with_its_place(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(catalogue.CatalogueError) as refused:
        read_anew(monkeypatch, **changes)
    assert said in str(refused.value)


def test_a_model_that_is_not_there_and_a_name_that_stands_twice_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {**METRIC, "compute": {"model": "measure_gone"}}
    for entries, said in (([gone], "model names measure_gone"), ([METRIC, METRIC], "new stands twice")):
        family = {Path("family.sql"): {"metrics": entries}}
        monkeypatch.setattr(catalogue, "_families", lambda family=family: family)
        with pytest.raises(catalogue.CatalogueError, match=said):
            catalogue.entries.__wrapped__()


def test_a_slip_of_the_pen_in_a_dimension_is_refused_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"dimension": "phase", "from": [{"mart": "fct_vacancy", "wher": "true"}]}
    monkeypatch.setattr(catalogue, "_written", lambda path: [entry])
    with pytest.raises(catalogue.CatalogueError, match=r"dimensions\.sql: phase from 0 wher: there is no such key"):
        catalogue.dimensions.__wrapped__()


def test_a_fingerprint_is_made_of_the_entry_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    # what reading adds (defaults, an order of keys) would make every closed figure one whose definition has changed
    monkeypatch.setattr(catalogue, "_entries_as_written", lambda: {"new": METRIC})
    monkeypatch.setattr(catalogue, "meaning", catalogue.meaning.__wrapped__)
    assert catalogue.definition_version.__wrapped__("new") == "72b4e76e87e2"


def test_the_protection_of_small_figures_understands_every_entry() -> None:
    figure = {"period_type": "year", "period_start": date(2010, 1, 1), "dimension": "total", "dimension_value": "total"}
    for measure_id, entry in catalogue.entries().items():
        if entry.compute.where:
            assert conditions.read(entry.compute.where, measure_id)
        quantities._population(measure_id, figure), quantities._time(measure_id, figure)
