"""What the sources said when: which rows differ between two loads, and every version of one record.

Belongs here: reading history's row versions (what writes them is landing/history.py).
Does not belong here: what follows for a figure (revision.py). No personal or restricted value leaves this module.

A row that a later delivery does not have is told as deleted. The source deleted it, or the door put it in quarantine:
the quarantine knows files and lines, not keys, so the number of quarantined rows is told beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import BoligError
from dagster_project.vocabulary import contracts
from dagster_project.vocabulary.municipalities import numbers_of

if TYPE_CHECKING:
    from psycopg import Connection

Load = tuple[str, int]
"""A municipality number and the id of a load under it."""


class UnknownRecord(BoligError):
    """There is no such table, key or record; the message says what there is."""


@dataclass(frozen=True)
class Changes:
    """How many rows of a table differ between two loads, and how many of the later one's are in quarantine."""

    source_table: str
    added: int
    changed: int
    deleted: int
    quarantined: int


def changes(connection: "Connection[Any]", before: Load, now: Load) -> list[Changes]:
    """Every table whose rows differ between the two loads, in the contracts' order."""
    found = []
    for table in contracts.tables().values():
        keys = sql.SQL(", ").join(sql.Identifier(name) for name in table.key)
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
        row = connection.execute(
            # a row that went and came back has two versions of one content: contents are compared, not versions
            sql.SQL("""
                select
                    count(*) filter (where not was_there),
                    count(*) filter (where was_there and is_there and content_before <> content_now),
                    count(*) filter (where not is_there)
                from (
                    select
                        bool_or(was_there) as was_there,
                        bool_or(is_there) as is_there,
                        max(content) filter (where was_there) as content_before,
                        max(content) filter (where is_there) as content_now
                    from (
                        select
                            {keys},
                            row({columns})::text as content,
                            municipality_no = %(number_before)s and loads @> %(before)s::bigint as was_there,
                            municipality_no = %(number_now)s and loads @> %(now)s::bigint as is_there
                        from {history}
                        where municipality_no in (%(number_before)s, %(number_now)s)
                    ) as version
                    where was_there <> is_there
                    group by {keys}
                ) as record
            """).format(keys=keys, columns=columns, history=sql.Identifier("history", table.raw_name)),
            {"number_before": before[0], "before": before[1], "number_now": now[0], "now": now[1]},
        ).fetchone()
        assert row
        if any(row):
            quarantined = connection.execute(
                "select coalesce(sum(rows_quarantined), 0) from landing.delivery_file"
                " where municipality_no = %s and load_id = %s and source = %s and table_name = %s",
                [*now, table.source, table.name],
            ).fetchone()
            assert quarantined
            found.append(Changes(f"{table.source}/{table.name}", row[0], row[1], row[2], int(quarantined[0])))
    return found


@dataclass(frozen=True)
class Delivered:
    """One accepted delivery; `quarantined`: rows of the record's table that the door put aside."""

    load_id: int
    extract_date: date
    quarantined: int

    def __str__(self) -> str:
        return f"{self.extract_date} (load {self.load_id})"


@dataclass(frozen=True)
class Stretch:
    """Deliveries on end that said the same of a record; `content` is None where they did not have it."""

    deliveries: tuple[Delivered, ...]
    content: dict[str, Any] | None


