"""Text from outside, quoted for where it goes: a shell, YAML, GitHub's and GitLab's pipelines,
Markdown. HTML is `athena_gate.gate.report.markup`, HCL `gate.eject.hcl`.

Nothing here needs more than Python, for the jobs of a pipeline that hold credentials call it.
"""

import json
import os
import re
import shlex
from collections.abc import Iterable
from typing import Any

from athena_gate.modules.files import printable, visible


def shell(words: Iterable[object]) -> str:
    """Return ``words`` as a command line to be copied into a shell: one word each, whatever is in
    them. A word that would not be seen as it is stands in ``$'...'``, which bash and zsh know:
    https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html (2026-11)."""
    return " ".join(_word(str(word)) for word in words)


def _word(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    # A name of a file whose bytes are no UTF-8 has them as lone surrogates; no other is a name.
    raw = os.fsencode(word)
    inner = "".join(chr(b) if b in _PLAIN_BYTES else f"\\x{b:02x}" for b in raw)
    return f"$'{inner}'"


_PLAIN_BYTES = frozenset(range(0x20, 0x7F)) - frozenset(b"'\\")


# What is a string to YAML 1.1 and 1.2 without quotes: neither a number nor a word such as `on`.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/-]*\.[A-Za-z][A-Za-z0-9_./-]*")


def yaml(text: str) -> str:
    """Return ``text``, in which every character can be seen, as a scalar of YAML, in double quotes
    where it needs them: https://yaml.org/spec/1.2.2/#57-escaped-characters (2021-10)."""
    return text if _PLAIN.fullmatch(text) else yaml_json(text)


def yaml_json(value: object) -> str:
    """Return ``value`` as JSON that is YAML as well, which knows no surrogate pairs:
    https://yaml.org/spec/1.2.2/#57-escaped-characters (2021-10)."""
    return printable(json.dumps(value, ensure_ascii=False))


def github(text: str) -> str:
    """Return ``text`` as a value of a GitHub workflow in YAML, in which nothing is evaluated:
    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#literals
    (2026-11)."""
    return yaml(text.replace("${{", "${{ '${{' }}"))


def gitlab(text: str) -> str:
    """Return ``text`` as the value of a variable in GitLab's YAML, in which nothing is expanded."""
    value = gitlab_variable(text)
    return yaml(value) if isinstance(value, str) else yaml_json(value)


def gitlab_variable(text: str) -> str | dict[str, Any]:
    """Return ``text`` as ``gitlab`` does, for JSON; with what keeps GitLab from expanding ``$x``
    and ``%x%`` where it has such signs: https://docs.gitlab.com/ci/yaml/#variablesexpand,
    https://docs.gitlab.com/ci/variables/where_variables_can_be_used/ (2026-11)."""
    return {"value": text, "expand": False} if re.search("[$%]", text) else text


def markdown_code(text: object) -> str:
    """Return ``text`` as code within a line of Markdown:
    https://spec.commonmark.org/0.31.2/#code-spans (2024-01)."""
    shown = visible(text)
    ticks = "`" * (1 + _longest_run(shown))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def markdown_fence(text: str) -> str:
    """Return the line above and below ``text`` that makes it a block of code, which nothing in it
    can end."""
    return "`" * max(3, 1 + _longest_run(text))


def markdown_cell(text: object) -> str:
    """Return ``text`` as code in a cell of a table, which a pipe ends even in code:
    https://github.github.com/gfm/#tables-extension- (2019-04)."""
    return markdown_code(text).replace("|", "\\|")


def _longest_run(text: str) -> int:
    """Return how many backticks stand side by side in ``text`` at most."""
    return max(map(len, re.findall("`+", text)), default=0)
