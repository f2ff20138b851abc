select
    settlement.municipality_no,
    settlement.settlement_id,
    settlement.person_id,
    {{ happened('settlement.settled_on') }} as settled_on,
    settlement.dwelling_type,
    settlement.is_family_reunification
from {{ ref('stg_allocation__refugee_settlement') }} as settlement
inner join {{ ref('stg_night__scope') }} as scope
    on settlement.municipality_no = scope.municipality_no
