"""Random edits of a stack's JSON: any value of it in any way, and what is added to it.

An edit names the place in the JSON that it is made at. ``harmless`` says of an edited stack, by
rules of its own, whether the edit is one of those that change nothing, which test_edits lists.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from athena_gate.gate.stack.understood import RESOURCES

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A stack after an edit, and the place in the JSON where that was made."""

    what: str
    place: Place
    content: dict[str, Any]


def edits(content: dict[str, Any], random: Random) -> Iterator[Edit]:
    """Yield random edits of ``content`` without end, each of the whole again."""
    places = list(_places(content))
    policies = [place for place in places if str(_at(content, place)).startswith('{"Version"')]
    text = json.dumps(content)
    while True:
        edited = json.loads(text)
        # A third within policies, of which the text alone would be one place.
        place = random.choice(policies if random.random() < 1 / 3 else places)
        inside = place in policies and random.random() < 0.9
        if said := (_edit_policy if inside else _edit)(edited, place, random):
            yield Edit(said, place, edited)


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the addresses and the sections in which two stacks differ."""
    found = set()
    for section in before.keys() | after.keys():
        old, new = before.get(section, {}), after.get(section, {})
        if section != "resource" or not isinstance(new, dict):
            found |= {section} if _differ(old, new) else set()
            continue
        for kind in old.keys() | new.keys():
            some, others = old.get(kind, {}), new.get(kind, {})
            if not some or not isinstance(others, dict) or not others:
                found |= {kind} if _differ(some, others) else set()
                continue
            names = some.keys() | others.keys()
            found |= {f"{kind}.{n}" for n in names if _differ(some.get(n), others.get(n))}
    return found


def _differ(one: Any, other: Any) -> bool:
    # In Python, 1 equals True.
    return json.dumps(one) != json.dumps(other)


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    items: Any = ()
    if isinstance(value, dict):
        items = [(name, one) for name, one in value.items() if name != "//"]
    elif isinstance(value, list):
        items = enumerate(value)
    for name, one in items:
        yield from _places(one, (*place, name))


def _edit_policy(content: dict[str, Any], place: Place, random: Random) -> str:
    """Edit something within the policy at ``place``."""
    parent = _at(content, place[:-1])
    document = json.loads(parent[place[-1]])
    inner = random.choice([(), *_places(document)])
    said = _edit(document, inner, random) if inner else random.choice(_POLICY)(document, random)
    if not said:
        return ""
    parent[place[-1]] = json.dumps(document)
    return f"in the policy, {'.'.join(map(str, inner))}: {said}"


def _widen(document: dict[str, Any], random: Random) -> str:
    action = random.choice(["*", "iam:*", "s3:GetObject", "kms:Decrypt"])
    document["Statement"].append({"Effect": "Allow", "Action": action, "Resource": "*"})
    return "a statement more"


def _repeat(document: dict[str, Any], random: Random) -> str:
    document["Statement"].append(deepcopy(random.choice(document["Statement"])))
    return "a statement repeated"


def _divide(document: dict[str, Any], random: Random) -> str:
    one = random.choice(document["Statement"])
    other = deepcopy(one)
    for name in ("Action", "Resource"):
        if isinstance(one.get(name), list) and len(one[name]) > 1:
            one[name], other[name] = one[name][:1], one[name][1:]
            document["Statement"].append(other)
            return "a statement divided"
    return ""


def _empty(document: dict[str, Any], random: Random) -> str:
    one, name = random.choice(document["Statement"]), random.choice(["Resource", "Condition"])
    one[name] = {"Resource": "", "Condition": {"StringEquals": {}}}[name]
    return f"{name} of nothing"


def _leave_out(document: dict[str, Any], random: Random) -> str:
    one, name = random.choice(document["Statement"]), random.choice(["Action", "Principal"])
    if name not in one or f"Not{name}" in one:
        return ""
    one[f"Not{name}"] = one.pop(name)
    return f"Not{name}"


def _shuffle(document: dict[str, Any], random: Random) -> str:
    random.shuffle(document["Statement"])
    return "statements in another order"


def _merge(document: dict[str, Any], random: Random) -> str:
    statements = document["Statement"]
    if len(statements) < 2:
        return ""
    one, other = random.sample(statements, 2)
    if isinstance(one.get("Action"), list) and isinstance(other.get("Action"), list):
        one["Action"] += other["Action"]
        return "the actions of two statements together"
    return ""


_POLICY: tuple[Callable[[dict[str, Any], Random], str], ...] = (
    _widen,
    _repeat,
    _divide,
    _shuffle,
    _merge,
    _empty,
    _leave_out,
)

_METAS: dict[str, Any] = {
    "count": 2,
    "for_each": {"a": "b"},
    "dynamic": {"rule": {"for_each": [1], "content": {}}},
    "provisioner": {"local-exec": {"command": "id"}},
    "connection": {"type": "ssh", "host": "example.com"},
    "lifecycle": {"ignore_changes": "all"},
    "depends_on": ["aws_iam_user.x"],
    "provider": "aws.consumer",
    "tags": {"a": "b"},
    "policy": "{}",
    "inline_policy": [{"name": "x", "policy": "{}"}],
    "managed_policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    "endpoints": [{"sts": "https://example.com"}],
    "skip_requesting_account_id": True,
    "default": "x",
    "acl": "public-read",
    "qualifier": "x",
    "//": "a comment where there can be none",
    "__proto__": {},
    "": "x",
}
_SECTIONS: dict[str, Any] = {
    "data": {"aws_caller_identity": {"x": {}}},
    "locals": {"x": 1},
    "module": {"x": {"source": "./x"}},
    "moved": [{"from": "aws_iam_user.a", "to": "aws_iam_user.b"}],
    "import": [{"id": "x", "to": "aws_iam_user.a"}],
    "removed": [{"from": "aws_iam_user.a"}],
    "check": {"x": {}},
    "ephemeral": {"x": {"y": {}}},
    "action": {"aws_lambda_invoke": {"x": {}}},
    "variable": {"x": {"default": 1}},
    "Resource": {"aws_iam_user": {"x": {}}},
}
_TYPES: dict[str, Any] = {
    "aws_iam_user_policy": {"x": {"user": "x", "policy": "{}"}},
    "aws_iam_policy_attachment": {"x": {"name": "x", "policy_arn": "x"}},
    "aws_iam_group": {"x": {"name": "x"}},
    "null_resource": {"x": {}},
    **{kind: {"another": {}} for kind in RESOURCES},
}


def _edit(content: Any, place: Place, random: Random) -> str:
    """Edit the value at ``place`` in ``content``; return what was done, or nothing."""
    parent, key = _at(content, place[:-1]), place[-1]
    value = parent[key]
    choices: list[Any] = [
        lambda: _set(parent, key, None),
        lambda: _set(parent, key, [value]),
        lambda: _set(parent, key, {"a": value}),
        lambda: _set(parent, key, random.choice(["", "x", 0, 1, True, False, [], 1.5, 10**100])),
        lambda: _delete(parent, key),
    ]
    if isinstance(parent, dict):
        choices += [
            lambda: _rename(parent, key, random.choice([f"{key} ", f" {key}", str(key).upper()])),
            lambda: _rename(parent, key, f"{key}x"),
            lambda: _rename(parent, key, random.choice([*_METAS, *RESOURCES])),
        ]
    match value:
        case str():
            choices += [lambda: _set(parent, key, _text(value, content, random))] * 6
        case bool():
            choices += [lambda: _set(parent, key, not value)] * 3
            choices += [lambda: _set(parent, key, random.choice([str(value).lower(), int(value)]))]
        case int():
            numbers = [value + 1, value - 1, -value, str(value), float(value), value * 1024]
            choices += [lambda: _set(parent, key, random.choice(numbers))] * 3
        case list():
            choices += [
                lambda: _set(parent, key, value * 2),
                lambda: _set(parent, key, value[::-1]),
                lambda: _set(parent, key, value[:-1]),
                lambda: _set(parent, key, value[0] if value else None),
                lambda: _set(parent, key, [*value, random.choice(["x", "*", {}, None])]),
            ]
        case dict():
            added = _METAS
            if place == ("resource",):
                added = _TYPES
            elif len(place) == 1:
                added = {"another": {"value": "x"}, **_METAS}
            choices += [lambda: _add(value, added, random)] * 4
            choices += [
                lambda: _set(parent, key, [value, value]),
                lambda: _set(parent, key, dict(reversed(value.items()))),
                lambda: _swap(value, random),
            ]
    if len(place) == 1 and random.random() < 0.3:
        choices = [lambda: _add(parent, _SECTIONS, random)]
    done: str = random.choice(choices)()
    return done


def _at(content: Any, place: Place) -> Any:
    for name in place:
        content = content[name]
    return content


def _shown(value: Any) -> str:
    return json.dumps(value)[:60]


def _set(parent: Any, key: Any, value: Any) -> str:
    same = json.dumps(parent[key]) == json.dumps(value)
    parent[key] = value
    return "" if same else f"now {_shown(value)}"


def _delete(parent: Any, key: Any) -> str:
    del parent[key]
    return "deleted"


def _rename(parent: dict[str, Any], key: Any, name: str) -> str:
    if name in parent:
        return ""
    items = {(name if one == key else one): value for one, value in parent.items()}
    parent.clear()
    parent.update(items)
    return f"renamed to {name!r}"


def _add(value: dict[str, Any], added: dict[str, Any], random: Random) -> str:
    name = random.choice([*added])
    if name in value and (added is not _TYPES or not isinstance(value[name], dict)):
        return ""
    value[name] = {**value.get(name, {}), **added[name]} if added is _TYPES else added[name]
    return f"add '{name}'"


def _swap(value: dict[str, Any], random: Random) -> str:
    names = [name for name in value if name != "//"]
    if len(names) < 2:
        return ""
    one, other = random.sample(names, 2)
    same = json.dumps(value[one]) == json.dumps(value[other])
    value[one], value[other] = value[other], value[one]
    return "" if same else f"{one} and {other} swapped"


def _text(value: str, content: Any, random: Random) -> str:
    resources = content.get("resource", {}) if isinstance(content, dict) else {}
    references = [
        f"${{{kind}.{name}.{attribute}}}"
        for kind, some in (resources.items() if isinstance(resources, dict) else ())
        for name in some
        for attribute in ("arn", "id", "name", "key_id", "secret", "encrypted_secret")
    ]
    inner = value[2:-1] if value.startswith("${") else f'"{value}"'
    return random.choice(
        [
            f"{value}x",
            f"x{value}",
            f" {value}",
            f"{value} ",
            f"{value}\n",
            f"{value}\u200b",
            value.swapcase(),
            value[:-1],
            "",
            "*",
            f"{value}*",
            f"${{{inner}}}",
            f"${{upper({inner})}}",
            f'${{{inner} == "" ? {inner} : "arn:aws:iam::aws:policy/AdministratorAccess"}}',
            "${each.value}",
            "${var.x}",
            "${local.x}",
            "${data.aws_caller_identity.x.arn}",
            f"%{{ if true }}{value}%{{ endif }}",
            f"{value}${{null}}",
            f"$${{{value}}}",
            f"$$${{{value}}}",
            value.replace("${", "$${"),
            value.replace("${", "${ "),
            random.choice(references or ["${path.module}"]),
            "arn:aws:iam::aws:policy/AdministratorAccess",
        ]
    )


def harmless(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether the two stacks differ in nothing that Terraform or AWS would heed."""
    return _canonical(before) == _canonical(after)


