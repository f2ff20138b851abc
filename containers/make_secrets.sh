#!/bin/sh
# Make the secrets that docker-compose.yml names and that are not there yet; none is ever replaced. Prints no secret but
# the login of Dagster's web interface, once. Usage: containers/make_secrets.sh [FOLDER]
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"

keep() { # NAME: standard input becomes the secret, readable in the containers that are given it, for the folder is closed
    cat > "$folder/.$1" && chmod 0444 "$folder/.$1" && mv "$folder/.$1" "$folder/$1"
    echo "Made $folder/$1"
}

for name in postgres_password BOLIG_DATABASE_PASSWORD BOLIG_READER_PASSWORD BOLIG_SQLLAB_PASSWORD \
    BOLIG_DASHBOARDS_PASSWORD BOLIG_SUPERSET_DATABASE_PASSWORD BOLIG_DAGSTER_DATABASE_PASSWORD \
    BOLIG_PSEUDONYM_KEY BOLIG_SUPERSET_SECRET_KEY; do
    [ -e "$folder/$name" ] || openssl rand -hex 32 | keep "$name"
done
# Superset asks for upper and lower case, digits and signs
name=BOLIG_SUPERSET_IMPORT_PASSWORD
[ -e "$folder/$name" ] || echo "BS-bolig-10-$(openssl rand -hex 12)" | keep "$name"
name=dagster_users
if [ ! -e "$folder/$name" ]; then
    password=$(openssl rand -hex 12)
    echo "forvalter:$(echo "$password" | openssl passwd -6 -stdin)" | keep "$name"
    echo "Dagster's web interface lets in forvalter with $password (change it: htpasswd or openssl passwd -6)."
fi
