{%- for conflict in metric_conflicts() %}
select
    {%- for column in ['metric_id', 'better', 'other_metric_id', 'other_better', 'conflict_no'] %}
    {{ sql_text(conflict[column]) }} as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{{ 'union all' if not loop.last }}
{%- endfor %}