def _canonical(content: dict[str, Any]) -> str:
    """Return the stack as a text that is the same for stacks that differ in nothing else."""
    found = {name: deepcopy(body) for name, body in content.items() if name != "//" and body != {}}
    resources = found.get("resource")
    if isinstance(resources, dict):
        found["resource"] = resources = {k: v for k, v in resources.items() if v != {}}
        for some in resources.values():
            for body in some.values() if isinstance(some, dict) else ():
                if isinstance(body, dict):
                    body.pop("//", None)
                    for name in ("policy", "assume_role_policy"):
                        if isinstance(body.get(name), str):
                            body[name] = _said(body[name])
    try:
        local = found["terraform"]["backend"]["local"]
        *up, name = local["path"].split("/")
        local["path"] = name if up in ([], [".."] * 3) else local["path"]
    except (KeyError, TypeError, AttributeError):
        pass
    return json.dumps(found, sort_keys=True)


def _said(text: str) -> Any:
    """Return what a policy says: its version and every combination of its statements' names."""
    try:
        document = json.loads(text)
        if set(document) - {"Version", "Id", "Statement"}:
            return text
        statements = document["Statement"]
        statements = [statements] if isinstance(statements, dict) else statements
        return [
            document.get("Version"),
            sorted({one for some in statements for one in _each(some)}),
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return text


def _each(statement: dict[str, Any]) -> Iterator[str]:
    rest = {k: v for k, v in statement.items() if k not in ("Sid", "Action", "Resource")}
    if isinstance(rest.get("Principal"), dict):
        rest["Principal"] = {k: sorted(set(_list(v))) for k, v in rest["Principal"].items()}
    if "Condition" in rest:
        rest["Condition"] = {
            operator: {
                key: sorted({one if isinstance(one, str) else json.dumps(one) for one in _list(v)})
                for key, v in keys.items()
            }
            for operator, keys in rest["Condition"].items()
        }
    if not isinstance(statement.get("Sid", ""), str):
        rest["Sid"] = statement["Sid"]
    for action in _list(statement["Action"]):
        for resource in _list(statement["Resource"]) if "Resource" in statement else [None]:
            yield json.dumps([action, resource, rest], sort_keys=True)


def _list(value: Any) -> list[Any]:
    """Return the names in ``value``; no list of no names, which IAM refuses."""
    if value == [] or value is None or isinstance(value, dict):
        raise TypeError
    return value if isinstance(value, list) else [value]
