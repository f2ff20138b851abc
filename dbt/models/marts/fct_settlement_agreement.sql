select
    municipality_no,
    agreement_year,
    persons_requested,
    persons_agreed,
    unaccompanied_minors,
    persons_unsettled,
    unsettled_reason
from {{ ref('stg_governance__settlement_agreement') }}
