"""What another implementation computed on a municipality's months: rates, paths, bands and solutions must come out."""

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dagster_project.outlook import paths, rates
from dagster_project.outlook.paths import Chance, Course

DATA = Path(__file__).parents[1] / "data" / "outlook"
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


@pytest.mark.parametrize("category", rates.CATEGORIES)
def test_rates(category: str) -> None:
    found, wanted = ESTIMATES[category], EXPECTED["categories"][category]
    assert (found.state, found.reason, list(found.flags)) == (wanted["state"], wanted["reason"], wanted["flags"])
    assert (found.window_months, found.waiting, *found.counts) == tuple(
        wanted[name] for name in ("window_months", "waiting", "intake", "allocated", "other_exits")
    )
    assert found.break_p == pytest.approx((wanted["break_p_intake"], wanted["break_p_allocated"]), abs=1e-9)
    for k, name in zip(found.dispersion, ("dispersion_intake", "dispersion_allocated"), strict=True):
        if wanted.get("lambda"):
            assert k == pytest.approx(wanted[name], abs=1e-9)
    assert found.mean_stock == pytest.approx(wanted["mean_stock"], abs=1e-9)
    if found.is_refused:
        assert "lambda" not in wanted
        return
    mine = (found.intake.mean, found.allocated.mean, found.attrition.mean, found.leaving, found.turnover)
    assert mine == pytest.approx([wanted[name] for name in ("lambda", "gamma", "alpha", "p", "tau")], abs=1e-9)


def check(estimate: rates.Estimate, course: Course, wanted: dict) -> None:
    found = paths.expected(estimate, course)
    assert found.queue == pytest.approx(wanted["expected"], abs=1e-9)
    assert found.unused == pytest.approx(wanted["unused"], abs=1e-9)
    shown = paths.band(chance(estimate.category).queues(course))
    for month, figures in wanted["months"].items():
        for name, value in figures.items():
            assert getattr(shown, name)[int(month)] == pytest.approx(value, abs=1e-9), (month, name)


@pytest.mark.parametrize("category", [name for name, each in ESTIMATES.items() if not each.is_refused])
def test_as_today(category: str) -> None:
    check(ESTIMATES[category], Course.plain(), EXPECTED["categories"][category]["baseline"])
