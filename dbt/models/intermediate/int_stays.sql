-- A stay runs from the start of its first contract to the end of its last, and is the tenant's of the latest that has
-- begun. One whose first contract has not begun by the as-of date is none yet.
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
)

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
    max(contracts)::integer as contracts
from contracts
group by municipality_no, stay_id, dwelling_id
having max(started_on) filter (where from_first = 1) is not null
