with cases as (
    select
        eviction.municipality_no,
        eviction.eviction_case_id,
        eviction.contract_id,
        contract.stay_id,
        contract.dwelling_id,
        contract.person_id,
        contract.housing_category,
        contract.area,
        contract.manager,
        contract.tenure,
        {{ happened('eviction.petitioned_on') }} as petitioned_on,
        {{ happened('eviction.outcome_on') }} as outcome_on,
        {{ happened_code('eviction.eviction_outcome', 'eviction.outcome_on') }} as eviction_outcome
    from {{ ref('stg_accounting__eviction_case') }} as eviction
    inner join {{ ref('stg_night__scope') }} as scope
        on eviction.municipality_no = scope.municipality_no
    inner join {{ ref('fct_contract') }} as contract
        on
            eviction.municipality_no = contract.municipality_no
            and eviction.contract_id = contract.contract_id
),

temporarily_housed as (
    select distinct
        cases.municipality_no,
        cases.eviction_case_id
    from cases
    inner join {{ ref('fct_temporary_stay') }} as stay
        on
            cases.municipality_no = stay.municipality_no
            and cases.person_id = stay.person_id
    where stay.from_on between cases.outcome_on and cases.outcome_on + 90
),

awaiting_income_management as (
    select distinct
        cases.municipality_no,
        cases.eviction_case_id
    from cases
    inner join {{ ref('fct_income_management') }} as income
        on
            cases.municipality_no = income.municipality_no
            and cases.person_id = income.person_id
    where
        income.referred_on <= cases.outcome_on
        and (income.waited_to_on is null or income.waited_to_on > cases.outcome_on)
)

select
    cases.municipality_no,
    cases.eviction_case_id,
    cases.contract_id,
    cases.stay_id,
    cases.dwelling_id,
    cases.housing_category,
    cases.area,
    cases.manager,
    cases.tenure,
    cases.petitioned_on,
    cases.outcome_on,
    cases.eviction_outcome,
    case when cases.eviction_outcome = 'gjennomfort' then cases.outcome_on + 90 end as followed_to_on,
    case when cases.eviction_outcome = 'gjennomfort' then temporarily_housed.eviction_case_id is not null end
        as is_in_temporary_stay_within_90_days,
    case when cases.eviction_outcome = 'gjennomfort' then awaiting_income_management.eviction_case_id is not null end
        as is_awaiting_income_management
from cases
left join temporarily_housed
    on
        cases.municipality_no = temporarily_housed.municipality_no
        and cases.eviction_case_id = temporarily_housed.eviction_case_id
left join awaiting_income_management
    on
        cases.municipality_no = awaiting_income_management.municipality_no
        and cases.eviction_case_id = awaiting_income_management.eviction_case_id
