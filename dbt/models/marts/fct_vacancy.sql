-- A stay that was over before the acquisition, or began after the disposal, bounds no vacancy.
with stock as (
    select
        dwelling.*,
        scope.as_of
    from {{ ref('dim_dwelling') }} as dwelling
    inner join {{ ref('stg_night__scope') }} as scope
        on dwelling.municipality_no = scope.municipality_no
    where dwelling.acquired_on is not null
),

stays as (
    select stay.*
    from {{ ref('int_stays_merged') }} as stay
    inner join stock
        on
            stay.municipality_no = stock.municipality_no
            and stay.dwelling_id = stock.dwelling_id
            and coalesce(stay.ended_on, 'infinity') >= stock.acquired_on
            and coalesce(stock.disposed_on, 'infinity') > stay.started_on
),

-- What stands before a vacancy: nothing (a first letting), or a stay that has ended.
befores as (
    select
        municipality_no,
        dwelling_id,
        0 as merged_stay_number,
        null::text as first_stay_id,
        null::text as last_stay_id,
        null::date as started_on,
        null::date as ended_on
    from stock
    union all
    select
        municipality_no,
        dwelling_id,
        merged_stay_number,
        first_stay_id,
        last_stay_id,
        started_on,
        ended_on
    from stays
),

followed as (
    select
        *,
        lead(first_stay_id) over dwelling_stays as next_stay_id,
        lead(started_on) over dwelling_stays as next_stay_started_on
    from befores
    window dwelling_stays as (partition by municipality_no, dwelling_id order by merged_stay_number)
),

gaps as (
    select
        stock.municipality_no,
        stock.dwelling_id,
        stock.housing_category,
        stock.area,
        stock.manager,
        stock.tenure,
        stock.market_rent_month_nok,
        stock.as_of,
        followed.last_stay_id as previous_stay_id,
        followed.started_on as previous_stay_started_on,
        followed.next_stay_id,
        followed.next_stay_started_on as let_on,
        greatest(followed.ended_on, stock.acquired_on) as vacant_from_on,
        coalesce(followed.next_stay_started_on, stock.disposed_on, stock.as_of + 1) as vacant_to_on
    from followed
    inner join stock
        on
            followed.municipality_no = stock.municipality_no
            and followed.dwelling_id = stock.dwelling_id
    where followed.last_stay_id is null or followed.ended_on is not null
),

vacancies as (
    select
        *,
        -- what is dated on this day or before belongs to another vacancy
        greatest(vacant_from_on - 180, previous_stay_started_on) as events_after
    from gaps
    where vacant_from_on < vacant_to_on
),

events as (
    select
        vacancies.municipality_no,
        vacancies.dwelling_id,
        vacancies.vacant_from_on,
        min(event.event_on) filter (where event.event_type = 'meldt_ledig') as reported_on,
        max(event.event_on) filter (where event.event_type = 'klargjort') as ready_on
    from vacancies
    inner join {{ ref('stg_property__dwelling_event') }} as event
        on
            vacancies.municipality_no = event.municipality_no
            and vacancies.dwelling_id = event.dwelling_id
            and vacancies.events_after < event.event_on
            and vacancies.vacant_to_on > event.event_on
    group by vacancies.municipality_no, vacancies.dwelling_id, vacancies.vacant_from_on
),

allocations as (
    select
        vacancies.municipality_no,
        vacancies.dwelling_id,
        vacancies.vacant_from_on,
        max(allocation.allocated_on) as allocated_on
    from vacancies
    inner join {{ ref('fct_allocation') }} as allocation
        on
            vacancies.municipality_no = allocation.municipality_no
            and vacancies.dwelling_id = allocation.dwelling_id
            and vacancies.events_after < allocation.allocated_on
            and vacancies.vacant_to_on > allocation.allocated_on
    where allocation.is_new_allocation
    group by vacancies.municipality_no, vacancies.dwelling_id, vacancies.vacant_from_on
),

rehabilitated as (
    select
        vacancies.municipality_no,
        vacancies.dwelling_id,
        vacancies.vacant_from_on
    from vacancies
    inner join {{ ref('int_rehabilitations') }} as rehabilitation
        on
            vacancies.municipality_no = rehabilitation.municipality_no
            and vacancies.dwelling_id = rehabilitation.dwelling_id
            and vacancies.vacant_to_on > rehabilitation.started_on
            and vacancies.vacant_from_on < coalesce(rehabilitation.ended_on, 'infinity')
    where rehabilitation.started_on < coalesce(rehabilitation.ended_on, 'infinity')
    group by vacancies.municipality_no, vacancies.dwelling_id, vacancies.vacant_from_on
),

last_contracts as (
    select distinct on (municipality_no, stay_id)
        municipality_no,
        stay_id,
        rent_month_nok
    from {{ ref('int_contracts_chained') }}
    order by municipality_no asc, stay_id asc, position_in_stay desc, contract_id desc
)

select
    vacancies.municipality_no,
    vacancies.dwelling_id,
    vacancies.vacant_from_on,
    vacancies.vacant_to_on,
    vacancies.vacant_to_on - vacancies.vacant_from_on as vacant_days,
    vacancies.housing_category,
    vacancies.area,
    vacancies.manager,
    vacancies.tenure,
    vacancies.previous_stay_id,
    vacancies.previous_stay_started_on,
    vacancies.next_stay_id,
    vacancies.let_on,
    vacancies.previous_stay_id is null as is_first_letting,
    vacancies.vacant_to_on > vacancies.as_of as is_still_vacant,
    rehabilitated.dwelling_id is not null as has_rehabilitation,
    events.reported_on is null and events.ready_on is null as is_data_fault,
    events.reported_on,
    events.ready_on,
    case
        when coalesce(events.reported_on, events.ready_on) is not null
            then greatest(vacancies.vacant_from_on, events.reported_on, events.ready_on)
    end as available_on,
    coalesce(linked_allocation.allocated_on, allocations.allocated_on) as allocated_on,
    events.ready_on - vacancies.vacant_from_on as days_to_ready,
    coalesce(linked_allocation.allocated_on, allocations.allocated_on)
    - case when events.reported_on is not null then greatest(events.reported_on, vacancies.vacant_from_on) end
        as days_reported_to_allocated,
    coalesce(
        case
            when vacancies.previous_stay_id is null then vacancies.market_rent_month_nok
            else last_contracts.rent_month_nok
        end,
        0
    ) as lost_rent_month_nok
from vacancies
left join events
    on
        vacancies.municipality_no = events.municipality_no
        and vacancies.dwelling_id = events.dwelling_id
        and vacancies.vacant_from_on = events.vacant_from_on
left join allocations
    on
        vacancies.municipality_no = allocations.municipality_no
        and vacancies.dwelling_id = allocations.dwelling_id
        and vacancies.vacant_from_on = allocations.vacant_from_on
left join rehabilitated
    on
        vacancies.municipality_no = rehabilitated.municipality_no
        and vacancies.dwelling_id = rehabilitated.dwelling_id
        and vacancies.vacant_from_on = rehabilitated.vacant_from_on
left join last_contracts
    on
        vacancies.municipality_no = last_contracts.municipality_no
        and vacancies.previous_stay_id = last_contracts.stay_id
-- a stay bears the name of its first contract
left join {{ ref('int_contracts_chained') }} as next_contract
    on
        vacancies.municipality_no = next_contract.municipality_no
        and vacancies.next_stay_id = next_contract.contract_id
left join {{ ref('fct_allocation') }} as linked_allocation
    on
        next_contract.municipality_no = linked_allocation.municipality_no
        and next_contract.allocation_id = linked_allocation.allocation_id
