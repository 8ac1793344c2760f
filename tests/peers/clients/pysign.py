"""The programs of this repository."""

from pathlib import Path

import forms
from clients import UNTIMED, Cannot, Check, Client, Way
from forms import Form
from job import Job

# What `--emit` is given for a form. A pair is held by the bundle that it is written with.
EMIT = {
    forms.BUNDLE: "bundle",
    forms.BUNDLE_2: "bundle",
    forms.PAIR: "bundle,pair",
    forms.STATEMENT: "statement",
    forms.STATEMENT_2: "statement",
    forms.RELEASE: "release",
    forms.RELEASE_2: "release",
    forms.ATTESTATION: "attestation",
    forms.PROVENANCE: "attestation",
    forms.ATTESTATION_2: "attestation",
}
GIVEN = (*forms.STATEMENTS, forms.PROVENANCE)
# What is logged by keys of a kind, so that it can be proven; of all others everything is.
LOGGED = {
    "P-384": (forms.BUNDLE,),
    "Ed25519": (forms.STATEMENT, forms.RELEASE),
}


def pysign(job: Job) -> Client:
    def sign(form: Form) -> Way:
        def way(wheel: Path):
            services = ("--signing-config", job.config("signing", form))
            services = (*services, "--trusted-root", job.trusted_root)
            key = ("--key", job.key) if job.key else ()
            about = ("--statement", job.statement_file(wheel)) if form in GIVEN else ()
            return job.run("pysign-sign", *services, *key, "--emit", EMIT[form], *about, wheel)

        if form is forms.ATTESTATION_2:
            return Cannot(UNTIMED, way, "error[log-version]")
        if form is forms.PROVENANCE and not job.has_source:
            return Cannot("a person's certificate names no source", way, "error[statement-unused]")
        if form not in LOGGED.get(job.kind, EMIT):
            return Cannot("no log has an entry for it that is proven", way, "error[rekor-key]")
        if job.kind == "P-384":
            reason = "Rekor takes no P-384 key over SHA-256 unless it is told to"
            return Cannot(reason, way, "entry algorithms are not allowed")
        return way

    def verify(form: Form) -> Check:
        def check(wheel: Path, signer: str):
            named = ("--bundle", *form.paths(wheel)) if form is forms.LEGACY else ()
            return job.verify(signer, *named, wheel)

        return check

    return Client(
        "pysign",
        sign={form: sign(form) for form in EMIT},
        verify={form: verify(form) for form in forms.FORMS},
    )
