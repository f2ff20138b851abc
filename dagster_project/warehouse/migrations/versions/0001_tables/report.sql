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
