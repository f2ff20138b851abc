select
    municipality_no,
    metric_id,
    dimension,
    dimension_value,
    period_type,
    period_start,
    comment_cause,
    comment_action,
    comment_owner,
    comment_due_on
from {{ ref('stg_governance__kommentar') }}
