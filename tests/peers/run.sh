#!/bin/sh
# run.sh [--write]: the official clients against the programs: what one signs, the other verifies,
# in the sandbox and on the real services. README.md's tables must be what is measured; --write
# makes them so. The whole of sigstore-conformance passes on the services, where that suite
# is. The time that signing takes is printed, in ratios to cosign's.
#
# Installs clients and services into a cache outside of the tree, once; needs Go 1.26, npm and
# Python 3, and MariaDB for the real services.
set -eu

peers=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pysign-peers
suite=${PYSIGN_TESTDATA:-$peers/../../../shared/testdata}/sigstore-conformance
[ -e "$suite/offline.sh" ] || suite=
sh "$peers/install.sh" "$cache" "$suite"

printf '\n== the programs\n' >&2
(cd "$peers/../.." && cargo build --locked -p pysign-sign -p pysign-verify -p pysign-sandbox) >&2
bin=$(cd "$peers/../.." && cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug

work=$(mktemp -d "${TMPDIR:-/tmp}/pysign-peers.XXXXXX")
# What failed is kept, with all that was said.
trap '[ $? = 0 ] && rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/home"
export PATH="$bin:$PATH" HOME="$work/home" XDG_CACHE_HOME="$work/home/cache"
export PYTHONDONTWRITEBYTECODE=1

printf '\n== in the sandbox\n' >&2
pysign-sandbox -- python3 "$peers/agree.py" "$cache" "$work/sandbox"

# on_services NAME COMMAND…: on new ones, which are kept if it fails.
on_services() {
    name=$1 status=0
    shift
    python3 "$peers/services.py" "$cache" "$work/services-$name" -- "$@" || status=$?
    # 77: there can't be services here, and why has been said.
    [ $status = 77 ] || [ $status = 0 ] || exit $status
}

printf '\n== on the real services\n' >&2
on_services matrix \
    python3 "$peers/matrix.py" "$cache" "$work/real" "$peers/README.md" "$@"

printf '\n== sigstore-conformance\n' >&2
if [ "$suite" ]; then
    on_services conformance \
        python3 "$peers/conformance.py" "$cache" "$work/conformance" "$suite"
else
    echo 'skipped: no sigstore-conformance in ../shared/testdata' >&2
fi

printf '\n== the time that signing takes, by a development build, which is large\n' >&2
on_services speed python3 "$peers/../bench/signing.py" "$cache" "$bin/pysign-sign"
