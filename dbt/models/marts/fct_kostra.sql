select
    municipality_no,
    region_code,
    indicator,
    year,
    region_name,
    value,
    source_table
from {{ ref('stg_reference__kostra') }}
