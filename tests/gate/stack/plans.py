"""A small stack, a likeness of a plan of any stack, and hostile edits of plans."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from athena_gate.gate.stack.kinds import KINDS
from athena_gate.gate.stack.listed import REFERENCE, full_versions, leaves, unescaped

Json = dict[str, Any]

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_META = ("//", "provider", "depends_on", "lifecycle")


def _policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


# One of each thing that a comparison has to know: a policy, a reference, a nested block, a map, a
# second provider, a sensitive output, text around a reference, a dependency, an escape.
STACK: Json = {
    "terraform": {
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}},
        "cloud": {"organization": "acme", "workspaces": {"name": "dot-reporting"}},
    },
    "provider": {
        "aws": [
            {
                "region": "eu-central-1",
                "allowed_account_ids": ["111122223333"],
                "default_tags": [{"tags": {"athena-gate": "dot/reporting"}}],
            },
            {
                "alias": "consumer",
                "region": "eu-central-1",
                "allowed_account_ids": ["444455556666"],
                "assume_role": [{"role_arn": "arn:aws:iam::444455556666:role/terraform"}],
                "default_tags": [{"tags": {"athena-gate": "dot/reporting"}}],
            },
        ]
    },
    "resource": {
        "aws_iam_user": {"user": {"name": "dot", "path": "/", "force_destroy": True}},
        "aws_iam_access_key": {"key": {"user": "${aws_iam_user.user.name}", "pgp_key": "xjM="}},
        "aws_iam_policy": {
            "access": {
                "name": "dot",
                "path": "/",
                "policy": _policy(
                    {
                        "Sid": "Query",
                        "Effect": "Allow",
                        "Action": ["athena:StartQueryExecution", "athena:GetQueryResults"],
                        "Resource": ["arn:aws:athena:eu-central-1:111122223333:workgroup/dot"],
                        "Condition": {"StringEquals": {"aws:PrincipalTag/a": ["$${aws:username}"]}},
                    },
                    {
                        "Sid": "Addresses",
                        "Effect": "Deny",
                        "Action": ["*"],
                        "Resource": ["*"],
                        "Condition": {"NotIpAddress": {"aws:SourceIp": ["3.122.135.165/32"]}},
                    },
                ),
            }
        },
        "aws_iam_user_policy_attachment": {
            "attach": {
                "user": "${aws_iam_user.user.name}",
                "policy_arn": "${aws_iam_policy.access.arn}",
            }
        },
        "aws_s3_bucket": {"results": {"bucket": "dot-results", "force_destroy": True}},
        "aws_s3_bucket_policy": {
            "results": {
                "bucket": "${aws_s3_bucket.results.id}",
                "policy": _policy(
                    {
                        "Sid": "Tls",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": ["s3:*"],
                        "Resource": ["arn:aws:s3:::dot-results/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                    }
                ),
                "depends_on": ["aws_s3_bucket_public_access_block.results"],
            }
        },
        "aws_s3_bucket_public_access_block": {
            "results": {
                "bucket": "${aws_s3_bucket.results.id}",
                "block_public_acls": True,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            }
        },
        "aws_athena_workgroup": {
            "workgroup": {
                "name": "dot",
                "force_destroy": True,
                "configuration": {
                    "enforce_workgroup_configuration": True,
                    "bytes_scanned_cutoff_per_query": 107374182400,
                    "engine_version": {"selected_engine_version": "Athena engine version 3"},
                    "result_configuration": {"output_location": "s3://dot-results/dot/"},
                },
            }
        },
        "aws_athena_data_catalog": {
            "catalog": {
                "provider": "aws.consumer",
                "name": "orders",
                "description": "orders",
                "type": "LAMBDA",
                "parameters": {"function": "arn:aws:lambda:eu-central-1:111122223333:function:o"},
            }
        },
    },
    "output": {
        "handoff": {
            "value": {
                "workgroup": "dot",
                "user": "${aws_iam_user.user.arn}",
                "profile": "[dot]\nuser = ${aws_iam_user.user.arn}\n",
            }
        },
        "encrypted_secret_2026-11": {
            "sensitive": True,
            "value": "${aws_iam_access_key.key.encrypted_secret}",
        },
    },
}


def likeness(stack: Mapping[str, Any]) -> Json:
    """Return what Terraform would plan for ``stack`` where nothing is there yet, as far as what
    nobody gave is left out: attributes that are null."""
    resources = list(_resources(stack))
    tag = stack["provider"]["aws"][0]["default_tags"][0]["tags"]
    made = {f"{kind}.{name}": _known(kind, body, tag) for kind, name, body in resources}
    unknown: dict[str, set[str]] = {
        address: {
            name for name in KINDS[address.partition(".")[0]].computed if name not in made[address]
        }
        for address in made
    }
    for _ in range(3):
        for address, after in made.items():
            _resolve(after, address, made, unknown)
    changes, planned, configured = [], [], []
    for kind, name, body in resources:
        address = f"{kind}.{name}"
        after = made[address]
        named = {"address": address, "mode": "managed", "type": kind, "name": name}
        provider = _full_name(stack, body, kind)
        change = {
            "actions": ["create"],
            "before": None,
            "after": after,
            "after_unknown": _nested(unknown[address]),
            "before_sensitive": False,
            "after_sensitive": {},
        }
        changes.append({**named, "provider_name": provider, "change": change})
        planned.append(
            {**named, "provider_name": provider, "schema_version": 0}
            | {"values": copy.deepcopy(after), "sensitive_values": {}}
        )
        dependencies = {"depends_on": body["depends_on"]} if "depends_on" in body else {}
        configured.append(
            {
                **named,
                "provider_config_key": _key(body, kind),
                "expressions": {
                    key: _expression(kind, key, value)
                    for key, value in body.items()
                    if key not in _META
                },
                "schema_version": 0,
            }
            | dependencies
        )
    outputs = stack["output"]
    plan: Json = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {
            "outputs": {
                name: {"sensitive": bool(one.get("sensitive"))} for name, one in outputs.items()
            },
            "root_module": {"resources": planned},
        },
        "resource_changes": changes,
        "output_changes": {
            name: {
                "actions": ["create"],
                "before": None,
                **_output(one["value"], made, unknown),
                "before_sensitive": False,
                "after_sensitive": bool(one.get("sensitive")),
            }
            for name, one in outputs.items()
        },
        "configuration": {
            "provider_config": _providers(stack),
            "root_module": {
                "resources": configured,
                "outputs": {
                    name: {
                        **({"sensitive": True} if one.get("sensitive") else {}),
                        "expression": _attribute(one["value"]),
                    }
                    for name, one in outputs.items()
                },
            },
        },
        "timestamp": "2026-11-26T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }
    # Nothing in it is shared with the stack, nor stands in two places of it.
    whole: Json = json.loads(json.dumps(plan))
    return whole


def _resources(stack: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    for kind, some in sorted(stack["resource"].items()):
        for name, body in sorted(some.items()):
            yield kind, name, body


def _key(body: Mapping[str, Any], kind: str) -> str:
    return str(body.get("provider") or ("terraform" if kind == "terraform_data" else "aws"))


def _full_name(stack: Mapping[str, Any], body: Mapping[str, Any], kind: str) -> str:
    return str(_providers(stack)[_key(body, kind)]["full_name"])


def _providers(stack: Mapping[str, Any]) -> Json:
    required = stack["terraform"]["required_providers"]["aws"]
    found: Json = {
        f"aws.{one['alias']}" if "alias" in one else "aws": {
            "name": "aws",
            "full_name": f"registry.terraform.io/{required['source']}",
            "version_constraint": full_versions(required["version"]),
            **({"alias": one["alias"]} if "alias" in one else {}),
            "expressions": {
                key: _expression("provider", key, value)
                for key, value in one.items()
                if key != "alias"
            },
        }
        for one in stack["provider"]["aws"]
    }
    if "terraform_data" in stack["resource"]:
        found["terraform"] = {"name": "terraform", "full_name": "terraform.io/builtin/terraform"}
    return found


_BLOCKS = {
    "assume_role", "default_tags", "configuration", "engine_version", "result_configuration",
    "encryption_configuration", "environment", "image_config", "rule", "filter", "expiration",
    "acl_configuration", "abort_incomplete_multipart_upload",
    "apply_server_side_encryption_by_default",
}  # fmt: skip


def _known(kind: str, body: Mapping[str, Any], tag: Json) -> Json:
    given = {key: _blocks(key, value) for key, value in body.items() if key not in _META}
    tags = {"tags_all": tag} if kind == "aws_iam_policy" else {}
    return {**KINDS[kind].defaults, **given, **tags}


def _blocks(key: str, value: Any) -> Any:
    """Return a value as a plan has it: nested blocks in lists, escapes undone."""
    if isinstance(value, Mapping):
        inner = {name: _blocks(name, one) for name, one in value.items()}
        return [inner] if key in _BLOCKS else inner
    if isinstance(value, list):
        return [one for each in value for one in _listed(_blocks(key, each))]
    if isinstance(value, str) and not REFERENCE.search(value):
        return unescaped(value)
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resolve(value: Json, address: str, made: Json, unknown: dict[str, set[str]]) -> None:
    for path, one in list(leaves(value)):
        match = REFERENCE.fullmatch(one) if isinstance(one, str) else None
        if match:
            to = made[match[1]].get(match[2])
            if to is None:
                remove(value, path)
                unknown[address].add(path)
            elif not REFERENCE.search(str(to)):
                put(value, path, to)


def _nested(paths: set[str]) -> Json:
    """Return ``after_unknown`` with true at each of ``paths``."""
    found: Json = {}
    for path in paths:
        here: Any = found
        steps = path.split(".")
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            inner: Any = True if following is None else ([{}] if following == "0" else {})
            if isinstance(here, list):
                here[0] = here[0] if following and here[0] else inner
                here = here[0]
            else:
                here = here.setdefault(step, inner)
    return found


def _output(value: Any, made: Json, unknown: dict[str, set[str]]) -> Json:
    if isinstance(value, str) and REFERENCE.search(value):
        return {"after_unknown": True}
    lost = {p for p, one in leaves(value) if isinstance(one, str) and REFERENCE.search(one)}
    known = {key: one for key, one in value.items() if key not in lost}
    assert unknown
    assert made
    return {"after": known, "after_unknown": dict.fromkeys(sorted(lost), True)}


def _expression(kind: str, key: str, value: Any) -> Any:
    if key in _BLOCKS:
        return [
            {name: _expression(kind, name, one) for name, one in block.items()}
            for block in _listed(value)
        ]
    return _attribute(value)


def _attribute(value: Any) -> Json:
    found = {match for _, one in leaves(value) for match in REFERENCE.finditer(str(one))}
    names = [part for one in found for part in (f"{one[1]}.{one[2]}", one[1])]
    return {"constant_value": value} | ({"references": names} if names else {})


def put(value: Any, path: str, one: Any) -> None:
    """Set what stands at a dotted ``path``."""
    *steps, last = path.split(".")
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    value[int(last) if isinstance(value, list) else last] = one


def remove(value: Any, path: str) -> object:
    """Remove what stands at a dotted ``path``."""
    *steps, last = path.split(".")
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value.pop(int(last) if isinstance(value, list) else last)
