"""The clients, each by its command line: how it signs and verifies a form, or why it can't."""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import forms
from forms import Form

HERE = Path(__file__).resolve().parent
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"


def _claims(token: str) -> dict:
    """What a token says; whoever takes it looks at its signature."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Job:
    """The sandbox's job: whom it signs as, and with which services."""

    def __init__(self, work: Path) -> None:
        env = os.environ
        self.work = work
        self.log = work / "log"
        self.sandbox = Path(env["PYSIGN_SANDBOX"])
        self.token = env["SIGSTORE_ID_TOKEN"]
        self.issuer = env["CI_SERVER_URL"]
        project = f"https://{env['CI_SERVER_FQDN']}/{env['CI_PROJECT_PATH']}"
        self.identity = f"{project}//.gitlab-ci.yml@refs/heads/{env['CI_DEFAULT_BRANCH']}"
        # SLSA, as GitLab's runner writes it: the source is what the token, and so the certificate, says.
        source = {"uri": project, "digest": {"gitCommit": _claims(self.token)["sha"]}}
        self.predicate = {
            "buildDefinition": {
                "buildType": "https://example.org/build",
                "externalParameters": {"source": project},
                "resolvedDependencies": [source],
            },
            "runDetails": {"builder": {"id": "https://example.org/builder"}},
        }
        config = json.loads((self.sandbox / "signing_config.json").read_text())
        self.fulcio = config["caUrls"][0]["url"]
        self.rekor = config["rekorTlogUrls"][0]["url"]
        self.trusted_root = self.sandbox / "trusted_root.json"

    def config(self, kind: str, form: Form) -> Path:
        """`signing` or `trust` configuration with the form's log."""
        return self.sandbox / f"{kind}_config{'.v2' if form.rekor == '2' else ''}.json"

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
            "predicateType": PREDICATE_TYPE,
            "predicate": self.predicate,
        }
        path.write_text(json.dumps(document))
        return path

    def run(self, *command: object, **env: object) -> subprocess.CompletedProcess:
        """Runs a command to its end; what it says is in the log, and in the answer's `stdout`."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words,
            env=os.environ | {name: str(value) for name, value in env.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        with self.log.open("a") as log:
            shown = " ".join(words).replace(self.token, "TOKEN")
            print(f"$ {shown}\n{done.stdout}[{done.returncode}]", file=log)
        return done

    def verify(self, identity: str, *words: object) -> subprocess.CompletedProcess:
        """Runs `pysign-verify` as the job's consumers would."""
        who = ("--identity", identity, "--issuer", self.issuer)
        return self.run("pysign-verify", "-q", "--trusted-root", self.trusted_root, *who, *words)


@dataclass(frozen=True)
class Cannot:
    """Why a client can't do what is asked. `attempt` must then fail, and say `words`."""

    reason: str
    attempt: Callable[[Path], subprocess.CompletedProcess] | None = None
    words: str = ""


Way = Callable[[Path], subprocess.CompletedProcess] | Cannot
Check = Callable[[Path, str], subprocess.CompletedProcess] | Cannot


@dataclass
class Client:
    """Signing is given the file, verification the file and the identity."""

    name: str
    sign: dict[Form, Way] = field(default_factory=dict)
    verify: dict[Form, Check] = field(default_factory=dict)


def pysign(job: Job) -> Client:
    """The programs of this repository."""
    root = ("--trusted-root", job.trusted_root)

    def sign(form: Form, emit: str) -> Way:
        config = ("--signing-config", job.config("signing", form))
        return lambda wheel: job.run("pysign-sign", *config, *root, "--emit", emit, wheel)

    def verify(form: Form) -> Check:
        def check(wheel: Path, identity: str) -> subprocess.CompletedProcess:
            named = ("--bundle", *form.paths(wheel)) if form is forms.LEGACY else ()
            return job.verify(identity, *named, wheel)

        return check

    by_emit = ((forms.BUNDLE, "bundle"), (forms.BUNDLE_2, "bundle"), (forms.PAIR, "bundle,pair"))
    return Client(
        "pysign",
        sign={form: sign(form, emit) for form, emit in by_emit},
        verify={form: verify(form) for form in forms.FORMS},
    )
