with current_contracts as (
    select
        municipality_no,
        stay_id,
        contract_id,
        started_on,
        lag(coalesce(superseded_on, 'infinity')) over (
            partition by municipality_no, stay_id
            order by started_on
        ) as previous_superseded_on
    from {{ ref('fct_contract') }}
    where started_on < coalesce(superseded_on, 'infinity')
)

select
    municipality_no,
    stay_id,
    contract_id
from current_contracts
where started_on < previous_superseded_on
