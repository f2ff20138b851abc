"""The rights of a person: what is held under a number, its correction, its erasure.

Belongs here: finding a person's rows and acting on them. Does not belong here: reading a number from anywhere, or
showing one; no number leaves this module, no error quotes one.

A person's rows are those under the pseudonym, and those that belong to them by reference (decisions, queue entries,
allocations; charges, payments, plans, cases), as far as their table names no person of its own. Another person's row
that refers to one of these stays, without the reference.

Erased is erased: from history in all its versions, from what readers see, and from tonight's tables. The door drops
what the sources still deliver of the person (rule `erased`), until the first delivery without; whoever comes back
after that is a new matter. Deliveries older than that one, and backups, never bring the person back. Figures that were
reported stay: they are sums. docs/decisions.md says why it is done so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from psycopg import errors, sql
from psycopg.rows import dict_row

from dagster_project import BoligError, source_history, warehouse
from dagster_project.landing import contracts, delivery, load, people
from dagster_project.landing.contracts import Table
from dagster_project.operations import audit, journal, keys
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


class PersonRefused(BoligError):
    """What was asked cannot be done; the message says why and quotes no number. Nothing was changed."""


@dataclass(frozen=True)
class Erasure:
    """What an erasure deleted: rows by table, and files of the landing folder that still hold the number."""

    rows: Mapping[str, int]
    files: Sequence[str]

    def lines(self) -> list[str]:
        """The erasure in plain words."""
        lines = [
            f"Erased: {sum(self.rows.values()):,} rows." if self.rows else "Nothing was held under this number.",
            *(f"- {name}: {count:,}" for name, count in self.rows.items()),
            "The door drops what the sources still deliver of this person, and counts it; ask them to erase it too.",
        ]
        if self.files:
            lines += ["These delivered files still hold the number; they are the sources', and not changed:"]
            lines += [f"- {file}" for file in self.files]
        return [*lines, "Figures are computed without the person from the next night on; reported ones stay."]


@dataclass(frozen=True)
class Correction:
    """What a correction changed: rows by table."""

    rows: Mapping[str, int]

    def lines(self) -> list[str]:
        """The correction in plain words."""
        if not self.rows:
            return ["Nothing was held under the former number; nothing was changed."]
        return [
            f"Given to the right person: {sum(self.rows.values()):,} rows.",
            *(f"- {name}: {count:,}" for name, count in self.rows.items()),
            "The sources deliver what they hold: where one still has the former number, its next delivery brings it"
            " back. Figures are computed anew from the next night on; reported ones stay.",
        ]


def held(settings: Settings, number: str, done_by: str, municipality_no: str | None = None) -> dict[str, Any]:
    """Everything that is held of a person, fit for JSON; that it was asked goes on record.

    Raises PersonRefused, UnknownRecord where a municipality must be named, NightInProgress.
    """
    with _person(settings, number, municipality_no) as (connection, person):
        tables = _hold(connection, person)
        records = {f"{table.source}/{table.name}": _versions(connection, table) for table in tables}
        published = {}
        for name, condition in _readable_rows(connection, tables, person):
            statement = sql.SQL("select count(*) from {} where {}").format(sql.SQL(name), condition)  # type: ignore[arg-type]
            (count,) = connection.execute(statement).fetchone() or (0,)
            if count:
                published[name] = count
        files = _files(settings, person, number)
        counts = {name: len(versions) for name, versions in records.items()}
        audit.record(connection, "shown", done_by, counts, municipality_no=person.lineage, person_id=person.person_id)
        with connection.cursor(row_factory=dict_row) as cursor:
            acts = cursor.execute(
                "select done_at::text, done_by, act, note from operations.audit where subject = any(%s) order by 1",
                [[audit.subject(name) for name in person.every_id]],
            ).fetchall()
        return {
            "municipality_no": person.municipality_no,
            "records": records,
            "published_rows": published,
            "quarantined_rows": len(_quarantined(connection, files)),
            "files_with_the_number": _names(files),
            "acts": acts,
        }


def erase(
    settings: Settings, number: str, done_by: str, municipality_no: str | None = None, note: str | None = None
) -> Erasure:
    """Delete everything that is held of a person, and keep it from coming back with a delivery.

    Raises PersonRefused, UnknownRecord where a municipality must be named, NightInProgress.
    """
    with _person(settings, number, municipality_no) as (connection, person):
        files = _files(settings, person, number)
        rows = _delete(connection, person)
        if quarantined := _quarantined(connection, files):
            connection.execute("delete from landing.quarantined_row where ctid = any(%s::tid[])", [quarantined])
            rows["landing.quarantined_row"] = len(quarantined)
        connection.execute(
            "insert into landing.erased_person (municipality_no, person_id) values (%s, %s)"
            " on conflict (municipality_no, person_id) do update set erased_at = now(), gone_from = null",
            [person.lineage, person.person_id],
        )
        load.empty_raw(connection)  # it is what the last night needed; the next one fills it anew
        audit.record(
            connection, "erased", done_by, rows, municipality_no=person.lineage, person_id=person.person_id, note=note
        )
    with audit.held_warehouse(settings) as connection:
        keys.compact(connection, rows)
        journal.write(settings, connection)
    return Erasure(rows, _names(files))


def erase_again(connection: "Connection[Any]", erased: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Delete from what a backup brought back the persons who were erased since, and keep them out; rows by table.

    `erased` as journal.read gives them. In one transaction.
    """
    rows: dict[str, int] = {}
    for each in erased:
        with connection.transaction():
            _drop_held(connection)
            person = _Person(each["municipality_no"], each["person_id"])
            for name, count in _delete(connection, person).items():
                rows[name] = rows.get(name, 0) + count
            connection.execute(
                "insert into landing.erased_person values (%(municipality_no)s, %(person_id)s, %(erased_at)s,"
                " %(gone_from)s) on conflict (municipality_no, person_id) do update"
                " set erased_at = excluded.erased_at, gone_from = excluded.gone_from",
                each,
            )
    return rows


