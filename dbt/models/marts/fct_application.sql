with decisions as (
    select
        *,
        row_number() over (
            partition by municipality_no, application_id
            order by decided_on desc, decision_id desc
        ) as recency
    from {{ ref('fct_decision') }}
    where decided_on is not null
)

select
    application.municipality_no,
    application.application_id,
    application.person_id,
    {{ happened('application.received_on') }} as received_on,
    application.application_type,
    application.housing_category,
    application.handling_unit,
    application.household_size,
    application.children,
    application.resident_since,
    decisions.decision_id as latest_decision_id,
    decisions.decided_on,
    decisions.outcome,
    decisions.rejection_reason,
    decisions.processing_days
from {{ ref('stg_allocation__application') }} as application
inner join {{ ref('stg_night__scope') }} as scope
    on application.municipality_no = scope.municipality_no
left join decisions
    on
        application.municipality_no = decisions.municipality_no
        and application.application_id = decisions.application_id
        and decisions.recency = 1
