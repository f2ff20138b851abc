-- Superset's record of who did what, in words; of what it keeps besides (tokens, lists) nobody asks.
select logs.dttm at time zone 'UTC', account.username, told.what, null,
    regexp_replace(left(told.detail, 300), '\d{6} ?\d{5}', '(eleven digits)', 'g')
from superset.logs
inner join superset.ab_user as account on logs.user_id = account.id
cross join lateral (select nullif(logs.json, '')::jsonb as said) as said
left join superset.tables as dataset
    on dataset.id::text = coalesce(said -> 'datasource' ->> 'id', said ->> 'datasource_id')
cross join lateral (
    select * from (values
        (logs.action = 'login', 'logged in', logs.referrer),
        (logs.action = 'login_failed', 'failed to log in', logs.referrer),
        (logs.action = 'dashboard', 'opened a dashboard', said ->> 'dashboard_id_or_slug'),
        (
            logs.action = 'ChartDataRestApi.data' and said ->> 'result_format' in ('csv', 'xlsx'),
            'took a file', concat_ws(', ', dataset.table_name, said ->> 'result_format')
        ),
        (
            logs.action = 'ChartDataRestApi.data' and said ->> 'result_type' in ('drill_detail', 'samples')
            or logs.action = 'opened_rows',
            'opened rows', dataset.table_name
        ),
        (
            said ->> 'object_ref' = 'SqlLabRestApi.execute_sql_query', 'asked in SQL Lab',
            regexp_replace(said ->> 'sql', '\s+', ' ', 'g')
        ),
        (logs.action = 'SqlLabRestApi.export_csv', 'took a file', 'SQL Lab'),
        (
            logs.action ~* 'User(Rest)?Api\.(post|put|delete)', 'changed an account',
            coalesce(said ->> 'username', said ->> 'path')
        )
    ) as known (fits, what, detail)
    where fits limit 1
) as told
where logs.dttm >= %(since)s and (%(name)s::text is null or lower(account.username) = lower(%(name)s))
and (%(number)s::text is null or %(number)s = any(access.visible_to(lower(account.username))))
