with entries as (
    select
        entry.municipality_no,
        entry.waitlist_entry_id,
        entry.application_id,
        entry.housing_category,
        {{ size_class('application.household_size', [1, 2, 4]) }} as size_class,
        {{ happened('entry.entered_on') }} as entered_on,
        {{ happened('entry.exited_on') }} as exited_on,
        {{ happened_code('entry.exit_reason', 'entry.exited_on') }} as exit_reason,
        scope.as_of
    from {{ ref('stg_allocation__waitlist_entry') }} as entry
    inner join {{ ref('stg_allocation__application') }} as application
        on
            entry.municipality_no = application.municipality_no
            and entry.application_id = application.application_id
    inner join {{ ref('stg_night__scope') }} as scope
        on entry.municipality_no = scope.municipality_no
)

select
    municipality_no,
    waitlist_entry_id,
    application_id,
    housing_category,
    size_class,
    entered_on,
    exited_on,
    exit_reason,
    exited_on - entered_on as wait_days,
    coalesce(exited_on, as_of) - entered_on as days_in_queue,
    -- refugees are housed outside the queue
    housing_category <> 'flyktning' as is_in_queue
from entries
