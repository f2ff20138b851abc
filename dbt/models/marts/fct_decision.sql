-- Who was refused before the records of another kind of help begin may have had it all the same.
with help_known as (
    select
        municipality_no,
        max(begins_on) as begins_on
    from {{ ref('fct_first_record') }}
    where record in ('husbanken/startlan', 'husbanken/bostotte/statlig', 'property/tenancy')
    group by municipality_no
    having bool_and(is_delivered)
)

select
    decision.municipality_no,
    decision.decision_id,
    decision.application_id,
    application.application_type,
    application.housing_category,
    application.handling_unit,
    {{ happened('application.received_on') }} as received_on,
    {{ happened('decision.decided_on') }} as decided_on,
    {{ happened_code('decision.outcome', 'decision.decided_on') }} as outcome,
    {{ happened_code('decision.rejection_reason', 'decision.decided_on') }} as rejection_reason,
    case when decision.decided_on >= help_known.begins_on then rejection.is_helped end as is_helped_within_year,
    {{ happened('decision.complained_on') }} as complained_on,
    {{ happened_code('decision.complaint_outcome', 'decision.complained_on') }} as complaint_outcome,
    {{ happened('decision.decided_on') }} - {{ happened('application.received_on') }} as processing_days
from {{ ref('stg_allocation__decision') }} as decision
inner join {{ ref('stg_allocation__application') }} as application
    on
        decision.municipality_no = application.municipality_no
        and decision.application_id = application.application_id
inner join {{ ref('stg_night__scope') }} as scope
    on decision.municipality_no = scope.municipality_no
left join {{ ref('int_rejections_helped') }} as rejection
    on
        decision.municipality_no = rejection.municipality_no
        and decision.decision_id = rejection.decision_id
left join help_known
    on decision.municipality_no = help_known.municipality_no
