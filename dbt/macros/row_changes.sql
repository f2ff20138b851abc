{#-
  What changed in a register of the boligstrategiorgan from one delivery to the next, read from history's row versions
  (`versions`, a staging model) by the register's key: one row per row, delivery and field. `fields`: those that are
  compared, by name. `status`: the field in which a row that was taken out reads `fjernet`. `reason`: an expression over
  the row as it stood from then on (`after`). When a row was edited nobody knows: the date is the delivery's.

  A row's first appearance is no change. Only deliveries in which something may have turned are compared: those that
  a version begins or ends with, and backfills with what follows them. What was delivered under a number that the
  municipality had before is not followed: no model reaches over a number's border.
-#}
{% macro row_changes(versions, key, status, fields, reason) -%}
with held as (
    select
        scope.municipality_no,
        delivery.load_id,
        delivery.extract_date,
        delivery.as_of,
        delivery.is_backfill
    from {{ ref('stg_night__scope') }} as scope
    inner join {{ ref('stg_history__delivery') }} as delivery
        on scope.municipality_no = delivery.municipality_no and scope.extract_date >= delivery.extract_date
),

version as (
    select
        stored.*,
        row_number() over (partition by stored.municipality_no order by stored.{{ key }}, stored.loads) as version_no
    from {{ ref(versions) }} as stored
    inner join {{ ref('stg_night__scope') }} as scope on stored.municipality_no = scope.municipality_no
),

bound as (
    select
        version.municipality_no,
        unnest(array[lower(span.loads), upper(span.loads)]) as load_id
    from version
    cross join lateral unnest(version.loads) as span (loads)
),

turned as (
    select
        held.*,
        bool_or(bound.load_id is not null) over (
            partition by held.municipality_no, held.extract_date
        ) as is_bound
    from held
    left join (select distinct municipality_no, load_id from bound) as bound
        on held.municipality_no = bound.municipality_no and held.load_id = bound.load_id
),

-- of several of one day the last stands
standing as (
    select distinct on (municipality_no, extract_date) *
    from turned
    order by municipality_no, extract_date, load_id desc
),

compared as (
    select
        *,
        row_number() over (partition by municipality_no order by extract_date) as place
    from (
        select
            *,
            is_bound or is_backfill
            or coalesce(lag(is_backfill) over (partition by municipality_no order by extract_date), true) as may_differ
        from standing
    ) as candidate
    where may_differ
),

stood as (
    select
        compared.municipality_no,
        compared.place,
        compared.as_of,
        version.{{ key }},
        version.version_no
    from compared
    inner join version
        on compared.municipality_no = version.municipality_no and version.loads @> compared.load_id
),

following as (
    select
        stood.*,
        lag(version_no) over known as version_before,
        lag(place) over known as place_before,
        lead(place) over known as place_after
    from stood
    window known as (partition by municipality_no, {{ key }} order by place)
),

changed as (
    {%- for field in fields %}
    select
        following.municipality_no,
        following.{{ key }},
        following.as_of as changed_on,
        '{{ field }}' as field,
        before.{{ field }}::text as value_before,
        after.{{ field }}::text as value_after,
        {{ reason }} as change_reason
    from following
    inner join version as before
        on following.municipality_no = before.municipality_no and following.version_before = before.version_no
    inner join version as after
        on following.municipality_no = after.municipality_no and following.version_no = after.version_no
    where before.{{ field }} is distinct from after.{{ field }}
    {%- if field == status %} and following.place = following.place_before + 1{% endif %}
    union all
    {%- endfor %}
    -- taken out, and what was taken out and came back
    select
        following.municipality_no,
        following.{{ key }},
        compared.as_of,
        '{{ status }}',
        version.{{ status }}::text,
        'fjernet',
        null::text
    from following
    inner join version
        on following.municipality_no = version.municipality_no and following.version_no = version.version_no
    inner join compared
        on following.municipality_no = compared.municipality_no and following.place + 1 = compared.place
    where following.place_after is distinct from following.place + 1
    union all
    select
        following.municipality_no,
        following.{{ key }},
        following.as_of,
        '{{ status }}',
        'fjernet',
        after.{{ status }}::text,
        {{ reason }}
    from following
    inner join version as after
        on following.municipality_no = after.municipality_no and following.version_no = after.version_no
    where following.place > following.place_before + 1
),

-- what it was called when it was last seen
named as (
    select distinct on (stood.municipality_no, stood.{{ key }})
        stood.municipality_no,
        stood.{{ key }},
        version.title
    from stood
    inner join version on stood.municipality_no = version.municipality_no and stood.version_no = version.version_no
    order by stood.municipality_no, stood.{{ key }}, stood.place desc
)

select
    changed.municipality_no,
    changed.{{ key }},
    named.title,
    changed.changed_on,
    changed.field as changed_field,
    changed.value_before,
    changed.value_after,
    changed.change_reason
from changed
inner join named on changed.municipality_no = named.municipality_no and changed.{{ key }} = named.{{ key }}
{%- endmacro %}
