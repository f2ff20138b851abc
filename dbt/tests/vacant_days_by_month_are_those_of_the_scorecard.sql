-- The days and the rent lost that charts add up from the months are the scorecard's, to the day.
with by_month as (
    select
        municipality_no,
        month_start_on,
        sum(phase_days) as vacant_days,
        sum(lost_rent_nok) as vacancy_loss
    from {{ ref('fct_vacancy_month') }}
    group by municipality_no, month_start_on
)

select
    figure.municipality_no,
    figure.metric_id,
    figure.period_start,
    figure.value
from {{ ref('metric_value') }} as figure
left join by_month
    on
        figure.municipality_no = by_month.municipality_no
        and figure.period_start = by_month.month_start_on
where
    figure.period_type = 'month'
    and figure.dimension = 'total'
    and figure.metric_id in ('vacant_days', 'vacancy_loss')
    and abs(
        figure.value
        - coalesce(case figure.metric_id when 'vacant_days' then by_month.vacant_days else by_month.vacancy_loss end, 0)
    ) > 1e-6 * greatest(abs(figure.value), 1)
