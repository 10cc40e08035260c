"""Hostile edits of a plan: each makes of it a plan of something else than its stack."""

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from athena_gate.gate.stack.listed import leaves
from tests.gate.stack.plans import ADMINISTRATOR, Json, put, remove

# An edit takes the plan; a lambda with a default for what a loop is at has no type of its own.
Edit = tuple[str, Any]

_EVERYTHING = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}


def edits(plan: Json, start: int = 0, every: int = 1) -> Iterator[tuple[str, Json]]:
    """Yield the name of one edit in ``every`` from ``start`` on, and ``plan`` edited."""
    text = json.dumps(plan)
    for name, edit in islice(_every(plan), start, None, every):
        edited = json.loads(text)
        edit(edited)
        yield name, edited


def _every(plan: Json) -> Iterator[Edit]:
    yield from _of_the_whole(plan)
    yield from _of_providers(plan)
    yield from _of_outputs(plan)
    for number, entry in enumerate(plan["resource_changes"]):
        for name, edit in _of_a_resource(plan, number, entry):
            yield f"{entry['address']}: {name}", edit
    yield from _strangers(plan)


def _profile(expression: Json, provider: Json) -> None:
    provider["expressions"]["profile"] = expression


def _set(path: str, value: Any) -> Callable[[Json], object]:
    return lambda plan: put(plan, path, value)


def _of_the_whole(plan: Json) -> Iterator[Edit]:
    root = "configuration.root_module"
    call = {"more": {"source": "./more", "expressions": {}, "module": {}}}
    action = {"address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke", "name": "x"}
    deferred = {"reason": "unknown", "resource_change": plan["resource_changes"][0]}
    check = {"address": {"kind": "check", "to_display": "check.x"}, "status": "pass"}
    yield "a part that nobody knows", _set("something", {"new": True})
    yield "ended with an error", _set("errored", True)
    yield "a part of the stack only", _set("complete", False)
    yield "complete as a text", _set("complete", "true")
    yield "another major format", _set("format_version", "2.0")
    yield "no format", lambda one: one.pop("format_version")
    yield "deferred changes", _set("deferred_changes", [deferred])
    yield "an action", _set("action_invocations", [action])
    yield "a deferred action", _set("deferred_action_invocations", [{"action": action}])
    yield "a check", _set("checks", [check])
    yield "a module", _set(f"{root}.module_calls", call)
    yield "an ephemeral resource", _set(f"{root}.ephemeral_resources", [{"address": "x.y"}])
    yield "a variable", _set("variables", {"more": {"value": "x"}})
    yield "a declared variable", _set(f"{root}.variables", {"more": {"default": "x"}})
    yield "no configuration", lambda one: one.pop("configuration")
    yield "no changes", _set("resource_changes", [])
    yield "no planned values", _set("planned_values", {})
    yield (
        "planned modules",
        _set(
            "planned_values.root_module.child_modules", [{"address": "module.x", "resources": []}]
        ),
    )


