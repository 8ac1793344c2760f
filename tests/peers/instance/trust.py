"""The files that tell a client whom to trust and where to sign, as the sandbox writes them too."""

import base64
import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from instance.keys import Keys

# Before every key and certificate.
_VALID = {"start": "2024-01-01T00:00:00Z"}
_OPERATOR = "pysign.test"
# The name of the Rekor v2 log in its checkpoints: by sigstore-go's rule the address without port.
ORIGIN = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """Where the services are."""

    fulcio: str
    ct: str
    rekor: str
    rekor2: str
    tsa: str
    oidc: str


def write(directory: Path, keys: Keys, at: Addresses) -> None:
    directory.mkdir()
    root = _trusted_root(keys, at)
    _write(directory / "trusted_root.json", root)
    # One version of Rekor each: a client that is offered both takes the newer.
    for suffix, rekor, version in (("", at.rekor, 1), (".v2", at.rekor2, 2)):
        config = _signing_config(at, rekor, version)
        _write(directory / f"signing_config{suffix}.json", config)
        kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
        both = {"mediaType": kind, "signingConfig": config, "trustedRoot": root}
        _write(directory / f"trust_config{suffix}.json", both)
    shutil.copyfile(keys.fulcio_chain, directory / "fulcio.pem")
    shutil.copyfile(keys.tsa_chain, directory / "tsa.pem")
    shutil.copyfile(keys.public("ct"), directory / "ct.pem")
    shutil.copyfile(keys.public("rekor"), directory / "rekor.pem")


def _trusted_root(keys: Keys, at: Addresses) -> dict:
    ct, rekor, rekor2 = (keys.public_der(name) for name in ("ct", "rekor", "rekor2"))
    # C2SP signed-note: a key's id is of the log's name, the algorithm (1: Ed25519) and the key.
    rekor2_id = f"{ORIGIN}\n\x01".encode() + rekor2[-32:]
    p256, ed25519 = "PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519"
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [_log(at.rekor, rekor, p256, rekor), _log(at.rekor2, rekor2, ed25519, rekor2_id)],
        "ctlogs": [_log(at.ct, ct, p256, ct)],
        "certificateAuthorities": [_authority(at.fulcio, "fulcio", keys.fulcio_chain)],
        "timestampAuthorities": [_authority(at.tsa, "tsa", keys.tsa_chain)],
    }


def _log(url: str, key: bytes, details: str, identifier: bytes) -> dict:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "logId": {"keyId": _base64(hashlib.sha256(identifier).digest())},
        "publicKey": {"keyDetails": details, "rawBytes": _base64(key), "validFor": _VALID},
    }


def _authority(url: str, name: str, chain: Path) -> dict:
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", chain.read_text(), re.DOTALL)
    return {
        "certChain": {"certificates": [{"rawBytes": "".join(one.split())} for one in blocks]},
        "subject": {"commonName": name, "organization": _OPERATOR},
        "uri": url,
        "validFor": _VALID,
    }


def _signing_config(at: Addresses, rekor: str, version: int) -> dict:
    def service(url: str, version: int = 1) -> list[dict]:
        known = {"majorApiVersion": version, "operator": _OPERATOR, "validFor": _VALID}
        return [known | {"url": url}]

    return {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(at.fulcio),
        "oidcUrls": service(at.oidc),
        "rekorTlogConfig": {"selector": "ANY"},
        "rekorTlogUrls": service(rekor, version),
        "tsaConfig": {"selector": "ANY"},
        "tsaUrls": service(at.tsa),
    }


def _write(path: Path, document: dict) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
