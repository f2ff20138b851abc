select
    municipality_no,
    respite_year,
    respite_persons,
    respite_nights,
    make_date(respite_year, 1, 1) as year_begins_on
from {{ ref('stg_governance__respite') }}
