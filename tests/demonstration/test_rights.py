"""What each login of the warehouse may, from PostgreSQL's own catalogue, is what docs/operations.md says; and no more.

Every login but the owner, every schema, relation, sequence, function, language and database of the published
demonstration, with Dagster's records in it and Superset's.
"""

import re
from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.warehouse import rights
from tests.conftest import Installation

pytestmark = pytest.mark.attack

PAGE = (PROJECT_DIR / "docs" / "operations.md").read_text("utf-8")
ROW = re.compile(r"^\| `<database>_(\w+)` \| (.+?) \| (.+?) \| (.+?) \|", re.MULTILINE)
LOGINS: tuple[warehouse.Role, ...] = (*rights.READERS, *warehouse.RECORD_KEEPERS)

# what everybody may call, of what is not a function of its arguments: it changes nothing and tells nothing of others
HARMLESS = {
    *("array_sample", "array_shuffle", "random", "random_normal", "setseed", "gen_random_uuid", "uuidv4", "uuidv7"),
    *("clock_timestamp", "timeofday"),
    *("pg_indexes_size", "pg_is_in_recovery", "pg_relation_size", "pg_table_size", "pg_total_relation_size"),
}


@pytest.fixture(scope="module")
def settings(demonstration: Installation) -> Settings:
    """The demonstration's, with the records of every program."""
    for keeper in warehouse.RECORD_KEEPERS:
        rights.prepare_records(demonstration.settings, keeper)
    return demonstration.settings


@pytest.fixture(scope="module")
def ask(settings: Settings):
    """Ask the catalogue, as the owner."""

    def run(query: str, **terms: Any) -> list[Any]:
        with warehouse.connect(settings) as connection:
            return connection.execute(query.encode(), terms).fetchall()

    return run


def told() -> dict[str, dict[str, Any]]:
    """The page's table of logins: by role the schemas that it reads, the seconds, and the sessions."""
    rows = {}
    for role, may, _, limits in ROW.findall(PAGE):
        numbers = re.findall(r"\d+", limits)
        rows[role] = {"schemas": set(re.findall(r"`(\w+)`", may)), "limits": tuple(map(int, numbers))}
    return rows


def test_the_page_names_every_login_with_its_schemas_and_limits() -> None:
    assert told() == {
        **{
            role: {"schemas": set(of.schemas), "limits": (of.seconds, of.connections)}
            for role, of in rights.READERS.items()
        },
        **{keeper: {"schemas": {keeper}, "limits": ()} for keeper in warehouse.RECORD_KEEPERS},
    }


@pytest.mark.parametrize("role", LOGINS)
def test_a_login_reads_the_schemas_that_the_page_names_whole_and_no_other(settings, ask, role) -> None:
    rows = ask(
        "select nspname, has_schema_privilege(%(login)s, pg_namespace.oid, 'usage')"
        " and has_any_column_privilege(%(login)s, pg_class.oid, 'select'), count(*)"
        " from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where relkind in ('r', 'v', 'm', 'p', 'f') and nspname !~ '^pg_|^information_schema' group by 1, 2",
        login=warehouse.role_name(settings, role),
    )
    schemas = {name for name, *_ in rows}
    assert schemas >= {*warehouse.PUBLISHED_SCHEMAS, "raw", "staging", "history", "landing", "operations", "dagster"}
    assert {name for name, may, _ in rows if may} == told()[role]["schemas"] & schemas
    assert not {name for name, may, _ in rows if may} & {name for name, may, _ in rows if not may}


@pytest.mark.parametrize("role", LOGINS)
def test_a_login_makes_and_changes_nothing_outside_its_own_records(settings, ask, role) -> None:
    login = warehouse.role_name(settings, role)
    own = {role} & set(warehouse.RECORD_KEEPERS)
    changes = "insert, update, delete, truncate, references, trigger"
    assert {
        schema
        for (schema,) in ask(
            "select distinct relnamespace::regnamespace::text from pg_class where relkind in ('r', 'v', 'm', 'p', 'f')"
            " and has_schema_privilege(%(login)s, relnamespace, 'usage')"
            " and has_table_privilege(%(login)s, oid, %(changes)s)",
            login=login,
            changes=changes,
        )
    } - {"pg_catalog"} <= own
    # pg_catalog: everybody may change their own settings of this session's view of them, and nothing else
    assert ask(
        "select array_agg(relname::text) from pg_class where relnamespace = 'pg_catalog'::regnamespace"
        " and relkind in ('r', 'v') and has_table_privilege(%(login)s, oid, %(changes)s)",
        login=login,
        changes=changes,
    ) == [(["pg_settings"],)]
    assert {
        name
        for (name,) in ask(
            "select nspname from pg_namespace where nspname !~ '^pg_(toast|temp)'"
            " and has_schema_privilege(%(login)s, oid, 'create')",
            login=login,
        )
    } == own
    assert not ask(
        "select from pg_class where relnamespace::regnamespace::text <> %(role)s and case when relkind = 'S'"
        " then has_sequence_privilege(%(login)s, oid, 'usage, select, update') end",
        login=login,
        role=role,
    )
    assert ask(
        "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or exists"
        " (select from pg_auth_members where member = pg_roles.oid) from pg_roles where rolname = %(login)s",
        login=login,
    ) == [(False,)]


