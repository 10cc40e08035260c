"""A difference in a terminal, and in the comment on a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence

from athena_gate.gate.diff import Difference, Part, Party, Rights
from athena_gate.gate.explain import words
from athena_gate.gate.quoting import markdown_code, markdown_fence
from athena_gate.gate.text import counted, wrapped
from athena_gate.modules.files import visible, visible_lines
from athena_gate.modules.iam.policy import Principal

_SIGNS = {"made": "+", "gone": "-", "replaced": "!", "changed": "~", "kept": "="}
_KEY = "aws_iam_access_key."


def as_text(found: Sequence[Difference], against: str) -> str:
    """Return what differs from ``against`` for a terminal of 80 columns; at the start of a line
    ``+`` is what is allowed or made now, ``-`` what no longer is."""
    lines: list[str] = []
    for one in found:
        lines += [*_stack(one), ""]
    return "\n".join([*lines, *wrapped(summary(found, against))])


def as_markdown(found: Sequence[Difference], against: str) -> str:
    """Return what differs from ``against`` as Markdown, a coloured block for each stack."""
    lines = [
        "### Who may do what",
        "",
        f"Compared with {markdown_code(against)}: {_counts(found)}.",
    ]
    for one in found:
        body = "\n".join(_stack(one))
        fence = markdown_fence(body)
        lines += ["", f"{fence}diff", visible_lines(body), fence]
    return "\n".join(lines)


def summary(found: Sequence[Difference], against: str) -> str:
    """Return in a sentence how much differs from ``against``."""
    return f"beside {visible(against)}: {_counts(found)}"


def _counts(found: Sequence[Difference]) -> str:
    if not found:
        return "no difference"
    more = sum(len(party.more) for one in found for party in one.parties)
    fewer = sum(len(party.fewer) for one in found for party in one.parties)
    parts = [part for one in found for part in one.parts]
    fates = Counter(part.fate for part in parts)
    said = [f"{counted(len(found), 'stack')} changed", f"{more} more and {fewer} fewer rights"]
    said += [f"{counted(number, 'resource')} {fate}" for fate, number in sorted(fates.items())]
    keys = sum(part.fate == "replaced" and part.address.startswith(_KEY) for part in parts)
    if keys:
        said.append(f"{counted(keys, 'access key')} replaced: whoever uses it must get the new one")
    return ", ".join(said)


def _stack(one: Difference) -> Iterator[str]:
    fate = {"made": " is new", "gone": " is gone"}.get(one.fate, "")
    yield from wrapped(f"{one.stack}{fate}")
    for party in one.parties:
        yield from wrapped(_who(party), 2, 4)
        for sign, some in (("+", party.more), ("-", party.fewer)):
            for rights in some:
                yield from _rights(sign, rights, party.denied)
        for doubt in party.doubts:
            yield from wrapped(f"? could not be compared: {doubt}", 4, 6)
    if one.parts:
        yield "  resources"
    for part in one.parts:
        yield from _part(part)
    for other in one.other:
        yield from wrapped(f"! {other}", 2, 4)


def _who(party: Party) -> str:
    holder = words.principal(Principal("AWS", party.arn))
    if party.principal is None:
        return holder
    place = holder if ":role/" in party.arn else words.resource(party.arn)
    who = words.principal(party.principal)
    return f"denied to {who} by {place}" if party.denied else f"{who}, by {place}"


def given_up(party: Party) -> list[str]:
    """Return what a caller may no longer do, as ``as_text`` shows it."""
    lines = [line for rights in party.fewer for line in _rights("-", rights, party.denied)]
    for doubt in party.doubts:
        lines += wrapped(f"? could not be compared: {doubt}", 4, 6)
    return lines


def _rights(sign: str, rights: Rights, denied: bool) -> Iterator[str]:
    verb = {"+": "no longer denied: ", "-": "now denied: "}[sign] if denied else ""
    # The sign stands first, where whatever colours differences looks for it.
    for number, line in enumerate(wrapped(f"{verb}{', '.join(rights.actions)}", 6, 6)):
        yield f"{sign}{line[1:]}" if number == 0 else line
    yield from wrapped(f"on {words.joined(map(words.resource, rights.resources))}", 6, 8)
    if rights.conditions:
        yield from wrapped(words.conditions(rights.conditions), 6, 8)
    for conditions in rights.otherwise:
        same = set(conditions) <= set(rights.conditions)
        where = "a part of it" if same else words.conditions(conditions)
        yield from wrapped(f"{_OTHERWISE[sign]}: {where}", 6, 8)


_OTHERWISE = {"+": "before", "-": "still"}


def _part(part: Part) -> Iterator[str]:
    name = f" ({part.name})" if part.name else ""
    attributes = f": {', '.join(part.attributes)}" if part.attributes else ""
    says = {"replaced": " is replaced", "kept": " stays as it was made"}.get(part.fate, "")
    sign, text = _SIGNS[part.fate], f"{part.address}{name}{says}{attributes}"
    for number, line in enumerate(wrapped(text, 6, 8)):
        yield f"{sign}{line[1:]}" if number == 0 else line
