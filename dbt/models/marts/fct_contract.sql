-- A contract is renewed at most once; were it renewed twice, the renewal that began first counts.
with renewals as (
    select distinct on (municipality_no, previous_contract_id)
        municipality_no,
        previous_contract_id,
        contract_id,
        started_on
    from {{ ref('int_contracts_chained') }}
    where previous_contract_id is not null
    order by municipality_no, previous_contract_id, started_on nulls last, contract_id
),

contracts as (
    select
        *,
        -- on any day one contract of a stay is its current one, the latest that has started; the stay ends with
        -- its last contract
        least(
            lead(started_on) over (
                partition by municipality_no, stay_id
                order by started_on nulls last, position_in_stay, contract_id
            ),
            first_value(moved_out_on) over (
                partition by municipality_no, stay_id
                order by position_in_stay desc, contract_id desc
            )
        ) as superseded_on
    from {{ ref('int_contracts_chained') }}
)

select
    contract.municipality_no,
    contract.contract_id,
    contract.stay_id,
    contract.position_in_stay,
    contract.dwelling_id,
    contract.person_id,
    dwelling.housing_category,
    dwelling.area,
    dwelling.manager,
    dwelling.tenure,
    contract.contract_type,
    contract.contract_type = 'tidsbestemt' as is_fixed_term,
    contract.started_on,
    contract.agreed_end_on,
    -- of one that has not begun by the as-of date, as of one for an unlimited time, nobody can say it
    contract.agreed_end_on < contract.started_on + interval '36 months' as is_under_three_years,
    contract.moved_out_on,
    contract.move_out_reason,
    contract.previous_contract_id,
    renewals.contract_id as renewed_by_contract_id,
    renewals.started_on as renewed_on,
    contract.allocation_id,
    contract.rent_month_nok,
    -- a fixed term lasts on until the tenant is out or a renewal has begun
    least(contract.moved_out_on, renewals.started_on) as ended_on,
    contract.superseded_on,
    dwelling.usable_area_m2,
    dwelling.market_rent_month_nok,
    contract.regulation_type,
    contract.regulated_on,
    -- husleieloven § 4-2: a year after the rent was last set; § 4-3: thirty months after it last was by anything but
    -- the index. Of a contract whose regulation nobody has told of, and of one that has not begun, nobody can say it.
    case
        when contract.regulation_type is not null
            then (greatest(contract.started_on, contract.regulated_on) + interval '12 months')::date
    end as index_possible_from_on,
    case contract.regulation_type
        when 'gjengs_leie' then (contract.regulated_on + interval '30 months')::date
        when 'indeks' then (contract.started_on + interval '30 months')::date
        when 'ingen' then (contract.started_on + interval '30 months')::date
    end as market_rent_possible_from_on
from contracts as contract
inner join {{ ref('dim_dwelling') }} as dwelling
    on
        contract.municipality_no = dwelling.municipality_no
        and contract.dwelling_id = dwelling.dwelling_id
left join renewals
    on
        contract.municipality_no = renewals.municipality_no
        and contract.contract_id = renewals.previous_contract_id
