with payments as (
    select
        payment.municipality_no,
        payment.payment_id,
        payment.charge_id,
        {{ happened('payment.paid_on') }} as paid_on,
        payment.amount_nok,
        payment.paid_by
    from {{ ref('stg_accounting__payment') }} as payment
    inner join {{ ref('stg_night__scope') }} as scope
        on payment.municipality_no = scope.municipality_no
)

select
    payments.municipality_no,
    payments.payment_id,
    payments.charge_id,
    charge.charge_type,
    charge.dwelling_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    charge.contract_id,
    contract.stay_id,
    charge.due_on,
    charge.amount_nok as charge_amount_nok,
    payments.paid_on,
    payments.paid_on - charge.due_on as days_after_due,
    payments.amount_nok,
    payments.paid_by,
    case
        when payments.paid_on is not null
            then sum(payments.amount_nok) over (
                partition by payments.municipality_no, payments.charge_id
                order by payments.paid_on nulls last, payments.payment_id
                rows between unbounded preceding and current row
            )
    end as paid_so_far_nok
from payments
inner join {{ ref('stg_accounting__rent_charge') }} as charge
    on
        payments.municipality_no = charge.municipality_no
        and payments.charge_id = charge.charge_id
inner join {{ ref('dim_dwelling') }} as dwelling
    on
        charge.municipality_no = dwelling.municipality_no
        and charge.dwelling_id = dwelling.dwelling_id
left join {{ ref('fct_contract') }} as contract
    on
        charge.municipality_no = contract.municipality_no
        and charge.contract_id = contract.contract_id
