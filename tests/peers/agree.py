"""In a sandbox's job: what an official client signs, pysign-verify proves, and what pysign-sign
writes, the official clients prove. None takes it for another file, for another signer or with one
bit changed. Where a client can't, its reason stands in the table, and that it then could is a
failure too.

agree.py CACHE WORK
"""

import sys
from pathlib import Path

import changes
import forms
import peers
from clients import Cannot, Client, Job, pysign
from forms import Form
from table import Table


def main() -> int:
    cache, work = (Path(word).resolve() for word in sys.argv[1:])
    job = Job(work)
    ours = pysign(job)
    theirs = [peer(job, cache) for peer in peers.ALL]
    table = Table()
    for client in theirs:
        for form in forms.FORMS:
            exchange(table, job, client, ours, form)
    for client in theirs:
        for form in ours.sign:
            exchange(table, job, ours, client, form)
    changes.of_pair(table, job, work / "cosign 2.2.3" / forms.PAIR.name)
    changes.of_first_bundle(table, job, work / "cosign 2.2.3" / forms.LEGACY.name)
    print(table)
    return table.failures(job.log)


def exchange(table: Table, job: Job, signer: Client, verifier: Client, form: Form) -> None:
    """One signature in one form from one client to another: a row."""
    row = table.row(signer.name, form.name, verifier.name)
    directory = job.work / signer.name / form.name
    wheel = directory / forms.FILENAME
    if not wheel.exists():
        directory.mkdir(parents=True)
        forms.write_wheel(wheel, "")
        sign = signer.sign[form]
        if isinstance(sign, Cannot):
            return row.cannot(f"{signer.name} signs", sign, wheel)
        if not row.succeeds("signed", sign(wheel), shown=False):
            return None
    verify = verifier.verify[form]
    if isinstance(verify, Cannot):
        return row.cannot(f"{verifier.name} verifies", verify, wheel)
    row.succeeds("verified", verify(wheel, job.identity))
    area = directory / f"for {verifier.name}"
    area.mkdir()
    row.is_refused(verify(forms.other_file(form, wheel, area / "other file"), job.identity))
    row.is_refused(verify(wheel, f"{job.identity}.x"))
    row.is_refused(verify(forms.one_change(form, wheel, area / "one change"), job.identity))
    return None


if __name__ == "__main__":
    sys.exit(main())
