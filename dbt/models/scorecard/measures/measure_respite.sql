-- Nights of respite in a year, and how many persons they were given to.
select
    period.municipality_no,
    period.period_type,
    period.period_start,
    'total' as dimension,
    'total' as dimension_value,
    measure.measure_id,
    (
        case measure.measure_id when 'respite_nights' then respite.respite_nights else respite.respite_persons end
    )::double precision as value
from {{ ref('dim_period') }} as period
inner join {{ ref('fct_respite') }} as respite
    on
        period.municipality_no = respite.municipality_no
        and period.period_start = respite.year_begins_on
cross join (values ('respite_nights'), ('respite_persons')) as measure (measure_id)
where period.period_type = 'year'
