select
    municipality_no,
    sak_id as income_case_id,
    fodselsnummer as person_id,
    henvist_dato as referred_on,
    start_dato as managed_from_on,
    slutt_dato as income_case_ended_on,
    slutt_arsak as income_end_reason
from {{ source('nav', 'income_management') }}
