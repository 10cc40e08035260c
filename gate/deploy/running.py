"""Terraform as processes: started, looked at, interrupted, never killed.

Killed, Terraform loses what it was making from its state; interrupted, it finishes that and writes
it down (measured 2026-11, 50 resources).
"""

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

_LAST_WORDS = 30
_LOG_LIMIT = 32 * 1024**2
# What Terraform writes at these goes to its standard error and so to a log, secrets of a state with
# it (measured 2026-11); a data folder of its own would be that of every stack at once.
# https://developer.hashicorp.com/terraform/cli/config/environment-variables (2026-11)
_NOT_PASSED_ON = ("TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_DATA_DIR", "TF_WORKSPACE")

# What the provider says where AWS, asked for a bucket with HEAD, has answered 403 without a word
# (measured 2026-11): https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html (2026-11).
_NOT_SEEN = re.compile(r"waiting for S3 Bucket \(.*\) create: empty result")
_MAY_NOT_LOOK = (
    "S3 gave no reason; most often whoever applies may not look at the bucket",
    "(HeadBucket, which takes s3:ListBucket): gate deployer prints what it takes.",
)


class Interrupted(Exception):
    """Nothing more is started."""


@dataclass(frozen=True, slots=True)
class Step:
    """A run of Terraform that has ended: its exit code, the log with all it said, and whether it
    was interrupted."""

    code: int
    log: Path
    interrupted: bool

    def text(self) -> str:
        """Return what it said."""
        with self.log.open(encoding="utf-8", errors="backslashreplace") as opened:
            return opened.read(_LOG_LIMIT)

    def last_words(self) -> tuple[str, ...]:
        """Return its last lines, from the first error among them on."""
        lines = [line.strip("╷╵│ ") for line in self.text().splitlines()]
        lines = [line for line in lines if line][-_LAST_WORDS:]
        first = next((at for at, line in enumerate(lines) if line.startswith("Error:")), 0)
        hint = _MAY_NOT_LOOK if any(map(_NOT_SEEN.search, lines)) else ()
        return (*lines[first:], *hint)


@dataclass
class _Run:
    process: subprocess.Popen[bytes]
    log: Path
    look: Callable[[str], None] | None
    # Taken by whoever interrupts it first: of two interrupts, Terraform takes the second for a wish
    # to stop at once.
    first: threading.Lock = field(default_factory=threading.Lock)

    def interrupt(self) -> None:
        """Interrupt it, unless it has been."""
        if self.first.acquire(blocking=False):
            self.process.send_signal(signal.SIGINT)


@dataclass
class Terraform:
    """Runs Terraform with ``variables`` as its environment and keeps what it says in ``logs``.
    ``say`` tells the user what an interrupt does."""

    variables: Mapping[str, str]
    logs: Path
    say: Callable[[str], None]
    _runs: list[_Run] = field(default_factory=list)
    _interrupted: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self,
        stack: str,
        name: str,
        folder: Path,
        arguments: list[str],
        look: Callable[[str], None] | None = None,
    ) -> Step:
        """Run ``terraform -chdir=FOLDER ARGUMENTS`` to its end; ``look`` is given what it has said
        whenever somebody looks. Raises ``Interrupted`` instead of starting it after an
        interrupt."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{stack}.{name}.log"
        # Such as `state push`.
        words = 2 if arguments[0] == "state" else 1
        command, options = arguments[:words], arguments[words:]
        # Into the file itself: when this process ends, Terraform goes on.
        with log.open("wb") as output:
            with self._lock:
                if self._interrupted:
                    raise Interrupted
                process = subprocess.Popen(
                    ["terraform", f"-chdir={folder}", *command, "-no-color", *options],
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # A Ctrl-C at the terminal comes to Terraform from here, once.
                    start_new_session=True,
                )
                run = _Run(process, log, look)
                self._runs.append(run)
            if self._interrupted:
                # Since it was asked above.
                run.interrupt()
            code = process.wait()
        with self._lock:
            self._runs.remove(run)
            return Step(code, log, self._interrupted)

    def look(self) -> None:
        """Have whoever waits for a run look at what it has said."""
        with self._lock:
            runs = [run for run in self._runs if run.look]
        for run in runs:
            assert run.look is not None
            run.look(run.log.read_text(encoding="utf-8", errors="replace"))

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Pass Ctrl-C on to what runs, and SIGTERM as the same, and start nothing more."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self._interrupt) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    @property
    def interrupted(self) -> bool:
        """Return whether it was."""
        return self._interrupted

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        again, self._interrupted = self._interrupted, True
        self.say(
            "interrupted again: Terraform stops at once"
            if again
            else "interrupted: waiting until Terraform has finished and written down what it was "
            "making; once more, and it may lose that"
        )
        # Without the lock, which the thread that this interrupts may hold.
        for run in list(self._runs):
            # A process that has ended is not signalled: subprocess looks.
            if again:
                run.process.send_signal(signal.SIGINT)
            else:
                run.interrupt()

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self.variables.items() if name not in _NOT_PASSED_ON}
        return {**kept, "TF_IN_AUTOMATION": "1"}
