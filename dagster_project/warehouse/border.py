"""The municipality's border: which rows a login sees is PostgreSQL's to say, whatever way it comes to them.

Belongs here: the rule that every table with a municipality has, the one more of tables about single persons' follow-up,
who owns the views over them, and who is granted which municipality. Does not belong here: which schemas a login reads,
and its limits (rights.py); how Superset says whose a query is (superset_assets/server/borders.py).

A table of BORDERED that has a municipality_no shows a reader the rows of the municipalities that access.visible() names
for whoever asks. It is a rule over the catalogue, so that the next table has it too. The owner, who builds and
publishes, is not bound by it; a view selects by its own owner's rights, and so the views are another role's than the
owner's, who is bound by it as the reader is (access.person() goes by who logged in).
"""

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dagster_project import BoligError, warehouse
from dagster_project.vocabulary import municipalities

if TYPE_CHECKING:
    import psycopg

# what readers select from, and the records that the views of quality are made of
BORDERED = (*warehouse.READABLE_SCHEMAS, "landing", "operations")
# a person of all municipalities
EVERY = "*"
# the login `reader`, the operator's own: no person's, but it can be granted less than everything too
SHARED = "@reader"


class NotGranted(BoligError):
    """A grant cannot be given or taken; the message says why."""


def draw(connection: "psycopg.Connection[Any]") -> None:
    """Draw the border around whatever lacks it: new tables, and new views. Repeatable.

    Changes nothing where all have it. To be called in the transaction that makes tables or views, so that no reader
    sees one without.
    """
    for statement in lacking(connection):
        connection.execute(statement.encode())


def lacking(connection: "psycopg.Connection[Any]") -> list[str]:
    """The statements that are still to be run: none where the border is drawn."""
    if connection.execute("select to_regprocedure('access.visible()') is null").fetchone() == (True,):
        return []  # a warehouse without records, and so without anything to see
    terms: dict[str, Any] = {
        "schemas": list(BORDERED),
        "published": list(warehouse.READABLE_SCHEMAS),
        "views": views_role(connection),
    }
    terms |= {"of_followup": OF_FOLLOWUP, "followup_rule": FOLLOWUP_RULE}
    return [statement for (statement,) in connection.execute(_LACKING, terms)]


def views_role(connection: "psycopg.Connection[Any]") -> str:
    """The role that owns the views that readers see; nobody logs in as it."""
    return f"{connection.info.dbname}_views"


def followup_role(connection: "psycopg.Connection[Any]") -> str:
    """The role of those who read about single persons' follow-up; nobody logs in as it, and it gives no other right."""
    return f"{connection.info.dbname}_oppfolging"


# Health data: whatever a table of marts tells of single persons' follow-up is for those in the role. Whether somebody
# is in it goes by who logged in, so neither a view nor a login that many share (dashboards, SQL Lab) shows them.
OF_FOLLOWUP = "marts.fct_followup%"
FOLLOWUP_RULE = """(select exists (
    select from pg_roles
    where rolname = current_database() || '_oppfolging' and pg_has_role(session_user, oid, 'member')
))"""

# `any` of an array that is asked for once: of a subquery it would be asked for each row
RULE = "municipality_no = any((select access.visible())::text[])"

_LACKING = f"""
    with relation as (
        select pg_class.oid, relkind, relowner, relnamespace, format('%%I.%%I', nspname, relname) as name, nspname,
            relrowsecurity, exists (
                select from pg_attribute where attrelid = pg_class.oid and attname = 'municipality_no'
                and not attisdropped
            ) as is_of_one,
            exists (select from pg_policy where polrelid = pg_class.oid and polname = 'border') as has_rule,
            format('%%s.%%s', nspname, relname) like %(of_followup)s and not exists (
                select from pg_policy where polrelid = pg_class.oid and polname = 'oppfolging'
            ) as lacks_role
        from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
        where nspname = any(%(schemas)s) and relkind in ('r', 'p', 'v')
    )
    select format('create policy border on %%s for select using ({RULE})', name)
    from relation where relkind <> 'v' and is_of_one and not has_rule
    union all
    select format('create policy oppfolging on %%s as restrictive for select using (%%s)', name, rule)
    from relation cross join (values (%(followup_rule)s::text)) as followup (rule) where relkind <> 'v' and lacks_role
    union all
    select format('alter table %%s enable row level security', name)
    from relation where relkind <> 'v' and is_of_one and not relrowsecurity
    union all
    select format('grant %%s on schema %%I to %%I', may, nspname, %(views)s::text)
    from pg_namespace cross join unnest(array['usage', 'create']) as may
    where nspname = any(case may when 'usage' then %(schemas)s::text[] else %(published)s::text[] end)
    and not has_schema_privilege(%(views)s, oid, may)
    union all
    select format('grant select on %%s to %%I', name, %(views)s::text)
    from relation where relkind <> 'v' and not has_table_privilege(%(views)s, oid, 'select')
    union all
    select format('alter view %%s owner to %%I', name, %(views)s::text)
    from relation
    where relkind = 'v' and nspname = any(%(published)s) and relowner <> to_regrole(quote_ident(%(views)s))
"""


