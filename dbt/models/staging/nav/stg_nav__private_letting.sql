select
    municipality_no,
    bistand_id as private_letting_id,
    fodselsnummer as person_id,
    start_dato as assisted_on,
    bolig_funnet_dato as found_on,
    leie_slutt_dato as rented_to_on,
    ansvarlig as assisted_by
from {{ source('nav', 'private_letting') }}
