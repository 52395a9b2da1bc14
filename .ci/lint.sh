#!/bin/sh
# Lint, format and types (make lint).
set -eu
. "$(dirname "$0")/common.sh"
.ci/setup.sh dev
"$VENV/bin/ruff" check .
"$VENV/bin/ruff" format --check .
"$VENV/bin/mypy"