def correct(
    settings: Settings,
    former: str,
    right: str,
    done_by: str,
    municipality_no: str | None = None,
    note: str | None = None,
) -> Correction:
    """Give everything that is held under a former number to the right one.

    Raises PersonRefused, UnknownRecord where a municipality must be named, NightInProgress.
    """
    with _person(settings, former, municipality_no) as (connection, person):
        _require_number(right)
        (right_id,) = people.pseudonyms([right], people.personal_keys(settings), person.municipality_no)
        if right_id == person.person_id:
            raise PersonRefused("The two numbers are the same; nothing was changed.")
        tables = _hold(connection, person)
        _refuse_where_both_have(connection, tables, person, right_id)
        _amend(connection, person, tables)
        load.empty_raw(connection)
        connection.execute(
            "create temporary table renaming on commit drop as select %s::text as old, %s::text as new",
            [person.person_id, right_id],
        )
        columns = [place for place in keys.person_columns(connection) if place[0] != "landing.erased_person"]
        try:
            rows = keys.rename(connection, columns)
        except errors.UniqueViolation as error:
            raise _both_have(error.diag.table_name or "?") from None
        audit.record(
            connection,
            "corrected",
            done_by,
            rows,
            municipality_no=person.lineage,
            person_id=person.person_id,
            note=note,
        )
    with audit.held_warehouse(settings) as connection:
        keys.compact(connection, rows)
    return Correction(rows)


# ---------------------------------------------------------------------------------------------- the person


@dataclass(frozen=True)
class _Person:
    """Whom it is about. `every_id`: the pseudonyms under every stage of the keys."""

    municipality_no: str
    person_id: str
    every_id: tuple[str, ...] = ()

    @property
    def lineage(self) -> str:
        return people.lineage(self.municipality_no)

    @property
    def numbers(self) -> list[str]:
        """Every number of the municipality, for its rows bear the one of their time."""
        return people.numbers_of(self.municipality_no)


@contextmanager
def _person(
    settings: Settings, number: str, municipality_no: str | None
) -> Iterator[tuple["Connection[Any]", _Person]]:
    """The warehouse, held, in one transaction, and the person's pseudonym in it."""
    _require_number(number)
    personal_keys = people.personal_keys(settings)
    with audit.held_warehouse(settings) as connection, connection.transaction():
        if load.key_fingerprint(connection) not in (None, people.key_fingerprint(personal_keys)):
            raise PersonRefused(
                "The pseudonyms' keys are not those that the warehouse was loaded with, so nobody can be found. "
                "`bolig doctor` says more; nothing was changed."
            )
        municipality = municipality_no or source_history.only_municipality(connection)
        stages = (personal_keys[:n] for n in range(1, len(personal_keys) + 1))
        ids = tuple(people.pseudonyms([number], stage, municipality)[0] for stage in stages)
        yield connection, _Person(municipality, ids[-1], ids)


def _require_number(number: str) -> None:
    if people.kinds(pl.Series([number], dtype=pl.String), relaxed=True).is_null().any():
        raise PersonRefused(
            "That is no fødselsnummer, D-number, synthetic number or DUF number: its digits do not check. "
            "Nothing was looked up."
        )


