-- What became of tenancies, of those who moved out, of petitions and of follow-up, so many months on
-- (docs/definitions.md, Follow-up in the home). A row has matured where its months are over by the as-of date, so that
-- nobody is half seen, and where all that it is told by was recorded when they began. Petitions stand here all, and
-- those who moved in with the day on which they did, for figures that wait for nothing.
-- The planner takes few to have moved in, and would read all arrears for each.
{{ config(pre_hook="set local enable_nestloop = off") }}

with known as (
    select
        first_record.municipality_no,
        scope.as_of,
        max(first_record.begins_on) as begins_on
    from {{ ref('fct_first_record') }} as first_record
    inner join {{ ref('stg_night__scope') }} as scope
        on first_record.municipality_no = scope.municipality_no
    where
        first_record.record in (
            'property/tenancy', 'allocation/allocation', 'allocation/waitlist_entry', 'allocation/temporary_stay',
            'accounting/eviction_case', 'followup/followup_case'
        )
    group by first_record.municipality_no, scope.as_of
    having bool_and(first_record.is_delivered)
),

followup as (
    select
        municipality_no,
        followup_id,
        person_id,
        followup_group,
        followup_method,
        followup_goal,
        followup_from_on,
        coalesce(followup_to_on, 'infinity') as followup_to_on,
        followup_end_reason
    from {{ ref('fct_followup_case') }}
    where followup_from_on is not null
),

petition as (
    select
        eviction.municipality_no,
        eviction.eviction_case_id,
        eviction.stay_id,
        eviction.housing_category,
        contract.person_id,
        eviction.petitioned_on,
        case when eviction.eviction_outcome = 'gjennomfort' then eviction.outcome_on end as evicted_on
    from {{ ref('fct_eviction_case') }} as eviction
    inner join {{ ref('fct_contract') }} as contract
        on
            eviction.municipality_no = contract.municipality_no
            and eviction.contract_id = contract.contract_id
),

trouble as (
    select *
    from {{ ref('int_home_troubles') }}
    where not is_eviction
),

mark as (
    select *
    from (values (0), (6), (12), (24)) as mark (months)
),

move_in as (
    select
        stay.municipality_no,
        stay.stay_id,
        stay.person_id,
        stay.housing_category,
        stay.new_allocation_id,
        stay.started_on,
        stay.ended_on,
        stay.move_out_reason,
        mark.months,
        case when mark.months > 0 then (stay.started_on + make_interval(months => mark.months))::date end as matured_on
    from {{ ref('fct_stay') }} as stay
    inner join known
        on
            stay.municipality_no = known.municipality_no
            and stay.started_on >= known.begins_on
    cross join mark
    where
        stay.new_allocation_id is not null
        and stay.started_on + make_interval(months => mark.months) <= known.as_of
),

-- of a tenancy with two cases, the one that began first says for whom the follow-up is, and how it is done
tenancy_case as (
    select distinct on (move_in.municipality_no, move_in.stay_id)
        move_in.municipality_no,
        move_in.stay_id,
        followup.followup_group,
        followup.followup_method
    from move_in
    inner join followup
        on
            move_in.municipality_no = followup.municipality_no
            and move_in.person_id = followup.person_id
            and followup.followup_from_on <= move_in.started_on + 30
            and followup.followup_to_on > move_in.started_on - 30
    where move_in.months = 0
    order by move_in.municipality_no, move_in.stay_id, followup.followup_from_on, followup.followup_id
),

-- the applications whose decision says that there is to be follow-up
promised as (
    select distinct
        decision.municipality_no,
        decision.application_id
    from {{ ref('fct_followup_case') }} as followup_case
    inner join {{ ref('fct_decision') }} as decision
        on
            followup_case.municipality_no = decision.municipality_no
            and followup_case.decision_id = decision.decision_id
    where followup_case.decided_on is not null and decision.decided_on is not null
),

move_out as (
    select
        stay.municipality_no,
        stay.stay_id,
        stay.person_id,
        stay.housing_category,
        stay.ended_on,
        stay.move_out_reason,
        mark.months,
        (stay.ended_on + make_interval(months => mark.months))::date as matured_on
    from {{ ref('fct_stay') }} as stay
    inner join known
        on
            stay.municipality_no = known.municipality_no
            and stay.ended_on >= known.begins_on
    cross join mark
    where
        mark.months > 0
        and stay.ended_on + make_interval(months => mark.months) <= known.as_of
        and (
            stay.move_out_reason is null
            or stay.move_out_reason not in ('dod', 'institusjon', 'annen_kommunal_bolig')
        )
),

