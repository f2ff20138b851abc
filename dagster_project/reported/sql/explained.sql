insert into scorecard.revision
with behind as (
    select
        differing.*,
        coalesce(source.rows_added, 0) as rows_added,
        coalesce(source.rows_changed, 0) as rows_changed,
        coalesce(source.rows_deleted, 0) as rows_deleted,
        source.told,
        source.told_besides
    from differing
    cross join lateral (
        select
            sum(rows_added) filter (where is_read)::bigint as rows_added,
            sum(rows_changed) filter (where is_read)::bigint as rows_changed,
            sum(rows_deleted) filter (where is_read)::bigint as rows_deleted,
            string_agg(told, '; ' order by told) filter (where is_read) as told,
            string_agg(told, '; ' order by told) filter (where not is_read) as told_besides
        from (
            select
                rows_added,
                rows_changed,
                rows_deleted,
                source_table = any(differing.source_tables) as is_read,
                format(
                    '%s: %s nye, %s endret, %s borte', source_table, rows_added, rows_changed, rows_deleted
                ) as told
            from scorecard.revision_source
            where
                municipality_no = differing.municipality_no
                and period_type = differing.period_type
                and period_start = differing.period_start
        ) as changed_table
    ) as source
),

reasoned as (
    select
        *,
        case
            when reported_definition_version is distinct from definition_version_now then 'definisjon endret'
            when told is not null or told_besides is not null or is_amended then 'data endret'
            when is_code_changed then 'beregning endret'
            else 'datadato endret'
        end as reason
    from behind
)

select
    municipality_no,
    period_type,
    period_start,
    period_end,
    revision,
    metric_id,
    dimension,
    dimension_value,
    reported_value,
    value_now,
    difference,
    reason,
    case reason
        when 'definisjon endret' then
            case
                when definition_version_now is null then 'Måltallet finnes ikke lenger. '
                else 'Definisjonen er endret siden tallet ble rapportert. '
            end
        when 'beregning endret' then
            'Samme rader og samme definisjon, men modellene som regner ut tallet, er endret. '
        when 'datadato endret' then
            case
                when is_outside_series then 'Samme rader, men datadatoen er en annen. '
                else 'Samme rader, men en dato som radene hadde fra før, er nådd siden tallet ble rapportert. '
            end
        else ''
    end
    || case
        when told is not null then
            format('Rader i kildene siden leveransen %s: %s.', to_char(reported_extract_date, 'DD.MM.YYYY'), told)
        when told_besides is not null then
            format(
                'Ingen rader er endret i måltallets egne kilder; i andre siden leveransen %s: %s.',
                to_char(reported_extract_date, 'DD.MM.YYYY'), told_besides
            )
        when is_amended then 'Ingen rader er endret i kildene.'
        else 'Ingen rader i kildene er endret.'
    end
    || case
        when is_amended then ' Personer er slettet eller rettet i varehuset siden tallet ble rapportert.'
        else ''
    end
    || case
        when is_outside_series and definition_version_now is not null then
            ' Perioden ligger nå før den første registreringen i kildene, så tallet er ukjent.'
        else ''
    end,
    source_tables,
    rows_added,
    rows_changed,
    rows_deleted,
    reported_extract_date,
    extract_date_now,
    reported_load_id,
    load_id_now,
    reported_definition_version,
    definition_version_now,
    is_code_changed
from reasoned
