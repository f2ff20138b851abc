select
    challenge.municipality_no,
    challenge.challenge_id,
    challenge.title,
    challenge.challenge_type,
    challenge.severity,
    challenge.challenge_status,
    -- registered later than the as-of date, it is not in the register yet
    challenge.challenge_status in ('apen', 'under_arbeid') and challenge.registered_on <= scope.as_of as is_open,
    {{ happened('challenge.registered_on') }} as registered_on,
    {{ happened('challenge.last_reviewed_on') }} as last_reviewed_on,
    challenge.metric_id,
    challenge.change_reason,
    challenge.blocks_challenge_id,
    -- the register knows today's status only
    scope.as_of as status_on
from {{ ref('stg_governance__challenge') }} as challenge
inner join {{ ref('stg_night__scope') }} as scope
    on challenge.municipality_no = scope.municipality_no
