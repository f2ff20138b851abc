-- What everybody may do on a PostgreSQL server by default and nobody but the warehouse's owner needs, as the statements
-- that take it from them; none where that is done. Run it on the warehouse's database as a superuser:
--     psql --username postgres --dbname bolig --file dagster_project/warehouse/sql/harden.sql
-- The embedded server and the container's are closed by themselves; `bolig doctor` says of any other what is open.
--
-- Functions: a query that only reads can call them, also from an expression in a chart. By their nature, not by a list:
-- who changes anything, waits, or runs what it is given (query_to_xml, ts_stat, set_config, lo_create, pg_notify,
-- pg_advisory_lock, pg_terminate_backend, pg_sleep, dblink ...) is volatile. Some of those are harmless; a few others
-- tell what is in whole schemas, or what other sessions do.
with owner as (
    select pg_get_userbyid(datdba) as name from pg_database where datname = current_database()
),

functions as (
    select string_agg(oid::regprocedure::text, ', ' order by oid) as names
    from pg_proc
    where has_function_privilege('public', oid, 'execute')
        and has_schema_privilege('public', pronamespace, 'usage')
        and (
            provolatile = 'v'
            and proname not in (
                'array_sample', 'array_shuffle', 'clock_timestamp', 'gen_random_uuid', 'pg_indexes_size',
                'pg_is_in_recovery', 'pg_relation_size', 'pg_table_size', 'pg_total_relation_size', 'random',
                'random_normal', 'setseed', 'timeofday', 'uuidv4', 'uuidv7',
                -- Citus asks it whenever somebody looks into the catalogue
                'relation_is_a_known_shard'
            )
            or proname ~ '^(table|schema|database)_to_xml|^pg_stat_get_(activity|backend|progress|wal_senders)'
        )
),

statements as (
    select format('revoke execute on routine %s from public', names) as statement
    from functions
    where names is not null
    union all
    select format('grant execute on routine %s to %I with grant option', functions.names, owner.name)
    from functions cross join owner
    where functions.names is not null
    union all
    -- a block of code is no query, and asks for no right but this one
    select format('revoke usage on language %I from public', lanname)
    from pg_language
    where lanpltrusted and has_language_privilege('public', oid, 'usage')
    union all
    select format('grant usage on language %I to %I with grant option', pg_language.lanname, owner.name)
    from pg_language cross join owner
    where pg_language.lanpltrusted and has_language_privilege('public', pg_language.oid, 'usage')
    union all
    -- a database beside this one, where the functions are as they were
    select format('revoke connect, temporary on database %I from public', datname)
    from pg_database
    where datname in ('postgres', 'template1') and datname <> current_database()
        and has_database_privilege('public', oid, 'connect')
    union all
    -- of all limits of a session the one that it cannot lift
    select format('grant set on parameter temp_file_limit to %I', name)
    from owner
    where not has_parameter_privilege(name, 'temp_file_limit', 'set')
)

select statement from statements
\gexec
