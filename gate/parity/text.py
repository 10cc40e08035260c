"""How a comparison with a guide is shown in a terminal of 80 columns."""

import re

from athena_gate.gate.parity import UNEXPLAINED, Parity, Row, Side
from athena_gate.gate.text import wrapped
from athena_gate.modules.files import visible_lines
from athena_gate.modules.iam.policy import Effect
from athena_gate.modules.terminal import WIDTH

# Room for the longest status, and beside it for most ARNs.
_INDENT = 12


def as_text(found: Parity) -> str:
    """Return the comparison for a terminal of 80 columns."""
    lines = _wrapped(f"{found.block} beside the guide: {found.vendor}")
    for document in found.documents:
        title = document.title + (", trust policy" if document.policy == "trust" else "")
        lines += ["", "", *_wrapped(title), *_wrapped(f"{document.source} (read {document.date})")]
        if not document.deployed:
            lines += ["", "This block has no such policy."]
        for section in document.sections:
            named = _wrapped(section.statement)
            lines += ["", *named, "-" * max(map(len, named))]
            for row in section.rows:
                lines += _row_lines(row)
    counts = ", ".join(f"{number} {status}" for status, number in found.counts.items())
    lines += ["", "", *_wrapped(f"{found.block}: {counts or 'nothing to compare'}")]
    if found.unexplained:
        lines += _wrapped(f"{found.unexplained} unexplained: {_TO_DO}")
    return "\n".join(lines)


_STYLES = {
    "same": "dim",
    "narrower": "green",
    "wider": "bold yellow",
    "added": "yellow",
    "dropped": "green",
    "ineffective": "magenta",
    "why": "dim",
}


def show(found: Parity) -> None:
    """Print the comparison, in colours where the terminal has them and NO_COLOR is not set."""
    from rich.console import Console
    from rich.text import Text

    text = Text(visible_lines(as_text(found)))
    for label, style in _STYLES.items():
        text.highlight_regex(rf"(?m)^{label} +", style)
    text.highlight_regex(rf"(?m)^.*\n-+$|^{re.escape(found.block)}.*$", "bold")
    text.highlight_regex("[Uu]nexplained:", "bold red")
    Console().print(text, soft_wrap=True)


_TO_DO = (
    "say why an action is left out (dropped, in the vendor's profile) or granted beside the page "
    "(beside)"
)


def _row_lines(row: Row) -> list[str]:
    side = row.guide or row.ours
    assert side is not None
    lines = ["", *_labelled(row.status, _action_list(row.effect, side))]
    if row.guide is None or row.status == "same":
        lines += _place_lines("on", side)
    else:
        lines += _place_lines("guide", row.guide)
        if row.ours is not None:
            if row.ours.actions != row.guide.actions:
                lines += _labelled("ours", _action_list(row.effect, row.ours))
            lines += _place_lines("ours", row.ours)
    for reason in row.reasons if row.explained else (*row.reasons, UNEXPLAINED):
        lines += _labelled("why", reason)
    return lines


def _action_list(effect: Effect, side: Side) -> str:
    """Return the actions, the service only where it changes."""
    texts, service = [], ""
    for action in side.actions:
        prefix, _, name = action.partition(":")
        texts.append(name if name and prefix == service else action)
        service = prefix
    return ("Deny " if effect == "Deny" else "") + ", ".join(texts)


def _place_lines(label: str, side: Side) -> list[str]:
    places = [
        *side.resources,
        *(f"for {principal}" for principal in side.principals),
        *(f"if {c.operator} {c.key} {' or '.join(c.values)}" for c in side.conditions),
    ]
    return [
        line
        for number, place in enumerate(places)
        for line in _labelled(label if number == 0 else "", place)
    ]


def _labelled(label: str, text: str) -> list[str]:
    first, *rest = _wrapped(text, _INDENT)
    return [label.ljust(_INDENT) + first[_INDENT:], *rest]


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """Return ``text`` as lines; an ARN that is too long is cut behind one of its separators."""
    room, words = WIDTH - indent, []
    for word in text.split():
        while len(word) > room:
            cut = max(word.rfind(mark, 0, room) for mark in "/:-_") + 1 or room
            words.append(word[:cut])
            word = word[cut:]
        words.append(word)
    return wrapped(" ".join(words), indent, indent)