case_end as (
    select
        followup.*,
        (followup.followup_to_on + interval '12 months')::date as matured_on
    from followup
    inner join known
        on
            followup.municipality_no = known.municipality_no
            and followup.followup_to_on >= known.begins_on
    where
        followup.followup_goal = 'selvstendig'
        and followup.followup_to_on < 'infinity'
        and followup.followup_to_on + interval '12 months' <= known.as_of
        and followup.followup_end_reason not in ('dod', 'institusjon')
),

-- What each is told by is found for all at once: asked for row by row it would read all of a build's rows for each.
troubled_after_move_in as (
    select distinct
        move_in.municipality_no,
        move_in.stay_id,
        move_in.months
    from move_in
    inner join {{ ref('int_home_troubles') }} as home_trouble
        on
            move_in.municipality_no = home_trouble.municipality_no
            and move_in.person_id = home_trouble.person_id
    where home_trouble.happened_on between move_in.ended_on and move_in.matured_on
),

first_petition as (
    select
        municipality_no,
        person_id,
        min(petitioned_on) as petitioned_on
    from petition
    group by municipality_no, person_id
),

in_arrears_before as (
    select distinct
        move_in.municipality_no,
        move_in.stay_id
    from move_in
    inner join {{ ref('fct_allocation') }} as allocation
        on
            move_in.municipality_no = allocation.municipality_no
            and move_in.new_allocation_id = allocation.allocation_id
    inner join {{ ref('fct_stay') }} as owing
        on
            move_in.municipality_no = owing.municipality_no
            and move_in.person_id = owing.person_id
    inner join {{ ref('fct_arrears') }} as arrears
        on
            owing.municipality_no = arrears.municipality_no
            and owing.stay_id = arrears.stay_id
    where
        move_in.months = 0
        and arrears.owed_from_on <= allocation.allocated_on
        and coalesce(arrears.owed_to_on, 'infinity') > allocation.allocated_on
),

followed_at_move_out as (
    select distinct
        move_out.municipality_no,
        move_out.stay_id
    from move_out
    inner join followup
        on
            move_out.municipality_no = followup.municipality_no
            and move_out.person_id = followup.person_id
    where
        followup.followup_from_on <= move_out.ended_on - 1
        and followup.followup_to_on > move_out.ended_on - 1
),

returned as (
    select
        move_out.municipality_no,
        move_out.stay_id,
        move_out.months
    from move_out
    inner join trouble
        on
            move_out.municipality_no = trouble.municipality_no
            and move_out.person_id = trouble.person_id
    where trouble.happened_on between move_out.ended_on and move_out.matured_on
    union
    select
        move_out.municipality_no,
        move_out.stay_id,
        move_out.months
    from move_out
    inner join {{ ref('fct_stay') }} as stay
        on
            move_out.municipality_no = stay.municipality_no
            and move_out.person_id = stay.person_id
    where
        -- who moves in again within two weeks was moved, and has not come back
        stay.started_on > move_out.ended_on + 14
        and stay.started_on <= move_out.matured_on
),

followed_at_petition as (
    select distinct
        petition.municipality_no,
        petition.eviction_case_id
    from petition
    inner join followup
        on
            petition.municipality_no = followup.municipality_no
            and petition.person_id = followup.person_id
    where
        followup.followup_from_on <= petition.petitioned_on
        and followup.followup_to_on > petition.petitioned_on
),

-- who lived in a municipal dwelling when the follow-up ended, and did a year later or moved to one of their own
housed_after_case as (
    select distinct
        case_end.municipality_no,
        case_end.followup_id
    from case_end
    inner join {{ ref('fct_stay') }} as stay
        on
            case_end.municipality_no = stay.municipality_no
            and case_end.person_id = stay.person_id
    where
        stay.started_on <= case_end.followup_to_on
        and coalesce(stay.ended_on, 'infinity') > case_end.followup_to_on
        and (
            coalesce(stay.ended_on, 'infinity') > case_end.matured_on
            or stay.move_out_reason in ('kjopt_bolig', 'privat_leie', 'annen_kommunal_bolig')
        )
),

