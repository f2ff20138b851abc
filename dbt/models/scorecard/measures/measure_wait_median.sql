-- Kaplan-Meier with delayed entry (docs/definitions.md, queue_wait_days_median). At risk at t:
-- entry_days < t <= exit_days. Whoever left on the day of coming in was never at risk and is no event of the curve.
with spell as (
    select
        municipality_no,
        'queue_wait_days_median' as measure_id,
        housing_category,
        null as followup_group,
        null as followup_unit,
        entered_on as from_on,
        exited_on as to_on,
        exit_reason = 'tildelt' as is_event
    from {{ ref('fct_queue_entry') }}
    where is_in_queue

    union all

    select
        municipality_no,
        'income_management_wait_days_median' as measure_id,
        null as housing_category,
        null as followup_group,
        null as followup_unit,
        referred_on as from_on,
        waited_to_on as to_on,
        waited_to_on = managed_from_on as is_event
    from {{ ref('fct_income_management') }}

    union all

    select
        municipality_no,
        'followup_wait_days_median' as measure_id,
        null as housing_category,
        followup_group,
        followup_unit,
        decided_on as from_on,
        waited_to_on as to_on,
        waited_to_on = followup_from_on as is_event
    from {{ ref('fct_followup_case') }}
),

windows as (
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
        spell.measure_id,
        broken_down.dimension,
        broken_down.dimension_value,
        greatest(windows.window_start - 1 - spell.from_on, 0) as entry_days,
        least(coalesce(spell.to_on, 'infinity'), windows.measured_end) - spell.from_on as exit_days,
        coalesce(
            spell.is_event
            and spell.to_on between windows.window_start and windows.measured_end, false
        ) as is_event
    from windows
    inner join spell
        on
            windows.municipality_no = spell.municipality_no
            and spell.from_on <= windows.measured_end
            and (spell.to_on is null or spell.to_on >= windows.window_start)
    cross join
        lateral (
            values
            ('total', 'total'),
            ('housing_category', spell.housing_category),
            ('followup_group', spell.followup_group),
            ('followup_unit', spell.followup_unit)
        ) as broken_down (dimension, dimension_value)
    where broken_down.dimension_value is not null
),

comings_and_goings as (
    select
        municipality_no,
        measured_end,
        measure_id,
        dimension,
        dimension_value,
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
        measure_id,
        dimension,
        dimension_value,
        exit_days as day,
        0 as entries,
        1 as exits,
        is_event::integer as events
    from waits
    where entry_days < exit_days
),

at_risk_changes as (
    select
        municipality_no,
        measured_end,
        measure_id,
        dimension,
        dimension_value,
        day,
        sum(entries) as entries,
        sum(exits) as exits,
        sum(events) as events
    from comings_and_goings
    group by municipality_no, measured_end, measure_id, dimension, dimension_value, day
),

risk_sets as (
    select
        *,
        -- who came in before t, less who went out before t
        coalesce(sum(entries - exits) over (
            partition by municipality_no, measured_end, measure_id, dimension, dimension_value
            order by day
            rows between unbounded preceding and 1 preceding
        ), 0) as at_risk
    from at_risk_changes
),

curve as (
    select
        municipality_no,
        measured_end,
        measure_id,
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
    window so_far as (partition by municipality_no, measured_end, measure_id, dimension, dimension_value order by day)
),

medians as (
    select distinct on (municipality_no, measured_end, measure_id, dimension, dimension_value)
        municipality_no,
        measured_end,
        measure_id,
        dimension,
        dimension_value,
        case when fewest_at_risk >= 5 then day end as median_days
    from curve
    where survival <= 0.5 + 1e-9
    order by municipality_no, measured_end, measure_id, dimension, dimension_value, day
)

select
    period.municipality_no,
    period.period_type,
    period.period_start,
    medians.dimension,
    medians.dimension_value,
    medians.measure_id,
    medians.median_days::double precision as value
from {{ ref('dim_period') }} as period
inner join medians
    on
        period.municipality_no = medians.municipality_no
        and period.measured_end = medians.measured_end
where medians.median_days is not null
