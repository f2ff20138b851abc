select
    municipality_no,
    metric_id,
    dimension,
    dimension_value,
    valid_from,
    period_type,
    green::double precision as green,
    red::double precision as red,
    owner as target_owner,
    source as target_source
from {{ ref('stg_governance__target') }}
