-- A vacancy that is not over waits for what its last phase is.
select
    vacancy.municipality_no,
    vacancy.dwelling_id,
    vacancy.housing_category,
    vacancy.area,
    vacancy.manager,
    vacancy.tenure,
    vacancy.vacant_from_on,
    vacancy.vacant_days,
    phase.phase,
    phase.responsible,
    phase.phase_days as days_in_phase,
    vacancy.reported_on,
    vacancy.ready_on,
    vacancy.allocated_on
from {{ ref('fct_vacancy') }} as vacancy
inner join {{ ref('fct_vacancy_phase') }} as phase
    on
        vacancy.municipality_no = phase.municipality_no
        and vacancy.dwelling_id = phase.dwelling_id
        and vacancy.vacant_from_on = phase.vacant_from_on
        and vacancy.vacant_to_on = phase.to_on
where vacancy.is_still_vacant
