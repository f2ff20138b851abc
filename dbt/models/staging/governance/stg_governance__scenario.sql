select
    municipality_no,
    scenario_id,
    navn as scenario_name,
    laget_av as made_by,
    laget_dato as made_on,
    status as scenario_status,
    horisont_mnd as horizon_months,
    budsjett as budget_nok
from {{ source('governance', 'scenario') }}
