with owed as (
    select
        municipality_no,
        sum(remainder_nok) as remainder_nok
    from {{ ref('fct_arrears') }}
    where owed_to_on is null
    group by municipality_no
),

-- not of staging, whose views stand from night to night: a test of them would be left out with them (night/dbt.py)
tonight as (
    select distinct
        municipality_no,
        as_of
    from {{ ref('dim_period') }}
),

remaining as (
    select
        charge.municipality_no,
        sum(charge.remainder_nok) as remainder_nok
    from {{ ref('fct_rent_charge') }} as charge
    inner join tonight
        on charge.municipality_no = tonight.municipality_no
    where charge.charge_type in ('husleie', 'skade', 'gebyr') and charge.due_on <= tonight.as_of
    group by charge.municipality_no
)

select
    remaining.municipality_no,
    owed.remainder_nok as owed_nok,
    remaining.remainder_nok as remaining_nok
from remaining
left join owed on remaining.municipality_no = owed.municipality_no
where coalesce(owed.remainder_nok, 0) <> remaining.remainder_nok
