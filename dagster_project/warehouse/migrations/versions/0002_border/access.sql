-- Who may see which municipality, and the functions by which every policy asks. Nobody but the owner calls them, but
-- for `visible`, which tells a reader what is theirs; the passes are made for Superset's own login (rights.py).
create schema access;

create table access.membership (
    person text not null,
    municipality_no text not null,
    granted_at timestamp with time zone default now() not null,
    granted_by text not null,
    primary key (person, municipality_no),
    constraint membership_person_check check (person = lower(person) and person <> ''),
    constraint membership_municipality_no_check check (municipality_no ~ '^([0-9]{4}|[*])$')
);

create table access.municipality (
    municipality_no text not null,
    primary key (municipality_no)
);

create table access.same_municipality (
    municipality_no text not null,
    also_no text not null,
    primary key (municipality_no, also_no)
);

create table access.login (
    person text not null,
    made_at timestamp with time zone default now() not null,
    made_by text not null,
    primary key (person)
);

-- the two keys of an HMAC (RFC 2104): a random one of 64 bytes, with each byte changed by 0x36 and by 0x5c
create table access.seal (
    is_one boolean default true not null,
    inner_key bytea not null,
    outer_key bytea not null,
    primary key (is_one),
    constraint seal_is_one_check check (is_one)
);

insert into access.seal (inner_key, outer_key)
select
    string_agg(set_byte('\x00', 0, int4xor(get_byte(key.whole, byte), 54)), '' order by byte),
    string_agg(set_byte('\x00', 0, int4xor(get_byte(key.whole, byte), 92)), '' order by byte)
from
    (
        -- PostgreSQL's own strong random numbers; a hash of two leaves no bit that is always the same
        select
            sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
            || sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
                as whole
    ) as key
cross join generate_series(0, 63) as byte;

create function access.signature(told text) returns bytea
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
    select sha256(outer_key || sha256(inner_key || convert_to(told, 'UTF8'))) from access.seal
$$;

create function access.pass(person text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select told || '|' || encode(access.signature(told), 'hex')
    from concat_ws('|', lower(person), ceil(extract(epoch from clock_timestamp()))::bigint + 120) as told
$$;

-- A login of several persons tells by its pass whose query this is, every other login is one person's; an @ begins what
-- is no person's name. What a session has set the pass to counts for nothing unless it is a pass.
create function access.person() returns text
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
    select case
        when session_user in (current_database() || '_dashboards', current_database() || '_sqllab') then (
            select pass[1]
            from regexp_match(current_setting('bolig.pass', true), '^([^|]+)[|]([0-9]{1,12})[|]([0-9a-f]{64})$') as pass
            where
                pass[2]::bigint >= extract(epoch from now())
                and decode(pass[3], 'hex') = access.signature(pass[1] || '|' || pass[2])
        )
        when starts_with(session_user, current_database() || '_person_')
            then substring(session_user from char_length(current_database() || '_person_') + 1)
        else '@' || substring(session_user from char_length(current_database() || '_') + 1)
    end
$$;

create function access.visible_to(who text) returns text[]
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(distinct number), '{}')
    from (
        select coalesce(same.also_no, membership.municipality_no) as number
        from access.membership left join access.same_municipality as same using (municipality_no)
        where membership.person = who and membership.municipality_no <> '*'
        union all
        select municipality_no
        from access.municipality
        where exists (select from access.membership where membership.person = who and municipality_no = '*')
    ) as granted
$$;

create function access.visible() returns text[]
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
    select access.visible_to(access.person())
$$;

