# shellcheck shell=sh
# What the scripts of .ci share. Source it; it moves to the project's folder and defines:
#   say, fail, as_root, as_postgres, need_packages, hash_of

cd "$(dirname "$0")/.." || exit 1
ROOT=$(pwd)
# shellcheck disable=SC2034  # used by the scripts that source this
VENV="$ROOT/.venv"
mkdir -p "$ROOT/var"

say() {
    printf '%s\n' "==> $*"
}

fail() {
    printf '\n%s\n' "pocweb: $*" >&2
    exit 1
}

# Run a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "This needs root: $*. Run it as root, or install sudo, then start again."
    fi
}

# Run one shell line as the user postgres, from a folder that this user may read.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && su postgres -s /bin/sh -c "$1")
    elif command -v sudo >/dev/null 2>&1; then
        (cd / && sudo -u postgres sh -c "$1")
    else
        return 1
    fi
}

# Install those of the named Debian packages that are missing. apt is touched only if there are some.
need_packages() {
    missing=""
    for package in "$@"; do
        status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
        [ "$status" = "install ok installed" ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "These system packages are missing:$missing. apt-get is not here, so install them by other means."
    fi
    say "Installing system packages:$missing"
    log="$ROOT/var/apt.log"
    if ! as_root apt-get update -q >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        fail "apt-get update failed, so$missing cannot be installed. Check the network; the full log is var/apt.log."
    fi
    # The list is split into words on purpose.
    # shellcheck disable=SC2086
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >>"$log" 2>&1
    then
        tail -n 5 "$log" >&2
        fail "apt-get could not install$missing. The full log is var/apt.log."
    fi
}

# Print one hash over the content and names of all files under the given paths, whatever is missing.
hash_of() {
    { find "$@" -type f ! -name '*.pyc' -exec sha256sum {} + 2>/dev/null || true; } | LC_ALL=C sort | sha256sum | cut -d' ' -f1
}
