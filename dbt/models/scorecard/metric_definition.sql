{%- for metric in metrics() %}
select
    {{ loop.index }} as sort_order,
    {%- for column in ['metric_id', 'name_no', 'name_en', 'perspective', 'unit', 'direction'] %}
    {{ dbt.string_literal(dbt.escape_single_quotes(metric[column])) }} as {{ column }},
    {%- endfor %}
    {{ metric.decimals }} as decimals,
    {%- for column in ['definition_no', 'definition_en', 'source', 'caveat_no'] %}
    {{ dbt.string_literal(dbt.escape_single_quotes(metric[column])) }} as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{{ 'union all' if not loop.last }}
{%- endfor %}
