"""How findings are shown in a terminal of 80 columns."""

import re
import textwrap
from collections.abc import Mapping, Sequence

from athena_gate.gate.doctor.finding import Finding, Status
from athena_gate.gate.text import counted
from athena_gate.modules.files import visible_lines
from athena_gate.modules.terminal import WIDTH

_UNBROKEN = "\N{NO-BREAK SPACE}"


def as_text(findings: Sequence[Finding], marks: Mapping[Status, str]) -> str:
    """Return a line or more for each finding, the next step below it, and how many would stop a
    deploy; ``marks`` holds the sign for each status."""
    mark = max(len(sign) for sign in marks.values()) + 1
    name = max(len(finding.check) for finding in findings) + 2
    lines = []
    for finding in findings:
        head = marks[finding.status].ljust(mark) + finding.check.ljust(name)
        lines += _beside(head, finding.found)
        if finding.next:
            lines += _beside(" " * (mark + name - 2) + "> ", finding.next)
    stops = sum(finding.status == "stop" for finding in findings)
    summary = f"{stops} would stop a deploy" if stops else "nothing would stop a deploy"
    sign = marks["stop" if stops else "ok"].ljust(mark)
    return "\n".join([*lines, "", f"{sign}{counted(len(findings), 'check')}, {summary}"])


def _beside(head: str, text: str) -> list[str]:
    # A command is there to be copied: it stays on one line, however long.
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", _UNBROKEN), text)
    lines = textwrap.wrap(
        whole,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_UNBROKEN, " ") for line in lines]


_STYLES: dict[Status, str] = {"ok": "green", "note": "yellow", "stop": "bold red"}


def show(findings: Sequence[Finding], marks: Mapping[Status, str]) -> None:
    """Print the findings, in colours where the terminal has them and NO_COLOR is not set."""
    from rich.console import Console
    from rich.text import Text

    text = Text(visible_lines(as_text(findings, marks)))
    for status, style in _STYLES.items():
        text.highlight_regex(rf"(?m)^{marks[status]} ", style)
    text.highlight_regex(r"(?m)^ +> .*(?:\n {4,}(?!> ).*)*", "bold")
    Console().print(text, soft_wrap=True)
