select
    municipality_no,
    innbetaling_id as payment_id,
    krav_id as charge_id,
    betalt_dato as paid_on,
    belop as amount_nok,
    betalt_av as paid_by
from {{ source('accounting', 'payment') }}
