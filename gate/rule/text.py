"""Rules in a terminal."""

from collections.abc import Iterable

from athena_gate.gate.text import wrapped
from athena_gate.modules.rules import Rule


def table(rules: Iterable[Rule]) -> str:
    """Return a line for each rule."""
    return "\n".join(
        line
        for rule in rules
        for line in wrapped(f"{rule.code}  {rule.severity:<8} {rule.title}", 0, 18)
    )


def one(rule: Rule) -> str:
    """Return all there is to know of a rule."""
    lines = [f"{rule.code} {rule.name}, {_WITH_ARTICLE[rule.severity]}", *wrapped(rule.title), ""]
    lines += _part("Why", rule.why)
    lines += _verbatim("Example", rule.example)
    lines += _part("Remedy", rule.remedy)
    if rule.severity != "error" and not rule.name.startswith("acceptance-"):
        accepted = f'accept "{rule.code}" {{\n  reason = "..."\n  until  = "2027-01-31"\n}}'
        lines += _verbatim("Or accept it, in the block", accepted)
    if rule.page:
        lines += ["", f"Page: {rule.page}"]
    return "\n".join(lines)


_WITH_ARTICLE = {"error": "an error", "warning": "a warning", "note": "a note"}


def _part(label: str, text: str) -> list[str]:
    return wrapped(f"{label}: {text}", 0, len(label) + 2)


def _verbatim(label: str, text: str) -> list[str]:
    return [f"{label}:", *(f"    {line}" for line in text.split("\n"))]
