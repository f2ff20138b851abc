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
