#!/bin/bash
# Serve people's own logins over TLS too: PostgreSQL takes a key only where it is its user's alone, and a secret of
# Compose's is not.
set -euo pipefail
install -m 0600 /run/secrets/tls_key /var/run/postgresql/tls_key
exec docker-entrypoint.sh "$@" \
    -c ssl=on -c ssl_cert_file=/run/secrets/tls_certificate -c ssl_key_file=/var/run/postgresql/tls_key \
    -c ssl_min_protocol_version=TLSv1.2 -c hba_file=/readers_hba.conf \
    -c authentication_timeout=10s -c log_connections=on
