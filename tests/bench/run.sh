#!/bin/sh
# How fast and how small pysign-verify and pysign-sign are, in ratios to the official clients:
# run.sh [COUNT]. Signing is measured on the real services of ../peers.
#
# Builds both in release, with the clients of ../peers; the files that are looked at are made first.
set -eu

bench=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pysign-peers
sh "$bench/../peers/install.sh" "$cache"
cd "$bench/../.."
cargo build --locked --release -p pysign-verify -p pysign-sign
cargo build --locked -p pysign-bench
target=$(cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
"$target/debug/pysign-bench" "$target/release/pysign-verify" "$cache" "$@"

services=$(mktemp -d "${TMPDIR:-/tmp}/pysign-services.XXXXXX")
trap 'rm -rf "$services"' EXIT
trap 'exit 1' INT TERM HUP
status=0
python3 "$bench/../peers/services.py" "$cache" "$services" -- \
    python3 "$bench/signing.py" "$cache" "$target/release/pysign-sign" || status=$?
# 77: there can't be services here, and why has been said.
[ $status = 77 ] || exit $status
