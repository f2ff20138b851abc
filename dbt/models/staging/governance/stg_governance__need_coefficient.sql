select
    municipality_no,
    gruppe as need_group,
    prevalence,
    low as prevalence_low,
    high as prevalence_high,
    share_without,
    source as coefficient_source,
    valid_from
from {{ source('governance', 'need_coefficient') }}
