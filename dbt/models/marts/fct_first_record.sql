{%- set records = first_records() -%}
with first_day (municipality_no, record, first_record_on) as (
    {%- for record in records if record.from %}
    select
        source_row.municipality_no,
        '{{ record.record }}' as record,
        min(source_row.{{ record.at }}) as first_record_on
    from {{ ref(record.from) }} as source_row
    inner join {{ ref('stg_night__scope') }} as scope
        on source_row.municipality_no = scope.municipality_no
    where source_row.{{ record.at }} <= scope.as_of{{ ' and source_row.' ~ record.where if record.where }}
    group by source_row.municipality_no
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

known (record, table_name, counts_as, has_date) as (
    values
    {%- for record in records %}
    (
        '{{ record.record }}', '{{ table_of_record(record.record) }}', '{{ record.as or record.record }}',
        {{ true if record.from or record.as else false }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
),

found as (
    select
        scope.municipality_no,
        scope.as_of,
        known.record,
        known.has_date,
        delivered.table_name is not null as is_delivered,
        first_day.first_record_on
    from {{ ref('stg_night__scope') }} as scope
    cross join known
    left join {{ ref('stg_night__delivered_table') }} as delivered
        on
            scope.municipality_no = delivered.municipality_no
            and known.table_name = delivered.table_name
    left join first_day
        on
            scope.municipality_no = first_day.municipality_no
            and known.counts_as = first_day.record
)

select
    municipality_no,
    record,
    is_delivered,
    first_record_on,
    case
        -- what knows today only begins no series
        when is_delivered and not has_date then date '2000-01-01'
        -- what is delivered and holds nothing tells of this year only
        when is_delivered then coalesce(first_record_on, date_trunc('year', as_of::timestamp)::date)
    end as begins_on
from found
