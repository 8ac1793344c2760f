"""Whom a signature is made as and with which services: the sandbox's job, or one identity or key on
the real services."""

import hashlib
import json
import os
import subprocess
import threading
from pathlib import Path

from forms import Form
from signer import Signer

_writing = threading.Lock()


class Job:
    """One signer. `files` is a directory with the documents of the services."""

    def __init__(self, work: Path, files: Path, signer: Signer) -> None:
        self.work = work
        self.log = work / "log"
        self.files = files
        self.kind, self.token, self.key = signer.kind, signer.token, signer.key
        self.signer, self.another, self.issuer = signer.name, signer.another, signer.issuer
        self.has_source = bool(signer.source)
        self.predicate_type, self.predicate = _provenance(signer)
        config = json.loads((files / "signing_config.json").read_text())
        self.fulcio = config["caUrls"][0]["url"]
        self.rekor = config["rekorTlogUrls"][0]["url"]
        self.trusted_root = files / "trusted_root.json"
        work.mkdir(parents=True, exist_ok=True)

    def config(self, kind: str, form: Form) -> Path:
        """`signing` or `trust` configuration with the form's log."""
        return self.files / f"{kind}_config{'.v2' if form.rekor == '2' else ''}.json"

    def predicate_file(self, wheel: Path) -> Path:
        """The predicate in a file, for clients that make a statement of it."""
        path = wheel.with_name("predicate.json")
        path.write_text(json.dumps(self.predicate))
        return path

    def statement_file(self, wheel: Path) -> Path:
        """A statement about the wheel in a file, for clients that sign what they are given."""
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        path = wheel.with_name("statement.json")
        document = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": wheel.name, "digest": {"sha256": digest}}],
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        }
        path.write_text(json.dumps(document))
        return path

    def run(self, *command: object, **env: object) -> subprocess.CompletedProcess:
        """Runs a command to its end; what it says is in the log, and in the answer's `stdout`."""
        words = [str(word) for word in command]
        more = {name: str(value) for name, value in env.items()}
        done = subprocess.run(
            words,
            env=self._environment() | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        with _writing, self.log.open("a") as log:
            shown = " ".join("TOKEN" if word == self.token else word for word in words)
            print(f"$ {shown}\n{done.stdout}[{done.returncode}]", file=log)
        return done

    def who(self, signer: str, identity: str, issuer: str) -> tuple[str, ...]:
        """A verifier's flags for this signer; it calls those for an identity by these names."""
        return ("--key", signer) if self.key else (identity, signer, issuer, self.issuer)

    def verify(self, signer: str, *words: object) -> subprocess.CompletedProcess:
        """Runs `pysign-verify` as the job's consumers would."""
        who = self.who(signer, "--identity", "--issuer")
        return self.run("pysign-verify", "-q", "--trusted-root", self.trusted_root, *who, *words)

    def _environment(self) -> dict[str, str]:
        """Who signs with a key has no token."""
        env = {name: value for name, value in os.environ.items() if name != "SIGSTORE_ID_TOKEN"}
        return env | ({"SIGSTORE_ID_TOKEN": self.token} if self.token else {})


def _provenance(signer: Signer) -> tuple[str, dict]:
    """SLSA, as GitLab's runner writes it: the source is what the token, and so the certificate,
    says. Who has no source to agree with makes it of the version before."""
    build, builder = "https://example.org/build", {"id": "https://example.org/builder"}
    if not signer.source:
        return "https://slsa.dev/provenance/v0.2", {"builder": builder, "buildType": build}
    source = {"uri": signer.source, "digest": {"gitCommit": signer.commit}}
    definition = {
        "buildType": build,
        "externalParameters": {"source": signer.source},
        "resolvedDependencies": [source],
    }
    predicate = {"buildDefinition": definition, "runDetails": {"builder": builder}}
    return "https://slsa.dev/provenance/v1", predicate
