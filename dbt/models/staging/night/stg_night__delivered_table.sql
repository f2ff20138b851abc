select
    municipality_no,
    unnest(delivered_tables) as table_name
from {{ source('night', 'scope') }}
