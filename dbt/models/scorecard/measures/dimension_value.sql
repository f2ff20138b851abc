{%- for dimension in dimensions() %}
{%- set outer_last = loop.last %}
{%- for origin in dimension.from %}
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
