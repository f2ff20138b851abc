with contracts as (
    select
        *,
        row_number() over (stay order by position_in_stay, contract_id) as from_first,
        row_number() over (stay order by position_in_stay desc, contract_id desc) as from_last,
        row_number() over (
            stay order by started_on desc nulls last, position_in_stay desc, contract_id desc
        ) as from_latest_started,
        count(*) over stay as contracts
    from {{ ref('int_contracts_chained') }}
    window stay as (partition by municipality_no, stay_id)
),

stays as (
    select
        municipality_no,
        stay_id,
        dwelling_id,
        max(person_id) filter (where from_latest_started = 1) as person_id,
        max(started_on) filter (where from_first = 1) as started_on,
        max(moved_out_on) filter (where from_last = 1) as ended_on,
        max(move_out_reason) filter (where from_last = 1) as move_out_reason,
        max(allocation_id) filter (where from_first = 1) as first_allocation_id,
        max(contract_id) filter (where from_latest_started = 1) as latest_contract_id,
        max(rent_month_nok) filter (where from_latest_started = 1) as rent_month_nok,
        max(contracts) as contracts
    from contracts
    group by municipality_no, stay_id, dwelling_id
)

select
    stays.municipality_no,
    stays.stay_id,
    stays.dwelling_id,
    stays.person_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    stays.started_on,
    stays.ended_on,
    stays.move_out_reason,
    (stays.ended_on - stays.started_on)::double precision / 365.25 as stay_years,
    stays.contracts::integer as contracts,
    stays.latest_contract_id,
    stays.rent_month_nok,
    new_allocation.allocation_id as new_allocation_id,
    new_allocation.housing_category as application_housing_category,
    stays.started_on - new_allocation.application_received_on as application_to_move_in_days,
    stays.started_on - new_allocation.allocated_on as allocation_to_move_in_days
from stays
inner join {{ ref('dim_dwelling') }} as dwelling
    on
        stays.municipality_no = dwelling.municipality_no
        and stays.dwelling_id = dwelling.dwelling_id
left join {{ ref('fct_allocation') }} as new_allocation
    on
        stays.municipality_no = new_allocation.municipality_no
        and stays.first_allocation_id = new_allocation.allocation_id
        and new_allocation.is_new_allocation
where stays.started_on is not null
