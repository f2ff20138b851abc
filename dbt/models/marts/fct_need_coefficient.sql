select
    municipality_no,
    need_group,
    prevalence,
    prevalence_low,
    prevalence_high,
    share_without,
    coefficient_source,
    valid_from
from {{ ref('stg_governance__need_coefficient') }}
