-- How many of the last five complete years of a budget went over it by more than two per cent, where at least three are
-- known. Of a function, and of all of them together, a year is known where every unit's row has both sums.
with year_of_function as (
    select
        municipality_no,
        case when grouping(kostra_function) = 0 then 'kostra_function' else 'total' end as dimension,
        case when grouping(kostra_function) = 0 then kostra_function else 'total' end as dimension_value,
        year_ends_on,
        sum(accounts_nok) > 1.02 * sum(revised_budget_nok) as is_over
    from {{ ref('fct_budget') }}
    group by
        grouping sets ((municipality_no, year_ends_on), (municipality_no, year_ends_on, kostra_function))
    having bool_and(accounts_nok is not null and revised_budget_nok is not null)
),

counted as (
    select
        period.municipality_no,
        period.period_type,
        period.period_start,
        year_of_function.dimension,
        year_of_function.dimension_value,
        count(*) as years_known,
        count(*) filter (where year_of_function.is_over) as years_over
    from {{ ref('dim_period') }} as period
    inner join year_of_function
        on
            period.municipality_no = year_of_function.municipality_no
            and year_of_function.year_ends_on <= period.measured_end
            -- of a year that is not over the five before it
            and year_of_function.year_ends_on
            > date_trunc('year', period.measured_end + 1) - interval '5 years' - interval '1 day'
    where period.period_type = 'year'
    group by
        period.municipality_no, period.period_type, period.period_start, year_of_function.dimension,
        year_of_function.dimension_value
    having count(*) >= 3
)

select
    counted.municipality_no,
    counted.period_type,
    counted.period_start,
    counted.dimension,
    counted.dimension_value,
    measure.measure_id,
    (
        case measure.measure_id when 'budget_years_over' then counted.years_over else counted.years_known end
    )::double precision as value
from counted
cross join (values ('budget_years_known'), ('budget_years_over')) as measure (measure_id)
