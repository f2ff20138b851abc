select
    municipality_no,
    pot_year,
    pot_nok,
    make_date(pot_year, 1, 1) as year_begins_on
from {{ ref('stg_governance__grant_pot') }}
