create schema if not exists operations;
comment on schema operations is 'What became of each nightly run; read by the owner only';

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

create table if not exists operations.alert (
    alert_key text not null,
    channel text not null,
    sent_at timestamptz not null default now(),
    text text not null,
    primary key (alert_key, channel)
);
comment on table operations.alert is 'What was told to whom it concerns. One row per alert and channel.';
