"""On the real services (services.py): every form, in either log, as each kind of identity, signed
by pysign-sign for the official clients and by them for pysign-verify.

matrix.py CACHE WORK DOCUMENT [--write]

What was measured must be what DOCUMENT says; --write makes it so.
"""

import os
import sys
from pathlib import Path

import document
import escapes
import forms
import signer
from clients import official
from clients.pysign import pysign
from exchange import exchanges, perform
from job import Job
from table import Table

IDENTITIES = ("e-mail", "GitLab", "GitHub")
# What a key can sign: the other forms hold a certificate.
KEYED = (*forms.BUNDLES, *forms.STATEMENTS)


def main() -> int:
    cache, work, page = (Path(word).resolve() for word in sys.argv[1:4])
    files = Path(os.environ["PYSIGN_INSTANCE"])
    table, tasks = Table(), []
    for kind in IDENTITIES:
        job = Job(work / kind, files, signer.of_services(kind))
        theirs = [client(job, cache) for client in official.ALL]
        tasks += _both_ways(table, job, theirs, theirs, forms.FORMS, forms.OURS)
    for kind in signer.ALGORITHMS:
        job = Job(work / kind, files, signer.of_key(work / "keys" / kind, kind))
        sign = [client(job, cache) for client in official.SIGN_WITH_KEYS]
        verify = [client(job, cache) for client in official.VERIFY_WITH_KEYS]
        tasks += _both_ways(table, job, sign, verify, KEYED, forms.RELEASES)
    perform(tasks)
    print(table)
    if table.failures(work) or escapes.hold(work, files):
        return 1
    return document.hold(page, table, is_written="--write" in sys.argv)


def _both_ways(
    table: Table, job: Job, signers: list, verifiers: list, chosen: tuple, own: tuple
) -> list:
    """What signs for us, and what verifies what we sign, in these forms and in our own."""
    ours = pysign(job)
    from_us = [(ours, form, verifiers) for form in (*chosen, *own) if form in ours.sign]
    to_us = [(client, form, [ours]) for client in signers for form in chosen]
    return exchanges(table, job, [*from_us, *to_us])


if __name__ == "__main__":
    sys.exit(main())
