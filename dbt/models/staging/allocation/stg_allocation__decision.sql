select
    municipality_no,
    vedtak_id as decision_id,
    soknad_id as application_id,
    vedtak_dato as decided_on,
    utfall as outcome,
    avslagsgrunn as rejection_reason,
    klage_dato as complained_on,
    klage_utfall as complaint_outcome
from {{ source('allocation', 'decision') }}
