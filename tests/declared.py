"""The record tables of a database beside those that are declared: what one has and the other has not.

Both are read from PostgreSQL's own catalogue, the declared ones after they were made beside the others, so that every
word of them is in PostgreSQL's spelling: columns, types, defaults, comments, keys, checks and indexes.
"""

import sqlalchemy
from sqlalchemy import text

from dagster_project.warehouse.tables import RECORDS

SCHEMAS = sorted({table.schema for table in RECORDS.tables.values() if table.schema})
BESIDE = "as_declared_"


def differences(connection: sqlalchemy.Connection) -> list[str]:
    """What stands in the database and is not declared, and the other way; the database is left as it was."""
    there = _described(connection)
    with connection.begin_nested() as only_now:
        for schema in SCHEMAS:
            connection.execute(text(f"create schema {BESIDE}{schema}"))
        beside = connection.execution_options(schema_translate_map={each: BESIDE + each for each in SCHEMAS})
        RECORDS.create_all(beside)
        declared = _described(connection, BESIDE)
        only_now.rollback()
    connection.execution_options(schema_translate_map=None)
    return [f"not declared: {line}" for line in sorted(there - declared)] + [
        f"only declared: {line}" for line in sorted(declared - there)
    ]


def guards(connection: sqlalchemy.Connection) -> set[str]:
    """The triggers of the record tables, and the functions that they call."""
    return set(connection.execute(text(_GUARDS), {"schemas": SCHEMAS}).scalars())


def _described(connection: sqlalchemy.Connection, before: str = "") -> set[str]:
    given = {
        "schemas": [before + schema for schema in SCHEMAS],
        # dbt builds tables beside the records there, and Alembic keeps one of its own
        "shared": f"{before}scorecard",
        "records": [table.name for table in RECORDS.tables.values() if table.schema == "scorecard"],
    }
    return {
        line.replace(before, "") if before else line for line in connection.execute(text(_DESCRIBED), given).scalars()
    }


_DESCRIBED = """
    with record as (
        select oid, oid::regclass::text as name from pg_class
        where relnamespace = any(array(select oid from pg_namespace where nspname = any(:schemas))) and relkind = 'r'
        and (relnamespace <> to_regnamespace(:shared) or relname = any(:records)) and relname <> 'alembic_version'
    )
    select concat_ws(' ', name, obj_description(oid, 'pg_class')) from record
    union all
    select concat_ws(
        ' ', name, attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
        'default ' || pg_get_expr(adbin, adrelid), 'identity ' || nullif(attidentity::text, ''),
        '-- ' || col_description(record.oid, attnum)
    )
    from record
    inner join pg_attribute on attrelid = record.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    union all
    -- of a column that is not null, PostgreSQL 18 has a constraint besides, which is named as it came
    select concat_ws(' ', name, conname, pg_get_constraintdef(pg_constraint.oid))
    from record inner join pg_constraint on conrelid = record.oid and contype <> 'n'
    union all
    select pg_get_indexdef(indexrelid) from record inner join pg_index on indrelid = record.oid
"""

_GUARDS = """
    select pg_get_triggerdef(pg_trigger.oid) from pg_trigger inner join pg_class on tgrelid = pg_class.oid
    where relnamespace = any(array(select oid from pg_namespace where nspname = any(:schemas))) and not tgisinternal
    union all
    select pg_get_functiondef(oid) from pg_proc where pronamespace::regnamespace::text in ('operations', 'access')
"""
