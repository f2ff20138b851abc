-- Who had state housing allowance in the period's last month for which the municipality has any row of bostotte:
-- the extract runs behind, and a month that is not there yet would read as nobody receiving anything.
with months as (
    select distinct
        municipality_no,
        benefit_month
    from {{ ref('fct_bostotte') }}
),

last_months as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        max(months.benefit_month) as benefit_month
    from {{ ref('dim_period') }} as period
    inner join months
        on
            period.municipality_no = months.municipality_no
            and months.benefit_month between period.period_start and period.measured_end
    group by period.municipality_no, period.period_type, period.period_start
),

recipients as (
    select
        last_months.municipality_no,
        last_months.period_type,
        last_months.period_start,
        bostotte.person_id,
        bostotte.is_municipal_tenant,
        bostotte.is_over_ceiling
    from last_months
    inner join {{ ref('fct_bostotte') }} as bostotte
        on
            last_months.municipality_no = bostotte.municipality_no
            and last_months.benefit_month = bostotte.benefit_month
    where bostotte.scheme = 'statlig' and bostotte.is_recipient
),

-- an intersection and no join: 54,000 recipients against 2,800 contracts took 42 s where the planner chose a loop
tenants_who_receive as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        contract.person_id
    from {{ ref('dim_period') }} as period
    inner join {{ ref('fct_contract') }} as contract
        on
            period.municipality_no = contract.municipality_no
            and period.measured_end >= contract.started_on
            and (contract.superseded_on is null or period.measured_end < contract.superseded_on)
    intersect
    select
        municipality_no,
        period_type,
        period_start,
        person_id
    from recipients
)

select
    municipality_no,
    period_type,
    period_start,
    'total' as dimension,
    'total' as dimension_value,
    'tenants_with_bostotte' as measure_id,
    count(*)::double precision as value
from tenants_who_receive
group by municipality_no, period_type, period_start

union all

select
    municipality_no,
    period_type,
    period_start,
    'total' as dimension,
    'total' as dimension_value,
    'bostotte_tenants_with_ceiling' as measure_id,
    count(is_over_ceiling)::double precision as value
from recipients
where is_municipal_tenant
group by municipality_no, period_type, period_start

union all

select
    municipality_no,
    period_type,
    period_start,
    'total' as dimension,
    'total' as dimension_value,
    'bostotte_tenants_over_ceiling' as measure_id,
    count(*)::double precision as value
from recipients
where is_municipal_tenant and is_over_ceiling
group by municipality_no, period_type, period_start
