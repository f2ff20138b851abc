select
    dimension,
    code,
    name_no,
    name_en,
    sort_order
from {{ ref('code_label') }}
