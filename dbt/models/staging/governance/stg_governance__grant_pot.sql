select
    municipality_no,
    aar as pot_year,
    tildelt_belop as pot_nok
from {{ source('governance', 'grant_pot') }}
