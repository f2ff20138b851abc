select
    municipality_no,
    tiltak_id as measure_id,
    aar as funding_year,
    type as funding_type,
    okonomiplan_belop as economic_plan_nok,
    budsjett_belop as budgeted_nok,
    regnskap_belop as accounts_nok,
    statlig_tilskudd as state_grant_nok
from {{ source('governance', 'measure_funding') }}
