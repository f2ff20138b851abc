"""What a nightly run holds while it runs.

Belongs here: resources that assets share. Does not belong here: where PostgreSQL is (warehouse.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from dagster_project import nights, quality, warehouse, watch
from dagster_project.landing import door
from dagster_project.nights import progress as progress
from dagster_project.settings import Settings

# whose the figures are (dbt/models/_groups.yml)
BODY = "Boligstrategiorganet"


def owners(offices: Sequence[str] = (BODY,)) -> list[str]:
    """Offices as Dagster names the owners of an asset; of what comes from no source it is the body's."""
    return [f"team:{office}" for office in offices]


class NightResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse, held for one night: no other night runs until this one's process lets go of it.

    A batch of a night holds its own municipalities and a build space, and other batches run beside it.
    """

    _night: nights.Night | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return Settings()

    @property
    def night(self) -> nights.Night:
        """This run's record."""
        assert self._night, "the resource is not in use"
        return self._night

    def connect(self, **options: Any) -> Any:
        """A psycopg connection as the warehouse's owner, in the build space of this run."""
        return warehouse.connect(self.settings, space=self.night.space, **options)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightResource"]:
        """Take the lock and begin the record; however the run ends, end the record and let go."""
        settings = self.settings
        warehouse.prepare(settings)
        nights.prepare(settings)
        assert context.run
        run_id, tags = context.run.run_id, context.run.tags
        with ExitStack() as held:
            held.enter_context(watch.until_it_ends(settings, progress.error))
            space, batch = warehouse.PLAIN, None
            if nights.NIGHT_TAG in tags:
                with warehouse.connect(settings) as connection:
                    batch = nights.planned(connection, int(tags[nights.NIGHT_TAG]), int(tags[nights.BATCH_TAG]))
                space = held.enter_context(nights.lock_batch(settings, batch))
            else:
                held.enter_context(nights.lock(settings))
            with warehouse.connect(settings, space=space) as connection:
                door.prepare(connection)
                quality.prepare(connection)
                self._night = (
                    nights.begin_batch(connection, run_id, batch, space) if batch else nights.begin(connection, run_id)
                )
            try:
                yield self
            finally:
                with self.connect() as connection:
                    message = f"The run ended before it had published; Dagster's run {run_id} says why."
                    nights.finish(connection, run_id, "not_published", message)
