"""Refs with characters that a URL escapes, on the real services: Fulcio writes the certificate's name
as Go does, pysign-sign must expect that very name, and pysign-verify take the ref as it was given
and no other that escapes to the same name."""

import os
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path

import signer
from job import Job

# Each with one that Fulcio gives the same name, where there is such a one.
TAGS = {
    "vé": "v%C3%A9",
    "v%C3%A9": "vé",
    'v"1"': "v%221%22",
    "v<1>": "v%3C1%3E",
    "v|`1": "v%7C%601",
    "v1+2;3,4@(5)!'$&=": None,
    "日本語": None,
}


def hold(work: Path, files: Path) -> int:
    """Signs and verifies for each tag, on GitLab and GitHub; says how many hold, and 1 if not all."""
    wrong, count = [], 0
    for kind, flag in {"GitLab": "--gitlab", "GitHub": "--github"}.items():
        for number, (tag, twin) in enumerate(TAGS.items()):
            count += 1
            ref = f"refs/tags/{tag}"
            who = replace(signer.of_services(kind), token=_token(kind, ref))
            job = Job(work / f"escapes {kind} {number}", files, who)
            file = job.work / "file"
            file.write_text("signed\n")
            services = ("--signing-config", files / "signing_config.json")
            services = (*services, "--trusted-root", job.trusted_root)
            signed = job.run("pysign-sign", "-q", "--emit", "bundle", *services, file)
            policy = (flag, "acme/demo", "--issuer", job.issuer, "--ref")
            verify = ("pysign-verify", "-q", "--trusted-root", job.trusted_root, file, *policy)
            taken = job.run(*verify, ref)
            other = job.run(*verify, f"refs/tags/{twin or 'v1'}")
            if (signed.returncode, taken.returncode, other.returncode) != (0, 0, 1):
                wrong.append(f"{kind}, {tag}: {signed.stdout}{taken.stdout}{other.stdout}")
    print(f"escaped names: {count - len(wrong)}/{count}")
    print("\n".join(wrong), end="")
    return 1 if wrong else 0


def _token(kind: str, ref: str) -> str:
    tag = ref.removeprefix("refs/tags/")
    workflow = f"acme/demo/.github/workflows/release.yml@{ref}"
    changes = {
        "GitLab": {
            "ref": tag,
            "ref_path": ref,
            "sub": f"project_path:acme/demo:ref_type:tag:ref:{tag}",
            "ci_config_ref_uri": f"gitlab.com/acme/demo//.gitlab-ci.yml@{ref}",
        },
        "GitHub": {
            "ref": ref,
            "sub": f"repo:acme/demo:ref:{ref}",
            "workflow_ref": workflow,
            "job_workflow_ref": workflow,
        },
    }[kind]
    issuer = os.environ[f"PYSIGN_{kind.upper()}_ISSUER"]
    with urllib.request.urlopen(f"{issuer}/token?{urllib.parse.urlencode(changes)}") as answer:
        return answer.read().decode()
