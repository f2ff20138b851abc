-- The days that tell that a person's home did not last, whether or not it was one of the municipality's.
select
    entry.municipality_no,
    application.person_id,
    {{ happened('entry.entered_on') }} as happened_on,
    false as is_eviction
from {{ ref('stg_allocation__waitlist_entry') }} as entry
inner join {{ ref('stg_allocation__application') }} as application
    on
        entry.municipality_no = application.municipality_no
        and entry.application_id = application.application_id
inner join {{ ref('stg_night__scope') }} as scope
    on entry.municipality_no = scope.municipality_no

union all

select
    stay.municipality_no,
    stay.person_id,
    {{ happened('stay.from_on') }} as happened_on,
    false as is_eviction
from {{ ref('stg_allocation__temporary_stay') }} as stay
inner join {{ ref('stg_night__scope') }} as scope
    on stay.municipality_no = scope.municipality_no
-- a night at least
where stay.to_on is null or stay.to_on > stay.from_on

union all

select
    eviction.municipality_no,
    contract.person_id,
    {{ happened('eviction.outcome_on') }} as happened_on,
    true as is_eviction
from {{ ref('stg_accounting__eviction_case') }} as eviction
inner join {{ ref('int_contracts_chained') }} as contract
    on
        eviction.municipality_no = contract.municipality_no
        and eviction.contract_id = contract.contract_id
inner join {{ ref('stg_night__scope') }} as scope
    on eviction.municipality_no = scope.municipality_no
where eviction.eviction_outcome = 'gjennomfort'
