select
    municipality_no,
    fodselsnummer as person_id,
    termin as benefit_month,
    ordning as scheme,
    kommunal_leieboer as is_municipal_tenant,
    boutgift as housing_cost_nok,
    boutgiftstak as cost_ceiling_nok,
    belop as amount_nok
from {{ source('husbanken', 'bostotte') }}
