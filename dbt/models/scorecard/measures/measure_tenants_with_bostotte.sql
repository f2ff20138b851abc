-- Tenants at period end (of a stay the person on its current contract) who had state housing allowance in the
-- period's last month for which the municipality has any row of bostotte.
with last_months as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        period.measured_end,
        max(bostotte.benefit_month) as benefit_month
    from {{ ref('int_period_days') }} as period
    inner join (select distinct municipality_no, benefit_month from {{ ref('fct_bostotte') }}) as bostotte
        on
            period.municipality_no = bostotte.municipality_no
            and period.day = bostotte.benefit_month
    group by period.municipality_no, period.period_type, period.period_start, period.measured_end
)

select
    last_months.municipality_no,
    last_months.period_type,
    last_months.period_start,
    'total' as dimension,
    'total' as dimension_value,
    'tenants_with_bostotte' as measure_id,
    count(distinct contract.person_id)::double precision as value
from last_months
inner join {{ ref('fct_bostotte') }} as bostotte
    on
        last_months.municipality_no = bostotte.municipality_no
        and last_months.benefit_month = bostotte.benefit_month
        and bostotte.scheme = 'statlig'
        and bostotte.is_recipient
inner join {{ ref('fct_contract') }} as contract
    on
        bostotte.municipality_no = contract.municipality_no
        and bostotte.person_id = contract.person_id
        and contract.started_on <= last_months.measured_end
        and (contract.superseded_on is null or contract.superseded_on > last_months.measured_end)
group by last_months.municipality_no, last_months.period_type, last_months.period_start
