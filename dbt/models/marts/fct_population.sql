select
    municipality_no,
    year,
    value as population,
    region_code,
    make_date(year, 1, 1) as valid_from,
    -- a year without a figure has the latest before
    make_date(lead(year) over (partition by municipality_no order by year), 1, 1) as valid_to
from {{ ref('int_own_figures') }}
where indicator = 'population'
