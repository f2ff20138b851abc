{%- set registers = metrics() | selectattr('periods', 'defined') | selectattr('periods', 'equalto', 'as_of_year') | map(attribute='metric_id') | list -%}
{%- set plans = [] -%}
{%- for metric in metrics() if metric.source.startswith('governance/') -%}
    {%- do plans.append(metric.metric_id) -%}
{%- endfor -%}
-- The registers know today only: their figures stand in the year of the as-of date, complete or not, and are shown
-- under every period type.
with register_figure as (
    select
        figure.municipality_no,
        figure.metric_id,
        period_type.period_type,
        to_char(figure.as_of, 'DD.MM.YYYY') as period_no,
        figure.period_start,
        figure.as_of as target_by,
        figure.value,
        figure.as_of
    from {{ ref('metric_value') }} as figure
    cross join (values ('month'), ('quarter'), ('tertial'), ('year')) as period_type (period_type)
    where
        figure.dimension = 'total'
        and figure.metric_id in ('{{ registers | join("', '") }}')
        and figure.as_of between figure.period_start and figure.period_end
),

figure as (
    select
        municipality_no,
        metric_id,
        period_type,
        {{ norwegian_period('period_type', 'period_start') }} as period_no,
        period_type as comment_period_type,
        period_start,
        period_end as target_by,
        is_ripe,
        value,
        green,
        red,
        target_owner,
        value_year_before,
        change,
        is_break_since_year_before,
        development,
        trend,
        conflict_no,
        coalesce(pulls_apart, false) as pulls_apart,
        as_of
    from {{ ref('status') }}
    where dimension = 'total' and metric_id not in ('{{ registers | join("', '") }}')
    union all
    select
        municipality_no,
        metric_id,
        period_type,
        period_no,
        'year' as comment_period_type,
        period_start,
        target_by,
        -- the stand of a day is what it is
        true as is_ripe,
        value,
        null as green,
        null as red,
        null as target_owner,
        null as value_year_before,
        null as change,
        false as is_break_since_year_before,
        'none' as development,
        null as trend,
        null as conflict_no,
        false as pulls_apart,
        as_of
    from register_figure
),

-- How far the plans have come is one stand, whatever period is looked at: where they have no target of the period's
-- type, the year's holds.
standing as (
    select
        figure.municipality_no,
        figure.metric_id,
        figure.period_type,
        figure.period_no,
        figure.comment_period_type,
        figure.period_start,
        figure.is_ripe,
        figure.value,
        coalesce(figure.green, yearly.green) as green,
        case when figure.green is null then yearly.red else figure.red end as red,
        case when figure.green is null then yearly.target_owner else figure.target_owner end as target_owner,
        figure.value_year_before,
        figure.change,
        figure.is_break_since_year_before,
        figure.development,
        figure.trend,
        figure.conflict_no,
        figure.pulls_apart,
        figure.as_of
    from figure
    left join lateral (
        select
            green,
            red,
            target_owner
        from {{ ref('fct_target') }}
        where
            municipality_no = figure.municipality_no
            and metric_id = figure.metric_id
            and metric_id in ('{{ plans | join("', '") }}')
            and period_type = 'year'
            and dimension = 'total'
            and valid_from <= figure.target_by
        order by valid_from desc
        limit 1
    ) as yearly on true
),

judged as (
    select
        standing.*,
        definition.sort_order,
        definition.perspective,
        code.name_no as group_name_no,
        definition.name_no,
        definition.unit,
        definition.decimals,
        definition.direction,
        definition.definition_no,
        definition.caveat_no,
        {{ target_status('definition.direction', 'standing.value', 'standing.is_ripe', 'standing.green', 'standing.red') }} as status,
        said.comment_cause is not null as is_commented,
        concat_ws(
            ' ',
            said.comment_cause,
            said.comment_action,
            '(' || concat_ws(', ', said.comment_owner, to_char(said.comment_due_on, 'DD.MM.YYYY')) || ')'
        ) as said_no,
        -- a municipality that has set no targets sees every figure
        standing.green is not null
        or not bool_or(standing.green is not null) over (
            partition by standing.municipality_no, standing.period_type
        ) as is_on_scorecard
    from standing
    inner join {{ ref('metric_definition') }} as definition on standing.metric_id = definition.metric_id
    left join {{ ref('dim_code') }} as code on code.dimension = 'perspective' and definition.perspective = code.code
    left join {{ ref('fct_comment') }} as said
        on
            standing.municipality_no = said.municipality_no
            and standing.metric_id = said.metric_id
            and said.dimension = 'total'
            and standing.comment_period_type = said.period_type
            and standing.period_start = said.period_start
),

