"""What is published of a municipality's needs: a query for each kind of record.

Belongs here: reading marts, as they stand at the end of a day. Does not belong here: what is counted (counting.py), and
the queues' months (outlook/series.py).
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from dagster_project.needs import population
from dagster_project.needs.counting import Applied, Coefficient, Records, Registered, Staying, Vacant, Waiting
from dagster_project.needs.groups import by_category
from dagster_project.needs.reckoning import Basis, Measure
from dagster_project.outlook.series import Published
from dagster_project.vocabulary import municipalities

if TYPE_CHECKING:
    from psycopg import Connection

Row = TypeVar("Row", bound=tuple[Any, ...] | Measure)


def read(connection: "Connection[Any]", published: Published, on: date) -> Basis:
    """What an overview at the end of this day is reckoned from."""
    number = published.municipality_no
    terms = {"no": number, "on": on, "numbers": municipalities.numbers_of(number)}

    def rows(kind: Callable[..., Row], query: LiteralString) -> list[Row]:
        return [kind(*row) for row in connection.execute(query, terms)]

    def one(query: LiteralString) -> Any:
        row = connection.execute(query, terms).fetchone()
        return row and row[0]

    registered = rows(Registered, _REGISTERED)
    return Basis(
        published,
        Records(
            waiting=rows(Waiting, _WAITING), staying=rows(Staying, _STAYING), applied=rows(Applied, _APPLIED),
            registered=registered if registered or one(_IS_DELIVERED) else None, vacant=rows(Vacant, _VACANT),
            tenants=dict(connection.execute(_TENANTS, terms).fetchall()),
            dwellings=dict(connection.execute(_DWELLINGS, terms).fetchall()),
            coefficients=rows(Coefficient, _COEFFICIENTS),
        ),
        by_category(number),
        population.read({(name, year): value for name, year, value in connection.execute(_POPULATION, terms)}),
        rows(Measure, _MEASURES),
        one(_AGREED),
    )  # fmt: skip


_WAITING: LiteralString = """
    select
        application.person_id, entry.housing_category, entered_on, exited_on,
        coalesce(application.children > 0, false)
    from marts.fct_queue_entry as entry
    inner join marts.fct_application as application using (municipality_no, application_id)
    where municipality_no = %(no)s and is_in_queue and entered_on <= %(on)s and coalesce(exited_on > %(on)s, true)
"""

_STAYING: LiteralString = """
    select person_id, from_on, to_on from marts.fct_temporary_stay
    where municipality_no = %(no)s and from_on <= %(on)s and coalesce(to_on > %(on)s, true)
"""

_APPLIED: LiteralString = """
    select person_id, housing_category, received_on, decided_on, outcome, coalesce(children > 0, false)
    from marts.fct_application
    where municipality_no = %(no)s and application_type = 'ny' and received_on is not null
"""

_REGISTERED: LiteralString = """
    select person_id, need_group, need_dwelling_type, wanted_from_on, need_status, confirmed_on
    from marts.fct_need where municipality_no = %(no)s and confirmed_on is not null
"""

# an empty register says that there is nobody in it; one that never came says nothing
_IS_DELIVERED: LiteralString = """
    select true from landing.delivery_file
    where municipality_no = %(no)s and table_name = 'need_register' limit 1
"""

_COEFFICIENTS: LiteralString = """
    select
        need_group, prevalence::float8, prevalence_low::float8, prevalence_high::float8, share_without::float8,
        coefficient_source, valid_from
    from marts.fct_need_coefficient where municipality_no = %(no)s
"""

_VACANT: LiteralString = """
    select housing_category, dwelling_id from marts.fct_vacancy_phase
    where municipality_no = %(no)s and phase = 'tildeling' and from_on <= %(on)s and to_on > %(on)s
"""

_TENANTS: LiteralString = """
    select housing_category, count(*)::integer from marts.fct_stay
    where municipality_no = %(no)s and started_on <= %(on)s and coalesce(ended_on > %(on)s, true) group by 1
"""

_DWELLINGS: LiteralString = """
    select housing_category, count(*)::integer from marts.dim_dwelling
    where municipality_no = %(no)s and acquired_on <= %(on)s and coalesce(disposed_on > %(on)s, true) group by 1
"""

# the municipality's own, under whatever number it had
_POPULATION: LiteralString = """
    select distinct on (indicator, year) indicator, year, value::float8
    from marts.fct_kostra
    where
        municipality_no = %(no)s and indicator ~ '^population' and value is not null
        and region_code = any(%(numbers)s)
    order by indicator, year, region_code <> municipality_no
"""

# for whom a measure is for all, no group gets any
_MEASURES: LiteralString = """
    select target_group, dwellings_planned - coalesce(dwellings_delivered, 0), planned_end_on
    from marts.fct_measure
    where
        municipality_no = %(no)s and measure_status in ('planlagt', 'pagar', 'forsinket') and adopted_on <= %(on)s
        and planned_end_on is not null and target_group <> 'alle'
        and dwellings_planned > coalesce(dwellings_delivered, 0)
    order by measure_id
"""

_AGREED: LiteralString = """
    select persons_agreed::float8 from marts.fct_settlement_agreement
    where municipality_no = %(no)s and agreement_year <= extract(year from %(on)s::date) and persons_agreed is not null
    order by agreement_year desc limit 1
"""
