"""The record tables: what the warehouse remembers besides the figures that dbt builds.

Belongs here: that they are there, as sql/ has them. Does not belong here: what is written into them.
"""

from typing import TYPE_CHECKING, LiteralString

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import ddl

if TYPE_CHECKING:
    pass


_OPERATIONS = """
create schema if not exists operations;

create table if not exists operations.night (
    night_id bigint generated always as identity primary key,
    run_id text not null unique,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text check (outcome in ('published', 'unchanged', 'not_published')),
    message text
);
alter table operations.night
    add column if not exists part_of bigint references operations.night,
    add column if not exists batch_no integer,
    add column if not exists municipality_nos text[],
    add column if not exists is_taken boolean,
    add column if not exists space integer;
comment on table operations.night is
    'One row per nightly run; a run without finished_at is under way, or was killed. A night that is dealt to batches'
    ' has a row of its own besides those of its batches.';
comment on column operations.night.run_id is
    'Dagster''s run; of a night of batches, and of a batch that has not begun, a name of its own';
comment on column operations.night.part_of is 'The night that this is a batch of; empty where it is none';
comment on column operations.night.batch_no is '1, 2, ... within part_of';
comment on column operations.night.municipality_nos is 'What it was dealt; empty where the run takes all there is';
comment on column operations.night.is_taken is
    'Of a batch of a night at the command line: whether a worker has taken it up';
comment on column operations.night.space is 'The build space of a batch; empty until it begins';

create table if not exists operations.night_delivery (
    night_id bigint not null references operations.night,
    municipality_no text not null,
    extract_date date not null,
    load_id bigint,
    door text not null,
    report text not null,
    is_withheld boolean not null default false,
    findings text[] not null default '{}',
    primary key (night_id, municipality_no)
);
alter table operations.night_delivery add column if not exists findings text[] not null default '{}';
comment on column operations.night_delivery.findings is 'What the publish gate found not to hold of it, a line each';
create index if not exists night_delivery_of on operations.night_delivery (municipality_no, night_id);
comment on table operations.night_delivery is
    'What the door said of a delivery. One row per night and municipality.';

create table if not exists operations.finding (
    night_id bigint not null references operations.night,
    expectation_id text not null,
    severity text not null,
    success boolean not null,
    report text not null,
    claim_no text,
    found bigint,
    primary key (night_id, expectation_id)
);
alter table operations.finding add column if not exists claim_no text, add column if not exists found bigint;
comment on table operations.finding is
    'What the publish gate found. One row per night and expectation.';

create table if not exists scorecard.publication (
    municipality_no text primary key,
    as_of date not null,
    extract_date date not null,
    load_id bigint not null,
    night_id bigint not null,
    published_at timestamptz not null,
    code_version text not null,
    warnings text[] not null
);
comment on table scorecard.publication is
    'What is published: the night that the readers see. One row per municipality.';
"""


def prepare(settings: Settings) -> None:
    """Make sure that the tables of this room are there. Repeatable."""
    about = "What became of each nightly run; read by the owner only"
    statements = [_OPERATIONS, REPORTED, REPORT]
    with (
        warehouse.connect(settings) as connection,
        ddl.making(connection, "operations", about, statements) as is_new,
    ):
        if is_new:
            for statement in statements:
                connection.execute(statement)


# the schemas scorecard and operations must be there
REPORTED: LiteralString = """
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


# the tables of revision.py must be there
REPORT: LiteralString = """
create table if not exists scorecard.report_content (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    content jsonb not null,
    primary key (municipality_no, period_type, period_start, revision),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.closing
);
comment on table scorecard.report_content is
    'What the report on a closed period shows besides the figures in scorecard.reported, as it stood at the closing:'
    ' earlier figures, targets, definitions, labels, registers, revisions, faults. It never changes.'
    ' One row per municipality, period and revision.';
comment on column scorecard.report_content.municipality_no is 'The municipality';
comment on column scorecard.report_content.period_type is 'quarter, tertial or year';
comment on column scorecard.report_content.period_start is 'First day of the period';
comment on column scorecard.report_content.revision is 'The closing''s revision';
comment on column scorecard.report_content.content is 'Rows by what they tell of';

