select
    municipality_no,
    kostra_function,
    budget_year,
    budget_unit,
    original_budget_nok,
    revised_budget_nok,
    accounts_nok
from {{ ref('stg_governance__budget') }}
