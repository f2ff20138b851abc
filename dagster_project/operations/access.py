"""Who may see which municipality, and who has a login of their own at the database: given, taken, told, and recorded.

Belongs here: these acts with their record. Does not belong here: what a grant does (warehouse/border.py), and logins'
rights and limits (warehouse/rights.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.operations import audit
from dagster_project.settings import Settings
from dagster_project.warehouse import border, records, rights

if TYPE_CHECKING:
    from psycopg import Connection


def grant(settings: Settings, name: str, numbers: Sequence[str], done_by: str) -> list[str]:
    """Let a person see municipalities, also at what is open; gives what is new. Raises NotGranted."""
    with _prepared(settings) as connection, connection.transaction():
        new = border.grant(connection, name, numbers, done_by)
        for number in new:
            _record(connection, "granted", done_by, name, number)
    return new


def revoke(settings: Settings, name: str, numbers: Sequence[str], done_by: str) -> list[str]:
    """Let a person see municipalities no more; none named is all. Gives what is taken. Raises NotGranted."""
    with _prepared(settings) as connection, connection.transaction():
        taken = border.revoke(connection, name, numbers or None)
        for number in taken:
            _record(connection, "revoked", done_by, name, number)
    return taken


def make_login(settings: Settings, name: str, numbers: Sequence[str], done_by: str) -> tuple[str, str]:
    """Make a person's own login at the database, or a new password; gives both. Raises NotGranted."""
    with _prepared(settings) as connection:
        made = rights.let_person_in(settings, name, done_by)
        _record(connection, "login made", done_by, name)
    if numbers:
        grant(settings, name, numbers, done_by)
    return made


def remove_login(settings: Settings, name: str, done_by: str) -> None:
    """Take a person's own login away, and end what it has open. What is granted stays. Raises NotGranted."""
    with _prepared(settings) as connection:
        rights.let_person_out(settings, name)
        _record(connection, "login removed", done_by, name)


def let_follow(settings: Settings, name: str, is_let: bool, done_by: str) -> None:
    """Let a person's own login read about single persons' follow-up, or no more. Raises NotGranted."""
    with _prepared(settings) as connection:
        rights.let_follow(settings, name, is_let)
        _record(connection, "granted" if is_let else "revoked", done_by, name, role="oppfolging")


def granted(settings: Settings, municipality_no: str | None = None) -> list[border.Grant]:
    """Who may see what, of all municipalities or of one."""
    with _prepared(settings) as connection:
        return border.granted(connection, municipality_no)


@contextmanager
def _prepared(settings: Settings) -> Iterator["Connection[Any]"]:
    """A connection to a warehouse that has the tables of grants, also before its first night."""
    rights.prepare(settings)
    with warehouse.connect(settings, autocommit=True) as connection:
        records.prepare(settings, connection)
        border.prepare(connection)
        yield connection


def _record(
    connection: "Connection[Any]", act: audit.Act, done_by: str, name: str, number: str | None = None, role: str = ""
) -> None:
    # an employee's login, which is no pseudonym of anybody who is housed
    note = f"login {border.person_of(name)}" + (f", role {role}" if role else "")
    audit.record(connection, act, done_by, {}, municipality_no=number, note=note)
