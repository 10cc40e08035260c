"""Explanations in a terminal: sentences, and a table by place."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from athena_gate.gate.explain import Explained, Explanation, Rule, Said, words
from athena_gate.gate.text import wrapped
from athena_gate.modules.files import visible
from athena_gate.modules.terminal import WIDTH


def as_text(explanation: Explanation) -> str:
    """Return who may become whom and what each may do: a sentence for each statement, then a
    table by place."""
    lines: list[str] = []
    for one in (*explanation.identities, *explanation.resources):
        lines += _lines(one)
        if one in explanation.identities and one.rules:
            lines += ["", *_table(one.rules)]
        lines.append("")
    return "\n".join(lines[:-1])


def _lines(one: Explained) -> Iterator[str]:
    yield from wrapped(one.title, 0, 2)
    yield from wrapped(one.arn, 2, 4)
    for who in one.becomes:
        yield from wrapped(f"who: {who}", 2, 4)
    for rule in one.rules:
        address, _, sid = rule.by.partition(" ")
        yield from wrapped(f"- {rule.sentence} [{sid or address}]", 2, 4)
    for given in one.lake:
        yield from wrapped(f"- Lake Formation gives it {given}", 2, 4)
    for remark in one.remarks:
        yield from wrapped(f"- {remark}", 2, 4)


def _together(rules: Sequence[Rule]) -> str:
    """Return what ``rules`` do in one place, no verb twice."""
    if all(rule.does == words.verbs(rule.actions) for rule in rules):
        return words.verbs(action for rule in rules for action in rule.actions)
    return words.joined(dict.fromkeys(rule.does for rule in rules))


def _table(rules: Sequence[Rule]) -> list[str]:
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for name in ("where", "may", "when"):
        table.add_column(name, overflow="fold")
    places: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in rules:
        for place in rule.where or ("everywhere" if "any" in rule.does else "no resource",):
            places.setdefault((place, rule.effect, rule.when), []).append(rule)
    for (place, effect, when), together in places.items():
        never = "" if effect == "Allow" else "never "
        row = (place, f"{never}{_together(together)}", when)
        table.add_row(*(visible(cell, None) for cell in row))
    console = Console(width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def answers_as_text(said: Sequence[Said]) -> str:
    """Return a line for each identity: its answer, why, and by which statements."""
    lines: list[str] = []
    for one in said:
        lines += wrapped(f"{one.title}: {one.answer} ({one.reason})", 0, 2)
        lines += [line for given in one.conditions for line in wrapped(f"{given}", 2, 4)]
        lines += [line for place in one.by for line in wrapped(f"by {place}", 2, 4)]
        if one.depends_on:
            keys = " ".join(f"--context {key}=..." for key in one.depends_on)
            lines += wrapped(f"say what it hangs on: {keys}", 2, 4)
    return "\n".join(lines)
