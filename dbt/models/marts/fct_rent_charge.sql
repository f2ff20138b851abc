with paid as (
    select
        municipality_no,
        charge_id,
        sum(amount_nok) as paid_nok,
        min(paid_on) as first_paid_on,
        max(paid_on) as last_paid_on
    from {{ ref('fct_payment') }}
    where paid_on is not null
    group by municipality_no, charge_id
)

select
    charge.municipality_no,
    charge.charge_id,
    charge.charge_type,
    charge.dwelling_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    charge.contract_id,
    contract.stay_id,
    charge.charge_month,
    charge.due_on,
    charge.amount_nok,
    coalesce(paid.paid_nok, 0) as paid_nok,
    -- a credit and an over-payment owe nothing; they do not pay another charge
    greatest(charge.amount_nok - coalesce(paid.paid_nok, 0), 0) as remainder_nok,
    paid.first_paid_on,
    paid.last_paid_on
from {{ ref('stg_accounting__rent_charge') }} as charge
inner join {{ ref('dim_dwelling') }} as dwelling
    on
        charge.municipality_no = dwelling.municipality_no
        and charge.dwelling_id = dwelling.dwelling_id
left join {{ ref('fct_contract') }} as contract
    on
        charge.municipality_no = contract.municipality_no
        and charge.contract_id = contract.contract_id
left join paid
    on
        charge.municipality_no = paid.municipality_no
        and charge.charge_id = paid.charge_id
