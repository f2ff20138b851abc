-- Figures from before a renumbering stand under the number of then. A merger is no renumbering: what Røyken and
-- Hurum had is not Asker's.
with recursive numbers as (
    select
        municipality_no,
        municipality_no as region_code,
        0 as renumberings_ago,
        extract(year from as_of)::integer as as_of_year
    from {{ ref('stg_night__scope') }}

    union all

    select
        numbers.municipality_no,
        earlier.municipality_no as region_code,
        numbers.renumberings_ago + 1 as renumberings_ago,
        numbers.as_of_year
    from numbers
    inner join {{ ref('municipality_number') }} as earlier
        on
            numbers.region_code = earlier.successor_no
            and not earlier.is_break
)

select distinct on (numbers.municipality_no, kostra.indicator, kostra.year)
    numbers.municipality_no,
    kostra.indicator,
    kostra.year,
    kostra.value,
    kostra.region_code
from numbers
inner join {{ ref('stg_reference__kostra') }} as kostra
    on
        numbers.municipality_no = kostra.municipality_no
        and numbers.region_code = kostra.region_code
        and numbers.as_of_year >= kostra.year
where kostra.value is not null
order by numbers.municipality_no, kostra.indicator, kostra.year, numbers.renumberings_ago
