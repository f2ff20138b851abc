select
    municipality_no,
    sak_id as grant_id,
    tilskuddstype as grant_type,
    vedtak_dato as decided_on,
    utbetalt_dato as paid_out_on,
    belop as amount_nok
from {{ source('husbanken', 'tilskudd') }}
