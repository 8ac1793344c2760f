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

    signs = {form: sign(form) for form in (*forms.BUNDLES, forms.PAIR)}
    other = dict.fromkeys(forms.ATTESTATIONS, Cannot("leaves PEP 740 to pypi-attestations"))
    verifies = (*signs, *forms.STATEMENTS, *forms.RELEASES)
    return Client(
        "sigstore-python 4.5.1",
        sign=signs
        | {form: attest(form) for form in forms.STATEMENTS}
        | {forms.LEGACY: COSIGN_ONLY}
        | other,
        verify={form: verify(form) for form in verifies} | other,
    )
