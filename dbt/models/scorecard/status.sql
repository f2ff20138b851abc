with latest_period as (
    select
        municipality_no,
        period_type,
        max(period_start) as period_start,
        max(period_start) filter (where is_series_break) as last_break
    from {{ ref('dim_period') }}
    where is_complete
    group by municipality_no, period_type
),

-- One scan of the figures, not a join of them with themselves: the planner cannot know how the six keys hang together.
-- What is of one year only (today's registers) has no latest complete period while that year is not complete.
figure as (
    select
        figure.municipality_no,
        figure.metric_id,
        figure.dimension,
        figure.dimension_value,
        figure.period_type,
        latest_period.period_start,
        coalesce(
            latest_period.last_break > latest_period.period_start - interval '1 year', false
        ) as is_break_since_year_before,
        max(figure.period_end) as period_end,
        max(figure.as_of) as as_of,
        bool_or(figure.is_ripe) filter (where figure.period_start = latest_period.period_start) as is_ripe,
        max(figure.value) filter (where figure.period_start = latest_period.period_start) as value,
        max(figure.numerator) filter (where figure.period_start = latest_period.period_start) as numerator,
        max(figure.denominator) filter (where figure.period_start = latest_period.period_start) as denominator,
        max(figure.value) filter (
            where figure.period_start = latest_period.period_start - interval '1 year'
        ) as value_year_before,
        -- what is not ripe would end every line in a fall
        array_agg(case when figure.is_ripe then figure.value end order by figure.period_start) filter (
            where
            figure.period_start > latest_period.period_start - 8 * case figure.period_type
                when 'month' then interval '1 month'
                when 'quarter' then interval '3 months'
                when 'tertial' then interval '4 months'
                else interval '1 year'
            end
            -- a merger begins a new series
            and figure.period_start >= coalesce(latest_period.last_break, '-infinity')
        ) as trend
    from {{ ref('metric_value') }} as figure
    inner join latest_period
        on
            figure.municipality_no = latest_period.municipality_no
            and figure.period_type = latest_period.period_type
            and figure.period_start <= latest_period.period_start
    group by
        figure.municipality_no, figure.metric_id, figure.dimension, figure.dimension_value, figure.period_type,
        latest_period.period_start, latest_period.last_break
),

compared as (
    select
        figure.*,
        definition.direction,
        -- what the shown decimals do not show is no movement; what a merger parts, or is not ripe, cannot be compared
        case
            when figure.is_ripe and not figure.is_break_since_year_before
                then sign(
                    round(figure.value::numeric, definition.decimals)
                    - round(figure.value_year_before::numeric, definition.decimals)
                )
        end as movement,
        -- Kendall's tau: the pairs of known values that rise less those that fall, as a share of all of them. Eight
        -- values in random order reach a half, up or down, one time in nine.
        case
            when pair.known < 6 then 'none'
            when pair.net >= pair.known / 2.0 then 'up'
            when pair.net <= -pair.known / 2.0 then 'down'
            else 'flat'
        end as trend_direction
    from figure
    inner join {{ ref('metric_definition') }} as definition on figure.metric_id = definition.metric_id
    cross join lateral (
        select
            count(*) as known,
            sum(sign(later.value - earlier.value)) as net
        from unnest(figure.trend) with ordinality as earlier (value, place)
        inner join unnest(figure.trend) with ordinality as later (value, place)
            on earlier.place < later.place
        where earlier.value is not null and later.value is not null
    ) as pair
),

target as (
    select
        figure.municipality_no,
        figure.metric_id,
        figure.dimension,
        figure.dimension_value,
        figure.period_type,
        target.green,
        target.red,
        target.valid_from,
        target.target_owner,
        target.target_source,
        row_number() over (
            partition by
                figure.municipality_no, figure.metric_id, figure.dimension, figure.dimension_value, figure.period_type
            order by target.valid_from desc
        ) as age
    from figure
    inner join {{ ref('fct_target') }} as target
        on
            figure.municipality_no = target.municipality_no
            and figure.metric_id = target.metric_id
            and figure.dimension = target.dimension
            and figure.dimension_value = target.dimension_value
            and figure.period_type = target.period_type
            and figure.period_end >= target.valid_from
),

conflict as (
    select
        compared.municipality_no,
        compared.metric_id,
        compared.dimension,
        compared.dimension_value,
        compared.period_type,
        string_agg(other.metric_id, ', ' order by other.metric_id) as conflicts_with,
        string_agg(other.metric_id, ', ' order by other.metric_id) filter (
            where
            compared.movement * case metric_conflict.better when 'up' then 1 else -1 end
            * other.movement * case metric_conflict.other_better when 'up' then 1 else -1 end < 0
        ) as pulls_apart_from,
        min(metric_conflict.conflict_no) as conflict_no
    from compared
    inner join {{ ref('metric_conflict') }} as metric_conflict on compared.metric_id = metric_conflict.metric_id
    inner join compared as other
        on
            compared.municipality_no = other.municipality_no
            and metric_conflict.other_metric_id = other.metric_id
            and compared.dimension = other.dimension
            and compared.dimension_value = other.dimension_value
            and compared.period_type = other.period_type
    group by
        compared.municipality_no, compared.metric_id, compared.dimension, compared.dimension_value, compared.period_type
)

select
    compared.municipality_no,
    compared.metric_id,
    compared.period_type,
    compared.period_start,
    compared.period_end,
    compared.is_ripe,
    compared.dimension,
    compared.dimension_value,
    compared.value,
    compared.numerator,
    compared.denominator,
    target.green,
    target.red,
    {{ target_status('compared.direction', 'compared.value', 'compared.is_ripe', 'target.green', 'target.red') }}
        as status,
    target.valid_from as target_valid_from,
    target.target_owner,
    target.target_source,
    compared.value_year_before,
    compared.value - compared.value_year_before as change,
    compared.is_break_since_year_before,
    case
        when compared.direction = 'none' or compared.movement is null then 'none'
        when compared.movement = 0 then 'unchanged'
        when (compared.movement > 0) = (compared.direction = 'up') then 'better'
        else 'worse'
    end as development,
    compared.trend,
    compared.trend_direction,
    conflict.conflicts_with,
    conflict.pulls_apart_from,
    case when conflict.conflicts_with is not null then conflict.pulls_apart_from is not null end as pulls_apart,
    conflict.conflict_no,
    compared.as_of
from compared
left join target
    on
        compared.municipality_no = target.municipality_no
        and compared.metric_id = target.metric_id
        and compared.dimension = target.dimension
        and compared.dimension_value = target.dimension_value
        and compared.period_type = target.period_type
        and target.age = 1
left join conflict
    on
        compared.municipality_no = conflict.municipality_no
        and compared.metric_id = conflict.metric_id
        and compared.dimension = conflict.dimension
        and compared.dimension_value = conflict.dimension_value
        and compared.period_type = conflict.period_type
