with part (measure_id, part_id) as (
    values
    {%- for measure_id, parts in measure_sums().items() %}
    {%- set is_last = loop.last %}
    {%- for part_id in parts %}
    ('{{ measure_id }}', '{{ part_id }}'){{ ',' if not (is_last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

measured as (
    {%- for relation in ['measure_at', 'measure_during', 'measure_at_end', 'measure_days'] %}
    select municipality_no, period_type, period_start, dimension, dimension_value, measure_id, value
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    measured.municipality_no,
    measured.period_type,
    measured.period_start,
    measured.dimension,
    measured.dimension_value,
    part.measure_id,
    sum(measured.value) as value
from measured
inner join part on measured.measure_id = part.part_id
group by
    measured.municipality_no,
    measured.period_type,
    measured.period_start,
    measured.dimension,
    measured.dimension_value,
    part.measure_id
