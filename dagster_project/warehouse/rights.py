"""Roles, and what each may do: readers within limits, programs in schemas of their own.

Belongs here: rights, passwords' verifiers and limits. Does not belong here: tables.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from dagster_project import warehouse
from dagster_project.settings import Settings, generated_secret
from dagster_project.warehouse import border, locks

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Limits:
    """What a login that reads may: the schemas that it selects from, and how much of the server it takes at once."""

    schemas: tuple[str, ...]
    seconds: int  # that a statement may run, or a transaction stand still
    connections: int


# Each has its rights by itself and none from a group: whoever is in a group may take the group's rights away from all
# (drop owned by). The dashboards' login reads the datasets and not what they are made of, so that no expression that
# somebody writes into a chart reaches further than the charts do.
READERS: dict[warehouse.Reader, Limits] = {
    "reader": Limits(warehouse.READABLE_SCHEMAS, seconds=600, connections=20),
    "sqllab": Limits(warehouse.READABLE_SCHEMAS, seconds=60, connections=10),
    "dashboards": Limits((warehouse.DATASETS,), seconds=30, connections=40),
}
# a person's own login, for Excel and whatever else speaks to the database
PERSON = Limits(warehouse.READABLE_SCHEMAS, seconds=600, connections=5)


def prepare(settings: Settings) -> None:
    """Make sure that those who read and the published schemas are there, with their rights and limits. Repeatable.

    Whatever such a login did to itself (its password, its settings, its rights) is undone. Raises WarehouseError, and
    LockHeld where another prepares and does not end.
    """
    from psycopg import sql

    # one at a time: two first runs at once would both try to make a role
    with warehouse.connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        for role in READERS:
            _let_in(connection, warehouse.role_name(settings, role), _server_password(settings, role))
        _make_roles(connection)
        for name in warehouse.READABLE_SCHEMAS:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))
        if not settings.database_url:
            _harden(settings, connection)
        logins = readers(settings, connection)
        for login, limits in logins.items():
            _limit(connection, login, limits)
        # a statement for what lacks only: a grant writes to the catalogue, where it may meet a night that gives a
        # published table its new shape, and one of the two would fail
        may = [(login, schema) for login, limits in logins.items() for schema in limits.schemas]
        lacking = connection.execute(_LACKING, [list(each) for each in zip(*may, strict=True)])
        for (statement,) in lacking.fetchall():
            connection.execute(statement)
        with connection.transaction():
            border.draw(connection)


def _make_roles(connection: "psycopg.Connection[Any]") -> None:
    """Make sure that the roles are there that nobody logs in as.

    The owner gives the views to the one, and may drop them. Who is in the other reads about single persons' follow-up
    (border.py); it has no right of its own that a member could take from all.
    """
    from psycopg import sql

    views = border.views_role(connection)
    for name in (views, border.followup_role(connection)):
        if not connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(name)))
            if name == views:
                connection.execute(
                    sql.SQL("grant {} to current_user with inherit true, set true").format(sql.Identifier(name))
                )


def readers(settings: Settings, connection: "psycopg.Connection[Any]") -> dict[str, Limits]:
    """Every login that reads, by name, with its limits: the shared ones, and those of single persons."""
    shared = {warehouse.role_name(settings, role): limits for role, limits in READERS.items()}
    if connection.execute("select to_regclass('access.login') is null").fetchone() == (True,):
        return shared
    persons = connection.execute("select person from access.login order by 1")
    return shared | {person_login(settings, person): PERSON for (person,) in persons}


def person_login(settings: Settings, person: str) -> str:
    """The name of a person's own login."""
    return f"{warehouse.database_name(settings)}_person_{person}"


# PostgreSQL cuts longer names
LONGEST_NAME = 63


