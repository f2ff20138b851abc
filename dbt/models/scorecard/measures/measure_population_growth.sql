-- How much the population grew a year over the five years to the first of January of the year, and how much it was to
-- grow by the assumption that holds at the end of the year.
with growth as (
    select
        later.municipality_no,
        later.year,
        (later.population / earlier.population) ^ 0.2 - 1 as value
    from {{ ref('fct_population') }} as later
    inner join {{ ref('fct_population') }} as earlier
        on
            later.municipality_no = earlier.municipality_no
            and later.year = earlier.year + 5
    where later.population > 0 and earlier.population > 0
),

planned as (
    select distinct on (period.municipality_no, period.period_start)
        period.municipality_no,
        period.period_start,
        assumption.assumption_value as value
    from {{ ref('dim_period') }} as period
    inner join {{ ref('fct_assumption') }} as assumption
        on
            period.municipality_no = assumption.municipality_no
            and period.measured_end >= assumption.valid_from
    where
        period.period_type = 'year'
        and assumption.assumption_code = 'befolkningsvekst'
        and assumption.assumption_category = 'alle'
    order by period.municipality_no asc, period.period_start asc, assumption.valid_from desc
)

select
    period.municipality_no,
    period.period_type,
    period.period_start,
    'total' as dimension,
    'total' as dimension_value,
    'population_growth' as measure_id,
    growth.value::double precision as value
from {{ ref('dim_period') }} as period
inner join growth
    on
        period.municipality_no = growth.municipality_no
        and extract(year from period.period_start)::integer = growth.year
where period.period_type = 'year'

union all

select
    municipality_no,
    'year' as period_type,
    period_start,
    'total' as dimension,
    'total' as dimension_value,
    'population_growth_planned' as measure_id,
    value::double precision as value
from planned
