-- a run that is frozen, what hangs on it, and a scenario as it was delivered never change
create or replace function operations.refuse_thawing() returns trigger language plpgsql as $$
begin
    if old.is_frozen then
        raise exception 'Run % of % is frozen and never changes', old.run_id, old.municipality_no
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create or replace function operations.refuse_change_of_frozen() returns trigger language plpgsql as $$
declare
    changed jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
begin
    if exists (
        select from scenario.run
        where municipality_no in (changed ->> 'municipality_no', to_jsonb(old) ->> 'municipality_no')
        and run_id in ((changed ->> 'run_id')::bigint, (to_jsonb(old) ->> 'run_id')::bigint) and is_frozen
        -- what is frozen in this very transaction is written with it
        and frozen_at <> now()
    ) then
        raise exception 'Run % of % is frozen and never changes', changed ->> 'run_id', changed ->> 'municipality_no'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create or replace function operations.refuse_change_of_version() returns trigger language plpgsql as $$
begin
    raise exception '% never changes: deliver the scenario anew, which makes a new version', tg_relid::regclass
        using errcode = 'object_not_in_prerequisite_state';
end $$;

create or replace function operations.refuse_emptying() returns trigger language plpgsql as $$
begin
    if exists (select from scenario.run where is_frozen) then
        raise exception '% holds frozen runs, which never change', tg_relid::regclass
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;

create trigger frozen_stays before update or delete on scenario.run
    for each row execute function operations.refuse_thawing();
create trigger frozen_is_not_emptied before truncate on scenario.run
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.result
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.result
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.difference
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.difference
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.finance
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.finance
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.reach
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.reach
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.solution
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.solution
    for each statement execute function operations.refuse_emptying();
create trigger frozen_stays before insert or update or delete on scenario.card
    for each row execute function operations.refuse_change_of_frozen();
create trigger frozen_is_not_emptied before truncate on scenario.card
    for each statement execute function operations.refuse_emptying();
create trigger change_is_refused before update or delete or truncate on scenario.scenario
    for each statement execute function operations.refuse_change_of_version();
create trigger change_is_refused before update or delete or truncate on scenario.lever
    for each statement execute function operations.refuse_change_of_version();
create trigger change_is_refused before update or delete or truncate on scenario.assumption
    for each statement execute function operations.refuse_change_of_version();

-- what readers ask for first; with their own rights on what lies below
create or replace view scenario.newest_run with (security_invoker = true) as
select
    run.municipality_no,
    run.run_id,
    run.scenario_id,
    run.version,
    scenario.name,
    scenario.made_by,
    scenario.made_on,
    scenario.scenario_status,
    run.load_id,
    run.as_of,
    run.origin,
    run.said,
    run.is_refused,
    run.is_frozen
from scenario.run as run
inner join scenario.scenario as scenario
    on
        run.municipality_no = scenario.municipality_no
        and run.scenario_id = scenario.scenario_id
        and run.version = scenario.version
where
    run.run_id = (
        select max(other.run_id) from scenario.run as other
        where other.municipality_no = run.municipality_no and other.scenario_id = run.scenario_id
    );
comment on view scenario.newest_run is
'The newest run of each scenario, with who made it. One row per municipality and scenario.';

create or replace view scenario.queue with (security_invoker = true) as
select
    newest.municipality_no,
    newest.scenario_id,
    newest.name as scenario_name,
    newest.version,
    newest.made_by,
    newest.made_on,
    newest.scenario_status,
    newest.load_id,
    newest.as_of,
    result.housing_category,
    result.month,
    (date_trunc('month', newest.origin) + make_interval(months => result.month + 1))::date - 1 as month_end,
    result.month <= 0 as is_fact,
    result.expected,
    result.p10,
    result.p50,
    result.p90,
    difference.mean as difference,
    difference.p10 as difference_p10,
    difference.p90 as difference_p90
from scenario.newest_run as newest
inner join scenario.result as result
    on newest.municipality_no = result.municipality_no and newest.run_id = result.run_id and result.figure = 'ko'
left join scenario.difference as difference
    on
        result.municipality_no = difference.municipality_no
        and result.run_id = difference.run_id
        and result.housing_category = difference.housing_category
        and result.figure = difference.figure
        and result.month = difference.month;
comment on view scenario.queue is
'The queue of each scenario as its newest run has it, with its interval, date and author, and the difference to nothing'
' done. One row per municipality, scenario, category and month.';

create or replace view scenario.hindsight with (security_invoker = true) as
with fact as (
    select distinct on (run.municipality_no, result.housing_category, month_end)
        run.municipality_no,
        result.housing_category,
        (date_trunc('month', run.origin) + make_interval(months => result.month + 1))::date - 1 as month_end,
        result.expected as waiting
    from scenario.run as run
    inner join scenario.result as result
        on run.municipality_no = result.municipality_no and run.run_id = result.run_id
    where run.scenario_id = 'som_i_dag' and result.figure = 'ko' and result.month <= 0
    order by run.municipality_no, result.housing_category, month_end, run.run_id desc
),

foreseen as (
    select
        run.municipality_no,
        run.run_id,
        run.scenario_id,
        run.version,
        run.as_of,
        run.frozen_by,
        result.housing_category,
        result.month,
        (date_trunc('month', run.origin) + make_interval(months => result.month + 1))::date - 1 as month_end,
        result.expected,
        result.p10,
        result.p90
    from scenario.run as run
    inner join scenario.result as result
        on run.municipality_no = result.municipality_no and run.run_id = result.run_id
    where run.is_frozen and result.figure = 'ko' and result.month > 0
)

select
    foreseen.municipality_no,
    foreseen.run_id,
    foreseen.scenario_id,
    foreseen.version,
    foreseen.as_of,
    foreseen.frozen_by,
    foreseen.housing_category,
    foreseen.month,
    foreseen.month_end,
    foreseen.expected,
    foreseen.p10,
    foreseen.p90,
    fact.waiting as fact,
    fact.waiting between foreseen.p10 and foreseen.p90 as is_inside,
    avg((fact.waiting between foreseen.p10 and foreseen.p90)::integer)
        over (partition by foreseen.municipality_no, foreseen.scenario_id) as share_inside
from foreseen
inner join fact
    on
        foreseen.municipality_no = fact.municipality_no
        and foreseen.housing_category = fact.housing_category
        and foreseen.month_end = fact.month_end;
comment on view scenario.hindsight is
'What was foreseen and what came: every month of a frozen run that has come since. One row per municipality, run,'
' category and month.';
