"""Every code that a reader sees has a label, and every label has a code."""

import re
from collections import Counter

import pytest

from dagster_project.night.dbt import DBT_DIR
from dagster_project.report import sentences
from dagster_project.vocabulary import catalogue, contracts, labels, norwegian
from dagster_project.warehouse import quality
from expectations import runner
from tests.unit.test_report_facts import made

LABELS = labels.rows()

# what the models of changes compare
CHANGES = "".join(path.read_text("utf-8") for path in (DBT_DIR / "models" / "marts").glob("fct_*_change.sql"))
# sets of codes that are columns of the scorecard, not dimensions
COLUMNS = {
    "dimension": {catalogue.TOTAL, *catalogue.dimensions()},
    "period_type": set(contracts.tables()["target"].column("period_type").codes),
    "perspective": {entry.perspective for entry in catalogue.metrics().values()},
    "direction": {entry.direction for entry in catalogue.metrics().values()},
    "status": {"green", "yellow", "red", "none"},
    "development": {"better", "unchanged", "worse", "none"},
    "trend_direction": {"up", "flat", "down", "none"},
    "table_name": set(contracts.tables()),
    "challenge_status": set(contracts.tables()["challenge"].column("status").codes),
    "changed_field": set(re.findall(r"'(\w+)'", "".join(re.findall(r"fields=\[(.*?)\]", CHANGES, re.DOTALL)))),
    "resolution_status": set(contracts.tables()["vedtak"].column("status").codes),
    "need_group": {*contracts.tables()["need_register"].column("gruppe").codes, "barnefamilie"},
    "need_dwelling_type": {*contracts.tables()["need_register"].column("boligtype").codes, "alle"},
    # those that docs/contracts.md names; others keep their code
    "indicator": {
        "population", "kommunale_boliger", "kommunale_boliger_eid", "kommunale_boliger_disp", "startlan_boliger",
        "bostotte_husstander", "tilskudd_etablering", "tilskudd_tilpasning", "population_67_79", "population_80_plus",
        "dwellings_enebolig", "dwellings_tomannsbolig", "dwellings_rekkehus", "dwellings_blokk",
        "dwellings_bofellesskap", "dwellings_annet", "introduction_benefit_persons",
    },
}  # fmt: skip


def test_every_code_has_a_label_and_every_label_a_code() -> None:
    coded = {dimension: catalogue.dimension_values(dimension) for dimension in catalogue.dimensions()}
    wanted = {catalogue.TOTAL: {catalogue.TOTAL}, **{d: set(codes) for d, codes in coded.items() if codes}, **COLUMNS}
    labelled: dict[str, set[str]] = {}
    for row in LABELS:
        labelled.setdefault(row["dimension"], set()).add(row["code"])
    assert labelled == wanted


def test_no_two_codes_of_a_dimension_share_a_label_or_a_place() -> None:
    for field in ("code", "name_no", "name_en", "sort_order"):
        counted = Counter((row["dimension"], row[field]) for row in LABELS)
        assert not [key for key, count in counted.items() if count > 1 or not key[1].strip()], field


def test_no_page_prints_the_code_of_what_the_door_put_aside() -> None:
    # what a report says of quarantine, by every rule of every table: the source, the table and the fault in words
    for table in contracts.tables().values():
        for rule in quality.RULES:
            row = {"file": f"{table.source}/{table.name}", "rule": rule, "rows": 7}
            (said,) = sentences.quality(made({}, content={"quarantine": [row]}))
            name = norwegian.in_sentence(labels.label("table_name", table.name))
            fault = norwegian.in_sentence(quality.RULES[rule])
            assert said == f"Sju rader fra {quality.SOURCES[table.source]} ({name}) er holdt utenfor: {fault}."


def test_a_code_without_a_label_is_shown_to_nobody() -> None:
    with pytest.raises(KeyError):
        labels.label("phase", "rehab")


def test_a_finding_of_the_gate_has_words_whatever_follows_from_it() -> None:
    # test_dashboards holds the other words of quality.py: sources, rules and the door's verdicts
    assert quality.SEVERITIES.keys() == {expectation.severity for expectation in runner.expectations()}
