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
        loan.was_municipal_tenant
    from {{ ref('stg_husbanken__startlan') }} as loan
    inner join {{ ref('stg_night__scope') }} as scope
        on loan.municipality_no = scope.municipality_no
)

select
    *,
    is_refinancing or recipient_group = 'reetablering_samlivsbrudd' as is_restart,
    -- Husbanken's own measure of conversion: paid out within four months of the pre-approval, or before it
    coalesce(paid_out_on <= preapproved_on + interval '4 months', false) as is_preapproval_used
from loans
