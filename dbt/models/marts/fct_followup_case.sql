with cases as (
    select
        followup.municipality_no,
        followup.followup_id,
        followup.person_id,
        followup.decision_id,
        followup.followup_unit,
        followup.followup_group,
        followup.followup_method,
        followup.followup_goal,
        {{ happened('followup.applied_for_on') }} as applied_for_on,
        {{ happened('followup.decided_on') }} as decided_on,
        {{ happened('followup.followup_from_on') }} as followup_from_on,
        {{ happened('followup.followup_to_on') }} as followup_to_on,
        {{ happened_code('followup.followup_end_reason', 'followup.followup_to_on') }} as followup_end_reason,
        followup.granted_hours_week,
        followup.is_voluntary,
        followup.legal_basis,
        followup.kpr_service_code
    from {{ ref('stg_followup__followup_case') }} as followup
    inner join {{ ref('stg_night__scope') }} as scope
        on followup.municipality_no = scope.municipality_no
)

select
    *,
    least(followup_from_on, followup_to_on) as waited_to_on
from cases
