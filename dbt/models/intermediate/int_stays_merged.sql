-- Stays that overlap count as one (docs/definitions.md, Conventions). Two that only touch stay two, with a vacancy of
-- no day between them. A stay of no day occupies nothing, but it is a stay: one vacancy ends with it, another begins.
with stays as (
    select
        municipality_no,
        dwelling_id,
        stay_id,
        started_on,
        -- a renewal dated before the contract that it renews can end a chain before its start
        greatest(coalesce(ended_on, 'infinity'), started_on) as ended_on
    from {{ ref('fct_stay') }}
),

in_order as (
    select
        *,
        max(ended_on) over (
            dwelling_stays
            rows between unbounded preceding and 1 preceding
        ) as occupied_until
    from stays
    window dwelling_stays as (partition by municipality_no, dwelling_id order by started_on, ended_on, stay_id)
),

numbered as (
    select
        *,
        count(*) filter (where occupied_until is null or occupied_until <= started_on) over (
            partition by municipality_no, dwelling_id
            order by started_on, ended_on, stay_id
        ) as merged_stay_number
    from in_order
)

select
    municipality_no,
    dwelling_id,
    merged_stay_number::integer as merged_stay_number,
    min(started_on) as started_on,
    nullif(max(ended_on), 'infinity') as ended_on,
    (array_agg(stay_id order by started_on, ended_on, stay_id))[1] as first_stay_id,
    -- the one that ends last leaves the dwelling vacant; of two that end together, the one that began last
    (array_agg(stay_id order by ended_on desc, started_on desc, stay_id desc))[1] as last_stay_id
from numbered
group by municipality_no, dwelling_id, merged_stay_number
