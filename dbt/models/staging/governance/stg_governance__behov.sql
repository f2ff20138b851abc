select
    municipality_no,
    navn as party_name,
    rolle as party_role,
    dato as took_part_on,
    merknad as party_note
from {{ source('governance', 'behov') }}