written as (
    select
        municipality_no,
        period_type,
        metric_id,
        sort_order,
        perspective,
        case
            when
                is_on_scorecard
                and row_number() over (
                    partition by municipality_no, period_type, is_on_scorecard, perspective order by sort_order
                ) = 1
                then group_name_no
            else ''
        end as group_no,
        name_no,
        case unit
            when 'andel' then 'prosent'
            when 'andel per år' then 'prosent per år'
            when 'kr' then 'kroner'
            else unit
        end as unit_no,
        period_no,
        is_ripe,
        value,
        coalesce({{ norwegian_figure('value', 'unit', 'decimals') }}, '–') as value_no,
        case direction when 'up' then U&'\2265\00a0' else U&'\2264\00a0' end
        || {{ norwegian_figure('green', 'unit', 'decimals') }} as target_no,
        case
            when status in ('yellow', 'red') then case
                when unit in ('andel', 'andel per år')
                    then {{ norwegian_number('100 * abs(value - green)', 'greatest(decimals - 2, 0)') }} || U&'\00a0pp.'
                else {{ norwegian_number('abs(value - green)', 'decimals') }}
            end
            else '–'
        end as distance_no,
        status,
        case status
            when 'green' then '✓ Nådd'
            when 'yellow' then '▲ Følg med'
            when 'red' then '✕ Ikke nådd'
            else case when is_ripe then '– Uten mål' else '– Foreløpig' end
        end as status_no,
        coalesce((
            select
                string_agg(
                    case
                        when figure.value is null then '·'
                        when bounds.high = bounds.low then '▁'
                        else substr('▁▂▃▄▅▆▇█', 1 + round(7 * (figure.value - bounds.low) / (bounds.high - bounds.low))::integer, 1)
                    end,
                    ''
                    order by figure.place
                )
            from unnest(judged.trend) with ordinality as figure (value, place)
            -- every line stands on nothing: a figure that hardly moves looks so, beside one that doubles
            cross join (
                select
                    least(min(known.value), 0) as low,
                    greatest(max(known.value), 0) as high
                from unnest(judged.trend) as known (value)
            ) as bounds
        ), '–') as trend_no,
        coalesce({{ norwegian_figure('value_year_before', 'unit', 'decimals') }}, '–') as year_before_no,
        case
            when is_break_since_year_before then 'Brudd i serien'
            when is_ripe and change is not null then concat_ws(
                ' ',
                case when development in ('better', 'worse', 'none') and change > 0 then '+' else '' end
                || case
                    when unit in ('andel', 'andel per år')
                        then {{ norwegian_number('100 * change', 'greatest(decimals - 2, 0)') }} || U&'\00a0pp.'
                    else {{ norwegian_number('change', 'decimals') }}
                end,
                case development when 'better' then '(bedre)' when 'worse' then '(dårligere)' end
            )
            else '–'
        end as change_no,
        development,
        case when pulls_apart then conflict_no end as conflict_no,
        status = 'red' and not is_commented as is_unexplained,
        case when is_commented then said_no when status = 'red' then 'Ikke forklart ennå' else '' end as comment_no,
        target_owner,
        definition_no,
        caveat_no,
        is_on_scorecard,
        as_of
    from judged
)

select
    written.*,
    -- the figure, how it stands, and what it was: a line each
    concat_ws(
        U&'\000a',
        value_no || case
            when unit_no in ('prosent', 'prosent per år', 'kroner') then ''
            -- 15,5 boliger, and below it: per 1000 innbyggere
            else ' ' || replace({{ norwegian_unit('value_no', 'unit_no') }}, ' per ', U&'\000aper ')
        end,
        case when target_no is not null then concat('Mål ', target_no, ' · ', status_no) when not is_ripe then status_no end,
        case when change_no <> '–' then concat(change_no, ' fra året før · ') else '' end || period_no
    ) as tile_no
from written
