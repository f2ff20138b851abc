select
    municipality_no,
    spak_id as lever_id,
    scenario_id,
    nr as lever_no,
    type as lever,
    boligkategori as housing_category,
    fra_kategori as from_housing_category,
    ansvarlig_eller_fase as waits_for,
    fra_dato as acts_from_on,
    til_dato as acts_to_on,
    verdi as lever_value,
    modus as lever_mode
from {{ source('governance', 'spak') }}
