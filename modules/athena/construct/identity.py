"""IAM users and roles with managed policies: what a vendor calls Athena as."""

from collections.abc import Mapping

from athena_gate.modules.bindings import (
    Construct,
    IamPolicy,
    IamRole,
    IamRolePolicyAttachment,
    IamUser,
    IamUserPolicyAttachment,
    TerraformProvider,
)
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT, TRUST_POLICY_LIMIT, Policy


def managed_policies(
    scope: Construct,
    policy: Policy,
    *,
    name: str,
    path: str,
    description: str,
    provider: TerraformProvider | None = None,
) -> dict[str, str]:
    """Make managed policies that together say what ``policy`` says, and return their ARNs by
    construct id.

    Managed, not inline: a user's inline policies may have 2,048 characters in all
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, 2026-11).
    """
    arns = {}
    for number, part in enumerate(policy.split(MANAGED_POLICY_LIMIT), start=1):
        suffix = "" if number == 1 else f"-{number}"
        arns[f"access{suffix}"] = IamPolicy(
            scope,
            f"access{suffix}",
            name=f"{name}{suffix}",
            path=path,
            description=description,
            policy=part.terraform_json(MANAGED_POLICY_LIMIT),
            provider=provider,
        ).arn
    return arns


def user(
    scope: Construct,
    *,
    name: str,
    path: str,
    permissions_boundary: str | None,
    policies: Mapping[str, str],
) -> IamUser:
    """Make an IAM user with ``policies`` (construct id -> policy ARN) attached."""
    made = IamUser(
        scope,
        "user",
        name=name,
        path=path,
        permissions_boundary=permissions_boundary,
        # A key or login made by hand must not keep a deleted block alive.
        force_destroy=True,
    )
    for part, arn in policies.items():
        IamUserPolicyAttachment(scope, f"attach-{part}", user=made.name, policy_arn=arn)
    return made


def role(
    scope: Construct,
    trust: Policy,
    *,
    name: str,
    path: str,
    description: str,
    permissions_boundary: str | None,
    policies: Mapping[str, str],
    max_session_duration: int | None = None,
    provider: TerraformProvider | None = None,
) -> IamRole:
    """Make an IAM role that ``trust`` opens, with ``policies`` (construct id -> ARN) attached;
    ``max_session_duration`` is in seconds."""
    made = IamRole(
        scope,
        "role",
        name=name,
        path=path,
        description=description,
        assume_role_policy=trust.terraform_json(TRUST_POLICY_LIMIT),
        permissions_boundary=permissions_boundary,
        max_session_duration=max_session_duration,
        force_detach_policies=True,
        provider=provider,
    )
    for part, arn in policies.items():
        IamRolePolicyAttachment(
            scope, f"attach-{part}", role=made.name, policy_arn=arn, provider=provider
        )
    return made
