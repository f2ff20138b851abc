select
    municipality_no,
    utfordring_id as challenge_id,
    tittel as title,
    type as challenge_type,
    alvor as severity,
    status as challenge_status,
    registrert_dato as registered_on,
    sist_vurdert_dato as last_reviewed_on,
    metric_id,
    endring_grunn as change_reason,
    blokkerer as blocks_challenge_id
from {{ source('governance', 'challenge') }}
