#!/bin/sh
# In a sandbox's job, with sigstore-python as $SIGSTORE: both directions, and each refuses the
# other's bundle for another file and for another identity.
set -eu

root="--trusted-root $PYSIGN_SANDBOX/trusted_root.json"
identity="https://$CI_SERVER_FQDN/$CI_PROJECT_PATH//.gitlab-ci.yml@refs/heads/$CI_DEFAULT_BRANCH"
fail() {
    echo "sigstore-python: $*" >&2
    exit 1
}
theirs() {
    "$SIGSTORE" --trust-config "$PYSIGN_SANDBOX/trust_config.json" "$@" >>log 2>&1
}
their_verdict() {
    theirs verify identity --bundle "$1" --cert-identity "$2" --cert-oidc-issuer "$CI_SERVER_URL" "$3"
}

echo 'one file' >ours.txt
echo 'another file' >other.txt
pysign-sign -q --signing-config "$PYSIGN_SANDBOX/signing_config.json" $root ours.txt >ours.json
their_verdict ours.txt.sigstore.json "$identity" ours.txt || { cat log >&2; fail 'refuses our bundle'; }
! their_verdict ours.txt.sigstore.json "$identity" other.txt || fail 'takes our bundle for another file'
! their_verdict ours.txt.sigstore.json "$identity.x" ours.txt || fail 'takes another identity'

echo 'their file' >theirs.txt
theirs sign --identity-token "$SIGSTORE_ID_TOKEN" --bundle theirs.txt.sigstore.json theirs.txt ||
    { cat log >&2; fail 'does not sign'; }
pysign-verify -q $root --identity "$identity" --issuer "$CI_SERVER_URL" theirs.txt >theirs.json ||
    fail 'pysign-verify refuses its bundle'
cp theirs.txt.sigstore.json other.txt.sigstore.json
! pysign-verify -q $root --identity "$identity" --issuer "$CI_SERVER_URL" other.txt 2>>log ||
    fail 'pysign-verify takes its bundle for another file'
echo 'sigstore-python: both directions agree'
