select
    stay.municipality_no,
    stay.temporary_stay_id,
    stay.person_id,
    {{ happened('stay.from_on') }} as from_on,
    {{ happened('stay.to_on') }} as to_on,
    coalesce(stay.night_price_nok, 0) as night_price_nok
from {{ ref('stg_allocation__temporary_stay') }} as stay
inner join {{ ref('stg_night__scope') }} as scope
    on stay.municipality_no = scope.municipality_no
