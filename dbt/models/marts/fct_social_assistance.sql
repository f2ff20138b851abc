select
    assistance.municipality_no,
    assistance.person_id,
    assistance.assistance_month,
    assistance.assistance_purpose,
    assistance.amount_nok
from {{ ref('stg_nav__social_assistance') }} as assistance
inner join {{ ref('stg_night__scope') }} as scope
    on assistance.municipality_no = scope.municipality_no
-- the month is part of the key and cannot be emptied as other dates are
where assistance.assistance_month <= scope.as_of
