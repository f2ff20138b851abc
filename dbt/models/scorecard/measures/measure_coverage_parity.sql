-- The least covered category beside the best covered one (docs/definitions.md, coverage_parity). It is made of two
-- categories, which is what it counts as built on: no public edition shows it, for who knows the one coverage would
-- know the other from it.
with coverage as (
    select
        needing.municipality_no,
        needing.period_type,
        needing.period_start,
        coalesce(allocated.value, 0) / needing.value as coverage
    from {{ ref('measure_sum') }} as needing
    left join {{ ref('measure_during') }} as allocated
        on
            needing.municipality_no = allocated.municipality_no
            and needing.period_type = allocated.period_type
            and needing.period_start = allocated.period_start
            and needing.dimension = allocated.dimension
            and needing.dimension_value = allocated.dimension_value
            and allocated.measure_id = 'queue_left_allocated_12_months'
    where
        needing.measure_id = 'queue_needing_12_months'
        and needing.dimension = 'housing_category'
        and needing.value >= 10
),

parity as (
    select
        municipality_no,
        period_type,
        period_start,
        min(coverage) / nullif(max(coverage), 0) as parity
    from coverage
    group by municipality_no, period_type, period_start
    having count(*) >= 2
)

select
    parity.municipality_no,
    parity.period_type,
    parity.period_start,
    'total' as dimension,
    'total' as dimension_value,
    measure.measure_id,
    case measure.measure_id when 'coverage_parity' then parity.parity else 2 end as value
from parity
cross join (values ('coverage_parity'), ('coverage_parity_categories')) as measure (measure_id)
where parity.parity is not null