def _of_providers(plan: Json) -> Iterator[Edit]:
    for key in plan["configuration"]["provider_config"]:
        at = ["configuration", "provider_config", key]

        def change(edit: Callable[[Json], object], at: list[str] = at) -> Callable[[Json], object]:
            return lambda one: edit(one[at[0]][at[1]][at[2]])

        def give(name: str, value: Any) -> Callable[[Json], object]:
            return change(
                lambda one: one.setdefault("expressions", {}).update(
                    {name: value if isinstance(value, list) else {"constant_value": value}}
                )
            )

        yield (
            f"{key} from elsewhere",
            change(lambda one: one.update(full_name="registry.terraform.io/acme/aws")),
        )
        yield f"{key} of any version", change(lambda one: one.update(version_constraint=">= 1.0.0"))
        yield f"{key} is another's alias", change(lambda one: one.update(alias="other"))
        yield f"{key} in a module", change(lambda one: one.update(module_address="module.x"))
        yield (
            f"{key} is gone",
            lambda one, key=key: one["configuration"]["provider_config"].pop(key),
        )
        if key != "terraform":
            yield f"{key} elsewhere", give("region", "us-east-1")
            yield (
                f"{key} takes any account",
                change(lambda one: one["expressions"].pop("allowed_account_ids")),
            )
            yield (
                f"{key} in another account",
                change(
                    lambda one: one["expressions"].update(
                        allowed_account_ids={"constant_value": ["999999999999"]}
                    )
                ),
            )
            yield (
                f"{key} in one more account",
                change(
                    lambda one: one["expressions"]["allowed_account_ids"]["constant_value"].append(
                        "9"
                    )
                ),
            )
            endpoint = [{"sts": {"constant_value": "https://sts.example.com"}}]
            yield f"{key} with an endpoint", give("endpoints", endpoint)
            role = [{"role_arn": {"constant_value": "arn:aws:iam::999999999999:role/x"}}]
            yield f"{key} with a role", give("assume_role", role)
            # As in a plan of HCL, which does not tell what the expression makes of it.
            unsaid = {"references": ["terraform.workspace"]}
            yield f"{key} with an endpoint by an expression", give("endpoints", [{"sts": unsaid}])
            yield f"{key} with a role by an expression", give("assume_role", [{"role_arn": unsaid}])
            yield (
                f"{key} with a profile by an expression",
                change(partial(_profile, unsaid)),
            )
            yield f"{key} with keys", give("access_key", "AKIA")
            yield f"{key} without checks", give("skip_credentials_validation", True)
            yield (
                f"{key} without its tag",
                change(lambda one: one["expressions"].pop("default_tags")),
            )
            yield (
                f"{key} by an expression",
                change(
                    lambda one: one["expressions"].update(region={"references": ["var.region"]})
                ),
            )
    yield (
        "a provider more",
        lambda one: one["configuration"]["provider_config"].update(
            {
                "external": {
                    "name": "external",
                    "full_name": "registry.terraform.io/hashicorp/external",
                }
            }
        ),
    )
    yield (
        "a provider alias more",
        lambda one: one["configuration"]["provider_config"].update(
            {"aws.more": one["configuration"]["provider_config"]["aws"]}
        ),
    )


def _of_outputs(plan: Json) -> Iterator[Edit]:
    def more(one: Json) -> None:
        one["configuration"]["root_module"]["outputs"]["more"] = {
            "expression": {"constant_value": "x"}
        }
        one["output_changes"]["more"] = {"actions": ["create"], "before": None, "after": "x"}
        one["planned_values"]["outputs"]["more"] = {"sensitive": False, "value": "x"}

    yield "an output more", more
    yield (
        "an output in the configuration",
        lambda one: one["configuration"]["root_module"]["outputs"].update(
            more={"expression": {"constant_value": "x"}}
        ),
    )
    for name in plan["configuration"]["root_module"]["outputs"]:

        def configured(one: Json, name: str = name) -> Json:
            found: Json = one["configuration"]["root_module"]["outputs"][name]
            return found

        yield f"output {name} gone", lambda one, name=name: one["output_changes"].pop(name)
        yield (
            f"output {name} not configured",
            lambda one, name=name: one["configuration"]["root_module"]["outputs"].pop(name),
        )
        yield (
            f"output {name} is not secret",
            lambda one, at=configured: at(one).update(
                sensitive=not at(one).get("sensitive", False)
            ),
        )
        yield (
            f"output {name} of something else",
            lambda one, at=configured: at(one).update(
                expression={"constant_value": "${aws_iam_access_key.key.secret}"}
            ),
        )
        yield (
            f"output {name} of HCL",
            lambda one, at=configured: at(one).update(
                expression={"references": ["aws_iam_user.user.arn", "aws_iam_user.user"]}
            ),
        )
        yield (
            f"output {name} changed to something else",
            lambda one, name=name: one["output_changes"][name].update(
                after={"leak": "x"}, after_unknown={}
            ),
        )


