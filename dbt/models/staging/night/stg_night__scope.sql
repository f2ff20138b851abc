select
    municipality_no,
    load_id,
    extract_date,
    as_of
from {{ source('night', 'scope') }}
