#!/bin/bash
# Run once by the server's image, in an empty volume: the warehouse's owner, no superuser, its database, and
# what everybody may do by default taken from them.
set -euo pipefail
psql --username "$POSTGRES_USER" --dbname postgres --quiet --set ON_ERROR_STOP=1 <<'SQL'
\set password `cat /run/secrets/BOLIG_DATABASE_PASSWORD`
-- the verifier is logged nowhere: statements are not
set log_statement = 'none';
create role bolig_owner login createrole password :'password';
-- its own order of letters sorts keys faster than the system's, and alike on every machine
create database bolig owner bolig_owner template template0 locale_provider builtin builtin_locale 'C.UTF-8';
SQL
psql --username "$POSTGRES_USER" --dbname bolig --quiet --set ON_ERROR_STOP=1 --file /harden.sql
