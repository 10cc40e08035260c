"""Open Policy Agent itself, to run Rego as HCP Terraform does.

OPA comes as a program, which no package index has, and as a shared library in a Python package,
pinned in requirements.txt. The package's interface, as read in its version 0.4.4 (2026-11): calls
take UTF-8 texts and return JSON, ``{"result": ...}`` or ``{"error": {...}}``, which the caller
frees. Errors of built-in functions are errors of the query.
"""

import ctypes
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
_FOLDER = ROOT / ".gate" / "opa"
_LIBRARY = "opa_bindings/libopabridge.so"


class NoOpa(Exception):
    """OPA cannot be had on this machine; the message says why."""


class OpaError(Exception):
    """OPA refuses a module or a query; the message is its own."""


def library() -> Path:
    """Return the shared library, which is fetched when it is not there yet.

    Raises ``NoOpa`` when the package index does not give it, as on other platforms.
    """
    found = _FOLDER / _LIBRARY
    if not found.exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        which = ["--no-deps", "--only-binary=:all:", "--python-version=3.14", "--implementation=py"]
        where = ["--abi=none", "--platform=manylinux_2_34_x86_64", "--require-hashes"]
        pinned = str(Path(__file__).parent / "requirements.txt")
        command = [*pip, *which, *where, f"--dest={_FOLDER}", f"--requirement={pinned}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(iter(_FOLDER.glob("opa_golib_python_bindings-*.whl")), None)
        if done.returncode or wheel is None:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NoOpa(f"OPA's library could not be fetched: {last}")
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(_LIBRARY, _FOLDER)
    return found


class Opa:
    """OPA with ``modules``, Rego by file name. Raises ``NoOpa``, and ``OpaError`` when it refuses
    one of them."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        try:
            self._library = ctypes.CDLL(str(library()))
        except OSError as error:
            raise NoOpa(f"OPA's library cannot be loaded: {error}") from None
        self._library.OpaNew.restype = ctypes.c_uint64
        self._handle = ctypes.c_uint64(self._library.OpaNew())
        for name, text in modules.items():
            self._call("OpaAddPolicy", name.encode(), text.encode())

    def value(self, path: str, given: Any) -> Any:
        """Return the value of ``data.PATH`` for the input ``given``. Raises ``OpaError``, also
        when it is undefined."""
        text = json.dumps(given).encode()
        found = self._call("OpaEvalDocument", path.encode(), text, ctypes.c_int(0), ctypes.c_int(0))
        if not found["result"]:
            raise OpaError(f"data.{path} is undefined")
        return found["result"][0]["expressions"][0]["value"]

    def _call(self, name: str, *arguments: Any) -> dict[str, Any]:
        function = getattr(self._library, name)
        function.restype = ctypes.c_void_p
        answer = function(self._handle, *arguments)
        try:
            found: dict[str, Any] = json.loads(ctypes.string_at(answer))
        finally:
            self._library.OpaFreeString(ctypes.c_void_p(answer))
        if found.get("error"):
            raise OpaError(str(found["error"].get("message")))
        return found
