"""What was reported, and what today's published figures say instead, with the reason.

Belongs here: the tables of closed periods, the versions of definitions, and the comparison that fills
scorecard.revision. Does not belong here: closing a period (closing/), and how rows are followed (source_history.py).

The tables are the owner's in a published schema: readers select from them, and no model builds them. What is closed
is held by triggers that refuse every change, also the owner's; whoever may drop a trigger could still take them away.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.types.json import Jsonb

from dagster_project.reported import source_history
from dagster_project.vocabulary import catalogue, municipalities

if TYPE_CHECKING:
    from psycopg import Connection


# tables of the published schemas that no model builds
TABLES = ("closing", "reported", "definition_version", "revision", "revision_source")


def keep_definitions(connection: "Connection[Any]", code_version: str) -> None:
    """Remember what every metric means under the version of the code that is running."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into scorecard.definition_version values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                (
                    code_version,
                    metric_id,
                    catalogue.definition_version(metric_id),
                    entry.definition_no.strip(),
                    entry.definition_en.strip(),
                    Jsonb(catalogue.meaning(metric_id)),
                    entry.sources,
                )
                for metric_id, entry in catalogue.metrics().items()
            ],
        )


def refresh(connection: "Connection[Any]", municipality_nos: Iterable[str]) -> int:
    """Compare the closed periods of these municipalities with what is published of them now; says how many differ.

    A period closed under an earlier number of the municipality is compared too, unless a merger lies between: then
    the later figures are of another municipality, and the earlier ones stand as they were last compared.
    """
    count = 0
    for published in municipality_nos:
        for closed in municipalities.same_municipality(published):
            count += _refresh(connection, closed, published)
    return count


def _refresh(connection: "Connection[Any]", closed: str, published: str) -> int:
    terms = {"closed": closed, "published": published}
    with connection.transaction():
        if (
            closed != published
            and connection.execute(
                "select from scorecard.publication where municipality_no = %(closed)s", terms
            ).rowcount
        ):
            return 0  # still published under its own number: compared with that
        if not connection.execute(
            "select from scorecard.closing where municipality_no = %(closed)s limit 1", terms
        ).rowcount:
            return 0
        connection.execute("delete from scorecard.revision where municipality_no = %(closed)s", terms)
        connection.execute("delete from scorecard.revision_source where municipality_no = %(closed)s", terms)
        connection.execute("drop table if exists pg_temp.differing")
        connection.execute(_DIFFERING, terms)
        loads = connection.execute("select distinct reported_load_id, load_id_now from differing").fetchall()
        for before, now in loads:
            for change in source_history.changes(connection, (closed, before), (published, now)):
                connection.execute(
                    "insert into scorecard.revision_source"
                    " select distinct municipality_no, period_type, period_start, %s, %s::bigint, %s::bigint,"
                    " %s::bigint, %s::bigint from differing where reported_load_id = %s",
                    [
                        change.source_table,
                        change.added,
                        change.changed,
                        change.deleted,
                        change.quarantined,
                        before,
                    ],
                )
        count = connection.execute(_EXPLAINED).rowcount
        connection.execute("drop table differing")
    return count


_DIFFERING: LiteralString = """
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
"""

_EXPLAINED: LiteralString = """
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
"""
