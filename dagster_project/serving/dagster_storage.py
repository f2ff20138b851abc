"""Dagster's records in PostgreSQL, as Dagster keeps them, over connections that stay open.

Belongs here: how Dagster reaches them. Does not belong here: what they hold, which is Dagster's own affair.

By itself Dagster opens a connection for every event that it records, and before each event of an asset it asks, over
one more, whether its own tables are those of its version: hundreds in a night, and a fifth of the
time of a small one.
"""

from functools import cache
from typing import Any, Self

from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import get_token_provider_from_config, pg_url_from_config


class Storage(DagsterPostgresStorage):
    """What `storage: postgres:` of dagster.yaml means, with few connections and each question about tables asked once.

    Some members are Dagster's own: should it rename them, all works as before and is slower.
    """

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Make it of what dagster.yaml says, as Dagster asks of every class that is named there."""
        storage = cls(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            token_provider=get_token_provider_from_config(config_value),
        )
        for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            # a server that was started anew meanwhile is noticed soon
            part.optimize_for_webserver(statement_timeout=0, pool_recycle=60, max_overflow=20)
        events: Any = storage.event_log_storage
        events.has_table = cache(events.has_table)
        asked = events._has_asset_key_col_on_connection
        known: dict[str, bool] = {}

        def has_column(connection: Any, name: str) -> bool:
            if name not in known:
                known[name] = asked(connection, name)
            return known[name]

        events._has_asset_key_col_on_connection = has_column
        return storage