# ---------------------------------------------------------------------------------------------- what is held


def _hold(connection: "Connection[Any]", person: _Person) -> list[Table]:
    """Find the person's rows in history; for each table that has some, a temporary table of their places and keys."""
    found: dict[str, Table] = {}
    for table in contracts.tables().values():
        own = [column for column in table.columns if column.personal]
        if own:
            conditions = [sql.SQL("{} = %(person)s").format(sql.Identifier(column.name)) for column in own]
        else:
            conditions = [
                sql.SQL("{} in ({})").format(sql.Identifier(column.name), _keys(found[column.references]))
                for column in table.columns
                if column.references in found
            ]
        if not conditions:
            continue
        count = connection.execute(
            sql.SQL(
                "create temporary table {} on commit drop as select ctid as at, {}::text as key, loads from {}"
                " where municipality_no = any(%(numbers)s) and ({})"
            ).format(_held(table), sql.Identifier(table.key[0]), _history(table), sql.SQL(" or ").join(conditions)),
            {"person": person.person_id, "numbers": person.numbers},
        ).rowcount
        if count:
            found[table.name] = table
    return list(found.values())


def _drop_held(connection: "Connection[Any]") -> None:
    for table in contracts.tables().values():
        connection.execute(sql.SQL("drop table if exists {}").format(_held(table)))


def _held(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"held__{table.raw_name}")


def _history(table: Table) -> sql.Identifier:
    return sql.Identifier("history", table.raw_name)


def _keys(table: Table) -> sql.Composed:
    """The keys of the table's records that were this person's only: a record that was another's too stays a record."""
    return sql.SQL(
        "select key from {0} except select {1}::text from {2} where ctid not in (select at from {0})"
    ).format(_held(table), sql.Identifier(table.key[0]), _history(table))


def _versions(connection: "Connection[Any]", table: Table) -> list[dict[str, Any]]:
    """The rows as they were delivered, each with the extract dates of the first and last delivery that had it."""
    shown = [column.name for column in table.columns if not column.personal]
    rows = connection.execute(
        sql.SQL("""
            select
                (select to_jsonb(content) from (select {columns} from {history} where ctid = held.at) as content),
                min(delivery.extract_date) as first_delivered,
                max(delivery.extract_date)
            from {held} as held
            inner join {history} as history on held.at = history.ctid
            left join landing.delivery
                on history.municipality_no = delivery.municipality_no and history.loads @> delivery.load_id
                and delivery.status = 'accepted'
            group by held.at order by first_delivered, held.at
        """).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, shown)),
            history=_history(table),
            held=_held(table),
        )
    )
    return [content | {"first_delivered": str(first), "last_delivered": str(last)} for content, first, last in rows]


def _readable_rows(
    connection: "Connection[Any]", tables: Sequence[Table], person: _Person
) -> list[tuple[str, sql.Composable]]:
    """(table, condition) for the person's rows in every table that dbt built or that readers see.

    They are known by the pseudonym, or by the key of a record by the name that the contract gives it. What only
    mentions such a key (the stay before a vacancy) is computed anew in the next night.
    """
    keyed = {table.column(table.key[0]).business_name: table for table in tables if len(table.key) == 1}
    personal = {c.business_name for t in contracts.tables().values() for c in t.columns if c.personal}
    columns = connection.execute(
        """
        select format('%%I.%%I', relation.relnamespace::regnamespace, relation.relname), array_agg(attribute.attname)
        from pg_attribute as attribute
        inner join pg_class as relation on attribute.attrelid = relation.oid
        where
            relation.relkind = 'r' and attribute.attname = any(%s)
            and relation.relnamespace::regnamespace::text = any(%s)
        group by relation.oid order by 1
        """,
        [
            [*keyed, *personal],
            [
                *warehouse.PUBLISHED_SCHEMAS,
                *(warehouse.BUILD_PREFIX + s for s in warehouse.PUBLISHED_SCHEMAS),
                "intermediate",
            ],
        ],
    ).fetchall()
    found: list[tuple[str, sql.Composable]] = []
    for name, of_person in columns:
        conditions = [
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(person.person_id))
            if column in personal
            else sql.SQL("{}::text in ({})").format(sql.Identifier(column), _keys(keyed[column]))
            for column in of_person
        ]
        numbers = sql.SQL("municipality_no = any({})").format(sql.Literal(person.numbers))
        found.append((name, sql.SQL("{} and ({})").format(numbers, sql.SQL(" or ").join(conditions))))
    return found


