"""What a nightly run holds while it runs.

Belongs here: resources that assets share. Does not belong here: where PostgreSQL is (warehouse/).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from dagster_project import warehouse
from dagster_project.night import holding, record, watch
from dagster_project.night.record import progress
from dagster_project.settings import Settings
from dagster_project.warehouse import building

# whose the figures are (dbt/models/_groups.yml)
BODY = "Boligstrategiorganet"


def owners(offices: Sequence[str] = (BODY,)) -> list[str]:
    """Offices as Dagster names the owners of an asset; of what comes from no source it is the body's."""
    return [f"team:{office}" for office in offices]


class NightResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse, held for one night: no other night runs until this one's process lets go of it.

    A batch of a night holds its own municipalities and a build space, and other batches run beside it.
    """

    _night: record.Night | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return Settings()

    @property
    def night(self) -> record.Night:
        """This run's record."""
        assert self._night, "the resource is not in use"
        return self._night

    def connect(self, **options: Any) -> Any:
        """A psycopg connection as the warehouse's owner, in the build space of this run where that is in it."""
        return warehouse.connect(self.settings, space=self.night.space, **options)

    def building(self, connection: Any) -> Any:
        """A connection to where this run builds: this one, or one to the build server. To be used as a context."""
        return building.connected(self.night.space, connection)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightResource"]:
        """Take the lock and begin the record; however the run ends, end the record and let go."""
        settings = self.settings
        assert context.run
        run_id, tags = context.run.run_id, context.run.tags
        with ExitStack() as held:
            held.enter_context(watch.until_it_ends(settings, progress.error))
            batch = None
            if record.NIGHT_TAG in tags:
                with warehouse.connect(settings) as connection:
                    batch = record.planned(connection, int(tags[record.NIGHT_TAG]), int(tags[record.BATCH_TAG]))
                space = held.enter_context(holding.lock_batch(settings, batch))
            else:
                space = held.enter_context(holding.lock(settings))
            space = building.beside(settings, space)
            with holding.opened(settings, warehouse.PLAIN if space.server else space) as connection:
                self._night = (
                    record.begin_batch(connection, run_id, batch, space)
                    if batch
                    else record.begin(connection, run_id, space)
                )
            try:
                with building.held(settings, space):
                    yield self
            finally:
                with self.connect() as connection:
                    message = f"The run ended before it had published; Dagster's run {run_id} says why."
                    record.finish(connection, run_id, "not_published", message)
