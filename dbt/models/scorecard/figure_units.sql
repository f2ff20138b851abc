-- What must be there and what was counted are stacked and folded, not joined (see metric_value).
with built_on (metric_id, measure_id) as (
    values
    {%- for metric in metrics() if metric.built_on %}
    ('{{ metric.metric_id }}', '{{ metric.built_on }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

stacked as (
    select
        figure.municipality_no,
        figure.metric_id,
        figure.period_type,
        figure.period_start,
        figure.dimension,
        figure.dimension_value,
        0::double precision as units,
        true as is_due
    from {{ ref('metric_value') }} as figure
    where figure.metric_id in (select built_on.metric_id from built_on)
    {%- for relation in measure_models() %}
    union all
    select
        measured.municipality_no,
        built_on.metric_id,
        measured.period_type,
        measured.period_start,
        measured.dimension,
        measured.dimension_value,
        measured.value,
        false
    from {{ ref(relation) }} as measured
    inner join built_on on measured.measure_id = built_on.measure_id
    {%- endfor %}
)

select
    municipality_no,
    metric_id,
    period_type,
    period_start,
    dimension,
    dimension_value,
    max(units) as units
from stacked
group by municipality_no, metric_id, period_type, period_start, dimension, dimension_value
having bool_or(is_due)
-- in the key's order, as metric_value
order by municipality_no, metric_id, period_type, period_start, dimension, dimension_value