create table if not exists scorecard.report_file (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    edition text not null check (edition in ('intern', 'offentlig')),
    file_name text not null,
    content bytea not null,
    made_at timestamptz not null default now(),
    primary key (municipality_no, period_type, period_start, revision, edition, file_name),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.report_content
);
comment on table scorecard.report_file is
    'The reports on closed periods, as files. They never change.'
    ' One row per municipality, period, revision, edition and file.';
comment on column scorecard.report_file.municipality_no is 'The municipality';
comment on column scorecard.report_file.period_type is 'quarter, tertial or year';
comment on column scorecard.report_file.period_start is 'First day of the period';
comment on column scorecard.report_file.revision is 'The closing''s revision';
comment on column scorecard.report_file.edition is
    'intern: for those who may see every figure. offentlig: under disclosure control';
comment on column scorecard.report_file.file_name is 'The file''s name; its ending says PDF or XLSX';
comment on column scorecard.report_file.content is 'The file';
comment on column scorecard.report_file.made_at is 'When it was made';

create table if not exists scorecard.report_public_figure (
    municipality_no text not null,
    period_type text not null,
    period_start date not null,
    revision integer not null,
    figures jsonb not null,
    primary key (municipality_no, period_type, period_start, revision),
    foreign key (municipality_no, period_type, period_start, revision) references scorecard.report_content
);
comment on table scorecard.report_public_figure is
    'The figures that the public edition of a report shows: what is once public cannot be hidden later, and the'
    ' disclosure control of later editions counts it as known. It never changes.'
    ' One row per municipality, period and revision.';
comment on column scorecard.report_public_figure.municipality_no is 'The municipality';
comment on column scorecard.report_public_figure.period_type is 'quarter, tertial or year';
comment on column scorecard.report_public_figure.period_start is 'First day of the period';
comment on column scorecard.report_public_figure.revision is 'The closing''s revision';
comment on column scorecard.report_public_figure.figures is
    'The period''s rows of metric_value as the edition shows them; suppressed ones left out';

create or replace function operations.refuse_late_content() returns trigger language plpgsql as $$
begin
    -- now() is the transaction's: what a report is made of comes with the closing or not at all
    if exists (
        select from added inner join scorecard.closing using (municipality_no, period_type, period_start, revision)
        where closing.closed_at <> now()
    ) then
        raise exception 'scorecard.report_content never changes: it is written with the closing'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;

do $$ begin
    if not exists (select from pg_trigger where tgname = 'late_content_is_refused') then
        create trigger change_is_refused before update or delete or truncate on scorecard.report_content
            for each statement execute function operations.refuse_change();
        create trigger change_is_refused before update or delete or truncate on scorecard.report_file
            for each statement execute function operations.refuse_change();
        create trigger change_is_refused before update or delete or truncate on scorecard.report_public_figure
            for each statement execute function operations.refuse_change();
        create trigger late_content_is_refused after insert on scorecard.report_content
            referencing new table as added for each statement execute function operations.refuse_late_content();
    end if;
end $$;
"""


_BOOKS: LiteralString = """
create schema if not exists landing;
create schema if not exists history;
comment on schema history is 'Every row version of every accepted delivery';

create table if not exists landing.delivery (
    load_id bigint generated always as identity primary key,
    municipality_no text not null,
    extract_date date not null,
    as_of date not null,
    status text not null check (status in ('accepted', 'refused', 'pruned')),
    is_backfill boolean not null,
    content_sha256 text not null,
    received_at timestamptz not null default now(),
    faults jsonb not null default '[]',
    amended_at timestamptz
);
do $$ begin
    -- made before loads could be pruned or amended; asked first, for altering waits for every reader
    if not exists (
        select from pg_attribute where attrelid = 'landing.delivery'::regclass and attname = 'amended_at'
    ) then
        alter table landing.delivery
            add column amended_at timestamptz,
            drop constraint delivery_status_check,
            add constraint delivery_status_check check (status in ('accepted', 'refused', 'pruned'));
    end if;
end $$;
create index if not exists delivery_newest on landing.delivery
    (municipality_no, status, extract_date desc, load_id desc);
