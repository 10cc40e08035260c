"""Whole processes, timed."""

import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A command that takes longer is broken: the slowest, a first run of stock cdktf, takes 40 s.
LIMIT = 300
_POLL = 0.05


class Failed(Exception):
    """Something could not be measured; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: wall-clock seconds, and MB at the peak, ``None`` where it was not asked for.

    The peak is that of Python and Node together: the sum, over the processes of the tree, of each
    one's highest resident set. Pages they share count in each.
    """

    seconds: float
    megabytes: float | None


def run(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], memory: bool = False
) -> Run:
    """Run ``command`` to its end.

    Raises ``Failed`` when it cannot start, fails, or is still running after ``LIMIT`` seconds.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Failed(f"{command[0]} does not start: {error.strerror}") from None
        # wait(timeout=...) would look every 50 ms and blur what takes 50 ms.
        alarm = threading.Timer(LIMIT, process.kill)
        alarm.start()
        peaks: dict[int, int] = {}
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
        if memory:
            watcher.start()
        try:
            code = process.wait()
            seconds = time.perf_counter() - started
        finally:
            # Ended from the keyboard, nothing stays behind: Node leaves with its parent.
            process.kill()
            alarm.cancel()
            ended.set()
        if memory:
            watcher.join()
        if code and seconds >= LIMIT:
            raise Failed(f"{' '.join(command)}: still running after {LIMIT} s")
        if code:
            output.seek(0)
            said = output.read().decode(errors="replace").strip().splitlines()[-15:]
            raise Failed("\n".join([f"{' '.join(command)}: exit code {code}", *said]))
    return Run(seconds, sum(peaks.values()) / 1024 if peaks else None)


def _watch(root: int, peaks: dict[int, int], ended: threading.Event) -> None:
    """Keep the peak of each process under ``root`` in ``peaks``, in KiB.

    Linux only: elsewhere there is no /proc, and ``peaks`` stays empty. The kernel keeps the
    high-water mark, so looking seldom misses nothing but the last moments.
    """
    while not ended.wait(_POLL):
        pending = [root]
        while pending:
            process = Path(f"/proc/{pending.pop()}")
            try:
                status = (process / "status").read_text()
                for task in (process / "task").iterdir():
                    pending += map(int, (task / "children").read_text().split())
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    peaks[int(process.name)] = int(line.split()[1])
