select
    stays.municipality_no,
    stays.stay_id,
    stays.dwelling_id,
    stays.person_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    {{ size_class('dwelling.rooms', [2, 3, 4]) }} as size_class,
    stays.started_on,
    stays.ended_on,
    (stays.started_on + interval '60 months')::date as five_years_on,
    stays.move_out_reason,
    (stays.ended_on - stays.started_on)::double precision / 365.25 as stay_years,
    stays.contracts,
    stays.latest_contract_id,
    stays.rent_month_nok,
    new_allocation.allocation_id as new_allocation_id,
    new_allocation.housing_category as application_housing_category,
    stays.started_on - new_allocation.application_received_on as application_to_move_in_days,
    stays.started_on - new_allocation.allocated_on as allocation_to_move_in_days
from {{ ref('int_stays') }} as stays
inner join {{ ref('dim_dwelling') }} as dwelling
    on
        stays.municipality_no = dwelling.municipality_no
        and stays.dwelling_id = dwelling.dwelling_id
left join {{ ref('fct_allocation') }} as new_allocation
    on
        stays.municipality_no = new_allocation.municipality_no
        and stays.first_allocation_id = new_allocation.allocation_id
        and new_allocation.is_new_allocation
