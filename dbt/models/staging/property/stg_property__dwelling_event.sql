select
    municipality_no,
    hendelse_id as event_id,
    bolig_id as dwelling_id,
    hendelse as event_type,
    hendelse_dato as event_on
from {{ source('property', 'dwelling_event') }}
