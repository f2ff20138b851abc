create temporary table differing on commit drop as
with latest as (
    select distinct on (period_type, period_start) *
    from scorecard.closing
    where municipality_no = %(closed)s
    order by period_type, period_start, revision desc
),

reported as (
    select reported.*
    from scorecard.reported
    inner join latest using (municipality_no, period_type, period_start, revision)
),

figure_now as (
    select figure.*
    from scorecard.metric_value as figure
    inner join latest using (period_type, period_start)
    -- a metric or a breakdown that came later was never reported; a series that begins earlier now was, as unknown
    inner join scorecard.definition_version as definition_then
        on latest.code_version = definition_then.code_version and figure.metric_id = definition_then.metric_id
    where
        figure.municipality_no = %(published)s
        and (figure.dimension = 'total' or definition_then.meaning -> 'dimensions' ? figure.dimension)
),

compared as (
    select
        period_type,
        period_start,
        metric_id,
        dimension,
        dimension_value,
        reported.metric_id is not null as was_listed,
        figure_now.metric_id is not null as is_listed,
        count(figure_now.metric_id) over (partition by period_type, period_start, metric_id) = 0
            as is_outside_series,
        reported.value as reported_value,
        figure_now.value as value_now,
        figure_now.denominator as denominator_now
    from reported
    full join figure_now using (period_type, period_start, metric_id, dimension, dimension_value)
)

select
    latest.municipality_no,
    latest.period_type,
    latest.period_start,
    latest.period_end,
    latest.revision,
    compared.metric_id,
    compared.dimension,
    compared.dimension_value,
    compared.reported_value,
    compared.value_now,
    compared.value_now - compared.reported_value as difference,
    compared.is_outside_series,
    coalesce(definition_now.source_tables, definition_then.source_tables, '{}') as source_tables,
    latest.extract_date as reported_extract_date,
    publication.extract_date as extract_date_now,
    latest.load_id as reported_load_id,
    publication.load_id as load_id_now,
    definition_then.definition_version as reported_definition_version,
    definition_now.definition_version as definition_version_now,
    latest.code_version <> publication.code_version as is_code_changed,
    -- rows were erased or given to another person: then they are the same in both loads, and yet not as reported
    coalesce(delivery.amended_at > latest.closed_at, false) as is_amended
from compared
inner join latest using (period_type, period_start)
inner join scorecard.publication on publication.municipality_no = %(published)s
left join landing.delivery
    on latest.municipality_no = delivery.municipality_no and latest.load_id = delivery.load_id
left join scorecard.definition_version as definition_then
    on latest.code_version = definition_then.code_version and compared.metric_id = definition_then.metric_id
left join scorecard.definition_version as definition_now
    on publication.code_version = definition_now.code_version and compared.metric_id = definition_now.metric_id
where
    case
        when compared.reported_value is null and compared.value_now is null then false
        -- a register of today's status says nothing of an earlier year
        when not compared.is_listed and definition_now.meaning ->> 'periods' <> 'all' then false
        -- what counts nothing says nothing new where it is listed since: a dimension value, a series that begins
        -- earlier; and nothing else where it is unknown by now, as before the first record
        when not compared.was_listed and compared.value_now = 0 and compared.denominator_now is null then false
        when compared.is_outside_series and compared.reported_value = 0 then false
        when compared.reported_value is null or compared.value_now is null then true
        else
            abs(compared.value_now - compared.reported_value)
            > 1e-9 * greatest(abs(compared.value_now), abs(compared.reported_value))
    end
