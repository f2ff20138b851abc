select
    municipality_no,
    municipal_grant_id,
    municipal_grant_scheme,
    grant_applied_on,
    committed_on,
    paid_out_on,
    refused_on,
    granted_dwellings,
    applied_nok,
    committed_nok,
    grant_paid_nok
from {{ ref('stg_governance__municipal_grant') }}
