-- A dwelling's whole time in stock, without expanding it to days.
with stock as (
    select
        dwelling.municipality_no,
        dwelling.dwelling_id,
        dwelling.housing_category,
        dwelling.area,
        dwelling.manager,
        dwelling.tenure,
        daterange(dwelling.acquired_on, coalesce(dwelling.disposed_on, scope.as_of + 1)) as days
    from {{ ref('dim_dwelling') }} as dwelling
    inner join {{ ref('stg_night__scope') }} as scope
        on dwelling.municipality_no = scope.municipality_no
    where dwelling.acquired_on is not null
),

occupied as (
    select
        municipality_no,
        dwelling_id,
        range_agg(daterange(started_on, ended_on)) as days
    from {{ ref('int_stays_merged') }}
    group by municipality_no, dwelling_id
),

spells as (
    select
        stock.municipality_no,
        stock.dwelling_id,
        lower(run.days) as from_on,
        upper(run.days) as to_on,
        'utleid' as occupancy,
        null::text as phase,
        null::text as responsible
    from stock
    inner join occupied
        on
            stock.municipality_no = occupied.municipality_no
            and stock.dwelling_id = occupied.dwelling_id
    cross join lateral unnest(occupied.days * datemultirange(stock.days)) as run (days)
    union all
    select
        municipality_no,
        dwelling_id,
        from_on,
        to_on,
        'ledig' as occupancy,
        phase,
        responsible
    from {{ ref('fct_vacancy_phase') }}
)

select
    spells.municipality_no,
    spells.dwelling_id,
    spells.from_on,
    spells.to_on,
    spells.to_on - spells.from_on as spell_days,
    spells.occupancy,
    spells.phase,
    spells.responsible,
    stock.housing_category,
    stock.area,
    stock.manager,
    stock.tenure
from spells
inner join stock
    on
        spells.municipality_no = stock.municipality_no
        and spells.dwelling_id = stock.dwelling_id
