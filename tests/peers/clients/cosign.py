"""cosign of three ages: 2.2.3, the last that knows no bundles of the specification (what it calls
one is its own), 2.6.4 with both, and 3.1.2, whose pairs are on their way out."""

from pathlib import Path

import forms
from clients import NO_PEP_740, OLD_ENTRY, Cannot, Client
from forms import Form
from job import Job

# The two forms that need no signing configuration come before it.
_OWN = {forms.PAIR: ("--output-signature", "--output-certificate"), forms.LEGACY: ("--bundle",)}


class _Cosign:
    """The commands that the versions share, with what a version needs beside for each form."""

    def __init__(
        self,
        job: Job,
        program: Path,
        bundles: tuple[str, ...] = (),
        verifies_bundles: tuple[str, ...] = (),
        signs_pairs: tuple[str, ...] = (),
        verifies_pairs: tuple[str, ...] = (),
    ) -> None:
        self._job, self._program = job, program
        self._bundles, self._verifies_bundles = bundles, verifies_bundles
        self._signs_pairs, self._verifies_pairs = signs_pairs, verifies_pairs
        # The older forms take their trust from single files, and say "trust" nowhere else.
        self._trust = {
            "SIGSTORE_ROOT_FILE": job.files / "fulcio.pem",
            "SIGSTORE_REKOR_PUBLIC_KEY": job.files / "rekor.pem",
            "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": job.files / "ct.pem",
        }

    def run(self, *words: object):
        # The password of the keys that it has imported.
        return self._job.run(self._program, *words, COSIGN_PASSWORD="")

    @property
    def has_odd_key(self) -> bool:
        """One that it imports and signs with, and then reads otherwise than it has signed."""
        return self._job.kind in ("P-384", "Ed25519")

    def cannot_sign(self, sign, verify) -> Cannot:
        def attempt(wheel: Path):
            signed = sign(wheel)
            return signed if signed.returncode else verify(wheel, self._job.signer)

        return Cannot("can't verify what it signs with such a key", attempt, "could not verify")

    def sign_own(self, form: Form):
        """A pair, or cosign's own bundle."""

        def sign(wheel: Path):
            named = zip(_OWN[form], form.paths(wheel), strict=True)
            out = [word for pair in named for word in pair]
            services = ("-y", "--fulcio-url", self._job.fulcio, "--rekor-url", self._job.rekor)
            words = ("sign-blob", *services, *self._signs_pairs, *out, wheel)
            return self._job.run(self._program, *words, **self._trust)

        return sign

    def sign(self, form: Form):
        def sign(wheel: Path):
            return self.run("sign-blob", *self._services(form, wheel), wheel)

        return sign

    def attest(self, form: Form):
        def sign(wheel: Path):
            what = ("--statement", self._job.statement_file(wheel))
            return self.run("attest-blob", *self._services(form, wheel), *what)

        return sign

    def verify_pair(self, wheel: Path, signer: str):
        signature, certificate = forms.PAIR.paths(wheel)
        files = ("--signature", signature, "--certificate", certificate)
        where = ("--rekor-url", self._job.rekor, *self._verifies_pairs)
        words = ("verify-blob", *files, *where, *self._who(signer), wheel)
        return self._job.run(self._program, *words, **self._trust)

    def verify(self, form: Form):
        def check(wheel: Path, signer: str):
            return self.run("verify-blob", *self._bundle(form, wheel, signer), wheel)

        return check

    def verify_statement(self, form: Form):
        def check(wheel: Path, signer: str):
            kind = ("--type", form.predicate_type or self._job.predicate_type)
            words = (*self._bundle(form, wheel, signer), *kind, wheel)
            return self.run("verify-blob-attestation", *words)

        return check

    def _services(self, form: Form, wheel: Path) -> tuple:
        config = ("--signing-config", self._job.config("signing", form), *self._root())
        with_key = self._key(wheel) if self._job.key else ()
        return ("-y", *self._bundles, *config, *with_key, "--bundle", *form.paths(wheel))

    def _key(self, wheel: Path) -> tuple:
        """It takes keys of its own form alone, encrypted."""
        prefix = wheel.with_name("cosign")
        words = ("import-key-pair", "--key", self._job.key, "--output-key-prefix", prefix)
        self.run(*words)
        return ("--key", f"{prefix}.key")

    def _bundle(self, form: Form, wheel: Path, signer: str) -> tuple:
        bundle = (*self._bundles, *self._verifies_bundles, "--bundle", *form.paths(wheel))
        return (*bundle, *self._root(), *self._who(signer))

    def _root(self) -> tuple:
        return ("--trusted-root", self._job.trusted_root)

    def _who(self, signer: str) -> tuple:
        return self._job.who(signer, "--certificate-identity", "--certificate-oidc-issuer")


