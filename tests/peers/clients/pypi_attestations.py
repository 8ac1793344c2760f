"""pypi-attestations, by its library: its program knows the public instances alone."""

from pathlib import Path

import forms
from clients import HERE, UNTIMED, Cannot, Client
from job import Job


def pypi_attestations(job: Job, cache: Path) -> Client:
    python = cache / "pypi-attestations-0.0.30/bin/python"

    def run(*words: object):
        return job.run(python, HERE / "pypi_attestation.py", *words)

    def sign(form: forms.Form):
        config = job.config("trust", form)
        return lambda wheel: run("sign", config, wheel, *form.paths(wheel))

    def verify(form: forms.Form):
        def check(wheel: Path, identity: str):
            config = job.config("trust", form)
            return run("verify", config, wheel, *form.paths(wheel), identity, job.issuer)

        return check

    def sign_and_verify(wheel: Path):
        """The signer takes Rekor v2; what it then has has no place in the format."""
        signed = sign(forms.ATTESTATION_2)(wheel)
        return signed if signed.returncode else verify(forms.ATTESTATION_2)(wheel, job.signer)

    first, second = forms.ATTESTATION, forms.ATTESTATION_2
    others = (*forms.BUNDLES, forms.PAIR, forms.LEGACY, *forms.STATEMENTS, *forms.RELEASES)
    none = dict.fromkeys(others, Cannot("knows PEP 740 alone"))
    cannot = Cannot(UNTIMED, sign_and_verify, "signed timestamp")
    return Client(
        "pypi-attestations 0.0.30",
        sign=none | {first: sign(first), second: cannot},
        verify=none
        | {form: verify(form) for form in (first, forms.PROVENANCE)}
        | {second: Cannot(UNTIMED)},
    )
