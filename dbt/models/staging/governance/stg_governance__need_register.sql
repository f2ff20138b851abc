select
    municipality_no,
    melding_id as need_id,
    fodselsnummer as person_id,
    gruppe as need_group,
    boligtype as need_dwelling_type,
    onsket_fra_dato as wanted_from_on,
    kilde as need_source,
    heldogns_tjeneste as needs_care_all_day,
    bor_na as lives_now,
    status as need_status,
    sist_bekreftet_dato as confirmed_on
from {{ source('governance', 'need_register') }}
