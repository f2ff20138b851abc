-- A renewal is a link back to the contract that it renews. Following the links from the contract that renews
-- nothing gives the stay. The extract cannot promise that there is no circle; a contract in one (reached from
-- no first contract) is a stay of its own, so that no day in a dwelling is lost.
with recursive contracts as (
    select
        tenancy.*,
        scope.as_of
    from {{ ref('stg_property__tenancy') }} as tenancy
    inner join {{ ref('stg_night__scope') }} as scope
        on tenancy.municipality_no = scope.municipality_no
),

chain as (
    select
        municipality_no,
        contract_id,
        contract_id as stay_id,
        1 as position_in_stay
    from contracts
    where previous_contract_id is null

    union all

    select
        contracts.municipality_no,
        contracts.contract_id,
        chain.stay_id,
        chain.position_in_stay + 1 as position_in_stay
    from chain
    inner join contracts
        on
            chain.municipality_no = contracts.municipality_no
            and chain.contract_id = contracts.previous_contract_id
)

select
    contracts.municipality_no,
    contracts.contract_id,
    coalesce(chain.stay_id, contracts.contract_id) as stay_id,
    coalesce(chain.position_in_stay, 1) as position_in_stay,
    contracts.previous_contract_id,
    contracts.dwelling_id,
    contracts.person_id,
    contracts.contract_type,
    {{ happened('contracts.started_on') }} as started_on,
    contracts.agreed_end_on,
    {{ happened('contracts.moved_out_on') }} as moved_out_on,
    {{ happened_code('contracts.move_out_reason', 'contracts.moved_out_on') }} as move_out_reason,
    contracts.allocation_id,
    contracts.rent_month_nok,
    {{ happened_code('contracts.regulation_type', 'contracts.regulated_on') }} as regulation_type,
    {{ happened('contracts.regulated_on') }} as regulated_on
from contracts
left join chain
    on
        contracts.municipality_no = chain.municipality_no
        and contracts.contract_id = chain.contract_id
