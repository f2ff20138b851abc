select
    bostotte.municipality_no,
    bostotte.person_id,
    bostotte.benefit_month,
    bostotte.scheme,
    bostotte.is_municipal_tenant,
    bostotte.housing_cost_nok,
    bostotte.cost_ceiling_nok,
    bostotte.amount_nok,
    -- 0 is an application refused that month
    bostotte.amount_nok > 0 as is_recipient,
    bostotte.housing_cost_nok > bostotte.cost_ceiling_nok as is_over_ceiling
from {{ ref('stg_husbanken__bostotte') }} as bostotte
inner join {{ ref('stg_night__scope') }} as scope
    on bostotte.municipality_no = scope.municipality_no
-- the month is part of the key and cannot be emptied as other dates are
where bostotte.benefit_month <= scope.as_of
