{%- for conflict in metric_conflicts() %}
select
    {%- for column in ['metric_id', 'better', 'other_metric_id', 'other_better', 'conflict_no'] %}
    {{ dbt.string_literal(dbt.escape_single_quotes(conflict[column])) }} as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{{ 'union all' if not loop.last }}
{%- endfor %}
