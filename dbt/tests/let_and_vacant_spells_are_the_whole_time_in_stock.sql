-- End to end, from the first day in stock to the last: nothing is left out, and nothing counts twice.
with bounds as (
    select
        spell.municipality_no,
        spell.dwelling_id,
        spell.from_on,
        spell.to_on,
        lag(spell.to_on) over dwelling_spells as previous_to_on,
        lead(spell.from_on) over dwelling_spells as next_from_on
    from {{ ref('fct_dwelling_spell') }} as spell
    window dwelling_spells as (partition by spell.municipality_no, spell.dwelling_id order by spell.from_on)
),

stock as (
    select distinct
        dwelling.municipality_no,
        dwelling.dwelling_id,
        dwelling.acquired_on,
        coalesce(dwelling.disposed_on, period.as_of + 1) as stock_to_on
    from {{ ref('dim_dwelling') }} as dwelling
    inner join {{ ref('dim_period') }} as period
        on dwelling.municipality_no = period.municipality_no
    where dwelling.acquired_on < coalesce(dwelling.disposed_on, period.as_of + 1)
)

select
    stock.municipality_no,
    stock.dwelling_id,
    stock.acquired_on,
    stock.stock_to_on,
    bounds.from_on,
    bounds.to_on
from stock
left join bounds
    on
        stock.municipality_no = bounds.municipality_no
        and stock.dwelling_id = bounds.dwelling_id
where
    bounds.from_on is distinct from coalesce(bounds.previous_to_on, stock.acquired_on)
    or bounds.to_on is distinct from coalesce(bounds.next_from_on, stock.stock_to_on)
