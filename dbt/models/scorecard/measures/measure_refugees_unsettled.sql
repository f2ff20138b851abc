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
),

broken_down as (
    select
        agreement.*,
        'total' as dimension,
        'total' as dimension_value
    from agreement
    union all
    select
        agreement.*,
        'unsettled_reason' as dimension,
        agreement.unsettled_reason as dimension_value
    from agreement
    where agreement.unsettled_reason is not null
)

select
    broken_down.municipality_no,
    broken_down.period_type,
    broken_down.period_start,
    broken_down.dimension,
    broken_down.dimension_value,
    measure.measure_id,
    (
        case measure.measure_id
            when 'refugees_unsettled' then broken_down.persons_unsettled
            else broken_down.persons_settled
        end
    )::double precision as value
from broken_down
cross join (values ('refugees_unsettled'), ('refugees_settled_beside_unsettled')) as measure (measure_id)
