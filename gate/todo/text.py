"""To-do lists in a terminal."""

import json
from collections.abc import Iterator, Sequence

from athena_gate.gate.text import counted, wrapped
from athena_gate.gate.todo import Listed
from athena_gate.modules.iam.policy import Policy

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# (2026-11): a policy keeps the id of the user or role that it names.
WHEN = (
    "Deploy first: AWS takes no policy that names a user or role which does not exist, and one "
    "that is made anew has to be named anew."
)


def as_text(lists: Sequence[Listed]) -> str:
    """Return what must be done for each block, by who must do it, and the statements to paste."""
    lines = [line for listed in lists for line in _block(listed)]
    number = sum(len(some) for listed in lists for some in listed.todos.values())
    named = any(one.policy for listed in lists for some in listed.todos.values() for one in some)
    lines += wrapped(WHEN) if named else []
    if number:
        lines += wrapped(
            f"{counted(number, 'thing')} to do outside of the stacks"
            + ("; --terraform prints the statements as Terraform has them" if named else "")
        )
    return "\n".join(lines or ["nothing to do outside of the stacks"])


def _block(listed: Listed) -> Iterator[str]:
    if not listed.todos:
        return
    yield from wrapped(listed.title, 0, 2)
    for who, todos in listed.todos.items():
        yield from wrapped(who, 2, 4)
        for one in todos:
            yield from wrapped(f"- {one.says}", 4, 6)
            if one.page:
                yield from wrapped(one.page, 6, 6)
            if one.run:
                # Unindented, as it is there to be pasted.
                yield from ("", *one.run.split("\n"), "")
            if one.policy and ":lambda:" in one.resource:
                yield from ("", *_permission(one.resource, one.policy), "")
            elif one.policy:
                yield from wrapped(f"add to the policy of {one.resource}:", 6, 8)
                # Unindented, too.
                yield from ("", *_statements(one.policy.document()["Statement"]), "")
    yield ""


def _permission(function: str, policy: Policy) -> Iterator[str]:
    """Yield the lines of the command that adds the statements of ``policy``: Lambda writes the
    policy of a function itself.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (2026-11).
    """
    for one in policy.statements:
        yield "aws lambda add-permission \\"
        yield f"  --function-name {function} \\"
        yield f"  --statement-id {one.sid} --action {one.actions[0]} \\"
        yield f"  --principal {one.principals[0].id}"


def _statements(statements: list[object]) -> Iterator[str]:
    texts = [json.dumps(one, indent=2) for one in statements]
    yield from ",\n".join(texts).split("\n")
