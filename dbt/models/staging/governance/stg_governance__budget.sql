select
    municipality_no,
    funksjon as kostra_function,
    aar as budget_year,
    ansvar as budget_unit,
    budsjett_opprinnelig as original_budget_nok,
    budsjett_revidert as revised_budget_nok,
    regnskap as accounts_nok
from {{ source('governance', 'budget') }}
