"""What was reported, and what today's published figures say instead, with the reason.

Belongs here: the tables of closed periods, the versions of definitions, and the comparison that fills
scorecard.revision. Does not belong here: closing a period (closing/), and how rows are followed (source_history.py).

The tables are the owner's in a published schema: readers select from them, and no model builds them. What is closed
is held by triggers that refuse every change, also the owner's; whoever may drop a trigger could still take them away.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from dagster_project import warehouse
from dagster_project.reported import source_history
from dagster_project.vocabulary import catalogue, municipalities

if TYPE_CHECKING:
    from psycopg import Connection


SQL = Path(__file__).parent / "sql"

# tables of the published schemas that no model builds
TABLES = ("closing", "reported", "definition_version", "revision", "revision_source")


def keep_definitions(connection: "Connection[Any]", code_version: str) -> None:
    """Remember what every metric means under the version of the code that is running."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into scorecard.definition_version values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                (
                    code_version,
                    metric_id,
                    catalogue.definition_version(metric_id),
                    entry.definition_no.strip(),
                    entry.definition_en.strip(),
                    Jsonb(catalogue.meaning(metric_id)),
                    entry.sources,
                )
                for metric_id, entry in catalogue.metrics().items()
            ],
        )


def refresh(connection: "Connection[Any]", municipality_nos: Iterable[str]) -> int:
    """Compare the closed periods of these municipalities with what is published of them now; says how many differ.

    A period closed under an earlier number of the municipality is compared too, unless a merger lies between: then
    the later figures are of another municipality, and the earlier ones stand as they were last compared.
    """
    count = 0
    for published in municipality_nos:
        for closed in municipalities.same_municipality(published):
            count += _refresh(connection, closed, published)
    return count


def _refresh(connection: "Connection[Any]", closed: str, published: str) -> int:
    terms = {"closed": closed, "published": published}
    with connection.transaction():
        if (
            closed != published
            and connection.execute(
                "select from scorecard.publication where municipality_no = %(closed)s", terms
            ).rowcount
        ):
            return 0  # still published under its own number: compared with that
        if not connection.execute(
            "select from scorecard.closing where municipality_no = %(closed)s limit 1", terms
        ).rowcount:
            return 0
        connection.execute("delete from scorecard.revision where municipality_no = %(closed)s", terms)
        connection.execute("delete from scorecard.revision_source where municipality_no = %(closed)s", terms)
        connection.execute("drop table if exists pg_temp.differing")
        connection.execute(warehouse.statement(SQL / "differing.sql"), terms)
        loads = connection.execute("select distinct reported_load_id, load_id_now from differing").fetchall()
        for before, now in loads:
            for change in source_history.changes(connection, (closed, before), (published, now)):
                connection.execute(
                    "insert into scorecard.revision_source"
                    " select distinct municipality_no, period_type, period_start, %s, %s::bigint, %s::bigint,"
                    " %s::bigint, %s::bigint from differing where reported_load_id = %s",
                    [
                        change.source_table,
                        change.added,
                        change.changed,
                        change.deleted,
                        change.quarantined,
                        before,
                    ],
                )
        count = connection.execute(warehouse.statement(SQL / "explained.sql")).rowcount
        connection.execute("drop table differing")
    return count
