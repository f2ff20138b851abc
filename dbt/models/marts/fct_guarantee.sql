with guarantee as (
    select
        guarantee.municipality_no,
        guarantee.guarantee_id,
        guarantee.person_id,
        guarantee.landlord,
        guarantee.guaranteed_nok,
        {{ happened('guarantee.given_on') }} as given_on,
        {{ happened('guarantee.lapsed_on') }} as lapsed_on,
        {{ happened('guarantee.called_on') }} as called_on,
        {{ happened_code('guarantee.called_nok', 'guarantee.called_on') }} as called_nok
    from {{ ref('stg_nav__guarantee') }} as guarantee
    inner join {{ ref('stg_night__scope') }} as scope
        on guarantee.municipality_no = scope.municipality_no
)

select
    *,
    least(lapsed_on, called_on) as guaranteed_to_on,
    coalesce(called_on <= given_on + interval '24 months', false) as is_called_within_two_years
from guarantee
