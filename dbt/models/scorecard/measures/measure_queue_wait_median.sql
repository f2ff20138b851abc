-- Kaplan-Meier with delayed entry (docs/definitions.md, queue_wait_days_median). At risk at t:
-- entry_days < t <= exit_days. Whoever left on the day of coming in was never at risk and is no event of the curve.
with windows as (
    select distinct
        municipality_no,
        measured_end,
        (measured_end + 1 - interval '12 months')::date as window_start
    from {{ ref('dim_period') }}
),

waits as (
    select
        windows.municipality_no,
        windows.measured_end,
        entry.housing_category,
        greatest(windows.window_start - 1 - entry.entered_on, 0) as entry_days,
        least(coalesce(entry.exited_on, 'infinity'), windows.measured_end) - entry.entered_on as exit_days,
        coalesce(
            entry.exit_reason = 'tildelt'
            and entry.exited_on between windows.window_start and windows.measured_end, false
        ) as is_allocated
    from windows
    inner join {{ ref('fct_queue_entry') }} as entry
        on
            windows.municipality_no = entry.municipality_no
            and entry.entered_on <= windows.measured_end
            and (entry.exited_on is null or entry.exited_on >= windows.window_start)
    where entry.is_in_queue
),

comings_and_goings as (
    select
        municipality_no,
        measured_end,
        housing_category,
        entry_days as day,
        1 as entries,
        0 as exits,
        0 as events
    from waits
    where entry_days < exit_days

    union all

    select
        municipality_no,
        measured_end,
        housing_category,
        exit_days as day,
        0 as entries,
        1 as exits,
        is_allocated::integer as events
    from waits
    where entry_days < exit_days
),

at_risk_changes as (
    select
        municipality_no,
        measured_end,
        case when grouping(housing_category) = 0 then 'housing_category' else 'total' end as dimension,
        case when grouping(housing_category) = 0 then housing_category else 'total' end as dimension_value,
        day,
        sum(entries) as entries,
        sum(exits) as exits,
        sum(events) as events
    from comings_and_goings
    group by
        grouping sets (
            (municipality_no, measured_end, day),
            (municipality_no, measured_end, day, housing_category)
        )
),

risk_sets as (
    select
        *,
        -- who came in before t, less who went out before t
        coalesce(sum(entries - exits) over (
            partition by municipality_no, measured_end, dimension, dimension_value
            order by day
            rows between unbounded preceding and 1 preceding
        ), 0) as at_risk
    from at_risk_changes
),

curve as (
    select
        municipality_no,
        measured_end,
        dimension,
        dimension_value,
        day,
        exp(sum(
            case
                when events = at_risk then '-infinity'::double precision
                else ln(1 - events::double precision / at_risk)
            end
        ) over so_far) as survival,
        min(at_risk) over so_far as fewest_at_risk
    from risk_sets
    where events > 0
    window so_far as (partition by municipality_no, measured_end, dimension, dimension_value order by day)
),

medians as (
    select distinct on (municipality_no, measured_end, dimension, dimension_value)
        municipality_no,
        measured_end,
        dimension,
        dimension_value,
        case when fewest_at_risk >= 5 then day end as median_days
    from curve
    where survival <= 0.5 + 1e-9
    order by municipality_no, measured_end, dimension, dimension_value, day
)

select
    period.municipality_no,
    period.period_type,
    period.period_start,
    medians.dimension,
    medians.dimension_value,
    'queue_wait_days_median' as measure_id,
    medians.median_days::double precision as value
from {{ ref('dim_period') }} as period
inner join medians
    on
        period.municipality_no = medians.municipality_no
        and period.measured_end = medians.measured_end
where medians.median_days is not null
