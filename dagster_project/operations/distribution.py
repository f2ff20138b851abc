"""History over several machines: bringing it there, and making their shares alike.

Belongs here: the steps, and what an operator is told of them. Does not belong here: how Citus is asked
(warehouse/citus.py).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.night import holding
from dagster_project.settings import Settings
from dagster_project.warehouse import citus

if TYPE_CHECKING:
    from psycopg import Connection


def distribute(settings: Settings, *, dry_run: bool = False) -> Iterator[str]:
    """Spread history's tables over the machines that Citus has; each step in words, as it is done. Repeatable.

    Raises NoCitus, NightInProgress, WarehouseError.
    """
    if dry_run:
        with warehouse.connect(settings, autocommit=True) as connection:
            yield from _distribute(connection, dry_run=True)
        return
    with warehouse.connect(settings) as connection:
        citus.machines(connection)  # before anything is held or made
    with holding.lock(settings), holding.opened(settings) as connection:
        yield from _distribute(connection, dry_run=False)


def _distribute(connection: "Connection[Any]", *, dry_run: bool) -> Iterator[str]:
    machines = citus.machines(connection)
    yield f"{len(machines)} machines take parts: {', '.join(machines)}."
    tables = citus.stored(connection)
    for table in tables:
        if not table.is_in_parts:
            yield f"{table.name}: {_megabytes(table.size)} {'would be' if dry_run else 'are being'} spread."
            if not dry_run:
                citus.put_in_parts(connection, table.name)
        elif table.size:
            yield (
                f"{table.name}: {_megabytes(table.size)} on the coordinator, which nobody sees,"
                f" {'would be' if dry_run else 'are being'} deleted."
            )
            if not dry_run:
                citus.leave_nothing_behind(connection, table.name)
    done = sum(table.is_in_parts and not table.size for table in tables)
    if not tables:
        yield "There is no history yet. Next: bolig db prepare"
    elif done == len(tables):
        yield f"All {done} tables of history lie in parts: nothing is to be done."
    elif dry_run:
        yield f"Nothing was done. {len(tables) - done} of {len(tables)} tables are to be spread: bolig db distribute"
    else:
        yield f"The {len(tables)} tables of history lie in parts. Next: bolig doctor, and bolig backup"


def rebalance(settings: Settings, *, dry_run: bool = False) -> Iterator[str]:
    """Make the machines' shares of history alike; each step in words, as it is done. Repeatable.

    Raises NoCitus, NightInProgress, WarehouseError.
    """
    with warehouse.connect(settings, autocommit=True) as connection:
        machines = citus.machines(connection)
        plan = citus.rebalance_plan(connection)
    if not plan:
        yield f"The shares of {', '.join(machines)} are alike: nothing is to be done."
        return
    yield from (f"{way}: {_megabytes(size)} {'would go' if dry_run else 'go'}." for way, size in plan)
    if not dry_run:
        with holding.lock(settings), holding.opened(settings) as connection:
            citus.rebalance(connection)
        yield "The shares are alike."


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"
