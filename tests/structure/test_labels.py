"""Every code that a reader sees has a label, and every label has a code."""

import csv
from collections import Counter

from dagster_project import catalogue
from dagster_project.landing import contracts
from dagster_project.settings import PROJECT_DIR

LABELS = list(csv.DictReader((PROJECT_DIR / "dbt" / "seeds" / "code_label.csv").open(encoding="utf-8")))

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
    # those that contracts.md names; others keep their code
    "indicator": {
        "population", "kommunale_boliger", "kommunale_boliger_eid", "kommunale_boliger_disp", "startlan_boliger",
        "bostotte_husstander", "tilskudd_etablering", "tilskudd_tilpasning",
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