def let_person_in(settings: Settings, name: str, done_by: str) -> tuple[str, str]:
    """Make a person's own login at the database, or give it a new password; gives its name and the password.

    The password is kept nowhere. What the login sees is what the person is granted. Raises NotGranted where the name
    can be no login's.
    """
    person = border.person_of(name)
    login = person_login(settings, person)
    if not re.fullmatch(r"[a-z0-9._@-]+", person) or len(login) > LONGEST_NAME:
        raise border.NotGranted(
            f"{person} can be no login's name: a to z, 0 to 9 and . _ @ - only, and at most"
            f" {LONGEST_NAME - len(person_login(settings, ''))} of them."
        )
    password = secrets.token_urlsafe(18)
    with (
        warehouse.connect(settings, autocommit=True) as connection,
        locks.held(connection, PREPARE),
        connection.transaction(),
    ):
        _let_in(connection, login, password)
        connection.execute(
            "insert into access.login (person, made_by) values (%s, %s) on conflict do nothing", [person, done_by]
        )
    prepare(settings)
    return login, password


def let_follow(settings: Settings, name: str, is_let: bool) -> None:
    """Let a person's own login read about single persons' follow-up, or no more. Raises NotGranted.

    A member takes nothing over from the role and cannot become it: the membership is a mark that the rule looks for.
    """
    from psycopg import sql

    prepare(settings)
    person = border.person_of(name)
    with warehouse.connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        if not connection.execute("select from access.login where person = %s", [person]).rowcount:
            raise border.NotGranted(
                f"{person} has no login of their own: `bolig access login` makes one. Nothing is changed."
            )
        role, login = (
            sql.Identifier(each) for each in (border.followup_role(connection), person_login(settings, person))
        )
        if is_let:
            connection.execute(sql.SQL("grant {} to {} with inherit false, set false").format(role, login))
        else:
            connection.execute(sql.SQL("revoke {} from {}").format(role, login))


def let_person_out(settings: Settings, name: str) -> None:
    """Take a person's login away, and end its sessions. Raises NotGranted where there is none."""
    from psycopg import sql

    person = border.person_of(name)
    login = person_login(settings, person)
    with warehouse.connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        if not connection.execute("delete from access.login where person = %s", [person]).rowcount:
            raise border.NotGranted(f"{person} has no login of their own: nothing is changed.")
        role = sql.Identifier(login)
        connection.execute(sql.SQL("alter role {} nologin").format(role))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [login])
        # what the owner granted, the owner takes back: `drop owned` would be the login's own to run
        for (statement,) in connection.execute(_GRANTED, {"login": login}).fetchall():
            connection.execute(statement)
        connection.execute(sql.SQL("drop role {}").format(role))


_GRANTED = """
    select format('revoke all on database %%I from %%I', current_database(), %(login)s::text)
    union all
    select format('alter default privileges in schema %%I revoke all on tables from %%I', nspname, %(login)s::text)
    from pg_default_acl inner join pg_namespace on defaclnamespace = pg_namespace.oid
    where defaclrole = to_regrole(quote_ident(current_user)) and exists (
        select from aclexplode(defaclacl) as granted where granted.grantee = to_regrole(quote_ident(%(login)s))
    )
    union all
    select format('revoke all on all tables in schema %%I from %%I', nspname, %(login)s::text)
    from pg_namespace where has_schema_privilege(%(login)s, oid, 'usage') and nspname !~ '^pg_|^information_schema'
    union all
    select format('revoke all on schema %%I from %%I', nspname, %(login)s::text)
    from pg_namespace where has_schema_privilege(%(login)s, oid, 'usage') and nspname !~ '^pg_|^information_schema'
"""


PREPARE = "bolig.prepare"

_LACKING = """
    with may as (select * from unnest(%s::text[], %s::text[]) as may (login, schema))
    select format('grant usage on schema %%I to %%I', schema, login) from may
    where not has_schema_privilege(login, schema, 'usage')
    union all
    select format('grant select on all tables in schema %%I to %%I', schema, login) from may where exists (
        select from pg_class where relnamespace = to_regnamespace(schema) and relkind in ('r', 'v', 'm', 'p')
        and not has_table_privilege(login, oid, 'select')
    )
    union all
    select format('alter default privileges in schema %%I grant select on tables to %%I', schema, login) from may
    where not exists (
        select from pg_default_acl cross join aclexplode(defaclacl) as granted
        where defaclnamespace = to_regnamespace(schema) and defaclrole = to_regrole(quote_ident(current_user))
        and defaclobjtype = 'r' and granted.privilege_type = 'SELECT'
        and granted.grantee = to_regrole(quote_ident(login))
    )
    union all
    select 'revoke all on schema public from public' where has_schema_privilege('public', 'public', 'usage')
"""