@pytest.mark.parametrize("role", LOGINS)
def test_a_login_enters_this_database_only_and_makes_nothing_in_it(settings, ask, role) -> None:
    rows = ask(
        "select datname, has_database_privilege(%(login)s, oid, 'connect'),"
        " has_database_privilege(%(login)s, oid, 'create, temporary') from pg_database where datallowconn",
        login=warehouse.role_name(settings, role),
    )
    assert {name for name, enters, _ in rows if enters} == {"bolig"}
    assert not [name for name, _, makes in rows if makes]


@pytest.mark.parametrize("role", rights.READERS)
def test_who_reads_calls_nothing_that_changes_waits_or_runs_what_it_is_given(settings, ask, role) -> None:
    callable_ones = {
        name
        for (name,) in ask(
            "select distinct proname from pg_proc where provolatile = 'v'"
            " and has_schema_privilege(%(login)s, pronamespace, 'usage')"
            " and has_function_privilege(%(login)s, oid, 'execute')",
            login=warehouse.role_name(settings, role),
        )
    }
    assert callable_ones <= HARMLESS
    assert not ask(
        "select from pg_language where lanpltrusted and has_language_privilege(%(login)s, oid, 'usage')",
        login=warehouse.role_name(settings, role),
    )
    # a view is asked with its caller's rights on functions: those that the datasets call are for every reader
    assert not ask(
        "select from pg_proc where provolatile = 'i' and not has_function_privilege('public', oid, 'execute')"
    )


@pytest.mark.parametrize("role", rights.READERS)
def test_a_limit_that_a_session_cannot_lift_is_set_and_the_others_begin_with_it(settings, role) -> None:
    limits = rights.READERS[role]
    with warehouse.connect(settings, role) as connection:
        begins = {
            name: connection.execute(f"show {name}").fetchone()
            for name in ("transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")
        }
        minutes = f"{limits.seconds // 60}min" if limits.seconds % 60 == 0 else f"{limits.seconds}s"
        assert [value for (value,) in begins.values()] == ["on", minutes, minutes]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set temp_file_limit = -1")


# what a login may do to itself whatever it is granted; Superset's SQL guard lets none of it through
TO_ITSELF = (
    "alter role current_user password 'mine'",
    "alter role current_user set statement_timeout = 0",
    "alter role current_user set default_transaction_read_only = off",
    "drop owned by current_user",
)
# what it may not
TO_OTHERS = (
    *(f"alter role bolig_{role} password 'mine'" for role in ("owner", "dashboards", "superset", "dagster")),
    "alter role bolig_dashboards set statement_timeout = 1",
    "drop owned by bolig_dashboards",
    "alter role current_user connection limit -1",
    "set role bolig_owner",
    "set session authorization bolig_dashboards",
    "select lo_create(4242)",
    "select pg_advisory_lock(1)",
    "do $$ begin perform 1; end $$",
    "copy (select 1) to program 'id'",
)


def test_what_a_login_does_to_itself_stops_nobody_else_and_is_undone(settings: Settings) -> None:
    for statement in TO_OTHERS:
        with (
            warehouse.connect(settings, "sqllab") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("set transaction read write")
            connection.execute(statement.encode())
    with warehouse.connect(settings, "sqllab") as connection:
        connection.execute("set transaction read write")
        for statement in TO_ITSELF:
            connection.execute(statement.encode())
    try:
        for role in ("dashboards", "reader"):
            # a login of several persons sees nothing before it says whose the query is
            with warehouse.connect(settings, role) as connection:
                seen = connection.execute("select count(*) > 0 from dashboards.styringskort").fetchone()
                assert seen == (role == "reader",)
    finally:
        rights.prepare(settings)
    with warehouse.connect(settings, "sqllab") as connection:
        assert connection.execute("select count(*) from marts.dim_dwelling").fetchone() == (0,)
        assert connection.execute("show statement_timeout").fetchone() == ("1min",)
        assert connection.execute("show transaction_read_only").fetchone() == ("on",)
