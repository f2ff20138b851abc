select
    resolution.municipality_no,
    resolution.resolution_id,
    resolution.title,
    {{ happened('resolution.resolved_on') }} as resolved_on,
    resolution.resolution_owner,
    resolution.follow_up_on,
    resolution.resolution_status,
    -- decided later than the as-of date, it is not decided yet
    resolution.resolution_status in ('vedtatt', 'under_arbeid') and resolution.resolved_on <= scope.as_of as is_open,
    resolution.resolution_status in ('vedtatt', 'under_arbeid')
    and resolution.resolved_on <= scope.as_of
    and coalesce(resolution.follow_up_on < scope.as_of, false) as is_past_follow_up,
    resolution.metric_id,
    scope.as_of as status_on
from {{ ref('stg_governance__vedtak') }} as resolution
inner join {{ ref('stg_night__scope') }} as scope
    on resolution.municipality_no = scope.municipality_no