in_need_after_case as (
    select
        case_end.municipality_no,
        case_end.followup_id
    from case_end
    inner join followup
        on
            case_end.municipality_no = followup.municipality_no
            and case_end.person_id = followup.person_id
    where
        case_end.followup_id <> followup.followup_id
        and followup.followup_from_on between case_end.followup_to_on and case_end.matured_on
    union
    select
        case_end.municipality_no,
        case_end.followup_id
    from case_end
    inner join trouble
        on
            case_end.municipality_no = trouble.municipality_no
            and case_end.person_id = trouble.person_id
    where trouble.happened_on between case_end.followup_to_on and case_end.matured_on
),

owner_after_case as (
    select
        followup.municipality_no,
        followup.followup_id
    from followup
    inner join {{ ref('fct_stay') }} as stay
        on
            followup.municipality_no = stay.municipality_no
            and followup.person_id = stay.person_id
    where
        stay.move_out_reason = 'kjopt_bolig'
        and stay.ended_on
        between followup.followup_from_on and followup.followup_from_on + interval '24 months'
    union
    select
        followup.municipality_no,
        followup.followup_id
    from followup
    inner join {{ ref('fct_startlan') }} as loan
        on
            followup.municipality_no = loan.municipality_no
            and followup.person_id = loan.person_id
    where
        loan.purpose = 'kjop'
        and loan.paid_out_on
        between followup.followup_from_on and followup.followup_from_on + interval '24 months'
)

select
    move_in.municipality_no,
    'move_in' as cohort,
    move_in.stay_id as subject_id,
    move_in.months,
    move_in.person_id,
    move_in.housing_category,
    null::text as followup_group,
    coalesce(tenancy_case.followup_group, 'uten') as tenant_group,
    tenancy_case.followup_method,
    null::text as move_out_reason,
    case when tenancy_case.stay_id is not null then 'med' else 'uten' end as with_followup,
    move_in.started_on as began_on,
    move_in.matured_on,
    coalesce(move_in.ended_on < move_in.matured_on and move_in.move_out_reason in ('dod', 'institusjon'), false)
        as is_left_out,
    coalesce(move_in.ended_on >= move_in.matured_on, true) as is_sustained,
    coalesce(move_in.ended_on >= move_in.matured_on, true)
    or (
        coalesce(move_in.move_out_reason in ('kjopt_bolig', 'privat_leie', 'annen_kommunal_bolig'), false)
        and troubled_after_move_in.stay_id is null
    ) as is_housing_sustained,
    null::boolean as is_returned,
    coalesce(first_petition.petitioned_on < move_in.started_on, false) as is_petitioned_before,
    in_arrears_before.stay_id is not null as is_in_arrears_before,
    coalesce(application.children > 0, false) as has_children,
    promised.application_id is not null as is_promised
from move_in
inner join {{ ref('fct_allocation') }} as allocation
    on
        move_in.municipality_no = allocation.municipality_no
        and move_in.new_allocation_id = allocation.allocation_id
left join {{ ref('stg_allocation__application') }} as application
    on
        allocation.municipality_no = application.municipality_no
        and allocation.application_id = application.application_id
left join promised
    on
        allocation.municipality_no = promised.municipality_no
        and allocation.application_id = promised.application_id
left join tenancy_case
    on
        move_in.municipality_no = tenancy_case.municipality_no
        and move_in.stay_id = tenancy_case.stay_id
left join troubled_after_move_in
    on
        move_in.municipality_no = troubled_after_move_in.municipality_no
        and move_in.stay_id = troubled_after_move_in.stay_id
        and move_in.months = troubled_after_move_in.months
left join first_petition
    on
        move_in.municipality_no = first_petition.municipality_no
        and move_in.person_id = first_petition.person_id
left join in_arrears_before
    on
        move_in.municipality_no = in_arrears_before.municipality_no
        and move_in.stay_id = in_arrears_before.stay_id

union all

select
    move_out.municipality_no,
    'move_out' as cohort,
    move_out.stay_id as subject_id,
    move_out.months,
    move_out.person_id,
    move_out.housing_category,
    null::text as followup_group,
    null::text as tenant_group,
    null::text as followup_method,
    move_out.move_out_reason,
    case when followed_at_move_out.stay_id is not null then 'med' else 'uten' end as with_followup,
    move_out.ended_on as began_on,
    move_out.matured_on,
    false as is_left_out,
    null::boolean as is_sustained,
    null::boolean as is_housing_sustained,
    returned.stay_id is not null as is_returned,
    null::boolean as is_petitioned_before,
    null::boolean as is_in_arrears_before,
    null::boolean as has_children,
    null::boolean as is_promised
