select
    plan.municipality_no,
    plan.repayment_plan_id,
    plan.contract_id,
    contract.stay_id,
    contract.dwelling_id,
    contract.housing_category,
    contract.area,
    contract.manager,
    contract.tenure,
    {{ happened('plan.agreed_on') }} as agreed_on,
    {{ happened('plan.ended_on') }} as ended_on,
    {{ happened_code('plan.end_reason', 'plan.ended_on') }} as end_reason,
    plan.original_amount_nok
from {{ ref('stg_accounting__repayment_plan') }} as plan
inner join {{ ref('stg_night__scope') }} as scope
    on plan.municipality_no = scope.municipality_no
inner join {{ ref('fct_contract') }} as contract
    on
        plan.municipality_no = contract.municipality_no
        and plan.contract_id = contract.contract_id