def _of_a_resource(plan: Json, number: int, entry: Json) -> Iterator[Edit]:
    address, change = entry["address"], entry["change"]

    def at(one: Json) -> Json:
        found: Json = one["resource_changes"][number]
        return found

    def configured(one: Json) -> Json:
        return _find(one["configuration"]["root_module"]["resources"], address)

    def planned(one: Json) -> Json:
        return _find(one["planned_values"]["root_module"]["resources"], address)

    for actions in (["delete"], ["forget"], ["read"], ["create", "forget"], [], None, ["anything"]):
        yield f"actions {actions}", lambda one, a=actions: at(one)["change"].update(actions=a)
    yield "twice", lambda one: one["resource_changes"].append(copy.deepcopy(at(one)))
    yield "not changed", lambda one: one["resource_changes"].pop(number)
    yield (
        "not configured",
        lambda one: one["configuration"]["root_module"]["resources"].remove(configured(one)),
    )
    yield (
        "not planned",
        lambda one: one["planned_values"]["root_module"]["resources"].remove(planned(one)),
    )

    def gone(one: Json) -> None:
        one["configuration"]["root_module"]["resources"].remove(configured(one))
        one["planned_values"]["root_module"]["resources"].remove(planned(one))
        one["resource_changes"].pop(number)

    yield "gone everywhere", gone
    yield "imported", lambda one: at(one)["change"].update(importing={"id": "x"})
    yield "with generated configuration", lambda one: at(one)["change"].update(generated_config="x")
    yield "moved", lambda one: at(one).update(previous_address="aws_iam_user.other")
    yield "one of several", lambda one: at(one).update(index=0)
    yield "in a module", lambda one: at(one).update(module_address="module.x")
    yield "something of it unknown", lambda one: at(one).update(something=1)
    yield "a data source", lambda one: at(one).update(mode="data")
    yield (
        "of another provider",
        lambda one: at(one).update(provider_name="registry.terraform.io/acme/aws"),
    )
    yield "of another kind", lambda one: at(one).update(type="aws_iam_group_policy")
    yield (
        "a provisioner",
        lambda one: configured(one).update(
            provisioners=[
                {"type": "local-exec", "expressions": {"command": {"constant_value": "id"}}}
            ]
        ),
    )
    yield "count", lambda one: configured(one).update(count_expression={"constant_value": 1})
    yield (
        "for_each",
        lambda one: configured(one).update(for_each_expression={"constant_value": ["x"]}),
    )
    yield (
        "made by another provider",
        lambda one: configured(one).update(provider_config_key="aws.x"),
    )
    yield "depends on more", lambda one: configured(one).update(depends_on=["aws_iam_user.x"])
    yield "configured as data", lambda one: configured(one).update(mode="data")
    yield (
        "an argument of the configuration",
        lambda one: configured(one)["expressions"].update(
            permissions_boundary={"constant_value": ADMINISTRATOR}
        ),
    )
    yield (
        "an argument that is a function",
        lambda one: configured(one)["expressions"].update(name_prefix={}),
    )
    yield (
        "an argument more",
        lambda one: (
            configured(one)["expressions"].update(more={"constant_value": "x"}),
            at(one)["change"]["after"].update(more="x"),
            planned(one)["values"].update(more="x"),
        ),
    )
    yield "an attribute more", lambda one: at(one)["change"]["after"].update(more=True)
    yield "a planned value more", lambda one: planned(one)["values"].update(more=True)
    yield (
        "an unknown attribute more",
        lambda one: at(one)["change"]["after_unknown"].update(more=True),
    )
    yield "all of it unknown", lambda one: at(one)["change"].update(after_unknown=True)
    yield "nothing of it", lambda one: at(one)["change"].update(after=None)
    if entry["type"] == "aws_iam_role":
        yield (
            "with a policy of AWS",
            lambda one: at(one)["change"]["after"].update(managed_policy_arns=[ADMINISTRATOR]),
        )
        yield (
            "with a policy in itself",
            lambda one: at(one)["change"]["after"].update(
                inline_policy=[{"name": "x", "policy": json.dumps({"Statement": [_EVERYTHING]})}]
            ),
        )
    if entry["type"] == "aws_s3_bucket":
        yield "readable by all", lambda one: at(one)["change"]["after"].update(acl="public-read")
    for path, value in leaves(change["after"]):
        if path.startswith(("id", "arn")) or value in (None, "", [], {}, False, 0):
            continue
        if isinstance(value, str) and value.startswith("{"):
            yield from _of_a_policy(path, value, at, configured, planned)
        for other in _others(value):
            yield f"{path} is {other!r}", _everywhere(path, other, at, configured, planned)
            yield (
                f"{path} is changed to {other!r}",
                lambda one, p=path, o=other: put(at(one)["change"]["after"], p, o),
            )
        if not path.split(".")[-1].isdigit():
            yield (
                f"{path} unknown",
                lambda one, p=path: (
                    remove(at(one)["change"]["after"], p),
                    remove(planned(one)["values"], p),
                    _mark(at(one)["change"], p),
                ),
            )
    for path in list(_written(entry, plan)):
        yield from _of_a_reference(path, at, configured, planned)


