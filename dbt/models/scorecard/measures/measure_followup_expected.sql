-- What those with follow-up came to, less what they would have come to as often as those without who were like them
-- (docs/definitions.md, sustained_observed_expected). A stratum too thin to compare with is widened step by step, the
-- last-named condition first.
{%- set strata = ['housing_category', 'is_petitioned_before', 'is_in_arrears_before', 'has_children'] %}
with tenancy as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        outcome.subject_id,
        outcome.with_followup = 'med' as is_followed_up,
        outcome.is_sustained::integer as is_sustained
        {%- for column in strata %},
        outcome.{{ column }}
        {%- endfor %}
    from {{ ref('fct_followup_outcome') }} as outcome
    inner join {{ ref('period_day') }} as period
        on
            outcome.municipality_no = period.municipality_no
            and outcome.matured_on = period.day
    where outcome.cohort = 'move_in' and outcome.months = 12 and not outcome.is_left_out
),

compared as (
    select
        *
        {%- for width in range(4, -1, -1) %},
        count(*) filter (where not is_followed_up) over (
            partition by municipality_no, period_type, period_start
            {%- for column in strata[:width] %}, {{ column }}{% endfor %}
        ) as without_{{ width }},
        avg(is_sustained) filter (where not is_followed_up) over (
            partition by municipality_no, period_type, period_start
            {%- for column in strata[:width] %}, {{ column }}{% endfor %}
        ) as rate_{{ width }}
        {%- endfor %}
    from tenancy
),

expected as (
    select
        *,
        case
            {%- for width in range(4, -1, -1) %}
            when without_{{ width }} >= 5 then {{ width }}
            {%- endfor %}
        end as width,
        case
            {%- for width in range(4, -1, -1) %}
            when without_{{ width }} >= 5 then rate_{{ width }}
            {%- endfor %}
        end as expected_share
    from compared
    where is_followed_up
),

behind as (
    select
        tenancy.municipality_no,
        tenancy.period_type,
        tenancy.period_start,
        count(*) as stays
    from tenancy
    where
        not tenancy.is_followed_up
        and exists (
            select 1 from expected
            where
                tenancy.municipality_no = expected.municipality_no
                and tenancy.period_type = expected.period_type
                and tenancy.period_start = expected.period_start
                {%- for column in strata %}
                and (expected.width < {{ loop.index }} or tenancy.{{ column }} = expected.{{ column }})
                {%- endfor %}
        )
    group by tenancy.municipality_no, tenancy.period_type, tenancy.period_start
)

select
    expected.municipality_no,
    expected.period_type,
    expected.period_start,
    'total' as dimension,
    'total' as dimension_value,
    'sustained_observed_expected' as measure_id,
    sum(expected.is_sustained - expected.expected_share)::double precision as value
from expected
inner join behind
    on
        expected.municipality_no = behind.municipality_no
        and expected.period_type = behind.period_type
        and expected.period_start = behind.period_start
where behind.stays >= 30
group by expected.municipality_no, expected.period_type, expected.period_start
