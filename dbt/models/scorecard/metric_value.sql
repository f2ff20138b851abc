with measured as (
    {%- for relation in ['measure_at', 'measure_during', 'measure_at_end', 'measure_days'] + metric_models() %}
    select municipality_no, period_type, period_start, dimension, dimension_value, measure_id, value
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- what stands where nothing was counted: 0 for counts and sums, nothing for means and percentiles
metric (metric_id, kind, first_measure_id, second_measure_id, factor, empty_value, is_as_of_year_only) as (
    values
    {%- for metric in metrics() %}
    {%- set compute = metric.compute %}
    {%- set parts = compute.ratio or compute.difference or [metric.metric_id, none] %}
    {%- set kind = 'ratio' if compute.ratio else 'difference' if compute.difference else 'measure' %}
    {%- set is_additive = kind != 'measure' or (compute.value or '').split('(')[0] in ('count', 'sum') %}
    (
        '{{ metric.metric_id }}', '{{ kind }}', '{{ parts[0] }}',
        {{ "'" ~ parts[1] ~ "'" if parts[1] else 'null::text' }},
        {{ 'null' if compute.factor == 'annual' else compute.factor or 1 }}::double precision,
        {{ 0 if is_additive else 'null' }}::double precision, {{ metric.periods == 'as_of_year' }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
),

metric_dimension (metric_id, dimension) as (
    values
    {%- for metric in metrics() %}
    {%- for dimension in metric.dimensions %}
    ('{{ metric.metric_id }}', '{{ dimension }}'),
    {%- endfor %}
    {%- endfor %}
    (null, null)
),

cell as (
    select
        scope.municipality_no,
        metric.metric_id,
        'total' as dimension,
        'total' as dimension_value
    from {{ ref('stg_night__scope') }} as scope
    cross join metric
    union all
    select
        dimension_value.municipality_no,
        metric_dimension.metric_id,
        dimension_value.dimension,
        dimension_value.dimension_value
    from {{ ref('dimension_value') }} as dimension_value
    inner join metric_dimension on dimension_value.dimension = metric_dimension.dimension
    -- refugees are housed outside the queue and not listed in it
    where not (metric_dimension.metric_id like 'queue\_%' and dimension_value.dimension_value = 'flyktning')
),

figure as (
    select
        period.municipality_no,
        metric.metric_id,
        period.period_type,
        period.period_start,
        period.period_end,
        period.is_complete,
        cell.dimension,
        cell.dimension_value,
        metric.kind,
        coalesce(metric.factor, period.year_days::double precision / period.days) as factor,
        coalesce(first_measured.value, metric.empty_value) as first_value,
        coalesce(second_measured.value, metric.empty_value) as second_value,
        period.as_of
    from cell
    inner join metric on cell.metric_id = metric.metric_id
    inner join {{ ref('dim_period') }} as period
        on
            cell.municipality_no = period.municipality_no
            and (
                not metric.is_as_of_year_only
                or (period.period_type = 'year' and period.measured_end = period.as_of)
            )
    left join measured as first_measured
        on
            metric.first_measure_id = first_measured.measure_id
            and period.municipality_no = first_measured.municipality_no
            and period.period_type = first_measured.period_type
            and period.period_start = first_measured.period_start
            and cell.dimension = first_measured.dimension
            and cell.dimension_value = first_measured.dimension_value
    left join measured as second_measured
        on
            metric.second_measure_id = second_measured.measure_id
            and period.municipality_no = second_measured.municipality_no
            and period.period_type = second_measured.period_type
            and period.period_start = second_measured.period_start
            and cell.dimension = second_measured.dimension
            and cell.dimension_value = second_measured.dimension_value
)

select
    municipality_no,
    metric_id,
    period_type,
    period_start,
    period_end,
    is_complete,
    dimension,
    dimension_value,
    case kind
        when 'ratio' then first_value / nullif(second_value, 0) * factor
        when 'difference' then first_value - second_value
        else first_value
    end as value,
    case when kind = 'ratio' then first_value end as numerator,
    case when kind = 'ratio' then second_value end as denominator,
    as_of
from figure
