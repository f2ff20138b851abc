"""The contracts as plain objects: what the door relies on."""

import json
from importlib import resources
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from dagster_project.landing import rules
from dagster_project.vocabulary.contracts import CONTRACTS_DIR, METRIC_CATALOGUE, Classification, sources, tables

CONTRACTS = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(CONTRACTS_DIR.glob("*.odcs.yaml"))}


@pytest.fixture(scope="module")
def standard() -> jsonschema.Draft201909Validator:
    """The schema of the Open Data Contract Standard, as its own package (MIT) carries it."""
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8"))
    jsonschema.Draft201909Validator.check_schema(schema)
    return jsonschema.Draft201909Validator(schema)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_valid_by_the_schema_of_the_standard(
    name: str, standard: jsonschema.Draft201909Validator
) -> None:
    assert CONTRACTS[name]["apiVersion"] == "v3.2.0"
    assert [f"{error.json_path}: {error.message}" for error in standard.iter_errors(CONTRACTS[name])] == []


@pytest.mark.parametrize("wrong", [{"apiVersion": "v9.9.9"}, {"schema": [{"name": 1}]}, {"id": None}])
def test_the_schema_refuses_what_is_no_contract(
    wrong: dict[str, Any], standard: jsonschema.Draft201909Validator
) -> None:
    assert not standard.is_valid(CONTRACTS["property.odcs.yaml"] | wrong)


def test_a_table_comes_after_the_tables_that_it_refers_to() -> None:
    names = list(tables())
    for name, table in tables().items():
        for column in table.columns:
            if column.references not in (None, METRIC_CATALOGUE, name):
                assert names.index(str(column.references)) < names.index(name)


def test_every_table_has_a_key_of_required_columns() -> None:
    for table in tables().values():
        assert table.key, table.name
        assert all(table.column(name).required for name in table.key), table.name


def test_every_reference_is_to_a_table_with_a_single_key() -> None:
    for table in tables().values():
        for column in table.columns:
            if column.references and column.references != METRIC_CATALOGUE:
                assert len(tables()[column.references].key) == 1


def test_the_door_knows_every_rule_and_type_of_the_contracts() -> None:
    for table in tables().values():
        assert {rule.name for rule in table.rules} <= rules._NOTES.keys() | {"refused"}
        assert {column.type for column in table.columns} <= rules._PARSERS.keys()


def test_every_rule_names_columns_that_exist() -> None:
    for table in tables().values():
        for rule in table.rules:
            when = rule.terms.get("when", {})
            named = [rule.terms.get(term) for term in ("column", "then", "through")]
            named += [when.get(term) for term in ("column", "referenced_by")]
            for name in filter(None, named):
                table.column(name)
            if first := rule.terms.get("first"):
                parent, _, column = first.rpartition(".")
                (tables()[parent] if parent else table).column(column)


def test_only_these_sources_may_be_missing() -> None:
    assert {source.name for source in sources() if source.may_be_missing} == {
        "followup",
        "governance",
        "nav",
        "reference",
    }


def test_only_application_dwelling_and_tenancy_may_not_be_empty() -> None:
    assert {t.name for t in tables().values() if not t.may_be_empty} == {"application", "dwelling", "tenancy"}


def test_every_text_says_whether_persons_may_stand_in_it() -> None:
    for table in tables().values():
        for column in table.columns:
            is_plain = column.type == "text" and column.name not in table.key and not column.references
            allowed = get_args(Classification) if is_plain else ("personal", None)
            assert column.classification in allowed, f"{table.name}.{column.name}"


def test_what_is_never_published_is_the_address_and_what_is_written_freely() -> None:
    columns = [column for table in tables().values() for column in table.columns]
    assert {c.name for c in columns if c.personal} == {"fodselsnummer"}
    assert {c.name for c in columns if not c.published} == {
        "adresse", "sted", "arsak", "konsekvens", "beskrivelse", "begrunnelse",
    }  # fmt: skip


def test_codes_are_in_small_letters_because_they_are_compared_so() -> None:
    codes = [code for table in tables().values() for column in table.columns for code in column.codes]
    assert codes == [code.lower() for code in codes]
