select
    municipality_no,
    development_agreement_id,
    project,
    project_dwellings,
    project_area_m2,
    agreed_on,
    right_lapses_on,
    dwellings_with_right,
    rights_used,
    dwellings_bought,
    dwellings_with_right - coalesce(rights_used, 0) as unused_rights
from {{ ref('stg_governance__development_agreement') }}
