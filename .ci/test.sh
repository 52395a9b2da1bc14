#!/bin/sh
# The whole check (make test): lint, types, migrations, production settings, then the suite on PostgreSQL and Redis
# with a real Celery worker, the suite on SQLite, and the browser journeys.
# Every step runs even when an earlier one failed; the closing lines say which did.
set -eu
. "$(dirname "$0")/common.sh"

.ci/setup.sh dev
.ci/services.sh

started=$(date +%s)
python="$VENV/bin/python"
rm -rf var/test
mkdir -p var/test
# Compiled once, not by each of the processes that the tests start; kept apart from the sources.
export PYTHONPYCACHEPREFIX="$ROOT/var/pycache"
unset PYTHONDONTWRITEBYTECODE

# Nothing of the developer's own .env reaches the tests.
export POCWEB_PRODUCTION=off POCWEB_DEBUG=off POCWEB_VAR_DIR="$ROOT/var/test" POCWEB_LOG_LEVEL=WARNING
postgres_url=${TEST_DATABASE_URL:-postgres://pocweb_test:pocweb_test@127.0.0.1:5432/pocweb_test}
redis_url=${TEST_REDIS_URL:-redis://127.0.0.1:6379/15}
sqlite_url="sqlite:///$ROOT/var/test/pocweb.sqlite3"

on_postgres() {
    DATABASE_URL=$postgres_url REDIS_URL=$redis_url "$@"
}

on_sqlite() {
    DATABASE_URL=$sqlite_url REDIS_URL='' "$@"
}

under_production_settings() {
    POCWEB_PRODUCTION=on POCWEB_ALLOWED_HOSTS=pocweb.example.org \
        POCWEB_SECRET_KEY=$(od -An -N48 -tx1 /dev/urandom | tr -d ' \n') \
        DATABASE_URL=$postgres_url REDIS_URL=$redis_url "$@"
}

failed=""
summary="$ROOT/var/test/summary"
: >"$summary"

# step TITLE COMMAND...: run it, print title and time, keep pytest's closing line for the end.
step() {
    title=$1
    shift
    say "$title"
    begun=$(date +%s)
    code=0
    { "$@" 2>&1 && echo 0 >var/test/code || echo $? >var/test/code; } | tee var/test/output
    code=$(cat var/test/code)
    spent=$(($(date +%s) - begun))
    if [ "$code" -eq 0 ]; then
        word=passed
    else
        word="FAILED (exit $code)"
        failed="$failed; $title"
    fi
    say "$title: $word after $spent s"
    printf '%4d s  %s: %s\n' "$spent" "$title" "$word" >>"$summary"
    case "$*" in
        *pytest*) grep -aE '(passed|failed|errors?|tests ran|skipped).* in [0-9.]+s' var/test/output | tail -n 1 >>"$summary" || true ;;
    esac
}

quick='not browser and not worker'

step "Lint" "$VENV/bin/ruff" check .
step "Format" "$VENV/bin/ruff" format --check .
step "Types" "$VENV/bin/mypy"
step "Models and migrations agree" on_sqlite "$python" manage.py makemigrations --check --dry-run
step "Production settings" under_production_settings "$python" manage.py check --deploy --fail-level WARNING
step "Suite on PostgreSQL and Redis" on_postgres "$python" -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "$quick"
step "Suite with a real worker" on_postgres "$python" -m pytest -q --nomigrations -m worker
step "Suite on SQLite" on_sqlite "$python" -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "$quick and not postgres and not once" --database-only
step "Browser journeys" on_postgres "$python" -m pytest -q --nomigrations -n 2 --dist loadgroup tests/browser

minutes=$((($(date +%s) - started) / 60))
seconds=$((($(date +%s) - started) % 60))
echo
say "Summary"
cat "$summary"
echo
if [ -n "$failed" ]; then
    fail "make test FAILED after $minutes min $seconds s: ${failed#; }."
fi
echo "make test passed: every step above, in $minutes min $seconds s."
