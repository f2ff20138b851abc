{%- for dimension in dimensions() %}
{%- set outer_last = loop.last %}
{%- if dimension.get('values') %}
select distinct
    period.municipality_no,
    '{{ dimension.dimension }}' as dimension,
    listed.dimension_value
from {{ ref('dim_period') }} as period
cross join (
    values
    {%- for value in dimension['values'] %}
    ('{{ value }}'){{ ',' if not loop.last }}
    {%- endfor %}
) as listed (dimension_value)
{{ 'union' if not outer_last }}
{%- endif %}
{%- for origin in dimension.from or [] %}
select
    municipality_no,
    '{{ dimension.dimension }}' as dimension,
    {{ origin.column or dimension.dimension }} as dimension_value
from {{ ref(origin.mart) }}
where {{ origin.column or dimension.dimension }} is not null{{ ' and ' ~ origin.where if origin.where }}
group by 1, 2, 3
{{ 'union' if not (loop.last and outer_last) }}
{%- endfor %}
{%- endfor %}
