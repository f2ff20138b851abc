select
    period.municipality_no,
    days.day::date as day,
    period.period_type,
    period.period_start,
    period.measured_end,
    period.days,
    period.year_days
from {{ ref('dim_period') }} as period
cross join lateral generate_series(
    period.period_start::timestamp, period.measured_end::timestamp, interval '1 day'
) as days (day)
