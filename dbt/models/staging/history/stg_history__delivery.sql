select
    municipality_no,
    load_id,
    extract_date,
    as_of,
    is_backfill
from {{ source('history', 'delivery') }}
