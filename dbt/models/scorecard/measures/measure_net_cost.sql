-- What the municipality's dwellings cost (KOSTRA function 265) in a year that is over, where every unit's accounts are
-- known, beside the dwellings that it had on average.
with cost as (
    select
        municipality_no,
        year_ends_on,
        sum(accounts_nok) as nok
    from {{ ref('fct_budget') }}
    where kostra_function = '265'
    group by municipality_no, year_ends_on
    having bool_and(accounts_nok is not null)
)

select
    period.municipality_no,
    period.period_type,
    period.period_start,
    'total' as dimension,
    'total' as dimension_value,
    measure.measure_id,
    (case measure.measure_id when 'housing_net_cost' then cost.nok else stock.value end)::double precision as value
from {{ ref('dim_period') }} as period
inner join cost on period.municipality_no = cost.municipality_no and period.measured_end = cost.year_ends_on
inner join {{ ref('measure_days') }} as stock
    on
        period.municipality_no = stock.municipality_no
        and period.period_type = stock.period_type
        and period.period_start = stock.period_start
        and stock.measure_id = 'stock_average'
        and stock.dimension = 'total'
cross join (values ('housing_net_cost'), ('dwellings_of_known_cost')) as measure (measure_id)
where period.period_type = 'year'
