select
    municipality_no,
    agreement_year,
    persons_requested,
    persons_agreed,
    unaccompanied_minors,
    persons_unsettled,
    unsettled_reason,
    make_date(agreement_year, 1, 1) as year_begins_on
from {{ ref('stg_governance__settlement_agreement') }}
