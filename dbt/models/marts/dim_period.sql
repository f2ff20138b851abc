-- The first period is that of the earliest application, contract, loan application, grant, housing allowance or
-- rent charge that the municipality has (docs/definitions.md, Where they stand), but none before 2000.
with firsts as (
    select
        municipality_no,
        min(received_on) as first_day
    from {{ ref('stg_allocation__application') }}
    group by municipality_no
    union all
    select
        municipality_no,
        min(started_on) as first_day
    from {{ ref('stg_property__tenancy') }}
    group by municipality_no
    union all
    select
        municipality_no,
        min(applied_on) as first_day
    from {{ ref('stg_husbanken__startlan') }}
    group by municipality_no
    union all
    select
        municipality_no,
        min(decided_on) as first_day
    from {{ ref('stg_husbanken__tilskudd') }}
    group by municipality_no
    union all
    select
        municipality_no,
        min(benefit_month) as first_day
    from {{ ref('stg_husbanken__bostotte') }}
    group by municipality_no
    union all
    select
        municipality_no,
        min(charge_month) as first_day
    from {{ ref('stg_accounting__rent_charge') }}
    group by municipality_no
),

spans as (
    select
        scope.municipality_no,
        scope.as_of,
        greatest(min(firsts.first_day), date '2000-01-01') as first_day
    from {{ ref('stg_night__scope') }} as scope
    inner join firsts on scope.municipality_no = firsts.municipality_no
    group by scope.municipality_no, scope.as_of
),

period_types (period_type, months) as (
    values ('month', 1), ('quarter', 3), ('tertial', 4), ('year', 12)
),

periods as (
    select
        spans.municipality_no,
        period_types.period_type,
        starts.period_start::date as period_start,
        (starts.period_start + make_interval(months => period_types.months))::date - 1 as period_end,
        spans.as_of
    from spans
    cross join period_types
    cross join lateral generate_series(
        -- the start of the period that holds the first day: whole periods back from the turn of the year
        date_trunc('year', spans.first_day::timestamp) + make_interval(
            months => (extract(month from spans.first_day)::integer - 1)
            / period_types.months * period_types.months
        ),
        spans.as_of::timestamp,
        make_interval(months => period_types.months)
    ) as starts (period_start)
)

select
    municipality_no,
    period_type,
    period_start,
    period_end,
    {{ norwegian_period('period_type', 'period_start') }} as period_no,
    period_end <= as_of as is_complete,
    period_start = max(period_start) filter (where period_end <= as_of) over (
        partition by municipality_no, period_type
    ) is true as is_latest_complete,
    exists(
        select 1
        from {{ ref('dim_municipality') }} as number
        where
            number.municipality_no = periods.municipality_no
            -- what was merged in had its own breaks, and its figures are not this municipality's
            and not number.is_merged_in
            and number.is_series_break
            and number.valid_from between periods.period_start and periods.period_end
    ) as is_series_break,
    least(period_end, as_of) as measured_end,
    least(period_end, as_of) - period_start + 1 as days,
    (date_trunc('year', period_end::timestamp) + interval '1 year')::date
    - date_trunc('year', period_end::timestamp)::date as year_days,
    as_of
from periods
