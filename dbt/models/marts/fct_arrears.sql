-- What was owed when. Between two payments a charge's remainder stands still, so arrears on any day are the plain
-- sum of the spells that hold it. Vacancy rent is booked on the municipality itself and is nobody's arrears.
with changes as (
    select
        municipality_no,
        charge_id,
        due_on as changed_on,
        amount_nok
    from {{ ref('fct_rent_charge') }}
    union all
    select
        municipality_no,
        charge_id,
        -- before it is due a charge is not in arrears, whatever is paid or taken back
        greatest(paid_on, due_on) as changed_on,
        -amount_nok as amount_nok
    from {{ ref('fct_payment') }}
    where paid_on is not null
),

days as (
    select
        municipality_no,
        charge_id,
        changed_on,
        sum(amount_nok) as amount_nok
    from changes
    group by municipality_no, charge_id, changed_on
),

spells as (
    select
        municipality_no,
        charge_id,
        changed_on as owed_from_on,
        lead(changed_on) over charge as owed_to_on,
        sum(amount_nok) over charge as remainder_nok
    from days
    window charge as (partition by municipality_no, charge_id order by changed_on)
)

select
    spells.municipality_no,
    spells.charge_id,
    spells.owed_from_on,
    spells.owed_to_on,
    spells.remainder_nok,
    charge.charge_type,
    charge.due_on,
    charge.dwelling_id,
    charge.housing_category,
    charge.area,
    charge.manager,
    charge.tenure,
    charge.contract_id,
    stay.stay_id,
    stay.housing_category as stay_housing_category,
    -- the tenant is in arrears while the dwelling is the tenant's and the charge was due more than 30 days before
    case
        when stay.stay_id is not null then greatest(spells.owed_from_on, charge.due_on + 31, stay.started_on)
    end as tenant_late_from_on,
    case when stay.stay_id is not null then least(spells.owed_to_on, stay.ended_on) end as tenant_late_to_on
from spells
inner join {{ ref('fct_rent_charge') }} as charge
    on
        spells.municipality_no = charge.municipality_no
        and spells.charge_id = charge.charge_id
inner join {{ ref('stg_night__scope') }} as scope
    on spells.municipality_no = scope.municipality_no
left join {{ ref('fct_stay') }} as stay
    on
        charge.municipality_no = stay.municipality_no
        and charge.stay_id = stay.stay_id
where
    spells.remainder_nok > 0
    and charge.charge_type in ('husleie', 'skade', 'gebyr')
    and charge.due_on <= scope.as_of
