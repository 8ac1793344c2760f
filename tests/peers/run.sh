#!/bin/sh
# The official clients against the programs, in the sandbox: what one signs, the other verifies.
#
# Installs the clients from their registries into a cache outside of the tree, once.
set -eu

peers=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pysign-peers
version=4.5.1
venv=$cache/sigstore-python-$version
say() { printf '\n== %s\n' "$*" >&2; }

if [ ! -x "$venv/bin/sigstore" ]; then
    say "sigstore-python $version"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" --disable-pip-version-check install --quiet "sigstore==$version" >&2
fi

say 'the programs'
(cd "$peers/../.." && cargo build --locked -p pysign-build -p pysign-sign -p pysign-verify \
    -p pysign-publish -p pysign-fetch -p pysign-sandbox) >&2
bin=$(cd "$peers/../.." && cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug

work=$(mktemp -d "${TMPDIR:-/tmp}/pysign-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
PATH=$bin:$PATH SIGSTORE=$venv/bin/sigstore HOME=$work \
    "$bin/pysign-sandbox" -- sh "$peers/sigstore-python.sh"
