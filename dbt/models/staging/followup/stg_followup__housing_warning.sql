select
    municipality_no,
    varsel_id as warning_id,
    kontrakt_id as contract_id,
    varsel_dato as warned_on,
    type as warning_type,
    meldt_oppfolging_dato as told_followup_on,
    lost_dato as solved_on,
    losning as solution
from {{ source('followup', 'housing_warning') }}
