-- How many dwellings the municipality would have with as many by inhabitant as the country. The country's figures are
-- of the year of period end, else of the latest year before of which both are known.
with rates as (
    select
        dwellings.municipality_no,
        make_date(dwellings.year, 1, 1) as valid_from,
        make_date(
            lead(dwellings.year) over (partition by dwellings.municipality_no order by dwellings.year), 1, 1
        ) as valid_to,
        dwellings.value / population.value as dwellings_by_inhabitant
    from {{ ref('fct_kostra') }} as dwellings
    inner join {{ ref('fct_kostra') }} as population
        on
            dwellings.municipality_no = population.municipality_no
            and dwellings.region_code = population.region_code
            and dwellings.year = population.year
            and population.indicator = 'population'
    where
        -- Statistics Norway's code of the country
        dwellings.region_code = '0'
        and dwellings.indicator = 'kommunale_boliger'
        and dwellings.value is not null
        and population.value > 0
)

select
    period.municipality_no,
    period.period_type,
    period.period_start,
    'total' as dimension,
    'total' as dimension_value,
    'stock_at_country_rate' as measure_id,
    (rates.dwellings_by_inhabitant * population.population)::double precision as value
from {{ ref('dim_period') }} as period
inner join rates
    on
        period.municipality_no = rates.municipality_no
        and period.measured_end >= rates.valid_from
        and (rates.valid_to is null or period.measured_end < rates.valid_to)
inner join {{ ref('fct_population') }} as population
    on
        period.municipality_no = population.municipality_no
        and period.measured_end >= population.valid_from
        and (population.valid_to is null or period.measured_end < population.valid_to)
