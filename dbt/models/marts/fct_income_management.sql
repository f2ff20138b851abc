with income as (
    select
        income.municipality_no,
        income.income_case_id,
        income.person_id,
        {{ happened('income.referred_on') }} as referred_on,
        {{ happened('income.managed_from_on') }} as managed_from_on,
        {{ happened('income.income_case_ended_on') }} as income_case_ended_on,
        {{ happened_code('income.income_end_reason', 'income.income_case_ended_on') }} as income_end_reason
    from {{ ref('stg_nav__income_management') }} as income
    inner join {{ ref('stg_night__scope') }} as scope
        on income.municipality_no = scope.municipality_no
)

select
    *,
    least(managed_from_on, income_case_ended_on) as waited_to_on
from income
