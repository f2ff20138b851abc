#!/bin/sh
# Serve the door in the foreground: Apache takes a secret from a variable, and it lies in a file.
set -eu
CLIENT_SECRET=$(cat "${SECRETS:-/run/secrets}/BOLIG_OIDC_CLIENT_SECRET")
export CLIENT_SECRET
exec apache2 -f "$(dirname "$(readlink -f "$0")")/httpd.conf" -DFOREGROUND
