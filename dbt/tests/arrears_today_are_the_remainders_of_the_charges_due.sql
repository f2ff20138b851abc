{#- staging is for its own group only -#}
{{ config(group='marts') }}
with owed as (
    select
        municipality_no,
        sum(remainder_nok) as remainder_nok
    from {{ ref('fct_arrears') }}
    where owed_to_on is null
    group by municipality_no
),

remaining as (
    select
        charge.municipality_no,
        sum(charge.remainder_nok) as remainder_nok
    from {{ ref('fct_rent_charge') }} as charge
    inner join {{ ref('stg_night__scope') }} as scope
        on charge.municipality_no = scope.municipality_no
    where charge.charge_type in ('husleie', 'skade', 'gebyr') and charge.due_on <= scope.as_of
    group by charge.municipality_no
)

select
    remaining.municipality_no,
    owed.remainder_nok as owed_nok,
    remaining.remainder_nok as remaining_nok
from remaining
left join owed on remaining.municipality_no = owed.municipality_no
where coalesce(owed.remainder_nok, 0) <> remaining.remainder_nok
