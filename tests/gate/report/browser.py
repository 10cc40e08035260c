"""A headless Chromium for tests, driven over a pipe, so that nothing listens on a port.

The protocol: https://chromedevtools.github.io/devtools-protocol/ (2026-11).
"""

import fcntl
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.conftest import ROOT

PACKAGE = ROOT / "development" / "browser"
INSTALLED = ROOT / ".gate" / "browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome-headless-shell")

# The binary, the libraries and the font that the package holds, in Brotli, which Node can read.
_UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
for (const name of ["chromium", "al2023.tar", "fonts.tar"]) {
  const packed = fs.readFileSync(`${from}/${name}.br`);
  fs.writeFileSync(`${to}/${name}`, zlib.brotliDecompressSync(packed), { mode: 0o755 });
}
"""
_FONTS = """<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
</fontconfig>
"""


class NoBrowser(Exception):
    """There is no Chromium, and none can be installed; the message says why."""


def find() -> tuple[Path, dict[str, str]]:
    """Return a Chromium and the variables it needs: the one pinned in development/browser, which
    is installed into .gate/browser first, or else the machine's own. Raises ``NoBrowser``."""
    problem = "no Chromium here, and development/browser has one for x86-64 Linux only"
    if sys.platform == "linux" and platform.machine() == "x86_64":
        try:
            if not (INSTALLED / "complete").exists():
                _install()
            return INSTALLED / "chromium", {
                "LD_LIBRARY_PATH": str(INSTALLED / "lib"),
                "FONTCONFIG_FILE": str(INSTALLED / "fonts.conf"),
            }
        except NoBrowser as error:
            problem = str(error)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found), {}
    raise NoBrowser(problem)


def _install() -> None:
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, INSTALLED)
    tools = Path(sys.executable).parent
    try:
        _run([str(tools / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        packed = INSTALLED / "node_modules" / "@sparticuz" / "chromium" / "bin"
        _run([str(tools / "node"), "-e", _UNPACK, str(packed), str(INSTALLED)])
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", "") or str(error)
        raise NoBrowser(f"no Chromium here, and npm could not install one: {detail}") from None
    for name in ("al2023.tar", "fonts.tar"):
        with tarfile.open(INSTALLED / name) as packed_files:
            # Python 3.11.4 and later can refuse unsafe members; npm has checked the package's hash.
            safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            packed_files.extractall(INSTALLED, **safely)
        (INSTALLED / name).unlink()
    (INSTALLED / "fonts.conf").write_text(_FONTS.format(folder=INSTALLED))
    shutil.rmtree(INSTALLED / "node_modules")
    (INSTALLED / "complete").touch()


def _run(command: list[str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        command,
        cwd=INSTALLED,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


class Browser:
    """A running Chromium with one page."""

    def __init__(self, send: IO[bytes], receive: IO[bytes]) -> None:
        self._send, self._receive = send, receive
        self._number = 0
        self._session: str | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the browser's answer; what happens meanwhile is kept in ``events``."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._send.write(json.dumps(message).encode() + b"\0")
        self._send.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._receive.read(1)) != b"\0":
            if not byte:
                raise AssertionError("Chromium has ended")
            text += byte
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message

    def open(self, url: str) -> None:
        """Open ``url`` and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(name == "Page.loadEventFired" for name, _ in self.events):
            self._next()

    def emulate(self, width: int, height: int, scheme: str, media: str = "") -> None:
        """Show the page ``width`` by ``height`` pixels large, in a colour scheme, as ``media``."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call(
            "Emulation.setEmulatedMedia",
            media=media,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, as JSON has it, or what it promises."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")


@contextmanager
def browser(binary: Path, variables: dict[str, str], folder: Path) -> Iterator[Browser]:
    """Run ``binary`` with a profile in ``folder``."""
    read_there, write_here = os.pipe()
    read_here, write_there = os.pipe()
    # The browser reads from 3 and writes to 4; neither may be among the ends it is given.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (read_there, write_there)]
    log = os.open(folder / "chromium.log", os.O_WRONLY | os.O_CREAT, 0o600)
    process = os.posix_spawn(
        binary,
        [
            str(binary),
            "--headless",
            "--remote-debugging-pipe",
            # Root has no sandbox; the page is our own, and is given no network.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--force-color-profile=srgb",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
        ],
        {**os.environ, **variables},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, ends[0], 3),
            (os.POSIX_SPAWN_DUP2, ends[1], 4),
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
        ],
        setpgroup=0,
    )
    for end in (*ends, read_there, write_there, log):
        os.close(end)
    try:
        with os.fdopen(write_here, "wb") as send, os.fdopen(read_here, "rb") as receive:
            yield Browser(send, receive)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
