-- The municipality's own dwellings that are new in the 36 months that end at period end, and for how many of them a
-- state grant was paid in these months: at most for all. And what the others might have been given.
with rate as (
    select
        code,
        valid_from,
        lead(valid_from, 1, 'infinity'::date) over (partition by code order by valid_from) as valid_to,
        value
    from {{ ref('law_parameter') }}
),

new_dwelling as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        count(*) as dwellings,
        -- care dwellings are another scheme's
        count(*) filter (where dwelling.housing_category not like 'omsorg_%') as lettable,
        sum(least(dwelling.usable_area_m2, 80) * rate.value) filter (
            where dwelling.housing_category not like 'omsorg_%' and dwelling.usable_area_m2 is not null
        ) as grantable_nok
    from {{ ref('dim_period') }} as period
    inner join {{ ref('dim_dwelling') }} as dwelling
        on
            period.municipality_no = dwelling.municipality_no
            and dwelling.acquired_on
            between (period.measured_end + 1 - interval '36 months')::date and period.measured_end
    left join rate
        on
            rate.code = 'tilskudd_utleiebolig_m2'
            and dwelling.acquired_on >= rate.valid_from
            and dwelling.acquired_on < rate.valid_to
    where dwelling.tenure = 'eid'
    group by period.municipality_no, period.period_type, period.period_start
),

granted as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        sum(state_grant.granted_dwellings) as dwellings,
        sum(state_grant.granted_dwellings)
        filter (where state_grant.municipal_grant_scheme = 'utleieboliger') as lettable
    from {{ ref('dim_period') }} as period
    inner join {{ ref('fct_municipal_grant') }} as state_grant
        on
            period.municipality_no = state_grant.municipality_no
            and state_grant.paid_out_on
            between (period.measured_end + 1 - interval '36 months')::date and period.measured_end
    group by period.municipality_no, period.period_type, period.period_start
)

select
    new_dwelling.municipality_no,
    new_dwelling.period_type,
    new_dwelling.period_start,
    'total' as dimension,
    'total' as dimension_value,
    measure.measure_id,
    (
        case measure.measure_id
            when 'new_dwellings' then new_dwelling.dwellings
            when 'grant_missed'
                then
                    new_dwelling.grantable_nok
                    * greatest(1 - coalesce(granted.lettable, 0)::numeric / nullif(new_dwelling.lettable, 0), 0)
            else least(coalesce(granted.dwellings, 0), new_dwelling.dwellings)
        end
    )::double precision as value
from new_dwelling
left join granted
    on
        new_dwelling.municipality_no = granted.municipality_no
        and new_dwelling.period_type = granted.period_type
        and new_dwelling.period_start = granted.period_start
cross join (values ('new_dwellings'), ('new_dwellings_with_grant'), ('grant_missed')) as measure (measure_id)
where measure.measure_id <> 'grant_missed' or new_dwelling.grantable_nok is not null
