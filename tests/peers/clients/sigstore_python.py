"""sigstore-python, by its program."""

from pathlib import Path

import forms
from clients import COSIGN_ONLY, Cannot, Client
from forms import Form
from job import Job

FLAGS = {forms.PAIR: ("--signature", "--certificate")}


def sigstore_python(job: Job, cache: Path) -> Client:
    program = cache / "sigstore-python-4.5.1/bin/sigstore"

    def run(form: Form, *words: object):
        return job.run(program, "--trust-config", job.config("trust", form), *words)

    def files(form: Form, wheel: Path) -> list:
        named = zip(FLAGS.get(form, ("--bundle",)), form.paths(wheel), strict=True)
        return [word for pair in named for word in pair]

    def sign(form: Form):
        def sign(wheel: Path):
            only = ("--no-default-files",) if form is forms.PAIR else ()
            words = ("sign", "--identity-token", job.token, *only, *files(form, wheel), wheel)
            return run(form, *words)

        return sign

    def attest(form: Form):
        def sign(wheel: Path):
            kind = ("--predicate-type", job.predicate_type)
            what = ("--predicate", job.predicate_file(wheel), *kind)
            who = ("--identity-token", job.token)
            return run(form, "attest", *who, *what, *files(form, wheel), wheel)

        return sign

    def verify(form: Form):
        def check(wheel: Path, identity: str):
            who = ("--cert-identity", identity, "--cert-oidc-issuer", job.issuer)
            return run(form, "verify", "identity", *files(form, wheel), *who, wheel)

        return check

    blobs = (forms.BUNDLE, forms.BUNDLE_2, forms.PAIR)
    statements = (forms.STATEMENT, forms.STATEMENT_2)
    attestations = (forms.ATTESTATION, forms.ATTESTATION_2)
    other = {form: Cannot("pypi-attestations is how it does PEP 740") for form in attestations}
    return Client(
        "sigstore-python 4.5.1",
        sign={form: sign(form) for form in blobs}
        | {form: attest(form) for form in statements}
        | {forms.LEGACY: COSIGN_ONLY}
        | other,
        verify={form: verify(form) for form in (*blobs, *statements)} | other,
    )
