-- Which numbers lead to the municipality of tonight. What it will be called later nobody knows yet on the as-of date:
-- only the way back is followed.
with recursive numbers as (
    select
        municipality_no,
        municipality_no as number,
        null::text as successor_no,
        false as is_merged_in
    from {{ ref('stg_night__scope') }}

    union all

    select
        numbers.municipality_no,
        earlier.municipality_no as number,
        earlier.successor_no,
        -- what led to a municipality that was merged in was merged in with it
        numbers.is_merged_in or earlier.is_break as is_merged_in
    from numbers
    inner join {{ ref('municipality_number') }} as earlier
        on numbers.number = earlier.successor_no
),

mergers as (
    select distinct successor_no
    from {{ ref('municipality_number') }}
    where is_break
),

-- the list knows those that were renumbered; the others are called what Statistics Norway calls them, without the years
-- that it writes after a number that is no more
region as (
    select
        municipality_no,
        region_code,
        min(regexp_replace(region_name, ' [(].*', '')) as name
    from {{ ref('stg_reference__kostra') }}
    group by municipality_no, region_code
)

select
    numbers.municipality_no,
    numbers.number,
    coalesce(known.name, region.name) as name,
    known.valid_from,
    -- the end of the present number lies ahead, if there is one
    case when numbers.successor_no is not null then known.valid_to end as valid_to,
    numbers.successor_no,
    numbers.number = numbers.municipality_no as is_present,
    numbers.is_merged_in,
    mergers.successor_no is not null as is_series_break
from numbers
left join {{ ref('municipality_number') }} as known
    on numbers.number = known.municipality_no
left join region
    on
        numbers.municipality_no = region.municipality_no
        and numbers.number = region.region_code
left join mergers
    on numbers.number = mergers.successor_no
