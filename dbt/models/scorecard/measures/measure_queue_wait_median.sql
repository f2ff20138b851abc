-- Kaplan-Meier with delayed entry (metrics.md, queue_wait_days_median). At risk at t: entry_days < t <= exit_days.
-- Whoever left on the day of coming in was never at risk and is no event of the curve.
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

at_risk_changes as (
    select
        waits.municipality_no,
        waits.measured_end,
        cut.dimension,
        cut.dimension_value,
        change.day,
        sum(change.entries) as entries,
        sum(change.exits) as exits,
        sum(change.events) as events
    from waits
    cross join lateral (
        values ('total', 'total'), ('housing_category', waits.housing_category)
    ) as cut (dimension, dimension_value)
    cross join lateral (
        values (waits.entry_days, 1, 0, 0), (waits.exit_days, 0, 1, waits.is_allocated::integer)
    ) as change (day, entries, exits, events)
    where waits.entry_days < waits.exit_days
    group by waits.municipality_no, waits.measured_end, cut.dimension, cut.dimension_value, change.day
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
