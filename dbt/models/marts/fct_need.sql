select
    municipality_no,
    need_id,
    person_id,
    need_group,
    need_dwelling_type,
    wanted_from_on,
    need_status,
    confirmed_on
from {{ ref('stg_governance__need_register') }}
