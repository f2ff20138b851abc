-- The work list of the next 12 months (docs/definitions.md, contracts_expiring_next_12m): whom to write to, and what is
-- known of them already.
with expiring as (
    select
        contract.municipality_no,
        contract.contract_id,
        contract.stay_id,
        contract.dwelling_id,
        contract.person_id,
        contract.housing_category,
        contract.area,
        contract.manager,
        contract.started_on,
        contract.agreed_end_on,
        scope.as_of
    from {{ ref('fct_contract') }} as contract
    inner join {{ ref('stg_night__scope') }} as scope
        on contract.municipality_no = scope.municipality_no
    where
        contract.is_fixed_term
        and contract.started_on is not null
        and contract.ended_on is null
        and contract.renewed_by_contract_id is null
        and contract.agreed_end_on > scope.as_of
        and contract.agreed_end_on <= scope.as_of + interval '12 months'
),

notices as (
    select
        expiring.municipality_no,
        expiring.contract_id,
        max(event.event_on) as notice_on
    from expiring
    inner join {{ ref('stg_property__dwelling_event') }} as event
        on
            expiring.municipality_no = event.municipality_no
            and expiring.dwelling_id = event.dwelling_id
            and expiring.started_on <= event.event_on
            and expiring.as_of >= event.event_on
    where event.event_type = 'oppsagt'
    group by expiring.municipality_no, expiring.contract_id
),

applications as (
    select
        expiring.municipality_no,
        expiring.contract_id,
        max(loan.applied_on) as startlan_applied_on
    from expiring
    inner join {{ ref('fct_startlan') }} as loan
        on
            expiring.municipality_no = loan.municipality_no
            and expiring.person_id = loan.person_id
            and expiring.started_on <= loan.applied_on
    group by expiring.municipality_no, expiring.contract_id
),

owed as (
    select
        expiring.municipality_no,
        expiring.contract_id,
        sum(arrears.remainder_nok) as arrears_nok
    from expiring
    inner join {{ ref('fct_arrears') }} as arrears
        on
            expiring.municipality_no = arrears.municipality_no
            and expiring.stay_id = arrears.stay_id
            and expiring.as_of >= arrears.owed_from_on
            and (arrears.owed_to_on is null or expiring.as_of < arrears.owed_to_on)
    group by expiring.municipality_no, expiring.contract_id
)

select
    expiring.municipality_no,
    expiring.contract_id,
    expiring.stay_id,
    expiring.dwelling_id,
    expiring.housing_category,
    expiring.area,
    expiring.manager,
    expiring.agreed_end_on,
    expiring.agreed_end_on - expiring.as_of as days_left,
    notices.notice_on,
    applications.startlan_applied_on,
    case when accounts.is_delivered then coalesce(owed.arrears_nok, 0) end as arrears_nok
from expiring
left join notices
    on
        expiring.municipality_no = notices.municipality_no
        and expiring.contract_id = notices.contract_id
left join applications
    on
        expiring.municipality_no = applications.municipality_no
        and expiring.contract_id = applications.contract_id
left join owed
    on
        expiring.municipality_no = owed.municipality_no
        and expiring.contract_id = owed.contract_id
-- where no accounts are delivered nobody knows what is owed
left join {{ ref('fct_first_record') }} as accounts
    on
        expiring.municipality_no = accounts.municipality_no
        and accounts.record = 'accounting/rent_charge'
