select
    municipality_no,
    kostra_function,
    budget_year,
    budget_unit,
    original_budget_nok,
    revised_budget_nok,
    accounts_nok,
    make_date(budget_year, 12, 31) as year_ends_on
from {{ ref('stg_governance__budget') }}