def _find(resources: list[Json], address: str) -> Json:
    return next(one for one in resources if one["address"] == address)


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, str(value)]
    return [f"{value}x", "*"]


_At = Callable[[Json], Json]


def _everywhere(path: str, value: Any, at: _At, configured: _At, planned: _At) -> Any:
    """Return an edit as if the stack itself had ``value`` there."""

    def edit(one: Json) -> None:
        put(at(one)["change"]["after"], path, value)
        put(planned(one)["values"], path, value)
        here: Any = configured(one)["expressions"]
        steps = path.split(".")
        for number, step in enumerate(steps):
            if isinstance(here, dict) and "constant_value" in here:
                if steps[number:]:
                    put(here["constant_value"], ".".join(steps[number:]), value)
                return
            index: Any = int(step) if isinstance(here, list) else step
            if isinstance(here, dict) and index not in here:
                return
            here = here[index]
        if isinstance(here, dict) and "references" not in here:
            here["constant_value"] = value

    return edit


def _mark(change: Json, path: str) -> object:
    """Mark what stands at ``path`` as unknown."""
    here: Any = change["after_unknown"]
    if not isinstance(here, dict):
        change["after_unknown"] = here = {}
    after: Any = change["after"]
    *steps, last = path.split(".")
    for step in steps:
        index: Any = int(step) if isinstance(after, list) else step
        after = after[index]
        empty: Any = [{} for _ in after] if isinstance(after, list) else {}
        if isinstance(here, list):
            here[index] = here[index] or empty
        else:
            here[index] = here.get(index) or empty
        here = here[index]
    if isinstance(here, list):
        here[int(last)] = True
    else:
        here[last] = True
    return here


def _of_a_policy(path: str, text: str, at: _At, configured: _At, planned: _At) -> Iterator[Edit]:
    def written(name: str, change: Any) -> Edit:
        policy = json.loads(text)
        change(policy)
        edited = json.dumps(policy, separators=(",", ":"))
        return f"{path}: {name}", _everywhere(path, edited, at, configured, planned)

    count = len(json.loads(text)["Statement"])
    yield written("everything", lambda one: one["Statement"].append(_EVERYTHING))
    yield written("another version", lambda one: one.update(Version="2008-10-17"))
    yield written("an id", lambda one: one.update(Id="x"))
    double = text.replace('"Statement":', '"Statement":[],"Statement":', 1)
    yield (
        f"{path}: its statements twice",
        lambda one: put(at(one)["change"]["after"], path, double),
    )
    for number in range(count):
        yield written(f"without statement {number}", lambda one, n=number: one["Statement"].pop(n))
        for name, value in (
            ("Effect", "Allow"),
            ("Effect", "Deny"),
            ("Action", ["*"]),
            ("NotAction", ["iam:*"]),
            ("Resource", ["*"]),
            ("NotResource", ["arn:aws:s3:::x"]),
            ("Principal", "*"),
            ("Principal", {"AWS": "*"}),
            ("Condition", {}),
            ("Sid", "Other"),
        ):
            statement = json.loads(text)["Statement"][number]
            if statement.get(name) != value:
                yield written(
                    f"{name} of statement {number} is {value}",
                    lambda one, n=number, k=name, v=value: one["Statement"][n].update({k: v}),
                )


def _written(entry: Json, plan: Json) -> Iterator[str]:
    one = _find(plan["configuration"]["root_module"]["resources"], entry["address"])
    for name, expression in one["expressions"].items():
        if isinstance(expression, dict) and expression.get("references"):
            yield name


