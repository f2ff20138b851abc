"""What the way of the data promises, held against dbt's manifest."""

import re
from typing import Any

import sqlglot
from sqlglot import exp

from dagster_project.vocabulary import contracts

# a few rows of each municipality
SHORT = {"dim_municipality", "fct_target"}

Models = dict[str, dict[str, Any]]


def room(node: dict[str, Any]) -> str:
    return node["fqn"][1]


def parents(node: dict[str, Any]) -> list[str]:
    return list(node["depends_on"]["nodes"])


def test_sources_are_read_in_staging_only_and_staging_reads_one_source_and_nothing_else(models: Models) -> None:
    for node in models.values():
        kinds = [parent.split(".")[0] for parent in parents(node)]
        if room(node) == "staging":
            assert kinds == ["source"], node["name"]
        else:
            assert "source" not in kinds, node["name"]


def test_what_stands_from_night_to_night_hangs_on_the_code_alone_and_no_data_test_is_left_out_with_it(
    models: Models, manifest: dict[str, Any]
) -> None:
    views = {node["unique_id"] for node in models.values() if room(node) == "staging"}
    assert views == {node["unique_id"] for node in models.values() if node["config"]["materialized"] == "view"}
    assert views == {
        node["unique_id"] for node in models.values() if node["original_file_path"].startswith("models/staging/")
    }
    assert {node["schema"] for node in manifest["nodes"].values() if node["resource_type"] == "seed"} == {"seeds"}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            assert not views & set(parents(node)), node["name"]


def test_the_data_goes_one_way(models: Models, manifest: dict[str, Any]) -> None:
    readable = {
        "staging": set(),
        "intermediate": {"staging", "intermediate", "seed"},
        "marts": {"staging", "intermediate", "marts", "seed"},
        "scorecard": {"marts", "scorecard", "seed"},
    }
    for node in models.values():
        for parent in parents(node):
            kind, _, name = parent.split(".")[:3]
            if kind == "source":
                continue
            origin = "seed" if kind == "seed" else room(models[name])
            assert origin in readable[room(node)], f"{node['name']} reads {name}"


def test_every_model_that_readers_see_is_described_contracted_and_says_its_grain(models: Models) -> None:
    for node in models.values():
        if node["schema"] in ("build_marts", "build_scorecard", "staging"):
            assert re.search(r"One row per [^.]+\.$", node["description"].strip()), node["name"]
        if node["schema"].startswith("build_"):
            assert node["config"]["contract"]["enforced"], node["name"]
            assert [c for c in node["constraints"] if c["type"] == "primary_key"], node["name"]
            for column in node["columns"].values():
                assert column["description"], f"{node['name']}.{column['name']}"


def test_every_key_begins_with_the_municipality(models: Models) -> None:
    without = {"metric_definition", "dim_code"}  # what belongs to every municipality
    for node in models.values():
        if node["schema"].startswith("build_") and node["name"] not in without:
            (key,) = (c for c in node["constraints"] if c["type"] == "primary_key")
            assert key["columns"][0] == "municipality_no", node["name"]


def test_no_model_knows_what_day_it_is(models: Models, manifest: dict[str, Any]) -> None:
    texts = {node["name"]: node["raw_code"] for node in models.values()}
    texts |= {m["name"]: m["macro_sql"] for m in manifest["macros"].values() if m["package_name"] == "bolig"}
    for name, text in texts.items():
        assert not re.search(r"current_date|current_timestamp|now\(\)|clock_timestamp", text, re.IGNORECASE), name


def test_models_are_named_after_their_room(models: Models) -> None:
    for node in models.values():
        expected = {"staging": r"stg_[a-z]+__[a-z_]+", "intermediate": r"int_[a-z_]+", "marts": r"(fct|dim)_[a-z_]+"}
        assert re.fullmatch(expected.get(room(node), r"[a-z_]+"), node["name"])


def test_dbts_sources_are_the_contracts_tables(manifest: dict[str, Any]) -> None:
    declared = {
        (source["source_name"], source["name"]): (source["schema"], source["identifier"], source["description"])
        for source in manifest["sources"].values()
        if source["source_name"] not in ("night", "history")
    }
    promised = {
        (table.source, table.name): ("raw", table.raw_name, table.description) for table in contracts.tables().values()
    }
    assert declared == promised


def test_staging_has_every_column_of_its_contract_by_its_business_name_but_what_is_never_published(
    models: Models,
) -> None:
    for table in contracts.tables().values():
        text = models[f"stg_{table.source}__{table.name}"]["raw_code"]
        lines = [line.strip().rstrip(",") for line in text.partition("from ")[0].splitlines()[1:]]
        renamed = dict(line.split(" as ") if " as " in line else (line, line) for line in lines)
        promised = {column.name: column.business_name for column in table.columns if column.published}
        assert renamed == {"municipality_no": "municipality_no", **promised}, table.name


def test_no_model_that_readers_see_has_a_column_that_is_never_published(models: Models) -> None:
    hidden = {
        name
        for table in contracts.tables().values()
        for column in table.columns
        if not column.published
        for name in (column.name, column.business_name)
    }
    for node in models.values():
        assert not hidden & node["columns"].keys(), node["name"]


def test_nothing_has_the_name_of_a_folder_beside_it(manifest: dict[str, Any]) -> None:
    """dbt's documentation makes one tree of both: a macro `metrics` beside a folder `metrics` made it an empty page."""
    nodes = [*manifest["nodes"].values(), *manifest["macros"].values()]
    ours = [
        (*node["original_file_path"].split("/")[:-1], node["name"]) for node in nodes if node["package_name"] == "bolig"
    ]
    folders = {place[:depth] for place in ours for depth in range(1, len(place))}
    assert not folders & set(ours)


def test_no_model_asks_a_table_anew_for_each_of_its_rows(models: Models) -> None:
    # PostgreSQL makes a join of what `where exists` asks; what a column asks, or `lateral`, is asked row by row, and
    # reads the rows of all municipalities of a build for each
    for node in models.values():
        for asked in sqlglot.parse_one(node["compiled_code"], dialect="postgres").find_all(
            exp.Exists, exp.Subquery, exp.Lateral
        ):
            clause: exp.Expression = asked
            while clause.parent and not isinstance(clause.parent, exp.Select):
                clause = clause.parent
            is_row_by_row = isinstance(asked, exp.Lateral) or clause.arg_key == "expressions"
            read = {table.name for table in asked.find_all(exp.Table)}
            assert not (is_row_by_row and read - SHORT), (node["name"], read)