def trace(
    connection: "Connection[Any]", table_name: str, key: Sequence[str], municipality_no: str | None = None
) -> tuple[str, str, list[Stretch]]:
    """What the deliveries said of one record, by extract date, from the first that had it.

    Before it stand the table's full name and the municipality. Follows the municipality through its numbers; it need
    not be named where there is only one. Raises UnknownRecord.
    """
    table = contracts.tables().get(table_name.rpartition("/")[2])
    if table is None or table_name not in (table.name, f"{table.source}/{table.name}"):
        raise UnknownRecord(f"There is no table {table_name}. Tables: {', '.join(contracts.tables())}.")
    name = f"{table.source}/{table.name}"
    if hidden := [column for column in table.key if table.column(column).personal or table.column(column).restricted]:
        raise UnknownRecord(f"The records of {name} are known by {', '.join(hidden)}, which is not shown or asked for.")
    if len(key) != len(table.key):
        raise UnknownRecord(
            f"The key of {name} is {', '.join(table.key)}: give --key {len(table.key)} times, in that order."
        )
    shown = [column.name for column in table.columns if not (column.personal or column.restricted)]
    municipality_no = the_municipality(connection, municipality_no)
    numbers = numbers_of(municipality_no)
    rows = connection.execute(
        sql.SQL("""
            with version as materialized (
                select municipality_no, loads, (select to_jsonb(content) from (select {shown}) as content) as record
                from {history}
                where municipality_no = any(%(numbers)s) and {is_it}
            )

            select delivery.load_id, delivery.extract_date, version.record, (
                select coalesce(sum(rows_quarantined), 0)::bigint from landing.delivery_file
                where
                    delivery_file.municipality_no = delivery.municipality_no
                    and delivery_file.load_id = delivery.load_id and source = {source} and table_name = {table}
            )
            from landing.delivery
            left join version
                on delivery.municipality_no = version.municipality_no and version.loads @> delivery.load_id
            where delivery.status = 'accepted' and delivery.municipality_no = any(%(numbers)s)
            order by delivery.extract_date, delivery.load_id
        """).format(
            source=table.source,
            table=table.name,
            shown=sql.SQL(", ").join(map(sql.Identifier, shown)),
            history=sql.Identifier("history", table.raw_name),
            is_it=sql.SQL(" and ").join(
                sql.SQL("{}::text = {}").format(sql.Identifier(column), value)
                for column, value in zip(table.key, key, strict=True)
            ),
        ),
        {"numbers": numbers},
    ).fetchall()
    stretches: list[Stretch] = []
    for load_id, extract_date, record, quarantined in rows:
        delivered = Delivered(load_id, extract_date, quarantined)
        content = {column: record[column] for column in shown} if record else None
        if stretches and stretches[-1].content == content:
            stretches[-1] = Stretch((*stretches[-1].deliveries, delivered), content)
        elif stretches or content:
            stretches.append(Stretch((delivered,), content))
    if not stretches:
        raise UnknownRecord(f"No delivery of {municipality_no} has had {name} {'/'.join(key)}.")
    return name, municipality_no, stretches


def loaded(connection: "Connection[Any]") -> dict[str, str]:
    """The municipalities whose deliveries are loaded: by its first number the latest that it has delivered under."""
    rows = connection.execute("select distinct municipality_no from landing.delivery where status = 'accepted'")
    return {numbers_of(number)[0]: str(number) for (number,) in sorted(rows)}


def the_municipality(connection: "Connection[Any]", municipality_no: str | None) -> str:
    """The municipality that was named, or the only one there is. Raises UnknownRecord where that is not loaded."""
    there = loaded(connection)
    if municipality_no and numbers_of(municipality_no)[0] in there:
        return municipality_no
    if not municipality_no and len(there) == 1:
        return next(iter(there.values()))
    known = f"deliveries are loaded of: {', '.join(there.values()) or 'none yet'}."
    asked = (
        f"No delivery of {municipality_no} is loaded" if municipality_no else "Name a municipality with --municipality"
    )
    raise UnknownRecord(f"{asked}; {known}")


def lines(stretches: Sequence[Stretch]) -> list[str]:
    """The versions in plain words: the first in full, of the later ones what differs."""
    told = []
    last: dict[str, Any] = {}
    for stretch in stretches:
        held = ", ".join(map(str, stretch.deliveries))
        if stretch.content is None:
            aside = sum(delivered.quarantined for delivered in stretch.deliveries)
            quarantine = f", unless it is among the {aside} rows that the door put in quarantine there" if aside else ""
            told.append(f"Not in {held}: deleted at the source{quarantine}.")
            continue
        told.append(f"In {held}:")
        for column, value in stretch.content.items():
            if not last:
                told.append(f"  {column}: {_text(value)}")
            elif value != last[column]:
                told.append(f"  {column}: {_text(last[column])} → {_text(value)}")
        if last == stretch.content:
            told.append("  as before")
        last = stretch.content
    return told


def _text(value: Any) -> str:
    return "(empty)" if value is None else str(value)
