"""Who signs: the sandbox's job, an identity of one kind on the real services, or a key."""

import base64
import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ALGORITHMS = {"P-256": "EC", "P-384": "EC", "Ed25519": "ED25519"}


@dataclass(frozen=True)
class Signer:
    """By its certificate's name, or by its key."""

    kind: str
    # What a verifier is told, and what it must not take: an identity, or a public key's path.
    name: str
    another: str
    issuer: str = ""
    token: str = ""
    key: Path | None = None
    # What was built, as a pipeline's certificate says it.
    source: str = ""
    commit: str = ""


def of_sandbox() -> Signer:
    """The job that pysign-sandbox runs its command as."""
    env = os.environ
    project = f"https://{env['CI_SERVER_FQDN']}/{env['CI_PROJECT_PATH']}"
    name = f"{project}//.gitlab-ci.yml@refs/heads/{env['CI_DEFAULT_BRANCH']}"
    return _of_token("GitLab", env["SIGSTORE_ID_TOKEN"], name, project)


def of_services(kind: str) -> Signer:
    """An identity of this kind, from the issuers that services.py names."""
    issuer = os.environ[f"PYSIGN_{kind.upper().replace('-', '')}_ISSUER"]
    with urllib.request.urlopen(f"{issuer}/token") as answer:
        token = answer.read().decode()
    claims = _claims(token)
    if kind == "e-mail":
        return _of_token(kind, token, claims["email"])
    if kind == "GitLab":
        project = f"https://gitlab.com/{claims['project_path']}"
        return _of_token(kind, token, f"https://{claims['ci_config_ref_uri']}", project)
    project = f"https://github.com/{claims['repository']}"
    return _of_token(kind, token, f"https://github.com/{claims['job_workflow_ref']}", project)


def of_key(directory: Path, kind: str) -> Signer:
    """A new key in PKCS#8; another one of the same kind is another signer."""
    directory.mkdir(parents=True)
    key, other = directory / "signer.key", directory / "another.key"
    publics = []
    for path in (key, other):
        curve = ("-pkeyopt", f"ec_paramgen_curve:{kind}") if ALGORITHMS[kind] == "EC" else ()
        _openssl("genpkey", "-algorithm", ALGORITHMS[kind], *curve, "-out", path)
        publics.append(path.with_suffix(".pub"))
        _openssl("pkey", "-in", path, "-pubout", "-out", publics[-1])
    return Signer(kind, str(publics[0]), str(publics[1]), key=key)


def _of_token(kind: str, token: str, name: str, source: str = "") -> Signer:
    claims = _claims(token)
    commit = claims.get("sha", "")
    return Signer(kind, name, f"{name}.x", claims["iss"], token, None, source, commit)


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *(str(word) for word in words)], check=True, capture_output=True)


def _claims(token: str) -> dict:
    """What a token says; whoever takes it looks at its signature."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
