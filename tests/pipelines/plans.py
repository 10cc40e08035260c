"""Plans for the policy set: real ones, and a likeness of one made from cdk.tf.json in no time.

The plan's format: https://developer.hashicorp.com/terraform/internals/json-format (2026-11).
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import regopy

from tests.conftest import ROOT

POLICY_SET = ROOT / "pipelines" / "policy-set"
_REFERENCE = re.compile(r"(?<!\$)\$\{([^${}]+)\}")
# Maps, not nested blocks, of which a plan has lists.
_MAPS = ("tags", "variables", "parameters")

Plan = dict[str, Any]


def plan_of(stack: Mapping[str, Any]) -> Plan:
    """Return what Terraform would plan for a stack's JSON where nothing is there yet, as far as
    the policy set reads it."""
    handoff = stack["output"]["handoff"]["value"]
    return {
        "resource_changes": [
            {
                "address": f"{kind}.{name}",
                "mode": "managed",
                "type": kind,
                "change": {"actions": ["create"], "after": _known(body)},
            }
            for kind, name, body in _resources(stack)
        ],
        "output_changes": {"handoff": {"after": _known(handoff)}},
        "configuration": {
            "provider_config": {
                f"aws.{one['alias']}" if "alias" in one else "aws": {
                    "name": "aws",
                    "expressions": {
                        "allowed_account_ids": {"constant_value": one["allowed_account_ids"]},
                        "region": {"constant_value": one["region"]},
                        "default_tags": [
                            {"tags": {"constant_value": tags["tags"]}}
                            for tags in one["default_tags"]
                        ],
                    },
                }
                for one in stack["provider"]["aws"]
            },
            "root_module": {
                "resources": [
                    {
                        "address": f"{kind}.{name}",
                        "provider_config_key": body.get("provider", "aws"),
                        "expressions": {
                            key: _expression(value)
                            for key, value in body.items()
                            if key not in ("//", "provider", "depends_on", "lifecycle")
                        },
                    }
                    for kind, name, body in _resources(stack)
                ],
                "outputs": {"handoff": {"expression": {"constant_value": handoff}}},
            },
        },
    }


def _resources(stack: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, bodies in stack["resource"].items():
        for name, body in bodies.items():
            yield kind, name, body


def _known(value: Any, key: str = "") -> Any:
    """Return ``value`` as a plan has it: blocks in lists, escapes undone, what refers left out."""
    if isinstance(value, Mapping):
        found = {
            name: _known(some, name)
            for name, some in value.items()
            if not (isinstance(some, str) and _REFERENCE.search(some))
        }
        return found if not key or key in _MAPS else [found]
    if isinstance(value, list):
        return [_known(one) for one in value]
    return value.replace("$${", "${").replace("%%{", "%{") if isinstance(value, str) else value


def _expression(value: Any) -> dict[str, Any]:
    named = _REFERENCE.findall(value) if isinstance(value, str) else []
    references = [part for one in named for part in (one, one.rpartition(".")[0])]
    return {"constant_value": value} | ({"references": references} if references else {})


class PolicySet:
    """The policy set, as HCP Terraform evaluates it."""

    def __init__(self) -> None:
        self._rego = regopy.Interpreter()
        for file in sorted(POLICY_SET.glob("*.rego")):
            self._rego.add_module(file.name, file.read_text())
        self.queries: dict[str, str] = dict(
            re.findall(
                r'policy "athena-gate-(\w+)" \{\s+query\s+= "([\w.]+)"',
                (POLICY_SET / "policies.hcl").read_text(),
            )
        )

    def denials(self, plan: Plan, *policies: str) -> dict[str, list[str]]:
        """Return the messages of each policy that denies ``plan``; of all, or of those named."""
        self._take(plan)
        found = {}
        for name in policies or self.queries:
            messages: list[str] = self._ask(self.queries[name])
            found[name] = sorted(messages)
        return {name: messages for name, messages in found.items() if messages}

    def value(self, rule: str, plan: Plan) -> Any:
        """Return the value of a rule of the set, such as ``plan.kind``."""
        self._take(plan)
        return self._ask(f"data.terraform.policies.athena_gate.{rule}")

    def _take(self, plan: Plan) -> None:
        # As a term: what regopy 1.5.2 takes by set_input keeps the escapes of its strings.
        self._rego.set_input_term(json.dumps({"plan": plan, "run": {}}))

    def _ask(self, query: str) -> Any:
        output = self._rego.query(query)
        assert output.ok(), f"{query}: {output}"
        return json.loads(str(output))["expressions"][0]


def claims(denials: Mapping[str, list[str]]) -> list[str]:
    """Return the names of the claims in the messages, each once."""
    return sorted(
        {message.rpartition("[")[2].rstrip("]") for some in denials.values() for message in some}
    )


def stacks(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the JSON of the stacks that were synthesized into ``folder``, by name."""
    return {
        file.parent.name: json.loads(file.read_text())
        for file in sorted(folder.glob("**/cdk.tf.json"))
    }
