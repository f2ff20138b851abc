-- Make a machine a part of the warehouse, by psql as a superuser on the coordinator's database; what is done already
-- stays. The machine has the same database and owner, and the extension, and so has the coordinator.
--     psql --dbname bolig --set coordinator=HOST --set machine=HOST --set port=5432 --file containers/citus/join.sql
select citus_set_coordinator_host(:'coordinator', current_setting('port')::integer)
where not exists (select from pg_dist_node where groupid = 0);
select citus_add_node(:'machine', :port)
where not exists (select from pg_dist_node where nodename = :'machine' and nodeport = :port);
-- Citus tells the machines of grants to roles that it has told them of, and so of the owner before anything is granted
-- ("must be able to SET ROLE" otherwise): with a table that it spreads it tells of the table's owner
create table public.parts (municipality_no text);
select format('alter table public.parts owner to %I', pg_get_userbyid(datdba))
from pg_database
where datname = current_database() \gexec
select create_distributed_table('public.parts', 'municipality_no', colocate_with => 'none');
drop table public.parts;
