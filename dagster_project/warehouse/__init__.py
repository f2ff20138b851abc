"""Where PostgreSQL is: DATABASE_URL if it is set, else the embedded server, which is started.

Belongs here: addresses, connections, and the names of roles and schemas; in the modules beside it the embedded server,
rights, locks, record tables and the views over them. Does not belong here: what is loaded (landing/) and built (dbt).
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from dagster_project import BoligError
from dagster_project.settings import Settings, generated_secret

if TYPE_CHECKING:
    import psycopg


DATABASE = "bolig"
# the datasets of the dashboards, as views over the other three
DATASETS = "dashboards"
# what a night publishes, and readers may select from
PUBLISHED_SCHEMAS = ("marts", "scorecard", "quality", DATASETS)
# what is worked out of it afterwards: forecasts and scenarios, records that readers may select from too
OUTLOOK = "scenario"
READABLE_SCHEMAS = (*PUBLISHED_SCHEMAS, OUTLOOK)

# those who read, and programs that keep records of their own, each in a schema of its own name: Superset's users and
# assets as imported, Dagster's runs and their events
Reader = Literal["reader", "sqllab", "dashboards"]
RecordKeeper = Literal["superset", "dagster"]
Role = Literal["owner"] | Reader | RecordKeeper
RECORD_KEEPERS: tuple[RecordKeeper, ...] = ("superset", "dagster")

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

    `server`: the URL of the server that they are on, where that is another than the warehouse's (building.py).
    """

    number: int = 0
    developer: str = ""
    server: str = field(default="", repr=False)

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
        if settings.database_url:
            return _own_url(settings)
        from dagster_project.warehouse import embedded

        return embedded.url(settings)
    url = settings.reader_url if role in get_args(Reader) else None
    password = password_of(settings, role) if url or settings.database_url else None
    return url_of(url or database_url(settings), role_name(settings, role), password)


def url_of(url: str, login: str, password: str | None) -> str:
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
    return sqlalchemy(database_url(settings, role))


def sqlalchemy(url: str) -> str:
    """A libpq URL for SQLAlchemy."""
    return "postgresql+psycopg2://" + url.split("://", 1)[1]


def connect(
    settings: Settings, role: Role = "owner", space: BuildSpace = PLAIN, **options: Any
) -> "psycopg.Connection[Any]":
    """A psycopg connection as this role; the owner's finds the tables of raw in this build space without a schema.

    Where the space is on another server there are none to find, but those that it is lent for a transaction.
    Raises WarehouseError where the server does not answer.
    """
    import psycopg

    try:
        connection = psycopg.connect(database_url(settings, role), application_name="bolig", **options)
        if role == "owner":
            # a statement, not an option of the start: poolers refuse those
            connection.execute(f"set search_path to {'pg_temp' if space.server else space.raw}".encode())
            if not connection.autocommit:
                connection.commit()
        return connection
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"PostgreSQL does not answer: {error}. Check DATABASE_URL, or start the embedded server: `bolig db url`."
        ) from error


@cache
def statement(file: Path) -> bytes:
    """The SQL of a file, as it is run."""
    return file.read_bytes()


def is_lost(error: Exception) -> bool:
    """Whether this error is that the server ended, or the connection to it."""
    import psycopg

    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(("08", "57P"))


def password_of(settings: Settings, role: Role) -> str:
    given, name = {
        "reader": (settings.reader_password, "reader_password"),
        "sqllab": (settings.sqllab_password, "sqllab_password"),
        "dashboards": (settings.dashboards_password, "dashboards_password"),
        "superset": (settings.superset_database_password, "superset_database_password"),
        "dagster": (settings.dagster_database_password, "dagster_database_password"),
    }[role]
    return given or generated_secret(settings.secrets / name)
