"""The forms that a signature of a package takes: which files it consists of, and where in them the
signature itself is."""

import base64
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

FILENAME = "demo_pkg-1.0.0-py3-none-any.whl"


@dataclass(frozen=True)
class Form:
    """A form, with the log that it is for."""

    kind: str
    # What each file's name adds to the package's.
    suffixes: tuple[str, ...]
    # Where the signature is in the first file, which is JSON; none: the file is the signature.
    signature: tuple[str | int, ...] = ()
    rekor: str = "1"
    # Whose name that is added to, where it is not the package's.
    stem: str = ""
    # What is stated, where it is not a build's provenance.
    predicate_type: str = ""

    @property
    def name(self) -> str:
        return self.kind if self.rekor == "1" else f"{self.kind}, Rekor v2"

    def paths(self, wheel: Path) -> list[Path]:
        stem = self.stem or wheel.name
        return [wheel.with_name(stem + suffix) for suffix in self.suffixes]


BUNDLE = Form("bundle", (".sigstore.json",), ("messageSignature", "signature"))
BUNDLE_2 = Form("bundle", BUNDLE.suffixes, BUNDLE.signature, "2")
PAIR = Form("pair", (".sig", ".crt"))
LEGACY = Form("cosign's first bundle", (".cosign.bundle",), ("base64Signature",))
ENVELOPE = ("dsseEnvelope", "signatures", 0, "sig")
STATEMENT = Form("statement", (".statement.sigstore.json",), ENVELOPE)
STATEMENT_2 = Form("statement", STATEMENT.suffixes, ENVELOPE, "2")
ATTESTATION = Form("PEP 740 attestation", (".publish.attestation",), ("envelope", "signature"))
ATTESTATION_2 = Form("PEP 740 attestation", ATTESTATION.suffixes, ATTESTATION.signature, "2")
FORMS = (BUNDLE, BUNDLE_2, PAIR, LEGACY, STATEMENT, STATEMENT_2, ATTESTATION, ATTESTATION_2)

# What no client makes but ours, of the same forms.
PROVENANCE = Form("PEP 740 provenance", (".slsa.attestation",), ATTESTATION.signature)
RELEASE = Form(
    "release statement",
    (".release.sigstore.json",),
    ENVELOPE,
    stem="demo-pkg-1.0.0",
    predicate_type="https://in-toto.io/attestation/release/v0.2",
)
RELEASE_2 = replace(RELEASE, rekor="2")
OURS = (PROVENANCE, RELEASE, RELEASE_2)
BUNDLES = (BUNDLE, BUNDLE_2)
STATEMENTS = (STATEMENT, STATEMENT_2)
RELEASES = (RELEASE, RELEASE_2)
ATTESTATIONS = (ATTESTATION, PROVENANCE, ATTESTATION_2)


def write_wheel(path: Path, text: str) -> None:
    """A wheel that any reader accepts; another `text` makes another file of the same name."""
    tag, info = "py3-none-any", "demo_pkg-1.0.0.dist-info"
    members = {
        "demo_pkg/__init__.py": text,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{name},,\n" for name in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in {**members, f"{info}/RECORD": record}.items():
            wheel.writestr(zipfile.ZipInfo(name), content)


def other_file(form: Form, wheel: Path, directory: Path) -> Path:
    """The same signature beside another file of the same name."""
    other = _copy(form, wheel, directory)
    write_wheel(other, "changed = True\n")
    return other


def one_change(form: Form, wheel: Path, directory: Path) -> Path:
    """The same file, and one bit of the signature changed."""
    other = _copy(form, wheel, directory)
    path = form.paths(other)[0]
    if not form.signature:
        path.write_text(_flipped(path.read_text()))
        return other
    document = json.loads(path.read_text())
    change_leaf(document, form.signature, _flipped)
    path.write_text(json.dumps(document))
    return other


def change_leaf(document: object, place: tuple, change: Callable) -> None:
    """Puts `change(leaf)` in the place of the leaf."""
    *above, last = place
    for step in above:
        document = document[step]
    document[last] = change(document[last])


def _flipped(encoded: str) -> str:
    signature = bytearray(base64.b64decode(encoded))
    signature[-1] ^= 1
    return base64.b64encode(signature).decode()


def _copy(form: Form, wheel: Path, directory: Path) -> Path:
    directory.mkdir()
    for path in (wheel, *form.paths(wheel)):
        shutil.copyfile(path, directory / path.name)
    return directory / wheel.name
