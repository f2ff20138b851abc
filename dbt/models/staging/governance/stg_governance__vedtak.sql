select
    municipality_no,
    vedtak_nr as resolution_id,
    tittel as title,
    vedtatt_dato as resolved_on,
    ansvarlig as resolution_owner,
    oppfolging_dato as follow_up_on,
    status as resolution_status,
    metric_id
from {{ source('governance', 'vedtak') }}
