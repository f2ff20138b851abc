"""What another implementation computed on a municipality's months, and those months (tests/data/outlook)."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_project.outlook import paths, rates
from dagster_project.outlook.facts import Facts, Own
from dagster_project.outlook.levers import Situation
from dagster_project.outlook.paths import Chance, Course

DATA = Path(__file__).parent / "data" / "outlook"
EXPECTED = json.loads((DATA / "expected.json").read_text("utf-8"))
ORIGIN = date.fromisoformat(EXPECTED["origin"])


def months() -> dict[str, rates.Months]:
    with (DATA / "series.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for category in rates.CATEGORIES:
        of = [row for row in rows if row["category"] == category]
        flows = [np.array([int(row[name]) for row in of[1:]]) for name in ("intake", "allocated", "other_exits")]
        waiting, stock = (np.array([int(row[name]) for row in of]) for name in ("waiting_end", "stock"))
        found[category] = rates.Months(*flows, waiting, stock[1:])
    return found


ESTIMATES = rates.estimates(months(), 72)


def chance(category: str) -> Chance:
    table = paths.uniforms(EXPECTED["municipality_no"], ORIGIN, category)
    return Chance(ESTIMATES[category], table)


def check(estimate: rates.Estimate, course: Course, wanted: dict[str, Any]) -> None:
    found = paths.expected(estimate, course)
    assert found.queue == pytest.approx(wanted["expected"], abs=1e-9)
    assert found.unused == pytest.approx(wanted["unused"], abs=1e-9)
    shown = paths.band(chance(estimate.category).queues(course))
    for month, figures in wanted["months"].items():
        for name, value in figures.items():
            assert getattr(shown, name)[int(month)] == pytest.approx(value, abs=1e-9), (month, name)


FACTS = {
    "okonomisk_sosialt": Facts(81.26666666666667, 2.5, 1496.6341463414635, 168, 5465.888888888889, {"eiendom": 44.3}),
    "omsorg_eldre": Facts(61.067567567567565, 74 / 36, 2149.355769230769, 153, 4400.135135135135),
}


def situation(**more: Any) -> Situation:
    facts = {name: FACTS.get(name, Facts()) for name in ESTIMATES}
    return replace(Situation(ORIGIN, ESTIMATES, facts, Own()), **more)
