"""sigstore-conformance, the whole suite, on the real services (services.py) and without a network:
its own offline.sh, which is left as it is, with conformance_client.py.

conformance.py CACHE WORK SUITE
"""

import hashlib
import os
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CLIENT = Path(__file__).with_name("conformance_client.py")
# Where offline.sh asks for a token.
TOKEN_PORT = 8080


def main() -> int:
    cache, work, suite = (Path(word).resolve() for word in sys.argv[1:4])
    lay_out(cache, work, suite)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", TOKEN_PORT), _Token)
    except OSError as error:
        print(f"skipped: sigstore-conformance: port {TOKEN_PORT}: {error.strerror}", file=sys.stderr)
        return 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = f"{sys.executable} {CLIENT}"
    return subprocess.run([suite / "offline.sh", work, client, *sys.argv[4:]]).returncode


def lay_out(cache: Path, stack: Path, suite: Path) -> None:
    """What offline.sh finds where: trust, sigstore-python, which is the suite's second opinion, and
    what the suite itself is run by."""
    (stack / "d").mkdir(parents=True)
    (stack / "d/trust").symlink_to(os.environ["PYSIGN_INSTANCE"])
    (stack / "venv").symlink_to(cache / "sigstore-python-4.5.1")
    version = hashlib.sha256((suite / "requirements.txt").read_bytes()).hexdigest()[:12]
    (stack / "cvenv").symlink_to(cache / f"sigstore-conformance-{version}")


class _Token(BaseHTTPRequestHandler):
    """A new token for an address: the suite reads `email`."""

    def do_GET(self) -> None:
        with urllib.request.urlopen(f"{os.environ['PYSIGN_EMAIL_ISSUER']}/token") as answer:
            token = answer.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def log_message(self, *_: object) -> None:
        """A token is in no log."""


if __name__ == "__main__":
    sys.exit(main())
