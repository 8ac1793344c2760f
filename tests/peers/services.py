"""Runs a command against a whole Sigstore instance of the real services, on loopback, and ends it.

services.py CACHE DIRECTORY -- COMMAND…

The services come from CACHE (install.sh puts them there); keys, data and logs go to DIRECTORY,
which must be new. The command finds

  PYSIGN_INSTANCE       a directory: trusted_root.json, signing_config.json (Rekor v1),
                        signing_config.v2.json, trust_config.json and trust_config.v2.json (both in
                        one, for sigstore-python), *.pem (what cosign 2 and openssl take instead)
  PYSIGN_EMAIL_ISSUER, PYSIGN_GITLAB_ISSUER, PYSIGN_GITHUB_ISSUER
                        OIDC issuers; a token is at ISSUER/token, with other claims at
                        ISSUER/token?CLAIM=VALUE&…

Where the system allows it, all of it runs in a network of its own that has no way out. The exit
status is the command's, or 77 where there can't be an instance.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from instance import network, sigstore
from instance.daemons import NotUp
from instance.sigstore import Sigstore

SKIPPED = 77


def main() -> int:
    cache, directory, dashes, *command = sys.argv[1:]
    if dashes != "--" or not command:
        sys.exit(__doc__)
    if missing := sigstore.missing():
        print(f"no services: {missing}", file=sys.stderr)
        return SKIPPED
    is_own = network.enter()
    # What ends us ends the services: each of these becomes an exception.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _leave)
    began = time.monotonic()
    with Sigstore(Path(cache).resolve(), Path(directory).resolve()) as services:
        where = "a network of its own" if is_own else "this machine's network"
        print(f"services up in {time.monotonic() - began:.1f} s, {where}", file=sys.stderr)
        return _run(command, services.variables())


def _run(command: list[str], variables: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=os.environ | variables)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _leave(number: int, _: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotUp as error:
        sys.exit(f"services: {error}")
