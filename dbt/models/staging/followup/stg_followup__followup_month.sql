select
    municipality_no,
    oppfolging_id as followup_id,
    maned as followup_month,
    timer_direkte as direct_hours,
    timer_indirekte as indirect_hours,
    antall_kontakter as contacts,
    antall_ikke_hjemme as no_shows,
    kostnad as cost_nok
from {{ source('followup', 'followup_month') }}
