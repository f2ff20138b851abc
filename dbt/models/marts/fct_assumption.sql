select
    municipality_no,
    assumption_code,
    assumption_category,
    valid_from,
    assumption_value,
    assumption_source
from {{ ref('stg_governance__forutsetning') }}
