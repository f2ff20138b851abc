select
    municipality_no,
    measure_id,
    funding_year,
    funding_type,
    economic_plan_nok,
    budgeted_nok,
    accounts_nok,
    state_grant_nok
from {{ ref('stg_governance__measure_funding') }}
