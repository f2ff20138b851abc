-- A rehabilitation lasts until the next rehabilitering_slutt or the start of the next stay (docs/definitions.md,
-- Vacancy). It may begin while the dwelling is let, and the stay that is running then does not end it.
with events as (
    select
        event.municipality_no,
        event.dwelling_id,
        event.event_type,
        event.event_on
    from {{ ref('stg_property__dwelling_event') }} as event
    inner join {{ ref('stg_night__scope') }} as scope
        on
            event.municipality_no = scope.municipality_no
            and event.event_on <= scope.as_of
),

ends as (
    select
        municipality_no,
        dwelling_id,
        event_on as ended_on,
        -- one that is finished on the day on which it began takes no day
        event_on as ends_what_began_by
    from events
    where event_type = 'rehabilitering_slutt'
    union all
    select
        municipality_no,
        dwelling_id,
        started_on as ended_on,
        started_on - 1 as ends_what_began_by
    from {{ ref('int_stays_merged') }}
)

select
    events.municipality_no,
    events.dwelling_id,
    events.event_on as started_on,
    min(ends.ended_on) as ended_on
from events
left join ends
    on
        events.municipality_no = ends.municipality_no
        and events.dwelling_id = ends.dwelling_id
        and events.event_on <= ends.ends_what_began_by
where events.event_type = 'rehabilitering_start'
group by events.municipality_no, events.dwelling_id, events.event_on
