select
    municipality_no,
    garanti_id as guarantee_id,
    fodselsnummer as person_id,
    gitt_dato as given_on,
    utleier as landlord,
    belop as guaranteed_nok,
    utlopt_dato as lapsed_on,
    innfridd_dato as called_on,
    innfridd_belop as called_nok
from {{ source('nav', 'guarantee') }}
