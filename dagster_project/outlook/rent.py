"""L6: what a rent nearer the market's brings, who pays it, and how many are worse off.

Belongs here: rent, the state's allowance as it reacts, and the municipality's own. Does not belong here: queues, which
this lever is not taken to move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dagster_project.outlook.rates import Numbers
from dagster_project.outlook.series import Contract, Published, month_end

LIMITS = (0, 500, 1000)


@dataclass(frozen=True)
class Tenant:
    """A running contract with a known market rent, and the allowance of its tenant, a month."""

    rent: float
    market_rent: float
    housing_cost: float | None = None
    cost_ceiling: float | None = None
    allowance: float = 0.0
    has_children: bool = False


@dataclass(frozen=True)
class Reaction:
    """What a rise does to one tenant, a month."""

    raised: float
    state: float
    municipal: float
    is_inconsistent: bool = False

    @property
    def tenant(self) -> float:
        return self.raised - self.state - self.municipal


def reaction(tenant: Tenant, raised: float, coverage: float, municipal_share: float = 0.0) -> Reaction:
    """How the allowances follow a rise of the rent.

    What the tenant carries alone follows from what is paid today; where that would be less than nothing, the row does
    not hold together, and the allowance is taken to stay. Who has none gets none: incomes are not known.
    """
    if tenant.housing_cost is None or tenant.cost_ceiling is None:
        return Reaction(raised, 0.0, 0.0)
    cost, ceiling = tenant.housing_cost, tenant.cost_ceiling
    municipal = municipal_share * (max(cost + raised - ceiling, 0.0) - max(cost - ceiling, 0.0))
    if tenant.allowance <= 0:
        return Reaction(raised, 0.0, municipal)
    own = min(cost, ceiling) - tenant.allowance / coverage
    if own < 0:
        return Reaction(raised, 0.0, municipal, is_inconsistent=True)
    after = max(coverage * (min(cost + raised, ceiling) - own), 0.0)
    return Reaction(raised, after - tenant.allowance, municipal)


@dataclass(frozen=True)
class RentResult:
    """All tenants together, a month."""

    contracts: int
    raised_contracts: int
    rent_nok: float
    state_nok: float
    municipal_nok: float
    tenants_nok: float
    worse_off: Mapping[int, int]
    """Households that pay more than so many kroner more."""
    worse_off_children: int
    over_ceiling: tuple[int, int]
    inconsistent: int
    arrears_nok: float = 0.0

    @property
    def net_nok(self) -> float:
        """What is left to the municipality."""
        return self.rent_nok - self.municipal_nok - self.arrears_nok


def rises(tenants: Sequence[Tenant], share: float) -> list[float]:
    """By how much each rent rises to this share of the market's; none falls."""
    return [max(tenant.rent, share * tenant.market_rent) - tenant.rent for tenant in tenants]


def together(
    tenants: Sequence[Tenant],
    raised: Sequence[float],
    coverage: float,
    municipal_share: float = 0.0,
    arrears_share: float | None = None,
) -> RentResult:
    """What these rises make for all."""
    reactions = [
        reaction(tenant, rise, coverage, municipal_share) for tenant, rise in zip(tenants, raised, strict=True)
    ]
    rent = sum(each.raised for each in reactions)
    state, municipal = (sum(getattr(each, name) for each in reactions) for name in ("state", "municipal"))
    worse = [each.tenant > 1e-9 for each in reactions]
    over = tuple(
        sum(
            tenant.allowance > 0
            and tenant.housing_cost is not None
            and tenant.cost_ceiling is not None
            and tenant.housing_cost + times * rise > tenant.cost_ceiling
            for tenant, rise in zip(tenants, raised, strict=True)
        )
        for times in (0, 1)
    )
    return RentResult(
        contracts=len(tenants),
        raised_contracts=sum(each.raised > 0 for each in reactions),
        rent_nok=rent,
        state_nok=state,
        municipal_nok=municipal,
        tenants_nok=rent - state - municipal,
        worse_off={limit: sum(each.tenant > max(limit, 1e-9) for each in reactions) for limit in LIMITS},
        worse_off_children=sum(
            is_worse and tenant.has_children for is_worse, tenant in zip(worse, tenants, strict=True)
        ),
        over_ceiling=(over[0], over[1]),
        inconsistent=sum(each.is_inconsistent for each in reactions),
        arrears_nok=rent * (arrears_share or 0.0),
    )


def running(published: Published) -> list[tuple[Contract, Tenant]]:
    """The contracts that run at the origin and whose market rent is known."""
    return [
        (each, Tenant(each.rent, each.market_rent, each.housing_cost, each.cost_ceiling, each.allowance,
                      each.has_children))
        for each in published.contracts
        if each.is_running and each.market_rent is not None
    ]  # fmt: skip


@dataclass(frozen=True)
class Rise:
    """When each contract's rent may rise: `certain` from a month on, or in the mean by so much of them a month."""

    month: int | None
    turnover: float = field(default=0.0)

    def share(self, month: int) -> float:
        """How much of the rise is in force in a month ahead."""
        if self.month is not None and month >= self.month:
            return 1.0
        return 1.0 - (1.0 - self.turnover) ** max(month, 0)


def by_month(
    published: Published,
    share: float,
    mode: str,
    begins: int,
    months: int,
    coverage: float,
    municipal_share: float,
    stay_days: Mapping[str, float],
) -> tuple[RentResult, Numbers]:
    """The result when all rents have risen, and the part of it that is in force in each month ahead (0 to 1).

    `straks` is arithmetic: all at once. `ved_skifte` is the plan: a fixed-term contract at its agreed end, the others
    when a new tenant comes, which for each is as likely each month as the category's mean stay says.
    """
    contracts = running(published)
    tenants = [tenant for _, tenant in contracts]
    raised = rises(tenants, share)
    whole = together(tenants, raised, coverage, municipal_share, published.arrears_share)
    total = sum(raised)
    parts = np.zeros(months)
    for month in range(begins, months + 1):
        if mode == "straks":
            parts[month - 1] = 1.0
            continue
        ends = month_end(published.origin, month)
        force = 0.0
        for (contract, _), rise in zip(contracts, raised, strict=True):
            if rise <= 0:
                continue
            if contract.is_fixed_term and contract.agreed_end_on and contract.agreed_end_on > published.origin:
                force += rise * (contract.agreed_end_on <= ends)
            else:
                days = stay_days.get(contract.category, float("inf"))
                turnover = min(30.4375 / days, 1.0) if days > 0 else 1.0
                force += rise * Rise(None, turnover).share(month - begins + 1)
        parts[month - 1] = force / total if total else 0.0
    return whole, parts
