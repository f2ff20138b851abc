"""Rent nearer the market's: who pays, to the øre."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.outlook import rent
from dagster_project.outlook.law import Parameter, in_force
from dagster_project.outlook.rent import Tenant, reaction, together
from dagster_project.outlook.series import Contract, Published

# housing cost, ceiling, allowance, rise; what the state and the tenant then pay
BY_HAND = [
    (Tenant(5000, 9000, 5000, 5200, 1400), 140, 360),
    (Tenant(6000, 9000, 6000, 5200, 1540), 0, 500),
    (Tenant(5000, 9000), 0, 500),
]


@pytest.mark.parametrize(("tenant", "state", "own"), BY_HAND)
def test_one_tenant(tenant: Tenant, state: float, own: float) -> None:
    found = reaction(tenant, 500, coverage=0.7)
    assert (found.state, found.tenant) == pytest.approx((state, own))


def test_all_of_them() -> None:
    tenants = [tenant for tenant, _, _ in BY_HAND]
    found = together(tenants, [500, 500, 500], 0.7, arrears_share=0.02)
    assert (found.rent_nok, found.state_nok, found.tenants_nok) == pytest.approx((1500, 140, 1360))
    assert found.worse_off == {0: 3, 500: 0, 1000: 0}
    # the first one's cost comes over the ceiling
    assert found.over_ceiling == (1, 2)
    assert found.net_nok == pytest.approx(1470)


def test_a_row_that_does_not_hold_together_keeps_its_allowance_and_is_counted() -> None:
    found = together([Tenant(1930, 9000, 1930, 5200, 2760)], [500], 0.7)
    assert (found.inconsistent, found.state_nok, found.tenants_nok) == (1, 0, 500)


def test_the_municipality_pays_above_the_ceiling_where_it_says_so() -> None:
    found = reaction(Tenant(5000, 9000, 5000, 5200, 1400), 500, coverage=0.7, municipal_share=0.5)
    assert (found.state, found.municipal, found.tenant) == pytest.approx((140, 150, 210))


def test_no_rent_falls() -> None:
    tenants = [Tenant(5000, 10_000), Tenant(9000, 10_000)]
    assert rent.rises(tenants, 0.8) == [3000, 0]
    assert together(tenants, rent.rises(tenants, 0.8), 0.7).raised_contracts == 1


MONEY = st.floats(0, 20_000)


@given(
    st.lists(st.builds(Tenant, MONEY, MONEY, st.none() | MONEY, st.none() | MONEY, MONEY, st.booleans()), max_size=20),
    st.floats(0, 1.2),
    st.floats(0.5, 1),
    st.floats(0, 1),
)
def test_what_is_charged_is_what_the_three_pay(
    tenants: list[Tenant], share: float, coverage: float, municipal: float
) -> None:
    found = together(tenants, rent.rises(tenants, share), coverage, municipal)
    assert found.state_nok + found.municipal_nok + found.tenants_nok == pytest.approx(found.rent_nok, abs=0.01)
    assert found.worse_off[0] >= found.worse_off[500] >= found.worse_off[1000]
    assert found.worse_off[0] >= found.worse_off_children


def contract(end: date | None, rent_nok: float = 5000, category: str = "trygdebolig") -> Contract:
    return Contract(
        category, date(2009, 1, 1), end, end is not None, False, True, rent_nok, 10_000, None, None, 0, False
    )


def published(*contracts: Contract) -> Published:
    return Published("0220", date(2011, 1, 15), 1, "v", [], [], contracts=contracts)


def test_the_plan_raises_nothing_before_a_contract_ends() -> None:
    of = published(contract(date(2012, 6, 30)))
    whole, force = rent.by_month(of, 0.8, "ved_skifte", 1, 36, 0.7, 0, {})
    assert whole.rent_nok == pytest.approx(3000)
    # June 2012 is the eighteenth month after December 2010
    assert force.tolist() == [0.0] * 17 + [1.0] * 19
    assert rent.by_month(of, 0.8, "straks", 4, 36, 0.7, 0, {})[1].tolist() == [0.0] * 3 + [1.0] * 33


def test_who_has_no_end_is_raised_when_another_moves_in() -> None:
    _, force = rent.by_month(published(contract(None)), 0.8, "ved_skifte", 1, 3, 0.7, 0, {"trygdebolig": 304.375})
    assert force == pytest.approx([0.1, 0.19, 0.271])
    _, never = rent.by_month(published(contract(None)), 0.8, "ved_skifte", 1, 3, 0.7, 0, {"trygdebolig": np.inf})
    assert not never.any()


def test_a_parameter_holds_from_its_day() -> None:
    of = [
        Parameter("bostotte_dekning", date(2021, 1, 1), 0.737, "b"),
        Parameter("bostotte_dekning", date(2009, 7, 1), 0.7, "a"),
    ]
    found = [in_force(of, "bostotte_dekning", day) for day in (date(2000, 1, 1), date(2020, 12, 31), date(2021, 1, 1))]
    assert [each and each.value for each in found] == [0.7, 0.7, 0.737]
    assert in_force(of, "annet", date(2021, 1, 1)) is None


def test_only_running_contracts_with_a_market_rent_count() -> None:
    one = contract(None)
    of = published(one, replace_contract(one, is_running=False), replace_contract(one, market_rent=None))
    assert len(rent.running(of)) == 1


def replace_contract(one: Contract, **more: object) -> Contract:
    return one._replace(**more)