def _limit(connection: "psycopg.Connection[Any]", name: str, limits: Limits) -> None:
    """Set what a login that reads has at the beginning of each session, and nothing beside that.

    A session can lift most of it; `end_overdue` ends those that do.
    """
    from psycopg import sql

    wanted = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{limits.seconds}s",
        "idle_in_transaction_session_timeout": f"{limits.seconds}s",
        # readers ask for one municipality among many, whose rows lie together: by the defaults, which are for disks
        # that turn, the planner would rather read them all, and would compile for a tenth of a second before that
        "random_page_cost": "1.1",
        "jit": "off",
    }
    (may_limit_files, connections) = connection.execute(
        "select has_parameter_privilege('temp_file_limit', 'set'), rolconnlimit from pg_roles where rolname = %s",
        [name],
    ).fetchone() or (False, None)
    if may_limit_files:
        wanted["temp_file_limit"] = LARGEST_TEMPORARY_FILES
    role, database = sql.Identifier(name), sql.Identifier(connection.info.dbname)
    if connections != limits.connections:
        connection.execute(sql.SQL("alter role {} connection limit {}").format(role, limits.connections))
    found = connection.execute(
        "select setdatabase <> 0, setconfig from pg_db_role_setting where setrole = to_regrole(quote_ident(%s))"
        " and setdatabase in (0, (select oid from pg_database where datname = current_database()))",
        [name],
    ).fetchall()
    if [(is_here, sorted(has)) for is_here, has in found] == [(True, sorted(map("=".join, wanted.items())))]:
        return
    with connection.transaction():
        connection.execute(sql.SQL("alter role {} reset all").format(role))
        connection.execute(sql.SQL("alter role {} in database {} reset all").format(role, database))
        for setting, value in wanted.items():
            connection.execute(
                sql.SQL("alter role {} in database {} set {} = {}").format(
                    role, database, sql.Identifier(setting), sql.Literal(value)
                )
            )


LARGEST_TEMPORARY_FILES = "2GB"


def end_overdue(connection: "psycopg.Connection[Any]", settings: Settings) -> list[str]:
    """End the sessions of those who read whose transaction has lasted longer than their login may; says which.

    PostgreSQL lets a session lift its own limits of time, and a transaction that stays open keeps a night from giving
    tables a new shape and vacuum from making room.
    """
    limited = readers(settings, connection)
    overdue = connection.execute(
        "select usename, application_name, pid, extract(epoch from clock_timestamp() - xact_start)::integer,"
        " pg_terminate_backend(pid)"
        " from pg_stat_activity inner join unnest(%s::text[], %s::integer[]) as login (name, seconds) on usename = name"
        " where datname = current_database() and clock_timestamp() - xact_start > make_interval(secs => seconds)",
        [list(limited), [limits.seconds + SECONDS_OF_GRACE for limits in limited.values()]],
    )
    return [f"{login} ({program}, process {pid}): {seconds} seconds" for login, program, pid, seconds, _ in overdue]


# what a statement that its own limit ends may take over it
SECONDS_OF_GRACE = 15


def open_functions(connection: "psycopg.Connection[Any]") -> list[str]:
    """The statements of harden.sql that are still to be run here, by a superuser: none where the server is closed."""
    return [statement for (statement,) in connection.execute(HARDEN.read_text("utf-8").replace("\\gexec", "").encode())]


# what only a superuser can take from everyone: as a query that gives the statements
HARDEN = Path(__file__).parent / "sql" / "harden.sql"


