select
    eviction.municipality_no,
    eviction.eviction_case_id,
    eviction.contract_id,
    contract.stay_id,
    contract.dwelling_id,
    contract.housing_category,
    contract.area,
    contract.manager,
    contract.tenure,
    {{ happened('eviction.petitioned_on') }} as petitioned_on,
    {{ happened('eviction.outcome_on') }} as outcome_on,
    {{ happened_code('eviction.eviction_outcome', 'eviction.outcome_on') }} as eviction_outcome
from {{ ref('stg_accounting__eviction_case') }} as eviction
inner join {{ ref('stg_night__scope') }} as scope
    on eviction.municipality_no = scope.municipality_no
inner join {{ ref('fct_contract') }} as contract
    on
        eviction.municipality_no = contract.municipality_no
        and eviction.contract_id = contract.contract_id
