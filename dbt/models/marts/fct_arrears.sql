-- What was owed when. Between two payments a charge's remainder stands still, so arrears on any day are the plain
-- sum of the spells that hold it. Vacancy rent is booked on the municipality itself and is nobody's arrears.
with charges as (
    select charge.*
    from {{ ref('fct_rent_charge') }} as charge
    inner join {{ ref('stg_night__scope') }} as scope
        on charge.municipality_no = scope.municipality_no
    where
        charge.charge_type in ('husleie', 'skade', 'gebyr')
        and charge.due_on <= scope.as_of
),

changes as (
    select
        municipality_no,
        charge_id,
        due_on as changed_on,
        0 as paid_nok
    from charges
    union all
    select
        payment.municipality_no,
        payment.charge_id,
        -- before it is due a charge is not in arrears, whatever is paid or taken back
        greatest(payment.paid_on, charges.due_on) as changed_on,
        payment.amount_nok as paid_nok
    from {{ ref('fct_payment') }} as payment
    inner join charges
        on
            payment.municipality_no = charges.municipality_no
            and payment.charge_id = charges.charge_id
    where payment.paid_on is not null
),

days as (
    select
        municipality_no,
        charge_id,
        changed_on,
        sum(paid_nok) as paid_nok
    from changes
    group by municipality_no, charge_id, changed_on
),

spells as (
    select
        municipality_no,
        charge_id,
        changed_on as owed_from_on,
        lead(changed_on) over (partition by municipality_no, charge_id order by changed_on) as owed_to_on,
        sum(paid_nok) over (partition by municipality_no, charge_id order by changed_on) as paid_so_far_nok
    from days
)

select
    spells.municipality_no,
    spells.charge_id,
    spells.owed_from_on,
    spells.owed_to_on,
    charges.amount_nok - spells.paid_so_far_nok as remainder_nok,
    charges.charge_type,
    charges.due_on,
    charges.dwelling_id,
    charges.housing_category,
    charges.area,
    charges.manager,
    charges.tenure,
    charges.contract_id,
    stay.stay_id,
    stay.housing_category as stay_housing_category,
    -- the tenant is in arrears while the dwelling is the tenant's and the charge was due more than 30 days before
    case when stay.stay_id is not null
        then greatest(spells.owed_from_on, charges.due_on + 31, stay.started_on)
    end as tenant_late_from_on,
    case when stay.stay_id is not null
        then least(spells.owed_to_on, stay.ended_on)
    end as tenant_late_to_on
from spells
inner join charges
    on
        spells.municipality_no = charges.municipality_no
        and spells.charge_id = charges.charge_id
left join {{ ref('fct_stay') }} as stay
    on
        charges.municipality_no = stay.municipality_no
        and charges.stay_id = stay.stay_id
where charges.amount_nok > spells.paid_so_far_nok
