"""Publication: what a night built takes the place of what readers saw.

Belongs here: the swap of published rows, and whether a delivery is published.
Does not belong here: the shape of the tables (shape.py), and what may be published (gate.py).

Publishing replaces a municipality's rows in the published tables by those that were built, in one transaction:
a reader sees all of the old night or all of the new one, in every table, and is never made to wait. The tables
themselves stay, so that rights, views and open readers do too. (Renaming schemas was tried first: queries of two
tables could see one of each side, and a reader that had begun before saw nothing; see docs/decisions.md.)
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import warehouse
from dagster_project.landing import books, delivery, raw
from dagster_project.night import holding, record, shape
from dagster_project.reported import kept, revision
from dagster_project.vocabulary import municipalities
from dagster_project.warehouse import border, building, ddl, locks

if TYPE_CHECKING:
    from psycopg import Connection


# a published table is analyzed where at least one of so many of its rows is new, as PostgreSQL does by itself
LEARNT_ANEW = 10


def published_load(connection: "Connection[Any]", found: delivery.Delivery, version: str) -> int | None:
    """The load of this very delivery, where it is the newest, and what readers see is built of it by this version."""
    newest = books.newest_accepted(connection, municipalities.numbers_of(found.municipality_no))
    if (
        newest is None
        or (newest["municipality_no"], newest["extract_date"]) != (found.municipality_no, found.extract_date)
        or not is_published(connection, found.municipality_no, newest["load_id"], version)
        or newest["content_sha256"] != delivery.fingerprint(found)
    ):
        return None
    return int(newest["load_id"])


def is_published(connection: "Connection[Any]", municipality_no: str, load_id: int, version: str) -> bool:
    """Whether readers see exactly this delivery as it stands now, built by this version of the code."""
    return bool(
        connection.execute(
            "select from scorecard.publication inner join landing.delivery using (municipality_no, load_id)"
            " where municipality_no = %s and load_id = %s and code_version = %s"
            " and published_at > coalesce(amended_at, '-infinity')",
            [municipality_no, load_id, version],
        ).rowcount
    )


def publish(
    connection: "Connection[Any]",
    night: record.Night,
    tables: Sequence[tuple[str, str]],
    municipality_nos: Sequence[str],
    build: "Connection[Any] | None" = None,
) -> dict[tuple[str, str], int]:
    """Replace these municipalities' rows in the published tables by the built ones, and end the night, in one go.

    `tables` are (schema, table) as readers know them; each was built in the night's space, where `build` leads to it:
    without it in the warehouse. Says how many rows each now has of these municipalities.
    """
    build = build or connection
    rows: dict[tuple[str, str], int] = {}
    numbers = list(municipality_nos)
    with connection.transaction():
        # one batch after the other: definitions are replaced whole, and a table's shape is everybody's
        locks.take(connection, holding.PUBLISH, until="transaction", seconds=holding.LONGEST_BATCH)
        connection.execute("set local lock_timeout = '30s'")
        # where a replica is named in synchronous_standby_names: published is what its readers see too
        connection.execute("set local synchronous_commit = remote_apply")
        # a municipality's rows lie together: to find them by an index is cheaper than the planner's default has it, and
        # without it the planner reads the whole country for a table whose key goes on with persons
        connection.execute("set local random_page_cost = 1.1")
        for schema, table in tables:
            source = sql.Identifier(night.space.built(schema), table)
            shape.keep_in_shape(connection, build, source, schema, table, numbers)
            rows[schema, table] = _replace_rows(connection, build, source, schema, table, numbers)
        _drop_orphans(connection, tables)
        border.draw(connection)
        raw.lend(connection, build, "scope", numbers)
        connection.execute(
            "insert into scorecard.publication"
            " select scope.municipality_no, scope.as_of, scope.extract_date, scope.load_id, %(night)s, now(),"
            "   %(version)s, coalesce(delivery.findings, '{}')"
            " from scope left join operations.night_delivery as delivery"
            "   on scope.municipality_no = delivery.municipality_no and delivery.night_id = %(night)s"
            " where scope.municipality_no = any(%(nos)s)"
            " on conflict (municipality_no) do update set as_of = excluded.as_of, extract_date = excluded.extract_date,"
            " load_id = excluded.load_id, night_id = excluded.night_id, published_at = excluded.published_at,"
            " code_version = excluded.code_version, warnings = excluded.warnings",
            {"night": night.night_id, "version": night.code_version, "nos": numbers},
        )
        _give_way(connection, tables, numbers)
        revision.keep_definitions(connection, night.code_version)
        revision.refresh(connection, numbers)
        record.finish(connection, night.run_id, "published", f"Published {', '.join(numbers)}.")
    # the replaced rows make room for the next night's, and the planner learns what the new ones are like: where they
    # are few among others' it has nothing to learn, and a sample of them all would cost more than the rest of it;
    # batch after batch would then read every index of the country, which PostgreSQL's autovacuum does less often
    for (schema, table), count in rows.items():
        name = sql.Identifier(schema, table)
        (known,) = connection.execute(
            "select reltuples from pg_class where oid = to_regclass(%s)", [f"{schema}.{table}"]
        ).fetchone() or (-1,)
        is_few = known > LEARNT_ANEW * count
        if not (is_few and night.part_of):
            option = sql.SQL("" if is_few else "(analyze) ")
            connection.execute(sql.SQL("vacuum {}{}").format(option, name))
    return rows


def _replace_rows(
    connection: "Connection[Any]",
    build: "Connection[Any]",
    source: sql.Identifier,
    schema: str,
    table: str,
    municipality_nos: list[str],
) -> int:
    target = sql.Identifier(schema, table)
    columns = shape.columns(connection, target)
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    # definitions and labels belong to no municipality: they are replaced whole
    where = sql.SQL("where municipality_no = any(%(nos)s)" if "municipality_no" in columns else "")
    terms = {"nos": municipality_nos}
    connection.execute(sql.SQL("delete from {} {}").format(target, where), terms)
    built = sql.SQL("select {} from {} {}").format(names, source, where)
    return building.carry(build, built, terms, connection, target, list(columns))


def _give_way(connection: "Connection[Any]", tables: Sequence[tuple[str, str]], municipality_nos: list[str]) -> None:
    """Take away what was published under a municipality's other numbers, or of one merged into it.

    What was reported stays under the number that it was reported under.
    """
    former = sorted({other for number in municipality_nos for other in municipalities.gives_way(number)})
    if not former:
        return
    for schema, table in [*tables, ("scorecard", "publication")]:
        name = sql.Identifier(schema, table)
        if "municipality_no" in shape.columns(connection, name):
            connection.execute(sql.SQL("delete from {} where municipality_no = any(%s)").format(name), [former])


def _drop_orphans(connection: "Connection[Any]", tables: Sequence[tuple[str, str]]) -> None:
    """Drop published tables whose model is gone; what was not built (publication and its like) stays."""
    kept = {f"{schema}.{table}" for schema, table in tables}
    ours = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) and tablename <> all(%s)",
        [list(warehouse.PUBLISHED_SCHEMAS), list(NOT_BUILT)],
    ).fetchall()
    for schema, table in ours:
        if f"{schema}.{table}" not in kept:
            with ddl.without_datasets(connection):
                connection.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, table)))


# tables of the published schemas that no model builds
NOT_BUILT = ("publication", *revision.TABLES, *kept.TABLES)
