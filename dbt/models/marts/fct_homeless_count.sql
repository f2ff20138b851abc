select
    municipality_no,
    year,
    value as homeless_persons,
    make_date(year, 1, 1) as year_begins_on
from {{ ref('int_own_figures') }}
where indicator = 'homeless_persons'
