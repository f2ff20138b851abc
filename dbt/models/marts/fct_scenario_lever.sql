select
    municipality_no,
    lever_id,
    scenario_id,
    lever_no,
    lever,
    housing_category,
    from_housing_category,
    waits_for,
    acts_from_on,
    acts_to_on,
    lever_value,
    lever_mode
from {{ ref('stg_governance__spak') }}