from move_out
left join followed_at_move_out
    on
        move_out.municipality_no = followed_at_move_out.municipality_no
        and move_out.stay_id = followed_at_move_out.stay_id
left join returned
    on
        move_out.municipality_no = returned.municipality_no
        and move_out.stay_id = returned.stay_id
        and move_out.months = returned.months

union all

select
    petition.municipality_no,
    'petition' as cohort,
    petition.eviction_case_id as subject_id,
    0 as months,
    petition.person_id,
    petition.housing_category,
    null::text as followup_group,
    null::text as tenant_group,
    null::text as followup_method,
    null::text as move_out_reason,
    case when followed_at_petition.eviction_case_id is not null then 'med' else 'uten' end as with_followup,
    petition.petitioned_on as began_on,
    case
        when petition.petitioned_on >= known.begins_on and petition.petitioned_on + 180 <= known.as_of
            then petition.petitioned_on + 180
    end as matured_on,
    false as is_left_out,
    coalesce(petition.evicted_on > petition.petitioned_on + 180, true)
    and stay.stay_id is not null
    and (stay.ended_on is null or stay.ended_on > petition.petitioned_on + 180) as is_sustained,
    null::boolean as is_housing_sustained,
    null::boolean as is_returned,
    null::boolean as is_petitioned_before,
    null::boolean as is_in_arrears_before,
    null::boolean as has_children,
    null::boolean as is_promised
from petition
inner join known
    on petition.municipality_no = known.municipality_no
left join {{ ref('fct_stay') }} as stay
    on
        petition.municipality_no = stay.municipality_no
        and petition.stay_id = stay.stay_id
left join followed_at_petition
    on
        petition.municipality_no = followed_at_petition.municipality_no
        and petition.eviction_case_id = followed_at_petition.eviction_case_id
where petition.petitioned_on is not null

union all

select
    case_end.municipality_no,
    'case_end' as cohort,
    case_end.followup_id as subject_id,
    12 as months,
    case_end.person_id,
    null::text as housing_category,
    case_end.followup_group,
    null::text as tenant_group,
    case_end.followup_method,
    null::text as move_out_reason,
    'med' as with_followup,
    case_end.followup_to_on as began_on,
    case_end.matured_on,
    false as is_left_out,
    case_end.followup_end_reason in ('maal_nadd', 'ikke_behov')
    and housed_after_case.followup_id is not null
    and in_need_after_case.followup_id is null as is_sustained,
    null::boolean as is_housing_sustained,
    null::boolean as is_returned,
    null::boolean as is_petitioned_before,
    null::boolean as is_in_arrears_before,
    null::boolean as has_children,
    null::boolean as is_promised
from case_end
left join housed_after_case
    on
        case_end.municipality_no = housed_after_case.municipality_no
        and case_end.followup_id = housed_after_case.followup_id
left join in_need_after_case
    on
        case_end.municipality_no = in_need_after_case.municipality_no
        and case_end.followup_id = in_need_after_case.followup_id

union all

select
    followup.municipality_no,
    'case_start' as cohort,
    followup.followup_id as subject_id,
    24 as months,
    followup.person_id,
    null::text as housing_category,
    followup.followup_group,
    null::text as tenant_group,
    followup.followup_method,
    null::text as move_out_reason,
    'med' as with_followup,
    followup.followup_from_on as began_on,
    (followup.followup_from_on + interval '24 months')::date as matured_on,
    false as is_left_out,
    owner_after_case.followup_id is not null as is_sustained,
    null::boolean as is_housing_sustained,
    null::boolean as is_returned,
    null::boolean as is_petitioned_before,
    null::boolean as is_in_arrears_before,
    null::boolean as has_children,
    null::boolean as is_promised
from followup
inner join known
    on
        followup.municipality_no = known.municipality_no
        and followup.followup_from_on >= known.begins_on
left join owner_after_case
    on
        followup.municipality_no = owner_after_case.municipality_no
        and followup.followup_id = owner_after_case.followup_id
where followup.followup_from_on + interval '24 months' <= known.as_of
