-- Of those whom the municipality decided to settle in the year, who were not; and beside them those who were, so that
-- nobody works out a small number of these from what is left of the decision.
with agreement as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        agreed.unsettled_reason,
        agreed.persons_unsettled,
        count(settlement.settlement_id) as persons_settled
    from {{ ref('dim_period') }} as period
    inner join {{ ref('fct_settlement_agreement') }} as agreed
        on period.municipality_no = agreed.municipality_no and period.period_start = agreed.year_begins_on
    left join {{ ref('fct_refugee_settlement') }} as settlement
        on
            period.municipality_no = settlement.municipality_no
            and settlement.settled_on between period.period_start and period.measured_end
            and not settlement.is_family_reunification
    where period.period_type = 'year' and agreed.persons_unsettled is not null
    group by
        period.municipality_no, period.period_type, period.period_start, agreed.unsettled_reason,
        agreed.persons_unsettled
)

select
    agreement.municipality_no,
    agreement.period_type,
    agreement.period_start,
    broken_down.dimension,
    broken_down.dimension_value,
    counted.measure_id,
    counted.value::double precision as value
from agreement
cross join lateral (
    values ('total', 'total'), ('unsettled_reason', agreement.unsettled_reason)
) as broken_down (dimension, dimension_value)
cross join lateral (
    values
    ('refugees_unsettled', agreement.persons_unsettled),
    ('refugees_settled_beside_unsettled', agreement.persons_settled)
) as counted (measure_id, value)
where broken_down.dimension_value is not null
