"""Calls that fail at random, and each call denied in turn: the state stays sound, what is said
names the action, and the next run goes on."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from development.torture.killing import Stage, last, mended, stage
from development.torture.relay import Answer, Call
from development.torture.scenes import Scene

_ERRORS = (
    Answer(500, "InternalFailure", "An internal error has occurred."),
    Answer(503, "ServiceUnavailable", "Please reduce your request rate."),
    Answer(429, "TooManyRequestsException", "Rate exceeded"),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A run in which ``what`` failed or was denied, and what is wrong after it."""

    scene: Scene
    what: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.scene}: {self.what}: {self.wrong or 'went on'}"


def noisy(
    scene: Scene, folder: Path, key: str, variables: Mapping[str, str], share: float, seed: int
) -> Iterator[Failure]:
    """Yield what came of each operation on ``scene`` in which this ``share`` of calls fails."""
    chance = random.Random(f"{seed} {scene}")
    with stage(scene, folder, key, variables) as made:
        text = scene.text
        for operation in scene.operations:
            text = scene.after(operation, text)
            made.write(text)
            failed: list[Call] = []

            def fail(call: Call, failed: list[Call] = failed) -> Answer | None:
                if chance.random() >= share:
                    return None
                failed.append(call)
                return chance.choice(_ERRORS)

            made.relay.before = fail
            verb = "destroy" if operation == "destroy" else "apply"
            done = made.gate(verb, scene.stack, "--yes")
            made.relay.before = lambda _: None
            what = f"{operation}, {len(failed)} calls failed, exit code {done.returncode}"
            yield Failure(scene, what, _after(made, operation))


def denied(
    scene: Scene,
    folder: Path,
    key: str,
    variables: Mapping[str, str],
    mine: Callable[[str], bool],
) -> Iterator[Failure]:
    """Yield what came of ``scene`` with each call that an apply of it makes denied in turn, of
    those that are ``mine`` when they are come to."""
    with stage(scene, folder, key, variables) as made:
        made.gate("apply", scene.stack, "--yes")
        calls = sorted(
            {
                str(call)
                for call in made.relay.calls
                if call.service != "sts" and "Object" not in call.action
            }
        )
        for denial in calls:
            if not mine(denial):
                continue
            made.gate("destroy", scene.stack, "--yes")
            hit: list[Call] = []

            def deny(call: Call, denial: str = denial, hit: list[Call] = hit) -> Answer | None:
                if str(call) != denial:
                    return None
                hit.append(call)
                return Answer(
                    403, "AccessDenied", f"User: jane is not authorized to perform: {denial}"
                )

            made.relay.before = deny
            done = made.gate("apply", scene.stack, "--yes")
            made.relay.before = lambda _: None
            wrong = ""
            # The answer to HEAD has no text.
            name = denial.removeprefix("s3:") if ":Head" in denial else denial
            if done.returncode and name not in done.stderr:
                wrong = f"the message does not name it: {last(done)}"
            what = f"{denial} denied, exit code {done.returncode}"
            yield Failure(scene, what, wrong or _after(made, "apply"))


def _after(made: Stage, operation: str) -> str:
    if broken := made.state().broken:
        return f"the state is broken: {broken}"
    return mended(made, operation)
