"""The services' keys and certificates, by openssl: an authority with an intermediate one for
Fulcio, a chain for the timestamp authority, a key for each log."""

import subprocess
from pathlib import Path

# Fulcio and the CT log read their private keys encrypted alone. It protects nothing.
PASSWORD = "loopback"

_CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
_ISSUED = ("subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")
_INTERMEDIATE = (
    "basicConstraints=critical,CA:TRUE,pathlen:0",
    "keyUsage=critical,keyCertSign,cRLSign",
    # Fulcio refuses an intermediate that may issue more than it does.
    "extendedKeyUsage=codeSigning",
    *_ISSUED,
)
# RFC 3161, section 2.3: this purpose alone, and critical.
_TIMESTAMPING = (
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=critical,timeStamping",
    *_ISSUED,
)


class Keys:
    """Makes them all in a directory; a method or attribute names each file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        self.fulcio_root = self._root("fulcio-root")
        self.fulcio_chain = self._issue("fulcio", "fulcio-root", _INTERMEDIATE)
        self.fulcio = self._encrypted("fulcio", "pkcs8", "-topk8", "-v2", "aes-256-cbc")
        self._root("tsa-root")
        self.tsa_chain = self._issue("tsa", "tsa-root", _TIMESTAMPING)
        self.tsa = self._file("tsa.key")
        self.rekor = self._key("rekor")
        self.rekor2 = self._key("rekor2", "ED25519")
        self._key("ct")
        self.ct = self._encrypted("ct", "ec", "-aes128")
        self.issuer = self._key("issuer", "RSA")

    def public(self, name: str) -> Path:
        """The public half of a key, in PEM."""
        path = self._file(f"{name}.pub")
        if not path.exists():
            _openssl("pkey", "-in", self._file(f"{name}.key"), "-pubout", "-out", path)
        return path

    def public_der(self, name: str) -> bytes:
        """The same as a SubjectPublicKeyInfo."""
        return _openssl("pkey", "-pubin", "-in", self.public(name), "-outform", "DER")

    def _file(self, name: str) -> Path:
        return self._directory / name

    def _key(self, name: str, algorithm: str = "EC") -> Path:
        curve = ("-pkeyopt", "ec_paramgen_curve:P-256") if algorithm == "EC" else ()
        path = self._file(f"{name}.key")
        _openssl("genpkey", "-algorithm", algorithm, *curve, "-out", path)
        return path

    def _root(self, name: str) -> Path:
        path = self._file(f"{name}.pem")
        extensions = [word for extension in _CA for word in ("-addext", extension)]
        subject = f"/O=pysign.test/CN={name}"
        new = ("req", "-x509", "-new", "-key", self._key(name), "-days", 3650, "-subj", subject)
        _openssl(*new, *extensions, "-out", path)
        return path

    def _issue(self, name: str, issuer: str, extensions: tuple[str, ...]) -> Path:
        """A key with a certificate of the issuer's; the answer is the chain, the root last."""
        request, file = self._file(f"{name}.csr"), self._file(f"{name}.ext")
        file.write_text("\n".join(extensions))
        subject = f"/O=pysign.test/CN={name}"
        _openssl("req", "-new", "-key", self._key(name), "-subj", subject, "-out", request)
        root = self._file(f"{issuer}.pem")
        by = ("-CA", root, "-CAkey", self._file(f"{issuer}.key"), "-CAcreateserial")
        days = ("-days", 3649, "-sha256", "-extfile", file)
        certificate = _openssl("x509", "-req", "-in", request, *by, *days)
        chain = self._file(f"{name}-chain.pem")
        chain.write_bytes(certificate + root.read_bytes())
        return chain

    def _encrypted(self, name: str, *how: str) -> Path:
        path = self._file(f"{name}.encrypted.key")
        word = ("-passout", f"pass:{PASSWORD}")
        _openssl(*how, "-in", self._file(f"{name}.key"), *word, "-out", path)
        return path


def _openssl(*words: object) -> bytes:
    command = ["openssl", *(str(word) for word in words)]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")
    return done.stdout
