with metric_record (metric_id, record) as (
    values
    {%- for metric_id, records in metric_begins().items() %}
    {%- set is_last_metric = loop.last %}
    {%- for record in records %}
    ('{{ metric_id }}', '{{ record }}'){{ ',' if not (is_last_metric and loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    first_record.municipality_no,
    metric_record.metric_id,
    max(first_record.begins_on) as begins_on
from metric_record
inner join {{ ref('fct_first_record') }} as first_record on metric_record.record = first_record.record
group by first_record.municipality_no, metric_record.metric_id
-- a table that is not delivered leaves the metric unknown
having bool_and(first_record.is_delivered)
