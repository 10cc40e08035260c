"""Reading what others wrote: files and JSON texts, and showing what stands in them.

Nothing here needs more than Python, for the jobs of a pipeline that hold credentials call it.
"""

import codecs
import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

MEBIBYTE = 1024**2
# The deepest that Terraform itself writes is a plan's configuration, some 20 levels.
NESTING_LIMIT = 100
# `[],[],` takes 20 times its own size in memory; real plans have some 40 characters for each.
_CONTAINERS_LIMIT = 250_000
# Terraform's own numbers have 512 bits, 155 digits:
# https://developer.hashicorp.com/terraform/language/expressions/types (2026-11).
NUMBER_LIMIT = 155

TEXT_ALLOWED = "; allowed: a text file in UTF-8"


class Unreadable(Exception):
    """A file or text is not what it should be. ``place`` says which, ``problem`` what is wrong and
    what is allowed, and the message is both; ``missing`` when there is no such file, ``line`` where
    it stops being text, else 0."""

    def __init__(self, place: str, problem: str, *, missing: bool = False, line: int = 0) -> None:
        self.place = visible(place)
        self.problem = problem
        self.missing = missing
        self.line = line
        super().__init__(f"{self.place}: {problem}")


def printable(text: str) -> str:
    r"""Return ``text`` with all that would not be seen as it is as Python's escapes: control
    characters (``\x1b``, ``\n``), those that change the direction of a line (``\u202e``),
    separators, lone surrogates (``\udcff``)."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def visible(text: object, most: int | None = 1000) -> str:
    r"""Return ``text``, which came from outside, for a terminal, a log or a message of one line:
    ``printable``, and with what begins a command in the log of a GitHub workflow as an escape
    (``\x3a:error::``).

    Of a text longer than ``most`` characters the rest is left out and counted; ``None`` keeps it
    whole. What goes into Markdown, YAML or a shell is quoted for it: `athena_gate.gate.quoting`.
    """
    whole = str(text)
    shown = printable(whole if most is None else whole[:most])
    if "::" in shown or "##[" in shown:
        shown = _COMMAND.sub(lambda found: f"\\x{ord(found[0]):x}", shown)
    left = 0 if most is None else len(whole) - most
    return f"{shown}... and {left:,} characters more" if left > 0 else shown


# `::error::` at the start of a line, and `##[error]` anywhere in it:
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs (2026-11).
_COMMAND = re.compile(r"(?<!\S):(?=:)|#(?=#\[)")


def visible_lines(text: str) -> str:
    """Return ``text``, of several lines, with each of them ``visible`` and whole, its tabs as
    spaces."""
    return "\n".join(visible(line.expandtabs(), None) for line in text.split("\n"))


def read_bytes(file: Path, limit: int) -> bytes:
    """Return what is in ``file``, a regular file of ``limit`` bytes at most. Raises
    ``Unreadable``, at once for what would have to be waited for."""
    shown = os.fspath(file)
    try:
        # A FIFO is opened without waiting for whoever writes to it, and a terminal does not become
        # this process's own.
        flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0) | flags)
    except FileNotFoundError:
        raise Unreadable(shown, "no such file", missing=True) from None
    except OSError as error:
        raise Unreadable(shown, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise Unreadable(shown, "no such file: no path has such a character") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
            raise Unreadable(shown, f"is {kind}; allowed: a file")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            # The kernel's own files say that they are empty.
            content = opened.read(limit + 1)
    except OSError as error:
        raise Unreadable(shown, f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(content) > limit:
        size = f"{found.st_size:,} bytes" if found.st_size > limit else "too large"
        raise Unreadable(shown, f"is {size}; allowed: {limit:,} bytes at most")
    return content


def read_text(file: Path, limit: int) -> str:
    """Return the text in ``file``: UTF-8, with or without a byte order mark, without NUL, of
    ``limit`` bytes at most. Lines end with ``\\n``, however they end there. Raises
    ``Unreadable``."""
    content = read_bytes(file, limit)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problem = f"line 1 is UTF-16, not UTF-8{TEXT_ALLOWED}"
        raise Unreadable(os.fspath(file), problem, line=1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        meant = content[error.start : error.start + 1].decode("latin-1")
        # A letter beside letters; what else it may be is not guessed.
        beside = content[max(0, error.start - 1) : error.start + 2].decode("latin-1")
        word = meant.isalpha() and sum(one.isalpha() for one in beside) > 1 and meant != "\xff"
        seems = f": {meant} as Latin-1 has it" if word else ""
        problem = f"line {line} is not UTF-8{seems}{TEXT_ALLOWED}"
        raise Unreadable(os.fspath(file), problem, line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problem = f"line {line} has a NUL character{TEXT_ALLOWED}"
        raise Unreadable(os.fspath(file), problem, line=line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(file: Path, limit: int) -> Any:
    """Return the JSON document in ``file``, read as ``read_text`` and ``parse_json`` do. Raises
    ``Unreadable``."""
    text = read_text(file, limit)
    if file.suffix in (".hcl", ".tf") and not text.lstrip().startswith(("{", "[")):
        raise Unreadable(os.fspath(file), "is HCL, not JSON")
    return parse_json(text, os.fspath(file))


def write_whole(file: Path, content: str) -> None:
    """Write ``content`` into ``file``, all of it or nothing: what was there stays when the disk is
    full. The ``OSError`` names ``file``."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_text(content, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, os.fspath(file)) from None


