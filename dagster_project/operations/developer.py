"""A developer's own space in the warehouse: today's extracts to build on, and schemas to build in.

Belongs here: what a developer's shell needs, and filling the space's raw. Does not belong here: roles and rights
(warehouse/rights.py), and dbt (night/dbt.py).

Today's extracts are the newest accepted delivery of each municipality as history keeps it, published or not: what the
gate holds back is what a developer wants to see. The raw of the nights is no use for that: it is emptied when one opens
and stays empty where every delivery was published before. Of follow-up, which is health data and for those in a role of
their own (warehouse/border.py), the space has the tables and no row. A space lasts until somebody takes the whole
warehouse, the next night at the latest; then the command makes it anew, with that day's extracts.
"""

import re

from psycopg import sql

from dagster_project import BoligError, warehouse
from dagster_project.landing import door, raw
from dagster_project.night import dbt, holding
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts, municipalities
from dagster_project.warehouse import rights

NAME = r"[a-z][a-z0-9]{0,19}"
OF_HEALTH = "followup"


class NoDeveloper(BoligError):
    """The space was not made; the message says why."""


def prepare(settings: Settings, name: str) -> dict[str, str]:
    """Make a developer's login and space, or its extracts anew, and build all of it once; gives dbt's variables.

    Raises NoDeveloper, NightInProgress, WarehouseError, BuildFailed.
    """
    if not re.fullmatch(NAME, name):
        raise NoDeveloper(f"A developer's name is made of at most 20 small letters and digits, a letter first: {name}.")
    space = warehouse.BuildSpace(developer=name)
    with holding.opened(settings, space) as connection:
        holding.keep_out(connection)
        accepted = connection.execute(
            "select municipality_no, load_id from landing.delivery where status = 'accepted'"
            " order by extract_date, load_id"
        ).fetchall()
        # one of each municipality, whatever numbers it had
        newest = {municipalities.lineage(number): load_id for number, load_id in accepted}
        if not newest:
            raise NoDeveloper("No delivery was ever taken; `bolig nightly` takes them.")
        door.open_night(connection)
        for load_id in newest.values():
            door.restore(connection, load_id)
        for table in contracts.tables().values():
            if table.source == OF_HEALTH:
                connection.execute(sql.SQL("truncate {}").format(sql.Identifier(table.raw_name)))
        door.analyze_raw(connection)
        readable = raw.remembered() | {
            table.raw_name: ["municipality_no", "load_id", *(c.name for c in table.columns if c.published)]
            for table in contracts.tables().values()
        }
        scope = connection.execute(
            "select array_agg(attname::text) from pg_attribute where attrelid = 'scope'::regclass and attnum > 0"
        ).fetchone()
        assert scope
        url = rights.prepare_developer(settings, name, {"scope": scope[0], **readable})
    variables = dbt.environment(settings, space) | warehouse.libpq_variables(url)
    # what any model is built on must be there before one alone can be
    dbt.run(settings, "build", "--resource-type", "seed", "--resource-type", "model", variables=variables)
    return variables
