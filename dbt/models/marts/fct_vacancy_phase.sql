-- Every vacant day has exactly one phase (docs/definitions.md, Vacancy, rules 1 to 4). The days of rehabilitation come
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
        coalesce(vacancy.available_on, vacancy.vacant_from_on) as waits_from_on,
        case
            when vacancy.allocated_on is null then vacancy.vacant_to_on
            else least(
                greatest(vacancy.allocated_on, vacancy.available_on, vacancy.vacant_from_on), vacancy.vacant_to_on
            )
        end as moves_in_from_on
    from {{ ref('fct_vacancy') }} as vacancy
    left join rehabilitations
        on
            vacancy.municipality_no = rehabilitations.municipality_no
            and vacancy.dwelling_id = rehabilitations.dwelling_id
            and vacancy.vacant_from_on = rehabilitations.vacant_from_on
),

divided as (
    select
        *,
        datemultirange(daterange(vacant_from_on, vacant_to_on)) * rehabilitation_days as works,
        datemultirange(daterange(vacant_from_on, waits_from_on)) - rehabilitation_days as preparing,
        datemultirange(daterange(waits_from_on, moves_in_from_on)) - rehabilitation_days as waiting,
        datemultirange(daterange(moves_in_from_on, vacant_to_on)) - rehabilitation_days as moving_in
    from vacancies
),

phases as (
    select
        *,
        'rehabilitering' as phase,
        'eiendom' as responsible,
        works as days
    from divided
    union all
    select
        *,
        'klargjoring' as phase,
        'eiendom' as responsible,
        preparing as days
    from divided
    union all
    select
        *,
        case when is_data_fault then 'ukjent' else 'tildeling' end as phase,
        case when is_data_fault then 'ukjent' else 'tildeling' end as responsible,
        waiting as days
    from divided
    union all
    select
        *,
        'innflytting' as phase,
        'felles' as responsible,
        moving_in as days
    from divided
)

select
    phases.municipality_no,
    phases.dwelling_id,
    phases.vacant_from_on,
    lower(run.days) as from_on,
    upper(run.days) as to_on,
    upper(run.days) - lower(run.days) as phase_days,
    phases.phase,
    phases.responsible,
    phases.housing_category,
    phases.area,
    phases.manager,
    phases.tenure,
    phases.lost_rent_month_nok
from phases
cross join lateral unnest(phases.days) as run (days)
