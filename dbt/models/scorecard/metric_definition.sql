{%- set every = metrics() -%}
{%- set begins = metric_begins(every) -%}
{%- for metric in every %}
select
    {{ loop.index }} as sort_order,
    {%- for column in ['metric_id', 'name_no', 'name_en', 'perspective', 'unit', 'direction'] %}
    {{ sql_text(metric[column]) }} as {{ column }},
    {%- endfor %}
    {{ metric.decimals }} as decimals,
    {%- for column in ['definition_no', 'definition_en', 'source', 'caveat_no'] %}
    {{ sql_text(metric[column]) }} as {{ column }},
    {%- endfor %}
    {{ metric.ripens_after_months or 0 }} as ripens_after_months,
    {%- set tables = [] %}
    {%- for record in begins[metric.metric_id] %}{% do tables.append(table_of_record(record)) %}{% endfor %}
    '{{ tables | unique | join(', ') }}' as begins_with
{{ 'union all' if not loop.last }}
{%- endfor %}
