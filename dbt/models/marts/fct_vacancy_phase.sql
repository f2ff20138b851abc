-- Every vacant day has exactly one phase (metrics.md, Vacancy, rules 1 to 4). The days of rehabilitation come
-- first; the other phases share the rest between them, so a rehabilitation can cut a phase in two.
with rehabilitations as (
    select
        vacancy.municipality_no,
        vacancy.dwelling_id,
        vacancy.vacant_from_on,
        range_agg(daterange(rehabilitation.started_on, rehabilitation.ended_on)) as days
    from {{ ref('fct_vacancy') }} as vacancy
    inner join {{ ref('int_rehabilitations') }} as rehabilitation
        on
            vacancy.municipality_no = rehabilitation.municipality_no
            and vacancy.dwelling_id = rehabilitation.dwelling_id
            and vacancy.vacant_to_on > rehabilitation.started_on
            and vacancy.vacant_from_on < coalesce(rehabilitation.ended_on, 'infinity')
    group by vacancy.municipality_no, vacancy.dwelling_id, vacancy.vacant_from_on
),

vacancies as (
    select
        vacancy.*,
        coalesce(rehabilitations.days, '{}') as rehabilitation_days,
        -- where nothing tells when the dwelling was available, no day is told to be klargjoring
        coalesce(vacancy.available_on, vacancy.vacant_from_on) as allocation_from_on,
        case
            when vacancy.allocated_on is null then vacancy.vacant_to_on
            else least(
                greatest(vacancy.allocated_on, vacancy.available_on, vacancy.vacant_from_on), vacancy.vacant_to_on
            )
        end as move_in_from_on
    from {{ ref('fct_vacancy') }} as vacancy
    left join rehabilitations
        on
            vacancy.municipality_no = rehabilitations.municipality_no
            and vacancy.dwelling_id = rehabilitations.dwelling_id
            and vacancy.vacant_from_on = rehabilitations.vacant_from_on
)

select
    vacancies.municipality_no,
    vacancies.dwelling_id,
    vacancies.vacant_from_on,
    lower(run.days) as from_on,
    upper(run.days) as to_on,
    upper(run.days) - lower(run.days) as phase_days,
    phase.phase,
    phase.responsible,
    vacancies.housing_category,
    vacancies.area,
    vacancies.manager,
    vacancies.tenure,
    vacancies.lost_rent_month_nok
from vacancies
cross join lateral (
    values
    (
        'rehabilitering', 'eiendom',
        vacancies.rehabilitation_days * datemultirange(daterange(vacancies.vacant_from_on, vacancies.vacant_to_on))
    ),
    (
        'klargjoring', 'eiendom',
        datemultirange(daterange(vacancies.vacant_from_on, vacancies.allocation_from_on)) - vacancies.rehabilitation_days
    ),
    (
        case when vacancies.is_data_fault then 'ukjent' else 'tildeling' end,
        case when vacancies.is_data_fault then 'ukjent' else 'tildeling' end,
        datemultirange(daterange(vacancies.allocation_from_on, vacancies.move_in_from_on)) - vacancies.rehabilitation_days
    ),
    (
        'innflytting', 'felles',
        datemultirange(daterange(vacancies.move_in_from_on, vacancies.vacant_to_on)) - vacancies.rehabilitation_days
    )
) as phase (phase, responsible, days)
cross join lateral unnest(phase.days) as run (days)
