#!/bin/sh
# Start pocweb with its demo mission on this machine (make run). State goes to var/.
# A second start with nothing changed goes straight to the server.
set -eu
. "$(dirname "$0")/common.sh"

.ci/setup.sh run
python="$VENV/bin/python"

# A step whose stamp still holds the hash of its sources is skipped.
is_done() {
    [ -f "$ROOT/var/done-$1" ] && [ "$(cat "$ROOT/var/done-$1")" = "$2" ]
}

note_done() {
    printf '%s' "$2" >"$ROOT/var/done-$1"
}

database="${DATABASE_URL:-$(grep '^DATABASE_URL=' .env 2>/dev/null || true)}"
data_hash="$(hash_of pyproject.toml ./*/migrations ./*/reference ./*/management reporting/demo pocweb/demo.py) $database"
[ -n "$database" ] || [ -f var/pocweb.sqlite3 ] || rm -f var/done-data
if ! is_done data "$data_hash"; then
    say "Preparing the database"
    "$python" manage.py migrate --verbosity 0 || fail "The database could not be prepared; the reason stands above."
    say "Loading the reference data"
    "$python" manage.py load_reference || fail "The reference data could not be loaded; the reason stands above."
    say "Building the demo mission"
    "$python" manage.py seed_demo || fail "The demo mission could not be built; the reason stands above."
    note_done data "$data_hash"
fi

static_hash=$(hash_of pyproject.toml static pocweb/settings.py)
[ -d var/static ] || rm -f var/done-static
if ! is_done static "$static_hash"; then
    say "Collecting style, script and fonts"
    "$python" manage.py collectstatic --no-input --clear --verbosity 0 \
        || fail "The static files could not be collected; the reason stands above."
    note_done static "$static_hash"
fi

say "Starting the server"
exec "$python" manage.py serve --end-with-parent --bind "${BIND:-127.0.0.1}" --port "${PORT:-8000}"
