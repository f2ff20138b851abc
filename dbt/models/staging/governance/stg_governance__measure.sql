select
    municipality_no,
    tiltak_id as measure_id,
    tittel as title,
    plan,
    operativ_enhet as operative_unit,
    strategisk_eier as strategic_owner,
    planlagt_start as planned_start_on,
    planlagt_slutt as planned_end_on,
    faktisk_slutt as actual_end_on,
    status as measure_status,
    boliger_planlagt as dwellings_planned,
    boliger_levert as dwellings_delivered,
    metric_id
from {{ source('governance', 'measure') }}
