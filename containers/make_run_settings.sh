#!/bin/sh
# Make the folder of what a run in a container of its own is told (docker-compose.runs.yml): a file for each setting, by
# its name, with the secrets of dagster-code and what bolig.env says. Anew each time; then the folder is given to the
# containers' user. Usage: containers/make_run_settings.sh [SECRETS [FOLDER]]
set -eu
secrets=${1:-secrets}
folder=${2:-run-settings}
umask 077
mkdir -p "$folder"
# a setting that is no longer said is not told any more
rm -f "$folder"/BOLIG_* "$folder"/DATABASE_URL
for name in BOLIG_DATABASE_PASSWORD BOLIG_READER_PASSWORD BOLIG_SQLLAB_PASSWORD BOLIG_DASHBOARDS_PASSWORD \
    BOLIG_DAGSTER_DATABASE_PASSWORD BOLIG_PSEUDONYM_KEY BOLIG_SUPERSET_IMPORT_PASSWORD; do
    cat "$secrets/$name" > "$folder/$name"
done
{
    # as it stands there: a value that the file has in quotes would keep them
    [ ! -e bolig.env ] || sed -n '/^[A-Z_]*=/p' bolig.env
    echo "DATABASE_URL=postgresql://bolig_owner@postgres:5432/bolig"
    echo "BOLIG_SUPERSET_URL=http://superset:8088"
    echo "BOLIG_BUILD_SERVER=embedded"
    echo "BOLIG_LOG_FORMAT=json"
    # as the others have it: from .env, or the environment that goes before it
    echo "BOLIG_WORKERS=1"
    [ ! -e .env ] || sed -n '/^BOLIG_WORKERS=/p' .env
    [ -z "${BOLIG_WORKERS:-}" ] || echo "BOLIG_WORKERS=$BOLIG_WORKERS"
} | while IFS='=' read -r name value; do
    echo "$value" > "$folder/$name"
done
