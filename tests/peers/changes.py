"""What cosign 2.2.3 signed, changed in one place at a time: none of it may be taken."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forms
from clients import Client
from job import Job
from table import Table

# Bits that are flipped in each byte: a neighbour in base64, the case of a letter.
FLIPS = (0x01, 0x20)


def of_pair(table: Table, job: Job, directory: Path, cosign: Client) -> None:
    """Every byte of both files flipped, and left out. One run looks at all changes of a file, and
    at the pair as it is, which it must not complain about. The file is no wheel: a copy of one
    under another name is refused for that."""
    plain = directory / "notes"
    plain.write_bytes(b"signed as a file\n")
    cosign.sign[forms.PAIR](plain).check_returncode()
    for path in forms.PAIR.paths(plain):
        row = table.row("cosign 2.2.3", f"pair, {path.suffix}", "pysign", job.kind)
        good = {other.suffix: other.read_bytes() for other in forms.PAIR.paths(plain)}
        changed = list(_bytes_changed(good[path.suffix], FLIPS, shortened=True))
        area = directory / f"changes of {path.suffix}"
        area.mkdir()
        for number, content in enumerate([good[path.suffix], *changed]):
            copy = area / f"{number}.bin"
            copy.hardlink_to(plain)
            for suffix, bytes_ in (good | {path.suffix: content}).items():
                copy.with_name(copy.name + suffix).write_bytes(bytes_)
        row.counts(*_named(job, area, len(changed)))


def _named(job: Job, area: Path, count: int) -> tuple[int, int, str]:
    """How many of the files `1.bin`… one run refuses, of how many, and what is wrong with that."""
    files = [area / f"{number}.bin" for number in range(count + 1)]
    done = job.verify(job.signer, "--error-format=json", *files)
    problems = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    errors = [problem for problem in problems if problem["level"] == "error"]
    refused = {Path(error["file"]).name.split(".")[0] for error in errors if error.get("file")}
    missing = {str(number) for number in range(1, count + 1)} - refused
    faults = [f"exit {done.returncode}"] if done.returncode != 1 else []
    faults += [f"the pair as it is was refused: {done.stdout[:1000]}"] if "0" in refused else []
    faults += [f"taken, or not named: {sorted(missing)[:20]}"] if missing else []
    return count - len(missing), count, "; ".join(faults)


def of_first_bundle(table: Table, job: Job, directory: Path) -> None:
    """Every decoded value of cosign's own bundle changed in each of its bytes: the signature, the
    certificate, the log's promise, and what the promise is about."""
    wheel = directory / forms.FILENAME
    [path] = forms.LEGACY.paths(wheel)
    good = path.read_text()
    area = directory / "changes"
    area.mkdir()
    for place in _leaves(json.loads(good)):
        row = table.row("cosign 2.2.3", f"first bundle, {place[-1]}", "pysign", job.kind)
        changed = list(_leaf_changed(good, place))

        def verdict(numbered: tuple[int, str], name: str = str(place[-1])) -> int:
            bundle = area / f"{name}-{numbered[0]}"
            bundle.write_text(numbered[1])
            return job.verify(job.signer, "--bundle", bundle, wheel).returncode

        with ThreadPoolExecutor() as pool:
            verdicts = list(pool.map(verdict, enumerate(changed)))
        others = {verdict for verdict in verdicts if verdict != 1}
        row.counts(verdicts.count(1), len(changed), f"exit {others}" if others else "")


def _leaves(value: object, place: tuple = ()) -> Iterator[tuple]:
    if not isinstance(value, dict):
        yield place
        return
    for name, member in value.items():
        yield from _leaves(member, (*place, name))


def _leaf_changed(document: str, place: tuple) -> Iterator[str]:
    """The document once for each change of the leaf: of its bytes when it is base64, of its digits
    when it is hexadecimal, of the number itself."""

    def written(value: object) -> str:
        changed = json.loads(document)
        forms.change_leaf(changed, place, lambda _: value)
        return json.dumps(changed)

    leaf = json.loads(document)
    for step in place:
        leaf = leaf[step]
    if isinstance(leaf, int):
        yield from (written(leaf + step) for step in (-1, 1, -leaf))
    elif place[-1] == "logID":
        yield from (written(changed.decode()) for changed in _bytes_changed(leaf.encode(), (0x01,)))
    else:
        for changed in _bytes_changed(base64.b64decode(leaf), (0x01,)):
            yield written(base64.b64encode(changed).decode())


def _bytes_changed(good: bytes, flips: tuple, *, shortened: bool = False) -> Iterator[bytes]:
    for at, byte in enumerate(good):
        for flip in flips:
            yield good[:at] + bytes([byte ^ flip]) + good[at + 1 :]
        if shortened:
            yield good[:at] + good[at + 1 :]
