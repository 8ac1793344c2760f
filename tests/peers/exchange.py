"""One client's signature, given to others: what is good is taken, and refused for another file, for
another signer and with one bit changed."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forms
from clients import Cannot, Client
from forms import Form
from job import Job
from table import Row, Table

# Clients wait for services as long as they compute.
THREADS = 4


def exchanges(
    table: Table, job: Job, pairs: Iterable[tuple[Client, Form, list[Client]]]
) -> list[Callable[[], None]]:
    """The rows of each signer and form with all who look at it, and what fills them."""
    tasks = []
    for signer, form, verifiers in pairs:
        rows = [table.row(signer.name, form, verifier.name, job.kind) for verifier in verifiers]
        exchange = Exchange(job, signer, form)
        tasks.append(lambda e=exchange, v=verifiers, r=rows: e.fill(v, r))
    return tasks


def perform(tasks: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


class Exchange:
    """One client's signature in one form."""

    def __init__(self, job: Job, signer: Client, form: Form) -> None:
        self._job, self._signer, self._form = job, signer, form
        self._directory = job.work / signer.name / form.name

    def fill(self, verifiers: list[Client], rows: list[Row]) -> None:
        self._directory.mkdir(parents=True)
        wheel = self._directory / forms.FILENAME
        # A file of its own: who signs the same with the same key finds it in the log already.
        forms.write_wheel(wheel, f'"""{self._signer.name}, {self._form.name}, {self._job.kind}"""\n')
        sign = self._signer.sign[self._form]
        if isinstance(sign, Cannot):
            # One attempt stands for all rows.
            rows[0].cannot(self._signer.name, sign, wheel)
            for row in rows[1:]:
                row.same_as(rows[0])
            return
        done = sign(wheel)
        if any([not row.succeeds("signed", done, shown=False) for row in rows]):
            return
        other = forms.other_file(self._form, wheel, self._directory / "other file")
        changed = forms.one_change(self._form, wheel, self._directory / "one change")
        for verifier, row in zip(verifiers, rows, strict=True):
            verify = verifier.verify[self._form]
            if isinstance(verify, Cannot):
                row.cannot(verifier.name, verify, wheel)
                continue
            row.succeeds("verified", verify(wheel, self._job.signer))
            row.is_refused(verify(other, self._job.signer))
            row.is_refused(verify(wheel, self._job.another))
            row.is_refused(verify(changed, self._job.signer))
