with letting as (
    select
        letting.municipality_no,
        letting.private_letting_id,
        letting.person_id,
        letting.assisted_by,
        {{ happened('letting.assisted_on') }} as assisted_on,
        {{ happened('letting.found_on') }} as found_on,
        {{ happened('letting.rented_to_on') }} as rented_to_on
    from {{ ref('stg_nav__private_letting') }} as letting
    inner join {{ ref('stg_night__scope') }} as scope
        on letting.municipality_no = scope.municipality_no
)

select
    *,
    found_on is not null and coalesce(rented_to_on >= found_on + interval '12 months', true) as is_kept_a_year
from letting
