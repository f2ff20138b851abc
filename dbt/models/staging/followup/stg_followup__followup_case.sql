select
    municipality_no,
    oppfolging_id as followup_id,
    fodselsnummer as person_id,
    vedtak_id as decision_id,
    ansvarlig_enhet as followup_unit,
    malgruppe as followup_group,
    metode as followup_method,
    mal as followup_goal,
    sokt_dato as applied_for_on,
    vedtak_dato as decided_on,
    start_dato as followup_from_on,
    slutt_dato as followup_to_on,
    slutt_arsak as followup_end_reason,
    vedtatt_timer_uke as granted_hours_week,
    frivillig as is_voluntary,
    hjemmel as legal_basis,
    kpr_tjenestekode as kpr_service_code
from {{ source('followup', 'followup_case') }}
