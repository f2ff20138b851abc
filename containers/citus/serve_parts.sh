#!/bin/bash
# Serve PostgreSQL with Citus, whose servers come to each other by the superuser's and the owner's passwords, which are
# the same on all of them.
set -euo pipefail
export PGPASSFILE=/var/run/postgresql/passwords
(
    umask 0077
    {
        echo "*:*:*:postgres:$(< /run/secrets/postgres_password)"
        echo "*:*:*:bolig_owner:$(< /run/secrets/BOLIG_DATABASE_PASSWORD)"
    } > "$PGPASSFILE"
)
# it tells its vendor nothing
exec docker-entrypoint.sh "$@" -c shared_preload_libraries=citus -c citus.enable_statistics_collection=off
