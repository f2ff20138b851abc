select
    municipality_no,
    tildeling_id as allocation_id,
    soknad_id as application_id,
    bolig_id as dwelling_id,
    tildelt_dato as allocated_on,
    tildelingstype as allocation_type,
    tildelingsutvalg as committee,
    svar as answer,
    svar_dato as answered_on
from {{ source('allocation', 'allocation') }}
