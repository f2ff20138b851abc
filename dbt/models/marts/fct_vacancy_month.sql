-- Vacant days cut at the turn of the month: they and the rent lost add up over any months, dwellings and phases.
select
    phase.municipality_no,
    phase.dwelling_id,
    greatest(phase.from_on, period.period_start) as from_on,
    least(phase.to_on, period.measured_end + 1) as to_on,
    period.period_start as month_start_on,
    phase.vacant_from_on,
    phase.phase,
    phase.responsible,
    phase.housing_category,
    phase.area,
    phase.manager,
    phase.tenure,
    least(phase.to_on, period.measured_end + 1) - greatest(phase.from_on, period.period_start) as phase_days,
    (
        phase.lost_rent_month_nok * 12
        * (least(phase.to_on, period.measured_end + 1) - greatest(phase.from_on, period.period_start))
    )::double precision / period.year_days as lost_rent_nok
from {{ ref('fct_vacancy_phase') }} as phase
inner join {{ ref('dim_period') }} as period
    on
        phase.municipality_no = period.municipality_no
        and period.period_type = 'month'
        and phase.from_on <= period.measured_end
        and phase.to_on > period.period_start
