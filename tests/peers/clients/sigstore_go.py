"""sigstore-go, by the program that it runs Sigstore's conformance suite with."""

from pathlib import Path

import forms
from clients import COSIGN_ONLY, NO_PAIR, NO_PEP_740, Client
from forms import Form
from job import Job


def sigstore_go(job: Job, cache: Path) -> Client:
    program = cache / "sigstore-go-1.2.1/conformance"
    root = ("--trusted-root", job.trusted_root)

    def sign(form: Form):
        def sign(wheel: Path):
            is_statement = form in forms.STATEMENTS
            what = ("--in-toto", job.statement_file(wheel)) if is_statement else (wheel,)
            how = ("--identity-token", job.token, "--signing-config", job.config("signing", form))
            out = ("--bundle", *form.paths(wheel))
            return job.run(program, "sign-bundle", *how, *root, *out, *what)

        return sign

    def verify(form: Form):
        def check(wheel: Path, signer: str):
            who = job.who(signer, "--certificate-identity", "--certificate-oidc-issuer")
            bundle = ("--bundle", *form.paths(wheel))
            return job.run(program, "verify-bundle", *bundle, *who, *root, wheel)

        return check

    signs = (*forms.BUNDLES, *forms.STATEMENTS)
    none = {forms.PAIR: NO_PAIR} | NO_PEP_740
    return Client(
        "sigstore-go 1.2.1",
        sign={form: sign(form) for form in signs} | {forms.LEGACY: COSIGN_ONLY} | none,
        verify={form: verify(form) for form in (*signs, *forms.RELEASES)} | none,
    )
