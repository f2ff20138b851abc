select
    municipality_no,
    kostra_function,
    budget_year,
    budget_unit,
    original_budget_nok,
    revised_budget_nok,
    accounts_nok,
    make_date(budget_year, 12, 31) as year_ends_on,
    case
        when bool_and(accounts_nok is not null) over of_function then sum(accounts_nok) over of_function
    end as function_accounts_nok
from {{ ref('stg_governance__budget') }}
window of_function as (partition by municipality_no, kostra_function, budget_year)
