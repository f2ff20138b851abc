with allocations as (
    select
        allocation.municipality_no,
        allocation.allocation_id,
        allocation.application_id,
        allocation.dwelling_id,
        application.person_id,
        application.housing_category,
        allocation.committee,
        allocation.allocation_type,
        {{ happened('application.received_on') }} as application_received_on,
        {{ happened('allocation.allocated_on') }} as allocated_on,
        {{ happened('allocation.answered_on') }} as answered_on,
        {{ happened_code('allocation.answer', 'allocation.answered_on') }} as answer
    from {{ ref('stg_allocation__allocation') }} as allocation
    inner join {{ ref('stg_allocation__application') }} as application
        on
            allocation.municipality_no = application.municipality_no
            and allocation.application_id = application.application_id
    inner join {{ ref('stg_night__scope') }} as scope
        on allocation.municipality_no = scope.municipality_no
)

select
    *,
    allocated_on is not null and allocation_type = 'ny' and (answer is distinct from 'avslatt') as is_new_allocation,
    allocated_on is not null and allocation_type = 'fornyelse' and (answer is distinct from 'avslatt') as is_renewal
from allocations
