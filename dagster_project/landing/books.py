"""The door's books: deliveries, their files, municipalities, keys and erased persons.

Belongs here: what is written into and asked of them. Does not belong here: rows of extracts (raw.py, history.py).
"""

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from dagster_project.landing.raw import Connection
from dagster_project.vocabulary import municipalities

# ---------------------------------------------------------------------------------------------- people


def key_fingerprint(connection: Connection) -> str | None:
    """The fingerprint of the keys that the stored pseudonyms were made with; None where none are stored yet."""
    row = connection.execute("select fingerprint from landing.pseudonym_key").fetchone()
    return row and str(row[0])


def keep_key_fingerprint(connection: Connection, fingerprint: str) -> None:
    """Record which keys the stored pseudonyms are made with."""
    if key_fingerprint(connection) == fingerprint:
        return  # writing it again would hold the row, and with it every other municipality's door
    connection.execute(
        "insert into landing.pseudonym_key (fingerprint) values (%s)"
        " on conflict (is_one) do update set fingerprint = excluded.fingerprint, since = now()",
        [fingerprint],
    )


def first_number(connection: Connection, numbers: Sequence[str]) -> str | None:
    """What a municipality's pseudonyms hang on, of all its numbers; None where nothing of it was accepted yet."""
    row = connection.execute(
        "select first_no from landing.municipality where municipality_no = any(%s) order by municipality_no limit 1",
        [list(numbers)],
    ).fetchone()
    return row and str(row[0])


def first_numbers(connection: Connection) -> dict[str, str]:
    """What the pseudonyms hang on, by every number that something was accepted under."""
    return dict(connection.execute("select municipality_no, first_no from landing.municipality order by 1").fetchall())


def keep_first_number(connection: Connection, municipality_no: str) -> None:
    """Record what the pseudonyms of a municipality hang on, whose first delivery is accepted."""
    connection.execute(
        "insert into landing.municipality (municipality_no, first_no) values (%s, %s) on conflict do nothing",
        [municipality_no, municipalities.lineage(municipality_no)],
    )


def erased_persons(connection: Connection, lineage: str, extract_date: Any) -> frozenset[str]:
    """The pseudonyms whose rows a delivery of this date may not bring back."""
    rows = connection.execute(
        "select person_id from landing.erased_person"
        " where municipality_no = %s and (gone_from is null or gone_from > %s)",
        [lineage, extract_date],
    )
    return frozenset(row[0] for row in rows)


def let_go(connection: Connection, lineage: str, extract_date: Any, still_delivered: Sequence[str]) -> None:
    """Record that the sources delivered no more of the erased persons than these."""
    connection.execute(
        "update landing.erased_person set gone_from = %s"
        " where municipality_no = %s and gone_from is null and person_id <> all(%s)",
        [extract_date, lineage, list(still_delivered)],
    )


# ---------------------------------------------------------------------------------------------- the books


def newest_accepted(
    connection: Connection, numbers: Sequence[str], *, until: Any = None, table_name: str | None = None
) -> dict[str, Any] | None:
    """The newest accepted delivery of a municipality (by all its numbers), with an extract date not after `until`,
    and, with `table_name`, that held this table. Keys: load_id, municipality_no, extract_date, content_sha256."""
    row = connection.execute(
        "select load_id, municipality_no, extract_date, content_sha256 from landing.delivery d"
        " where municipality_no = any(%(numbers)s) and status = 'accepted'"
        " and (%(until)s::date is null or extract_date <= %(until)s)"
        " and (%(table)s::text is null or exists (select from landing.delivery_file f"
        " where f.municipality_no = d.municipality_no and f.load_id = d.load_id and f.table_name = %(table)s))"
        " order by extract_date desc, load_id desc limit 1",
        {"numbers": list(numbers), "until": until, "table": table_name},
    ).fetchone()
    return (
        dict(zip(("load_id", "municipality_no", "extract_date", "content_sha256"), row, strict=True)) if row else None
    )


def rows_delivered(connection: Connection, municipality_no: str, load_id: int) -> dict[str, int]:
    """Rows by table of a load."""
    return {
        row[0]: int(row[1])
        for row in connection.execute(
            "select table_name, sum(rows_delivered) from landing.delivery_file"
            " where municipality_no = %s and load_id = %s group by table_name",
            [municipality_no, load_id],
        )
    }


def copy_books(connection: Connection, table_name: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """COPY rows into one of the landing tables; its columns with blanks between them."""
    if not rows:
        return
    statement = sql.SQL("copy landing.{} ({}) from stdin").format(
        sql.Identifier(table_name), sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def without_forecast(connection: Connection, municipality_nos: list[str]) -> frozenset[str]:
    """The categories whose queue had no forecast when the outlook was last worked out; none where it never was."""
    rows = connection.execute(
        "select distinct housing_category from scenario.estimate"
        " where municipality_no = any(%s) and state = 'for_tynn'",
        [municipality_nos],
    )
    return frozenset(category for (category,) in rows)
