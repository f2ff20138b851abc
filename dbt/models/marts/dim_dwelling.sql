select
    dwelling.municipality_no,
    dwelling.dwelling_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    dwelling.built_year,
    dwelling.usable_area_m2,
    dwelling.rooms,
    {{ happened('dwelling.acquired_on') }} as acquired_on,
    {{ happened('dwelling.disposed_on') }} as disposed_on,
    {{ happened_code('dwelling.disposed_to', 'dwelling.disposed_on') }} as disposed_to,
    dwelling.market_rent_month_nok,
    dwelling.condition_grade,
    dwelling.is_wheelchair_accessible,
    dwelling.is_universally_designed
from {{ ref('stg_property__dwelling') }} as dwelling
inner join {{ ref('stg_night__scope') }} as scope
    on dwelling.municipality_no = scope.municipality_no
