"""Programs that run until they are stopped: each is known to be up before anyone asks it, and is
ended by the id of its process, whatever happens."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

# A service on two busy cores takes some seconds; one that takes this long is not coming up.
START_SECONDS = 60
LOG_LINES = 20


class NotUp(Exception):
    """A service ended or did not answer in time; the end of its log says why."""


class Daemons:
    """What was started, in order. Leaving the context stops it all, last first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen]] = []

    def __enter__(self) -> "Daemons":
        self._logs.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        """Kills them: what one has not written yet is thrown away with its directory."""
        for _, process in reversed(self._running):
            process.kill()
        for _, process in self._running:
            process.wait()

    def start(self, name: str, *command: object) -> None:
        """Starts a program. It is no member of our process group: a terminal's interrupt is for
        the command, and the services are still there when that cleans up."""
        with self._log(name).open("w") as log:
            words = [str(word) for word in command]
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._running.append((name, process))

    def wait(self, name: str, is_up: Callable[[], bool]) -> None:
        """Until the program of this name is up."""
        process = dict(self._running)[name]
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            if process.poll() is not None:
                raise NotUp(f"{name} ended with {process.returncode}:\n{self._tail(name)}")
            if time.monotonic() > deadline:
                raise NotUp(f"{name} is not up after {START_SECONDS} s:\n{self._tail(name)}")
            time.sleep(0.05)

    def check(self) -> None:
        """All that was started must still run."""
        for name, process in self._running:
            if process.poll() is not None:
                raise NotUp(f"{name} ended with {process.returncode}:\n{self._tail(name)}")

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])


def answers(url: str) -> Callable[[], bool]:
    """Whether the address answers with success."""

    def is_up() -> bool:
        try:
            # No proxy stands between loopback and itself.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    return is_up
