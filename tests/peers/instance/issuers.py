"""OIDC issuers of the three kinds of identity: a verified address, a GitLab pipeline, a GitHub
workflow. Fulcio reads their keys, and a token is at `ISSUER/token`, where each member of the query
replaces or adds a claim."""

import base64
import json
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

LIFETIME = 3600
_TAG, _COMMIT, _DEFINITION = "refs/tags/v1.0.0", "b" * 40, "c" * 40

EMAIL = {"sub": "alice", "email": "alice@example.org", "email_verified": True}
GITLAB = {
    "sub": "project_path:acme/demo:ref_type:tag:ref:v1.0.0",
    "project_path": "acme/demo",
    "project_id": "5",
    "project_visibility": "public",
    "namespace_path": "acme",
    "namespace_id": "3",
    "user_login": "alice",
    "user_email": "alice@example.org",
    "pipeline_id": "7",
    "pipeline_source": "push",
    "job_id": "9",
    "ref": "v1.0.0",
    "ref_type": "tag",
    "ref_path": _TAG,
    "ref_protected": "true",
    "sha": _COMMIT,
    "runner_id": 1,
    "runner_environment": "gitlab-hosted",
    "ci_config_ref_uri": f"gitlab.com/acme/demo//.gitlab-ci.yml@{_TAG}",
    "ci_config_sha": _DEFINITION,
}
_WORKFLOW = f"acme/demo/.github/workflows/release.yml@{_TAG}"
GITHUB = {
    "sub": f"repo:acme/demo:ref:{_TAG}",
    "repository": "acme/demo",
    "repository_id": "12",
    "repository_owner": "acme",
    "repository_owner_id": "11",
    "repository_visibility": "public",
    "ref": _TAG,
    "sha": _COMMIT,
    "event_name": "push",
    "workflow": "release",
    "workflow_ref": _WORKFLOW,
    "workflow_sha": _COMMIT,
    "job_workflow_ref": _WORKFLOW,
    "job_workflow_sha": _COMMIT,
    "run_id": "13",
    "run_attempt": "1",
    "runner_environment": "github-hosted",
}
# By its path below the server's address: what a token says, and whose identity a certificate gets.
ISSUERS = {
    "email": (EMAIL, EMAIL["email"]),
    "gitlab": (GITLAB, f"https://{GITLAB['ci_config_ref_uri']}"),
    "github": (GITHUB, f"https://github.com/{_WORKFLOW}"),
}


class Issuers:
    """All of them on one port, in a thread; leaving the context ends it."""

    def __init__(self, key: Path) -> None:
        self._key = key
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._base = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Issuers":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, kind: str) -> str:
        return f"{self._base}/{kind}"

    def answer(self, path: str) -> tuple[str, str] | None:
        """The type and text at a path, or none."""
        where = urlsplit(path)
        kind, _, document = where.path.strip("/").partition("/")
        if kind not in ISSUERS:
            return None
        issuer = self.url(kind)
        if document == ".well-known/openid-configuration":
            return "application/json", json.dumps(_configuration(issuer))
        if document == "keys":
            return "application/json", json.dumps({"keys": [self._public_key()]})
        if document == "token":
            return "text/plain", self._token(issuer, kind, dict(parse_qsl(where.query, keep_blank_values=True)))
        return None

    def _token(self, issuer: str, kind: str, changes: dict) -> str:
        now = int(time.time())
        times = {"iat": now, "nbf": now - 5, "exp": now + LIFETIME}
        claims = {"iss": issuer, "aud": "sigstore", "jti": str(uuid.uuid4())} | times
        claims |= ISSUERS[kind][0] | changes
        claims |= {name: int(claims[name]) for name in times}
        header = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        signed = f"{_base64url_json(header)}.{_base64url_json(claims)}"
        command = ["openssl", "dgst", "-sha256", "-sign", self._key]
        signature = subprocess.run(command, input=signed.encode(), capture_output=True, check=True)
        return f"{signed}.{_base64url(signature.stdout)}"

    def _public_key(self) -> dict:
        """RFC 7517; openssl's exponent is 65537."""
        command = ["openssl", "rsa", "-in", self._key, "-noout", "-modulus"]
        line = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        modulus = bytes.fromhex(line.strip().removeprefix("Modulus="))
        key = {"n": _base64url(modulus), "e": _base64url(b"\x01\x00\x01")}
        return key | {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256"}


def _configuration(issuer: str) -> dict:
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _base64url_json(value: dict) -> str:
    return _base64url(json.dumps(value).encode())


def _handler(issuers: Issuers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = issuers.answer(self.path)
            self.send_response(200 if found else 404)
            kind, text = found or ("text/plain", "not found\n")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """A token is in no log."""

    return Handler
