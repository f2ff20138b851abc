select
    municipality_no,
    scenario_id,
    scenario_name,
    made_by,
    made_on,
    scenario_status,
    horizon_months,
    budget_nok
from {{ ref('stg_governance__scenario') }}
