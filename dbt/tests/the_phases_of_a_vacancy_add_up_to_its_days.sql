select
    vacancy.municipality_no,
    vacancy.dwelling_id,
    vacancy.vacant_from_on,
    vacancy.vacant_days,
    sum(phase.phase_days) as phase_days
from {{ ref('fct_vacancy') }} as vacancy
left join {{ ref('fct_vacancy_phase') }} as phase
    on
        vacancy.municipality_no = phase.municipality_no
        and vacancy.dwelling_id = phase.dwelling_id
        and vacancy.vacant_from_on = phase.vacant_from_on
group by vacancy.municipality_no, vacancy.dwelling_id, vacancy.vacant_from_on, vacancy.vacant_days
having sum(phase.phase_days) is distinct from vacancy.vacant_days
