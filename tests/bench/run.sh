#!/bin/sh
# How fast and how small pysign-verify is, in ratios to the official clients: run.sh [COUNT].
#
# Builds it in release, with the clients of ../peers; the files that are looked at are made first.
set -eu

bench=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pysign-peers
sh "$bench/../peers/install.sh" "$cache"
cd "$bench/../.."
cargo build --locked --release -p pysign-verify
cargo build --locked -p pysign-bench
target=$(cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec "$target/debug/pysign-bench" "$target/release/pysign-verify" "$cache" "$@"