# What may be in a text as an escape only: NUL, and half a surrogate pair.
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
_SUSPICIOUS = re.compile(r"[\0\ud800-\udfff]|\\u(?:0000|[dD][89a-fA-F])")


def parse_json(text: str, place: str) -> Any:
    """Return the JSON document ``text``; ``place`` is what errors call it.

    Raises ``Unreadable`` for what is not JSON, and for what two readers of it may take differently:
    a key that stands twice (Terraform reads both, Python the last), numbers that are none (NaN) or
    longer than Terraform's, NUL and lone surrogates; and when it nests deeper than
    ``NESTING_LIMIT``.
    """
    # By the id of the object, which is kept so that no other has it.
    twice: dict[int, tuple[dict[str, Any], str]] = {}

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            counted = Counter(key for key, _ in pairs)
            twice[id(found)] = (found, counted.most_common(1)[0][0])
        return found

    # Counted with those in strings: cheap, and never too few.
    if text.count("{") + text.count("[") > _CONTAINERS_LIMIT:
        problem = f"has too many objects and lists; allowed: {_CONTAINERS_LIMIT:,} at most"
        raise Unreadable(place, problem)
    too_deep = f"is nested too deeply; allowed: {NESTING_LIMIT} levels"
    try:
        document = json.loads(
            text,
            object_pairs_hook=made,
            parse_int=_whole,
            parse_float=_broken,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}"
        raise Unreadable(place, problem) from None
    except _Number as error:
        raise Unreadable(place, str(error)) from None
    except RecursionError:
        raise Unreadable(place, too_deep) from None
    if _depth(document) > NESTING_LIMIT:
        raise Unreadable(place, too_deep)
    if twice:
        for path, value in _walk(document, ""):
            if id(value) in twice:
                where, key = visible(path) or "the document", visible(twice[id(value)][1])
                problem = f'{where}: the key "{key}" stands twice; Terraform takes both, keep one'
                raise Unreadable(place, problem)
    if _SUSPICIOUS.search(text):
        for path, value in _walk(document, ""):
            texts = [*value] if isinstance(value, dict) else [value]
            if any(isinstance(one, str) and _NO_TEXT.search(one) for one in texts):
                problem = f"{visible(path) or 'the document'}: holds a NUL or half a character"
                raise Unreadable(place, f"{problem}; allowed: text")
    return document


class _Number(Exception):
    """A number that Terraform does not take."""


def _whole(digits: str) -> int:
    if len(digits) > NUMBER_LIMIT:
        raise _Number(f"has a number of {len(digits):,} digits; allowed: {NUMBER_LIMIT}")
    return int(digits)


def _broken(digits: str) -> float:
    number = float(digits) if len(digits) <= NUMBER_LIMIT else math.inf
    if not math.isfinite(number):
        raise _Number(f"has a number that is too large or too long: {visible(digits, 40)}")
    return number


def _no_number(name: str) -> NoReturn:
    raise _Number(f"has {name}, which is not JSON; allowed: a number in digits")


def _depth(document: object) -> int:
    """Return how many objects and lists lie in each other at most; level by level, because a
    recursion would end where the document is too deep."""
    depth, level = 0, [document] if isinstance(document, dict | list) else []
    while level:
        depth += 1
        level = [
            one
            for container in level
            for one in (container.values() if isinstance(container, dict) else container)
            if isinstance(one, dict | list)
        ]
    return depth


def _walk(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Yield ``value`` and everything in it, each with its path: ``resource.aws_iam_policy.x``,
    ``provider.aws[0]``."""
    yield path, value
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _walk(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _walk(one, f"{path}[{number}]")
