"""What was reported, and what today's published figures say instead, with the reason.

Belongs here: the tables of closed periods, the versions of definitions, and the comparison that fills
scorecard.revision. Does not belong here: closing a period (closing.py), and how rows are followed (source_history.py).

The tables are the owner's in a published schema: readers select from them, and no model builds them. What is closed
is held by triggers that refuse every change, also the owner's; whoever may drop a trigger could still take them away.
"""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.types.json import Jsonb

from dagster_project import catalogue, source_history
from dagster_project.landing.people import MUNICIPALITY_NUMBERS

if TYPE_CHECKING:
    from psycopg import Connection

# tables of the published schemas that no model builds
TABLES = ("closing", "reported", "definition_version", "revision", "revision_source")

# the schemas scorecard and operations must be there
STATEMENTS: LiteralString = """
create table if not exists scorecard.definition_version (
    code_version text not null,
    metric_id text not null,
    definition_version text not null,
    definition_no text not null,
    definition_en text not null,
    meaning jsonb not null,
    source_tables text[] not null,
    primary key (code_version, metric_id)
);
comment on table scorecard.definition_version is
    'What each metric meant under each version of the code that published. One row per code version and metric.';
comment on column scorecard.definition_version.code_version is
    'Version of the code: models, catalogue, contracts, suites. As in publication and closing';
comment on column scorecard.definition_version.metric_id is 'The metric';
comment on column scorecard.definition_version.definition_version is
    'Fingerprint of the definition: texts, dimensions and computation of the catalogue entry and of everything that it'
    ' is made of. It does not see the marts that the entry counts in: code_version does';
comment on column scorecard.definition_version.definition_no is 'The definition as it read then, Norwegian';
comment on column scorecard.definition_version.definition_en is 'The definition as it read then, English';
comment on column scorecard.definition_version.meaning is 'What the fingerprint is taken of';
comment on column scorecard.definition_version.source_tables is 'Tables of the extracts, as the catalogue names them';
alter table scorecard.definition_version add column if not exists kept_at timestamptz not null default now();
comment on column scorecard.definition_version.kept_at is
    'When a night or a closing first used this version of the code';

create table if not exists scorecard.closing (
    municipality_no text not null,
    period_type text not null check (period_type in ('quarter', 'tertial', 'year')),
    period_start date not null,
    period_end date not null,
    revision integer not null check (revision > 0),
    closed_by text not null check (closed_by <> ''),
    closed_at timestamptz not null default now(),
    as_of date not null check (as_of >= period_end),
    extract_date date not null,
    load_id bigint not null,
    night_id bigint,
    run_id text,
    code_version text not null,
    warnings text[] not null,
    note text,
    primary key (municipality_no, period_type, period_start, revision)
);
comment on table scorecard.closing is
    'Who closed a period, when, on which delivery. It never changes. One row per municipality, period and revision.';
comment on column scorecard.closing.municipality_no is 'The municipality';
comment on column scorecard.closing.period_type is 'quarter, tertial or year; months are not closed';
comment on column scorecard.closing.period_start is 'First day of the period';
comment on column scorecard.closing.period_end is 'Last day of the period';
comment on column scorecard.closing.revision is '1 at the first closing of the period, one more at each closing again';
comment on column scorecard.closing.closed_by is 'The person who gave the command, by the name that was given';
comment on column scorecard.closing.closed_at is 'When';
comment on column scorecard.closing.as_of is 'The day that the delivery closes';
comment on column scorecard.closing.extract_date is 'Extract date of the delivery';
comment on column scorecard.closing.load_id is 'The load of the delivery; history holds its rows';
comment on column scorecard.closing.night_id is
    'The night that published the figures; empty where an older delivery was built for the closing';
comment on column scorecard.closing.run_id is 'Dagster''s run; empty where it was closed at the command line';
comment on column scorecard.closing.code_version is 'Version of the code that computed the figures';
comment on column scorecard.closing.warnings is 'What the publish gate warned of in these figures';
comment on column scorecard.closing.note is 'What the person wanted to be remembered';

create table if not exists scorecard.reported (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    period_end date not null,
    revision integer not null,
    metric_id text not null,
    dimension text not null,
    dimension_value text not null,
    value double precision,
    numerator double precision,
    denominator double precision,
    as_of date not null,
    definition_version text not null,
    units double precision,
    is_ripe boolean,
    primary key (municipality_no, period_type, period_start, revision, metric_id, dimension, dimension_value),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.closing
);
-- what was closed before these columns came has none: public editions leave out what is built on nobody knows how many,
-- and nothing was marked as not ripe
alter table scorecard.reported add column if not exists units double precision;
alter table scorecard.reported add column if not exists is_ripe boolean;
comment on table scorecard.reported is
    'The figures of closed periods as they were reported. It never changes.'
    ' One row per municipality, period, revision, metric, dimension and dimension value.';
comment on column scorecard.reported.municipality_no is 'The municipality';
comment on column scorecard.reported.period_type is 'quarter, tertial or year';
comment on column scorecard.reported.period_start is 'First day of the period';
comment on column scorecard.reported.period_end is 'Last day of the period';
comment on column scorecard.reported.revision is 'The highest of a period counts; scorecard.closing tells of each';
comment on column scorecard.reported.metric_id is 'The metric';
comment on column scorecard.reported.dimension is 'total, or what the figure is broken down by';
comment on column scorecard.reported.dimension_value is 'total, or the code within the dimension';
comment on column scorecard.reported.value is 'The figure as reported';
comment on column scorecard.reported.numerator is 'Of a ratio: its numerator, unscaled';
comment on column scorecard.reported.denominator is 'Of a ratio: its denominator, unscaled';
comment on column scorecard.reported.units is
    'How many persons, households, dwellings or cases stand behind a figure that is no count of them';
comment on column scorecard.reported.is_ripe is
    'Whether the figure was ripe when the period was closed (metric_definition.ripens_after_months); empty where it was'
    ' closed before figures were marked';
comment on column scorecard.reported.as_of is 'The day that the delivery closes';
comment on column scorecard.reported.definition_version is
    'The definition that the figure was computed by; scorecard.definition_version says what it was';

create table if not exists scorecard.revision (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    period_end date not null,
    revision integer not null,
    metric_id text not null,
    dimension text not null,
    dimension_value text not null,
    reported_value double precision,
    value_now double precision,
    difference double precision,
    reason text not null
        check (reason in ('definisjon endret', 'data endret', 'beregning endret', 'datadato endret')),
    explanation_no text not null,
    source_tables text[] not null,
    rows_added bigint not null,
    rows_changed bigint not null,
    rows_deleted bigint not null,
    reported_extract_date date not null,
    extract_date_now date not null,
    reported_load_id bigint not null,
    load_id_now bigint not null,
    reported_definition_version text,
    definition_version_now text,
    is_code_changed boolean not null,
    primary key (municipality_no, period_type, period_start, metric_id, dimension, dimension_value)
);
comment on table scorecard.revision is
    'Figures of closed periods that the published data of today would report otherwise, and why.'
    ' One row per municipality, closed period, metric, dimension and dimension value that differs.';
comment on column scorecard.revision.municipality_no is 'The municipality, by the number that was closed under';
comment on column scorecard.revision.period_type is 'quarter, tertial or year';
comment on column scorecard.revision.period_start is 'First day of the period';
comment on column scorecard.revision.period_end is 'Last day of the period';
comment on column scorecard.revision.revision is 'The latest revision of the period: the one compared with';
comment on column scorecard.revision.metric_id is 'The metric';
comment on column scorecard.revision.dimension is 'total, or what the figure is broken down by';
comment on column scorecard.revision.dimension_value is 'total, or the code within the dimension';
comment on column scorecard.revision.reported_value is
    'The figure as reported; empty where none was, or the dimension value was not yet listed';
comment on column scorecard.revision.value_now is
    'The figure as published now; empty where there is none, or it is no longer listed';
comment on column scorecard.revision.difference is 'value_now - reported_value; empty where either is';
comment on column scorecard.revision.reason is
    'definisjon endret: the metric''s definition is another (rows may have changed as well).'
    ' data endret: rows of the sources were added, changed or deleted.'
    ' beregning endret: the same rows and definition under another version of the code.'
    ' datadato endret: the same rows and code; a date that they already held has been passed';
comment on column scorecard.revision.explanation_no is 'The reason in a sentence, with the rows behind it';
comment on column scorecard.revision.source_tables is 'Tables that the metric reads, as the catalogue names them';
comment on column scorecard.revision.rows_added is
    'Rows of source_tables that the delivery closed on did not have; revision_source has them per table';
comment on column scorecard.revision.rows_changed is 'Rows of source_tables that say something else now';
comment on column scorecard.revision.rows_deleted is
    'Rows of source_tables that are gone: deleted at the source, or put in quarantine at the door';
comment on column scorecard.revision.reported_extract_date is 'Extract date of the delivery closed on';
comment on column scorecard.revision.extract_date_now is 'Extract date of the delivery published now';
comment on column scorecard.revision.reported_load_id is 'The load closed on';
comment on column scorecard.revision.load_id_now is 'The load published now';
comment on column scorecard.revision.reported_definition_version is 'The definition that was reported by';
comment on column scorecard.revision.definition_version_now is 'The definition today; empty where the metric is gone';
comment on column scorecard.revision.is_code_changed is
    'Another version of the code computed the figure of now: models may have changed, whatever the reason says';

create table if not exists scorecard.revision_source (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    source_table text not null,
    rows_added bigint not null,
    rows_changed bigint not null,
    rows_deleted bigint not null,
    rows_quarantined_now bigint not null,
    primary key (municipality_no, period_type, period_start, source_table)
);
comment on table scorecard.revision_source is
    'The source rows that differ between the delivery that a period was closed on and the one published now, where it'
    ' has a row in scorecard.revision. One row per municipality, closed period and table that differs.';
comment on column scorecard.revision_source.municipality_no is 'The municipality, by the number that was closed under';
comment on column scorecard.revision_source.period_type is 'quarter, tertial or year';
comment on column scorecard.revision_source.period_start is 'First day of the period';
comment on column scorecard.revision_source.source_table is 'Source and table, as allocation/waitlist_entry';
comment on column scorecard.revision_source.rows_added is 'Rows that the delivery closed on did not have';
comment on column scorecard.revision_source.rows_changed is 'Rows that say something else now';
comment on column scorecard.revision_source.rows_deleted is 'Rows that are gone: deleted, or in quarantine';
comment on column scorecard.revision_source.rows_quarantined_now is
    'Rows of the table that the door put in quarantine in the delivery published now';

create or replace function operations.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% never changes: close the period again, which makes a new revision', tg_relid::regclass
        using errcode = 'object_not_in_prerequisite_state';
end $$;

create or replace function operations.refuse_late_figures() returns trigger language plpgsql as $$
begin
    -- now() is the transaction's: figures come with their closing or not at all
    if exists (
        select from added inner join scorecard.closing using (municipality_no, period_type, period_start, revision)
        where closing.closed_at <> now()
    ) then
        raise exception 'scorecard.reported never changes: a closing''s figures are written with it'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;

do $$ begin
    if not exists (select from pg_trigger where tgname = 'late_figures_are_refused') then
        create trigger change_is_refused before update or delete or truncate on scorecard.closing
            for each statement execute function operations.refuse_change();
        create trigger change_is_refused before update or delete or truncate on scorecard.reported
            for each statement execute function operations.refuse_change();
        create trigger late_figures_are_refused after insert on scorecard.reported
            referencing new table as added for each statement execute function operations.refuse_late_figures();
    end if;
end $$;
"""


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
        for closed in same_municipality(published):
            count += _refresh(connection, closed, published)
    return count


def same_municipality(municipality_no: str) -> list[str]:
    """The number and the earlier numbers of which it is a new number only, newest first."""
    numbers = [municipality_no]
    while (earlier := _renumbered().get(numbers[-1])) is not None:
        numbers.append(earlier)
    return numbers


@cache
def _renumbered() -> Mapping[str, str]:
    """The earlier number by the later, where nothing but the number changed."""
    predecessors: dict[str, list[str]] = {}
    with MUNICIPALITY_NUMBERS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["successor_no"]:
                predecessors.setdefault(row["successor_no"], []).append(row["municipality_no"])
    return {later: earlier[0] for later, earlier in predecessors.items() if len(earlier) == 1}


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
