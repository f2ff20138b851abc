select
    municipality_no,
    sak_id as startlan_id,
    fodselsnummer as person_id,
    soknad_dato as applied_on,
    tilsagn_dato as preapproved_on,
    utbetalt_dato as paid_out_on,
    avslag_dato as rejected_on,
    belop as amount_nok,
    kjopesum as purchase_price_nok,
    formal as purpose,
    mottakergruppe as recipient_group,
    refinansiering as is_refinancing,
    var_kommunal_leieboer as was_municipal_tenant,
    bokostnad_eie_mnd as owning_month_nok
from {{ source('husbanken', 'startlan') }}
