#!/bin/sh
# Make the Python environment in .venv.
#   .ci/setup.sh run   what the program needs (make run)
#   .ci/setup.sh dev   that and the tools for tests (make setup, make test)
# A second call with an unchanged pyproject.toml does nothing.
set -eu
. "$(dirname "$0")/common.sh"

PIP=26.3
LEVEL=${1:-dev}
case "$LEVEL" in
    run) GROUP=locked ;;
    dev) GROUP=dev-locked ;;
    *) fail "setup.sh knows 'run' and 'dev', not '$LEVEL'." ;;
esac

find_python() {
    for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3 setup"
}

python=$(find_python)
stamp="$("$python" -c 'import sys; print(sys.version)' | tr -d '\n') $(hash_of pyproject.toml .ci/setup.sh)"

is_ready() {
    [ -f "$VENV/.ready-$1" ] && [ "$(cat "$VENV/.ready-$1")" = "$stamp" ] && "$VENV/bin/python" -c '' 2>/dev/null
}

if is_ready dev || { [ "$LEVEL" = run ] && is_ready run; }; then
    exit 0
fi

# WeasyPrint draws with Pango; harfbuzz-subset makes its fonts two to three times faster and its bytes repeatable.
if command -v dpkg-query >/dev/null 2>&1; then
    need_packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
    "$python" -c 'import ensurepip, venv' 2>/dev/null || need_packages python3-venv
else
    say "This is not a Debian system. Pango is needed for PDF documents; it is checked below."
fi

install() {
    if ! "$VENV/bin/python" -m pip install --disable-pip-version-check "$@" >"$ROOT/var/pip.log" 2>&1; then
        grep -E '^(ERROR|error)' "$ROOT/var/pip.log" >&2 || tail -n 5 "$ROOT/var/pip.log" >&2
        fail "pip could not install the Python packages. Check the network; the full log is var/pip.log."
    fi
}

say "Making the Python environment in .venv (about a minute)"
if ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
    "$python" -m venv --clear "$VENV" || fail "$python could not make .venv. On Debian, install python3-venv."
fi
rm -f "$VENV/.ready-run" "$VENV/.ready-dev"
install "pip==$PIP"
install --group "$GROUP"
"$VENV/bin/python" -c 'import weasyprint' >"$ROOT/var/pip.log" 2>&1 \
    || fail "WeasyPrint does not find the Pango library. Install Pango 1.44 or newer; details are in var/pip.log."
printf '%s' "$stamp" >"$VENV/.ready-$LEVEL"
say "The Python environment is ready."