comment on table landing.delivery is 'What came to the door. One row per accepted or refused delivery.';
comment on column landing.delivery.load_id is 'The load; history''s multiranges hold these numbers';
comment on column landing.delivery.as_of is 'The day that the delivery closes: the day before its extract date';
comment on column landing.delivery.is_backfill is
    'Older than the newest delivery when it came: it left the current figures alone';
comment on column landing.delivery.content_sha256 is 'Names and bytes of its files: the same is not loaded twice';
comment on column landing.delivery.status is
    'accepted, refused, or pruned: accepted once, but its rows are kept no longer';
comment on column landing.delivery.amended_at is
    'When rows of it were last erased, or given to another person (`bolig person`); empty where they are as delivered';
comment on column landing.delivery.faults is
    'Why it was refused: file, column, found, message. No personal or restricted value';

create table if not exists landing.delivery_file (
    municipality_no text not null,
    load_id bigint not null references landing.delivery,
    source text not null,
    table_name text not null,
    file text not null,
    rows_delivered bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    ignored_columns text[] not null,
    primary key (municipality_no, load_id, table_name, file),
    check (rows_loaded + rows_quarantined = rows_delivered)
);
create index if not exists delivery_file_newest on landing.delivery_file (municipality_no, table_name, load_id);
comment on table landing.delivery_file is 'The files of accepted deliveries. One row per load, table and file.';
comment on column landing.delivery_file.ignored_columns is 'Columns that no contract names; never stored';

create table if not exists landing.quarantined_row (
    municipality_no text not null,
    load_id bigint not null references landing.delivery,
    source text not null,
    table_name text not null,
    file text not null,
    line bigint not null,
    column_name text,
    rule text not null,
    value text,
    message text not null
);
create index if not exists quarantined_row_load on landing.quarantined_row (municipality_no, load_id, table_name);
comment on table landing.quarantined_row is 'Rows that were not loaded, and why. One row per broken rule and column.';
comment on column landing.quarantined_row.line is 'Line of the file (row of the sheet) on which the row begins';
comment on column landing.quarantined_row.rule is
    'fields, characters, personal, type, code, required, person, order, only, empty, same_dwelling, key, reference,'
    ' parent or erased';
comment on column landing.quarantined_row.value is
    'What stood there; null for personal and restricted columns, and for whatever holds a personal number';

create table if not exists landing.pseudonym_key (
    is_one boolean primary key default true check (is_one),
    fingerprint text not null,
    since timestamptz not null default now()
);
comment on table landing.pseudonym_key is 'The keys that this warehouse''s pseudonyms were made with. One row.';
comment on column landing.pseudonym_key.fingerprint is 'Tells whether keys are the right ones, and not what they are';

create table if not exists landing.erased_person (
    municipality_no text not null,
    person_id text not null,
    erased_at timestamptz not null default now(),
    gone_from date,
    primary key (municipality_no, person_id)
);
comment on table landing.erased_person is
    'Persons erased from the warehouse, whose rows the door drops. One row per municipality (by its first number) and'
    ' pseudonym.';
comment on column landing.erased_person.gone_from is
    'Extract date of the first delivery without the person: deliveries of this date and later are taken as they are,'
    ' older ones still without the person. Empty while the sources deliver the person';
"""


_AUDIT: LiteralString = """
create table if not exists operations.audit (
    audit_id bigint generated always as identity primary key,
    done_at timestamptz not null default now(),
    done_by text not null check (done_by <> ''),
    act text not null,
    municipality_no text,
    subject text,
    rows jsonb not null,
    note text
);
comment on table operations.audit is 'What was done to stored data beside the nights. One row per act.';
comment on column operations.audit.subject is 'Whom it was about: a hash of the pseudonym';
comment on column operations.audit.rows is 'Rows by table that were shown, deleted or changed';
"""


_SENT: LiteralString = """
create table if not exists operations.alert (
    alert_key text not null,
    channel text not null,
    sent_at timestamptz not null default now(),
    text text not null,
    primary key (alert_key, channel)
);
comment on table operations.alert is 'What was told to whom it concerns. One row per alert and channel.';
"""
