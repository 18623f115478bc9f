#!/bin/sh
# Sets up what `make run` and the suite need: .venv with the pinned dependencies, RabbitMQ's Debian package,
# and the libraries of the mongod that comes with the dependencies. Does nothing, quickly, when all is there.
#
# PARLEY_PYTHON  the Python 3.11 to use (default: python3.11, else python3)
# RABBITMQ_URL   set: that broker is used, and none is installed
# MONGODB_URL    set: that database is used, and mongod's libraries are not looked for
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/.venv
stamp=$venv/.parley-setup
requirements=$root/requirements/dev.txt
rabbitmq=/usr/lib/rabbitmq/bin/rabbitmq-server
mongod=$venv/lib/python3.11/site-packages/fiftyone/db/bin/mongod
cd "$root"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "setup: $*"
    exit 1
}

digest() { sha256sum "$1" | cut -d ' ' -f 1; }

# Of a virtual environment made from these requirements in this folder; it cannot be moved to another.
wanted="$root $(digest "$requirements")"
# Of the editable install: its entry points and packages.
wanted_project=$(digest "$root/pyproject.toml")

stamped() { [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$(sed -n "$1p" "$stamp")" = "$2" ]; }

is_python_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PARLEY_PYTHON:-python3.11 python3}; do
        if is_python_311 "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null) || found='no python3'
    fail "Parley needs Python 3.11, and there is ${PARLEY_PYTHON:-"$found"}.
On Debian 12: sudo apt-get install python3 python3-venv
Elsewhere, install Python 3.11 and name it: PARLEY_PYTHON=/path/to/python3.11 make setup"
}

# install_packages WHY PACKAGE...: with apt as root; otherwise says what to run.
install_packages() {
    why=$1
    shift
    if ! command -v apt-get >/dev/null; then
        fail "$why
This machine has no apt-get; install what Debian calls: $*"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        fail "$why Install it with
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    fi
    say "$why Installing $* ..."
    without_starting_services install_with_apt "$@" || fail "apt-get could not install $*; see above."
}

install_with_apt() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update || say "apt-get update failed; trying with the package lists that are there."
    apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

# Debian starts a service when it installs it, unless this file says no. Ours runs as a child process instead.
without_starting_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 130' HUP INT TERM
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    "$@"
)

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv; ensurepip.version()' 2>/dev/null; then
        install_packages "Python's venv module is missing." python3-venv
    fi
    say "Making .venv and installing the pinned dependencies: a minute or two, this once ..."
    "$python" -m venv --clear "$venv"
    # The pins are complete. Resolving them again would let pip 23 stumble over extras (coverage[toml]) of which
    # a newer release exists than the pinned one.
    install_into_venv --require-hashes --no-deps -r "$requirements" ||
        fail "pip could not install requirements/dev.txt; see above."
}

install_into_venv() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        "$venv/bin/python" -m pip --quiet --quiet --no-input install "$@"
}

set_up_python() {
    if stamped 1 "$wanted" && stamped 2 "$wanted_project"; then
        return
    fi
    if command -v flock >/dev/null; then # another make may be at it
        exec 9<"$requirements"
        flock 9
    fi
    if ! stamped 1 "$wanted"; then
        make_venv
    elif stamped 2 "$wanted_project"; then
        return
    fi
    rm -f "$stamp"
    install_into_venv --no-deps --no-build-isolation -e "$root" || fail "pip could not install Parley itself."
    printf '%s\n%s\n' "$wanted" "$wanted_project" >"$stamp"
}

set_up_rabbitmq() {
    if [ -n "${RABBITMQ_URL:-}" ] || [ -x "$rabbitmq" ]; then
        return
    fi
    install_packages "RabbitMQ is not installed, and RABBITMQ_URL is not set." rabbitmq-server
    if command -v systemctl >/dev/null; then # nor start one at the next boot
        systemctl disable --quiet rabbitmq-server || say "rabbitmq-server will start by itself at the next boot."
    fi
}

set_up_mongod() {
    if [ -n "${MONGODB_URL:-}" ] || [ ! -x "$mongod" ]; then
        return
    fi
    if ldd "$mongod" | grep -q 'not found'; then
        install_packages "mongod lacks libraries, and MONGODB_URL is not set." libcurl4 libssl3 liblzma5
    fi
}

# The suite generates a TypeScript client of the API and runs it; nothing else needs Node.
set_up_node() {
    if command -v node >/dev/null && command -v npm >/dev/null; then
        return
    fi
    install_packages "The suite needs Node.js and npm, to check a generated TypeScript client." nodejs npm
}

if [ "${1:-}" = clients ]; then
    set_up_node
    exit
fi
set_up_rabbitmq
set_up_python
set_up_mongod
