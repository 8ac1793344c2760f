#!/usr/bin/env python3
"""The client of sigstore-conformance's protocol (docs/cli_protocol.md there), over `pysign-sign` and
`pysign-verify` as PATH finds them. What the suite says is handed on; nothing is decided here.

conformance_client.py sign-bundle|verify-bundle …
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    args = arguments()
    return args.command(args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    signing = commands.add_parser("sign-bundle")
    signing.set_defaults(command=sign)
    signing.add_argument("--in-toto", action="store_true")
    signing.add_argument("--identity-token", required=True)
    signing.add_argument("--signing-config", type=Path)
    verifying = commands.add_parser("verify-bundle")
    verifying.set_defaults(command=verify)
    verifying.add_argument("--certificate-identity")
    verifying.add_argument("--certificate-oidc-issuer")
    verifying.add_argument("--key", type=Path)
    for command in (signing, verifying):
        command.add_argument("--staging", action="store_true")
        command.add_argument("--bundle", type=Path, required=True)
        command.add_argument("--trusted-root", type=Path)
        command.add_argument("subject", metavar="FILE")
    return parser.parse_args()


def sign(args: argparse.Namespace) -> int:
    """Signatures lie beside their files, under names that are the program's: they are made in a
    directory of their own."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if args.in_toto:
            statement = Path(args.subject)
            files = subjects(statement, directory)
            emit = ("--emit", "statement", "--statement", statement)
            suffix = ".statement.sigstore.json"
        else:
            # Of a wheel's name more would be asked than that of a file.
            files = [directory / "artifact"]
            shutil.copyfile(args.subject, files[0])
            emit = ("--emit", "bundle")
            suffix = ".sigstore.json"
        # The protocol has the token in the arguments. It goes no further that way.
        command = ("pysign-sign", "--token-file", "-", *services(args), *emit, *files)
        signed = subprocess.run(
            command, input=args.identity_token, text=True, stdout=subprocess.DEVNULL
        )
        if signed.returncode == 0:
            shutil.copyfile(f"{files[0]}{suffix}", args.bundle)
        return signed.returncode


def subjects(statement: Path, directory: Path) -> list[Path]:
    """Copies of the files that a statement is about, which lie beside it: the program signs no
    statement about files that it has not seen."""
    files = []
    for subject in json.loads(statement.read_bytes())["subject"]:
        file = directory / Path(subject["name"]).name
        shutil.copyfile(statement.with_name(file.name), file)
        files.append(file)
    return files


def verify(args: argparse.Namespace) -> int:
    """With the options of cosign, which are the suite's and `pysign-verify`'s."""
    signer = ("certificate-identity", "certificate-oidc-issuer", "key")
    options = [(f"--{name}", getattr(args, name.replace("-", "_"))) for name in signer]
    given = [word for option, value in options if value is not None for word in (option, value)]
    subject = ("--digest", args.subject) if is_digest(args.subject) else (args.subject,)
    command = ("pysign-verify", *services(args), "--bundle", args.bundle, *given, *subject)
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode


def is_digest(subject: str) -> bool:
    """As the protocol tells digests from paths."""
    form = re.fullmatch("sha256:[0-9a-fA-F]{64}", subject)
    return form is not None and not os.path.lexists(subject)


def services(args: argparse.Namespace) -> list:
    """Whom to trust and, for signing, whom to ask; the public instance if nothing is said."""
    options = [("--trusted-root", args.trusted_root)]
    options.append(("--signing-config", getattr(args, "signing_config", None)))
    words = [word for option, value in options if value is not None for word in (option, value)]
    return words + (["--staging"] if args.staging else [])


if __name__ == "__main__":
    sys.exit(main())
