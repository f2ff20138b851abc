select
    grant_case.municipality_no,
    grant_case.grant_id,
    grant_case.grant_type,
    {{ happened('grant_case.decided_on') }} as decided_on,
    {{ happened('grant_case.paid_out_on') }} as paid_out_on,
    grant_case.amount_nok
from {{ ref('stg_husbanken__tilskudd') }} as grant_case
inner join {{ ref('stg_night__scope') }} as scope
    on grant_case.municipality_no = scope.municipality_no