def remember_same(connection: "psycopg.Connection[Any]") -> None:
    """Bring the warehouse's word on which numbers are one municipality's to what the seed says."""
    rows = [(number, also) for number in municipalities.known() for also in municipalities.seen_with(number)]
    numbers, others = [number for number, _ in rows], [also for _, also in rows]
    terms = {"numbers": numbers, "others": others}
    connection.execute(
        "delete from access.same_municipality where (municipality_no, also_no) not in"
        " (select * from unnest(%(numbers)s::text[], %(others)s::text[]))",
        terms,
    )
    connection.execute(
        "insert into access.same_municipality select * from unnest(%(numbers)s::text[], %(others)s::text[])"
        " on conflict do nothing",
        terms,
    )


def person_of(name: str) -> str:
    """A person's name as memberships have it. Raises NotGranted where it can be nobody's."""
    person = name.strip().lower()
    if person == SHARED:
        return person
    if not person or person.startswith("@") or "|" in person or len(person) > 128:
        raise NotGranted(f"{name!r} is no person's name: it must not be empty, begin with @ or hold |.")
    return person


def grant(connection: "psycopg.Connection[Any]", name: str, numbers: Sequence[str], done_by: str) -> list[str]:
    """Let a person see these municipalities too; gives what is new. Raises NotGranted."""
    person = person_of(name)
    for number in numbers:
        if number != EVERY and not (number.isascii() and number.isdigit() and len(number) == 4):
            raise NotGranted(f"{number} is no municipality's number: four digits, or {EVERY} for every municipality.")
    found = connection.execute(
        "insert into access.membership (person, municipality_no, granted_by)"
        " select %s, number, %s from unnest(%s::text[]) as number on conflict do nothing returning municipality_no",
        [person, done_by, list(numbers)],
    )
    return sorted(number for (number,) in found)


def revoke(connection: "psycopg.Connection[Any]", name: str, numbers: Collection[str] | None) -> list[str]:
    """Let a person see these municipalities no more, or none at all; gives what is taken.

    It counts from the next query on. Raises NotGranted where there was nothing to take.
    """
    person = person_of(name)
    found = connection.execute(
        "delete from access.membership where person = %s and (%s::text[] is null or municipality_no = any(%s))"
        " returning municipality_no",
        [person, numbers and list(numbers), numbers and list(numbers)],
    )
    taken = sorted(number for (number,) in found)
    if not taken:
        raise NotGranted(f"{person} was not granted that: nothing is changed. `bolig access list` shows who is.")
    return taken


@contextmanager
def pass_for(connection: "psycopg.Connection[Any]", numbers: Sequence[str]) -> Iterator[str]:
    """A pass to these municipalities and no other, for a connection of the owner's own; afterwards it shows nothing.

    `connection` commits by itself: the other connection must see what is granted.
    """
    name = f"@{secrets.token_hex(8)}"  # nobody's, and nobody can guess it
    try:
        connection.execute(
            "insert into access.membership (person, municipality_no, granted_by)"
            " select %s, number, 'bolig' from unnest(%s::text[]) as number",
            [name, list(numbers)],
        )
        (given,) = connection.execute("select access.pass(%s)", [name]).fetchone() or ("",)
        yield given
    finally:
        connection.execute("delete from access.membership where person = %s", [name])


@dataclass(frozen=True)
class Grant:
    """That a person may see a municipality, or every one (`*`)."""

    person: str
    municipality_no: str
    granted_at: datetime
    granted_by: str
    has_login: bool  # of their own, at the database

    def line(self) -> str:
        """The grant in one line."""
        what = "every municipality" if self.municipality_no == EVERY else self.municipality_no
        own = "; has a login at the database" if self.has_login else ""
        return f"{self.person}: {what}, by {self.granted_by} on {self.granted_at:%Y-%m-%d}{own}"


def granted(connection: "psycopg.Connection[Any]", municipality_no: str | None = None) -> list[Grant]:
    """Who may see what, and who granted it; of all, or of one municipality."""
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(Grant)) as cursor:
        return cursor.execute(
            "select person, municipality_no, granted_at, granted_by, login.person is not null as has_login"
            " from access.membership left join access.login using (person)"
            " where %(number)s::text is null or municipality_no = '*' or exists (select from access.same_municipality"
            " as same where same.municipality_no = membership.municipality_no and also_no = %(number)s)"
            " or municipality_no = %(number)s order by 1, 2",
            {"number": municipality_no},
        ).fetchall()


def prepare(connection: "psycopg.Connection[Any]") -> None:
    """Make sure that the border is drawn, and that the warehouse knows which numbers are one municipality's."""
    with connection.transaction():
        remember_same(connection)
        draw(connection)
