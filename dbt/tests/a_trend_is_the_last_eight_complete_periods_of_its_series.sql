-- A unit test cannot say what an array must be, so the data themselves are asked.
with series as (
    select
        municipality_no,
        period_type,
        period_start,
        sum(is_series_break::integer) over (
            partition by municipality_no, period_type order by period_start
        ) as series,
        row_number() over (partition by municipality_no, period_type order by period_start desc) as age
    from {{ ref('dim_period') }}
    where is_complete
),

expected as (
    select
        figure.municipality_no,
        figure.metric_id,
        figure.period_type,
        figure.dimension,
        figure.dimension_value,
        array_agg(case when figure.is_ripe then figure.value end order by series.age desc) as trend
    from {{ ref('metric_value') }} as figure
    inner join series
        on
            figure.municipality_no = series.municipality_no
            and figure.period_type = series.period_type
            and figure.period_start = series.period_start
    inner join series as latest
        on
            series.municipality_no = latest.municipality_no
            and series.period_type = latest.period_type
            and series.series = latest.series
    where series.age <= 8 and latest.age = 1
    group by
        figure.municipality_no, figure.metric_id, figure.period_type, figure.dimension, figure.dimension_value
)

select *
from {{ ref('status') }} as status
full join expected
    using (municipality_no, metric_id, period_type, dimension, dimension_value)
where status.trend is distinct from expected.trend