def cosign_2_2(job: Job, cache: Path) -> Client:
    cosign = _Cosign(job, cache / "cosign-2.2.3/cosign")
    unknown = "unknown flag"
    bundles = "bundles of the specification came with 2.4"
    rekor_2 = "Rekor v2 came with 2.6"

    def reason(form: Form) -> str:
        return rekor_2 if form.rekor == "2" else bundles

    def cannot_verify(check, reason: str):
        return Cannot(reason, lambda wheel: check(wheel, job.signer), unknown)

    return Client(
        "cosign 2.2.3",
        sign={
            forms.BUNDLE: Cannot(bundles, cosign.sign(forms.BUNDLE), unknown),
            forms.BUNDLE_2: Cannot(rekor_2, cosign.sign(forms.BUNDLE_2), unknown),
            forms.PAIR: cosign.sign_own(forms.PAIR),
            forms.LEGACY: cosign.sign_own(forms.LEGACY),
            forms.STATEMENT: Cannot(bundles, cosign.attest(forms.STATEMENT), unknown),
            forms.STATEMENT_2: Cannot(rekor_2, cosign.attest(forms.STATEMENT_2), unknown),
        }
        | NO_PEP_740,
        verify={form: cannot_verify(cosign.verify(form), reason(form)) for form in forms.BUNDLES}
        | {
            form: cannot_verify(cosign.verify_statement(form), reason(form))
            for form in (*forms.STATEMENTS, *forms.RELEASES)
        }
        | {forms.PAIR: cosign.verify_pair}
        | NO_PEP_740,
    )


def cosign_2_6(job: Job, cache: Path) -> Client:
    program = cache / "cosign-2.6.4/cosign"
    # It counts a log's times alone unless it is told otherwise, and Rekor v2 gives none.
    timed = ("--use-signed-timestamps",)
    cosign = _Cosign(job, program, ("--new-bundle-format",), timed)
    client = _with_bundles("cosign 2.6.4", cosign)
    attempt = cosign.attest(forms.STATEMENT_2)
    client.sign[forms.STATEMENT_2] = Cannot(OLD_ENTRY, attempt, "adding rekor v2 entry")
    return client


def cosign_3(job: Job, cache: Path) -> Client:
    program, old = cache / "cosign-3.1.2/cosign", "--new-bundle-format=false"
    own_services = ("--use-signing-config=false", old)
    return _with_bundles("cosign 3.1.2", _Cosign(job, program, (), (), own_services, (old,)))


def _with_bundles(name: str, cosign: _Cosign) -> Client:
    bundles, statements = forms.BUNDLES, forms.STATEMENTS
    old = (forms.PAIR, forms.LEGACY)
    client = Client(
        name,
        sign={form: cosign.sign(form) for form in bundles}
        | {form: cosign.attest(form) for form in statements}
        | {form: cosign.sign_own(form) for form in old}
        | NO_PEP_740,
        verify={form: cosign.verify(form) for form in bundles}
        | {form: cosign.verify_statement(form) for form in (*statements, *forms.RELEASES)}
        | {forms.PAIR: cosign.verify_pair}
        | NO_PEP_740,
    )
    if cosign.has_odd_key:
        for form in (*bundles, *statements):
            client.sign[form] = cosign.cannot_sign(client.sign[form], client.verify[form])
    return client
