-- Whether who was refused a dwelling had help of another kind within 12 months of the decision (docs/definitions.md,
-- refused_without_help_12m). A rejection whose 12 months are not over by the as-of date is left out.
with rejections as (
    select
        decision.municipality_no,
        decision.decision_id,
        application.person_id,
        decision.decided_on,
        (decision.decided_on + interval '12 months')::date as year_later_on
    from {{ ref('stg_allocation__decision') }} as decision
    inner join {{ ref('stg_allocation__application') }} as application
        on
            decision.municipality_no = application.municipality_no
            and decision.application_id = application.application_id
    inner join {{ ref('stg_night__scope') }} as scope
        on decision.municipality_no = scope.municipality_no
    where decision.outcome = 'avslag' and decision.decided_on + interval '12 months' <= scope.as_of
),

help as (
    select
        municipality_no,
        person_id,
        paid_out_on as from_on,
        paid_out_on as to_on
    from {{ ref('stg_husbanken__startlan') }}
    where paid_out_on is not null

    union all

    select
        municipality_no,
        person_id,
        benefit_month as from_on,
        benefit_month as to_on
    from {{ ref('stg_husbanken__bostotte') }}
    where scheme = 'statlig' and amount_nok > 0

    union all

    select
        municipality_no,
        person_id,
        started_on as from_on,
        coalesce(ended_on - 1, 'infinity') as to_on
    from {{ ref('int_stays') }}
)

select
    rejections.municipality_no,
    rejections.decision_id,
    bool_or(help.person_id is not null) as is_helped
from rejections
left join help
    on
        rejections.municipality_no = help.municipality_no
        and rejections.person_id = help.person_id
        and rejections.decided_on <= help.to_on
        and rejections.year_later_on >= help.from_on
group by rejections.municipality_no, rejections.decision_id
