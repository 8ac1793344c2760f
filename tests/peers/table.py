"""The table that is printed at the end: who signed what, who looked at it, and what came of it."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from clients import Cannot
from forms import Form

NAMES = ("signed by", "form", "looked at by", "signer")
HEAD = (*NAMES, "as it is", "another file", "another signer", "changed")


@dataclass
class Row:
    """What it is about, then a cell for each check, or the one reason why there is none."""

    signer: str
    form: Form | str
    verifier: str
    # Of what kind the signer is.
    kind: str
    # Why one of the two can't do its part.
    reason: str = ""
    cells: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def succeeds(self, word: str, done: subprocess.CompletedProcess, *, shown: bool = True) -> bool:
        """The command must have succeeded, which is then called `word`."""
        if done.returncode:
            self.fail(f"not {word}", done.stdout)
        elif shown:
            self.cells.append(word)
        return not done.returncode

    def is_refused(self, done: subprocess.CompletedProcess) -> None:
        """The command must have refused: 1 is what every client ends with then."""
        if done.returncode == 1:
            self.cells.append("refused")
        else:
            self.fail(f"NOT REFUSED ({done.returncode})", done.stdout)

    @property
    def names(self) -> tuple[str, str, str, str]:
        form = self.form if isinstance(self.form, str) else self.form.name
        return (self.signer, form, self.verifier, self.kind)

    def cannot(self, who: str, cannot: Cannot, wheel: Path) -> None:
        """The reason, once the attempt has failed for it."""
        if cannot.attempt:
            done = cannot.attempt(wheel)
            if not done.returncode:
                return self.fail(f"{who} CAN", f"should fail, for {cannot.reason}")
            if cannot.words not in done.stdout:
                return self.fail(f"{who} FAILS OTHERWISE", done.stdout)
        self.reason = cannot.reason
        self.cells.append(f"- {who}: {cannot.reason}")
        return None

    def same_as(self, other: "Row") -> None:
        """What has failed there has failed here, and is said once."""
        self.reason, self.cells = other.reason, list(other.cells)

    def counts(self, refused: int, changes: int, fault: str) -> None:
        """So many of the changes were refused, and it must be all of them."""
        if fault or refused != changes or not changes:
            return self.fail(f"REFUSED {refused} OF {changes} CHANGES", fault)
        self.cells.append(f"- refused with each of {changes} changes")
        return None

    def fail(self, cell: str, text: str) -> None:
        self.cells.append(cell)
        self.failures.append(f"{', '.join(self.names)}: {cell}\n{text}")


class Table:
    """All rows; whoever asks for one adds it."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def row(self, signer: str, form: Form | str, verifier: str, kind: str) -> Row:
        row = Row(signer, form, verifier, kind)
        self.rows.append(row)
        return row

    def __str__(self) -> str:
        lines = [HEAD, *((*row.names, *row.cells) for row in self.rows)]
        # A reason is as long as it is; it has the rest of its line.
        columns = [[line[at] for line in lines if len(line) > at] for at in range(len(HEAD))]
        widths = [max((len(c) for c in column if c[0] != "-"), default=0) for column in columns]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in lines
        )

    def failures(self, log: Path) -> int:
        """Says on standard output what failed, and gives the exit status."""
        complete = len(HEAD) - len(NAMES)
        for row in self.rows:
            for failure in row.failures:
                print(f"\nFAILED: {failure}")
            # A row with a reason has no more than that, one with a failure says so itself.
            is_whole = len(row.cells) == complete or row.cells[:1] and row.cells[0][0] == "-"
            if not row.failures and not is_whole:
                row.failures.append("a cell is missing")
                print(f"\nFAILED: {', '.join(row.names)}: {len(row.cells)} cells of {complete}")
        failed = sum(len(row.failures) for row in self.rows)
        if failed:
            print(f"\n{failed} failed; every command is in {log}")
        return min(failed, 1)
