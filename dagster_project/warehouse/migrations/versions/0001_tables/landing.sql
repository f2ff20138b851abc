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

create table if not exists landing.municipality (
    municipality_no text primary key,
    first_no text not null
);
comment on table landing.municipality is 'Whose deliveries were accepted. One row per municipality number.';
comment on column landing.municipality.first_no is
    'The first number that was known of the municipality then: the pseudonyms of its people hang on it';

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
