#!/bin/sh
# All six stages on one project, in a sandbox on this machine: sh tests/quickstart.sh [PROJECT]
#
# The last line of standard output is the proof: the manifest of what was fetched back from the
# index and verified. The project (default: the demo beside this script) is not touched.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
project=$(cd "${1:-$tests/demo}" && pwd)
say() { printf '\n== %s\n' "$*" >&2; }

say 'the programs'
(cd "$tests/.." && cargo build --locked -p pysign-build -p pysign-sign -p pysign-verify \
    -p pysign-publish -p pysign-fetch -p pysign-sandbox) >&2
bin=$(cd "$tests/.." && cargo metadata --no-deps --format-version 1 --locked |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug
PATH=$bin:$PATH
export PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/pysign-quickstart.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

say "a repository with the project, as a CI job has it"
cp -R "$project" checkout
if [ ! -e checkout/.git ]; then
    (cd checkout && git init -q -b main && git add -A -f &&
        git -c user.name=demo -c user.email=demo@example.org commit -q -m 'the project') >&2
fi

say 'build: a job of its own, with no token in sight'
env -u SIGSTORE_ID_TOKEN -u CI_JOB_TOKEN pysign-build checkout -o dist >build.json

# What follows is the jobs after it. A CI system gives them their variables; here the sandbox does.
cat >jobs.sh <<'JOBS'
set -eu
say() { printf '\n== %s\n' "$*" >&2; }
sign="--signing-config $PYSIGN_SANDBOX/signing_config.json --trusted-root $PYSIGN_SANDBOX/trusted_root.json"
verify="--trusted-root $PYSIGN_SANDBOX/trusted_root.json"
identity="https://$CI_SERVER_FQDN/$CI_PROJECT_PATH//.gitlab-ci.yml@refs/heads/$CI_DEFAULT_BRANCH"

say 'sign, verify, publish'
pysign-sign -m build.json $sign |
    pysign-verify $verify --identity "$identity" --issuer "$CI_SERVER_URL" |
    pysign-publish --to gitlab --to dir:index >release.json

say 'fetch what was published, and verify it as a consumer does'
pysign-fetch -m release.json --index gitlab -o got |
    pysign-verify $verify --identity "$identity" --issuer "$CI_SERVER_URL" -o proven >proof.json
JOBS
CI_COMMIT_SHA=$(git -C checkout rev-parse HEAD) pysign-sandbox -- sh jobs.sh >&2

say 'proof'
cat proof.json
