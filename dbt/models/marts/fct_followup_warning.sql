with warnings as (
    select
        warning.municipality_no,
        warning.warning_id,
        warning.contract_id,
        warning.warning_type,
        {{ happened('warning.warned_on') }} as warned_on,
        {{ happened('warning.told_followup_on') }} as told_followup_on,
        {{ happened('warning.solved_on') }} as solved_on,
        {{ happened_code('warning.solution', 'warning.solved_on') }} as solution,
        case when warning.warned_on + 90 <= scope.as_of then warning.warned_on + 90 end as ninety_days_on
    from {{ ref('stg_followup__housing_warning') }} as warning
    inner join {{ ref('stg_night__scope') }} as scope
        on warning.municipality_no = scope.municipality_no
)

select
    *,
    told_followup_on - warned_on as told_days,
    coalesce(solved_on <= warned_on + 90 and solution <> 'begjaring', false) as is_solved_within_90_days
from warnings
