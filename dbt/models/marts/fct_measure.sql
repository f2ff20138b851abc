with moved as (
    select
        municipality_no,
        measure_id,
        sum(value_after::date - value_before::date)::integer as slip_days
    from {{ ref('fct_measure_change') }}
    where changed_field = 'planned_end_on'
    group by municipality_no, measure_id
),

money as (
    select
        municipality_no,
        measure_id,
        sum(economic_plan_nok) as economic_plan_nok,
        sum(budgeted_nok) as budgeted_nok,
        sum(accounts_nok) as accounts_nok
    from {{ ref('stg_governance__measure_funding') }}
    group by municipality_no, measure_id
),

-- money of either kind in one year
budgeted as (
    select
        municipality_no,
        measure_id,
        funding_year
    from {{ ref('stg_governance__measure_funding') }}
    group by municipality_no, measure_id, funding_year
    having sum(budgeted_nok) > 0
),

funded as (
    select
        municipality_no,
        measure_id,
        make_date(min(funding_year) - 1, 1, 1) as funded_from_on
    from budgeted
    group by municipality_no, measure_id
)

select
    measure.municipality_no,
    measure.measure_id,
    measure.title,
    measure.plan,
    measure.operative_unit,
    measure.strategic_owner,
    measure.planned_start_on,
    measure.planned_end_on,
    {{ happened('measure.actual_end_on') }} as actual_end_on,
    measure.measure_status,
    measure.measure_status <> 'fullfort' as is_open,
    measure.measure_status in ('forsinket', 'utsatt', 'stoppet') as is_behind,
    measure.dwellings_planned,
    measure.dwellings_delivered,
    measure.metric_id,
    measure.target_group,
    measure.priority,
    {{ happened('measure.proposed_on') }} as proposed_on,
    {{ happened('measure.adopted_on') }} as adopted_on,
    measure.economic_plan_from_year,
    measure.stopped_reason,
    money.economic_plan_nok,
    money.budgeted_nok,
    money.accounts_nok,
    funded.funded_from_on,
    coalesce(moved.slip_days, 0) as slip_days,
    -- the register knows today's status only
    scope.as_of as status_on
from {{ ref('stg_governance__measure') }} as measure
inner join {{ ref('stg_night__scope') }} as scope
    on measure.municipality_no = scope.municipality_no
left join moved
    on measure.municipality_no = moved.municipality_no and measure.measure_id = moved.measure_id
left join funded
    on measure.municipality_no = funded.municipality_no and measure.measure_id = funded.measure_id
left join money
    on measure.municipality_no = money.municipality_no and measure.measure_id = money.measure_id
