select
    municipality_no,
    bolig_id as dwelling_id,
    omrade as area,
    boligkategori as housing_category,
    eierform as tenure,
    forvalter as manager,
    byggear as built_year,
    bruksareal_m2 as usable_area_m2,
    antall_rom as rooms,
    anskaffet_dato as acquired_on,
    avhendet_dato as disposed_on,
    avhendet_til as disposed_to,
    markedsleie_mnd as market_rent_month_nok,
    tilstandsgrad as condition_grade,
    rullestol as is_wheelchair_accessible,
    universell as is_universally_designed
from {{ source('property', 'dwelling') }}
