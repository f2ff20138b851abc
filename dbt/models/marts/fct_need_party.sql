select
    municipality_no,
    party_name,
    party_role,
    took_part_on,
    party_note
from {{ ref('stg_governance__behov') }}