def _harden(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Take from everyone, on the embedded server, what is nobody's but the owner's. Repeatable."""
    import psycopg

    if open_functions(connection):
        owner = urlsplit(warehouse.database_url(settings))
        with psycopg.connect(urlunsplit(owner._replace(netloc="postgres@"))) as superuser:
            for statement in open_functions(superuser):
                superuser.execute(statement.encode())


def prepare_developer(settings: Settings, name: str, readable: Mapping[str, Sequence[str]]) -> str:
    """Make sure that a developer's login and schemas are there; gives the login's URL. Repeatable.

    The login owns what dbt builds into in the developer's space, and reads of its raw the columns of `readable` by
    their tables; nothing else of the warehouse is its to read or to write.
    """
    from psycopg import sql

    login = f"{warehouse.database_name(settings)}_dev_{name}"
    role, space = sql.Identifier(login), warehouse.BuildSpace(developer=name)
    with warehouse.connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        password = generated_secret(settings.secrets / f"developer_{name}") if settings.database_url else None
        _let_in(connection, login, password, may_be=True)
        database = sql.Identifier(connection.info.dbname)
        # a unit test of dbt's stands in a temporary table
        connection.execute(sql.SQL("grant temporary on database {} to {}").format(database, role))
        connection.execute(
            sql.SQL("alter role {} in database {} set statement_timeout = {}").format(
                role, database, sql.Literal(f"{READERS['reader'].seconds}s")
            )
        )
        for built in warehouse.BUILT_SCHEMAS:
            schema = sql.Identifier(f"{built}{space.suffix}")
            connection.execute(sql.SQL("create schema if not exists {} authorization {}").format(schema, role))
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(space.raw), role))
        for table, columns in readable.items():
            connection.execute(
                sql.SQL("grant select ({}) on {} to {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(space.raw, table), role
                )
            )
    return warehouse.url_of(warehouse.database_url(settings), login, password)


def prepare_records(settings: Settings, keeper: warehouse.RecordKeeper) -> None:
    """Make sure that the program's role is there, with a schema for its records and nothing else. Repeatable."""
    from psycopg import sql

    name = warehouse.role_name(settings, keeper)
    role, schema = sql.Identifier(name), sql.Identifier(keeper)
    with warehouse.connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        _let_in(connection, name, _server_password(settings, keeper), may_be=True)
        connection.execute(sql.SQL("create schema if not exists {} authorization {}").format(schema, role))
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter role {} in database {} set search_path = {}").format(role, database, schema))
        # A restored backup knows no owners, and what an earlier version made is the owner's. The schema goes before
        # what is in it: a table's new owner must be one who may create there.
        connection.execute(sql.SQL("alter schema {} owner to {}").format(schema, role))
        for kind, stray in connection.execute(_STRAYS, [keeper, name] * 3).fetchall():
            connection.execute(
                sql.SQL("alter {} {} owner to {}").format(sql.SQL(kind), sql.Identifier(keeper, stray), role)
            )
        # what harden.sql took from everyone: nobody types what such a program asks
        for (statement,) in connection.execute(_KEPT_FROM, {"role": name}).fetchall():
            connection.execute(statement)
        if keeper == "superset":
            for statement in _CANCEL_QUERY:
                logins = {"superset": role, "sqllab": sql.Literal(warehouse.role_name(settings, "sqllab"))}
                connection.execute(sql.SQL(statement).format(**logins))
            told = {"superset": name, "functions": list(TELLS_OF_PERSONS)}
            for (statement,) in connection.execute(_TELLS_OF_PERSONS, told).fetchall():
                connection.execute(statement)


# SQL Lab's "stop": its own login may end no query, for an analyst could end another's. Superset's records' login, whose
# SQL nobody types, ends SQL Lab's by this and nobody else's: with the owner's right, who is a member of that login.
_CANCEL_QUERY = (
    """
    create or replace function superset.cancel_query(process integer) returns boolean
    language sql security definer set search_path = pg_catalog, pg_temp
    as $$
        -- where it runs no more there is nothing to end
        select coalesce(bool_and(pg_cancel_backend(pid)), true) from pg_stat_activity
        where pid = process and usename = {sqllab} and datname = current_database()
    $$
    """,
    "revoke all on function superset.cancel_query from public",
    "grant execute on function superset.cancel_query to {superset}",
)


# Superset says by its records' login, whose SQL nobody types, whose a query is, and whom it lets in: by these functions
# of the schema access, and nothing else there
TELLS_OF_PERSONS = ("pass", "visible_to", "covers", "let_in")
_TELLS_OF_PERSONS = """
    select format('grant usage on schema access to %%I', %(superset)s::text)
    where not has_schema_privilege(%(superset)s, to_regnamespace('access'), 'usage')
    union all
    select format('grant execute on function %%s to %%I', oid::regprocedure, %(superset)s::text)
    from pg_proc
    where pronamespace = to_regnamespace('access') and proname = any(%(functions)s)
    and not has_function_privilege(%(superset)s, oid, 'execute')
    union all
    -- an earlier version gave it all of them
    select format('revoke execute on function %%s from %%I', oid::regprocedure, %(superset)s::text)
    from pg_proc
    where pronamespace = to_regnamespace('access') and proname <> all(%(functions)s)
    and has_function_privilege(%(superset)s, oid, 'execute') and not has_function_privilege('public', oid, 'execute')
"""

_KEPT_FROM = """
    select format('grant execute on routine %%s to %%I', string_agg(oid::regprocedure::text, ', '), %(role)s::text)
    from pg_proc
    where not has_function_privilege(%(role)s, oid, 'execute')
    and has_function_privilege(current_user, oid, 'execute with grant option')
    -- of our own it has what it is given by name
    and pg_get_userbyid(proowner) <> current_user
    -- what an extension brings (Citus) is no program's here
    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')
    having count(*) > 0
    union all
    select format('grant usage on language %%I to %%I', lanname, %(role)s::text) from pg_language
    where lanpltrusted and not has_language_privilege(%(role)s, oid, 'usage')
    and has_language_privilege(current_user, oid, 'usage with grant option')
"""

# a sequence follows its table where a column owns it, a table's type too
_STRAYS = """
    select 'table' as kind, relname as name from pg_class
    where relnamespace = to_regnamespace(%s) and relkind = 'r' and relowner <> to_regrole(quote_ident(%s))
    union all
    select 'sequence', relname from pg_class
    where relnamespace = to_regnamespace(%s) and relkind = 'S' and relowner <> to_regrole(quote_ident(%s))
    and not exists (select from pg_depend where objid = pg_class.oid and deptype in ('a', 'i'))
    union all
    select 'type', typname from pg_type
    where typnamespace = to_regnamespace(%s) and typtype = 'e' and typowner <> to_regrole(quote_ident(%s))
"""


def _server_password(settings: Settings, role: warehouse.Role) -> str | None:
    """A role's password where the server asks for one: the embedded knows whoever comes by the operating system."""
    return warehouse.password_of(settings, role) if settings.database_url else None


def _let_in(connection: "psycopg.Connection[Any]", name: str, password: str | None, *, may_be: bool = False) -> None:
    """Make a login where it is not there, with its password, and let it and no stranger into the database.

    The owner is a member, so that it reads what a program writes (a backup is the owner's) and ends what a reader does;
    `may_be`: and makes what shall be the login's.
    """
    from psycopg import sql

    database, login = sql.Identifier(connection.info.dbname), sql.Identifier(name)
    if connection.execute(
        "select from pg_database where datname = current_database() and (has_database_privilege('public', oid,"
        " 'connect') or has_database_privilege('public', oid, 'temporary'))"
    ).rowcount:
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    if not connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
        connection.execute(sql.SQL("create role {} login").format(login))
    if password:
        # the verifier, not the password: statements may be logged
        verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("alter role {} login password {}").format(login, sql.Literal(verifier)))
    else:
        connection.execute(sql.SQL("alter role {} login").format(login))
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, login))
    connection.execute(
        sql.SQL("grant {} to current_user with inherit true, set {}").format(login, sql.SQL(str(may_be).lower()))  # type: ignore[arg-type]
    )
