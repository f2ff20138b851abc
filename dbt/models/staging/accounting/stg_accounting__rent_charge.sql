select
    municipality_no,
    krav_id as charge_id,
    bolig_id as dwelling_id,
    kontrakt_id as contract_id,
    periode as charge_month,
    forfallsdato as due_on,
    belop as amount_nok,
    kravtype as charge_type
from {{ source('accounting', 'rent_charge') }}