def _of_a_reference(name: str, at: _At, configured: _At, planned: _At) -> Iterator[Edit]:
    def expression(one: Json) -> Json:
        found: Json = configured(one)["expressions"][name]
        return found

    def conditional(one: Json) -> None:
        reference = expression(one)["references"][0]
        expression(one)["constant_value"] = f'${{{reference} == "" ? "" : "{ADMINISTRATOR}"}}'

    def literal(one: Json) -> None:
        configured(one)["expressions"][name] = {"constant_value": ADMINISTRATOR}
        at(one)["change"]["after"][name] = ADMINISTRATOR
        planned(one)["values"][name] = ADMINISTRATOR
        at(one)["change"]["after_unknown"].pop(name, None)

    def other(one: Json) -> None:
        expression(one).update(
            constant_value="${aws_iam_policy.other.arn}",
            references=["aws_iam_policy.other.arn", "aws_iam_policy.other"],
        )

    yield f"{name} is a conditional", conditional
    yield f"{name} is an expression of HCL", lambda one: expression(one).pop("constant_value")
    yield f"{name} is a literal", literal
    yield f"{name} refers to something else", other
    yield f"{name} refers to more", lambda one: expression(one)["references"].append("var.x")
    yield f"{name} refers to nothing", lambda one: expression(one).pop("references")
    yield (
        f"{name} is known as something else",
        lambda one: (
            at(one)["change"]["after"].update({name: ADMINISTRATOR}),
            planned(one)["values"].update({name: ADMINISTRATOR}),
            at(one)["change"]["after_unknown"].pop(name, None),
        ),
    )


def stranger(
    kind: str, values: Json, mode: str = "managed", actions: Any = ("create",), name: str = "more"
) -> Callable[[Json], object]:
    """Return an edit that puts one more resource into a plan."""
    provider = f"registry.terraform.io/hashicorp/{kind.partition('_')[0]}"
    address = f"{'data.' if mode == 'data' else ''}{kind}.{name}"
    named = {"address": address, "mode": mode, "type": kind, "name": name}
    change = {"actions": list(actions), "before": None, "after": values, "after_unknown": {}}

    def edit(plan: Json) -> None:
        plan["resource_changes"].append({**named, "provider_name": provider, "change": change})
        plan["planned_values"]["root_module"]["resources"].append(
            {**named, "provider_name": provider, "schema_version": 0, "values": values}
        )
        plan["configuration"]["root_module"]["resources"].append(
            {
                **named,
                "provider_config_key": kind.partition("_")[0],
                "expressions": {key: {"constant_value": one} for key, one in values.items()},
                "schema_version": 0,
            }
        )

    return edit


def _strangers(plan: Json) -> Iterator[Edit]:
    everything = json.dumps({"Version": "2012-10-17", "Statement": [_EVERYTHING]})
    for kind, values in (
        ("aws_iam_user_policy_attachment", {"user": "dot", "policy_arn": ADMINISTRATOR}),
        ("aws_iam_user_policy", {"user": "dot", "name": "x", "policy": everything}),
        ("aws_iam_group_policy", {"group": "x", "policy": everything}),
        ("aws_iam_policy", {"name": "more", "policy": everything}),
        ("aws_s3_bucket_acl", {"bucket": "dot-results", "acl": "public-read"}),
        ("aws_lambda_function_url", {"function_name": "x", "authorization_type": "NONE"}),
        ("aws_iam_user_login_profile", {"user": "dot"}),
        ("aws_s3_bucket", {"bucket": "more"}),
        ("null_resource", {}),
        ("terraform_data", {"input": "x"}),
        ("random_id", {"byte_length": 8}),
    ):
        yield f"one more {kind}", stranger(kind, values)
        yield f"{kind} is forgotten", stranger(kind, values, actions=["forget"])
    yield "a program", stranger("external", {"program": ["id"]}, mode="data", actions=["read"])
    yield "a data source", stranger("aws_iam_policy_document", {}, mode="data", actions=["read"])

    def configured(kind: str) -> Callable[[Json], object]:
        def edit(one: Json) -> None:
            address = f"data.{kind}.x"
            one["configuration"]["root_module"]["resources"].append(
                {"address": address, "mode": "data", "type": kind, "name": "x", "expressions": {}}
            )

        return edit

    yield "a data source that is known", configured("aws_caller_identity")
    for entry in plan["resource_changes"]:
        bucket = (entry["change"]["after"] or {}).get("bucket")
        if bucket and entry["type"] == "aws_s3_bucket":

            def deletes(one: Json, entry: Json = entry, bucket: str = bucket) -> None:
                one["resource_changes"].append(
                    {
                        **entry,
                        "address": "aws_s3_bucket.old",
                        "name": "old",
                        "change": {"actions": ["delete"], "before": {"bucket": bucket}},
                    }
                )

            yield f"{bucket} deleted under another address", deletes
