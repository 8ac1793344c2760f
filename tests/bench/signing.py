"""How fast and how small `pysign-sign` is beside cosign, on the real services, with Rekor v1.

signing.py PEERS PYSIGN-SIGN [COUNT]     (a command of ../peers/services.py)

Whole processes sign the same files and take turns. The median of several runs is quoted: most of a
run is waiting for a log that takes entries in ten times a second. What a program does itself
meanwhile is its processor time, user and system. No test asserts a time.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Runs of what takes a second, and of what takes many.
TURNS, FEW_TURNS = 15, 3
LARGE = 1 << 30
# How often a process is asked for its memory: what grows shows in its last second too.
SAMPLING = 0.001

Sign = Callable[[list[Path]], None]


def main() -> None:
    peers, program, *count = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="pysign-bench-") as work:
        bench = Bench(Path(peers).resolve(), Path(program).resolve(), Path(work))
        few_files(bench)
        many_files(bench, int(count[0]) if count else 100)
        large_file(bench)


def few_files(bench: "Bench") -> None:
    """A wheel and an sdist, say."""
    ours, new, old = bench.medians(TURNS, 2, bench.ours(), bench.cosign_3, bench.cosign_2)
    print(f"2 files: {ours}; two calls of cosign 3.1.2 {new}; of cosign 2.2.3 {old}")
    for version, cosign in (("3.1.2", new), ("2.2.3", old)):
        say(f"  of cosign {version}'s time", ours.wall / cosign.wall, at_most=0.7)
        say("  of its processor time", ours.cpu / cosign.cpu, at_most=0.3)


def many_files(bench: "Bench", count: int) -> None:
    """With one certificate for all of them, or one for each."""
    [ours] = bench.medians(FEW_TURNS, count, bench.ours())
    one_job, cosign = bench.medians(1, count, bench.ours("--jobs", 1), bench.cosign_3)
    print(f"{count} files: {ours}; with one job {one_job}; cosign 3.1.2 {cosign}")
    say("  times as fast as cosign", cosign.wall / ours.wall, at_least=5)
    print(f"  its own time without waiting: {1000 * ours.cpu / count:.2f} ms a file")


def large_file(bench: "Bench") -> None:
    print(f"{LARGE >> 20} MiB:")
    say("  resident memory, in MiB", bench.memory(LARGE) / (1 << 20), at_most=16)
    say("the program, in MB", bench.program.stat().st_size / 1e6, at_most=8)


def say(what: str, figure: float, at_most: float = 0, at_least: float = 0) -> None:
    holds = figure <= at_most if at_most else figure >= at_least
    goal = f"at most {at_most}" if at_most else f"at least {at_least}"
    print(f"{what:<36} {figure:>8.4f}  {goal}: {'holds' if holds else 'MISSED'}", flush=True)


@dataclass(frozen=True)
class Taken:
    """Seconds from the start to the end, and of processors."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.3f} s, {self.cpu:.3f} of them its own"


class Bench:
    """The programs. All sign as the same identity, with the same services."""

    def __init__(self, peers: Path, program: Path, work: Path) -> None:
        self.program, self._peers, self._work = program, peers, work
        files = Path(os.environ["PYSIGN_INSTANCE"])
        config = files / "signing_config.json"
        self._config = ("--signing-config", config, "--trusted-root", files / "trusted_root.json")
        services = json.loads(config.read_text())
        fulcio, rekor = services["caUrls"][0]["url"], services["rekorTlogUrls"][0]["url"]
        self._urls = ("--fulcio-url", fulcio, "--rekor-url", rekor)
        with urllib.request.urlopen(f"{os.environ['PYSIGN_GITLAB_ISSUER']}/token") as answer:
            token = answer.read().decode()
        self._env = os.environ | {
            "HOME": str(work),
            "SIGSTORE_ID_TOKEN": token,
            # What cosign 2.2.3 takes in the place of a trusted root.
            "SIGSTORE_ROOT_FILE": str(files / "fulcio.pem"),
            "SIGSTORE_REKOR_PUBLIC_KEY": str(files / "rekor.pem"),
            "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": str(files / "ct.pem"),
        }

    def ours(self, *words: object) -> Sign:
        return lambda files: self._run(self.program, *words, *self._config, *files)

    def cosign_3(self, files: list[Path]) -> None:
        for file in files:
            out = ("--bundle", f"{file}.sigstore.json")
            self._run(self._cosign("3.1.2"), "sign-blob", "-y", *self._config, *out, file)

    def cosign_2(self, files: list[Path]) -> None:
        for file in files:
            out = ("--output-signature", f"{file}.sig", "--output-certificate", f"{file}.crt")
            self._run(self._cosign("2.2.3"), "sign-blob", "-y", *self._urls, *out, file)

    def medians(self, turns: int, count: int, *ways: Sign) -> list[Taken]:
        """Of so many turns, in each of which each way signs so many new files."""
        runs = [[self._taken(sign, count) for sign in ways] for _ in range(turns)]
        return [_median(of_one) for of_one in zip(*runs, strict=True)]

    def memory(self, size: int) -> int:
        """The most that is resident when one file of this size is signed, in bytes: `VmHWM` of
        proc_pid_status(5), which only grows."""
        with tempfile.TemporaryDirectory(dir=self._work) as directory:
            file, most = Path(directory, "large.bin"), 0
            with file.open("wb") as content:
                # Zeros, which take no space on the disk.
                content.truncate(size)
            command = _words(self.program, *self._config, file)
            with subprocess.Popen(command, env=self._env, stdout=subprocess.DEVNULL) as process:
                status = Path(f"/proc/{process.pid}/status")
                while process.poll() is None:
                    most = max(most, _high_water_mark(status.read_text()))
                    time.sleep(SAMPLING)
            return most

    def _taken(self, sign: Sign, count: int) -> Taken:
        with tempfile.TemporaryDirectory(dir=self._work) as directory:
            files = [Path(directory, f"file-{number}.bin") for number in range(count)]
            for file in files:
                file.write_text(f"{file.name}\n")
            began, before = time.monotonic(), _cpu_of_children()
            sign(files)
            return Taken(time.monotonic() - began, _cpu_of_children() - before)

    def _cosign(self, version: str) -> Path:
        return self._peers / f"cosign-{version}/cosign"

    def _run(self, *command: object) -> None:
        words = _words(*command)
        done = subprocess.run(words, env=self._env, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            sys.exit(f"{words[0]}: {done.stderr.decode(errors='replace')}")


def _words(*command: object) -> list[str]:
    return [str(word) for word in command]


def _median(runs: list[Taken]) -> Taken:
    wall, cpu = ([run.wall for run in runs], [run.cpu for run in runs])
    return Taken(statistics.median(wall), statistics.median(cpu))


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _high_water_mark(status: str) -> int:
    """None for a process that is on its end."""
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return 1024 * int(lines[0].split()[1]) if lines else 0


if __name__ == "__main__":
    main()