def _files(settings: Settings, person: _Person, number: str) -> list[tuple[delivery.Delivery, dict[str, list[int]]]]:
    """The delivered files that hold the number, with the lines."""
    found = []
    for each in delivery.every(settings.landing):
        if each.municipality_no in person.numbers and (lines := delivery.lines_with(each, number)):
            found.append((each, lines))
    return found


def _names(files: Sequence[tuple[delivery.Delivery, dict[str, list[int]]]]) -> list[str]:
    return [f"{each.path}/{file}" for each, lines in files for file in lines]


def _quarantined(
    connection: "Connection[Any]", files: Sequence[tuple[delivery.Delivery, dict[str, list[int]]]]
) -> list[str]:
    """The places of quarantined rows that stand on these lines: quarantine knows files and lines, and no person."""
    return [
        at
        for each, lines in files
        for file, numbers in lines.items()
        for (at,) in connection.execute(
            "select row.ctid::text from landing.quarantined_row as row inner join landing.delivery using (load_id)"
            " where row.municipality_no = %s and extract_date = %s and file = %s and line = any(%s)",
            [each.municipality_no, each.extract_date, file, numbers],
        )
    ]


# ---------------------------------------------------------------------------------------------- what is done


def _delete(connection: "Connection[Any]", person: _Person) -> dict[str, int]:
    """Delete the person's rows everywhere but in the quarantine; rows by table."""
    rows: dict[str, int] = {}
    tables = _hold(connection, person)
    _amend(connection, person, tables)
    # readers' tables first: afterwards nothing tells any more which records were the person's
    for name, condition in _readable_rows(connection, tables, person):
        statement = sql.SQL("delete from {} where {}").format(sql.SQL(name), condition)  # type: ignore[arg-type]
        if count := connection.execute(statement).rowcount:
            rows[name] = count
    held_tables = {table.name: table for table in tables}
    for table in contracts.tables().values():
        if any(column.personal for column in table.columns):
            for column in table.columns:
                if column.references in held_tables and not column.required:
                    _empty(connection, table, column.name, held_tables[column.references])
    for table in tables:
        statement = sql.SQL("delete from {} where ctid in (select at from {})").format(_history(table), _held(table))
        rows[f"history.{table.raw_name}"] = connection.execute(statement).rowcount
    return rows


def _empty(connection: "Connection[Any]", table: Table, column: str, parent: Table) -> None:
    """Empty other persons' references to records that go; before any row goes, for rows are known by their places."""
    mine = sql.SQL("where ctid not in (select at from {})").format(_held(table))
    (there,) = connection.execute(
        "select to_regclass(%s) is not null", [f"pg_temp.held__{table.raw_name}"]
    ).fetchone() or (False,)
    connection.execute(
        sql.SQL("update {history} set {column} = null {others} {column} in ({keys})").format(
            history=_history(table),
            column=sql.Identifier(column),
            others=mine + sql.SQL(" and") if there else sql.SQL("where"),
            keys=_keys(parent),
        )
    )


def _amend(connection: "Connection[Any]", person: _Person, tables: Sequence[Table]) -> None:
    """Record of every load that held one of the rows that it is no longer as it was delivered."""
    for table in tables:
        connection.execute(
            sql.SQL(
                "update landing.delivery set amended_at = clock_timestamp() where municipality_no = any(%s)"
                " and status = 'accepted' and load_id <@ (select range_agg(loads) from {})"
            ).format(_held(table)),
            [person.numbers],
        )


def _refuse_where_both_have(
    connection: "Connection[Any]", tables: Sequence[Table], person: _Person, right_id: str
) -> None:
    """Where the person is part of a record's key, two records would become one."""
    for table in tables:
        personal = [name for name in table.key if table.column(name).personal]
        if not personal:
            continue
        same = sql.SQL(" and ").join(
            sql.SQL("one.{0} = other.{0}").format(sql.Identifier(name)) for name in table.key if name not in personal
        )
        if connection.execute(
            sql.SQL(
                "select from {history} as one inner join {history} as other on {same} and one.loads && other.loads"
                " where one.{person} = %s and other.{person} = %s and one.municipality_no = any(%s)"
                " and other.municipality_no = one.municipality_no limit 1"
            ).format(history=_history(table), same=same, person=sql.Identifier(personal[0])),
            [person.person_id, right_id, person.numbers],
        ).rowcount:
            raise _both_have(f"{table.source}/{table.name}")


def _both_have(table: str) -> PersonRefused:
    return PersonRefused(
        f"Under both numbers there are rows of {table} that would be one and the same; nothing was changed. Have the "
        "source correct them, or erase one of the two."
    )
