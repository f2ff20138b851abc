select
    municipality_no,
    kontrakt_id as contract_id,
    bolig_id as dwelling_id,
    fodselsnummer as person_id,
    kontraktstype as contract_type,
    start_dato as started_on,
    avtalt_slutt_dato as agreed_end_on,
    utflyttet_dato as moved_out_on,
    utflyttingsarsak as move_out_reason,
    forrige_kontrakt_id as previous_contract_id,
    tildeling_id as allocation_id,
    manedsleie as rent_month_nok,
    reguleringsmate as regulation_type,
    sist_regulert_dato as regulated_on
from {{ source('property', 'tenancy') }}
