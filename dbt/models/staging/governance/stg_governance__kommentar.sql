select
    municipality_no,
    metric_id,
    dimension,
    dimension_value,
    period_type,
    period_start,
    arsak as comment_cause,
    tiltak as comment_action,
    ansvarlig as comment_owner,
    frist_dato as comment_due_on
from {{ source('governance', 'kommentar') }}
