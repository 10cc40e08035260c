"""Lints every policy of every integration and mode: ``python -m development.policies``.

parliament reads identity policies; cfn-lint knows the grammar of identity, trust and bucket
policies, once they are wrapped in a template. A finding that is meant is explained below; any
other one fails, and so does an explanation that explains nothing.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from cfnlint.api import lint_all

from athena_gate.stacks.configuration import load
from development.examples import synthesize

with warnings.catch_warnings():
    # parliament 1.6.4 still reads its data through pkg_resources.
    warnings.simplefilter("ignore")
    import parliament

# (integration, mode or grants, finding) -> why it is meant.
EXPLAINED = {
    ("dot", "documented", "RESOURCE_STAR"): "The guide opens every table's description.",
    ("immuta", "documented", "RESOURCE_STAR"): "The guide asks for * in Athena and Glue.",
    ("dbt", "documented", "RESOURCE_STAR"): "The guide scopes nothing.",
    (
        "metronome",
        "documented",
        "RESOURCE_MISMATCH",
    ): "The guide grants three catalog reads on a workgroup, where they do nothing.",
    ("metronome", "documented", "I3510"): "The same three, as cfn-lint calls them.",
    (
        "dot",
        "least_privilege",
        "RESOURCE_MISMATCH",
    ): "A statement too long for one policy is split; the catalog stands in its first part.",
}

# cfn-lint's rules on the template that was made up around the policies.
NOT_ABOUT_POLICIES = {"I4010"}


def policies(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (kind, address, policy) for every policy of a stack's JSON; ``kind`` is identity,
    trust or bucket."""
    found = []
    for resource_type, kind, argument in (
        ("aws_iam_policy", "identity", "policy"),
        ("aws_iam_role_policy", "identity", "policy"),
        ("aws_iam_role", "trust", "assume_role_policy"),
        ("aws_s3_bucket_policy", "bucket", "policy"),
    ):
        for name, body in document["resource"].get(resource_type, {}).items():
            text = body[argument].replace("$${", "${").replace("%%{", "%{")
            found.append((kind, f"{resource_type}.{name}", json.loads(text)))
    return found


def template(found: list[tuple[str, dict[str, Any]]]) -> str:
    """Return a CloudFormation template that holds the policies, each a (kind, policy)."""
    resources: dict[str, Any] = {}
    for number, (kind, policy) in enumerate(found):
        properties: dict[str, Any]
        if kind == "identity":
            resource, properties = "AWS::IAM::ManagedPolicy", {"PolicyDocument": policy}
        elif kind == "trust":
            resource, properties = "AWS::IAM::Role", {"AssumeRolePolicyDocument": policy}
        else:
            properties = {"Bucket": f"bucket-{number}", "PolicyDocument": policy}
            resource = "AWS::S3::BucketPolicy"
        resources[f"Policy{number}"] = {"Type": resource, "Properties": properties}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def unwrapped(policy: dict[str, Any]) -> str:
    """Return the policy's JSON with single condition values outside of lists: parliament 1.6.4
    fails on a list where it expects a Boolean."""

    def unwrap(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: unwrap(item) for key, item in value.items()}
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    statements = [
        {key: unwrap(value) if key == "Condition" else value for key, value in statement.items()}
        for statement in policy["Statement"]
    ]
    return json.dumps({**policy, "Statement": statements})


def main() -> int:
    """Lint everything; return 1 when something unexplained was found."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = synthesize("aws", Path(folder))
        blocks = {block.stack: block for block in load(Path(folder) / "gate.hcl").blocks}
    everything = [
        (stack, *found) for stack, document in stacks.items() for found in policies(document)
    ]
    # (stack, address, linter's name of the finding, what it says)
    findings: list[tuple[str, str, str, str]] = []
    for match in lint_all(template([(kind, policy) for _, kind, _, policy in everything])):
        if match.rule.id not in NOT_ABOUT_POLICIES:
            stack, _, address, _ = everything[int(str(match.path[1]).removeprefix("Policy"))]
            findings.append((stack, address, match.rule.id, match.message))
    for stack, kind, address, policy in everything:
        if kind == "identity":
            findings += [
                (stack, address, finding.issue, str(finding))
                for finding in parliament.analyze_policy_string(unwrapped(policy)).findings
            ]
    unexplained, used = [], set()
    for stack, address, name, text in findings:
        settings = blocks[stack].settings
        mode = getattr(settings, "mode", None) or settings.grants
        if (blocks[stack].kind, mode, name) in EXPLAINED:
            used.add((blocks[stack].kind, mode, name))
        else:
            unexplained.append(f"{stack}: {address}: {name}: {text}")
    unexplained += [f"no policy shows {key} any more" for key in EXPLAINED if key not in used]
    for line in unexplained:
        print(line)
    print(
        f"{'✗' if unexplained else '✓'} {len(everything)} policies of {len(stacks)} stacks: "
        f"{len(unexplained)} unexplained findings of parliament and cfn-lint"
    )
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
