-- an overview of needs that is frozen, its figures and its files never change; version 0 goes with its delivery
create or replace function operations.refuse_change_of_overview() returns trigger language plpgsql as $$
begin
    if old.need_version > 0 then
        raise exception 'Overview % of % is frozen and never changes', old.need_version, old.municipality_no
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create or replace function operations.refuse_addition_to_overview() returns trigger language plpgsql as $$
begin
    if new.need_version > 0 and not exists (
        select from scenario.need_overview
        where municipality_no = new.municipality_no and need_version = new.need_version
        -- what is frozen in this very transaction is written with it
        and made_at = now()
    ) then
        raise exception 'Overview % of % is frozen and never changes', new.need_version, new.municipality_no
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return new;
end $$;

create or replace function operations.refuse_emptying_of_overviews() returns trigger language plpgsql as $$
begin
    if exists (select from scenario.need_overview where need_version > 0) then
        raise exception '% holds frozen overviews, which never change', tg_relid::regclass
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;

create trigger frozen_stays before update or delete on scenario.need_overview
    for each row execute function operations.refuse_change_of_overview();
create trigger frozen_is_not_emptied before truncate on scenario.need_overview
    for each statement execute function operations.refuse_emptying_of_overviews();
create trigger frozen_stays before update or delete on scenario.need
    for each row execute function operations.refuse_change_of_overview();
create trigger frozen_is_not_added_to before insert or update on scenario.need
    for each row execute function operations.refuse_addition_to_overview();
create trigger frozen_is_not_emptied before truncate on scenario.need
    for each statement execute function operations.refuse_emptying_of_overviews();
create trigger frozen_stays before update or delete on scenario.need_file
    for each row execute function operations.refuse_change_of_overview();
create trigger frozen_is_not_emptied before truncate on scenario.need_file
    for each statement execute function operations.refuse_emptying_of_overviews();
