"""In a sandbox's job: what an official client signs, pysign-verify proves, and what pysign-sign
writes, the official clients prove. Where a client can't, its reason stands in the table, and that
it then could is a failure too. The oldest forms are changed in each of their bytes.

agree.py CACHE WORK
"""

import os
import sys
from pathlib import Path

import changes
import forms
import signer
from clients import official
from clients.pysign import pysign
from exchange import exchanges, perform
from job import Job
from table import Table


def main() -> int:
    cache, work = (Path(word).resolve() for word in sys.argv[1:])
    job = Job(work, Path(os.environ["PYSIGN_SANDBOX"]), signer.of_sandbox())
    ours = pysign(job)
    theirs = [client(job, cache) for client in official.ALL]
    table = Table()
    to_us = [(client, form, [ours]) for client in theirs for form in forms.FORMS]
    from_us = [(ours, form, theirs) for form in ours.sign]
    perform(exchanges(table, job, [*to_us, *from_us]))
    [oldest] = [client for client in theirs if client.name == "cosign 2.2.3"]
    changes.of_pair(table, job, work / oldest.name / forms.PAIR.name, oldest)
    changes.of_first_bundle(table, job, work / oldest.name / forms.LEGACY.name)
    print(table)
    return table.failures(job.log)


if __name__ == "__main__":
    sys.exit(main())
