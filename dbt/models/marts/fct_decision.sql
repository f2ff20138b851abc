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
