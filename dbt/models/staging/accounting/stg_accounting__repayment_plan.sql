select
    municipality_no,
    avtale_id as repayment_plan_id,
    kontrakt_id as contract_id,
    inngatt_dato as agreed_on,
    avsluttet_dato as ended_on,
    avsluttet_arsak as end_reason,
    opprinnelig_belop as original_amount_nok
from {{ source('accounting', 'repayment_plan') }}
