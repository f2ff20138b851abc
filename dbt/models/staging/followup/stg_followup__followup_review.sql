select
    municipality_no,
    vurdering_id as review_id,
    oppfolging_id as followup_id,
    dato as reviewed_on,
    omrade as review_field,
    skar as review_score,
    instrument as review_instrument
from {{ source('followup', 'followup_review') }}
