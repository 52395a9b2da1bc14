#!/bin/sh
# Have PostgreSQL and Redis answer at their standard ports, with a role for tests, and Chromium in place.
# What is missing is installed from the distribution's packages; what is stopped is started; what runs is left alone.
# Override with TEST_DATABASE_URL and TEST_REDIS_URL to use services that already exist elsewhere.
set -eu
. "$(dirname "$0")/common.sh"

have() {
    command -v "$1" >/dev/null 2>&1
}

# Repeat a check for up to 30 seconds.
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || return 1
        sleep 0.5
    done
}

if have dpkg-query; then
    set -- poppler-utils
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || set -- "$@" chromium
    [ -n "${TEST_DATABASE_URL:-}" ] || set -- "$@" postgresql
    [ -n "${TEST_REDIS_URL:-}" ] || set -- "$@" redis-server
    need_packages "$@"
fi

# --- PostgreSQL ---

TEST_ROLE=pocweb_test
export PGCONNECT_TIMEOUT=5

postgres_answers() {
    pg_isready -q -h 127.0.0.1 -p 5432
}


role_is_ready() {
    [ "$(psql -qtA "postgresql://$TEST_ROLE:$TEST_ROLE@127.0.0.1:5432/postgres" \
        -c 'select rolcreatedb from pg_roles where rolname = current_user' 2>/dev/null)" = t ]
}

start_postgres() {
    say "Starting PostgreSQL"
    have pg_lsclusters || fail "PostgreSQL does not answer at port 5432 and pg_lsclusters is missing. Start it by hand."
    cluster=$(pg_lsclusters -h | awk '$3 == 5432 {print $1, $2; exit}')
    if [ -z "$cluster" ]; then
        version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
        as_root pg_createcluster --port 5432 "$version" pocweb >/dev/null
        cluster="$version pocweb"
    fi
    # Version and name are two words on purpose.
    # shellcheck disable=SC2086
    as_root pg_ctlcluster --skip-systemctl-redirect $cluster start || true # may be starting already
    wait_for postgres_answers || fail "PostgreSQL did not start. Its log is in /var/log/postgresql."
}

make_role() {
    say "Making the PostgreSQL role $TEST_ROLE for tests"
    sql="do \$\$ begin
        if not exists (select from pg_roles where rolname = '$TEST_ROLE') then create role $TEST_ROLE; end if;
        end \$\$; alter role $TEST_ROLE with login createdb password '$TEST_ROLE';"
    script=$(mktemp)
    printf '%s\n' "$sql" >"$script"
    chmod 644 "$script"
    as_postgres "psql -q -v ON_ERROR_STOP=1 -p 5432 -d postgres -f $script" >var/postgres.log 2>&1 \
        || psql -q -v ON_ERROR_STOP=1 -p 5432 -d postgres -f "$script" >>var/postgres.log 2>&1 || true
    rm -f "$script"
}

if [ -z "${TEST_DATABASE_URL:-}" ]; then
    postgres_answers || start_postgres
    role_is_ready || make_role
    role_is_ready || fail "The PostgreSQL role $TEST_ROLE could not be made (see var/postgres.log)." \
        "Make it by hand with CREATEDB and the password $TEST_ROLE, or set TEST_DATABASE_URL."
fi

# --- Redis ---

redis_answers() {
    [ "$(redis-cli -h 127.0.0.1 -p 6379 ping 2>/dev/null)" = PONG ]
}

if [ -z "${TEST_REDIS_URL:-}" ] && ! redis_answers; then
    say "Starting Redis"
    have redis-server || fail "redis-server is missing. Install it, or set TEST_REDIS_URL."
    redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save "" --appendonly no --dir "$ROOT/var" >/dev/null
    wait_for redis_answers || fail "Redis did not start at port 6379."
fi

# --- Programs that tests call ---

[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || fail "Chromium is missing. Install it, or name it: CHROMIUM=/path make test"
have pdftotext || fail "pdftotext is missing. Install poppler-utils."
