-- What a municipal tenant would pay a month as an owner stands beside what the dwelling costs today: the rent of the
-- contract of the day on which the application was answered, less the housing allowance of that month, or of the last
-- month before it of which any is known.
with loans as (
    select
        loan.municipality_no,
        loan.startlan_id,
        loan.person_id,
        {{ happened('loan.applied_on') }} as applied_on,
        {{ happened('loan.preapproved_on') }} as preapproved_on,
        {{ happened('loan.paid_out_on') }} as paid_out_on,
        {{ happened('loan.rejected_on') }} as rejected_on,
        loan.amount_nok,
        loan.purchase_price_nok,
        loan.purpose,
        loan.recipient_group,
        loan.is_refinancing,
        loan.was_municipal_tenant,
        loan.owning_month_nok
    from {{ ref('stg_husbanken__startlan') }} as loan
    inner join {{ ref('stg_night__scope') }} as scope
        on loan.municipality_no = scope.municipality_no
),

assessed as (
    select
        *,
        least(preapproved_on, paid_out_on, rejected_on) as assessed_on
    from loans
),

allowance_month as (
    select distinct
        municipality_no,
        benefit_month
    from {{ ref('fct_bostotte') }}
),

with_month as (
    select
        assessed.municipality_no,
        assessed.startlan_id,
        assessed.person_id,
        assessed.assessed_on,
        max(known.benefit_month) as benefit_month
    from assessed
    left join allowance_month as known
        on
            assessed.municipality_no = known.municipality_no
            and assessed.assessed_on >= known.benefit_month
    where assessed.was_municipal_tenant and assessed.owning_month_nok is not null
    group by assessed.municipality_no, assessed.startlan_id, assessed.person_id, assessed.assessed_on
),

allowance as (
    select
        with_month.municipality_no,
        with_month.startlan_id,
        sum(bostotte.amount_nok) as allowance_nok
    from with_month
    inner join {{ ref('fct_bostotte') }} as bostotte
        on
            with_month.municipality_no = bostotte.municipality_no
            and with_month.person_id = bostotte.person_id
            and with_month.benefit_month = bostotte.benefit_month
    group by with_month.municipality_no, with_month.startlan_id
),

rented as (
    select distinct on (with_month.municipality_no, with_month.startlan_id)
        with_month.municipality_no,
        with_month.startlan_id,
        contract.rent_month_nok - coalesce(allowance.allowance_nok, 0) as rent_after_allowance_nok
    from with_month
    inner join {{ ref('fct_contract') }} as contract
        on
            with_month.municipality_no = contract.municipality_no
            and with_month.person_id = contract.person_id
            and with_month.assessed_on >= contract.started_on
            and (contract.superseded_on is null or with_month.assessed_on < contract.superseded_on)
    left join allowance
        on
            with_month.municipality_no = allowance.municipality_no
            and with_month.startlan_id = allowance.startlan_id
    order by
        with_month.municipality_no asc, with_month.startlan_id asc, contract.started_on desc, contract.contract_id asc
)

select
    assessed.*,
    rented.rent_after_allowance_nok,
    assessed.owning_month_nok - rented.rent_after_allowance_nok as owning_above_rent_nok,
    assessed.is_refinancing or assessed.recipient_group = 'reetablering_samlivsbrudd' as is_restart,
    -- Husbanken's own measure of conversion: paid out within four months of the pre-approval, or before it
    coalesce(assessed.paid_out_on <= assessed.preapproved_on + interval '4 months', false) as is_preapproval_used
from assessed
left join rented
    on
        assessed.municipality_no = rented.municipality_no
        and assessed.startlan_id = rented.startlan_id