-- Whether whoever is granted `his` sees no more than `hers` lets her see.
create function access.covers(hers text, his text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        hers = his
        or exists (select from access.membership where person = hers and municipality_no = '*')
        or not exists (
            select from access.membership
            where person = his and municipality_no <> all(access.visible_to(hers))
        )
$$;

-- What Superset tells of a person whom it lets in, or does not know any more: exactly these are granted, `*` is all. Of
-- whom it has no numbers, a person is let in by another, to what that one sees; who was granted something before that
-- is let in to that and nothing else.
create function access.let_in(who text, numbers text[], teller text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
    delete from access.membership
    where person = lower(who) and municipality_no <> all(numbers);
    insert into access.membership (person, municipality_no, granted_by)
    select lower(who), number, teller
    from (
        select unnest(numbers) as number
        union
        select municipality_no
        from access.membership
        where
            person = lower(teller) and numbers is null
            and not exists (select from access.membership as before where before.person = lower(who))
    ) as granted
    on conflict do nothing;
$$;

revoke all on all functions in schema access from public;
-- a policy is asked as whoever reads
grant execute on function access.visible() to public;

-- Every municipality that anything came of: what `*` stands for.
create function access.note_municipality() returns trigger
language plpgsql as $$
begin
    insert into access.municipality (municipality_no) values (new.municipality_no) on conflict do nothing;
    return null;
end
$$;

create trigger note_municipality after insert on landing.delivery
for each row execute function access.note_municipality();
create trigger note_municipality after insert on operations.night_delivery
for each row execute function access.note_municipality();
create trigger note_municipality after insert on scorecard.publication
for each row execute function access.note_municipality();
create trigger note_municipality after insert on scorecard.closing
for each row execute function access.note_municipality();

insert into access.municipality (municipality_no)
select municipality_no from landing.delivery
union
select municipality_no from operations.night_delivery
union
select municipality_no from scorecard.publication
union
select municipality_no from scorecard.closing;

-- Those who read before there was a border see what they saw: whoever comes after it sees what is granted.
insert into access.membership (person, municipality_no, granted_by) values
('@reader', '*', 'migration 0002'), ('bolig_import', '*', 'migration 0002');

-- What the gate found not to hold of each municipality, and whether it was asked.
alter table operations.night_delivery add column is_judged boolean default false not null;

update operations.night_delivery as delivery set is_judged = true
where
    delivery.door = 'accepted'
    and exists (select from operations.finding where finding.night_id = delivery.night_id);

create table operations.municipality_finding (
    night_id bigint not null,
    municipality_no text not null,
    expectation_id text not null,
    found bigint,
    primary key (night_id, municipality_no, expectation_id),
    foreign key (night_id, municipality_no) references operations.night_delivery (night_id, municipality_no)  -- noqa: LT01
    on delete cascade
);

insert into operations.municipality_finding (night_id, municipality_no, expectation_id, found)
select delivery.night_id, delivery.municipality_no, finding.expectation_id, finding.found
from operations.night_delivery as delivery
cross join unnest(delivery.findings) as told (line)
inner join operations.finding as finding
    on delivery.night_id = finding.night_id and starts_with(told.line, finding.expectation_id || ' (');

comment on table access.membership is 'Who may see which municipality. One row per person and municipality.';
comment on column access.membership.person is 'The name that the person logs in by, in small letters; @ begins what is no person''s name';
comment on column access.membership.municipality_no is 'The municipality, with its earlier and later numbers; * is every municipality';
comment on column access.membership.granted_by is 'Who granted it: a name, or the program that was told so at the sign-on';
comment on table access.municipality is 'Every municipality that anything came of: what * stands for. One row per municipality number.';
comment on table access.same_municipality is 'Which numbers are seen by whoever may see a number: the municipality''s others, and those merged into it. One row per number and other number.';
comment on table access.login is 'The logins of single persons at the database. One row per person.';
comment on column access.login.person is 'As in membership; the login''s name ends in it';
comment on table access.seal is 'What the passes are signed with, by which a login of several persons tells whose query it is. One row.';
comment on table operations.municipality_finding is 'What the publish gate found not to hold of one municipality. One row per night, municipality and expectation.';
comment on column operations.municipality_finding.found is 'Rows of the municipality that break it; empty where it could not be checked';
comment on column operations.night_delivery.is_judged is 'Whether the publish gate was asked of it';
