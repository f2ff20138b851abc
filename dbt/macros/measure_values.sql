{#-
  The rows of every measure whose rows count in one way (`kind`: at, during, at_end or days; see
  metric_catalogue.sql). Measures over the same mart and dates are computed in one scan, with a grouping set
  for the total and for each dimension.
-#}
{% macro measure_values(kind) -%}
    {%- set batches = {} -%}
    {%- for measure in measures() -%}
        {%- set compute = measure.compute -%}
        {%- set measure_kind = 'during' if compute.during else 'at' if compute.at else 'at_end' if compute.at_end else 'days' -%}
        {%- if measure_kind == kind -%}
            {%- set key = [compute.from, compute.at, compute.during, compute.at_end, compute.days, compute.columns] | string -%}
            {%- do batches.update({key: batches.get(key, []) + [measure]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for batch in batches.values() %}
    {%- if not loop.first %}

union all

{% endif -%}
{{ measure_batch(kind, batch) }}
    {%- endfor -%}
{%- endmacro %}


{% macro measure_batch(kind, batch) -%}
    {%- set compute = batch[0].compute -%}
    {%- set columns = compute.columns or {} -%}
    {%- set dimensions = batch | map(attribute='dimensions') | sum(start=[]) | unique | list -%}
select
    counted.municipality_no,
    counted.period_type,
    counted.period_start,
    counted.dimension,
    counted.dimension_value,
    measure.measure_id,
    measure.value
from (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        {%- for name, is_value in [('dimension', false), ('dimension_value', true)] %}
        {%- if dimensions %}
        case
            {%- for dimension in dimensions %}
            {%- set column = columns.get(dimension, dimension) %}
            when grouping({{ column }}) = 0 then {{ "coalesce(" ~ column ~ ", 'ukjent')" if is_value else "'" ~ dimension ~ "'" }}
            {%- endfor %}
            else 'total'
        end as {{ name }},
        {%- else %}
        'total' as {{ name }},
        {%- endif %}
        {%- endfor %}
        {%- for measure in batch %}
        ({{ measure.compute.value }}{{ ' filter (where ' ~ measure.compute.where ~ ')' if measure.compute.where }})::double precision
            as {{ measure.measure_id }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ measured_rows(kind, compute) }}
    group by grouping sets (
        (period.municipality_no, period.period_type, period.period_start)
        {%- for dimension in dimensions %},
        (period.municipality_no, period.period_type, period.period_start, {{ columns.get(dimension, dimension) }})
        {%- endfor %}
    )
) as counted
cross join lateral (
    values
    {%- for measure in batch %}
    ('{{ measure.measure_id }}', counted.{{ measure.measure_id }})
    {{- ',' if not loop.last }}
    {%- endfor %}
) as measure (measure_id, value)
where measure.value is not null
{%- endmacro %}


{#- The mart's rows, each beside every period that it counts in. -#}
{% macro measured_rows(kind, compute) -%}
    {%- if kind == 'at' -%}
    {{ ref(compute.from) }} as counted_row
    inner join {{ ref('period_day') }} as period
        on
            counted_row.municipality_no = period.municipality_no
            and counted_row.{{ compute.at }} = period.day
    {%- elif kind == 'during' -%}
    {{ ref(compute.from) }} as counted_row
    inner join {{ ref('dim_period') }} as period
        on
            counted_row.municipality_no = period.municipality_no
            and counted_row.{{ compute.at }} between {{ compute.during[0] }} and {{ compute.during[1] }}
    {%- elif kind == 'at_end' -%}
    {{ in_years(compute.from, compute.at_end[0], compute.at_end[1]) }} as counted_row
    inner join {{ ref('dim_period') }} as period
        on
            counted_row.municipality_no = period.municipality_no
            and counted_row.touched_year = extract(year from period.period_start)::integer
            and counted_row.{{ compute.at_end[0] }} <= period.measured_end
            and (counted_row.{{ compute.at_end[1] }} is null or counted_row.{{ compute.at_end[1] }} > period.measured_end)
    {%- else -%}
    (
        select
            exposed.*,
            (
                least(coalesce(exposed.{{ compute.days[1] }}, 'infinity'), period.measured_end + 1)
                - greatest(exposed.{{ compute.days[0] }}, period.period_start)
            )::double precision as overlap_days,
            period.period_type,
            period.period_start,
            period.measured_end,
            period.days,
            period.year_days
        from {{ ref(compute.from) }} as exposed
        inner join {{ ref('dim_period') }} as period
            on
                exposed.municipality_no = period.municipality_no
                and exposed.{{ compute.days[0] }} <= period.measured_end
                and (exposed.{{ compute.days[1] }} is null or exposed.{{ compute.days[1] }} > period.period_start)
    ) as period
    {%- endif -%}
{%- endmacro %}


{#-
  The mart's rows, each once for every year that it touches. A row lies in few of a municipality's periods, and beside
  all of them it would be compared with each: of 39 million pairs of arrears and period 0.2 million held. No period
  goes over the turn of a year, so years can be joined by equality.
-#}
{% macro in_years(mart, from_on, to_on) -%}
    (
        select
            spell.*,
            generate_series(
                greatest(extract(year from spell.{{ from_on }}), known.first_year)::integer,
                least(extract(year from coalesce(spell.{{ to_on }}, 'infinity')), known.last_year)::integer
            ) as touched_year
        from {{ ref(mart) }} as spell
        inner join (
            select
                municipality_no,
                extract(year from min(period_start)) as first_year,
                extract(year from max(measured_end)) as last_year
            from {{ ref('dim_period') }}
            group by municipality_no
        ) as known
            on spell.municipality_no = known.municipality_no
    )
{%- endmacro %}
