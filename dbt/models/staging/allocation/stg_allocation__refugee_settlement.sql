select
    municipality_no,
    bosetting_id as settlement_id,
    fodselsnummer as person_id,
    bosatt_dato as settled_on,
    boligtype as dwelling_type,
    familiegjenforening as is_family_reunification
from {{ source('allocation', 'refugee_settlement') }}
