-- What follow-up cost in the first year of the tenancies that tenancy_sustained_12m follows (docs/definitions.md,
-- cost_per_sustained_tenancy_year). Cost is known by the calendar month, so the year is of twelve whole ones; a month
-- of which some cost is not known counts on neither side.
with tenancy_month as (
    select
        outcome.municipality_no,
        outcome.subject_id as stay_id,
        outcome.person_id,
        outcome.followup_method,
        outcome.matured_on,
        month.begins::date as begins_on,
        (month.begins + interval '1 month')::date as ends_on,
        greatest(
            least(
                coalesce(stay.ended_on, 'infinity'), (month.begins + interval '1 month')::date, scope.as_of + 1
            ) - month.begins::date,
            0
        ) as days
    from {{ ref('fct_followup_outcome') }} as outcome
    inner join {{ ref('fct_stay') }} as stay
        on
            outcome.municipality_no = stay.municipality_no
            and outcome.subject_id = stay.stay_id
    inner join {{ ref('stg_night__scope') }} as scope
        on outcome.municipality_no = scope.municipality_no
    cross join
        lateral generate_series(
            date_trunc('month', outcome.began_on - interval '1 day') + interval '1 month',
            outcome.began_on + interval '12 months' - interval '1 day',
            interval '1 month'
        ) as month (begins)
    where
        outcome.cohort = 'move_in'
        and outcome.months = 12
        and not outcome.is_left_out
        and outcome.with_followup = 'med'
),

costed as (
    select
        tenancy_month.municipality_no,
        tenancy_month.stay_id,
        tenancy_month.followup_method,
        tenancy_month.matured_on,
        tenancy_month.days,
        coalesce(sum(case_month.cost_nok), 0) as cost_nok,
        count(followup.followup_id) = count(case_month.cost_nok) as is_known
    from tenancy_month
    left join {{ ref('fct_followup_case') }} as followup
        on
            tenancy_month.municipality_no = followup.municipality_no
            and tenancy_month.person_id = followup.person_id
            and tenancy_month.ends_on > followup.followup_from_on
            and tenancy_month.begins_on < coalesce(followup.followup_to_on, 'infinity')
            and followup.followup_from_on < coalesce(followup.followup_to_on, 'infinity')
    left join {{ ref('fct_followup_month') }} as case_month
        on
            followup.municipality_no = case_month.municipality_no
            and followup.followup_id = case_month.followup_id
            and tenancy_month.begins_on = case_month.followup_month
    group by
        tenancy_month.municipality_no,
        tenancy_month.stay_id,
        tenancy_month.followup_method,
        tenancy_month.matured_on,
        tenancy_month.begins_on,
        tenancy_month.days
)

select
    municipality_no,
    stay_id,
    followup_method,
    matured_on,
    coalesce(sum(cost_nok) filter (where is_known), 0) as first_year_cost_nok,
    coalesce(sum(days) filter (where is_known), 0)::integer as first_year_days,
    (count(*) filter (where is_known))::integer as known_months
from costed
group by municipality_no, stay_id, followup_method, matured_on
