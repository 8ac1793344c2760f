"""The official clients, where `install.sh` puts them, in the order of the tables."""

from clients.cosign import cosign_2_2, cosign_2_6, cosign_3
from clients.pypi_attestations import pypi_attestations
from clients.sigstore_go import sigstore_go
from clients.sigstore_js import sigstore_js
from clients.sigstore_python import sigstore_python

ALL = (
    cosign_2_2,
    cosign_2_6,
    cosign_3,
    sigstore_python,
    sigstore_js,
    sigstore_go,
    pypi_attestations,
)

SIGN_WITH_KEYS = (cosign_2_6, cosign_3)
VERIFY_WITH_KEYS = (cosign_2_6, cosign_3, sigstore_js, sigstore_go)
