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
    -- the register knows today's status only
    scope.as_of as status_on
from {{ ref('stg_governance__measure') }} as measure
inner join {{ ref('stg_night__scope') }} as scope
    on measure.municipality_no = scope.municipality_no
