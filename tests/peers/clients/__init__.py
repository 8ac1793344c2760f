"""The clients, each by its command line: how it signs and verifies a form, or why it can't."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from forms import ATTESTATIONS, Form

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Cannot:
    """Why a client can't do what is asked. `attempt` must then fail, and say `words`."""

    reason: str
    attempt: Callable[[Path], subprocess.CompletedProcess] | None = None
    words: str = ""


Way = Callable[[Path], subprocess.CompletedProcess] | Cannot
Check = Callable[[Path, str], subprocess.CompletedProcess] | Cannot

NO_PEP_740 = dict.fromkeys(ATTESTATIONS, Cannot("knows nothing of PEP 740"))
NO_PAIR = Cannot("has bundles alone")
COSIGN_ONLY = Cannot("the form is cosign's own")
# What a client says of statements in Rekor v2, which takes hashedrekord entries alone.
OLD_ENTRY = "proposes entries of a kind that Rekor v2 has dropped"
UNTIMED = "PEP 740 has no place for a time-stamp, and Rekor v2 gives no time"


@dataclass
class Client:
    """Signing is given the file, verification the file and the identity."""

    name: str
    sign: dict[Form, Way] = field(default_factory=dict)
    verify: dict[Form, Check] = field(default_factory=dict)
