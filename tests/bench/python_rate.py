"""How fast sigstore-python verifies in one process: python_rate.py COUNT IDENTITY ISSUER.

In the mirror's directory: one verifier, no network; each wheel is hashed and proven by its bundle.
Prints the processor time of the loop, without the start of the interpreter.
"""

import sys
import time
from pathlib import Path

from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

count, identity, issuer = sys.argv[1:]
trust = ClientTrustConfig.from_json(Path("trust_config.json").read_text())
verifier = Verifier(trusted_root=trust.trusted_root)
policy = Identity(identity=identity, issuer=issuer)
began = time.process_time()
for number in range(int(count)):
    wheel = Path(f"project_{number}-1.0.0-py3-none-any.whl")
    bundle = Bundle.from_json(wheel.with_name(f"{wheel.name}.sigstore.json").read_bytes())
    verifier.verify_artifact(wheel.read_bytes(), bundle, policy)
print(time.process_time() - began)
