select
    municipality_no,
    aar as agreement_year,
    anmodet as persons_requested,
    vedtatt as persons_agreed,
    enslige_mindrearige as unaccompanied_minors,
    ikke_bosatt as persons_unsettled,
    arsak as unsettled_reason
from {{ source('governance', 'settlement_agreement') }}
