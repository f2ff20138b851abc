select
    municipality_no,
    soknad_id as application_id,
    fodselsnummer as person_id,
    mottatt_dato as received_on,
    soknadstype as application_type,
    boligkategori as housing_category,
    behandlende_enhet as handling_unit,
    husstandsstorrelse as household_size,
    antall_barn as children,
    botid_fra_dato as resident_since
from {{ source('allocation', 'application') }}
