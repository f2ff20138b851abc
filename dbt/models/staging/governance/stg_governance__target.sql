select
    municipality_no,
    metric_id,
    dimension,
    dimension_value,
    valid_from,
    period_type,
    green,
    red,
    owner,
    source
from {{ source('governance', 'target') }}
