-- An empty value is one that Statistics Norway has not published, and is no row. What is projected of a population is
-- for the needs, and is compared with nothing.
with published as (
    select
        municipality_no,
        region_code,
        region_name,
        year,
        indicator,
        value::double precision as value
    from {{ ref('fct_kostra') }}
    where value is not null and indicator !~ '^population_[A-Z]{4}(_|$)'
)

select
    figure.municipality_no,
    figure.region_code,
    figure.region_name,
    figure.year,
    figure.indicator,
    figure.value,
    figure.value / nullif(population.value, 0) * 1000 as per_1000_inhabitants,
    figure.value / nullif(in_2008.value, 0) * 100 as index_2008,
    figure.value / nullif(year_before.value, 0) - 1 as change_on_previous_year
from published as figure
left join published as population
    on
        figure.municipality_no = population.municipality_no
        and figure.region_code = population.region_code
        and figure.year = population.year
        and population.indicator = 'population'
left join published as in_2008
    on
        figure.municipality_no = in_2008.municipality_no
        and figure.region_code = in_2008.region_code
        and figure.indicator = in_2008.indicator
        and in_2008.year = 2008
left join published as year_before
    on
        figure.municipality_no = year_before.municipality_no
        and figure.region_code = year_before.region_code
        and figure.indicator = year_before.indicator
        and figure.year = year_before.year + 1
