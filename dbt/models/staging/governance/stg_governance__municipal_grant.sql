select
    municipality_no,
    sak_id as municipal_grant_id,
    ordning as municipal_grant_scheme,
    soknad_dato as grant_applied_on,
    tilsagn_dato as committed_on,
    utbetalt_dato as paid_out_on,
    avslag_dato as refused_on,
    boliger as granted_dwellings,
    belop_sokt as applied_nok,
    belop_tilsagn as committed_nok,
    belop_utbetalt as grant_paid_nok
from {{ source('governance', 'municipal_grant') }}
