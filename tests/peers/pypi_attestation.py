"""pypi-attestations as two commands, since its own knows the public instances alone.

pypi_attestation.py sign TRUST_CONFIG DISTRIBUTION ATTESTATION     (a token in $SIGSTORE_ID_TOKEN)
pypi_attestation.py verify TRUST_CONFIG DISTRIBUTION ATTESTATION IDENTITY ISSUER
"""

import os
import sys
from pathlib import Path

from pypi_attestations import Attestation, AttestationError, Distribution
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity


def sign(trust: ClientTrustConfig, distribution: Path, output: str) -> None:
    context = SigningContext.from_trust_config(trust)
    with context.signer(IdentityToken(os.environ["SIGSTORE_ID_TOKEN"])) as signer:
        attestation = Attestation.sign(signer, Distribution.from_file(distribution))
    Path(output).write_text(attestation.model_dump_json())


def verify(
    trust: ClientTrustConfig, distribution: Path, attestation: str, identity: str, issuer: str
) -> None:
    verifier = Verifier(trusted_root=trust.trusted_root)
    # `verify` takes its verifier from here.
    Verifier.production = classmethod(lambda cls, **_: verifier)
    found = Attestation.model_validate_json(Path(attestation).read_text())
    found.verify(Identity(identity=identity, issuer=issuer), Distribution.from_file(distribution))


command, config, distribution, *words = sys.argv[1:]
trust = ClientTrustConfig.from_json(Path(config).read_text())
try:
    {"sign": sign, "verify": verify}[command](trust, Path(distribution), *words)
except AttestationError as error:
    sys.exit(f"pypi-attestations: {error}")
