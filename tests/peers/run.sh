#!/bin/sh
# The official clients against the programs, in the sandbox: what one signs, the other verifies.
#
# Installs the clients into a cache outside of the tree, once; needs Go 1.26, npm and Python 3.
set -eu

peers=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pysign-peers
sh "$peers/install.sh" "$cache"

printf '\n== the programs\n' >&2
(cd "$peers/../.." && cargo build --locked -p pysign-sign -p pysign-verify -p pysign-sandbox) >&2
bin=$(cd "$peers/../.." && cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug

work=$(mktemp -d "${TMPDIR:-/tmp}/pysign-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
PATH=$bin:$PATH HOME=$work/home XDG_CACHE_HOME=$work/home/cache PYTHONDONTWRITEBYTECODE=1 \
    "$bin/pysign-sandbox" -- python3 "$peers/agree.py" "$cache" "$work"
