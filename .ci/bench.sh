#!/bin/sh
# Measure the budgets (make bench): ratios against a yardstick of the same run, printed as a table.
set -eu
. "$(dirname "$0")/common.sh"
.ci/setup.sh dev
.ci/services.sh
export POCWEB_PRODUCTION=off POCWEB_DEBUG=off
exec "$VENV/bin/python" -m tests.bench "$@"
