select
    municipality_no,
    loads,
    tiltak_id as measure_id,
    tittel as title,
    planlagt_start as planned_start_on,
    planlagt_slutt as planned_end_on,
    status as measure_status,
    boliger_planlagt as dwellings_planned,
    boliger_levert as dwellings_delivered,
    okonomiplan_fra as economic_plan_from_year,
    stoppet_grunn as stopped_reason
from {{ source('history', 'measure') }}
