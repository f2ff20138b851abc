"""The rights of a person: what is held under a number, its correction, its erasure.

Belongs here: finding a person's rows and acting on them. Does not belong here: reading a number from anywhere, or
showing one; no number leaves this module, no error quotes one.

A person is one municipality's: each is its own data controller, gives its people pseudonyms of its own, and its
registers have keys of their own, so that another's rows may bear the same ones. Whatever is done is done in one
municipality, by all its numbers.

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

from dagster_project import BoligError, warehouse
from dagster_project.landing import books, delivery, people, raw
from dagster_project.night import holding
from dagster_project.operations import audit, journal, keys
from dagster_project.reported import source_history
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts, municipalities
from dagster_project.vocabulary.contracts import Table

if TYPE_CHECKING:
    from psycopg import Connection


class PersonRefused(BoligError):
    """What was asked cannot be done; the message says why and quotes no number. Nothing was changed."""


@dataclass(frozen=True)
class Erasure:
    """What an erasure deleted, and where: rows by table, and files of the landing folder that still hold the number.

    `also_held_in`: municipalities that became part of this one, in which the person is known too.
    """

    place: str
    rows: Mapping[str, int]
    files: Sequence[str]
    also_held_in: Sequence[str]

    def lines(self) -> list[str]:
        """The erasure in plain words."""
        lines = [
            f"Erased in {self.place}: {sum(self.rows.values()):,} rows."
            if self.rows
            else f"Nothing was held under this number in {self.place}.",
            *(f"- {name}: {count:,}" for name, count in self.rows.items()),
            *map(_also, self.also_held_in),
            "The door drops what the sources still deliver of this person, and counts it; ask them to erase it too.",
        ]
        if self.files:
            lines += ["These delivered files still hold the number; they are the sources', and not changed:"]
            lines += [f"- {file}" for file in self.files]
        return [*lines, "Figures are computed without the person from the next night on; reported ones stay."]


@dataclass(frozen=True)
class Correction:
    """What a correction changed, and where: rows by table; `also_held_in` as of an erasure."""

    place: str
    rows: Mapping[str, int]
    also_held_in: Sequence[str]

    def lines(self) -> list[str]:
        """The correction in plain words."""
        elsewhere = map(_also, self.also_held_in)
        if not self.rows:
            return [f"Nothing was held under the former number in {self.place}; nothing was changed.", *elsewhere]
        return [
            f"Given to the right person in {self.place}: {sum(self.rows.values()):,} rows.",
            *(f"- {name}: {count:,}" for name, count in self.rows.items()),
            *elsewhere,
            "The sources deliver what they hold: where one still has the former number, its next delivery brings it"
            " back. Figures are computed anew from the next night on; reported ones stay.",
        ]


def _also(number: str) -> str:
    return f"In {number}, which became part of this municipality, this person is known too: --municipality {number}."


def held(settings: Settings, number: str, done_by: str, municipality_no: str | None = None) -> dict[str, Any]:
    """Everything that a municipality holds of a person, fit for JSON; that it was asked goes on record.

    Raises PersonRefused, UnknownRecord where a municipality must be named, NightInProgress.
    """
    with _person(settings, number, municipality_no) as (connection, person):
        tables = _hold(connection, person)
        records = {f"{table.source}/{table.name}": _versions(connection, table) for table in tables}
        published = {}
        for table, condition in _readable_rows(connection, tables, person):
            statement = sql.SQL("select count(*) from {} where municipality_no = any(%s) and ({})")
            (count,) = connection.execute(statement.format(table, condition), [person.numbers]).fetchone() or (0,)
            if count:
                published[_plain(table)] = count
        files = _files(settings, person, number)
        counts = {name: len(versions) for name, versions in records.items()}
        audit.record(connection, "shown", done_by, counts, municipality_no=person.lineage, person_id=person.person_id)
        with connection.cursor(row_factory=dict_row) as cursor:
            acts = cursor.execute(
                "select done_at::text, done_by, act, note from operations.audit"
                " where municipality_no = %s and subject = any(%s) order by 1",
                [person.lineage, [audit.subject(name) for name in person.every_id]],
            ).fetchall()
        return {
            "municipality_no": person.municipality_no,
            "records": records,
            "published_rows": published,
            "quarantined_rows": len(_quarantined(connection, files)),
            "files_with_the_number": _names(files),
            "also_held_in": list(person.also_held_in),
            "acts": acts,
        }


def erase(
    settings: Settings, number: str, done_by: str, municipality_no: str | None = None, note: str | None = None
) -> Erasure:
    """Delete everything that a municipality holds of a person, and keep it from coming back with a delivery.

    Raises PersonRefused, UnknownRecord where a municipality must be named, NightInProgress.
    """
    with _person(settings, number, municipality_no) as (connection, person):
        files = _files(settings, person, number)
        rows = _delete(connection, person)
        if quarantined := _quarantined(connection, files):
            connection.cursor().executemany(
                "delete from landing.quarantined_row"
                " where municipality_no = %s and load_id = %s and file = %s and line = %s",
                set(quarantined),
            )
            rows["landing.quarantined_row"] = len(quarantined)
        connection.execute(
            "insert into landing.erased_person (municipality_no, person_id) values (%s, %s)"
            " on conflict (municipality_no, person_id) do update set erased_at = now(), gone_from = null",
            [person.lineage, person.person_id],
        )
        _leave_raw(connection, person)
        audit.record(
            connection, "erased", done_by, rows, municipality_no=person.lineage, person_id=person.person_id, note=note
        )
    with holding.lock(settings), holding.opened(settings) as connection:
        keys.compact(connection, [*rows, *raw.raw_tables()])
        journal.write(settings, connection)
    return Erasure(person.place, rows, _names(files), person.also_held_in)


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
                "insert into landing.erased_person (municipality_no, person_id, erased_at, gone_from)"
                " values (%(municipality_no)s, %(person_id)s, %(erased_at)s, %(gone_from)s)"
                " on conflict (municipality_no, person_id) do update"
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
    """Give everything that a municipality holds under a former number to the right one.

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
        _leave_raw(connection, person)
        connection.execute(
            "create temporary table renaming on commit drop as"
            " select municipality_no, %s::text as old, %s::text as new from unnest(%s::text[]) as municipality_no",
            [person.person_id, right_id, person.numbers],
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
    with holding.lock(settings), holding.opened(settings) as connection:
        keys.compact(connection, [*rows, *raw.raw_tables()])
    return Correction(person.place, rows, person.also_held_in)


# ---------------------------------------------------------------------------------------------- the person


@dataclass(frozen=True)
class _Person:
    """Whom it is about, and in which municipality. `every_id`: the pseudonyms under every stage of the keys;
    `also_held_in`: the municipalities that became part of this one, in which the person is known too."""

    municipality_no: str
    person_id: str
    every_id: tuple[str, ...] = ()
    also_held_in: tuple[str, ...] = ()

    @property
    def lineage(self) -> str:
        return municipalities.lineage(self.municipality_no)

    @property
    def numbers(self) -> list[str]:
        """Every number of the municipality, for its rows bear the one of their time."""
        return municipalities.numbers_of(self.municipality_no)

    @property
    def place(self) -> str:
        """The municipality in words."""
        others = [number for number in self.numbers if number != self.municipality_no]
        return f"{self.municipality_no} (with {', '.join(others)})" if others else self.municipality_no


@contextmanager
def _person(
    settings: Settings, number: str, municipality_no: str | None
) -> Iterator[tuple["Connection[Any]", _Person]]:
    """The warehouse, held, in one transaction, and the person's pseudonym in it."""
    _require_number(number)
    personal_keys = people.personal_keys(settings)
    with holding.lock(settings), holding.opened(settings) as connection, connection.transaction():
        if books.key_fingerprint(connection) not in (None, people.key_fingerprint(personal_keys)):
            raise PersonRefused(
                "The pseudonyms' keys are not those that the warehouse was loaded with, so nobody can be found. "
                "`bolig doctor` says more; nothing was changed."
            )
        municipality = source_history.the_municipality(connection, municipality_no)
        numbers = municipalities.numbers_of(municipality)
        if renaming := municipalities.renaming(municipality, books.first_number(connection, numbers)):
            raise PersonRefused(f"Nobody can be found. {renaming} Nothing was changed.")
        stages = (personal_keys[:n] for n in range(1, len(personal_keys) + 1))
        ids = tuple(people.pseudonyms([number], stage, municipality)[0] for stage in stages)
        parts = (
            (part, people.pseudonyms([number], personal_keys, part)[0])
            for part in source_history.loaded(connection).values()
            if municipality in municipalities.merged_into(part)
        )
        also = tuple(part for part, person_id in parts if _is_known(connection, _Person(part, person_id)))
        yield connection, _Person(municipality, ids[-1], ids, also)


def _is_known(connection: "Connection[Any]", person: _Person) -> bool:
    return any(
        connection.execute(
            sql.SQL("select from {} where municipality_no = any(%s) and {} = %s limit 1").format(
                _history(table), sql.Identifier(column.name)
            ),
            [person.numbers, person.person_id],
        ).rowcount
        for table in contracts.tables().values()
        for column in table.columns
        if column.personal
    )


def _require_number(number: str) -> None:
    if people.kinds(pl.Series([number], dtype=pl.String), relaxed=True).is_null().any():
        raise PersonRefused(
            "That is no fødselsnummer, D-number, synthetic number or DUF number: its digits do not check. "
            "Nothing was looked up."
        )


# ---------------------------------------------------------------------------------------------- what is held


def _hold(connection: "Connection[Any]", person: _Person) -> list[Table]:
    """Find the person's rows in history; for each table that has some, a temporary table of what tells them from all
    others, and one of the records that are the person's only: one that was another's too stays a record.

    A row is known by its municipality, its key and its loads, and never by its place (ctid): a table may lie in parts
    on several machines (docs/scaling.md).
    """
    found: dict[str, Table] = {}
    for table in contracts.tables().values():
        own = [column for column in table.columns if column.personal]
        if own:
            conditions = [sql.SQL("{} = %(person)s").format(sql.Identifier(column.name)) for column in own]
        else:
            conditions = [
                sql.SQL("(municipality_no, {}) in ({})").format(
                    sql.Identifier(column.name), _keys(found[column.references])
                )
                for column in table.columns
                if column.references in found
            ]
        if not conditions:
            continue
        count = connection.execute(
            sql.SQL(
                "create temporary table {} on commit drop as select municipality_no, {}, loads from {}"
                " where municipality_no = any(%(numbers)s) and ({})"
            ).format(_held(table), _record(table), _history(table), sql.SQL(" or ").join(conditions)),
            {"person": person.person_id, "numbers": person.numbers},
        ).rowcount
        if count:
            found[table.name] = table
            connection.execute(
                sql.SQL(
                    "create temporary table {own} on commit drop as"
                    " select municipality_no, {key}::text as key from {held} except"
                    " select municipality_no, {key}::text from {history} where municipality_no = any(%(numbers)s)"
                    " and (municipality_no, {key}) in (select municipality_no, {key} from {held})"
                    " and (municipality_no, {record}, loads) not in"
                    " (select municipality_no, {record}, loads from {held})"
                ).format(
                    own=_own(table),
                    key=sql.Identifier(table.key[0]),
                    held=_held(table),
                    history=_history(table),
                    record=_record(table),
                ),
                {"numbers": person.numbers},
            )
    return list(found.values())


def _drop_held(connection: "Connection[Any]") -> None:
    for table in contracts.tables().values():
        connection.execute(sql.SQL("drop table if exists {}, {}").format(_held(table), _own(table)))


def _held(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"held__{table.raw_name}")


def _history(table: Table) -> sql.Identifier:
    return sql.Identifier("history", table.raw_name)


def _own(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"own__{table.raw_name}")


def _record(table: Table) -> sql.Composed:
    """The columns of the key: with the municipality and the loads they tell a version of a record from all others."""
    return sql.SQL(", ").join(map(sql.Identifier, table.key))


def _keys(table: Table) -> sql.Composed:
    """The numbers and keys of the table's records that were the held person's only."""
    return sql.SQL("select municipality_no, key from {}").format(_own(table))


def _versions(connection: "Connection[Any]", table: Table) -> list[dict[str, Any]]:
    """The rows as they were delivered, each with the extract dates of the first and last delivery that had it."""
    shown = ["municipality_no", *(column.name for column in table.columns if not column.personal)]
    rows = connection.execute(
        sql.SQL("""
            with version as materialized (
                select
                    municipality_no, {record}, loads,
                    (select to_jsonb(shown) from (select {columns}) as shown) as content
                from {history} as history
                where
                    municipality_no in (select municipality_no from {held})
                    and (municipality_no, {record}, loads) in (select municipality_no, {record}, loads from {held})
            )

            select version.content, delivered.first, delivered.last
            from version
            cross join lateral (
                select min(extract_date) as first, max(extract_date) as last from landing.delivery
                where municipality_no = version.municipality_no and version.loads @> load_id and status = 'accepted'
            ) as delivered
            order by delivered.first, municipality_no, {record}, loads
        """).format(
            record=_record(table),
            columns=sql.SQL(", ").join(sql.Identifier("history", name) for name in shown),
            history=_history(table),
            held=_held(table),
        )
    )
    return [content | {"first_delivered": str(first), "last_delivered": str(last)} for content, first, last in rows]


def _readable_rows(
    connection: "Connection[Any]", tables: Sequence[Table], person: _Person
) -> list[tuple[sql.Identifier, sql.Composed]]:
    """For every table that dbt built or that readers see, by what the person's rows are known among the municipality's.

    They are known by the pseudonym, or by the key of a record by the name that the contract gives it. What only
    mentions such a key (the stay before a vacancy) is computed anew in the next night.
    """
    keyed = {table.column(table.key[0]).business_name: table for table in tables if len(table.key) == 1}
    personal = {c.business_name for t in contracts.tables().values() for c in t.columns if c.personal}
    columns = connection.execute(
        """
        select relation.relnamespace::regnamespace::text, relation.relname, array_agg(attribute.attname)
        from pg_attribute as attribute
        inner join pg_class as relation on attribute.attrelid = relation.oid
        where
            relation.relkind = 'r' and attribute.attname = any(%s)
            and relation.relnamespace::regnamespace::text = any(%s)
        group by relation.oid order by 1, 2
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
    found = []
    for schema, name, of_person in columns:
        conditions = [
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(person.person_id))
            if column in personal
            else sql.SQL("(municipality_no, {}::text) in ({})").format(sql.Identifier(column), _keys(keyed[column]))
            for column in of_person
        ]
        found.append((sql.Identifier(schema, name), sql.SQL(" or ").join(conditions)))
    return found


def _plain(table: sql.Identifier) -> str:
    return table.as_string().replace('"', "")


_Files = Sequence[tuple[delivery.Delivery, Mapping[str, Sequence[int]]]]
"""Deliveries, of each the files and their lines."""


def _files(settings: Settings, person: _Person, number: str) -> _Files:
    """The delivered files that hold the number, with the lines."""
    found = []
    for each in delivery.every(settings.landing):
        if each.municipality_no in person.numbers and (lines := delivery.lines_with(each, number)):
            found.append((each, lines))
    return found


def _names(files: _Files) -> list[str]:
    return [f"{each.path}/{file}" for each, lines in files for file in lines]


def _quarantined(connection: "Connection[Any]", files: _Files) -> list[tuple[Any, ...]]:
    """Municipality, load, file and line of every quarantined row on these lines: quarantine knows no person.

    Of the loads of the very bytes that lie there: what came before under this date had other persons on these lines.
    """
    return [
        row
        for each, lines in files
        for file, numbers in lines.items()
        for row in connection.execute(
            "select municipality_no, load_id, file, line from landing.quarantined_row"
            " inner join landing.delivery using (municipality_no, load_id)"
            " where municipality_no = %s and content_sha256 = %s and file = %s and line = any(%s)",
            [each.municipality_no, delivery.fingerprint(each), file, numbers],
        )
    ]


# ---------------------------------------------------------------------------------------------- what is done


def _delete(connection: "Connection[Any]", person: _Person) -> dict[str, int]:
    """Delete the person's rows everywhere but in the quarantine; rows by table."""
    rows: dict[str, int] = {}
    tables = _hold(connection, person)
    _amend(connection, person, tables)
    # readers' tables first: afterwards nothing tells any more which records were the person's
    for readable, condition in _readable_rows(connection, tables, person):
        statement = sql.SQL("delete from {} where municipality_no = any(%s) and ({})").format(readable, condition)
        if count := connection.execute(statement, [person.numbers]).rowcount:
            rows[_plain(readable)] = count
    held_tables = {table.name: table for table in tables}
    for table in contracts.tables().values():
        if any(column.personal for column in table.columns):
            for column in table.columns:
                if column.references in held_tables and not column.required:
                    _empty(connection, person, table, column.name, held_tables[column.references])
    for table in tables:
        statement = sql.SQL(
            "delete from {history} where municipality_no = any(%s)"
            " and (municipality_no, {record}, loads) in (select municipality_no, {record}, loads from {held})"
        ).format(history=_history(table), held=_held(table), record=_record(table))
        rows[f"history.{table.raw_name}"] = connection.execute(statement, [person.numbers]).rowcount
    return rows


def _empty(connection: "Connection[Any]", person: _Person, table: Table, column: str, parent: Table) -> None:
    """Empty others' references to records that go, in a table that names persons of its own."""
    connection.execute(
        sql.SQL(
            "update {history} set {column} = null where municipality_no = any(%s)"
            " and (municipality_no, {column}) in ({keys})"
            " and (municipality_no, {record}, loads) not in (select municipality_no, {record}, loads from {held})"
        ).format(
            history=_history(table),
            column=sql.Identifier(column),
            keys=_keys(parent),
            record=_record(table),
            held=_held(table),
        ),
        [person.numbers],
    )


def _leave_raw(connection: "Connection[Any]", person: _Person) -> None:
    """Take the municipality out of what the last night needed; the next one takes it in anew."""
    for number in person.numbers:
        raw.leave_scope(connection, number)


def _amend(connection: "Connection[Any]", person: _Person, tables: Sequence[Table]) -> None:
    """Record of every load that held one of the rows that it is no longer as it was delivered."""
    for table in tables:
        connection.execute(
            sql.SQL(
                "update landing.delivery set amended_at = clock_timestamp() where municipality_no = any(%s)"
                " and status = 'accepted' and exists (select from {} as held"
                " where held.municipality_no = delivery.municipality_no and held.loads @> load_id)"
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
