"""What another implementation computed must come out: rates and expected paths to 1e-9, the bands as whole numbers."""

import pytest

from dagster_project.outlook import rates
from dagster_project.outlook.paths import Course
from dagster_project.vocabulary import catalogue, labels
from tests.outlook_reference import ESTIMATES, EXPECTED, check


def test_the_categories_are_those_that_have_a_queue() -> None:
    """Their order is the simulation's, whose seeds hold the place: it stands there. Which there are, the codes say."""
    assert set(rates.CATEGORIES) == labels.of("housing_category").keys() - {"flyktning", catalogue.UNKNOWN}


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


@pytest.mark.parametrize("category", [name for name, each in ESTIMATES.items() if not each.is_refused])
def test_as_today(category: str) -> None:
    check(ESTIMATES[category], Course.plain(), EXPECTED["categories"][category]["baseline"])
