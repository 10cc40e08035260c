"""To-do lists as JSON."""

from collections.abc import Iterable
from typing import Any

from athena_gate.gate.todo import Listed
from athena_gate.modules.iam.todo import ToDo


def as_json(lists: Iterable[Listed]) -> list[dict[str, Any]]:
    """Return ``[{"block", "vendor", "todo": [{"name", "who", "says", "page", "account", "resource",
    "policy", "run"}]}]``; ``policy`` has the statements to add to that of ``resource``, or is None,
    and so is ``run``, a command."""
    return [
        {
            "block": listed.title,
            "vendor": listed.vendor,
            "todo": [one_as_json(one) for some in listed.todos.values() for one in some],
        }
        for listed in lists
    ]


def one_as_json(todo: ToDo) -> dict[str, Any]:
    """Return one thing to do, JSON-ready."""
    return {
        "name": todo.name,
        "who": todo.who,
        "says": todo.says,
        "page": todo.page,
        "account": todo.account or None,
        "resource": todo.resource or None,
        "policy": todo.policy.document() if todo.policy else None,
        "run": todo.run or None,
    }
