"""Citus, where the database has it: history lies in parts on several machines, a municipality's rows on one of them.

Belongs here: what lies in parts, and how it comes to. Does not belong here: who asks for it, and what an operator is
told (operations/distribution.py).

In parts is history and nothing else. What readers see stays whole on the coordinator, for a municipality's border
(border.py) cannot be drawn around parts: docs/scaling.md says what Citus refuses of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from dagster_project import BoligError

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA: LiteralString = "history"

# what it brings along is nobody's data: (classid, objid) of pg_depend
BROUGHT: LiteralString = (
    "(select classid, objid from pg_depend inner join pg_extension on refobjid = pg_extension.oid"
    " where refclassid = 'pg_extension'::regclass and deptype = 'e' and extname ~ '^citus')"
)


class NoCitus(BoligError):
    """The database has no Citus, or no machine besides it; the message says what to do. Nothing was changed."""


@dataclass(frozen=True)
class Stored:
    """A table of history as it lies there; `size`: the bytes of its rows on the coordinator, which nobody sees of a
    table that lies in parts: those were left behind."""

    name: str
    is_in_parts: bool
    size: int


def is_there(connection: "Connection[Any]") -> bool:
    """Whether the database has Citus."""
    return bool(connection.execute("select from pg_extension where extname = 'citus'").rowcount)


def machines(connection: "Connection[Any]") -> list[str]:
    """The machines that take parts, each as host:port. Raises NoCitus where there is none."""
    if not is_there(connection):
        raise NoCitus(
            f"The database {connection.info.dbname} has no Citus: history stays on this server. docs/scaling.md says"
            " from which size on it is worth its work, and what a superuser prepares."
        )
    found = connection.execute(
        "select nodename || ':' || nodeport from pg_dist_node"
        " where shouldhaveshards and isactive and noderole = 'primary' order by 1"
    ).fetchall()
    if not found:
        raise NoCitus(
            f"Citus of {connection.info.dbname} has no machine that takes parts. As a superuser: "
            "select citus_add_node('HOST', 5432) for each."
        )
    return [machine for (machine,) in found]


def stored(connection: "Connection[Any]") -> list[Stored]:
    """Every table of history, where the database has Citus."""
    rows = connection.execute(
        "select pg_class.oid::regclass::text, partmethod is not null, pg_relation_size(pg_class.oid)"
        " from pg_class left join pg_dist_partition on logicalrelid = pg_class.oid"
        " where relnamespace = to_regnamespace(%s) and relkind = 'r' order by 1",
        [SCHEMA],
    )
    return [Stored(*row) for row in rows]


def put_in_parts(connection: "Connection[Any]", name: str) -> None:
    """Spread a table's rows over the machines by municipality, beside those of the tables that are, and take away what
    stays behind. In a transaction of its own: another that is killed leaves the table as it was.
    """
    with connection.transaction():
        connection.execute(
            "select create_distributed_table(%s::regclass, 'municipality_no', colocate_with => coalesce("
            " (select logicalrelid::text from pg_dist_partition inner join pg_class on pg_class.oid = logicalrelid"
            " where relnamespace = to_regnamespace(%s) order by logicalrelid limit 1), 'none'))",
            [name, SCHEMA],
        )
        leave_nothing_behind(connection, name)


def leave_nothing_behind(connection: "Connection[Any]", name: str) -> None:
    """Take away the rows that a table had on the coordinator before it was spread: persons are in them."""
    connection.execute("select truncate_local_data_after_distributing_table(%s::regclass)", [name])


def keep_in_parts(connection: "Connection[Any]") -> None:
    """Spread history's new tables too, where its others are: before their rows come."""
    if is_there(connection):
        tables = stored(connection)
        if any(table.is_in_parts for table in tables):
            for table in tables:
                if not table.is_in_parts:
                    put_in_parts(connection, table.name)


def summarize(connection: "Connection[Any]") -> None:
    """Let the block range indexes of the parts know what was added. Raises NoCitus where a machine fails."""
    failed = connection.execute(
        "select nodename, result from run_command_on_all_nodes(%s) as done"
        " inner join pg_dist_node on done.nodeid = pg_dist_node.nodeid where not success",
        [_SUMMARIZE],
    ).fetchone()
    if failed:
        raise NoCitus("{}: {}".format(*failed))


# of all tables at once, for each order opens connections; a part bears its table's name, and its number
_SUMMARIZE: LiteralString = (
    "select sum(brin_summarize_new_values(indexrelid)) from pg_index"
    " inner join pg_opclass on pg_opclass.oid = indclass[0] inner join pg_am on pg_am.oid = opcmethod"
    f" where amname = 'brin' and indrelid::regclass::text ~ '^{SCHEMA}[.].*_[0-9]+$'"
)


def rebalance_plan(connection: "Connection[Any]") -> list[tuple[str, int]]:
    """The moves that would make the machines' shares alike: from where to where, and the bytes."""
    return connection.execute(
        "select sourcename || ':' || sourceport || ' to ' || targetname || ':' || targetport, sum(shard_size)::bigint"
        " from get_rebalance_table_shards_plan() group by 1 order by 1"
    ).fetchall()


def rebalance(connection: "Connection[Any]") -> None:
    """Make the machines' shares alike; who writes waits."""
    # history has no key that logical replication could go by
    connection.execute("select rebalance_table_shards(shard_transfer_mode := 'block_writes')")
    connection.execute("call citus_cleanup_orphaned_resources()")
