#!/bin/bash
# Make the machines that are named parts of the warehouse, whose coordinator is `postgres`; what is done already stays.
set -euo pipefail
export PGUSER=postgres PGDATABASE=bolig
PGPASSWORD=$(< /run/secrets/postgres_password)
export PGPASSWORD
ask() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --output /dev/null "$@"; }
for host in postgres "$@"; do
    ask --host "$host" --command "create extension if not exists citus"
    # of what Citus brings too
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host "$host" --file /harden.sql
done
for host in "$@"; do
    ask --host postgres --set coordinator=postgres --set machine="$host" --set port=5432 --file /join.sql
done
