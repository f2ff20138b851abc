select
    municipality_no,
    sak_id as eviction_case_id,
    kontrakt_id as contract_id,
    begjaert_dato as petitioned_on,
    utfall as eviction_outcome,
    utfall_dato as outcome_on
from {{ source('accounting', 'eviction_case') }}
