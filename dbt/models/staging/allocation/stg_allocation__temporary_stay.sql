select
    municipality_no,
    opphold_id as temporary_stay_id,
    fodselsnummer as person_id,
    fra_dato as from_on,
    til_dato as to_on,
    dognpris as night_price_nok
from {{ source('allocation', 'temporary_stay') }}
