with months as (
    select
        months.municipality_no,
        months.followup_id,
        followup.person_id,
        followup.followup_unit,
        followup.followup_group,
        followup.followup_method,
        months.followup_month,
        months.direct_hours,
        months.direct_hours + coalesce(months.indirect_hours, 0) as total_hours,
        months.no_shows,
        months.contacts + months.no_shows as visits,
        months.cost_nok,
        greatest(
            least(
                coalesce(followup.followup_to_on, 'infinity'),
                (months.followup_month + interval '1 month')::date,
                scope.as_of + 1
            ) - greatest(followup.followup_from_on, months.followup_month),
            0
        ) as active_days,
        followup.granted_hours_week
    from {{ ref('stg_followup__followup_month') }} as months
    inner join {{ ref('fct_followup_case') }} as followup
        on
            months.municipality_no = followup.municipality_no
            and months.followup_id = followup.followup_id
    inner join {{ ref('stg_night__scope') }} as scope
        on months.municipality_no = scope.municipality_no
    -- the month is part of the key and cannot be emptied as other dates are; a case that has not begun has none
    where months.followup_month <= scope.as_of and followup.followup_from_on is not null
)

select
    municipality_no,
    followup_id,
    person_id,
    followup_unit,
    followup_group,
    followup_method,
    followup_month,
    direct_hours,
    total_hours,
    no_shows,
    visits,
    cost_nok,
    active_days,
    trim_scale(granted_hours_week * active_days / 7) as granted_hours
from months
