"""What a run has left, and what came of mending it, in a terminal."""

from collections.abc import Iterator

from athena_gate.gate.deploy.text import words
from athena_gate.gate.quoting import shell
from athena_gate.gate.recover import Recovery, UnknownKey
from athena_gate.gate.recover.mending import Mended
from athena_gate.gate.stack.state import LEFT_ALONE, is_orphan, who_runs
from athena_gate.gate.text import counted, wrapped
from athena_gate.modules.command_line import to_run


def as_text(found: Recovery) -> str:
    """Return what was found of a stack, a line or more for each thing, with what is done on yes or
    what is to be done by hand."""
    lines = [line for sign, text in rows(found) for line in wrapped(f"{sign:<8} {text}", 2, 11)]
    head = f"{found.stack}: {verdict(found)}"
    return "\n".join([*wrapped(head), *lines])


def verdict(found: Recovery) -> str:
    """Return in a few words how a stack stands."""
    if found.state.broken:
        return "its state cannot be read"
    if found.running:
        return "a run still works here"
    if not found.stops and not found.mendable and not found.leftovers:
        known = counted(len(found.state.resources), "resource")
        but = ["not all could be looked at"] if found.unseen else []
        if tainted := len(found.state.tainted):
            but.append(f"{counted(tainted, 'resource')} tainted")
        else_ = "nothing else" if but else "nothing"
        return "; ".join([*but, f"{else_} is left of a run", f"its state has {known}"])
    number = len(found.left) + len(found.deletable) + len(found.leftovers)
    parts = [f"{counted(number, 'thing')} that its state does not have"] if number else []
    parts += ["a state that was not handed over"] if found.errored else []
    parts += ["a lock"] if found.state.lock else []
    parts += ["too many access keys"] if found.crowded else []
    return "a run has left " + ", ".join(parts)


def rows(found: Recovery) -> Iterator[tuple[str, str]]:
    """Yield what was found of a stack: a word for what is to be done, and a sentence."""
    state = found.state
    if state.broken:
        yield "broken", f"{state.where}: {state.broken}"
        if state.whole:
            yield "", LEFT_ALONE
        elif state.backup:
            yield "restore", f"{state.backup} is a whole one, which takes its place"
        elif state.file:
            yield "restore", "no backup is whole: begin with an empty state, import what stands"
        else:
            yield "restore", "an earlier version of the object, and run this again"
    if found.running:
        gone = is_orphan(found.running)
        ended = f"process {found.running} is a provider whose Terraform is gone: it is ended"
        yield (
            "running",
            ended if gone else f"{who_runs(found.running)} still works here: wait for its end",
        )
    if state.lock and state.file is None:
        yield "lock", f"{state.lock}; id {state.lock.id}"
        if not state.lock.ours:
            command = shell(["terraform", f"-chdir={found.folder}", "force-unlock", state.lock.id])
            yield (
                "",
                "of another machine; its run may write down yet what it has made, so nothing is "
                f"changed. Once it has ended for certain: `{command}`",
            )
    elif state.lock:
        yield "lock", f"{state.lock}; only a note, which the next run writes over"
    if found.errored:
        yield "push", f"{found.errored}: the backend would not take it"
    for one in found.left:
        if one.verdict == "foreign":
            yield "foreign", f"{one.address}: {one.id} stands, and {one.why}; adopt or rename it"
        else:
            before = "; the state has another, which is gone" if one.verdict == "forget" else ""
            yield "import", f"{one.address}: {one.id}{before}"
    if found.imports and found.stateless:
        yield (
            "",
            f"{found.state.where} is no state yet; where another clone or backend has one of the "
            "stack, use that, for two would undo each other's changes",
        )
    for unknown in found.keys:
        yield ("delete" if unknown.unused else "key"), _key(found.stack, unknown)
    for leftover in found.leftovers:
        what = f"the {leftover.kind} {leftover.name}, which the stack no longer asks for"
        if leftover.empty:
            yield "delete", f"{what}; it holds nothing"
        else:
            yield "leftover", f"{what}; it holds something, so it stays"
    for user in found.crowded:
        yield "key", f"{user} would get more than two keys: delete one that nobody uses"
    for address in state.tainted:
        yield "tainted", f"{address}: the next apply makes it anew"
    for text in found.unseen:
        yield "unseen", text


def _key(stack: str, unknown: UnknownKey) -> str:
    key = unknown.key
    what = f"the access key {key.id} of {key.user}, made {key.made}, which no state knows"
    if unknown.unused:
        return f"{what}; never used, and its secret is lost"
    if unknown.mentioned and not key.used:
        return f"{what}; a broken state may have it, so it may be in somebody's hands, and stays"
    if unknown.stateless and not (unknown.by_hand or key.used):
        return (
            f"{what}; no state of the stack is found here, so another clone or backend may have "
            f"it: {to_run(f'keys {stack} --remove {key.id}')}, once "
            "you know that nobody has its secret"
        )
    state = "" if key.active else ", inactive"
    when = f"last used {key.used}" if key.used else "of a user that was made by hand"
    return f"{what}{state}; {when}, so it stays: find out who uses it"


def question(recoveries: list[Recovery]) -> str:
    """Return what is done on yes: ``import 3, delete 1 access key``."""
    imports = sum(len(one.imports) for one in recoveries)
    keys = sum(len(one.deletable) for one in recoveries)
    locks = sum(one.state.lock is not None and one.state.file is None for one in recoveries)
    broken = sum(bool(one.state.broken) for one in recoveries)
    others = sum(len(one.removable) for one in recoveries)
    pushed = sum(one.errored is not None for one in recoveries)
    parts = (
        f"put back {counted(broken, 'state')}, then import what it lacks" if broken else "",
        f"remove {counted(locks, 'lock')}" if locks else "",
        f"hand over {counted(pushed, 'state')}" if pushed else "",
        f"delete {counted(keys, 'access key')}" if keys else "",
        f"delete {counted(others, 'leftover')}" if others else "",
        f"import {imports}" if imports else "",
    )
    return ", ".join(part for part in parts if part) or "plan"


def outcome(mended: Mended) -> str:
    """Return what was done, and what is left to do."""
    lines = [f"{mended.stack}: {one}" for one in mended.done]
    if mended.failed:
        lines.append(f"{mended.stack}: failed: {mended.failed}")
        if mended.log:
            lines.append(f"  its log: {mended.log}")
        lines += [f"  {line}" for line in mended.said]
    elif mended.rest:
        lines.append(
            f"{mended.stack}: mended; {words(mended.rest)}: {to_run(f'apply {mended.stack}')}, or "
            f"{to_run(f'destroy {mended.stack}')}, goes on"
        )
    else:
        lines.append(f"{mended.stack}: mended; the plan is empty")
    return "\n".join(lines)
