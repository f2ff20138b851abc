-- Days with follow-up, and days in a stay with and without (docs/definitions.md, followup_kept_home_share and
-- eviction_petition_rate).
with case_days as (
    -- a person with two cases has a day once
    select
        municipality_no,
        person_id,
        range_agg(daterange(followup_from_on, followup_to_on)) as days,
        range_agg(daterange(followup_from_on, followup_to_on))
        filter (where followup_goal in ('varig_med_hjelp', 'beholde_bolig')) as days_to_stay_housed
    from {{ ref('fct_followup_case') }}
    where followup_from_on is not null
    group by municipality_no, person_id
),

lived_in as (
    select
        municipality_no,
        stay_id,
        person_id,
        housing_category,
        daterange(started_on, ended_on) as days
    from {{ ref('fct_stay') }}
    -- of a chain the last contract may end before the first begins
    where ended_on is null or ended_on >= started_on
),

moved_on as (
    select
        stay.municipality_no,
        stay.person_id,
        daterange(stay.ended_on, min(trouble.happened_on)) as days
    from {{ ref('fct_stay') }} as stay
    left join {{ ref('int_home_troubles') }} as trouble
        on
            stay.municipality_no = trouble.municipality_no
            and stay.person_id = trouble.person_id
            and stay.ended_on <= trouble.happened_on
    where stay.move_out_reason in ('kjopt_bolig', 'privat_leie', 'annen_kommunal_bolig') and stay.ended_on is not null
    group by stay.municipality_no, stay.person_id, stay.ended_on
),

housed as (
    select
        municipality_no,
        person_id,
        range_agg(days) as days
    from (
        select
            municipality_no,
            person_id,
            days
        from lived_in
        union all
        select
            municipality_no,
            person_id,
            days
        from moved_on
    ) as home
    group by municipality_no, person_id
)

select
    case_days.municipality_no,
    'person' as days_of,
    case_days.person_id as subject_id,
    case_days.person_id,
    null::text as housing_category,
    'med' as with_followup,
    spell.is_housed,
    lower(spell.days) as from_on,
    upper(spell.days) as to_on
from case_days
left join housed
    on
        case_days.municipality_no = housed.municipality_no
        and case_days.person_id = housed.person_id
cross join
    lateral (
        select
            true as is_housed,
            unnest(case_days.days_to_stay_housed * housed.days) as days
        union all
        select
            false as is_housed,
            unnest(case_days.days_to_stay_housed - coalesce(housed.days, '{}')) as days
    ) as spell

union all

select
    lived_in.municipality_no,
    'stay' as days_of,
    lived_in.stay_id as subject_id,
    lived_in.person_id,
    lived_in.housing_category,
    spell.with_followup,
    null::boolean as is_housed,
    lower(spell.days) as from_on,
    upper(spell.days) as to_on
from lived_in
inner join {{ ref('fct_first_record') }} as first_record
    on
        lived_in.municipality_no = first_record.municipality_no
        and first_record.record = 'followup/followup_case'
        and first_record.is_delivered
left join case_days
    on
        lived_in.municipality_no = case_days.municipality_no
        and lived_in.person_id = case_days.person_id
cross join lateral (
    select
        'med' as with_followup,
        unnest(datemultirange(lived_in.days) * case_days.days) as days
    union all
    select
        'uten' as with_followup,
        unnest(datemultirange(lived_in.days) - coalesce(case_days.days, '{}')) as days
) as spell
