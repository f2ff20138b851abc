-- The planner takes folded rows for one, as if no period fitted them, and would read all metrics for each.
{{ config(pre_hook="set local enable_nestloop = off") }}

with measured as (
    {%- for relation in measure_models() %}
    select municipality_no, period_type, period_start, dimension, dimension_value, measure_id, value
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- what stands where nothing was counted: 0 for counts and sums, nothing for means, percentiles and what is unknown
metric (
    metric_id, kind, first_measure_id, second_measure_id, factor, first_empty, second_empty, is_as_of_year_only,
    is_of_years, ripens_after_months, units_measure_id
) as (
    values
    {%- set aggregates = {} %}
    {%- for measure in measures() %}
    {%- do aggregates.update({measure.measure_id: measure.compute.value}) %}
    {%- endfor %}
    {%- for metric in metrics() %}
    {%- set compute = metric.compute %}
    {%- set parts = compute.ratio or compute.difference or [metric.metric_id, none] %}
    {%- set kind = 'ratio' if compute.ratio else 'difference' if compute.difference else 'measure' %}
    (
        '{{ metric.metric_id }}', '{{ kind }}', '{{ parts[0] }}',
        {{ "'" ~ parts[1] ~ "'" if parts[1] else 'null::text' }},
        {{ 'null' if compute.factor == 'annual' else compute.factor or 1 }}::double precision,
        {%- for part in parts %}
        {#- the parts that a model of its own yields are counts #}
        {%- set aggregate = aggregates.get(part, 'count' if kind == 'ratio' else '').split('(')[0] %}
        {{ 0 if aggregate in ('count', 'sum') else 'null' }}::double precision,
        {%- endfor %}
        {{ metric.periods == 'as_of_year' }}, {{ metric.periods == 'year' }}, {{ metric.ripens_after_months or 0 }},
        {#- of health only: how many are behind it #}
        {%- set behind = metric.built_on or (compute.ratio or [none, none])[1] %}
        {{ "'" ~ behind ~ "'" if metric.is_of_health and behind else 'null::text' }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
),

metric_dimension (metric_id, dimension, without) as (
    values
    {%- for metric in metrics() %}
    {%- for dimension in metric.dimensions %}
    {%- set without = (metric.without or {}).get(dimension) %}
    (
        '{{ metric.metric_id }}', '{{ dimension }}',
        array[{{ "'" ~ without | join("', '") ~ "'" if without }}]::text[]
    ),
    {%- endfor %}
    {%- endfor %}
    (null, null, null)
),

cell as (
    select
        municipality.municipality_no,
        metric.metric_id,
        'total' as dimension,
        'total' as dimension_value
    from (select distinct municipality_no from {{ ref('dim_period') }}) as municipality
    cross join metric
    union all
    select
        dimension_value.municipality_no,
        metric_dimension.metric_id,
        dimension_value.dimension,
        dimension_value.dimension_value
    from {{ ref('dimension_value') }} as dimension_value
    inner join metric_dimension on dimension_value.dimension = metric_dimension.dimension
    where dimension_value.dimension_value <> all(metric_dimension.without)
),

-- What must be there and what was measured are stacked and folded, not joined: the planner cannot know how the
-- six keys hang together, and took a minute for what this does in a second.
stacked as (
    select
        cell.municipality_no,
        cell.metric_id,
        period.period_type,
        period.period_start,
        cell.dimension,
        cell.dimension_value,
        null::double precision as first_value,
        null::double precision as second_value,
        null::double precision as units,
        true as is_due
    from cell
    inner join metric on cell.metric_id = metric.metric_id
    inner join {{ ref('metric_begin') }} as metric_begin
        on
            cell.municipality_no = metric_begin.municipality_no
            and cell.metric_id = metric_begin.metric_id
    inner join {{ ref('dim_period') }} as period
        on
            cell.municipality_no = period.municipality_no
            -- before its records begin a figure is unknown, which no row says and a 0 would not
            and metric_begin.begins_on <= period.period_end
            and (
                not metric.is_as_of_year_only
                or (period.period_type = 'year' and period.measured_end = period.as_of)
            )
            and (not metric.is_of_years or period.period_type = 'year')
    {%- for part in ['first', 'second', 'units'] %}
    union all
    select
        measured.municipality_no,
        metric.metric_id,
        measured.period_type,
        measured.period_start,
        measured.dimension,
        measured.dimension_value,
        {{ 'measured.value' if part == 'first' else 'null' }},
        {{ 'measured.value' if part == 'second' else 'null' }},
        {{ 'measured.value' if part == 'units' else 'null' }},
        false
    from measured
    inner join metric on measured.measure_id = metric.{{ part }}_measure_id
    {%- endfor %}
),

folded as (
    select
        municipality_no,
        metric_id,
        period_type,
        period_start,
        dimension,
        dimension_value,
        max(first_value) as first_value,
        max(second_value) as second_value,
        max(units) as units
    from stacked
    group by municipality_no, metric_id, period_type, period_start, dimension, dimension_value
    having bool_or(is_due)
),

figure as (
    select
        folded.municipality_no,
        folded.metric_id,
        folded.period_type,
        folded.period_start,
        period.period_end,
        period.is_complete,
        (period.period_end + make_interval(months => metric.ripens_after_months))::date <= period.as_of as is_ripe,
        folded.dimension,
        folded.dimension_value,
        metric.kind,
        coalesce(metric.factor, period.year_days::double precision / period.days) as factor,
        coalesce(folded.first_value, metric.first_empty) as first_value,
        coalesce(folded.second_value, metric.second_empty) as second_value,
        -- what tells of people's health stands on five at least
        metric.units_measure_id is not null and coalesce(folded.units, 0) < 5 as is_of_too_few,
        period.as_of
    from folded
    inner join metric on folded.metric_id = metric.metric_id
    inner join {{ ref('dim_period') }} as period
        on
            folded.municipality_no = period.municipality_no
            and folded.period_type = period.period_type
            and folded.period_start = period.period_start
)

select
    municipality_no,
    metric_id,
    period_type,
    period_start,
    period_end,
    is_complete,
    is_ripe,
    dimension,
    dimension_value,
    case
        when is_of_too_few then null
        when kind = 'ratio' then first_value / nullif(second_value, 0) * factor
        when kind = 'difference' then first_value - second_value
        else first_value
    end as value,
    case when kind = 'ratio' and not is_of_too_few then first_value end as numerator,
    case when kind = 'ratio' and not is_of_too_few then second_value end as denominator,
    as_of
from figure
-- rows that come in the key's order make its index faster and smaller, and a metric's figures lie together
order by municipality_no, metric_id, period_type, period_start, dimension, dimension_value
